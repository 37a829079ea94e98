// What is done with inputs beside fuzzing: new ones join the committed corpus, a corpus is made as
// small as its coverage allows, and the lines that it reaches are reported with llvm-cov.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/fuzz_targets.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

std::uint64_t count_files(const fs::path& folder) {
    std::error_code error;
    std::uint64_t out = 0;
    for (const auto& entry : fs::directory_iterator(folder, error))
        out += entry.is_regular_file() ? 1 : 0;
    return out;
}

bool make_folder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) complain(fmt::format("{} cannot be made: {}", folder.string(), error.message()));
    return !error;
}

// libFuzzer's merge: copies to `to` what of `from` reaches more than `to` does.
bool merge_into(const FuzzTarget& target, const fs::path& to, const std::vector<fs::path>& from,
                const fs::path& log) {
    std::vector<std::string> command{target.program.string(), "-merge=1", to.string()};
    for (const fs::path& folder : from) {
        std::error_code error;
        if (fs::is_directory(folder, error)) command.push_back(folder.string());
    }
    if (command.size() == 3) return true;
    if (run_program(command, log.string()) == 0) return true;
    complain(fmt::format("{} could not be merged; see {}", target.name, log.string()));
    return false;
}

// The installed tool of LLVM; empty if there is none.
std::string llvm_tool(const std::string& name, const fs::path& log) {
    for (const char* version : {"-19", ""}) {
        const std::string tool = name + version;
        if (run_program({tool, "--version"}, log.string()) == 0) return tool;
    }
    return {};
}

// The line "TOTAL ..." of llvm-cov's report: the shares of regions, functions and lines reached.
std::string totals_of(const std::string& report) {
    const std::size_t at = report.rfind("\nTOTAL");
    if (at == std::string::npos) return {};
    std::vector<std::string> shares;
    std::size_t from = at;
    while (shares.size() < 3) {
        const std::size_t percent = report.find('%', from);
        if (percent == std::string::npos) return {};
        const std::size_t begin = report.rfind(' ', percent) + 1;
        shares.push_back(report.substr(begin, percent - begin));
        from = percent + 1;
    }
    return fmt::format("regions {} %, functions {} %, lines {} %", shares[0], shares[1], shares[2]);
}

// Runs the target over its inputs once and returns the profile; empty if it left none.
fs::path profile_of(const FuzzRequest& request, const FuzzTarget& target) {
    const fs::path folder = fuzz_folder(request, target.name);
    if (!make_folder(folder)) return {};
    const fs::path profile = folder / "coverage.profraw";
    std::error_code error;
    fs::remove(profile, error);
    std::vector<std::string> command{target.program.string(), "-runs=0"};
    for (const fs::path& inputs : {fuzz_corpus(request, target.name), folder / "corpus"}) {
        if (fs::is_directory(inputs, error)) command.push_back(inputs.string());
    }
    static_cast<void>(run_program(command, (folder / "coverage.log").string(),
                                  {{"LLVM_PROFILE_FILE", profile.string()}}));
    return fs::exists(profile, error) ? profile : fs::path();
}

}  // namespace

int merge_corpora(const FuzzRequest& request, const std::vector<FuzzTarget>& targets) {
    std::string out;
    bool good = true;
    for (const FuzzTarget& target : targets) {
        const fs::path corpus = fuzz_corpus(request, target.name);
        const fs::path folder = fuzz_folder(request, target.name);
        if (!make_folder(corpus) || !make_folder(folder)) return kExitHarnessFailed;
        const std::uint64_t before = count_files(corpus);
        good = merge_into(target, corpus, {folder / "corpus"}, folder / "merge.log") && good;
        out += fmt::format("{:<16} {} -> {} in {}\n", target.name, before,
                           counted(count_files(corpus), "input"), corpus.string());
    }
    return print_result(out) && good ? kExitClean : kExitHarnessFailed;
}

int minimize_corpora(const FuzzRequest& request, const std::vector<FuzzTarget>& targets) {
    std::string out;
    bool good = true;
    for (const FuzzTarget& target : targets) {
        const fs::path folder = fuzz_folder(request, target.name);
        const fs::path smaller = folder / "minimal";
        std::error_code error;
        fs::remove_all(smaller, error);
        if (!make_folder(smaller)) return kExitHarnessFailed;
        const fs::path corpus = fuzz_corpus(request, target.name);
        good = merge_into(target, smaller, {corpus}, folder / "minimize.log") && good;
        out += fmt::format("{:<16} {} -> {} in {}\n", target.name, count_files(corpus),
                           counted(count_files(smaller), "input"), smaller.string());
    }
    return print_result(out) && good ? kExitClean : kExitHarnessFailed;
}

int report_coverage(const FuzzRequest& request, const std::vector<FuzzTarget>& targets) {
    const fs::path out = request.out;
    if (!make_folder(out)) return kExitHarnessFailed;
    const fs::path log = out / "coverage.log";
    const std::string merger = llvm_tool("llvm-profdata", log);
    const std::string reporter = llvm_tool("llvm-cov", log);
    if (merger.empty() || reporter.empty()) {
        complain("llvm-profdata and llvm-cov are not installed; on Debian: apt install llvm-19");
        return kExitHarnessFailed;
    }
    const fs::path merged = out / "coverage.profdata";
    std::vector<std::string> merge{merger, "merge", "-sparse", "-o", merged.string()};
    std::vector<std::string> report{reporter, "report", "-instr-profile=" + merged.string(),
                                    "-ignore-filename-regex=/usr/|_test\\.cpp|/testing/"};
    for (const FuzzTarget& target : targets) {
        const fs::path profile = profile_of(request, target);
        if (profile.empty()) {
            complain(
                fmt::format("{} left no profile; build the targets with cmake --preset "
                            "fuzz-coverage, and name their folder with --programs",
                            target.program.string()));
            return kExitHarnessFailed;
        }
        merge.push_back(profile.string());
        if (report.size() > 4) report.emplace_back("-object");
        report.push_back(target.program.string());
    }
    const fs::path table = out / "coverage.txt";
    if (run_program(merge, log.string()) != 0 || run_program(report, table.string()) != 0) {
        complain(fmt::format("the coverage could not be reported; see {} and {}", log.string(),
                             table.string()));
        return kExitHarnessFailed;
    }
    const std::string text = fmt::format("{} of {}   {}\n", totals_of(file_text(table)),
                                         counted(targets.size(), "target"), table.string());
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
