// The latencies that a scenario names, resolved: of its network, and of its links.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scenarios/file/units.h"
#include "scenarios/profiles/latency.h"
#include "sim/scenario/scenario.h"
#include "sim/scenario/setting.h"

namespace aivm::scenarios {

struct Latencies {
    sim::LatencyTable network;
    std::vector<std::string> region_names;
    std::vector<std::uint32_t> validator_regions;
    std::vector<std::uint32_t> client_regions;
    std::vector<std::optional<sim::LatencyTable>> links;  // in the order of the scenario
};

// What is wrong, and with the latency of which link; nullopt: of the network.
struct LatencyProblem {
    std::optional<std::size_t> link;
    Problem problem;
};

// Without a profile there is one region, "everywhere".
tl::expected<Latencies, LatencyProblem> resolve_latencies(const sim::Scenario& scenario);

// Two participants without a latency between them, or more kinds of links than a network can have;
// nullopt if all is well. Requires that the scenario's links name participants that exist.
std::optional<LatencyProblem> find_link_problem(const sim::Scenario& scenario,
                                                const Latencies& latencies);

}  // namespace aivm::scenarios
