#include "scenarios/campaign/campaign_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scenarios/campaign/finding.h"
#include "scenarios/campaign/trace_key.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

// The name as a part of a file's name: a scenario may be called anything.
std::string file_word(std::string_view name) {
    constexpr std::size_t kLengthMax = 100;
    std::string out(name.substr(0, kLengthMax));
    std::ranges::replace_if(
        out,
        [](char c) {
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            return !letter && !(c >= '0' && c <= '9') && c != '_' && c != '-' && c != '.';
        },
        '_');
    return out;
}

// One line of a comment in TOML, which allows no control characters.
std::string comment(std::string text) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
    return "# " + text + "\n";
}

bool holds(const fs::path& path, const std::string& text) {
    std::ifstream file(path, std::ios::binary);
    return file && std::string{std::istreambuf_iterator<char>(file),
                               std::istreambuf_iterator<char>()} == text;
}

Status write_whole(const fs::path& path, const std::string& text) {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    if (!file.fail()) return {};
    fs::remove(path, error);
    return fail(ErrorCode::kStorage, path.string() + " cannot be written; is the disk full?");
}

}  // namespace

std::string scenario_path(const CampaignPlan& plan, std::size_t scenario) {
    return fmt::format("scenarios/{}-{}.toml", scenario + 1,
                       file_word(plan.scenarios.at(scenario).name));
}

Status write_scenarios(const CampaignPlan& plan, const std::string& folder) {
    for (std::size_t i = 0; i < plan.scenarios.size(); ++i) {
        const fs::path path = fs::path(folder) / scenario_path(plan, i);
        if (holds(path, plan.scenarios[i].text)) continue;
        AIVM_TRY(write_whole(path, plan.scenarios[i].text));
    }
    return {};
}

std::string failure_key(const CampaignPlan& plan, const RunRecord& run) {
    const std::string where = scenario_path(plan, run.scenario);
    return trace_key(fmt::format("{} {}", run_end_word(run.end), where), run.message, {});
}

std::string failure_path(const CampaignPlan& plan, const RunRecord& run) {
    return fmt::format("failures/{}.toml", failure_key(plan, run));
}

Status write_failure(const CampaignPlan& plan, const RunRecord& run, const std::string& folder) {
    const fs::path path = fs::path(folder) / failure_path(plan, run);
    return write_whole(path, comment(fmt::format("{}: {}", run_end_word(run.end), run.message)) +
                                 comment(run_command_of(plan, path.string(), run.seed, run.end)) +
                                 plan.scenarios[run.scenario].text);
}

std::string run_command_of(const CampaignPlan& plan, const std::string& file, std::uint64_t seed,
                           RunEnd end) {
    return fmt::format("aivmsim run {} --seed {}{}{}", shell_argument(file), seed,
                       plan.paranoid ? " --paranoid" : "",
                       end == RunEnd::kNotDeterministic ? " --verify-determinism" : "");
}

}  // namespace aivm::scenarios
