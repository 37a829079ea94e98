// A scenario with the names of its profiles resolved by the layers above.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/latency_table.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

class StrategyFactory;  // sim/actors/strategy.h

// What the description of a run needs to know about strategies; StrategyFactory implements it.
class StrategyTraits {
public:
    virtual ~StrategyTraits() = default;
    // Whether principals with this strategy count as honest in every output.
    [[nodiscard]] virtual bool is_honest(const ActorGroup& group) const = 0;
};

struct Setting {
    Scenario scenario;
    std::vector<Amount> stakes;  // of the validators, by index
    LatencyTable latency;
    // Of the scenario's links, in their order; nullopt where a link keeps the network's latency.
    std::vector<std::optional<LatencyTable>> link_latencies;
    std::vector<std::string> region_names;
    std::vector<std::uint32_t> validator_regions;
    // of all other actors, in the order in which the scenario lists them
    std::vector<std::uint32_t> client_regions;
    const StrategyFactory* strategies = nullptr;
};

// The number of actors that are not validators.
std::uint32_t client_count(const Scenario& scenario);

}  // namespace aivm::sim
