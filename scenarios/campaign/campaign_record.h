// What a campaign writes down: one line of JSON per record. The first line of a log says what the
// campaign is, every other line is a run or a finding.
//
//   {"campaign": 4, ...}   the plan: seed, scenarios, shard, program
//   {"run": 17, ...}       run number 17 and how it ended
//   {"finding": "3f9a2c71", ...}    a violation that was saved
//   {"mutant": "D22", ...}          how far the hunt for a planted bug has come
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/error.h"

namespace aivm::scenarios {

struct CampaignScenario {
    std::string name;
    std::string text;  // canonical
};

struct CampaignPlan {
    std::uint64_t seed = 0;
    std::vector<CampaignScenario> scenarios;  // run i takes number i modulo their number
    std::uint32_t shard = 1;                  // from 1
    std::uint32_t shards = 1;
    std::uint32_t repeat_one_in = 16;  // of the runs are repeated and compared; 0: none
    bool paranoid = false;
    std::string program;  // version of aivmsim
    // Of the campaigns whose runs were joined to this one; their runs have indices of their own.
    std::vector<std::uint64_t> joined_seeds;

    // Whether this shard makes the run.
    [[nodiscard]] bool has_run(std::uint64_t index) const { return index % shards == shard - 1; }
    [[nodiscard]] std::uint32_t scenario_of(std::uint64_t index) const {
        return static_cast<std::uint32_t>(index % scenarios.size());
    }
    // Whether the run is made twice: of every scenario in every shard the first run, and then one
    // in repeat_one_in.
    [[nodiscard]] bool repeats(std::uint64_t index) const;
};

enum class RunEnd : std::uint8_t {
    kClean,
    kViolated,
    kBudget,            // of the scenario: run.max_events, run.max_wall_time
    kFailed,            // an internal check failed; `message` says which
    kCrashed,           // the worker died twice on it
    kTimedOut,          // the campaign's limit of time per run
    kOutOfMemory,       // the campaign's limit of memory per run
    kNotDeterministic,  // the repeated run had another digest
};
std::string_view run_end_word(RunEnd end);

struct RecordedViolation {
    std::string invariant;
    std::string name;
    std::string message;
    bool liveness = false;
};

struct RunRecord {
    std::uint64_t index = 0;
    std::uint64_t seed = 0;
    std::uint32_t scenario = 0;
    RunEnd end = RunEnd::kClean;
    bool repeated = false;
    std::string digest;
    std::string behaviour;
    std::vector<std::string> probes;  // names of those it reached
    std::vector<RecordedViolation> violations;
    std::string message;  // of kFailed and kCrashed
    std::uint64_t events = 0;
    std::uint64_t blocks = 0;
    std::uint64_t virtual_ns = 0;
    std::uint64_t latency_ns = 0;  // from a block's time to its acceptance, on average
    std::uint64_t cpu_us = 0;
    std::uint64_t memory_kib = 0;  // the most that its process held
};

struct FindingRecord {
    std::string id;
    std::uint64_t index = 0;  // of its run
    std::uint64_t seed = 0;   // of its run
    std::uint32_t scenario = 0;
    std::string invariant;
    std::string key;    // of the violation's message: one finding per key is shrunk
    std::string trace;  // of the shrunk actions: findings with equal traces are one defect
    std::uint64_t actions_before = 0;
    std::uint64_t actions_after = 0;
    std::uint64_t tries = 0;
    std::string message;
    std::string error;  // why it could not be saved; empty if it was
};

// Pairs of a mutant's run and that of its unmutated twin, both clean, by which of the two took more
// time, or more events, by more than a margin (mutants/twin_speed.h). Others are not counted.
struct SpeedPairs {
    std::uint64_t slower = 0;
    std::uint64_t faster = 0;
};

// The hunt for one planted bug in one repeat (mutants/mutant_hunt.h). A hunt writes one after each
// run; the last of a mutant and repeat counts.
struct MutantRecord {
    std::string id;
    std::uint32_t repeat = 0;
    bool detected = false;
    bool violated = false;  // the last run violated an invariant, so its finding can be shrunk
    std::string by;         // an invariant's id, the word of RunEnd, or "slower than its twin"
    std::string message;
    std::uint64_t runs = 0;
    std::uint64_t runs_reached = 0;
    std::uint64_t runs_infected = 0;
    SpeedPairs virtual_time;
    SpeedPairs latency;
    SpeedPairs events;
    std::uint64_t cpu_us = 0;
    std::uint32_t scenario = 0;  // of the last run, and its seed
    std::uint64_t seed = 0;
    std::uint64_t actions_before = 0;  // of the shrunk finding; 0: not shrunk
    std::uint64_t actions_after = 0;
};

using CampaignRecord = std::variant<CampaignPlan, RunRecord, FindingRecord, MutantRecord>;

// One line, without a line break.
std::string to_line(const CampaignRecord& record);
// Errors say what is wrong with the line.
Result<CampaignRecord> from_line(std::string_view line);

}  // namespace aivm::scenarios
