#include "scenarios/file/latencies.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/units.h"
#include "scenarios/file/names.h"
#include "sim/network/network_layout.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kLatencyMaxNs = 24ULL * 3600 * 1'000'000'000;
constexpr std::string_view kOnlyRegion = "everywhere";

tl::unexpected<LatencyProblem> wrong(std::optional<std::size_t> link, std::string message,
                                     std::string remedy) {
    return tl::unexpected(LatencyProblem{link, {std::move(message), std::move(remedy)}});
}

// A latency that is a number; nullopt if the text is a profile's name.
tl::expected<std::optional<std::uint64_t>, Problem> number_in(const std::string& text) {
    if (find_latency_profile(text) != nullptr) return std::nullopt;
    const bool is_number = !text.empty() && text.front() >= '0' && text.front() <= '9';
    if (!is_number) {
        return tl::unexpected(Problem{fmt::format("there is no latency profile \"{}\"", text),
                                      suggest(text, latency_profile_names())});
    }
    const auto duration = parse_duration_ns(text);
    if (!duration) return tl::unexpected(duration.error());
    if (*duration > kLatencyMaxNs) {
        return tl::unexpected(
            Problem{fmt::format("\"{}\" is out of range", text),
                    fmt::format("a latency is at most {}", exact_duration(kLatencyMaxNs))});
    }
    return *duration;
}

tl::expected<sim::LatencyTable, LatencyProblem> link_latency(const std::string& text,
                                                             std::size_t index,
                                                             const Latencies& network) {
    const auto number = number_in(text);
    if (!number) return wrong(index, number.error().message, number.error().remedy);
    if (*number) return sim::uniform_latency(**number, network.network.regions);
    const LatencyProfile& profile = *find_latency_profile(text);
    if (!std::ranges::equal(profile.regions, network.region_names)) {
        return wrong(index,
                     fmt::format("the latency profile \"{}\" has holes: it knows nothing of the "
                                 "regions of network.latency, such as \"{}\"",
                                 text, network.region_names.front()),
                     "name a profile with the same regions, or a duration");
    }
    return latency_table(profile);
}

// No strategy is known here, and it does not matter.
class NoStrategies final : public sim::StrategyTraits {
public:
    [[nodiscard]] bool is_honest(const sim::ActorGroup&) const override { return true; }
};

sim::NetworkLayout layout_of(const sim::Scenario& scenario, const Latencies& latencies,
                             sim::Participants& participants) {
    sim::Setting setting;
    setting.scenario = scenario;
    setting.stakes.resize(scenario.chain.validators);
    setting.latency = latencies.network;
    setting.link_latencies = latencies.links;
    setting.region_names = latencies.region_names;
    setting.validator_regions = latencies.validator_regions;
    setting.client_regions = latencies.client_regions;
    participants = sim::make_participants(setting, NoStrategies());
    return sim::network_layout(setting, participants);
}

}  // namespace

tl::expected<Latencies, LatencyProblem> resolve_latencies(const sim::Scenario& scenario) {
    Latencies out;
    const std::string& latency = scenario.network.latency;
    const std::uint32_t validators = scenario.chain.validators;
    const std::uint32_t clients = sim::client_count(scenario);
    std::optional<std::uint64_t> number = 0;
    if (latency != sim::kNoLatency) {
        const auto found = number_in(latency);
        if (!found) return wrong(std::nullopt, found.error().message, found.error().remedy);
        number = *found;
    }
    if (number) {
        out.network = sim::uniform_latency(*number, 1);
        out.region_names = {std::string(kOnlyRegion)};
        out.validator_regions.assign(validators, 0);
        out.client_regions.assign(clients, 0);
    } else {
        const LatencyProfile& profile = *find_latency_profile(latency);
        out.network = latency_table(profile);
        out.region_names.assign(profile.regions.begin(), profile.regions.end());
        out.validator_regions = assign_regions(profile, validators);
        out.client_regions = assign_regions(profile, clients);
    }
    for (std::size_t i = 0; i < scenario.links.size(); ++i) {
        std::optional<sim::LatencyTable>& table = out.links.emplace_back();
        if (!scenario.links[i].latency) continue;
        auto found = link_latency(*scenario.links[i].latency, i, out);
        if (!found) return tl::unexpected(std::move(found).error());
        table = *std::move(found);
    }
    return out;
}

std::optional<LatencyProblem> find_link_problem(const sim::Scenario& scenario,
                                                const Latencies& latencies) {
    if (scenario.links.empty() && scenario.network.latency != sim::kNoLatency) return std::nullopt;
    sim::Participants participants;
    const sim::NetworkLayout layout = layout_of(scenario, latencies, participants);
    if (sim::LinkTable::count_classes(layout) > sim::LinkTable::kClassesMax) {
        return LatencyProblem{
            scenario.links.size() - 1,
            {fmt::format("the links tell more than {} kinds of participants apart",
                         sim::LinkTable::kClassesMax),
             "name groups and regions instead of single validators"}};
    }
    const auto hole = sim::LinkTable(scenario.network, layout).find_hole();
    if (!hole) return std::nullopt;
    return LatencyProblem{
        std::nullopt,
        {fmt::format(
             "the latency table has a hole: no [[link]] says how long messages take from {} "
             "to {}",
             participants.name(hole->from), participants.name(hole->to)),
         "set network.latency, or add a [[link]] with a latency for them"}};
}

}  // namespace aivm::scenarios
