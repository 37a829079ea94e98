// How long a node waits for the answers of a poll: twice the latency of recent answers, smoothed.
#pragma once

#include <algorithm>
#include <cstdint>

namespace aivm::sim {

class AnswerLatency {
public:
    // Before any answer the time-out is `initial_ns`. Requires timeout_min_ns <= timeout_max_ns.
    AnswerLatency(std::uint64_t initial_ns, std::uint64_t timeout_min_ns,
                  std::uint64_t timeout_max_ns)
        : latency_ns_(initial_ns / kTimeoutPerLatency),
          timeout_min_ns_(timeout_min_ns),
          timeout_max_ns_(timeout_max_ns) {}

    // An answer came, or was waited for, this long.
    void note(std::uint64_t latency_ns) {
        const std::uint64_t bounded = std::min(latency_ns, timeout_max_ns_);
        latency_ns_ = latency_ns_ - latency_ns_ / kSmoothing + bounded / kSmoothing;
    }
    [[nodiscard]] std::uint64_t timeout_ns() const {
        return std::clamp(kTimeoutPerLatency * latency_ns_, timeout_min_ns_, timeout_max_ns_);
    }

private:
    static constexpr std::uint64_t kTimeoutPerLatency = 2;
    static constexpr std::uint64_t kSmoothing = 32;  // answers

    std::uint64_t latency_ns_;
    std::uint64_t timeout_min_ns_;
    std::uint64_t timeout_max_ns_;
};

}  // namespace aivm::sim
