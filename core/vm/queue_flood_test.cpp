// Floods of the queue through the VM: with accounts that have nothing, with funded dust, with the
// most expensive operations, with many games and many lies. Nobody honest may lose a bond, a result
// or a place by them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/testing/bisection_board.h"

namespace aivm::test {
namespace {

using enum ErrorCode;

constexpr std::size_t kFlood = 50'000;
constexpr std::size_t kSmallBlock = 16'384;  // bytes: a quarter holds about 25 proofs

bool carries(const std::vector<OperationPtr>& block, const OperationPtr& wanted) {
    return std::ranges::find(block, wanted) != block.end();
}

// Plays blocks of the queue until one carries the operation; returns how many that took.
std::uint64_t blocks_until(TestChain& chain, const OperationPtr& wanted,
                           std::size_t block_bytes = kSmallBlock) {
    Vm::BuildOptions options;
    for (std::uint64_t blocks = 1; blocks <= 1000; ++blocks) {
        options = chain.build_options();
        options.bytes_max = block_bytes;
        if (carries(chain.block_from_queue(options), wanted)) return blocks;
    }
    throw TestFailure("the operation is not included");
}

std::vector<std::string> numbered(std::string_view prefix, std::size_t count) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(fmt::format("{}-{}", prefix, i));
    return out;
}

// Accounts with money, and time for everybody to answer.
TestOptions options_with(const std::vector<std::string>& more, Amount allocation = lux(10'000)) {
    TestOptions options;
    options.allocation = allocation;
    options.names.insert(options.names.end(), more.begin(), more.end());
    options.parameters.config.challenge_window_blocks = 100;
    options.parameters.config.max_tasks_per_provider = 100;
    options.parameters.config.task_timeout_ns = 1000 * kBlockNs;
    options.parameters.policy.full_proof_bytes = kSmallBlock / 4;
    options.parameters.policy.result_bond = lux(10);
    return options;
}

std::size_t submit_all(TestChain& chain, const std::vector<OperationPtr>& operations) {
    std::size_t taken = 0;
    for (const OperationPtr& operation : operations) taken += chain.vm().submit(operation) ? 1 : 0;
    return taken;
}

// Jobs assigned to p-1, which answers all of them in one block.
std::vector<std::string> answered_jobs(TestChain& chain, std::size_t count, bool lie) {
    chain.join("p-1");
    const auto jobs = numbered("job", count);
    std::vector<OperationPtr> submissions;
    for (const std::string& job : jobs) submissions.push_back(chain.by("alice", submission(job)));
    chain.block(submissions);
    chain.advance(kDrawDelayBlocks);
    std::vector<OperationPtr> results;
    for (const std::string& job : jobs) {
        const Answer answer = lie ? chain.lie(job) : chain.truth(job);
        results.push_back(chain.by("p-1", result(job, "p-1", answer)));
    }
    chain.block(results);
    return jobs;
}

// Disputes that this challenger has lost.
std::size_t lost_by(const TestChain& chain, std::string_view challenger) {
    std::size_t lost = 0;
    chain.state().disputes.for_each([&](std::size_t, const Dispute& dispute) {
        const bool its_own = dispute.challenger == address_of(challenger);
        lost += its_own && dispute.status == DisputeStatus::kLost ? 1 : 0;
    });
    return lost;
}

// F2 (econ2 H10): 50,000 submissions of an account with nothing stood in front of the honest
// challenge, which was queued and not included for the whole window.
TEST(QueueFlood, F2AnAccountWithoutMoneyTakesNoPlace) {
    TestChain chain(options_with({}));
    answered_jobs(chain, 1, true);
    std::size_t taken = 0;
    for (std::size_t i = 1; i <= kFlood; ++i) {
        const auto flood =
            chain.by_with_nonce("nobody", i, submission(fmt::format("flood-{}", i), millilux(1)));
        const Status status = chain.vm().submit(flood);
        taken += status ? 1 : 0;
        if (!status) {
            ASSERT_EQ(status.error().code, kInsufficientFunds);
        }
    }
    EXPECT_EQ(taken, 0U);
    const auto honest = chain.by("bob", hidden_challenge("job-0", "bob", chain.truth("job-0")));
    ASSERT_TRUE(chain.vm().submit(honest).has_value());
    EXPECT_EQ(blocks_until(chain, honest), 1U);
}

// F15 (econ4 H33): a submission that the node took was lost when the queue of tasks stayed full for
// eight blocks.
TEST(QueueFlood, F15ASubmissionSurvivesAQueueOfTasksThatIsFullForLong) {
    TestOptions options = options_with({});
    options.parameters.config.max_task_queue_size = 1;
    options.parameters.config.max_tasks_per_provider = 1;
    TestChain chain(options);
    chain.join("p-1");
    chain.assign("busy");
    chain.block({chain.by("alice", submission("first"))});  // the provider has no room: it waits
    const auto second = chain.by("bob", submission("second", lux(66)));
    ASSERT_TRUE(chain.vm().submit(second).has_value());
    for (int i = 0; i < 25; ++i) {
        EXPECT_TRUE(chain.block_from_queue().empty());
        ASSERT_TRUE(chain.vm().mempool().contains(*second)) << i;
    }
    chain.join("p-2");
    EXPECT_LE(blocks_until(chain, second), 15U);
    EXPECT_TRUE(chain.state().find_task("second").has_value());
}

// Funded dust fills the rest. Fraud proofs and assigned work have their own room, and whoever pays
// more per byte than dust is included next.
TEST(QueueFlood, FundedDustInTheRestDelaysNoProofAndNoWorkAndYieldsToAFee) {
    const auto dusters = numbered("duster", 800);
    TestChain chain(options_with(dusters));
    answered_jobs(chain, 1, true);
    chain.assign("more");
    std::size_t taken = 0;
    for (std::size_t i = 0; i < kFlood + 1000; ++i) {
        taken += submit_all(chain, {chain.by(dusters[i % dusters.size()],
                                             submission(fmt::format("dust-{}", i), millilux(1)))});
    }
    EXPECT_EQ(taken, kFlood);
    EXPECT_EQ(chain.vm().mempool().size(Lane::kRest), kFlood);
    const auto challenge = chain.by("bob", hidden_challenge("job-0", "bob", chain.truth("job-0")));
    const auto work = chain.by("p-1", result("more", "p-1", chain.truth("more")));
    const auto paying = chain.by("carol", submission("honest", millilux(2)));
    ASSERT_EQ(submit_all(chain, {challenge, work, paying}), 3U);
    Vm::BuildOptions options = chain.build_options();
    options.bytes_max = kSmallBlock;
    const auto block = chain.block_from_queue(options);
    EXPECT_TRUE(carries(block, challenge));
    EXPECT_TRUE(carries(block, work));
    EXPECT_TRUE(carries(block, paying));
}

// Work needs a seat, and a proof needs its bond: without them a flood waits in the rest, under the
// limit of its sender there.
TEST(QueueFlood, WorkWithoutASeatAndProofsWithoutABondTakeNoPlaceOfTheirLanes) {
    TestChain chain(options_with({}));
    answered_jobs(chain, 1, true);
    chain.assign("more");
    std::size_t taken = 0;
    for (std::size_t i = 1; i <= 2000; ++i) {
        taken += submit_all(
            chain, {chain.by_with_nonce("nobody", i, result("more", "p-1", 7)),
                    chain.by_with_nonce("nobody", i, hidden_challenge("job-0", "nobody", 7)),
                    chain.by_with_nonce("nobody", 10'000 + i, opening("job-0", "nobody", 7))});
    }
    EXPECT_EQ(taken, kMempoolPerSenderMax);
    EXPECT_EQ(chain.vm().mempool().size(Lane::kProofs), 0U);
    EXPECT_EQ(chain.vm().mempool().size(Lane::kWork), 0U);
    const auto work = chain.by("p-1", result("more", "p-1", chain.truth("more")));
    ASSERT_TRUE(chain.vm().submit(work).has_value());
    EXPECT_EQ(blocks_until(chain, work), 1U);
}

// The largest operations, at a price: they take their quarter and what nobody else uses.
TEST(QueueFlood, TheLargestOperationsTakeOnlyWhatIsLeft) {
    const auto rich = numbered("rich", 40);
    TestChain chain(options_with(rich));
    answered_jobs(chain, 1, true);
    chain.assign("more");
    for (const std::string& name : rich) {
        op::RegisterProvider large = registration(name, lux(1000));
        large.endpoint = std::string(kEndpointBytesMax, 'x');
        large.evidence = Bytes(3000);
        ASSERT_TRUE(chain.vm().submit(chain.by_with_fee(name, 1, large, lux(5))).has_value());
    }
    const auto challenge = chain.by("bob", hidden_challenge("job-0", "bob", chain.truth("job-0")));
    const auto work = chain.by("p-1", result("more", "p-1", chain.truth("more")));
    ASSERT_EQ(submit_all(chain, {challenge, work}), 2U);
    Vm::BuildOptions options = chain.build_options();
    options.bytes_max = kSmallBlock;
    const auto block = chain.block_from_queue(options);
    EXPECT_TRUE(carries(block, challenge));
    EXPECT_TRUE(carries(block, work));
}

// 65 lies in one block, and a lane of proofs full of others' challenges: every honest challenge and
// reveal is included within proof_delay_max, and every lie is proven wrong. The reveals wait for
// longer than challenge_reveal_blocks, which full blocks extend.
TEST(QueueFlood, SixtyFiveLiesInOneBlockAreProvenThroughAFullLaneOfProofs) {
    const auto flooders = numbered("flooder", 10);
    TestOptions options = options_with(flooders);
    TestChain chain(options);
    const auto jobs = answered_jobs(chain, 65, true);
    for (const std::string& flooder : flooders) {
        for (const std::string& job : jobs) {
            const auto false_claim = static_cast<Answer>(chain.truth(job) + 2);
            ASSERT_TRUE(chain.vm()
                            .submit(chain.by(flooder, hidden_challenge(job, flooder, false_claim)))
                            .has_value());
        }
    }
    std::vector<OperationPtr> honest;
    for (const std::string& job : jobs)
        honest.push_back(chain.by("bob", hidden_challenge(job, "bob", chain.truth(job))));
    ASSERT_EQ(submit_all(chain, honest), jobs.size());
    const std::uint64_t bound =
        proof_delay_max(chain.vm().mempool().bytes(Lane::kProofs), kSmallBlock);
    ASSERT_GT(bound, 5U);
    // Their reveals cost nothing extra, and follow as soon as the challenges are open.
    EXPECT_LE(blocks_until(chain, honest.back()), bound);
    std::vector<OperationPtr> reveals;
    for (const std::string& job : jobs)
        reveals.push_back(chain.by("bob", opening(job, "bob", chain.truth(job))));
    ASSERT_EQ(submit_all(chain, reveals), jobs.size());
    const std::uint64_t reveal_bound =
        proof_delay_max(chain.vm().mempool().bytes(Lane::kProofs), kSmallBlock);
    EXPECT_LE(blocks_until(chain, reveals.back()), reveal_bound);
    EXPECT_EQ(lost_by(chain, "bob"), 0U);
    for (const std::string& job : jobs) {
        for (const OperationPtr& challenge : honest)
            EXPECT_FALSE(chain.vm().mempool().contains(*challenge));
        const Task& task = chain.task(job);
        EXPECT_TRUE(task.proven_wrong || task.status == TaskStatus::kPending) << job;
    }
}

// Two items of one of the flood's slots, signed by this validator, as anybody may report them.
op::Evidence equivocation(const TestChain& chain, std::string_view who, std::uint32_t validator,
                          std::uint64_t number) {
    const ProposalSlot slot{chain.height(), salt_of(fmt::format("parent-{}", number))};
    const auto sign = [&](const Hash32& id) {
        return TestAuthorizer::sign(address_of(who),
                                    slot_message(chain.rules().chain_id, slot, id));
    };
    const Hash32 one = salt_of("one");
    const Hash32 two = salt_of("two");
    return {validator, slot.number, slot.parent, one, sign(one), two, sign(two)};
}

// F31: evidence needs no bond, and for one LUX of stake anybody is a validator that signs two items
// in as many slots as it likes. Reported by accounts that have nothing, they filled the lane, and
// the honest challenge was refused.
TEST(QueueFlood, F31EvidenceAgainstOneValidatorTakesOnePlaceOfTheLane) {
    TestOptions options = options_with({"mallory"});
    options.parameters.policy.evidence_ttl_blocks = 100;
    options.parameters.policy.stake_cooldown_blocks = 100;
    TestChain chain(options);
    answered_jobs(chain, 1, true);
    chain.block({chain.by("mallory", op::JoinValidators{lux(1), {}})});
    const auto accused = static_cast<std::uint32_t>(chain.state().validators.size() - 1);
    for (std::size_t i = 0; i < kFlood / 25; ++i) {
        const auto report = equivocation(chain, "mallory", accused, i);
        submit_all(chain, {chain.by_with_nonce(fmt::format("nobody-{}", i), 1, report)});
    }
    EXPECT_EQ(chain.vm().mempool().size(Lane::kProofs), 1U);
    const auto honest = chain.by("bob", hidden_challenge("job-0", "bob", chain.truth("job-0")));
    ASSERT_TRUE(chain.vm().submit(honest).has_value());
    EXPECT_EQ(blocks_until(chain, honest), 1U);
    // The others take its place one after the other, until nothing is left to slash.
    for (int i = 0; i < 5; ++i) EXPECT_EQ(chain.block_from_queue().size(), 1U);
    EXPECT_EQ(chain.state().validators[accused].stake, Amount(1'000'000'000 >> 6));
    while (!chain.block_from_queue().empty()) continue;
    EXPECT_EQ(chain.state().validators[accused].stake, Amount(1));
}

// What one side of a game has to send now; nothing if it is the other's turn.
struct Turn {
    std::uint32_t low;
    std::uint32_t high;
    std::uint32_t middle;
    bool provider_moves;
    bool revealed;
    friend auto operator<=>(const Turn&, const Turn&) = default;
};

// 70 false challenges against one honest provider are played as bisections side by side. All its
// openings go through the lane of proofs in time, so it loses no game and no bond.
class Games {
public:
    static constexpr std::size_t kGames = 70;

    struct Rules {
        std::uint64_t move_blocks = 10;
        bool full_blocks_extend = true;
        std::size_t crowd = 0;  // that challenges a third answer when the first game begins
    };
    explicit Games(const Rules& rules)
        : flooders_(numbered("flooder", kGames)),
          crowd_(numbered("crowd", rules.crowd)),
          chain_(options_of(flooders_, crowd_, rules)) {
        chain_.join("p-1");
        for (const std::string& job : jobs_) post(job);
        post("crowded");
        for (std::size_t i = 0; i < kGames; ++i) {
            const std::string& job = jobs_[i % jobs_.size()];
            names_[address_of(flooders_[i])] = flooders_[i];
            submit(flooders_[i], hidden_challenge(job, flooders_[i], chain_.lie(job)));
        }
    }
    TestChain& chain() { return chain_; }
    // Everybody sends what is due, and a block follows.
    void step() {
        if (is_played()) {
            for (const std::string& name : std::exchange(crowd_, {}))
                submit(name, hidden_challenge("crowded", name, chain_.lie("crowded")));
        }
        chain_.state().disputes.for_each([&](std::size_t i, const Dispute& dispute) {
            if (dispute.open()) send(i, dispute);
        });
        Vm::BuildOptions options = chain_.build_options();
        options.bytes_max = kSmallBlock;
        chain_.block_from_queue(options);
    }
    [[nodiscard]] bool over() const {
        std::size_t closed = 0;
        chain_.state().disputes.for_each([&](std::size_t, const Dispute& dispute) {
            closed += dispute.open() || !names_.contains(dispute.challenger) ? 0 : 1;
        });
        return closed == kGames;
    }

private:
    static TestOptions options_of(std::vector<std::string> names,
                                  const std::vector<std::string>& crowd, const Rules& rules) {
        names.insert(names.end(), crowd.begin(), crowd.end());
        TestOptions options = options_with(names);
        if (!rules.full_blocks_extend) options.parameters.policy.full_proof_bytes = kBlockBytesMax;
        options.parameters.policy.dispute_game = DisputeGame::kBisection;
        options.parameters.policy.dispute_move_blocks = rules.move_blocks;
        options.parameters.policy.challenge_reveal_blocks = 10;
        options.models = {small_model("model", 8)};
        return options;
    }
    [[nodiscard]] bool is_played() const {
        bool played = false;
        chain_.state().disputes.for_each([&](std::size_t, const Dispute& dispute) {
            played = played || dispute.status == DisputeStatus::kPlaying;
        });
        return played;
    }
    void post(const std::string& job) {
        chain_.assign(job);
        const Task& task = chain_.task(job);
        const Model& model = chain_.state().model(task.model);
        traces_[job] = trace_model(*chain_.rules().kernels, model, task.input_row);
        op::SubmitResult posted = result(job, "p-1", chain_.truth(job));
        posted.trace_root = trace_root(traces_[job]);
        chain_.block({chain_.by("p-1", posted)});
    }
    void submit(const std::string& who, OperationBody body) {
        const Status status = chain_.vm().submit(chain_.by(who, std::move(body)));
        if (!status) throw TestFailure(status.error().text());
    }
    void send(std::size_t game, const Dispute& dispute) {
        const bool revealed = dispute.status != DisputeStatus::kCommitted;
        const Turn turn{dispute.low, dispute.high, dispute.middle, dispute.provider_to_move,
                        revealed};
        if (!names_.contains(dispute.challenger) || !sent_.insert({game, turn}).second) return;
        const std::string& job = chain_.state().task(dispute.task).job_id;
        const std::string& challenger = names_.at(dispute.challenger);
        if (!revealed) return submit(challenger, opening(job, challenger, chain_.lie(job)));
        if (dispute.provider_to_move)
            return submit("p-1", *next_provider_move(traces_[job], dispute, job));
        op::DisputeMove verdict;
        verdict.job_id = job;
        verdict.challenger = dispute.challenger;
        submit(challenger, verdict);
    }

    std::vector<std::string> flooders_;
    std::vector<std::string> crowd_;
    TestChain chain_;
    std::vector<std::string> jobs_ = numbered("job", 2);
    std::map<Address, std::string> names_;
    std::map<std::string, Trace> traces_;
    std::set<std::pair<std::size_t, Turn>> sent_;
};

TEST(QueueFlood, SeventyGamesAgainstOneHonestProviderMakeItMissNoMove) {
    Games games({});
    const Amount bond = games.chain().provider("p-1").bond;
    for (int block = 0; block < 200 && !games.over(); ++block) games.step();
    ASSERT_TRUE(games.over());
    games.chain().state().disputes.for_each([](std::size_t i, const Dispute& dispute) {
        EXPECT_EQ(dispute.status, DisputeStatus::kLost) << i;
    });
    games.chain().advance_to(games.chain().height() + 100);
    EXPECT_EQ(games.chain().provider("p-1").bond, bond);
    EXPECT_EQ(games.chain().provider("p-1").tasks_completed, 3U);
}

// Behind a crowd's challenges the provider's openings wait for longer than dispute_move_blocks.
// They are in time only because the blocks that are full of proofs extend their deadlines.
TEST(QueueFlood, BlocksFullOfProofsExtendTheDeadlinesOfMoves) {
    for (const bool extend : {true, false}) {
        Games games({.move_blocks = 5, .full_blocks_extend = extend, .crowd = 1000});
        const Amount bond = games.chain().provider("p-1").bond;
        for (int block = 0; block < 200 && !games.over(); ++block) games.step();
        ASSERT_TRUE(games.over());
        games.chain().advance_to(games.chain().height() + 100);
        EXPECT_EQ(games.chain().provider("p-1").bond == bond, extend);
    }
}

}  // namespace
}  // namespace aivm::test
