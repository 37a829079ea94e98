#include "sim/consensus/snowman/snow_parameters.h"

#include <fmt/format.h>

#include <algorithm>

namespace aivm::sim {

std::uint32_t effective_k(const SnowParameters& parameters, std::size_t validators) {
    if (parameters.sampling == SnowSampling::kStakeUnits) return parameters.k;
    const std::size_t others = validators == 0 ? 0 : validators - 1;
    return static_cast<std::uint32_t>(std::min<std::size_t>(parameters.k, others));
}

std::vector<EngineProblem> problems(const SnowParameters& p, std::size_t validators) {
    std::vector<EngineProblem> out;
    const std::uint32_t asked = effective_k(p, validators);
    if (p.alpha_confidence > asked) {
        out.push_back(
            {{"chain.alpha_confidence", "chain.k", "chain.validators"},
             fmt::format("alpha_confidence = {} can never be reached: a poll has {} votes",
                         p.alpha_confidence, asked),
             fmt::format("set chain.alpha_confidence to at most {}", asked)});
    }
    if (p.alpha_preference > p.alpha_confidence) {
        out.push_back({{"chain.alpha_preference", "chain.alpha_confidence"},
                       fmt::format("alpha_preference = {} is above alpha_confidence = {}",
                                   p.alpha_preference, p.alpha_confidence),
                       "set chain.alpha_preference to at most chain.alpha_confidence"});
    }
    if (2 * std::uint64_t{p.alpha_preference} <= asked) {
        out.push_back({{"chain.alpha_preference", "chain.k"},
                       fmt::format("alpha_preference = {} is no majority of the {} votes of a poll",
                                   p.alpha_preference, asked),
                       fmt::format("set chain.alpha_preference to at least {}", asked / 2 + 1)});
    }
    const auto require = [&out](bool holds, const char* key) {
        if (holds) return;
        out.push_back({{key}, fmt::format("{} is zero", key), "set it to at least 1"});
    };
    require(p.beta != 0, "chain.beta");
    require(p.concurrent_polls != 0, "chain.concurrent_polls");
    require(p.poll_timeout_min_ns != 0, "chain.poll_timeout_min");
    require(p.max_per_proposer != 0, "max_per_proposer");
    if (p.poll_timeout_min_ns > p.poll_timeout_max_ns) {
        out.push_back({{"chain.poll_timeout_min", "chain.poll_timeout_max"},
                       "poll_timeout_min is above poll_timeout_max",
                       "set chain.poll_timeout_min to at most chain.poll_timeout_max"});
    }
    require(p.max_processing != 0, "max_processing");
    return out;
}

Status check(const SnowParameters& parameters, std::size_t validators) {
    const std::vector<EngineProblem> found = problems(parameters, validators);
    if (found.empty()) return {};
    return fail(ErrorCode::kConfig,
                fmt::format("{}; {}", found.front().problem, found.front().remedy));
}

}  // namespace aivm::sim
