#include "sim/engine/random_stream.h"

#include <Random123/philox.h>

#include "core/base/check.h"
#include "sim/engine/fixed_log.h"

namespace aivm::sim {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kLn2 = 0xB17217F7;  // ln 2 with 32 bits after the point, rounded down

// A draw u / 2^64 of a uniform in (0, 1].
std::uint64_t nonzero(std::uint64_t u) { return u == 0 ? 1 : u; }

}  // namespace

std::array<std::uint64_t, 4> random_block(const StreamName& name, std::uint64_t index) {
    using Philox = r123::Philox4x64;
    const Philox::ctr_type counter = {
        {index, std::uint64_t{name.purpose} << 32 | name.actor, 0, 0}};
    const Philox::key_type key = {{name.seed, 0}};
    const Philox::ctr_type block = Philox()(counter, key);
    return {block[0], block[1], block[2], block[3]};
}

std::uint64_t exponential_of(std::uint64_t bits, std::uint64_t mean) {
    AIVM_CHECK(mean < 1ULL << 56);
    const std::uint64_t log = fixed::minus_log2(nonzero(bits));
    const auto natural = static_cast<std::uint64_t>(static_cast<Wide>(log) * kLn2 >> 32);
    return static_cast<std::uint64_t>(static_cast<Wide>(natural) * mean >> fixed::kFraction);
}

std::uint64_t pareto5_of(std::uint64_t bits, std::uint64_t mean) {
    AIVM_CHECK(mean < 1ULL << 48);
    // scale * u^(-1/5), the power taken as 2^(-log2(u) / 5) <= 2^12.8.
    const std::uint64_t factor = fixed::exp2(fixed::minus_log2(nonzero(bits)) / 5);
    return static_cast<std::uint64_t>(static_cast<Wide>(factor) * (mean * 4 / 5) >>
                                      fixed::kFraction);
}

}  // namespace aivm::sim
