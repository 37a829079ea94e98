// Programs that were built as fuzz targets, and running them.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/cli/commands.h"

namespace aivm::scenarios::cli {

struct FuzzTarget {
    std::string name;  // of the program without _fuzz
    std::filesystem::path program;
};

// Those in the folder of the request that it names, or all; by name.
std::vector<FuzzTarget> find_fuzz_targets(const FuzzRequest& request);

// Where a target's log, new inputs and finds go.
std::filesystem::path fuzz_folder(const FuzzRequest& request, const std::string& target);
// The folder of the target's committed inputs.
std::filesystem::path fuzz_corpus(const FuzzRequest& request, const std::string& target);

// Starts a program with its output in the file `log`, and these variables set in its environment.
// Returns its process id; -1 with errno if it cannot be started.
int start_program(const std::vector<std::string>& command, const std::string& log,
                  const std::vector<std::pair<std::string, std::string>>& variables = {});
// Runs it to its end; its wait status, or -1 with errno.
int run_program(const std::vector<std::string>& command, const std::string& log,
                const std::vector<std::pair<std::string, std::string>>& variables = {});

// The contents of a file; empty if it cannot be read.
std::string file_text(const std::filesystem::path& path);
// The number after the last occurrence of `key`; 0 without one.
std::uint64_t last_number(const std::string& text, std::string_view key);

// The other verbs of `aivmsim fuzz`: --merge, --minimize and --coverage.
int merge_corpora(const FuzzRequest& request, const std::vector<FuzzTarget>& targets);
int minimize_corpora(const FuzzRequest& request, const std::vector<FuzzTarget>& targets);
int report_coverage(const FuzzRequest& request, const std::vector<FuzzTarget>& targets);

}  // namespace aivm::scenarios::cli
