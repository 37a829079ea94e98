#include "core/testing/random_play.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "core/base/encode.h"
#include "core/config/limits.h"
#include "core/testing/test_evidence.h"

namespace aivm::test {
namespace {

constexpr std::uint32_t kJobs = 24;
constexpr std::uint32_t kOperationsMax = 5;  // in a block
// One more, two more, and it has reached its end.
constexpr std::uint64_t kGreatCounter = ~std::uint64_t{0} - 2;

// Makes operations from the visible state and random choices; each member returns the body of one.
struct Player {
    TestChain& chain;
    const Choose& choose;
    std::uint64_t scale;

    std::string_view name(std::uint32_t first, std::uint32_t count) const {
        return kPlayers[first + choose(count)];
    }
    std::string_view anyone() const { return name(0, 6); }
    std::string_view some_provider() const { return name(3, 3); }
    bool slip() const { return choose(16) == 0; }

    // Mostly an existing job, one of the last few.
    std::string job() const {
        const auto count = static_cast<std::uint32_t>(chain.state().tasks.size());
        if (count == 0 || slip()) return fmt::format("job-{}", choose(kJobs));
        const std::uint32_t back = choose(std::min(count, 4U));
        return chain.state().tasks[count - 1 - back].job_id;
    }
    Answer answer(const std::string& job) const {
        if (!chain.state().find_task(job)) return 0;
        return choose(3) == 0 ? chain.lie(job) : chain.truth(job);
    }

    OperationPtr submit() const {
        const bool low = choose(8) == 0;
        const std::uint64_t fee =
            low ? choose(2'000'000) : 1'000'000 + std::uint64_t{choose(1'000)} * 7'777'777;
        const std::string_view who = name(0, 3);
        const std::string job = fmt::format("job-{}", choose(kJobs));
        return chain.by(who, submission(job, Amount(fee * scale), choose(9)));
    }
    OperationPtr post() const {
        const std::string on = job();
        const auto index = chain.state().find_task(on);
        std::string who(some_provider());
        if (index && !chain.state().task(*index).seats.empty() && !slip())
            who = chain.assigned_provider(on);
        const std::string sender(slip() ? anyone() : who);
        return chain.by(sender, result(on, who, answer(on)));
    }
    OperationPtr challenge() const {
        const std::string on = job();
        const std::string_view who = anyone();
        const Answer claimed = answer(on);
        return chain.by(who, hidden_challenge(on, who, claimed));
    }
    // Reveals in one of the open disputes, with the committed claim if it finds it.
    OperationPtr reveal() const {
        const std::string on = job();
        const auto index = chain.state().find_task(on);
        std::vector<DisputeIndex> open;
        if (index) {
            chain.state().for_each_dispute(chain.state().task(*index).disputes,
                                           [&](DisputeIndex i, const Dispute& d) {
                                               if (d.open()) open.push_back(i);
                                           });
        }
        if (open.empty()) {
            const std::string_view who = anyone();
            return chain.by(who, opening(on, who, answer(on)));
        }
        const Dispute& dispute =
            chain.state().dispute(open[choose(static_cast<std::uint32_t>(open.size()))]);
        for (const std::string_view who : kPlayers) {
            if (address_of(who) != dispute.challenger) continue;
            const auto lie = hidden_challenge(on, who, chain.lie(on));
            return chain.by(who, opening(on, who,
                                         lie.commitment == dispute.commitment ? chain.lie(on)
                                                                              : chain.truth(on)));
        }
        throw TestFailure("a dispute of nobody");
    }
    OperationPtr join() const {
        const std::string_view who = some_provider();
        const Amount bond = lux(slip() ? 499 : (1000 + choose(500)) * scale);
        const std::string_view sender = slip() ? anyone() : who;
        return chain.by(sender, registration(who, bond));
    }
    OperationPtr provider_business() const {
        const std::string_view who = some_provider();
        const std::string_view sender = slip() ? anyone() : who;
        switch (choose(6)) {
            case 0:
                return chain.by(sender, leave(who));
            case 1:
                return chain.by(sender, withdrawal(who));
            case 2:
                return chain.by(
                    sender, op::AddBond{std::string(who), lux(choose(300) * std::uint64_t{scale})});
            default:
                return chain.by(sender, claim(who));
        }
    }
    // Players join the set and leave it again; the genesis validators, which propose, stay.
    OperationPtr validator_business() const {
        const std::string_view who = anyone();
        if (choose(4) != 0) return chain.by(who, op::WithdrawStake{});
        return chain.by(
            who, op::JoinValidators{slip() ? Amount() : lux(choose(20) * std::uint64_t{scale}),
                                    salt_of("beacon")});
    }
    OperationPtr evidence() const {
        const auto validator = choose(3);
        const Height slot = choose(40);
        const auto sign = [&](const Hash32& id) {
            return TestAuthorizer::sign(address_of(fmt::format("v-{}", validator)),
                                        slot_message(chain.rules().chain_id, {slot, {}}, id));
        };
        const Hash32 one = salt_of("one");
        const Hash32 two = salt_of(slip() ? "one" : "two");
        const Bytes second = slip() ? Bytes{} : sign(two);
        return chain.by(anyone(), op::Evidence{validator, slot, {}, one, sign(one), two, second});
    }
    OperationPtr model() const {
        const std::string_view who = anyone();
        if (choose(3) == 0)
            return chain.by(who, op::RetireModel{fmt::format("model-{}", choose(6))});
        return chain.by(who, op::RegisterModel{small_model(fmt::format("model-{}", choose(6))),
                                               salt_of("license")});
    }
    // An amount at the edge of what the account has, of the supply, or of what an integer holds.
    Amount edge(std::string_view who) const {
        const std::uint64_t has = chain.balance(who).nlux();
        const std::array<std::uint64_t, 6> edges{
            ~std::uint64_t{0}, kSupplyMax.nlux(), kSupplyMax.nlux() + 1, has,
            has + 1,           has - has / 8};
        return Amount(edges[choose(edges.size())]);
    }
    // A number at the edge of what an integer holds, or around `usual`.
    std::uint64_t edge_of(std::uint64_t usual) const {
        const std::array<std::uint64_t, 6> edges{
            0, usual, usual + 1, std::uint64_t{1} << 63, ~std::uint64_t{0} - 1, ~std::uint64_t{0}};
        return edges[choose(edges.size())];
    }
    // Evidence for a provider whose times and measurements are at an edge.
    OperationPtr extreme_attestation() const {
        const std::string_view provider = some_provider();
        GpuEvidence evidence = choose(2) == 0 ? hardware_evidence() : software_evidence();
        const TimestampNs now = chain.state().head.timestamp_ns;
        evidence.timestamp_ns = choose(2) == 0 ? now : edge_of(now);
        evidence.benchmark_time_ms = edge_of(1);
        op::Attest out = attestation(provider, evidence);
        out.attestation->expiry_ns = edge_of(now);
        out.attestation->attesting_key[0] = static_cast<std::uint8_t>(1 + choose(3));
        out.attestation->kind = out.attestation->epoch = static_cast<std::uint32_t>(edge_of(0));
        return chain.by(provider, out);
    }
    // Weights and numbers at an edge, for a model of the player or of another.
    OperationPtr extreme_update() const {
        const State& state = chain.state();
        const std::string_view who = anyone();
        const auto count = static_cast<std::uint32_t>(state.model_status.size());
        const ModelStatus& status = state.status_of_model(state.model_status[choose(count)].first);
        op::ModelUpdate out;
        abi::ModelOp& update = *out.update;
        std::memcpy(update.model_root, status.root.data(), status.root.size());
        const Address to = address_of(anyone());
        std::memcpy(update.owner_addr, to.data(), to.size());
        update.parameter_count = edge_of(1);
        update.weight_hash[0] = 1;
        update.kind = choose(5);
        if (update.kind == 1) {
            abi::InferenceWeights weights = small_model("model").weights;
            weights.b2 = static_cast<std::int32_t>(edge_of(1));
            for (auto& bias : weights.b1) bias = static_cast<std::int32_t>(edge_of(1) >> 1);
            weights.shift1 = choose(32);
            const Hash32 digest = weights_digest(weights);
            std::memcpy(update.weight_hash, digest.data(), digest.size());
            out.weights.resize(sizeof weights);
            std::memcpy(out.weights.data(), &weights, sizeof weights);
        }
        for (const std::string_view owner : kPlayers)
            if (address_of(owner) == status.owner && !slip()) return chain.by(owner, out);
        return chain.by(who, out);
    }
    OperationPtr extreme_model() const {
        Model made = small_model(fmt::format("model-{}", choose(6)));
        made.compute_time_ms = static_cast<std::uint32_t>(edge_of(50));
        if (slip()) made.steps = static_cast<std::uint32_t>(edge_of(1));
        return chain.by(anyone(), op::RegisterModel{std::move(made), salt_of("license")});
    }
    OperationPtr extreme_result() const {
        const std::string on = job();
        const auto index = chain.state().find_task(on);
        const bool seated = index && !chain.state().task(*index).seats.empty();
        const std::string who = seated ? chain.assigned_provider(on) : "p-1";
        op::SubmitResult out = result(on, who, answer(on));
        out.compute_time_ms = static_cast<std::uint32_t>(edge_of(50));
        return chain.by(who, out);
    }
    // An ordinary operation whose amount, fee, nonce or number is at an edge.
    OperationPtr extreme() const {
        const std::string_view who = anyone();
        const std::string_view provider = some_provider();
        switch (choose(10)) {
            case 0:
                return chain.by(who, submission(fmt::format("job-{}", choose(kJobs)), edge(who)));
            case 5:
                return extreme_attestation();
            case 6:
                return extreme_update();
            case 7:
                return extreme_model();
            case 8:
                return extreme_result();
            case 1:
                return chain.by(provider, registration(provider, edge(provider)));
            case 2:
                return chain.by(provider, op::AddBond{std::string(provider), edge(provider)});
            case 3:
                return chain.by(who, op::JoinValidators{edge(who), salt_of("beacon")});
            case 4:
                return chain.by_with_nonce(who, ~std::uint64_t{0} - choose(2), withdrawal(who));
            default: {
                const OperationPtr plain = chain.by(who, claim(provider));
                return chain.by_with_fee(who, plain->nonce(), plain->body(), edge(who));
            }
        }
    }
};

void expect(bool holds, std::string_view invariant, const std::string& message) {
    if (!holds) throw TestFailure(fmt::format("{}: {}", invariant, message));
}

Bytes bytes_of(const Task& task) {
    Writer out;
    encode(out, task);
    return out.take();
}

void check_payment(const State& before, const State& after, const event::ProviderPaid& paid,
                   const VmParameters& v) {
    const Task& was = before.task(paid.task);
    const Height h = after.head.height;
    expect(!was.terminal(), "E6", "task " + was.job_id + " was paid after its end");
    expect(was.disputes_open == 0, "E8", "task " + was.job_id + " was paid with an open dispute");
    expect(was.posted_at != 0 && h > was.posted_at + v.config.challenge_window_blocks, "E8",
           fmt::format("task {} posted in block {} was paid in block {}", was.job_id, was.posted_at,
                       h));
    bool assigned = false;
    for (const Seat& seat : was.seats) assigned = assigned || seat.provider == paid.provider;
    expect(assigned, "E6", "task " + was.job_id + " paid a stranger");
}

}  // namespace

OperationPtr random_operation(TestChain& chain, const Choose& choose, std::uint64_t scale) {
    const Player player{chain, choose, scale};
    if (scale > 1 && choose(16) == 0) return player.extreme();
    const std::uint32_t dice = choose(100);
    if (dice < 22) return player.submit();
    if (dice < 47) return player.post();
    if (dice < 62) return player.challenge();
    if (dice < 77) return player.reveal();
    if (dice < 86) return player.join();
    if (dice < 90) return player.provider_business();
    if (dice < 95) return player.validator_business();
    return dice < 98 ? player.evidence() : player.model();
}

void check_successor(const State& before, const State& after, const std::vector<VmEvent>& events,
                     const VmParameters& parameters) {
    before.tasks.for_each([&](std::size_t i, const Task& task) {
        if (!task.terminal()) return;
        expect(bytes_of(task) == bytes_of(after.tasks[i]), "E7",
               "task " + task.job_id + " changed after its end");
    });
    std::set<std::pair<TaskIndex, ProviderIndex>> paid;
    for (const VmEvent& event : events) {
        const auto* payment = std::get_if<event::ProviderPaid>(&event);
        if (!payment) continue;
        expect(paid.emplace(payment->task, payment->provider).second, "E6",
               "one provider was paid twice");
        check_payment(before, after, *payment, parameters);
    }
    const Totals& totals = after.head.totals;
    if (parameters.policy.mint_cap == MintCap::kPerBurn) {
        expect(totals.minted <= totals.burned, "E14", "more was minted than burned");
    }
}

void make_amounts_great(TestOptions& options) {
    options.allocation = lux(1'500'000'000);
    options.parameters.config.base_reward = lux(1'000'000'000);
    options.parameters.policy.challenger_bond = lux(10 * kGreatScale);
    options.parameters.policy.mint_cap = MintCap::kUncapped;
}

void make_prices_extreme(TestOptions& options, const Choose& choose) {
    Policy& policy = options.parameters.policy;
    const std::uint64_t has = options.allocation.nlux();
    const std::array<std::uint64_t, 7> edges{
        0, 1, has / 8, has, kSupplyMax.nlux(), kSupplyMax.nlux() + 1, ~std::uint64_t{0}};
    for (Amount* price : {&policy.model_fee, &policy.model_deposit, &policy.challenger_bond})
        *price = Amount(edges[choose(edges.size())]);
    policy.challenge_escalation =
        choose(2) == 0 ? ChallengeEscalation::kNone : ChallengeEscalation::kPerOpen;
}

void plant_great_counters(TestChain& chain, const Choose& choose) {
    chain.rewrite([&](State& state) {
        for (std::size_t i = 0; i < state.providers.size(); ++i) {
            Provider& provider = state.providers.edit(i);
            for (std::uint64_t* counter : {&provider.tasks_completed, &provider.offences})
                *counter = kGreatCounter + choose(3);
            for (Amount* sum : {&provider.rewards_total, &provider.slashed_total})
                *sum = Amount(kGreatCounter + choose(3));
        }
        // Disputes compare their own copy of this one with it, and count on when it wraps.
        const std::uint64_t lift = kGreatCounter - state.head.full_proof_blocks;
        state.head.full_proof_blocks += lift;
        for (std::size_t i = 0; i < state.disputes.size(); ++i)
            state.disputes.edit(i).full_blocks += lift;
    });
}

bool great_counters_hold(const State& state) {
    for (std::size_t i = 0; i < state.providers.size(); ++i) {
        const Provider& provider = state.providers[i];
        for (const std::uint64_t counter :
             {provider.tasks_completed, provider.offences, provider.rewards_total.nlux(),
              provider.slashed_total.nlux()}) {
            if (counter < kGreatCounter) return false;
        }
    }
    return true;
}

void random_block(TestChain& chain, const Choose& choose, std::uint64_t scale) {
    const std::uint32_t count = choose(kOperationsMax + 1);
    std::vector<OperationPtr> operations;
    for (std::uint32_t i = 0; i < count; ++i)
        operations.push_back(random_operation(chain, choose, scale));
    static_cast<void>(chain.refusals(operations));  // throws if a refusal left a change
    const std::uint32_t pace = choose(20);
    const std::uint64_t interval = pace == 0 ? 0 : pace == 1 ? 6 * kBlockNs : kBlockNs;
    const State before = chain.state();
    chain.offer(operations, interval);
    check_successor(before, chain.state(), chain.events(), chain.rules().parameters);
}

}  // namespace aivm::test
