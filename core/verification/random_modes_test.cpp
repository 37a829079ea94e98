// Random games in every mode: whatever committees, attested providers and players of a bisection
// do, every block keeps the invariants of the audit and of the history, and a restart changes
// nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "core/state/load.h"
#include "core/testing/committee_world.h"
#include "core/testing/random_play.h"
#include "core/testing/test_evidence.h"
#include "core/verification/bisection_play.h"

namespace aivm::test {
namespace {

enum class Game : std::uint8_t { kCommittee, kOpenCommittee, kTee, kBisection };
constexpr std::uint32_t kPool = 6;

// As make_amounts_great, for more accounts.
void make_mode_amounts_great(TestOptions& options) {
    make_amounts_great(options);
    options.allocation = lux(900'000'000);
    options.parameters.config.min_provider_bond = lux(100'000'000);
    options.parameters.policy.model_fee = lux(1'000'000);
    options.parameters.policy.model_deposit = lux(1'000'000);
}

TestOptions options_for(Game game, const Choose& choose, std::uint64_t scale) {
    TestOptions options;
    options.parameters = committee_parameters();
    options.names = {"alice", "bob", "carol"};
    for (std::uint32_t i = 1; i <= kPool; ++i) options.names.push_back(fmt::format("p-{}", i));
    Config& config = options.parameters.config;
    Policy& policy = options.parameters.policy;
    policy.commit_reveal = game != Game::kOpenCommittee;
    policy.redundancy_providers = 3;
    config.redundancy_factor = 2 + choose(2);
    config.challenge_window_blocks = choose(3) == 0 ? 0 : 4;
    if (game == Game::kTee) {
        config.verification_mode = VerificationMode::kTee;
        config.challenge_window_blocks = std::max<std::uint64_t>(config.challenge_window_blocks, 1);
    }
    if (game == Game::kBisection) {
        config.verification_mode = VerificationMode::kOptimistic;
        config.challenge_window_blocks = 4;
        policy.dispute_game = DisputeGame::kBisection;
        policy.one_step_steps_max = choose(2) == 0 ? 1 : 6;
        policy.challenge_in_clear = choose(4) == 0;
        options.models = {small_model("model", 2 + choose(12))};
    }
    if (scale > 1) make_mode_amounts_great(options);
    return options;
}

class Table {
public:
    enum class Prices { kUsual, kExtreme };
    Table(Game game, const Choose& choose, std::uint64_t scale = 1, Prices prices = Prices::kUsual)
        : choose_(choose), scale_(scale), chain(options(game, choose, scale, prices)) {
        for (std::uint32_t i = 1; i <= kPool; ++i) join(fmt::format("p-{}", i));
    }

    void block() {
        operations_.clear();
        if (choose_(3) == 0) submit();
        chain.state().tasks.for_each([&](std::size_t, const Task& task) {
            if (!task.terminal()) play_task(task);
        });
        if (choose_(6) == 0) business();
        if (choose_(3) == 0) attest();
        const State before = chain.state();
        chain.offer(operations_);
        check_successor(before, chain.state(), chain.events(), chain.rules().parameters);
        if (choose_(8) == 0) restart();
    }

private:
    static TestOptions options(Game game, const Choose& choose, std::uint64_t scale,
                               Prices prices) {
        TestOptions out = options_for(game, choose, scale);
        if (prices == Prices::kExtreme) make_prices_extreme(out, choose);
        return out;
    }
    [[nodiscard]] Amount bond() const {
        return std::max(lux(1000), chain.rules().parameters.config.min_provider_bond);
    }
    void join(const std::string& who) { chain.block({chain.by(who, registration(who, bond()))}); }
    [[nodiscard]] bool often() const { return choose_(3) != 0; }
    [[nodiscard]] std::string provider() const { return fmt::format("p-{}", 1 + choose_(kPool)); }
    [[nodiscard]] Answer some_answer(const std::string& job) const {
        return often() ? chain.truth(job) : static_cast<Answer>(chain.truth(job) + 1 + choose_(2));
    }
    void add(std::string_view who, OperationBody body) {
        operations_.push_back(chain.by(who, std::move(body)));
    }

    void submit() {
        op::SubmitTask task = submission(fmt::format("job-{}", jobs_++),
                                         Amount((1'000'000'000 + choose_(1000)) * scale_));
        task.mode = chain.rules().parameters.config.verification_mode;
        if (choose_(16) == 0) task.mode = static_cast<VerificationMode>(choose_(3));
        add("alice", task);
    }

    void business() {
        const std::string who = provider();
        switch (choose_(4)) {
            case 0:
                return add(who, leave(who));
            case 1:
                return add(who, withdrawal(who));
            case 2:
                return add(who, claim(who));
            default:
                return add(who, registration(who + "'", bond()));
        }
    }

    void attest() {
        GpuEvidence evidence = often() ? hardware_evidence() : software_evidence();
        evidence.timestamp_ns =
            chain.state().head.timestamp_ns + (choose_(4) == 0 ? 2 * kBlockNs : 0);
        const std::string who = provider();
        add(who, attestation(who, evidence));
    }

    void play_task(const Task& task) {
        for (const Seat& seat : task.seats) {
            if (often()) play_seat(task, chain.state().provider(seat.provider).id, seat);
        }
        for (const std::string_view who : {"bob", "carol"}) {
            if (choose_(5) == 0) challenge(task, who);
            if (often()) play_dispute(task, who);
        }
    }

    void play_seat(const Task& task, const std::string& who, const Seat& seat) {
        const std::string& job = task.job_id;
        if (seat.status == SeatStatus::kCommitted) {
            // The answer behind the commitment is found again by trying.
            for (int guess = 0; guess < 256; ++guess) {
                const CommittedResult r = result_of(chain.state(), task, address_of(who),
                                                    static_cast<Answer>(guess), salt_of(who));
                if (result_commitment(r) != seat.commitment) continue;
                return add(who,
                           op::Reveal{job, who, r.answer, empty_embedding_digest(), salt_of(who)});
            }
        }
        if (seat.status != SeatStatus::kSelected) return;
        const Answer answer = some_answer(job);
        if (task.mode == VerificationMode::kRedundant &&
            chain.rules().parameters.policy.commit_reveal) {
            const CommittedResult r =
                result_of(chain.state(), task, address_of(who), answer, salt_of(who));
            return add(who, op::Commit{job, who, result_commitment(r)});
        }
        op::SubmitResult posted = result(job, who, answer);
        if (chain.state().model(task.model).steps > 1)
            posted.trace_root = trace_root(trace_for(task, answer));
        add(who, posted);
    }

    // The trace of a provider who wants this answer: the true one up to its last step.
    [[nodiscard]] std::vector<InferenceTraceStep> trace_for(const Task& task, Answer answer) const {
        auto trace =
            trace_model(*chain.rules().kernels, chain.state().model(task.model), task.input_row);
        trace.back().output = answer;
        return trace;
    }

    void challenge(const Task& task, std::string_view who) {
        op::Challenge body = hidden_challenge(task.job_id, who, some_answer(task.job_id));
        if (chain.rules().parameters.policy.challenge_in_clear)
            body.claim = some_answer(task.job_id);
        add(who, body);
    }

    void play_dispute(const Task& task, std::string_view who) {
        chain.state().for_each_dispute(task.disputes, [&](DisputeIndex, const Dispute& dispute) {
            if (dispute.challenger != address_of(who)) return;
            if (dispute.status == DisputeStatus::kCommitted) reveal_claim(task, who, dispute);
            if (dispute.status == DisputeStatus::kPlaying) move(task, who, dispute);
        });
    }

    void reveal_claim(const Task& task, std::string_view who, const Dispute& dispute) {
        for (int guess = 0; guess < 256; ++guess) {
            const auto answer = static_cast<Answer>(guess);
            if (hidden_challenge(task.job_id, who, answer).commitment != dispute.commitment)
                continue;
            add(who, opening(task.job_id, who, answer));
        }
    }

    void move(const Task& task, std::string_view who, const Dispute& dispute) {
        const auto posted = trace_for(task, task.provisional);
        if (const auto opens = next_provider_move(posted, dispute, task.job_id)) {
            return add(chain.state().provider(task.seats.front().provider).id, *opens);
        }
        auto verdict =
            next_challenger_move(trace_for(task, chain.truth(task.job_id)), dispute, task.job_id);
        if (choose_(5) == 0) verdict->agrees = !verdict->agrees;
        add(who, *verdict);
    }

    void restart() {
        const State before = chain.state();
        chain.restart();
        const auto timers = [](const State& state) { return state.height_timers.sorted(); };
        if (contents_digest(before) != contents_digest(chain.state()) ||
            timers(before) != timers(chain.state()) ||
            before.time_timers.size() != chain.state().time_timers.size()) {
            throw TestFailure("a restart changed the state");
        }
    }

    const Choose& choose_;
    std::uint64_t scale_;
    std::vector<OperationPtr> operations_;
    std::uint32_t jobs_ = 0;

public:
    TestChain chain;
};

Choose mode_choices_of(std::uint64_t seed) {
    return [generator = std::mt19937_64(seed)](std::uint32_t bound) mutable {
        return static_cast<std::uint32_t>(generator() % bound);
    };
}

RC_GTEST_PROP(RandomModes, KeepEveryInvariantAfterEveryBlockAndAcrossRestarts, ()) {
    const auto game =
        *rc::gen::element(Game::kCommittee, Game::kOpenCommittee, Game::kTee, Game::kBisection);
    const Choose choose = mode_choices_of(*rc::gen::arbitrary<std::uint64_t>());
    Table table(game, choose);
    for (int i = 0; i < 60; ++i) table.block();
}

RC_GTEST_PROP(RandomModes, F3GoOnWithAmountsNearTheGreatestSupply, ()) {
    const auto game =
        *rc::gen::element(Game::kCommittee, Game::kOpenCommittee, Game::kTee, Game::kBisection);
    const Choose choose = mode_choices_of(*rc::gen::arbitrary<std::uint64_t>());
    Table table(game, choose, kGreatScale);
    for (int i = 0; i < 60; ++i) table.block();
}

// F3: prices that nobody can pay, and counters at their end.
RC_GTEST_PROP(RandomModes, F3GoOnWithPricesAndCountersUpToTheGreatestInteger, ()) {
    const auto game =
        *rc::gen::element(Game::kCommittee, Game::kOpenCommittee, Game::kTee, Game::kBisection);
    const Choose choose = mode_choices_of(*rc::gen::arbitrary<std::uint64_t>());
    Table table(game, choose, kGreatScale, Table::Prices::kExtreme);
    for (int i = 0; i < 10; ++i) table.block();
    plant_great_counters(table.chain, choose);
    for (int i = 0; i < 50; ++i) table.block();
}

// A property over games in which nothing happens would prove nothing.
TEST(RandomModes, ReachEveryEventAndSlashOfTheirModes) {
    std::map<std::size_t, int> reached;
    std::map<SlashCause, int> slashed;
    std::map<bool, int> disputes;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        const Choose choose = mode_choices_of(seed);
        Table table(static_cast<Game>(seed % 4), choose);
        for (int i = 0; i < 60; ++i) {
            table.block();
            for (const VmEvent& event : table.chain.events()) ++reached[event.index()];
            for (const auto& slash : table.chain.last<event::Slashed>()) ++slashed[slash.cause];
            for (const auto& closed : table.chain.last<event::DisputeClosed>())
                ++disputes[closed.challenger_won];
        }
    }
    for (const VmEvent& event : {VmEvent(event::ResultCommitted{}),
                                 VmEvent(event::ResultRevealed{}), VmEvent(event::QuorumReached{}),
                                 VmEvent(event::QuorumMissed{}), VmEvent(event::UsableEarly{}),
                                 VmEvent(event::ProviderAttested{}), VmEvent(event::DisputeMoved{}),
                                 VmEvent(event::TaskCompleted{}), VmEvent(event::TaskReturned{})}) {
        EXPECT_GT(reached[event.index()], 5) << "event kind " << event.index();
    }
    for (const SlashCause cause :
         {SlashCause::kWrongAnswer, SlashCause::kDivergent, SlashCause::kUnrevealed,
          SlashCause::kSilent, SlashCause::kLostChallenge}) {
        EXPECT_GT(slashed[cause], 5) << word(cause);
    }
    EXPECT_GT(disputes[true], 5);
    EXPECT_GT(disputes[false], 5);
}

}  // namespace
}  // namespace aivm::test
