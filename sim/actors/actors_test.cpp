// Providers, challengers and requesters, one at a time, on a small real chain that the test drives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/testing/test_chain.h"
#include "core/verification/reexecution.h"
#include "sim/actors/challenger.h"
#include "sim/actors/provider.h"
#include "sim/actors/requester.h"
#include "sim/scenario/compute_cost.h"
#include "sim/testing/test_environment.h"

namespace aivm::sim::test {
namespace {

using aivm::test::address_of;
using aivm::test::TestChain;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr SimTime kInterval = 4 * kSecond;

class Computes final : public ProviderStrategy {
public:
    std::uint32_t steps_to_compute(const TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const TaskView& view) override {
        return run_model(view.kernels, view.model, view.task.input_row);
    }
};

// Challenges every answer that it sees, with a true or a false claim.
class Attacks final : public ChallengerStrategy {
public:
    std::optional<std::uint32_t> steps_to_check(const TaskView& view) override {
        return view.model.steps;
    }
    std::optional<Answer> claim(const TaskView& view) override {
        return static_cast<Answer>(view.task.provisional + 1);
    }
};

class Asks final : public RequesterStrategy {};

// The actor's operations come signed by sim's ideal signatures and the chain knows its own, so the
// test signs the bodies again for the actor's identity in the chain.
class Stage : public ::testing::Test {
protected:
    [[nodiscard]] ClientSetup client() {
        return {.self = 9,
                .sources = {0},
                .validators = {0, 1},
                .block_interval = kInterval,
                .environment = &environment};
    }
    [[nodiscard]] Signer signer(std::string_view name) const {
        return {authority, address_of(name)};
    }

    // A block with everything the actor sent since the last one, and `others`; the actor receives
    // it at its time.
    void block(ChainClient& actor, std::string_view name, std::vector<OperationPtr> others = {}) {
        for (const OperationPtr& sent : environment.take_operations())
            others.push_back(chain.by(name, sent->body()));
        chain.offer(others);
        environment.pass(actor, environment.time + kInterval);
        if (told_)
            actor.receive(0, AcceptedPacket{chain.vm().executed(chain.vm().last_accepted())});
    }

    TestChain chain;
    FakeEnvironment environment;
    IdealAuthorizer authority{1};
    CpuKernels kernels;
    bool told_ = true;  // false: the network keeps the blocks from the actor
};

class AProvider : public Stage {
protected:
    ProviderActor make(std::uint64_t speed_ppm, std::uint64_t step_ns) {
        return {client(),
                signer("p-1"),
                {.id = "p-1",
                 .bond = lux(5000),
                 .models = {"model"},
                 .speed_ppm = speed_ppm,
                 .step_time_ns = step_ns,
                 .kernels = &kernels,
                 .rules = chain.rules().parameters,
                 .device = {},
                 .on_computed = {},
                 .on_started = {}},
                std::make_unique<Computes>()};
    }
};

TEST_F(AProvider, RegistersAnswersTrulyAndClaimsItsRewards) {
    ProviderActor provider = make(1'000'000, kSecond);
    provider.start();
    block(provider, "p-1");
    ASSERT_TRUE(chain.state().find_provider("p-1"));
    block(provider, "p-1", {chain.by("alice", aivm::test::submission("job"))});
    std::size_t claims = 0;
    for (int i = 0; i < 40; ++i) {
        claims += environment.operations<op::ClaimRewards>().size();
        block(provider, "p-1");
    }
    EXPECT_EQ(chain.task("job").status, TaskStatus::kCompleted);
    EXPECT_EQ(chain.task("job").provisional, chain.truth("job"));
    EXPECT_EQ(claims, 1U);
    EXPECT_TRUE(chain.provider("p-1").credit.is_zero());
}

class AProviderOfASpeed : public AProvider, public ::testing::WithParamInterface<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Speeds, AProviderOfASpeed, ::testing::Values(1'000'000U, 500'000U));

TEST_P(AProviderOfASpeed, TakesItsTimeForOneTaskAfterTheOther) {
    const std::uint64_t speed = GetParam();
    ProviderActor provider = make(speed, kSecond);
    provider.start();
    block(provider, "p-1");
    block(provider, "p-1",
          {chain.by("alice", aivm::test::submission("a")),
           chain.by("alice", aivm::test::submission("b"))});
    while (chain.task("a").status == TaskStatus::kPending) block(provider, "p-1");
    ASSERT_EQ(chain.task("b").status, TaskStatus::kAssigned);
    const SimTime assigned = environment.time;
    const SimTime each = static_cast<SimTime>(1'000'000ULL * kSecond / speed);
    environment.pass(provider, assigned + each - 1);
    EXPECT_THAT(environment.operations<op::SubmitResult>(), IsEmpty());
    environment.pass(provider, assigned + each);
    EXPECT_THAT(environment.operations<op::SubmitResult>(), SizeIs(1));
    environment.pass(provider, assigned + 2 * each - 1);
    EXPECT_THAT(environment.operations<op::SubmitResult>(), SizeIs(1));
    environment.pass(provider, assigned + 2 * each);
    EXPECT_THAT(environment.operations<op::SubmitResult>(), SizeIs(2));
}

// The first task is computed alone, because nothing else waits yet; the other two share a call.
TEST_F(AProvider, ComputesWhatWaitsInOneCallOfItsDevice) {
    constexpr std::uint64_t kOperations = 20'000'000;
    ProviderActor provider(client(), signer("p-1"),
                           {.id = "p-1",
                            .bond = lux(5000),
                            .models = {"model"},
                            .batch = 8,
                            .kernels = &kernels,
                            .on_device = {.device = DeviceClass::kH100,
                                          .step_operations = kOperations,
                                          .faults = {},
                                          .times = {},
                                          .kernels = nullptr},
                            .rules = chain.rules().parameters,
                            .device = {},
                            .on_computed = {},
                            .on_started = {}},
                           std::make_unique<Computes>());
    const auto time_of = [](std::uint64_t tasks) {
        return static_cast<SimTime>(
            kernel_time_ns(DeviceClass::kH100, KernelKind::kInferenceStep, tasks * kOperations));
    };
    provider.start();
    block(provider, "p-1");
    block(provider, "p-1",
          {chain.by("alice", aivm::test::submission("a")),
           chain.by("alice", aivm::test::submission("b")),
           chain.by("alice", aivm::test::submission("c"))});
    while (chain.task("a").status == TaskStatus::kPending) block(provider, "p-1");
    const SimTime assigned = environment.time;
    environment.pass(provider, assigned + time_of(1) - 1);
    EXPECT_THAT(environment.operations<op::SubmitResult>(), IsEmpty());
    environment.pass(provider, assigned + time_of(1));
    EXPECT_THAT(environment.operations<op::SubmitResult>(), SizeIs(1));
    environment.pass(provider, assigned + time_of(1) + time_of(2) - 1);
    EXPECT_THAT(environment.operations<op::SubmitResult>(), SizeIs(1));
    environment.pass(provider, assigned + time_of(1) + time_of(2));
    EXPECT_THAT(environment.operations<op::SubmitResult>(), SizeIs(3));
    EXPECT_LT(time_of(2), 2 * time_of(1));
}

TEST_F(AProvider, PostsNothingWhenItsTaskWasAssignedToAnotherMeanwhile) {
    ProviderActor provider = make(1'000'000, 1000 * kSecond);
    provider.start();
    block(provider, "p-1");
    block(provider, "p-1", {chain.by("alice", aivm::test::submission("job"))});
    for (int i = 0; i < 260; ++i)
        block(provider, "p-1");  // the task times out and fails, long before it has computed
    EXPECT_EQ(chain.task("job").status, TaskStatus::kFailed);
    EXPECT_EQ(chain.task("job").posted_at, 0U);
}

TEST_F(AProvider, FindsItsWorkInTheStateAfterBlocksThatItNeverHeardOf) {
    ProviderActor provider = make(1'000'000, kSecond);
    provider.start();
    block(provider, "p-1");
    told_ = false;
    block(provider, "p-1", {chain.by("alice", aivm::test::submission("job"))});
    while (chain.task("job").status == TaskStatus::kPending) block(provider, "p-1");
    told_ = true;
    // Enough later blocks arrive without the missing ones that it resumes from the newest.
    const ExecutedPtr tip = chain.vm().executed(chain.vm().last_accepted());
    for (Height ahead = 0; ahead <= 64; ++ahead) {
        auto later = std::make_shared<Executed>(*tip);
        later->state.head.height += ahead;
        provider.receive(0, AcceptedPacket{later});
    }
    environment.pass(provider, environment.time + kSecond);
    EXPECT_THAT(environment.operations<op::SubmitResult>(), SizeIs(1));
}

// Agreement is lost while the provider computes: its validator goes on with a chain that has no
// such task, block by block, or so many blocks further that the provider could not have seen the
// others.
TEST_F(AProvider, DoesNotFollowItsValidatorToAChainThatLacksItsTask) {
    ProviderActor provider = make(1'000'000, 1000 * kSecond);
    provider.start();
    block(provider, "p-1");
    block(provider, "p-1", {chain.by("alice", aivm::test::submission("job"))});
    while (chain.task("job").status == TaskStatus::kPending) block(provider, "p-1");
    TestChain other;
    other.advance_to(chain.height() + 80);
    const auto switch_to_other = [&](Height from) {
        for (Height height = from; height <= other.height(); ++height) {
            auto shown = std::make_shared<Executed>(*other.tip());
            shown->id = *other.vm().block_id_at_height(height);
            shown->block = *other.vm().get_block(shown->id);
            shown->state.head.height = height;
            provider.receive(0, AcceptedPacket{shown});
        }
    };
    switch_to_other(chain.height() + 1);
    switch_to_other(chain.height() + 2);
    environment.pass(provider, environment.time + 1000 * kSecond);
    const auto results = environment.operations<op::SubmitResult>();
    ASSERT_THAT(results, SizeIs(1)) << "the task is still there on its own chain";
    EXPECT_EQ(results[0].job_id, "job");
    block(provider, "p-1");
    EXPECT_EQ(chain.task("job").status, TaskStatus::kPosted) << "and so is the provider";
}

class AChallenger : public Stage {
protected:
    AChallenger() { chain.join("p-1"); }
    ChallengerActor make(std::uint64_t check_ns, bool in_clear = false) {
        return {client(),
                signer("bob"),
                {.speed_ppm = 500'000,
                 .step_time_ns = check_ns,
                 .in_clear = in_clear,
                 .window_blocks = 5,
                 .kernels = &kernels,
                 .on_checked = [this](TaskIndex task,
                                      std::uint32_t n) { checked.emplace_back(task.value, n); },
                 .on_computed = {}},
                std::make_unique<Attacks>()};
    }
    // Notifies the actor of all blocks so far that it has not received; the chain here starts
    // before it does.
    void post(ChallengerActor& challenger, std::string_view job, Answer answer) {
        const std::string provider = chain.assigned_provider(job);
        block(challenger, "bob", {chain.by(provider, aivm::test::result(job, provider, answer))});
    }
    void assign(ChallengerActor& challenger, std::string_view job) {
        block(challenger, "bob", {chain.by("alice", aivm::test::submission(job))});
        while (chain.task(job).status == TaskStatus::kPending) block(challenger, "bob");
    }
    // The blocks before the actor started.
    void deliver_missed(ChallengerActor& challenger) {
        for (Height height = 1; height < chain.height(); ++height) {
            auto old = std::make_shared<Executed>(*chain.genesis());
            old->id = *chain.vm().block_id_at_height(height);
            old->block = *chain.vm().get_block(old->id);
            old->state.head.height = height;
            challenger.receive(0, AcceptedPacket{old});
        }
        challenger.receive(0, AcceptedPacket{chain.vm().executed(chain.vm().last_accepted())});
    }
    std::vector<std::pair<std::uint32_t, std::uint32_t>> checked;
};

TEST_F(AChallenger, ChecksInItsOwnTimeHidesItsClaimAndRevealsIt) {
    ChallengerActor challenger = make(kSecond);
    deliver_missed(challenger);
    assign(challenger, "job");
    post(challenger, "job", static_cast<Answer>(chain.truth("job") - 1));
    environment.pass(challenger, environment.time + 2 * kSecond - 1);
    EXPECT_THAT(environment.operations<op::Challenge>(), IsEmpty());
    environment.pass(challenger, environment.time + 1);
    ASSERT_THAT(environment.operations<op::Challenge>(), SizeIs(1));
    EXPECT_FALSE(environment.operations<op::Challenge>()[0].claim) << "hidden";
    EXPECT_THAT(checked, ElementsAre(std::pair(0U, 1U)));
    block(challenger, "bob");
    ASSERT_THAT(environment.operations<op::ChallengeReveal>(), SizeIs(1));
    EXPECT_EQ(environment.operations<op::ChallengeReveal>()[0].claim, chain.truth("job"));
    block(challenger, "bob");
    EXPECT_TRUE(chain.state().dispute(DisputeIndex{0}).revealed);
    EXPECT_EQ(chain.state().dispute(DisputeIndex{0}).status, DisputeStatus::kWon);
    EXPECT_THAT(environment.operations<op::ChallengeReveal>(), IsEmpty()) << "once";
}

TEST_F(AChallenger, UnderThePolicyInClearNamesItsClaimAtOnce) {
    ChallengerActor challenger = make(0, true);
    deliver_missed(challenger);
    assign(challenger, "job");
    post(challenger, "job", 7);
    environment.pass(challenger, environment.time);
    ASSERT_THAT(environment.operations<op::Challenge>(), SizeIs(1));
    EXPECT_EQ(environment.operations<op::Challenge>()[0].claim, std::optional<Answer>(8));
}

TEST_F(AChallenger, RevealsNobodyElsesChallenge) {
    ChallengerActor challenger = make(1000 * kSecond);
    deliver_missed(challenger);
    assign(challenger, "job");
    post(challenger, "job", chain.lie("job"));
    block(challenger, "bob",
          {chain.by("carol", aivm::test::hidden_challenge("job", "carol", chain.truth("job")))});
    ASSERT_THAT(chain.last<event::ChallengeOpened>(), SizeIs(1));
    EXPECT_THAT(environment.operations<op::ChallengeReveal>(), IsEmpty());
}

class ARequester : public Stage {
protected:
    RequesterActor make(std::uint32_t tasks, std::uint64_t rate_ppm) {
        return {client(),
                signer("alice"),
                {.name = "job",
                 .tasks = tasks,
                 .tasks_per_interval_ppm = rate_ppm,
                 .interval = kInterval,
                 .fee = lux(1),
                 .mode = VerificationMode::kOptimistic,
                 .model_id = "model",
                 .model_rows = 8,
                 .on_refused = [this] { ++refused; }},
                std::make_unique<Asks>()};
    }
    std::uint32_t refused = 0;
};

TEST_F(ARequester, WaitsForAProviderAndThenBuysAtItsRateUntilItsShareIsSubmitted) {
    RequesterActor requester = make(5, 500'000);
    requester.start();
    for (int i = 0; i < 4; ++i) block(requester, "alice");
    EXPECT_EQ(chain.state().tasks.size(), 0U);
    block(requester, "alice", {chain.by("p-1", aivm::test::registration("p-1", lux(5000)))});
    std::vector<std::size_t> tasks;
    for (int i = 0; i < 14; ++i) {
        block(requester, "alice");
        tasks.push_back(chain.state().tasks.size());
    }
    EXPECT_EQ(tasks.back(), 5U);
    EXPECT_TRUE(chain.state().find_task("job-0"));
    EXPECT_TRUE(chain.state().find_task("job-4"));
    for (std::size_t i = 1; i < tasks.size(); ++i)
        EXPECT_LE(tasks[i], tasks[i - 1] + 1) << "half a task an interval";
}

TEST_F(ARequester, OffersARefusedTaskAgainAndReportsIt) {
    RequesterActor requester = make(1, 1'000'000);
    requester.start();
    block(requester, "alice", {chain.by("p-1", aivm::test::registration("p-1", lux(5000)))});
    for (int i = 0; i < 3 * 12 + 4; ++i) {
        environment.pass(requester, environment.time + kInterval);
        chain.advance(1);  // without its operations
        requester.receive(0, AcceptedPacket{chain.vm().executed(chain.vm().last_accepted())});
    }
    EXPECT_EQ(refused, 1U);
    for (int i = 0; i < 4; ++i) block(requester, "alice");
    EXPECT_TRUE(chain.state().find_task("job-0"));
    EXPECT_EQ(chain.state().tasks.size(), 1U);
}

// On a chain that has nothing else to do, nobody would ever include it, and nobody refuse it.
TEST_F(ARequester, DoesNotSignATaskAgainThatIsOnTheChainAlready) {
    RequesterActor requester = make(1, 1'000'000);
    requester.start();
    block(requester, "alice", {chain.by("p-1", aivm::test::registration("p-1", lux(5000)))});
    environment.pass(requester, environment.time + kInterval);
    ASSERT_EQ(environment.take_operations().size(), 1U);
    static_cast<void>(chain.by("alice", aivm::test::submission("lost")));  // uses up its nonce
    chain.block({chain.by("alice", aivm::test::submission("job-0"))});
    ASSERT_TRUE(chain.state().find_task("job-0"));
    requester.receive(0, AcceptedPacket{chain.vm().executed(chain.vm().last_accepted())});
    EXPECT_THAT(environment.take_operations(), IsEmpty());
    EXPECT_TRUE(requester.has_submitted_its_share());
    EXPECT_EQ(refused, 0U);
}

}  // namespace
}  // namespace aivm::sim::test
