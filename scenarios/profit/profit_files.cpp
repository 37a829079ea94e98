#include "scenarios/profit/profit_files.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/file/print.h"

namespace aivm::scenarios {

std::string candidate_text(const sim::Scenario& scenario, const std::string& about) {
    std::string out;
    std::istringstream lines(about);
    for (std::string line; std::getline(lines, line);)
        out += (line.empty() ? "#" : "# ") + line + "\n";
    return out + compact_text(scenario);
}

Status write_candidate(const std::string& folder, const std::string& name, const SearchSpace& space,
                       const Candidate& candidate, const std::string& about) {
    if (folder.empty()) return {};
    return write_scenario((std::filesystem::path(folder) / name).string(),
                          candidate_text(space.scenario_of(candidate), about));
}

Status write_scenario(const std::string& path, const std::string& text) {
    const std::string beside = path + ".part";
    {
        std::ofstream out(beside, std::ios::binary);
        out << text;
        out.flush();
        if (!out) return fail(ErrorCode::kStorage, path + " cannot be written");
    }
    std::error_code error;
    std::filesystem::rename(beside, path, error);
    if (error) return fail(ErrorCode::kStorage, fmt::format("{}: {}", path, error.message()));
    return {};
}

}  // namespace aivm::scenarios
