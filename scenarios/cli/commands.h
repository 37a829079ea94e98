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
    std::uint64_t seed = 1;
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
    bool json = false;
    bool quiet = false;
    bool progress = false;
};
int sweep_command(const SweepArguments& request);

struct MergeRequest {
    std::vector<std::string> parts;
    std::string out;
    bool overwrite = false;
};
int merge_command(const MergeRequest& request);

struct ReplayRequest {
    std::string path;                 // a finding's folder, or a database
    std::optional<std::int64_t> run;  // of a database; all runs if absent
    bool json = false;
};
int replay_command(const ReplayRequest& request);

struct CheckRequest {
    std::string path;
    std::vector<std::string> assignments;
};
int check_command(const CheckRequest& request);

struct ListRequest {
    std::string what = "scenarios";
};
int list_command(const ListRequest& request);

struct ExplainRequest {
    std::string name;
};
int explain_command(const ExplainRequest& request);

struct ReportRequest {
    std::string database;
    std::string out;  // empty: report.html, or no page if figures or metadata are requested
    std::optional<std::int64_t> run;
    std::string axes;
    std::string metrics;
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
