// The commands of aivmsim: the request of each, and the function that executes it and returns the
// exit code. Results go to stdout, everything else to stderr.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gpu/backend/backend_kind.h"

namespace aivm::scenarios::cli {

struct RunRequest {
    std::string scenario;  // a path, or a name of the catalogue
    // absent: that of the file's recorded run, with its choices; without one, 1
    std::optional<std::uint64_t> seed;
    std::vector<std::string> assignments;  // of --set, in order
    std::optional<std::string> out;
    bool overwrite = false;
    bool json = false;
    bool paranoid = false;
    gpu::BackendRequest backend;
    bool counterfactual = false;
    std::uint64_t runs = 16;  // of the comparison
    bool verify_determinism = false;
    std::uint32_t threads = 1;  // of --verify-determinism: 2 runs both at the same time
    bool show_config = false;
    bool record = true;
    bool events = false;  // also record a row per event
    bool quiet = false;
    bool progress = false;  // report progress even if stderr is not a terminal
};
int run_command(const RunRequest& request);

struct SweepArguments {
    std::string scenario;
    std::vector<std::string> assignments;  // of --set
    std::vector<std::string> over;         // of --over, in order
    std::string seeds = "1..64";
    std::vector<std::string> until_width;
    std::vector<std::string> until_decided;
    std::string confidence = "95%";
    std::string base;
    std::string shard = "1/1";
    std::string record = "outcomes";  // or "metrics"
    bool counterfactual = false;
    std::string show;        // the metric of the table; empty: chosen by content
    std::uint32_t jobs = 0;  // 0: one per core
    gpu::BackendRequest backend;
    std::optional<std::string> out;
    bool dry_run = false;
    bool json = false;
    bool quiet = false;
    bool progress = false;
};
int sweep_command(const SweepArguments& request);

struct MergeRequest {
    std::vector<std::string> parts;
    std::string out;
    bool overwrite = false;
    bool incomplete = false;  // join although shards are missing
    // Only of campaigns, as in CampaignArguments.
    bool probes = false;
    std::optional<std::string> junit;
    std::optional<std::string> sarif;
    bool json = false;
    bool quiet = false;
};
int merge_command(const MergeRequest& request);

struct CompareRequest {
    std::string a;  // databases
    std::string b;
    std::vector<std::string> metrics;  // empty: all that differ
    std::string confidence = "95%";
    bool json = false;
};
int compare_command(const CompareRequest& request);

struct CampaignArguments {
    std::vector<std::string> scenarios;    // run i takes number i modulo their number
    std::vector<std::string> assignments;  // of --set, for all of them
    std::optional<std::uint64_t> seed;     // absent: drawn, or that of the folder
    std::string budget;                    // of real time; empty: none
    std::uint64_t runs = 0;                // 0: no limit
    double unseen_max = 0;                 // 0: no limit
    std::uint32_t jobs = 0;                // 0: one per core
    std::string shard = "1/1";
    std::string executor;         // dask or dask:ADDRESS; empty: processes on this machine
    std::uint32_t shards = 0;     // made by the executor; 0: one per core
    std::string repeat = "1/16";  // share of the runs that are repeated and compared
    std::string run_limit = "1m";
    std::uint64_t memory_mib = 2048;  // per run
    std::uint64_t shrink_tries = 400;
    std::string shrink_limit = "1m";
    bool fail_fast = false;
    bool probes = false;  // their targets count
    bool paranoid = false;
    std::optional<std::string> out;
    std::optional<std::string> junit;
    std::optional<std::string> sarif;
    bool json = false;
    bool quiet = false;
    bool progress = false;
};
int campaign_command(const CampaignArguments& request);

struct ReplayRequest {
    std::string path;  // a finding's folder, a scenario file with a recorded run, or a database
    std::optional<std::int64_t> run;  // of a database; all runs if absent
    bool json = false;
};
int replay_command(const ReplayRequest& request);

struct ShrinkArguments {
    std::string path;  // a finding's folder, or a scenario file with a recorded run
    std::uint64_t tries = 2000;
    std::string limit = "60s";
    std::optional<std::string> out;  // default: repro.toml in the folder, or the file itself
    bool quiet = false;
};
int shrink_command(const ShrinkArguments& arguments);

struct EmitTestRequest {
    std::string finding;
    std::string name;       // default: of scenario and invariant
    std::string out = ".";  // folder
    bool overwrite = false;
};
int emit_test_command(const EmitTestRequest& request);

struct BisectRequest {
    std::string first;
    std::string second;
};
int bisect_command(const BisectRequest& request);

struct TraceRequest {
    std::string run;
    std::uint64_t from = 0;
    std::uint64_t to = 0;
};
int trace_command(const TraceRequest& request);

struct TimelineRequest {
    std::string run;
    std::string span = "10s";  // before the violation, or before the end
    std::optional<std::string> html;
    std::optional<std::string> chrome;
};
int timeline_command(const TimelineRequest& request);

struct FuzzRequest {
    std::vector<std::string> targets;  // empty: all
    std::string budget = "10m";        // of real time, for all of them
    std::uint32_t jobs = 0;            // 0: one per core
    std::string programs = "build/fuzz/fuzz";
    std::string corpus = "fuzz/corpus";
    std::string out = "aivmsim-out/fuzz";
    // instead of fuzzing; at most one of them
    bool merge = false;
    bool minimize = false;
    bool coverage = false;
};
int fuzz_command(const FuzzRequest& request);

struct MutantsRequest {
    std::vector<std::string> ids;  // empty: all
    std::string scenarios = "fuzz/mutants/scenarios";
    std::string budget = "20m";
    std::string cpu_limit = "60s";  // per mutant and repeat
    std::uint32_t repeats = 1;
    std::uint64_t seed = 1;
    std::uint32_t jobs = 0;  // 0: one per core
    std::uint64_t shrink_tries = 100;
    std::optional<std::string> out;  // table in Markdown
    std::string folder;              // of the log; empty: one of its own for each seed
    bool list = false;
    bool json = false;
    bool quiet = false;
};
int mutants_command(const MutantsRequest& request);

struct ProfitRequest {
    std::string scenario;                  // a path, or a name of the catalogue
    std::vector<std::string> assignments;  // of --set
    bool catalogue = false;                // all attacks of the catalogue, or those of the scenario
    std::string owner;                     // empty: the attacker
    std::vector<std::string> without;      // primitive actions that stay off
    std::string budget;                    // of real time; empty: 5m, unless there are runs
    std::optional<std::uint64_t> runs;     // of one search
    std::uint32_t fresh_seeds = 32;
    std::uint64_t seed = 1;
    std::uint32_t jobs = 0;            // 0: one per core
    std::optional<std::string> out;    // folder
    std::optional<std::string> table;  // of --catalogue, in Markdown
    bool list = false;
    bool json = false;
    bool quiet = false;
};
int profit_command(const ProfitRequest& request);

struct CheckRequest {
    std::string path;
    std::vector<std::string> assignments;
};
int check_command(const CheckRequest& request);

struct ListRequest {
    std::string what = "scenarios";
};
int list_command(const ListRequest& request);

struct ReferenceRequest {
    std::string page;
};
int reference_command(const ReferenceRequest& request);

struct ExplainRequest {
    std::string name;
};
int explain_command(const ExplainRequest& request);

struct ReportRequest {
    std::vector<std::string> subjects;  // a database; two to compare; or the folder of a finding
    std::string out;  // empty: report.html, or no page if figures or metadata are requested
    std::optional<std::int64_t> run;
    std::string axes;
    std::string metrics;
    std::string design;
    std::string figures;
    std::string format;
    std::string datasette;
};
int report_command(const ReportRequest& request);

struct ValidateRequest {
    std::optional<std::string> cases;  // a case file; the built-in one if absent
    std::vector<std::string> only;     // ids; empty: all cases
    std::uint64_t seed = 1;
    bool full = false;  // agree to 2 % instead of 10 %
    unsigned jobs = 1;
    gpu::BackendRequest backend;
    std::optional<std::string> out;
    bool overwrite = false;
    bool json = false;
};
int validate_command(const ValidateRequest& request);

struct GpuRequest {
    bool json = false;
};
int gpu_command(const GpuRequest& request);

int version_command();

}  // namespace aivm::scenarios::cli
