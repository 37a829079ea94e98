#include "sim/consensus/snow_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

#include "sim/engine/time.h"

namespace aivm::sim {
namespace {

// Sources: the networks' published genesis and node configurations. Columns as in SnowPreset.
constexpr std::array<SnowPreset, 5> kPresets{{
    {"avalanche-mainnet", 20, 15, 15, 20, 15, 20, 0},
    {"lux-default", 20, 14, 14, 14, 14, 20, 100 * kMillisecond},
    {"lux-mainnet", 21, 15, 15, 14, 15, 20, 200 * kMillisecond},
    {"lux-testnet", 11, 8, 8, 8, 8, 8, 100 * kMillisecond},
    {"lux-local", 3, 2, 2, 2, 2, 2, 1 * kMillisecond},
}};

constexpr bool every_preset_is_safe() {
    for (const SnowPreset& p : kPresets) {
        if (2 * p.alpha_preference <= p.k || p.alpha_confidence < p.alpha_preference ||
            p.alpha_confidence > p.k) {
            return false;
        }
        if (p.beta == 0 || p.beta_virtuous > p.beta_rogue) return false;
    }
    return true;
}
static_assert(every_preset_is_safe());

}  // namespace

std::uint32_t effective_k(const SnowParameters& parameters, std::size_t validators) {
    const std::size_t others = validators == 0 ? 0 : validators - 1;
    return static_cast<std::uint32_t>(std::min<std::size_t>(parameters.k, others));
}

Status check(const SnowParameters& p, std::size_t validators) {
    const auto refuse = [](std::string text) { return fail(ErrorCode::kConfig, std::move(text)); };
    const std::uint32_t k = effective_k(p, validators);
    if (2 * std::uint64_t{p.alpha_preference} <= k) {
        return refuse(fmt::format(
            "alpha_preference {} must be more than half of the {} validators a poll asks, or two "
            "conflicting blocks could both win; use at least {}",
            p.alpha_preference, k, k / 2 + 1));
    }
    if (p.alpha_confidence < p.alpha_preference) {
        return refuse(fmt::format("alpha_confidence {} must not be below alpha_preference {}",
                                  p.alpha_confidence, p.alpha_preference));
    }
    if (p.alpha_confidence > k) {
        return refuse(fmt::format(
            "alpha_confidence {} can never be reached: a poll asks {} validators (k {}, {} "
            "validators in all)",
            p.alpha_confidence, k, p.k, validators));
    }
    if (p.beta == 0) return refuse("beta must be at least 1");
    if (p.concurrent_polls == 0) return refuse("concurrent_polls must be at least 1");
    if (p.max_processing == 0) return refuse("max_processing must be at least 1");
    if (p.poll_timeout_ns == 0) return refuse("poll_timeout must be positive");
    return {};
}

std::span<const SnowPreset> snow_presets() { return kPresets; }

Result<SnowParameters> preset_parameters(std::string_view name) {
    std::string names;
    for (const SnowPreset& preset : kPresets) {
        if (preset.name == name) {
            SnowParameters parameters;
            parameters.k = preset.k;
            parameters.alpha_preference = preset.alpha_preference;
            parameters.alpha_confidence = preset.alpha_confidence;
            parameters.beta = preset.beta;
            return parameters;
        }
        names += names.empty() ? "" : ", ";
        names += preset.name;
    }
    return fail(ErrorCode::kConfig,
                fmt::format("no consensus preset is called \"{}\"; there are {}", name, names));
}

}  // namespace aivm::sim
