// What a campaign found, computed from its log.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/campaign/campaign_log.h"
#include "scenarios/statistics/unseen.h"

namespace aivm::scenarios {

inline constexpr double kCampaignConfidence = 0.95;

// Violations that are taken for one defect: of one invariant, with equal shrunk traces, or, without
// a trace, with equal messages up to numbers.
struct Defect {
    std::string invariant;
    std::string name;
    std::string message;  // of the first
    bool liveness = false;
    std::uint64_t runs = 0;
    std::uint64_t first_run = 0;
    // Of the run that its finding shows; without one, of the first run.
    std::uint64_t seed = 0;
    std::string scenario;
    std::string file;     // of that scenario, relative to the campaign's folder
    std::string finding;  // id of the saved finding; empty if there is none
    std::uint64_t actions_before = 0;
    std::uint64_t actions_after = 0;
    std::uint64_t tries = 0;
};

// Runs of one scenario on which aivmsim itself failed in one way.
struct Failure {
    RunEnd end = RunEnd::kFailed;
    std::string message;
    std::uint64_t runs = 0;
    std::uint64_t seed = 0;  // of the first
    std::string scenario;
    std::string file;           // of the failure, relative to the campaign's folder
    std::string scenario_file;  // the same scenario, if the file could not be written
};

// How many runs a scenario had, and how many of them were made twice.
struct ScenarioRuns {
    std::string name;
    std::uint64_t runs = 0;
    std::uint64_t repeated = 0;
};

struct ProbeShare {
    std::string name;
    std::uint64_t judged = 0;  // runs of scenarios that can reach it; 0: nothing is said about it
    std::uint64_t runs = 0;    // of these, those that reached it
    double share = 0;
    double share_max = 1;  // upper confidence bound
    double target = 0;
    [[nodiscard]] bool missed() const { return share_max < target; }
};

// Quantiles over runs.
struct Spread {
    double low = 0;  // 5 %
    double median = 0;
    double high = 0;  // 95 %
};

struct CampaignSummary {
    std::uint64_t runs = 0;
    std::uint64_t repeated = 0;
    std::vector<ScenarioRuns> scenarios;  // in the order of the plan
    std::array<std::uint64_t, 8> ends{};  // by RunEnd
    double cpu_seconds = 0;
    std::uint64_t memory_kib_max = 0;
    Spread runs_per_cpu_second;
    Spread events_per_cpu_second;
    Spread blocks_per_cpu_second;
    std::vector<Defect> defects;
    std::vector<Failure> failures;
    std::vector<ProbeShare> probes;
    UnseenEstimate unseen;

    [[nodiscard]] std::uint64_t ended(RunEnd end) const {
        return ends.at(static_cast<std::size_t>(end));
    }
};

// `targets`: whether the probes' targets count, each over the runs of the scenarios that can reach
// it; without them, and where there is no such run, a target is 0.
CampaignSummary summarise(const CampaignContents& contents, bool targets);

}  // namespace aivm::scenarios
