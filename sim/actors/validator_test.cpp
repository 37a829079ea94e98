// A few validators with real engines, disks and VMs on a network that delays everything by the same
// time. Disks fail on request; a stopped node is restarted. Everybody's promises are watched: what
// each signs, builds and accepts.
#include "sim/actors/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <queue>
#include <set>

#include "core/base/digest.h"
#include "core/state/load.h"
#include "core/testing/test_chain.h"
#include "sim/consensus/snowman/messages.h"
#include "sim/consensus/snowman/snowman.h"

namespace aivm::sim::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t kNodes = 4;
constexpr SimTime kLatency = 30 * kMillisecond;
constexpr std::uint64_t kBlockIntervalNs = 2'000'000'000;
constexpr SimTime kRestartAfter = 5 * kSecond;
constexpr std::uint64_t kRunSeed = 5;
constexpr ActorId kFollower = kNodes;  // the one client

class IncludesEverything final : public ValidatorStrategy {
    bool includes(const SignedOperation&) override { return true; }
};

class Cluster final : public NodeObserver {
public:
    explicit Cluster(std::uint64_t epoch_duration_ns = 0) {
        Genesis genesis;
        genesis.timestamp_ns = 1'000'000'000'000;
        for (ActorId id = 0; id < kNodes; ++id) {
            genesis.validators.push_back({identity_address(id), lux(2000),
                                          keccak256(beacon_secret(kRunSeed, id, 0).view())});
        }
        genesis.allocations.push_back({identity_address(kFollower), lux(10'000)});
        genesis.models = {aivm::test::small_model("model")};
        genesis.providers = {{"provider", aivm::test::address_of("p-1"), {"model"}, lux(1000)}};
        rules_.parameters = aivm::test::short_parameters();
        if (epoch_duration_ns > 0) rules_.parameters.config.epoch_duration_ns = epoch_duration_ns;
        rules_.kernels = &kernels_;
        rules_.authorizer = &authority_;
        genesis_ = make_genesis(genesis, rules_).value();
        for (ActorId id = 0; id < kNodes; ++id) add(id);
    }

    void start() {
        for (const auto& node : nodes) node->start();
    }
    // Submits the next operation of the client, or of a validator, to everybody.
    void submit(OperationBody body, ActorId from = kFollower) {
        Operation operation{identity_address(from), ++nonces_[from], std::move(body)};
        const Hash32 id = SignedOperation(operation, {}).id();
        const Signer signer(authority_, operation.sender);
        const auto made = std::make_shared<const SignedOperation>(operation, signer.sign(id));
        for (ActorId to = 0; to < kNodes; ++to) send(kFollower, to, OperationPacket{made});
    }
    void submit_task(std::uint32_t number) {
        submit(aivm::test::submission("job-" + std::to_string(number), lux(1)));
    }
    void run_until(SimTime until) {
        while (!queue_.empty() && queue_.top().at <= until) {
            const Event event = queue_.top();
            queue_.pop();
            now_ = event.at;
            event.happen();
        }
        now_ = until;
    }
    void send(ActorId from, ActorId to, Packet packet) {
        if (to == kFollower) {
            if (const auto* accepted = std::get_if<AcceptedPacket>(&packet)) {
                followed.push_back(accepted->executed->state.head.height);
            }
            return;
        }
        if (cut_off.contains(from) || cut_off.contains(to)) return;
        at(kLatency, [this, from, to, packet = std::move(packet)] {
            if (down.contains(to)) return;
            const auto* consensus = std::get_if<ConsensusPacket>(&packet);
            if (before_body && consensus != nullptr && consensus->body)
                before_body(to, consensus->body);
            nodes[to]->receive(from, packet);
        });
    }
    void at(SimTime delay, std::function<void()> happen) {
        queue_.push({now_ + delay, next_++, std::move(happen)});
    }

    void crash(ActorId node) {
        if (!down.insert(node).second) return;
        ++incarnation[node];
        nodes[node]->crash();
    }
    void restart(ActorId node) {
        down.erase(node);
        nodes[node]->restart();
    }
    [[nodiscard]] SimTime now() const { return now_; }
    [[nodiscard]] const Vm* vm(ActorId node) const { return nodes[node]->vm(); }
    [[nodiscard]] Height height(ActorId node) const {
        return vm(node) == nullptr ? 0 : vm(node)->last_accepted_height();
    }
    // Whether all nodes run and agree on every block up to the lowest tip, and on the state where
    // the tips are equal.
    void expect_agreement() const {
        for (ActorId node = 0; node < kNodes; ++node) {
            ASSERT_NE(vm(node), nullptr) << node;
            const Height common = std::min(height(0), height(node));
            EXPECT_GE(common + 2, std::max(height(0), height(node)));
            for (Height h = 0; h <= common; ++h) {
                ASSERT_EQ(*vm(node)->block_id_at_height(h), *vm(0)->block_id_at_height(h))
                    << node << " at " << h;
            }
            if (height(node) == height(0)) {
                EXPECT_EQ(contents_digest(vm(node)->state()), contents_digest(vm(0)->state()));
            }
        }
        EXPECT_THAT(signed_twice, IsEmpty());
    }

    // NodeObserver
    void on_verified(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        const BlockHeader& header = executed->block->header();
        if (header.proposer.value != node) return;
        built[node].insert(header.height);
        const auto [first, is_new] =
            signed_.try_emplace({node, executed->block->slot()}, executed->id);
        if (!is_new && first->second != executed->id) signed_twice.push_back({node, header.height});
    }
    void before_accept(ActorId, const Vm&, const ExecutedPtr&, AcceptedBy) override {}
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr&) override {
        last_accept[node] = now_;
    }
    void before_reject(ActorId, const Vm&, const ExecutedPtr&) override {}
    void on_rejected(ActorId, const Vm&, const ExecutedPtr&) override {}
    void on_censored(ActorId, const ExecutedPtr&, const std::vector<OperationPtr>&) override {}
    void on_offered(ActorId, const QueueView&, const OperationPtr&, const Status&) override {}
    void on_built(ActorId node, const QueueView&, const BuiltBlock& block) override {
        built_now[node].insert(block.executed->state.head.height);
    }
    void on_queue_lost(ActorId) override {}
    void on_restarted(ActorId node, const Vm& vm) override {
        restarted_at[node] = vm.last_accepted_height();
    }
    void on_stopped(ActorId node, const Error& error) override {
        stopped.emplace_back(error.text());
        // The world takes the machine down and starts it again; not from inside of its own call.
        at(0, [this, node] { crash(node); });
        at(kRestartAfter, [this, node] { restart(node); });
    }

    std::vector<std::unique_ptr<SimDisk>> disks;
    std::vector<std::unique_ptr<ValidatorActor>> nodes;
    std::set<ActorId> down;
    std::set<ActorId> cut_off;
    std::map<ActorId, std::uint32_t> incarnation;
    std::map<ActorId, std::set<Height>> built;  // its blocks, verified again after a restart too
    std::map<ActorId, std::set<Height>> built_now;  // when it built them
    std::vector<std::pair<ActorId, Height>> signed_twice;
    std::map<ActorId, SimTime> last_accept;
    std::map<ActorId, Height> restarted_at;
    std::map<ActorId, EpochBegun> started_in;  // as its last engine was made
    std::vector<std::string> stopped;
    std::vector<Height> followed;  // heights of which validator 0 notified the client
    std::map<ActorId, SimTime> clock_offset;
    // Called before a node receives a block with a message.
    std::function<void(ActorId to, const BlockPtr& block)> before_body;

private:
    class ClusterEnvironment final : public Environment {
    public:
        ClusterEnvironment(Cluster& cluster, ActorId self) : cluster_(cluster), self_(self) {}
        SimTime now() const override { return cluster_.now_; }
        TimestampNs clock() const override {
            const auto offset = cluster_.clock_offset.find(self_);
            const SimTime shown =
                cluster_.now_ + (offset == cluster_.clock_offset.end() ? 0 : offset->second);
            return cluster_.genesis_->state.head.timestamp_ns + static_cast<TimestampNs>(shown);
        }
        void send(ActorId to, const Packet& packet) override { cluster_.send(self_, to, packet); }
        void set_timer(SimTime delay, std::uint64_t tag) override {
            cluster_.at(delay, [this, tag, born = cluster_.incarnation[self_]] {
                if (cluster_.incarnation[self_] != born || cluster_.down.contains(self_)) return;
                cluster_.nodes[self_]->wake(tag);
            });
        }
        RandomStream stream(Purpose purpose) const override {
            return RandomStream({kRunSeed, self_, static_cast<std::uint32_t>(purpose)});
        }

    private:
        Cluster& cluster_;
        ActorId self_;
    };
    struct Event {
        SimTime at = 0;
        std::uint64_t number = 0;
        std::function<void()> happen;
        bool operator<(const Event& other) const {
            return std::pair(at, number) > std::pair(other.at, other.number);
        }
    };

    void add(ActorId id) {
        disks.push_back(std::make_unique<SimDisk>());
        environments_.push_back(std::make_unique<ClusterEnvironment>(*this, id));
        ValidatorSetup setup;
        setup.self = id;
        setup.run_seed = kRunSeed;
        setup.stakes = share_stakes(std::vector<std::uint64_t>(kNodes, lux(2000).nlux()));
        setup.disk = disks.back().get();
        setup.vm = {
            .genesis = genesis_, .rules = &rules_, .executor = &executor_, .store = setup.disk};
        setup.block_interval_ns = kBlockIntervalNs;
        setup.fallback_delay_ns = kBlockIntervalNs;
        setup.environment = environments_.back().get();
        setup.observer = this;
        setup.engine = &kSnowmanEngine;
        setup.silent_blocks = 20;
        if (id == 0) setup.followers = {kFollower};
        setup.make_engine = [this, id](EngineHost& host, RandomStream& random,
                                       const EpochBegun& epoch) {
            started_in[id] = epoch;
            SnowmanConfig config;
            config.snow.k = 8;
            config.snow.alpha_preference = 5;
            config.snow.alpha_confidence = 6;
            config.snow.beta = 10;
            config.snow.concurrent_polls = 2;
            config.snow.poll_timeout_initial_ns = 1'000'000'000;
            config.snow.poll_timeout_min_ns = 1'000'000'000;
            config.stakes = epoch.stakes;
            config.self = id;
            return std::move(make_snowman(config, host, random).value());
        };
        nodes.push_back(std::make_unique<ValidatorActor>(std::move(setup),
                                                         Signer(authority_, identity_address(id)),
                                                         std::make_unique<IncludesEverything>()));
    }

    CpuKernels kernels_;
    IdealAuthorizer authority_{kRunSeed};
    DirectExecutor executor_;
    Rules rules_;
    ExecutedPtr genesis_;
    std::vector<std::unique_ptr<ClusterEnvironment>> environments_;
    std::priority_queue<Event> queue_;
    SimTime now_ = 0;
    std::uint64_t next_ = 0;
    std::map<ActorId, std::uint64_t> nonces_;
    std::map<std::pair<ActorId, ProposalSlot>, Hash32> signed_;
};

TEST(Validator, BuildsNothingOnAnIdleChainAndOpensASlotWhenThereIsWork) {
    Cluster cluster;
    cluster.start();
    cluster.run_until(60 * kSecond);
    EXPECT_EQ(cluster.height(0), 0U);
    cluster.submit_task(0);
    cluster.run_until(64 * kSecond);
    EXPECT_GE(cluster.height(0), 1U);
    const auto first = cluster.vm(0)->get_block(*cluster.vm(0)->block_id_at_height(1));
    ASSERT_TRUE(first);
    EXPECT_THAT((*first)->operations(), ::testing::SizeIs(1));
    std::uint32_t builders = 0;
    for (const auto& [node, heights] : cluster.built) builders += heights.contains(1) ? 1 : 0;
    EXPECT_EQ(builders, 1U) << "one slot, one builder, though all of them had the work";
}

TEST(Validator, TheyBuildInTurnsATasksLifeLongAndTellTheirFollowersInOrder) {
    Cluster cluster;
    cluster.start();
    for (std::uint32_t i = 0; i < 30; ++i) {
        cluster.submit_task(i);
        cluster.run_until((i + 1) * 2 * kSecond);
    }
    cluster.run_until(90 * kSecond);
    cluster.expect_agreement();
    EXPECT_GT(cluster.height(0), 20U);
    EXPECT_EQ(cluster.built.size(), kNodes) << "everybody had a turn";
    std::vector<Height> expected;
    for (Height h = 1; h <= cluster.height(0); ++h) expected.push_back(h);
    EXPECT_EQ(cluster.followed, expected);
}

TEST(Validator, ABlockFromTheFutureIsTriedAgainUntilItIsDue) {
    Cluster cluster;
    // One node's clock is behind the others' by more than the allowed skew: it accepts later than
    // they do, but it does.
    const SimTime skew = 60 * kSecond;
    cluster.clock_offset[1] = -(skew + 10 * kSecond);  // it does not build the first block
    cluster.start();
    cluster.run_until(80 * kSecond);
    for (std::uint32_t i = 0; i < 3; ++i) cluster.submit_task(i);
    cluster.run_until(88 * kSecond);
    const Height others = cluster.height(0);
    EXPECT_GT(others, 0U);
    EXPECT_LT(cluster.height(1), others);
    cluster.run_until(400 * kSecond);  // no task is open any more, so the others stand still
    cluster.expect_agreement();
}

TEST(Validator, ACrashedMajorityStopsTheOthersAndBringsThemBack) {
    Cluster cluster;
    cluster.start();
    cluster.submit_task(0);
    cluster.run_until(6 * kSecond);
    for (const ActorId node : {1U, 2U, 3U}) cluster.crash(node);
    const Height before = cluster.height(0);
    for (std::uint32_t i = 1; i < 10; ++i) cluster.submit_task(i);
    cluster.run_until(60 * kSecond);
    EXPECT_LE(cluster.height(0), before + 1);
    for (const ActorId node : {1U, 2U, 3U}) cluster.restart(node);
    cluster.run_until(120 * kSecond);
    cluster.expect_agreement();
    EXPECT_GT(cluster.height(0), before + 1);
}

// The engine of a node that was away for long must not count with the stakes of genesis, not even
// for what it does while it starts.
TEST(Validator, ANodeThatRestartsInALaterEpochMakesItsEngineWithTheStakesOfThatEpoch) {
    Cluster cluster(5 * kSecond);
    cluster.start();
    EXPECT_EQ(cluster.started_in[1].epoch, 0U);
    EXPECT_EQ(cluster.started_in[1].stakes, std::vector<std::uint64_t>(kNodes, lux(2000).nlux()));
    cluster.submit(op::WithdrawStake{}, 3);
    for (std::uint32_t i = 0; i < 10; ++i) {
        cluster.submit_task(i);
        cluster.run_until((i + 1) * 2 * kSecond);
    }
    const State& state = cluster.vm(1)->state();
    ASSERT_GT(state.head.epoch, 0U);
    ASSERT_FALSE(state.validators[3].active);
    const std::uint64_t epoch = state.head.epoch;
    cluster.crash(1);
    cluster.restart(1);
    const std::uint64_t stake = lux(2000).nlux();
    EXPECT_EQ(cluster.started_in[1].epoch, epoch);
    EXPECT_EQ(cluster.started_in[1].stakes, (std::vector<std::uint64_t>{stake, stake, stake, 0}));
}

// V10: the id of a block does not cover its signature.
TEST(Validator, ADamagedTwinDoesNotMakeTheGoodBlockUnacceptable) {
    Cluster cluster;
    cluster.start();
    cluster.submit_task(0);
    cluster.before_body = [&](ActorId to, const BlockPtr& block) {
        const auto twin = std::make_shared<const Block>(block->with_authorization({1, 2, 3}));
        cluster.nodes[to]->receive(0, BlockReply{{twin}});
    };
    cluster.run_until(10 * kSecond);
    cluster.expect_agreement();
    EXPECT_GE(cluster.height(0), 1U);
    std::uint64_t dropped = 0;
    for (const auto& node : cluster.nodes) dropped += node->malformed_dropped();
    EXPECT_GT(dropped, 0U);
}

TEST(Validator, ARawPacketIsDecodedOrDroppedAndCounted) {
    Cluster cluster;
    cluster.start();
    cluster.submit_task(0);
    cluster.run_until(10 * kSecond);
    const auto block = cluster.vm(0)->get_block(*cluster.vm(0)->block_id_at_height(1)).value();
    ValidatorActor& node = *cluster.nodes[2];
    const Packet good = BlockRequest{block->id(), 1};
    node.receive(1, RawPacket{encode_packet(good)});
    EXPECT_EQ(node.malformed_dropped(), 0U);
    const std::uint64_t bit = 77;
    node.receive(1, with_flipped_bits(good, {&bit, 1}));
    node.receive(1, RawPacket{frame_of(Bytes{9, 9})});
    EXPECT_EQ(node.malformed_dropped(), 2U);
}

// B7: it no longer knows what it has signed.
TEST(Validator, ANodeWithAReplacedDiskSignsNothingAtHeightsItMayHaveSigned) {
    Cluster cluster;
    cluster.start();
    auto work = [&, next = 0U](SimTime until) mutable {
        for (SimTime now = cluster.now(); now < until; now += 2 * kSecond) {
            cluster.submit_task(next++ % 200);
            cluster.run_until(now + 2 * kSecond);
        }
    };
    work(40 * kSecond);
    cluster.crash(1);
    cluster.disks[1]->replace();
    cluster.built_now[1].clear();
    const Height at = cluster.height(0);
    cluster.restart(1);
    work(200 * kSecond);
    cluster.expect_agreement();
    ASSERT_GT(cluster.height(0), at + 30) << "long enough for it to build again";
    ASSERT_FALSE(cluster.built_now[1].empty());
    EXPECT_GT(*cluster.built_now[1].begin(), at + 10);
}

// Its disk acknowledged the write and lost it: only the others know what it signed.
TEST(Validator, ANodeThatLostItsSigningRecordUnseenLearnsItsBlockFromTheOthers) {
    std::uint32_t lost = 0;
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {  // decides whether the record is lost
        Cluster cluster;
        cluster.start();
        cluster.run_until(kSecond);
        for (const auto& disk : cluster.disks) disk->begin_unsynced(seed);
        cluster.submit_task(0);
        while (cluster.built_now.empty()) cluster.run_until(cluster.now() + kLatency);
        cluster.run_until(cluster.now() + kLatency);  // the others have the block
        const ActorId builder = cluster.built_now.begin()->first;
        if (!cluster.disks[builder]->lose_power()) continue;
        ++lost;
        cluster.crash(builder);
        cluster.restart(builder);
        ASSERT_EQ(cluster.height(builder), 0U);
        for (std::uint32_t i = 1; i < 10; ++i) cluster.submit_task(i);
        cluster.run_until(60 * kSecond);
        cluster.expect_agreement();
        EXPECT_GT(cluster.built_now[builder].size(), 1U) << "it builds again";
    }
    EXPECT_GT(lost, 0U);
}

// S17, S18 and S20: whatever the disk does at whichever write, the node comes back with the state
// before or after that write, rejoins, and never signs two blocks for one slot.
TEST(Validator, ADiskThatFailsOrCrashesAtAnyWriteIsRecoveredFromAndNothingIsSignedTwice) {
    Cluster calm;
    calm.start();
    const auto play = [](Cluster& cluster) {
        for (std::uint32_t i = 0; i < 12; ++i) {
            cluster.submit_task(i);
            cluster.run_until((i + 1) * 2 * kSecond);
        }
        cluster.run_until(75 * kSecond);
    };
    play(calm);
    calm.expect_agreement();
    const std::uint64_t writes = std::min<std::uint64_t>(calm.disks[1]->writes(), 24);
    ASSERT_GT(writes, 10U);
    for (const WriteFault fault :
         {WriteFault::kFail, WriteFault::kCrashBefore, WriteFault::kCrashAfter}) {
        for (std::uint64_t index = 0; index < writes; ++index) {
            SCOPED_TRACE(testing::Message()
                         << "fault " << static_cast<int>(fault) << " at write " << index);
            Cluster cluster;
            cluster.disks[1]->set_fault(index, fault);
            cluster.start();
            play(cluster);
            ASSERT_EQ(cluster.stopped.size(), 1U);
            ASSERT_TRUE(cluster.restarted_at.contains(1));
            cluster.expect_agreement();
            EXPECT_GT(cluster.height(1), cluster.restarted_at[1]);
        }
    }
}

}  // namespace
}  // namespace aivm::sim::test
