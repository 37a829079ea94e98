#include "sim/network/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "sim/engine/choice_sources.h"
#include "sim/faults/message_faults.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kNear = 10'000'000;
constexpr std::uint64_t kFar = 150'000'000;

// Two regions; even nodes are in the first, odd ones in the second.
NetworkLayout two_regions(std::uint32_t nodes) {
    NetworkLayout layout;
    for (std::uint32_t i = 0; i < nodes; ++i) layout.region_of.push_back(i % 2);
    layout.latency = {2, {kNear, kFar, kFar * 2, kNear}};
    return layout;
}

// Sends a message with the fate that chance decides.
Arrivals send_by_chance(Network& network, ChoiceSource& choices, const Transmission& transmission,
                        SimTime now) {
    static const Packet kPacket = FollowRequest{};
    std::optional<Packet> unused;
    MessageInFlight message{
        .transmission = transmission, .packet = &kPacket, .replacement = unused, .now = now};
    apply_by_chance(message, network.link(transmission.from, transmission.to), choices);
    return network.plan(transmission, message.fate, now);
}

struct Harness {
    explicit Harness(const NetworkSettings& settings, std::uint64_t seed = 1,
                     std::uint32_t nodes = 6)
        : choices(seed), network(seed, settings, two_regions(nodes)) {}

    Arrivals send(NodeId from, NodeId to, SimTime now = 0, std::uint32_t size = 100) {
        return send_by_chance(network, choices, {from, to, size}, now);
    }
    // The arrival times of `count` messages on one link.
    std::vector<SimTime> arrivals(NodeId from, NodeId to, int count) {
        std::vector<SimTime> times;
        for (int i = 0; i < count; ++i) {
            for (const SimTime time : send(from, to)) times.push_back(time);
        }
        return times;
    }

    StreamChoices choices;
    Network network;
};

double mean(const std::vector<SimTime>& times) {
    double sum = 0;
    for (const SimTime time : times) sum += static_cast<double>(time);
    return sum / static_cast<double>(times.size());
}

TEST(Network, DeliversInTheMeanTimeOfTheTableForEachDirection) {
    Harness harness({});
    EXPECT_NEAR(mean(harness.arrivals(0, 2, 50'000)), kNear, kNear * 0.01);
    EXPECT_NEAR(mean(harness.arrivals(0, 1, 50'000)), kFar, kFar * 0.01);
    EXPECT_NEAR(mean(harness.arrivals(1, 0, 50'000)), kFar * 2, kFar * 0.02);
}

TEST(Network, AddsJitterUniformly) {
    Harness plain({});
    Harness jittery({.jitter_ns = 1'000'000});
    const auto without = plain.arrivals(0, 2, 20'000);
    const auto with = jittery.arrivals(0, 2, 20'000);
    for (std::size_t i = 0; i < with.size(); ++i) {
        ASSERT_GE(with[i], without[i]);
        ASSERT_LE(with[i], without[i] + 1'000'000);
    }
    EXPECT_NEAR(mean(with) - mean(without), 500'000, 15'000);
}

TEST(Network, LosesDuplicatesAndReordersTheStatedShares) {
    Harness harness({.loss_ppm = 20'000, .duplicate_ppm = 50'000, .reorder_ppm = 100'000});
    constexpr int kMessages = 100'000;
    const auto times = harness.arrivals(0, 2, kMessages);
    const NetworkCounters& counters = harness.network.counters();
    EXPECT_EQ(counters.sent, 100'000U);
    EXPECT_EQ(counters.sent_bytes, 10'000'000U);
    EXPECT_NEAR(static_cast<double>(counters.lost), 2'000, 270);
    EXPECT_NEAR(static_cast<double>(counters.duplicated), 4'900, 410);
    EXPECT_NEAR(static_cast<double>(counters.reordered), 9'800, 570);
    EXPECT_EQ(times.size(), kMessages - counters.lost + counters.duplicated);
    // The extra delay of a reordered message is 50 ms in the mean.
    EXPECT_NEAR(mean(times), kNear + 0.1 * 50e6 * 0.95, 500'000);
}

TEST(Network, PartitionBlocksBothWaysUntilItEnds) {
    Harness harness({});
    const NetworkFault fault = harness.network.partition({{0, 1}, {2, 3}});
    EXPECT_EQ(harness.send(0, 1).count, 1U);
    EXPECT_EQ(harness.send(0, 2).count, 0U);
    EXPECT_EQ(harness.send(2, 0).count, 0U);
    EXPECT_EQ(harness.send(0, 4).count, 0U);  // those in no group are a group
    EXPECT_EQ(harness.send(4, 5).count, 1U);
    EXPECT_FALSE(harness.network.is_reachable(0, 2));
    EXPECT_EQ(harness.network.counters().blocked, 3U);
    harness.network.clear(fault);
    EXPECT_EQ(harness.send(0, 2).count, 1U);
    EXPECT_EQ(harness.send(2, 0).count, 1U);
}

TEST(Network, OverlappingFaultsEndOneByOne) {
    Harness harness({});
    const NetworkFault one = harness.network.partition({{0}});
    const NetworkFault two = harness.network.take_down({0, 2});
    const NetworkFault three = harness.network.block_one_way({0}, {1, 2});
    harness.network.clear(one);
    EXPECT_EQ(harness.send(0, 1).count, 0U);
    harness.network.clear(two);
    EXPECT_EQ(harness.send(0, 1).count, 0U);
    EXPECT_EQ(harness.send(1, 0).count, 1U);  // one way only
    harness.network.clear(three);
    EXPECT_EQ(harness.send(0, 1).count, 1U);
    EXPECT_THROW(harness.network.clear(three), std::logic_error);
}

TEST(Network, TheFateOfAMessageDelaysOrBlocksIt) {
    Harness plain({});
    Harness other({});
    EXPECT_EQ(*other.network.plan({0, 2, 100}, {.sender_delay = 4'000, .receiver_delay = 3'000}, 0)
                   .begin(),
              *plain.send(0, 2).begin() + 7'000);
    EXPECT_EQ(other.network.plan({0, 2, 100}, {.blocked = true}, 0).count, 0U);
    EXPECT_EQ(other.network.counters().blocked, 1U);
    EXPECT_EQ(plain.send(0, 2).count, 1U);
    EXPECT_EQ(*other.send(0, 2).begin(), *plain.send(0, 2).begin())
        << "the blocked message has used its draws";
}

TEST(Network, MessagesOfOneSenderQueueForItsLine) {
    Harness plain({});
    Harness narrow({.bandwidth_bps = 1'000'000});  // a byte takes 8 us
    constexpr SimTime kEach = 800'000;             // 100 bytes
    EXPECT_EQ(*narrow.send(0, 2).begin(), *plain.send(0, 2).begin() + kEach);
    EXPECT_EQ(*narrow.send(0, 4).begin(), *plain.send(0, 4).begin() + 2 * kEach);
    EXPECT_EQ(*narrow.send(2, 4).begin(), *plain.send(2, 4).begin() + kEach);  // a line of its own
    EXPECT_EQ(*narrow.send(0, 2, kSecond).begin(),
              *plain.send(0, 2, kSecond).begin() + kEach);  // free again
    Harness odd({.bandwidth_bps = 3});
    EXPECT_EQ(*odd.send(0, 2, 0, 1).begin(),
              *Harness({}).send(0, 2, 0, 1).begin() + 2'666'666'667);  // rounded up
}

TEST(Network, HasTheSameArrivalsForTheSameSeedAndOthersForAnother) {
    const NetworkSettings settings{
        .loss_ppm = 10'000, .duplicate_ppm = 10'000, .reorder_ppm = 10'000, .jitter_ns = 999};
    EXPECT_EQ(Harness(settings, 1).arrivals(0, 1, 1000), Harness(settings, 1).arrivals(0, 1, 1000));
    EXPECT_NE(Harness(settings, 1).arrivals(0, 1, 1000), Harness(settings, 2).arrivals(0, 1, 1000));
}

// Loses every message of one sender, and nothing else.
class LoseAllOf final : public ChoiceSource {
public:
    LoseAllOf(NodeId victim, ChoiceSource& source) : victim_(victim), source_(source) {}
    std::uint64_t answer(const ChoiceQuestion& question) override {
        if (question.id.kind == ChoiceKind::kMessageLoss && question.id.actor == victim_) return 1;
        return source_.answer(question);
    }

private:
    NodeId victim_;
    ChoiceSource& source_;
};

TEST(Network, WhatOneSenderLosesDoesNotShiftTheDrawsOfAnother) {
    const NetworkSettings settings{
        .loss_ppm = 10'000, .duplicate_ppm = 10'000, .reorder_ppm = 10'000, .jitter_ns = 999};
    Harness harness(settings);
    StreamChoices stream(1);
    LoseAllOf choices(0, stream);
    Network network(1, settings, two_regions(6));
    for (int i = 0; i < 5000; ++i) {
        static_cast<void>(harness.send(0, 1));
        static_cast<void>(send_by_chance(network, choices, {0, 1, 100}, 0));
        const Arrivals expected = harness.send(2, 1);
        const Arrivals got = send_by_chance(network, choices, {2, 1, 100}, 0);
        ASSERT_EQ(expected.count, got.count);
        ASSERT_EQ(expected.times, got.times);
    }
    EXPECT_GE(network.counters().lost, 5000U);
}

TEST(Network, ADifferentLossRateLeavesTheTimesOfWhatArrivesAlone) {
    Harness little({.loss_ppm = 1'000, .duplicate_ppm = 50'000});
    Harness much({.loss_ppm = 300'000, .duplicate_ppm = 50'000});
    const NetworkFault fault = much.network.partition({{5}});
    for (int i = 0; i < 5000; ++i) {
        if (i == 2000) much.network.clear(fault);
        static_cast<void>(little.send(0, 5));
        static_cast<void>(much.send(0, 5));
        const Arrivals a = little.send(0, 1);
        const Arrivals b = much.send(0, 1);
        if (a.count == 0 || b.count == 0) continue;
        ASSERT_EQ(a.count, b.count);
        ASSERT_EQ(a.times, b.times);
    }
}

TEST(Network, RefusesWhatCannotBeAMessage) {
    Harness harness({});
    EXPECT_THROW(harness.send(0, 0), std::logic_error);
    EXPECT_THROW(harness.network.plan({0, 6, 100}, {}, 0), std::logic_error);
    EXPECT_THROW(harness.send(0, 1, 0, Network::kMessageBytesMax + 1), std::logic_error);
    EXPECT_THROW(harness.network.partition({{0}, {0}}), std::logic_error);
}

TEST(Network, ACloggedNodeSendsAndReceivesOneMessageAfterTheOther) {
    Harness free({});
    Harness clogged({});
    const NetworkFault fault = clogged.network.clog({2}, 8000);  // a thousand bytes per second
    constexpr SimTime kEach = 100 * kMillisecond;
    for (int i = 1; i <= 5; ++i)
        EXPECT_EQ(*clogged.send(2, 0).begin(), *free.send(2, 0).begin() + i * kEach);
    SimTime last = 0;
    for (int i = 1; i <= 5; ++i) {
        const SimTime arrival = *clogged.send(0, 2).begin();
        EXPECT_GE(arrival, std::max(last, *free.send(0, 2).begin()) + kEach);
        last = arrival;
    }
    EXPECT_EQ(*free.send(4, 0).begin(), *clogged.send(4, 0).begin()) << "others are not touched";
    clogged.network.clear(fault);
    EXPECT_EQ(*free.send(2, 0).begin(), *clogged.send(2, 0).begin());
}

TEST(Network, AnExactLatencyIsTheSameForEveryMessage) {
    NetworkLayout layout{{0, 0, 0}, uniform_latency(50 * kMillisecond, 1)};
    Network network(1, {}, layout);
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(*network.plan({0, 1, 100}, {}, 7).begin(), 7 + 50 * kMillisecond);
}

// Two messages of 1,000 bytes to two peers over 8 kbit/s: their last bits leave after 1 s and 2 s
// from one line of the sender, and after 1 s from a line per link.
TEST(Network, MessagesToTwoPeersShareAnUplinkOrHaveALineEach) {
    for (const BandwidthOf of : {BandwidthOf::kUplink, BandwidthOf::kLink}) {
        Network network(1, {.bandwidth_bps = 8'000, .bandwidth_of = of},
                        {{0, 0, 0}, uniform_latency(0, 1)});
        EXPECT_EQ(*network.plan({0, 1, 1'000}, {}, 0).begin(), kSecond);
        EXPECT_EQ(*network.plan({0, 2, 1'000}, {}, 0).begin(),
                  of == BandwidthOf::kUplink ? 2 * kSecond : kSecond);
        EXPECT_EQ(*network.plan({0, 1, 1'000}, {}, 0).begin(),
                  of == BandwidthOf::kUplink ? 3 * kSecond : 2 * kSecond);
    }
}

TEST(Network, AMessageThatFindsNoRoomInTheQueueIsDropped) {
    Network network(1, {.bandwidth_bps = 8'000, .queue_bytes = 2'000},
                    {{0, 0}, uniform_latency(0, 1)});
    EXPECT_EQ(network.plan({0, 1, 1'000}, {}, 0).count, 1U);
    EXPECT_EQ(network.plan({0, 1, 1'000}, {}, 0).count, 1U);
    const Arrivals dropped = network.plan({0, 1, 1'000}, {}, 0);
    EXPECT_EQ(dropped.count, 0U);
    EXPECT_TRUE(dropped.dropped);
    EXPECT_EQ(network.counters().overflowed, 1U);
    EXPECT_EQ(*network.plan({0, 1, 1'000}, {}, kSecond).begin(), 3 * kSecond)
        << "there is room again, and the dropped message took none of the line's time";
}

TEST(Network, ACorruptedMessageSaysWhichBitsAndOnlyItsFirstCopyIsCorrupted) {
    Harness harness({.duplicate_ppm = 1'000'000, .corrupt_ppm = 500'000});
    std::uint32_t corrupted = 0;
    std::vector<std::uint64_t> bits;
    for (int i = 0; i < 1000; ++i) {
        const Arrivals arrivals = harness.send(0, 2);
        EXPECT_EQ(arrivals.count, 2U);
        if (!arrivals.corruption.is_some()) continue;
        ++corrupted;
        bits.push_back(arrivals.corruption.bits);
    }
    EXPECT_NEAR(corrupted, 500, 60);
    EXPECT_EQ(harness.network.counters().corrupted, corrupted);
    std::ranges::sort(bits);
    EXPECT_EQ(std::ranges::adjacent_find(bits), bits.end()) << "each message has bits of its own";
}

TEST(Corruption, FlipsSomeBitsAlwaysTheSameOnesAndChangesEveryMessage) {
    const std::vector<std::uint8_t> message(20, 0x5A);
    for (std::uint64_t bits = 1; bits < 500; bits += 2) {
        std::vector<std::uint8_t> once = message;
        std::vector<std::uint8_t> again = message;
        flip_bits({bits}, once);
        flip_bits({bits}, again);
        EXPECT_EQ(once, again);
        EXPECT_NE(once, message) << bits;
    }
    std::vector<std::uint8_t> intact = message;
    flip_bits({}, intact);
    EXPECT_EQ(intact, message);
    flip_bits({1}, {});  // an empty message has no bits
}

TEST(Network, NodesMayBeCutIntoAnyNumberOfGroupsAtOnce) {
    Harness harness({}, 1, 9);
    const NetworkFault fault = harness.network.partition({{0, 1, 2}, {3, 4, 5}, {6, 7}});
    for (NodeId from = 0; from < 9; ++from) {
        for (NodeId to = 0; to < 9; ++to) {
            const auto side = [](NodeId node) { return node == 8 ? 3 : node / 3; };
            EXPECT_EQ(harness.network.is_reachable(from, to), side(from) == side(to))
                << from << " " << to;
        }
    }
    EXPECT_TRUE(harness.network.has_blocked_links());
    harness.network.clear(fault);
    EXPECT_FALSE(harness.network.has_blocked_links());
}

TEST(Network, DelaysThatAddUpToMoreThanVirtualTimeNeverArriveAndDoNotOverflow) {
    Network network(1, {.jitter_ns = 1, .bandwidth_bps = 1}, {{0, 0}, uniform_latency(1, 1)});
    const Fate slow{.sender_delay = kEndOfTime, .receiver_delay = kEndOfTime};
    EXPECT_EQ(*network.plan({0, 1, 100}, slow, 0).begin(), Network::kNever);
    SimTime last = 0;
    for (int i = 0; i < 20; ++i) {
        const SimTime arrival = *network.plan({0, 1, 1U << 30}, {}, 0).begin();
        EXPECT_GE(arrival, last);
        EXPECT_LE(arrival, Network::kNever);
        last = arrival;
    }
    EXPECT_EQ(last, Network::kNever);
}

// The square of ten thousand nodes is a hundred million; memory is for links that are used.
TEST(Network, TenThousandNodesNeedMemoryOnlyForTheLinksThatTheyUse) {
    constexpr std::uint32_t kMany = 10'000;
    Network network(1, {}, two_regions(kMany));
    for (NodeId from = 0; from < kMany; ++from)
        EXPECT_EQ(network.plan({from, (from + 1) % kMany, 100}, {}, 0).count, 1U);
    EXPECT_EQ(network.counters().sent, kMany);
    const NetworkFault fault = network.partition({{0, 1, 2}});
    EXPECT_FALSE(network.is_reachable(2, 3));
    EXPECT_TRUE(network.is_reachable(3, 9'999));
    network.clear(fault);
}

TEST(LinkLines, RememberEveryLinkThroughAllGrowth) {
    LinkLines lines;
    for (std::uint32_t from = 0; from < 200; ++from) {
        for (std::uint32_t to = 0; to < 200; ++to) {
            if (from != to) lines.free_at(from, to) = from * 1000 + to;
        }
    }
    EXPECT_EQ(lines.size(), 200U * 199U);
    for (std::uint32_t from = 0; from < 200; ++from) {
        for (std::uint32_t to = 0; to < 200; ++to) {
            if (from == to) continue;
            ASSERT_EQ(lines.free_at(from, to), from * 1000 + to);
        }
    }
}

// With 200 nodes a sender's table grows after 12 and 24 receivers, and becomes an array after 48.
TEST(LinkCounters, CountEveryLinkForItselfThroughAllGrowth) {
    constexpr std::uint32_t kNodes = 200;
    LinkCounters counters(kNodes);
    for (std::uint32_t round = 0; round < 3; ++round) {
        for (std::uint32_t from = 0; from < kNodes; ++from) {
            for (std::uint32_t to = 0; to < from; ++to) ASSERT_EQ(counters.next(from, to), round);
        }
    }
    EXPECT_EQ(counters.size(), kNodes * (kNodes - 1) / 2);
}

TEST(LinkCounters, CountBeyondSixteenBitsFromATableAndFromAnArray) {
    for (const std::uint32_t others : {2U, 90U}) {
        LinkCounters counters(100);
        for (std::uint32_t to = 1; to <= others; ++to) counters.next(0, to);
        for (std::uint32_t sent = 1; sent < 70'000; ++sent) ASSERT_EQ(counters.next(0, 1), sent);
        EXPECT_EQ(counters.next(0, 1), 70'000U);
        EXPECT_EQ(counters.next(0, 2), 1U);
        EXPECT_EQ(counters.next(0, 99), 0U);
        EXPECT_EQ(counters.next(1, 0), 0U);
        EXPECT_EQ(counters.size(), others + 2U);
    }
}

}  // namespace
}  // namespace aivm::sim
