// Virtual time and message delivery of the test networks: an ordered queue of events, seeded
// delays, loss, duplication and partitions.
#pragma once

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "sim/consensus/stake_sampler.h"
#include "sim/engine/random_stream.h"
#include "sim/engine/time.h"

namespace aivm::sim::test {

constexpr std::uint64_t kMs = kMillisecond;

struct NetworkOptions {
    std::uint64_t seed = 1;
    std::uint32_t loss_ppm = 0;
    std::uint32_t duplicate_ppm = 0;
    std::uint64_t delay_min_ns = 5 * kMs;
    std::uint64_t delay_max_ns = 60 * kMs;
    std::uint64_t verify_ns = 0;  // virtual time one verification takes
};

class TestWire {
public:
    // Runs until `done`, or for `limit_ns` of virtual time; returns whether `done`.
    bool run(std::uint64_t limit_ns, const std::function<bool()>& done = [] { return false; });

    std::vector<std::uint32_t> side;  // messages pass only between nodes of equal side
    std::uint64_t now_ns = 0;
    std::uint64_t delivered = 0;

protected:
    using Event = std::function<void()>;

    TestWire(std::uint32_t nodes, const NetworkOptions& options)
        : side(nodes), options_(options), random_({options.seed, 1000, 0}) {}

    void at(std::uint64_t delay_ns, Event event) {
        queue_.emplace(std::pair{now_ns + delay_ns, sequence_++}, std::move(event));
    }
    // The message arrives once, twice or not at all.
    void deliver(VoterIndex from, VoterIndex to, const Event& arrive);

    NetworkOptions options_;

private:
    RandomStream random_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Event> queue_;
    std::uint64_t sequence_ = 0;
};

}  // namespace aivm::sim::test
