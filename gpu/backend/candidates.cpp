#include "gpu/backend/candidates.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <filesystem>

#include "core/base/check.h"
#include "gpu/backend/plugin.h"

namespace aivm::gpu {
namespace {

// A bare name goes through the loader's own search, so only the loader knows whether there is such
// a file.
bool may_exist(const std::string& path) {
    std::error_code ignored;
    return path.find('/') == std::string::npos || std::filesystem::exists(path, ignored);
}

bool asks_for(const BackendRequest& request, BackendKind kind) {
    return request.mode != Mode::kCpu &&
           (request.kind == BackendKind::kNone || request.kind == kind);
}

Candidate candidate_of(BackendKind kind, const std::string& path, ProbeReport report) {
    Candidate candidate{.kind = kind, .path = path};
    candidate.state = report.is_usable ? CandidateState::kUsable : CandidateState::kRefused;
    candidate.reason = std::move(report.reason);
    candidate.device_name = std::move(report.device_name);
    candidate.self_test = report.self_test;
    return candidate;
}

// Says of a working candidate whether the request takes it; `chosen` is the one taken before, or
// null.
void decide(Candidate& candidate, const BackendRequest& request, const Candidate* chosen) {
    if (chosen) {
        candidate.reason = fmt::format("works, but {} comes first", chosen->path);
    } else if (request.mode == Mode::kCpu) {
        candidate.reason = fmt::format("works, but backend {} uses no plugin", name(request));
    } else if (!asks_for(request, candidate.kind)) {
        candidate.reason = fmt::format("works, but backend {} was asked for", name(request));
    } else {
        candidate.state = CandidateState::kChosen;
        candidate.reason = request.kind == BackendKind::kNone ? "is the first that works"
                                                              : "is of the kind that was asked for";
    }
}

// The candidates of one kind, in the order of places. Stops behind a chosen one unless `all`.
std::vector<Candidate> candidates_of(BackendKind kind, const PluginEnvironment& environment,
                                     const BackendRequest& request, const Candidate* chosen,
                                     bool all) {
    // Whoever names a GPU, or wants to see them all, has perhaps just installed one.
    const bool is_asked = all || request.mode != Mode::kAuto;
    const Absent absent = is_asked ? Absent::kSearchAgain : Absent::kRemember;
    std::vector<Candidate> found;
    found.reserve(plugin_paths(kind, environment).size());  // `chosen` may point into it
    for (const std::string& path : plugin_paths(kind, environment)) {
        if (!may_exist(path)) continue;
        Candidate candidate = candidate_of(kind, path, probe_once(kind, path, absent));
        if (is_absent(path, candidate.reason)) continue;
        if (candidate.state == CandidateState::kUsable) decide(candidate, request, chosen);
        found.push_back(std::move(candidate));
        if (found.back().state != CandidateState::kChosen) continue;
        if (!all) break;
        chosen = &found.back();
    }
    return found;
}

}  // namespace

std::string_view name(CandidateState state) {
    constexpr std::array<std::string_view, 4> kNames{"chosen", "usable", "refused", "absent"};
    AIVM_CHECK(static_cast<std::size_t>(state) < kNames.size());
    return kNames[static_cast<std::size_t>(state)];
}

std::string describe(const Candidate& candidate) {
    const std::string subject =
        candidate.path.empty() ? plugin_file_name(candidate.kind) : candidate.path;
    return fmt::format("{} {}", subject, candidate.reason);
}

std::vector<Candidate> search_candidates(const PluginEnvironment& environment,
                                         const BackendRequest& request) {
    std::vector<Candidate> all;
    for (const BackendKind kind : kPluginKinds) {
        if (!asks_for(request, kind)) continue;
        for (Candidate& candidate : candidates_of(kind, environment, request, nullptr, false))
            all.push_back(std::move(candidate));
        if (!all.empty() && all.back().state == CandidateState::kChosen) break;
    }
    return all;
}

std::string_view effective_name(const std::vector<Candidate>& candidates,
                                const BackendRequest& request) {
    const auto chosen = std::ranges::find(candidates, CandidateState::kChosen, &Candidate::state);
    if (chosen != candidates.end()) return name(chosen->kind);
    if (request.mode == Mode::kGpu) return name(BackendKind::kNone);
    return effective_name(BackendKind::kNone, request.cpu_path);
}

std::vector<Candidate> list_candidates(const PluginEnvironment& environment,
                                       const BackendRequest& request) {
    std::vector<Candidate> all;
    std::optional<Candidate> chosen;
    for (const BackendKind kind : kPluginKinds) {
        auto found = candidates_of(kind, environment, request, chosen ? &*chosen : nullptr, true);
        if (found.empty()) {
            found.push_back({.kind = kind, .reason = "was not found in any of the places"});
        }
        for (Candidate& candidate : found) {
            if (candidate.state == CandidateState::kChosen) chosen = candidate;
            all.push_back(std::move(candidate));
        }
    }
    return all;
}

}  // namespace aivm::gpu
