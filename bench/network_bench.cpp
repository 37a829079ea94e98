// Message events through the network model: a full mesh of 100 nodes in six regions, with loss,
// duplication, reordering, jitter, bandwidth, a partition that comes and goes, and the trace
// digest. A message event is the execution of one delivery: popped, digested, handled, and answered
// with a new message that the network plans and schedules.
//
//   network_bench [--quick]     exit code 1 if two runs of one seed differ, or ladder and heap do
//
// The same is measured without the digest, and on the heap, alternating in the same process; each
// ratio is the median of these rounds. The absolute figure is per second of user CPU time of one
// thread.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "sim/engine/choice_sources.h"
#include "sim/engine/engine.h"
#include "sim/engine/random_stream.h"
#include "sim/faults/message_faults.h"
#include "sim/network/network.h"

namespace {

using namespace aivm::sim;  // this benchmark uses only sim

constexpr std::uint32_t kNodes = 100;
constexpr std::uint32_t kRegions = 6;
constexpr std::uint32_t kInFlightEach = 20;
constexpr double kTarget = 8;  // million message events per second and core

enum Kind : std::uint16_t { kMessage, kCopy, kRetry, kPartitionStarts, kPartitionEnds };

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

NetworkSettings mesh_settings() {
    return {.loss_ppm = 10'000,
            .duplicate_ppm = 10'000,
            .reorder_ppm = 10'000,
            .reorder_delay_ns = 100'000'000,
            .jitter_ns = 5'000'000,
            .bandwidth_bps = 100'000'000};
}

NetworkLayout mesh_layout() {
    NetworkLayout layout;
    for (std::uint32_t i = 0; i < kNodes; ++i) layout.region_of.push_back(i % kRegions);
    layout.latency.regions = kRegions;
    layout.latency.mean_ns.clear();
    for (std::uint32_t from = 0; from < kRegions; ++from) {
        for (std::uint32_t to = 0; to < kRegions; ++to) {
            const std::uint64_t distance = from > to ? from - to : to - from;
            layout.latency.mean_ns.push_back(10'000'000 + 50'000'000 * distance);
        }
    }
    return layout;
}

// Every node keeps messages in flight: the receiver of a message sends the next one to another
// node.
template <class AnyEngine>
class Mesh {
public:
    explicit Mesh(std::uint64_t seed)
        : choices_(seed), network_(seed, mesh_settings(), mesh_layout()) {
        for (NodeId node = 0; node < kNodes; ++node) nodes_.emplace_back(StreamName{seed, node, 0});
        for (NodeId node = 0; node < kNodes; ++node) {
            for (std::uint32_t i = 0; i < kInFlightEach; ++i) send(node);
        }
        engine_.post_at(kSecond, Priority::kFault, {0, kPartitionStarts, 0});
    }

    void attach(TraceDigest* digest) { engine_.attach(digest); }
    void run(std::uint64_t events) { engine_.run(*this, {.max_events = events}); }
    [[nodiscard]] const NetworkCounters& counters() const { return network_.counters(); }
    [[nodiscard]] std::uint64_t delivered() const { return delivered_; }

    void operator()(const QueuedEvent<EventBody>& event) {
        switch (event.payload.kind) {
            case kMessage:
                send(event.payload.actor);
                [[fallthrough]];
            case kCopy:
                ++delivered_;
                return;
            case kRetry:
                return send(event.payload.actor);
            default:
                return change_partition(event);
        }
    }

private:
    void change_partition(const QueuedEvent<EventBody>& event) {
        if (event.payload.kind == kPartitionStarts) {
            partition_ = network_.partition({{0, 6, 12, 18}});
            engine_.post_in(5 * kSecond, Priority::kFault, {0, kPartitionEnds, 0});
        } else {
            network_.clear(partition_);
            engine_.post_in(20 * kSecond, Priority::kFault, {0, kPartitionStarts, 0});
        }
    }

    // Sends one message to a random other node. If it is lost, tries again a little later, so that
    // the number of messages in flight does not fall.
    void send(NodeId from) {
        const std::uint64_t draw = nodes_[from].next_u64();
        const auto to =
            static_cast<NodeId>((from + 1 + ((draw >> 32) * (kNodes - 1) >> 32)) % kNodes);
        const auto size = static_cast<std::uint32_t>(200 + (draw & 1023));
        MessageInFlight message{.transmission = {from, to, size},
                                .packet = &packet_,
                                .replacement = replacement_,
                                .now = engine_.now()};
        apply_by_chance(message, network_.link(from, to), choices_);
        const Arrivals arrivals = network_.plan(message.transmission, message.fate, engine_.now());
        if (arrivals.count == 0)
            engine_.post_in(50 * kMillisecond, Priority::kTimer, {from, kRetry, 0});
        std::uint16_t kind = kMessage;
        for (const SimTime time : arrivals) {
            engine_.post_at(time, Priority::kDelivery, {to, kind, draw});
            kind = kCopy;  // not answered, so that the number of messages in flight does not grow
        }
    }

    AnyEngine engine_;
    StreamChoices choices_;
    Packet packet_ = FollowRequest{};
    std::optional<Packet> replacement_;
    Network network_;
    NetworkFault partition_{};
    std::vector<RandomStream> nodes_;
    std::uint64_t delivered_ = 0;
};

struct Run {
    Digest128 digest;
    NetworkCounters counters;
    std::uint64_t delivered = 0;
    double seconds = 0;
};

template <class AnyEngine>
Run run_mesh(std::uint64_t events, bool with_digest) {
    Mesh<AnyEngine> mesh(1);
    TraceDigest digest;
    if (with_digest) mesh.attach(&digest);
    const double start = cpu_seconds();
    mesh.run(events);
    const double seconds = cpu_seconds() - start;
    return {digest.digest(), mesh.counters(), mesh.delivered(), seconds};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick = argc > 1 && std::strcmp(argv[1], "--quick") == 0;
    const std::uint64_t events = quick ? 1'000'000 : 8'000'000;
    std::vector<double> rates;
    std::vector<double> digest_costs;
    std::vector<double> heap_ratios;
    Digest128 digest;
    NetworkCounters counters;
    std::uint64_t delivered = 0;
    for (int round = 0; round < (quick ? 3 : 5); ++round) {
        const Run bare = run_mesh<Engine>(events, false);
        const Run traced = run_mesh<Engine>(events, true);
        const Run heap = run_mesh<HeapEngine>(events, true);
        if ((round > 0 && traced.digest != digest) || heap.digest != traced.digest ||
            !(bare.counters == heap.counters)) {
            std::printf("FAIL  digests differ: ladder %s, heap %s\n", traced.digest.hex().c_str(),
                        heap.digest.hex().c_str());
            return 1;
        }
        digest = traced.digest;
        counters = traced.counters;
        delivered = traced.delivered;
        rates.push_back(static_cast<double>(delivered) / traced.seconds * 1e-6);
        digest_costs.push_back(traced.seconds / bare.seconds - 1);
        heap_ratios.push_back(heap.seconds / traced.seconds);
    }
    std::printf("mesh of %u nodes, %lu events, %lu of them deliveries, digest %s\n", kNodes, events,
                delivered, digest.hex().c_str());
    std::printf("sent %lu, lost %lu, blocked %lu, duplicated %lu, reordered %lu\n", counters.sent,
                counters.lost, counters.blocked, counters.duplicated, counters.reordered);
    std::printf("message events per CPU second   %.1f million (target %.0f: %s)\n", median(rates),
                kTarget, median(rates) >= kTarget ? "met" : "MISSED");
    std::printf("cost of the digest              %.1f %%\n", 100 * median(digest_costs));
    std::printf("ladder against heap             %.2f times\n", median(heap_ratios));
    return 0;
}
