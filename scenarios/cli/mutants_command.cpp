// Measures how many planted bugs the harness finds, and how fast.
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include <nlohmann/json.hpp>

#include "scenarios/campaign/mutants/mutant_choice.h"
#include "scenarios/campaign/mutants/mutant_hunt.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/loading.h"
#include "scenarios/cli/mutants_shown.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/text_file.h"
#include "scenarios/cli/wall_clock.h"
#include "scenarios/file/print.h"
#include "scenarios/file/units.h"
#include "scenarios/run/build_info.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

// The scenarios on which mutants are hunted, in the order of their names.
std::vector<std::string> scenario_files(const std::string& folder) {
    std::vector<std::string> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().extension() == ".toml") out.push_back(entry.path().string());
    std::ranges::sort(out);
    return out;
}

// Empty if one of them cannot be used; the errors have been written to stderr.
std::optional<std::vector<CampaignScenario>> load_all(const std::vector<std::string>& files) {
    std::vector<CampaignScenario> out;
    for (const std::string& file : files) {
        const auto given = load_given(file, {});
        if (!given) return std::nullopt;
        out.push_back({given->loaded.scenario.name, canonical_text(given->loaded.scenario)});
    }
    return out;
}

std::optional<std::vector<const MutantRow*>> chosen(const std::vector<std::string>& ids) {
    std::vector<const MutantRow*> out;
    for (const std::string& id : ids) {
        const MutantRow* row = find_mutant(id);
        if (row == nullptr) {
            complain(fmt::format("there is no mutant {}; aivmsim mutants --list names them", id));
            return std::nullopt;
        }
        out.push_back(row);
    }
    if (ids.empty())
        for (const MutantRow& row : mutant_rows()) out.push_back(&row);
    return out;
}

std::string list_text() {
    std::string out;
    for (const MutantRow& row : mutant_rows())
        out += fmt::format("{:<20} {:<12} {}\n", row.id, subject_word(row.subject), row.sentence);
    return out;
}

std::string machine() {
    utsname name{};
    uname(&name);
    return fmt::format("{} {}, {}", name.sysname, name.machine,
                       counted(std::thread::hardware_concurrency(), "core"));
}

int hunt_and_show(const MutantsRequest& request, const std::vector<const MutantRow*>& mutants,
                  const std::vector<std::string>& files, HuntOptions options) {
    const auto loaded = load_all(files);
    if (!loaded) return kExitBadRequest;
    const std::vector<CampaignScenario>& scenarios = *loaded;
    catch_interrupts();
    options.stop = interrupted;
    const std::uint64_t started = wall_clock_ns();
    const auto result = hunt(mutants, scenarios, options);
    if (!result) {
        complain(result.error().text());
        const ErrorCode code = result.error().code;
        return code == ErrorCode::kConflict || code == ErrorCode::kWrongState ? kExitBadRequest
                                                                              : kExitHarnessFailed;
    }
    const MutantsShown shown{*result, options,   scenarios,
                             files,   machine(), wall_clock_ns() - started};
    if (!print_result(request.json ? mutants_json(shown) : mutants_text(shown)))
        return kExitHarnessFailed;
    if (request.out && !write_text_file(*request.out, mutants_markdown(shown)))
        return kExitHarnessFailed;
    if (!result->false_alarms.empty()) return kExitViolated;
    return interrupted() ? kExitInterrupted : kExitClean;
}

}  // namespace

int mutants_command(const MutantsRequest& request) {
    if (request.list) return print_result(list_text()) ? kExitClean : kExitHarnessFailed;
    if (!has_mutants()) {
        complain("this program contains no mutants; build it with cmake --preset mutants");
        return kExitBadRequest;
    }
    if (chosen_mutant() != nullptr) {
        complain(fmt::format("{} is set, and a hunt chooses the mutants itself; unset it",
                             kMutantVariable));
        return kExitBadRequest;
    }
    HuntOptions options;
    const auto budget = parse_duration_ns(request.budget);
    const auto limit = parse_duration_ns(request.cpu_limit);
    if (!budget || *budget == 0 || !limit || *limit == 0) {
        complain(fmt::format("--budget {} and --cpu-limit {} take a time above zero, such as 20m",
                             request.budget, request.cpu_limit));
        return kExitBadRequest;
    }
    options.budget_ns = *budget;
    options.cpu_limit_us = *limit / 1000;
    options.jobs =
        request.jobs > 0 ? request.jobs : std::max(1U, std::thread::hardware_concurrency());
    options.seed = request.seed;
    options.repeats = request.repeats;
    options.shrink_tries = request.shrink_tries;
    options.folder = request.folder.empty()
                         ? fmt::format("{}/mutants-{}", kOutputFolder, request.seed)
                         : request.folder;
    options.program = build_info().version;
    options.wall_clock_ns = wall_clock_ns;
    if (!request.quiet) options.progress = [](const std::string& line) { say(line); };
    const auto mutants = chosen(request.ids);
    if (!mutants) return kExitBadRequest;
    const std::vector<std::string> files = scenario_files(request.scenarios);
    if (files.empty()) {
        complain(
            fmt::format("{} holds no scenario; name the folder with --scenarios, such as "
                        "fuzz/mutants/scenarios",
                        request.scenarios));
        return kExitBadRequest;
    }
    return hunt_and_show(request, *mutants, files, std::move(options));
}

}  // namespace aivm::scenarios::cli
