// Every plugin that the search comes across, with the reason why it was or was not chosen.
#pragma once

#include <string>
#include <vector>

#include "gpu/backend/backend_kind.h"
#include "gpu/backend/plugin_probe.h"
#include "gpu/backend/plugin_search.h"

namespace aivm::gpu {

enum class CandidateState : std::uint8_t {
    kChosen,   // the request takes this one
    kUsable,   // works, but is not taken
    kRefused,  // was found and does not work
    kAbsent,   // no file of this kind was found
};

// "chosen", "usable", "refused" or "absent".
std::string_view name(CandidateState state);

struct Candidate {
    BackendKind kind = BackendKind::kNone;
    std::string path{};  // empty when absent
    CandidateState state = CandidateState::kAbsent;
    std::string reason{};  // why chosen, or why not: part of a sentence that begins with the path
    std::string device_name{};  // empty when unknown
    SelfTest self_test = SelfTest::kNotRun;
};

// "PATH REASON": one line.
std::string describe(const Candidate& candidate);

// Probes in the published order of kinds and, for each, of places, and stops at the one that
// `request` takes. Requests of mode cpu take none and probe none.
std::vector<Candidate> search_candidates(const PluginEnvironment& environment,
                                         const BackendRequest& request);

// Probes all kinds in all places, also those behind the chosen one and those that `request` does
// not ask for: what a listing for the user shows. Kinds without a file have one absent entry.
std::vector<Candidate> list_candidates(const PluginEnvironment& environment,
                                       const BackendRequest& request = {});

// What `request` uses, by the candidates of either function: "vulkan", "simd", ... Of mode gpu
// without a chosen candidate "none".
std::string_view effective_name(const std::vector<Candidate>& candidates,
                                const BackendRequest& request);

}  // namespace aivm::gpu
