// The field table: every key of a scenario file, in the order in which keys are printed and
// documented.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/file/field.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// Top-level keys first (section ""), then [run], [chain], [network], [swarm], [tasks] and [vm].
std::span<const Field<sim::Scenario>> scenario_fields();
// The keys of a [[link]].
std::span<const Field<sim::LinkRule>> link_fields();
// The keys of a [[fault]].
std::span<const Field<sim::FaultPlan>> fault_fields();
// The keys of a [[provider]], [[challenger]], [[requester]] or [[validator]].
std::span<const Field<sim::ActorGroup>> group_fields();

// The names of the tables of groups, by role; Scenario::actors lists groups in this order.
inline constexpr const auto& kRoles = words<sim::Role>;
// The tables of a scenario file, in order.
inline constexpr std::array<std::string_view, 7> kSections = {"run",   "chain", "network", "swarm",
                                                              "tasks", "price", "vm"};

// The subject of a section in one line, for the reference page.
std::string_view section_doc(std::string_view section);

// The rows whose section is `section`, in order.
std::vector<const Field<sim::Scenario>*> fields_of_section(std::string_view section);

// Whether the key is a choice of whoever sets the rules of the chain: the VM's configuration and
// policies, the parameters of consensus, and the space of blocks. All others are the environment,
// which the rules have to stand.
bool is_design(std::string_view dotted_key);

// Limits that belong to no single field.
inline constexpr std::size_t kMaxGroups = 1000;    // groups of all roles together
inline constexpr std::size_t kMaxLinks = 256;      // [[link]] tables
inline constexpr std::size_t kMaxFaults = 1000;    // [[fault]] tables
inline constexpr std::size_t kMaxParameters = 32;  // of one strategy

}  // namespace aivm::scenarios
