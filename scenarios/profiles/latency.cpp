#include "scenarios/profiles/latency.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "sim/engine/time.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kMicrosecond = 1'000;

template <std::size_t N>
constexpr std::array<std::uint64_t, N> times(const std::array<std::uint64_t, N>& values,
                                             std::uint64_t unit_ns) {
    auto out = values;
    for (auto& value : out) value *= unit_ns;
    return out;
}

// ---- six-region-2019 ----------------------------------------------------------------------------

constexpr std::array<std::string_view, 6> kSixRegions = {"NA", "EU", "SA", "AP", "JP", "AU"};
constexpr std::array<std::uint32_t, 6> kSixShares = {3316, 4998, 90, 1177, 224, 195};
constexpr auto kSixMeans = times(
    std::array<std::uint64_t, 36>{
        32,  124, 184, 198, 151, 189,  // NA
        124, 11,  227, 237, 252, 294,  // EU
        184, 227, 88,  325, 301, 322,  // SA
        198, 237, 325, 85,  58,  198,  // AP
        151, 252, 301, 58,  12,  126,  // JP
        189, 294, 322, 198, 126, 16,   // AU
    },
    sim::kMillisecond);

// ---- ten-city-2024 ------------------------------------------------------------------------------

constexpr std::array<std::string_view, 10> kTenCities = {
    "dallas", "toronto", "washington", "frankfurt", "london",
    "madrid", "osaka",   "sydney",     "tokyo",     "sao-paulo"};
// The published tables have no node counts, so all cities have equal weight.
constexpr std::array<std::uint32_t, 10> kTenShares = {1000, 1000, 1000, 1000, 1000,
                                                      1000, 1000, 1000, 1000, 1000};
// Published round trips in microseconds, halved. Between cities as printed for each direction
// (whole milliseconds); within a city the mean over the three pairs of its availability zones.
constexpr auto kTenMeans = times(
    std::array<std::uint64_t, 100>{
        1957,   34000,  32000,  123000, 113000,
        118000, 149000, 185000, 142000, 144000,  // Dallas
        34000,  1827,   19000,  92000,  82000,
        107000, 170000, 215000, 162000, 130000,  // Toronto
        32000,  19000,  850,    98000,  75000,
        87000,  174000, 215000, 167000, 119000,  // Washington DC
        123000, 92000,  98000,  833,    12000,
        29000,  242000, 260000, 237000, 196000,  // Frankfurt
        113000, 82000,  75000,  12000,  2083,
        26000,  253000, 272000, 247000, 186000,  // London
        118000, 107000, 87000,  29000,  26000,
        703,    268000, 281000, 260000, 205000,  // Madrid
        149000, 170000, 174000, 245000, 255000,
        268000, 1677,   124000, 9000,   293000,  // Osaka
        185000, 215000, 214000, 260000, 271000,
        285000, 124000, 1747,   117000, 329000,  // Sydney
        141000, 164000, 167000, 237000, 246000,
        259000, 9000,   117000, 1753,   286000,  // Tokyo
        145000, 128000, 120000, 196000, 185000,
        206000, 292000, 326000, 285000, 2310,  // Sao Paulo
    },
    kMicrosecond / 2);

// ---- lan ----------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 1> kOneRegion = {"LAN"};
constexpr std::array<std::uint32_t, 1> kWholeShare = {kShareWhole};
constexpr std::array<std::uint64_t, 1> kLanMeans = {
    275 * kMicrosecond};  // the middle of 0.05 and 0.5 ms; the network's law spreads it

constexpr LatencyProfile kLatencyProfiles[] = {
    {"six-region-2019",
     "one-way means and node shares of the Bitcoin network in 2019, as in SimBlock's network "
     "configuration",
     kSixRegions, kSixShares, kSixMeans},
    {"ten-city-2024",
     "half the round trips of IBM Cloud VPC's published inter-region and inter-AZ tables, 3 "
     "February to 3 March 2024",
     kTenCities, kTenShares, kTenMeans},
    {"lan",
     "a local network, mean in the middle of 0.05 to 0.5 ms; a design figure, not a measurement",
     kOneRegion, kWholeShare, kLanMeans},
};

constexpr bool shares_are_whole() {
    for (const auto& profile : kLatencyProfiles) {
        std::uint32_t sum = 0;
        for (const auto share : profile.node_share) sum += share;
        if (sum != kShareWhole || profile.node_share.size() != profile.regions.size()) return false;
        if (profile.mean_one_way_ns.size() != profile.regions.size() * profile.regions.size())
            return false;
    }
    return true;
}
static_assert(shares_are_whole());

// By how many nodes (in units of 1 / kShareWhole) a region is below its quota.
std::int64_t shortfall(std::uint32_t share, std::uint64_t nodes, std::uint64_t has) {
    return static_cast<std::int64_t>(share * nodes) - static_cast<std::int64_t>(has * kShareWhole);
}

// Nodes of each region: the whole part of its quota, at least one, then one up or down at the
// region that is furthest from its quota until the sum is right. Ties go to the region named first.
std::vector<std::uint32_t> region_counts(const LatencyProfile& profile, std::uint32_t nodes) {
    const auto& share = profile.node_share;
    std::vector<std::uint32_t> counts;
    std::int64_t open = nodes;
    for (const auto part : share) {
        counts.push_back(std::max<std::uint32_t>(
            1, static_cast<std::uint32_t>(std::uint64_t{part} * nodes / kShareWhole)));
        open -= counts.back();
    }
    const bool fewer_than_regions = nodes < share.size();
    while (open != 0) {
        std::size_t best = share.size();
        for (std::size_t i = 0; i < share.size(); ++i) {
            if (open < 0 && counts[i] <= (fewer_than_regions ? 0U : 1U)) continue;
            const auto now = shortfall(share[i], nodes, counts[i]);
            const auto than =
                best == share.size() ? 0 : shortfall(share[best], nodes, counts[best]);
            if (best == share.size() || (open > 0 ? now > than : now < than)) best = i;
        }
        AIVM_CHECK(best < share.size());
        counts[best] += open > 0 ? 1U : ~0U;
        open += open > 0 ? -1 : 1;
    }
    return counts;
}

}  // namespace

std::span<const LatencyProfile> latency_profiles() { return kLatencyProfiles; }

std::vector<std::string> latency_profile_names() {
    std::vector<std::string> names;
    for (const auto& profile : kLatencyProfiles) names.emplace_back(profile.name);
    return names;
}

const LatencyProfile* find_latency_profile(std::string_view name) {
    const auto* found =
        std::find_if(std::begin(kLatencyProfiles), std::end(kLatencyProfiles),
                     [&](const LatencyProfile& profile) { return profile.name == name; });
    return found == std::end(kLatencyProfiles) ? nullptr : found;
}

sim::LatencyTable latency_table(const LatencyProfile& profile) {
    return {static_cast<std::uint32_t>(profile.regions.size()),
            {profile.mean_one_way_ns.begin(), profile.mean_one_way_ns.end()}};
}

std::vector<std::uint32_t> assign_regions(const LatencyProfile& profile, std::uint32_t nodes) {
    const auto counts = region_counts(profile, nodes);
    std::vector<std::uint32_t> placed(counts.size(), 0);
    std::vector<std::uint32_t> out;
    out.reserve(nodes);
    for (std::uint64_t node = 0; node < nodes; ++node) {
        // The region that is furthest behind its even share of the nodes placed so far.
        std::size_t best = counts.size();
        std::int64_t most_behind = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const auto due = static_cast<std::int64_t>(counts[i] * (node + 1));
            const auto behind = due - static_cast<std::int64_t>(std::uint64_t{placed[i]} * nodes);
            if (placed[i] < counts[i] && (best == counts.size() || behind > most_behind)) {
                best = i;
                most_behind = behind;
            }
        }
        AIVM_CHECK(best < counts.size());
        ++placed[best];
        out.push_back(static_cast<std::uint32_t>(best));
    }
    return out;
}

}  // namespace aivm::scenarios
