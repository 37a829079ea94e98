// Independent random numbers. A stream is named by (seed, actor, purpose), and its n-th draw is
// Philox 4x64-10 of that name and n, so no draw of one stream can shift another's: a change of one
// parameter leaves every other draw alone.
//
// All results are integers, computed with integer arithmetic and tables; no libm, the same on every
// machine. Source of the generator: J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2,
// 3", SC11 (Random123).
#pragma once

#include <array>
#include <cstdint>

namespace aivm::sim {

struct StreamName {
    std::uint64_t seed = 0;
    std::uint32_t actor = 0;
    // the caller's own numbering, one for each use an actor makes of chance
    std::uint32_t purpose = 0;

    friend auto operator<=>(const StreamName&, const StreamName&) = default;
};

// The four 64-bit words at `index` of a stream: draws 4 * index to 4 * index + 3.
std::array<std::uint64_t, 4> random_block(const StreamName& name, std::uint64_t index);

// Samples as functions of 64 uniform bits.
// Exponential with this mean, in its unit, rounded down. Requires mean < 2^56.
std::uint64_t exponential_of(std::uint64_t bits, std::uint64_t mean);
// Pareto of shape 5 and scale 0.8 * mean, whose mean is `mean`: the latency law of the network.
// Never below 0.8 * mean. Requires mean < 2^48.
std::uint64_t pareto5_of(std::uint64_t bits, std::uint64_t mean);

class RandomStream {
public:
    explicit RandomStream(const StreamName& name) : name_(name) {}

    // 64 uniform bits.
    std::uint64_t next_u64() {
        if (used_ == block_.size()) refill();
        return block_[used_++];
    }

    // Uniform in [0, n), without bias. Requires n > 0.
    std::uint64_t below(std::uint64_t n) {
        // D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019.
        __extension__ using Wide = unsigned __int128;
        Wide product = static_cast<Wide>(next_u64()) * n;
        if (static_cast<std::uint64_t>(product) < n) {
            const std::uint64_t threshold = (0 - n) % n;
            while (static_cast<std::uint64_t>(product) < threshold)
                product = static_cast<Wide>(next_u64()) * n;
        }
        return static_cast<std::uint64_t>(product >> 64);
    }

    // Uniform in [low, high]. Requires low <= high.
    std::uint64_t uniform(std::uint64_t low, std::uint64_t high) {
        const std::uint64_t width = high - low + 1;
        return width == 0 ? next_u64() : low + below(width);
    }

    // True with probability ppm / 1,000,000; exactly never for 0 and always from 1,000,000 on.
    bool bernoulli_ppm(std::uint32_t ppm) { return below(1'000'000) < ppm; }

    std::uint64_t exponential(std::uint64_t mean) { return exponential_of(next_u64(), mean); }
    std::uint64_t pareto5(std::uint64_t mean) { return pareto5_of(next_u64(), mean); }

    // Draws taken so far.
    [[nodiscard]] std::uint64_t position() const {
        return blocks_ * block_.size() - (block_.size() - used_);
    }

private:
    void refill() {
        block_ = random_block(name_, blocks_++);
        used_ = 0;
    }

    StreamName name_;
    std::uint64_t blocks_ = 0;
    std::array<std::uint64_t, 4> block_{};
    std::size_t used_ = block_.size();
};

}  // namespace aivm::sim
