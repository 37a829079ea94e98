// Runs fuzz targets under a budget: programs built with libFuzzer, which are found in a folder and
// started as they are. What decides is the files that they leave, never their exit codes: a target
// that was killed, or whose exit code is its own, is told from one that found something.
#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/fuzz_targets.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/file/units.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSecondNs = 1'000'000'000;
// Without a number of its own libFuzzer waits 1200 s for one input.
constexpr const char* kInputLimit = "-timeout=10";
constexpr const char* kMemoryLimit = "-rss_limit_mb=4096";

struct FuzzedTarget {
    std::string name;
    std::vector<std::string> artefacts;  // inputs that fail, as paths
    std::vector<std::string> findings;   // what they violate, as folders
    std::uint64_t executions_per_second = 0;
    std::string trouble;  // why it did not run; empty if it did
};

class FuzzRunner {
public:
    FuzzRunner(const FuzzRequest& request, std::uint64_t seconds)
        : request_(request), seconds_(seconds) {}

    // Runs the targets, `jobs` at a time.
    std::vector<FuzzedTarget> run(const std::vector<FuzzTarget>& targets, unsigned jobs) {
        std::size_t next = 0;
        while (next < targets.size() || !running_.empty()) {
            while (next < targets.size() && running_.size() < jobs && !interrupted())
                start(targets[next++]);
            if (interrupted()) next = targets.size();
            if (!running_.empty()) wait_for_one();
        }
        std::ranges::sort(done_, {}, &FuzzedTarget::name);
        return std::move(done_);
    }

private:
    [[nodiscard]] fs::path folder_of(const std::string& name) const {
        return fuzz_folder(request_, name);
    }

    std::vector<std::string> arguments_of(const FuzzTarget& target) const {
        const fs::path folder = folder_of(target.name);
        std::vector<std::string> out{target.program.string(),
                                     fmt::format("-max_total_time={}", seconds_),
                                     kInputLimit,
                                     kMemoryLimit,
                                     "-print_final_stats=1",
                                     fmt::format("-artifact_prefix={}/found/", folder.string())};
        const fs::path dictionary = fs::path(request_.corpus) / "../dict" / (target.name + ".dict");
        const fs::path seeds = fuzz_corpus(request_, target.name);
        if (fs::exists(dictionary)) out.push_back("-dict=" + dictionary.string());
        out.push_back((folder / "corpus").string());
        if (fs::exists(seeds)) out.push_back(seeds.string());
        return out;
    }

    void start(const FuzzTarget& target) {
        const fs::path folder = folder_of(target.name);
        std::error_code error;
        fs::create_directories(folder / "corpus", error);
        fs::create_directories(folder / "found", error);
        // A target that runs a whole world saves what it finds there, for aivmsim replay.
        const int pid = start_program(arguments_of(target), (folder / "log").string(),
                                      {{"AIVM_FUZZ_FINDINGS", (folder / "findings").string()}});
        if (pid < 0) {
            done_.push_back({target.name, {}, {}, 0, std::strerror(errno)});
        } else {
            running_.emplace(pid, target);
        }
    }

    void wait_for_one() {
        int status = 0;
        const pid_t pid = waitpid(-1, &status, 0);
        const auto found = running_.find(pid);
        if (found == running_.end()) return;
        FuzzedTarget out;
        out.name = found->second.name;
        running_.erase(found);
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder_of(out.name) / "found", error))
            out.artefacts.push_back(entry.path().string());
        for (const auto& entry : fs::directory_iterator(folder_of(out.name) / "findings", error))
            out.findings.push_back(entry.path().string());
        std::ranges::sort(out.findings);
        std::ranges::sort(out.artefacts);
        const std::string log = file_text(folder_of(out.name) / "log");
        out.executions_per_second = last_number(log, "stat::average_exec_per_sec:");
        const bool ran = log.find("stat::number_of_executed_units") != std::string::npos;
        if (!ran && out.artefacts.empty() && !interrupted())
            out.trouble = fmt::format("it did not run to its end; see {}",
                                      (folder_of(out.name) / "log").string());
        done_.push_back(std::move(out));
    }

    const FuzzRequest& request_;
    std::uint64_t seconds_;
    std::map<pid_t, FuzzTarget> running_;
    std::vector<FuzzedTarget> done_;
};

std::string fuzzed_text(const std::vector<FuzzedTarget>& done, bool colour) {
    std::string out;
    for (const FuzzedTarget& target : done) {
        const bool good = target.artefacts.empty() && target.trouble.empty();
        out += fmt::format(
            "{}  {:<16} {:>8} executions a second{}\n",
            good ? styled(Style::kGood, "PASS", colour) : styled(Style::kBad, "FAIL", colour),
            target.name, grouped(target.executions_per_second),
            target.trouble.empty() ? "" : "   " + target.trouble);
        for (const std::string& artefact : target.artefacts)
            out += fmt::format("      found  {}\n", artefact);
        for (const std::string& finding : target.findings)
            out += fmt::format("      reproduce  aivmsim replay {}\n", finding);
    }
    return out;
}

int verdict_of(const std::vector<FuzzedTarget>& done) {
    if (std::ranges::any_of(done, [](const auto& t) { return !t.artefacts.empty(); }))
        return kExitViolated;
    if (std::ranges::any_of(done, [](const auto& t) { return !t.trouble.empty(); }))
        return kExitHarnessFailed;
    return interrupted() ? kExitInterrupted : kExitClean;
}

}  // namespace

int fuzz_command(const FuzzRequest& request) {
    const auto budget = parse_duration_ns(request.budget);
    if (!budget || *budget == 0) {
        complain(fmt::format("--budget {}: give it some time, such as 10m", request.budget));
        return kExitBadRequest;
    }
    const auto targets = find_fuzz_targets(request);
    if (targets.empty()) {
        complain(
            fmt::format("{} holds no fuzz target{}; build them with cmake --preset fuzz, or "
                        "name their folder with --programs",
                        request.programs, request.targets.empty() ? "" : " of these names"));
        return kExitNothingMatched;
    }
    if (request.merge) return merge_corpora(request, targets);
    if (request.minimize) return minimize_corpora(request, targets);
    if (request.coverage) return report_coverage(request, targets);
    const unsigned jobs =
        request.jobs > 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
    // Each target has an equal share of the time of all jobs.
    const std::uint64_t seconds =
        std::max<std::uint64_t>(1, *budget / kSecondNs * jobs / targets.size());
    say(fmt::format("{}, {} each, {} at a time", counted(targets.size(), "target"),
                    span_text(static_cast<std::int64_t>(seconds * kSecondNs)), jobs));
    catch_interrupts();
    const auto done = FuzzRunner(request, seconds).run(targets, jobs);
    return print_result(fuzzed_text(done, has_colour(stdout))) ? verdict_of(done)
                                                               : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
