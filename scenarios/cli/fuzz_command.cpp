// Runs fuzz targets under a budget: programs built with libFuzzer, which are found in a folder and
// started as they are. What decides is the files that they leave, never their exit codes: a target
// that was killed, or whose exit code is its own, is told from one that found something.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <thread>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/file/units.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTargetSuffix = "_fuzz";
constexpr std::uint64_t kSecondNs = 1'000'000'000;
// Without a number of its own libFuzzer waits 1200 s for one input.
constexpr const char* kInputLimit = "-timeout=10";
constexpr const char* kMemoryLimit = "-rss_limit_mb=4096";

struct FuzzTarget {
    std::string name;  // without the suffix
    fs::path program;
};

struct FuzzedTarget {
    std::string name;
    std::vector<std::string> artefacts;  // inputs that fail, as paths
    std::uint64_t executions_per_second = 0;
    std::string trouble;  // why it did not run; empty if it did
};

bool is_chosen(const FuzzRequest& request, const std::string& name) {
    return request.targets.empty() ||
           std::ranges::find(request.targets, name) != request.targets.end();
}

std::vector<FuzzTarget> find_targets(const FuzzRequest& request) {
    std::vector<FuzzTarget> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(request.programs, error)) {
        std::string name = entry.path().filename().string();
        if (!entry.is_regular_file() || !name.ends_with(kTargetSuffix)) continue;
        name.resize(name.size() - kTargetSuffix.size());
        if (is_chosen(request, name)) out.push_back({name, entry.path()});
    }
    std::ranges::sort(out, {}, &FuzzTarget::name);
    return out;
}

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The number after the last occurrence of `key`; 0 without one.
std::uint64_t last_number(const std::string& text, std::string_view key) {
    const std::size_t at = text.rfind(key);
    if (at == std::string::npos) return 0;
    const std::size_t digits = text.find_first_of("0123456789", at + key.size());
    std::uint64_t out = 0;
    if (digits != std::string::npos)
        std::from_chars(text.data() + digits, text.data() + text.size(), out);
    return out;
}

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
        return fs::path(request_.out) / name;
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
        const fs::path seeds = fs::path(request_.corpus) / target.name;
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
        const std::string log = (folder / "log").string();
        std::vector<std::string> arguments = arguments_of(target);
        std::vector<char*> argv;
        for (std::string& argument : arguments) argv.push_back(argument.data());
        argv.push_back(nullptr);
        const pid_t pid = fork();
        if (pid == 0) {
            const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
            if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0)
                _exit(kExitHarnessFailed);
            execv(argv[0], argv.data());
            _exit(kExitHarnessFailed);
        }
        if (pid < 0) {
            done_.push_back({target.name, {}, 0, std::strerror(errno)});
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
        std::ranges::sort(out.artefacts);
        const std::string log = text_of(folder_of(out.name) / "log");
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
    const auto targets = find_targets(request);
    if (targets.empty()) {
        complain(
            fmt::format("{} holds no fuzz target{}; build them with cmake --preset fuzz, or "
                        "name their folder with --programs",
                        request.programs, request.targets.empty() ? "" : " of these names"));
        return kExitNothingMatched;
    }
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
