// What each principal has tied up in the chain, block by block: bonds of its providers, stakes of
// its validators, bonds of its open challenges, fees of its open tasks, deposits for its models.
#pragma once

#include <cstdint>
#include <vector>

#include "core/execution/execute.h"
#include "sim/scenario/participants.h"

namespace aivm::sim {

class TiedCapital {
public:
    explicit TiedCapital(const Participants& participants);

    // The next block of the accepted chain; genesis first.
    void accept(const Executed& block);

    // Summed over the blocks so far, genesis left out; in nLUX times blocks, at most what a signed
    // 64-bit number holds.
    [[nodiscard]] std::uint64_t nlux_blocks(std::uint32_t principal) const;

private:
    __extension__ using Wide = unsigned __int128;
    // What one row of a table of the state ties up, and for whom.
    struct Part {
        std::uint32_t principal = kNobody;
        std::uint64_t nlux = 0;
    };
    static constexpr std::uint32_t kNobody = UINT32_MAX;
    using Parts = std::vector<Part>;

    void set(Parts& parts, std::uint32_t row, const Address& owner, std::uint64_t nlux);
    void set_provider(const State& state, std::uint32_t row);
    void set_validator(const State& state, std::uint32_t row);

    const Participants& participants_;
    Parts providers_, validators_, disputes_, tasks_, models_;
    std::vector<std::uint64_t> tied_;  // by principal, now
    std::vector<Wide> sums_;           // by principal, over the blocks
};

}  // namespace aivm::sim
