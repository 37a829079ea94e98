#include "core/testing/every_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/digest.h"
#include "core/chain/vote_slot.h"
#include "core/testing/test_evidence.h"
#include "core/verification/bisection_play.h"
#include "core/verification/dispute.h"
#include "core/verification/redundant.h"

namespace aivm::test {
namespace {

constexpr std::uint32_t kJobsOfPlay = 100;
constexpr std::uint32_t kModelsOfPlay = 10;
constexpr std::uint32_t kNames = 8;
constexpr const char* kNamesOfPlay[kNames] = {"alice", "bob", "carol", "p-1",
                                              "p-2",   "p-3", "p-4",   "served"};
constexpr std::uint32_t kFirstProvider = 3;

Hash32 measured() { return salt_of("measurement"); }

void choose_config(Config& config, const Choose& choose) {
    config.verification_mode = static_cast<VerificationMode>(choose(3));
    config.challenge_window_blocks = 1 + choose(6);
    if (config.verification_mode == VerificationMode::kRedundant && choose(4) == 0)
        config.challenge_window_blocks = 0;
    config.max_tasks_per_provider = 1 + choose(4);
    config.max_task_queue_size = 2 + choose(8);
    config.max_providers_per_node = 1 + choose(3);
    config.task_timeout_ns = (2 + choose(8)) * kBlockNs;
    config.epoch_duration_ns = (5 + choose(15)) * kBlockNs;
    config.merkle_anchor_freq = 1 + choose(9);
    config.attestation_timeout_ns = choose(8) * kBlockNs;
    config.min_trust_score = static_cast<std::uint8_t>(choose(4) == 0 ? 0 : 40 + choose(60));
    config.require_tee_attestation = choose(8) == 0;
    config.base_reward = Amount(choose(2) == 0 ? 1'000'000'007 : choose(1'000));
    if (choose(3) == 0) config.host_chain_id = "elsewhere";
}

std::uint32_t some_rate(const Choose& choose) {
    constexpr std::uint32_t kRates[] = {0, 1, 3'333, 5'000, 10'000};
    return kRates[choose(5)];
}

void choose_money(Policy& p, const Choose& choose) {
    p.fee_burn_bps = choose(2) == 0 ? 1'000 : some_rate(choose);
    p.result_bond = Amount(lux(90).nlux() + choose(1'000));
    p.challenger_bond = Amount(lux(10).nlux() + choose(1'000));
    p.slash_bps = choose(2) == 0 ? 10'000 : some_rate(choose);
    p.challenger_share_bps = choose(5'001);
    p.requester_share_bps = choose(5'000);
    p.provider_share_bps = some_rate(choose);
    p.slash_timeout_bps = some_rate(choose);
    p.slash_divergent_bps = some_rate(choose);
    p.slash_unrevealed_bps = some_rate(choose);
    p.slash_silent_bps = some_rate(choose);
    p.reporter_share_bps = some_rate(choose);
    p.lock_fee_bps = choose(3) == 0 ? choose(20) : 0;
    p.model_fee = Amount(choose(1'000'000'000));
    p.model_deposit = Amount(choose(1'000'000'000));
    p.validator_stake_min = lux(choose(2) == 0 ? 1 : 2'000);
    p.reward_schedule = choose(2) == 0 ? RewardSchedule::kFlat : RewardSchedule::kTiered;
    p.mint_cap = choose(3) == 0 ? MintCap::kUncapped : MintCap::kPerBurn;
    p.self_reported_compute = choose(4) == 0;
    p.slash_escalation_bps = choose(3) == 0 ? 10'000 + choose(30'000) : 10'000;
    p.correlation_multiplier = choose(2) == 0 ? 1 + choose(4) : 0;
    p.correlation_window_blocks = 1 + choose(5);
    p.claim_reward = choose(2) == 0 ? ClaimReward::kHalving : ClaimReward::kFirst;
    p.audit_bps = choose(3) == 0 ? some_rate(choose) : 0;
    p.audit_colluding_bps = choose(10'000);
    p.quorum_stake_bps = choose(3) == 0 ? some_rate(choose) : 0;
    p.space_price_floor = Amount(choose(3) == 0 ? 1 + choose(1'000'000) : 0);
    p.space_target_operations = 1 + choose(6);
    p.space_change_bps = some_rate(choose);
}

void choose_windows(Policy& p, const Choose& choose) {
    p.challenge_reveal_blocks = 1 + choose(3);
    p.dispute_move_blocks = 1 + choose(4);
    p.unbond_cooldown_blocks = choose(8);
    p.activation_delay_blocks = choose(5);
    p.commit_window_blocks = 1 + choose(4);
    p.reveal_window_blocks = 1 + choose(4);
    p.reassignments_max = choose(4);
    p.one_step_steps_max = 1 + choose(8);
    p.dispute_game = choose(2) == 0 ? DisputeGame::kOneStep : DisputeGame::kBisection;
    p.commit_reveal = choose(4) != 0;
    p.challenge_in_clear = choose(5) == 0;
    p.challenge_escalation = static_cast<ChallengeEscalation>(choose(3));
    p.disputes_per_result_max = choose(3) == 0 ? 1 + choose(3) : 0;
    p.obligation_rule = choose(4) != 0;
    p.full_proof_operations = choose(2) == 0 ? 1 + choose(3) : 0;
    p.full_proof_bytes = choose(6) == 0 ? 300 : 0;
    p.attestation_slots_per_provider = 1 + choose(3);
    p.trust_from_history = choose(2) == 0 ? 1 + choose(60) : 0;
    p.trust_decay_blocks = 1 + choose(6);
    p.evidence_ttl_blocks = 1 + choose(20);
    p.stake_cooldown_blocks = p.evidence_ttl_blocks + choose(4);
}

// The true steps up to one of them, whose output is wrong, and from there what follows from it.
std::vector<InferenceTraceStep> bent_trace(Kernels& kernels, const Model& model, std::uint32_t row,
                                           std::uint32_t wrong_step) {
    std::vector<InferenceTraceStep> trace(model.steps);
    InputRow input = model.row(row);
    for (std::uint32_t i = 0; i < model.steps; ++i) {
        trace[i].input = input;
        trace[i].output = run_step(kernels, model, input);
        if (i == wrong_step) trace[i].output = static_cast<Answer>(trace[i].output + 1);
        input = next_input(input, trace[i].output);
    }
    return trace;
}

}  // namespace

TestOptions random_options(const Choose& choose) {
    TestOptions options;
    VmParameters& p = options.parameters;
    choose_config(p.config, choose);
    choose_money(p.policy, choose);
    choose_windows(p.policy, choose);
    p.policy.redundancy_providers = 1 + choose(5);
    p.config.redundancy_factor =
        p.policy.redundancy_providers / 2 + 1 +
        choose(p.policy.redundancy_providers - p.policy.redundancy_providers / 2);
    if (p.config.verification_mode == VerificationMode::kRedundant)
        p.policy.claim_reward = ClaimReward::kFirst;
    if (p.policy.dispute_game == DisputeGame::kOneStep && choose(3) == 0)
        p.policy.answer_tolerance = choose(3);
    p.quote_measurements = {measured()};
    const std::uint32_t steps_max =
        p.policy.answer_tolerance > 0 ? p.policy.one_step_steps_max : 12;
    Model slow = small_model("slow", 1 + choose(steps_max));
    slow.compute_time_ms = 50 + choose(3) * 3'000;
    options.models = {small_model("model", 1 + choose(2) * choose(steps_max)), slow};
    for (Model& model : options.models) model.owner = address_of("alice");
    options.names.assign(std::begin(kNamesOfPlay), std::end(kNamesOfPlay));
    // Registration without evidence, as genesis does it, is refused where evidence is required.
    if (!p.config.require_tee_attestation) options.providers = {"served", "p-4"};
    options.validators = 1 + choose(4);
    options.tables = {8, 8, 4};
    options.allocation = lux(8'000);
    return options;
}

std::string EveryOperation::someone() const { return kNamesOfPlay[pick(kNames)]; }
std::string EveryOperation::some_provider() const {
    return kNamesOfPlay[kFirstProvider + pick(kNames - kFirstProvider)];
}

// Mostly one of the last few.
std::string EveryOperation::some_job() const {
    const auto count = static_cast<std::uint32_t>(chain_.state().tasks.size());
    if (count == 0 || one_in(16)) return fmt::format("job-{}", pick(kJobsOfPlay));
    return chain_.state().tasks[count - 1 - pick(std::min(count, 6U))].job_id;
}

std::string EveryOperation::some_model() const {
    return one_in(2) ? "model" : one_in(2) ? "slow" : fmt::format("model-{}", pick(kModelsOfPlay));
}

Answer EveryOperation::some_answer(const Task& task) const {
    const Answer truth =
        run_model(*chain_.rules().kernels, chain_.state().model(task.model), task.input_row);
    return one_in(3) ? static_cast<Answer>(truth + 1 + pick(3)) : truth;
}

std::string EveryOperation::name_of(const Address& address) const {
    for (const char* name : kNamesOfPlay) {
        if (address_of(name) == address) return name;
    }
    for (const char* name : {"v-1", "v-2", "v-3"}) {
        if (address_of(name) == address) return name;
    }
    return "stranger";
}

std::string EveryOperation::owner_of(ProviderIndex provider) const {
    return name_of(chain_.state().provider(provider).owner);
}

void EveryOperation::add(const std::string& name, OperationBody body) {
    if (one_in(24)) return add_damaged(name, std::move(body));
    std::uint64_t& nonce = nonces_[name];
    nonce += 1 + pick(2);
    const Amount fee(one_in(3) ? pick(1'000'000) : 0);
    out_.push_back(chain_.by_with_fee(name, nonce, std::move(body), fee));
}

// A stale nonce, a fee that nobody can pay, another's signature, or the escrow account as sender.
void EveryOperation::add_damaged(const std::string& name, OperationBody body) {
    const std::uint64_t next = ++nonces_[name];
    switch (pick(4)) {
        case 0:
            out_.push_back(
                chain_.by_with_nonce(name, next > 1 ? next - 1 - pick(2) : 0, std::move(body)));
            return;
        case 1:
            out_.push_back(chain_.by_with_fee(name, next, std::move(body), lux(1'000'000)));
            return;
        case 2: {
            const Operation operation{address_of(name), next, std::move(body)};
            const Hash32 id = SignedOperation(operation, {}).id();
            const Address other = address_of(someone());
            out_.push_back(std::make_shared<const SignedOperation>(
                operation, TestAuthorizer::sign(other, id)));
            return;
        }
        default: {
            const Operation operation{escrow_address(), next, std::move(body)};
            const Hash32 id = SignedOperation(operation, {}).id();
            out_.push_back(std::make_shared<const SignedOperation>(
                operation, TestAuthorizer::sign(escrow_address(), id)));
        }
    }
}

std::vector<OperationPtr> EveryOperation::for_a_block() {
    out_.clear();
    for (std::uint32_t i = one_in(8) ? 6 : pick(2); i > 0; --i) submit();
    for (std::uint32_t i = 0; i < chain_.state().tasks.size(); ++i) {
        const Task& task = chain_.state().tasks[i];
        if (!task.terminal()) play_task(task, TaskIndex{i});
    }
    for (std::uint32_t i = chain_.height() < 4 ? 4 : pick(2); i > 0; --i) provider_business();
    if (one_in(2)) attest();
    if (one_in(4)) model_business();
    if (one_in(8)) equivocation();
    if (one_in(4)) validator_business();
    if (one_in(2)) stray();
    for (std::size_t i = out_.size(); i > 1; --i)
        std::swap(out_[i - 1], out_[pick(static_cast<std::uint32_t>(i))]);
    return out_;
}

void EveryOperation::submit() {
    op::SubmitTask s =
        submission(fmt::format("job-{}", pick(kJobsOfPlay)),
                   Amount(900'000 + std::uint64_t{pick(1'000)} * 1'777'777), pick(9), some_model());
    if (one_in(3)) s.fee = lux(1 + pick(20));
    if (one_in(8)) s.fee = lux(66 + pick(20));  // even when the queue is full
    s.mode = chain_.rules().parameters.config.verification_mode;
    if (one_in(16)) s.mode = static_cast<VerificationMode>(pick(3));
    if (one_in(32)) s.job_id.clear();
    s.type = static_cast<TaskType>(pick(4));
    add(someone(), s);
}

void EveryOperation::play_task(const Task& task, TaskIndex index) {
    for (const Seat& seat : task.seats) {
        if (!one_in(3)) play_seat(task, index, seat);
    }
    if (task.status != TaskStatus::kPosted && task.status != TaskStatus::kChallenged) return;
    if (one_in(3)) challenge(task, someone());
    play_disputes(task, index);
}

void EveryOperation::play_seat(const Task& task, TaskIndex index, const Seat& seat) {
    const std::string owner = one_in(24) ? someone() : owner_of(seat.provider);
    const std::string& id = chain_.state().provider(seat.provider).id;
    const std::string& job = task.job_id;
    if (seat.status == SeatStatus::kCommitted) {
        const auto hidden = hidden_.find(seat.commitment);
        if (hidden == hidden_.end()) return;
        op::Reveal reveal{job, id, hidden->second.answer, empty_embedding_digest(),
                          hidden->second.salt};
        if (one_in(16)) reveal.answer = static_cast<Answer>(reveal.answer + 1);
        if (one_in(24)) reveal.embedding_digest = salt_of("embedding");
        return add(owner, reveal);
    }
    if (seat.status != SeatStatus::kSelected && !one_in(16)) return;
    const Answer answer = some_answer(task);
    if (task.mode == VerificationMode::kRedundant &&
        chain_.rules().parameters.policy.commit_reveal != one_in(24)) {
        const Hash32 salt = salt_of(fmt::format("{} {}", owner, pick(1'000)));
        const CommittedResult r = result_of(chain_.state(), task, address_of(owner), answer, salt);
        const Hash32 commitment = result_commitment(r);
        hidden_[commitment] = {answer, salt};
        return add(owner, op::Commit{job, id, commitment});
    }
    op::SubmitResult posted = result(job, id, answer);
    posted.compute_time_ms = 50 + pick(3) * 5'000;
    const Model& model = chain_.state().model(task.model);
    if (model.steps > 1 && task.mode != VerificationMode::kRedundant) {
        auto trace = trace_model(*chain_.rules().kernels, model, task.input_row);
        if (one_in(2))
            trace = bent_trace(*chain_.rules().kernels, model, task.input_row, pick(model.steps));
        if (one_in(8)) trace.back().output = answer;
        posted.answer = trace.back().output;
        if (one_in(16)) posted.answer = answer;
        posted.trace_root = trace_root(trace);
        // The draw of the present assignment is over, so that its number stands.
        traces_[{index.value, task.assignments}] = std::move(trace);
    }
    if (one_in(24)) posted.trace_root = one_in(2) ? Hash32() : salt_of("root");
    add(owner, posted);
}

void EveryOperation::challenge(const Task& task, const std::string& who) {
    const Answer claim = one_in(8) ? task.provisional : some_answer(task);
    const Hash32 salt = salt_of(fmt::format("{} {}", who, pick(1'000)));
    op::Challenge body{task.job_id, claim_commitment(claim, salt, address_of(who)), {}};
    hidden_[body.commitment] = {claim, salt};
    if (chain_.rules().parameters.policy.challenge_in_clear != one_in(24)) body.claim = claim;
    add(who, body);
}

void EveryOperation::play_disputes(const Task& task, TaskIndex index) {
    chain_.state().for_each_dispute(task.disputes, [&](DisputeIndex, const Dispute& dispute) {
        if (one_in(4)) return;
        if (dispute.status == DisputeStatus::kPlaying) return play_game(task, index, dispute);
        if (dispute.status != DisputeStatus::kCommitted) return;
        const auto hidden = hidden_.find(dispute.commitment);
        if (hidden == hidden_.end()) return;
        const std::string who = one_in(24) ? someone() : name_of(dispute.challenger);
        const Answer claim = static_cast<Answer>(hidden->second.answer + (one_in(24) ? 1 : 0));
        add(who, op::ChallengeReveal{task.job_id, claim, hidden->second.salt});
    });
}

// The trace that was posted, or any.
std::vector<InferenceTraceStep> EveryOperation::trace_for(const Task& task, TaskIndex index) const {
    const auto posted = traces_.find({index.value, task.assignments});
    if (posted != traces_.end()) return posted->second;
    return trace_model(*chain_.rules().kernels, chain_.state().model(task.model), task.input_row);
}

void EveryOperation::play_game(const Task& task, TaskIndex index, const Dispute& dispute) {
    auto opening = next_provider_move(trace_for(task, index), dispute, task.job_id);
    if (opening) {
        if (one_in(16)) opening->output = static_cast<Answer>(opening->output + 1);
        if (one_in(16) && !opening->proof.empty()) opening->proof.pop_back();
        const std::string owner = owner_of(task.seats.front().provider);
        return add(one_in(16) ? someone() : owner, *opening);
    }
    const auto truth =
        trace_model(*chain_.rules().kernels, chain_.state().model(task.model), task.input_row);
    auto verdict = next_challenger_move(truth, dispute, task.job_id);
    if (!verdict) return;
    if (one_in(5)) verdict->agrees = !verdict->agrees;
    add(one_in(16) ? someone() : name_of(dispute.challenger), *verdict);
}

// Of a GPU by hardware or software, or of a CPU: signed for this provider, mostly fresh, sometimes
// changed afterwards.
Bytes EveryOperation::some_evidence(const std::string& provider) const {
    const TimestampNs now = chain_.state().head.timestamp_ns;
    const TimestampNs at = one_in(8) ? now + 3 * kBlockNs : now - pick(3) * kBlockNs;
    Bytes out;
    if (one_in(4)) {
        AttestationQuote quote;
        quote.type = one_in(4) ? static_cast<QuoteType>(pick(6)) : QuoteType::kTdx;
        quote.quote = Bytes(16, 5);
        quote.measurement = one_in(6) ? salt_of("other") : measured();
        quote.timestamp_ns = at;
        quote.vendor_signature =
            TestAuthorizer::sign(address_of("vendor"), attestation_message(quote, provider));
        out = encode_evidence(quote);
    } else {
        GpuEvidence e = one_in(3) ? software_evidence() : hardware_evidence();
        constexpr const char* kModels[] = {"NVIDIA H100 PCIe", "GB200", "RTX PRO 6000",
                                           "RTX 4090",         "GB10",  "something"};
        if (one_in(2)) e.model = kModels[pick(6)];
        e.cc_enabled = !one_in(4);
        e.rim_verified = !one_in(4);
        if (one_in(8)) e.spdm_report.resize(255);
        if (one_in(4)) e.driver_version.clear();
        if (one_in(4)) e.provider_key.clear();
        if (one_in(4)) e.benchmark_time_ms = 0;
        e.timestamp_ns = one_in(16) ? now - kEvidenceAgeNsMax - pick(2) : at;
        out = encode_evidence(signed_evidence(e, one_in(12) ? someone() : provider));
    }
    if (one_in(12)) out[pick(static_cast<std::uint32_t>(out.size()))] ^= 1;
    return out;
}

void EveryOperation::provider_business() {
    const bool begins = chain_.height() < 4;  // providers are needed soon
    std::string id = some_provider();
    const Amount least = chain_.rules().parameters.config.min_provider_bond;
    const auto concerned = [&](const Provider& p) {
        if (p.status == ProviderStatus::kUnbonding || (p.active() && p.bond < least)) id = p.id;
    };
    if (one_in(3))
        chain_.state().providers.for_each([&](std::size_t, const Provider& p) { concerned(p); });
    const auto known = chain_.state().find_provider(id);
    const std::string sender = !known || one_in(16) ? someone() : owner_of(*known);
    switch (begins ? 8 : pick(9)) {
        case 0:
            return add(sender, leave(id));
        case 1:
        case 2:
            return add(sender, withdrawal(id));
        case 3:
            return add(sender, op::AddBond{id, Amount(one_in(8) ? 0 : lux(pick(300)).nlux())});
        case 4:
            return add(sender, claim(id));
        default: {
            op::RegisterProvider r = registration(
                one_in(6) ? id + "'" : id, lux(one_in(12) ? 499 : 500 + pick(800)), some_model());
            if (one_in(2)) r.models = {"model", "slow"};
            if (one_in(24)) r.models = {"slow", "slow"};
            if (one_in(24)) r.wallet = one_in(2) ? Address() : escrow_address();
            if (chain_.rules().parameters.config.require_tee_attestation != one_in(8))
                r.evidence = some_evidence(r.provider_id);
            if (one_in(32)) r.provider_id.clear();
            return add(one_in(8) ? someone() : id.substr(0, id.find('\'')), r);
        }
    }
}

void EveryOperation::attest() {
    const std::string id = some_provider();
    op::Attest a;
    a.provider_id = id;
    a.evidence = some_evidence(id);
    if (one_in(24)) a.evidence.clear();
    const Hash32 digest = keccak256(a.evidence);
    std::memcpy(a.attestation->tee_quote_digest, digest.data(), digest.size());
    if (one_in(24)) a.attestation->tee_quote_digest[3] ^= 1;
    a.attestation->attesting_key[5] = static_cast<std::uint8_t>(one_in(16) ? 0 : 1 + pick(4));
    a.attestation->measurement[0] = static_cast<std::uint8_t>(pick(3));
    const TimestampNs now = chain_.state().head.timestamp_ns;
    a.attestation->expiry_ns = one_in(3) ? 0 : now + pick(8) * kBlockNs;
    a.attestation->kind = pick(4);
    a.attestation->evidence_len = pick(100);
    add(one_in(16) ? someone() : id, a);
}

void EveryOperation::model_business() {
    switch (pick(4)) {
        case 0: {
            const State& state = chain_.state();
            const auto row = pick(static_cast<std::uint32_t>(state.models.size()));
            const std::string owner =
                name_of(state.model_status[state.model_status[row].first.value].owner);
            return add(one_in(6) ? someone() : owner, op::RetireModel{state.models[row]->id});
        }
        case 1:
        case 2:
            return update_model();
        default: {
            Model model =
                small_model(fmt::format("model-{}", pick(kModelsOfPlay)), 1 + pick(4), 1 + pick(4));
            if (one_in(16)) model.rows.pop_back();
            if (one_in(16)) model.steps = one_in(2) ? 0 : 20;
            if (one_in(24)) model.id.clear();
            return add(someone(), op::RegisterModel{model, salt_of("license")});
        }
    }
}

void EveryOperation::update_model() {
    const State& state = chain_.state();
    const auto row = pick(static_cast<std::uint32_t>(state.models.size()));
    const ModelStatus& status = state.model_status[state.model_status[row].first.value];
    op::ModelUpdate u;
    u.update->kind = one_in(16) ? pick(5) : 1 + pick(3);
    std::memcpy(u.update->model_root, status.root.data(), Hash32::size());
    if (one_in(16)) u.update->model_root[0] ^= 1;
    u.update->weight_hash[0] = 7;
    std::memcpy(u.update->license_root, salt_of("new").data(), Hash32::size());
    const Address next = address_of(someone());
    std::memcpy(u.update->owner_addr, next.data(), next.size());
    u.update->parameter_count = pick(3);
    if ((u.update->kind == 1) != one_in(16)) {
        abi::InferenceWeights weights = state.models[row]->weights;
        weights.b2 += static_cast<std::int32_t>(pick(1'000));
        const Hash32 digest = weights_digest(weights);
        std::memcpy(u.update->weight_hash, digest.data(), digest.size());
        u.weights.resize(sizeof weights);
        std::memcpy(u.weights.data(), &weights, sizeof weights);
        if (one_in(8)) {
            // Zeros from here on, left out, with the digest of what is left.
            abi::InferenceWeights cut{};
            const std::size_t size = 64 + pick(64);
            std::memcpy(&cut, &weights, size);
            u.weights.resize(size);
            const Hash32 of_cut = weights_digest(cut);
            std::memcpy(u.update->weight_hash, of_cut.data(), of_cut.size());
        }
    }
    if (one_in(24)) std::memset(u.update->weight_hash, 0, sizeof u.update->weight_hash);
    add(one_in(6) ? someone() : name_of(status.owner), u);
}

void EveryOperation::equivocation() {
    // The first validator stays: somebody must be able to propose.
    const auto validator = 1 + pick(5);
    const Height now = chain_.height();
    const Height slot = one_in(2) ? now - std::min<Height>(now, pick(50)) : now + pick(4);
    const std::uint64_t chain_id = chain_.rules().chain_id;
    const VoteSlot vote{static_cast<std::uint8_t>(pick(2)), slot, pick(3)};
    const bool of_votes = one_in(2);
    const Hash32 parent = of_votes ? Hash32{} : salt_of(one_in(3) ? "parent" : "another parent");
    const auto sign = [&](const Hash32& id, const Hash32& on) {
        return TestAuthorizer::sign(
            address_of(fmt::format("v-{}", validator)),
            of_votes ? vote_message(chain_id, vote, id) : slot_message(chain_id, {slot, on}, id));
    };
    const Hash32 one = salt_of("one");
    const Hash32 two = salt_of(one_in(8) ? "one" : "two");
    const Hash32 second_parent = one_in(8) ? salt_of("a third parent") : parent;
    const Bytes second = one_in(8) ? Bytes{} : sign(two, second_parent);
    const std::uint64_t named = of_votes ? *evidence_slot(vote) : slot;
    add(someone(), op::Evidence{validator, named, parent, one, sign(one, parent), two, second});
}

// Players join the set and leave it again; the validators of genesis leave it, but for the first.
void EveryOperation::validator_business() {
    const Amount least = chain_.rules().parameters.policy.validator_stake_min;
    if (one_in(3)) {
        const Amount stake = one_in(6) ? Amount(pick(2)) : least + Amount(pick(100));
        return add(someone(), op::JoinValidators{stake, salt_of("beacon")});
    }
    std::vector<std::string> members;
    chain_.state().validators.for_each([&](std::size_t i, const Validator& v) {
        if (i > 0) members.push_back(name_of(v.address));
    });
    members.push_back(someone());
    const auto count = static_cast<std::uint32_t>(members.size());
    add(members[pick(count)], op::WithdrawStake{});
}

// On any task by anybody, whatever its stage.
void EveryOperation::stray() {
    const std::string job = some_job();
    const std::string who = someone();
    const auto answer = static_cast<Answer>(pick(4));
    const Hash32 salt = salt_of(who);
    switch (pick(7)) {
        case 0:
            return add(who, op::Commit{job, some_provider(), salt});
        case 1:
            return add(who,
                       op::Reveal{job, some_provider(), answer, empty_embedding_digest(), salt});
        case 2:
            return add(who, result(job, some_provider(), answer));
        case 3:
            return add(who, hidden_challenge(job, who, answer));
        case 4:
            return add(who, op::ChallengeReveal{job, answer, salt});
        case 5: {
            op::DisputeMove move;
            move.job_id = job;
            move.challenger = address_of(someone());
            move.opens = one_in(2);
            move.agrees = one_in(2);
            return add(who, move);
        }
        default:
            return add(who, claim(one_in(8) ? "nobody" : some_provider()));
    }
}

}  // namespace aivm::test
