// The layout of a run's network: where the participants are, and which rules their links have.
#pragma once

#include "sim/network/link_table.h"
#include "sim/scenario/participants.h"

namespace aivm::sim {

// Requires that every name in the scenario's links stands for somebody.
NetworkLayout network_layout(const Setting& setting, const Participants& participants);

}  // namespace aivm::sim
