#include "scenarios/cli/sweep_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "scenarios/cli/catalog.h"
#include "scenarios/cli/threshold_table.h"

namespace aivm::scenarios::cli {
namespace {

std::filesystem::path results_path(const std::string& scenario) {
    return catalog_folder() / (scenario + ".thresholds.expected");
}

struct GridValue {
    std::string x;
    double low = 0;
    double high = 0;
};

std::vector<GridValue> grid_of(const SweepResult& result) {
    static const std::regex form(R"(  x = (\S+): [^\[]*\[(\S+), (\S+)\].*)");
    std::vector<GridValue> out;
    std::istringstream lines(result.values);
    for (std::string line; std::getline(lines, line);) {
        std::smatch found;
        if (!std::regex_match(line, found, form))
            throw std::runtime_error("no value of a sweep: " + line);
        out.push_back({found[1], std::stod(found[2]), std::stod(found[3])});
    }
    return out;
}

}  // namespace

bool agree(const SweepResult& a, const SweepResult& b) {
    constexpr double kRounding = 0.01;  // of the digits that are stored, relative
    return std::ranges::equal(
        grid_of(a), grid_of(b), [](const GridValue& one, const GridValue& two) {
            const double slack = kRounding * std::max(std::abs(one.high), std::abs(two.high));
            return one.x == two.x && one.low <= two.high + slack && two.low <= one.high + slack;
        });
}

std::string to_text(const std::string& sweep, const SweepResult& result) {
    return fmt::format("{}: {}\n{}", sweep, result.finding, result.values);
}

std::map<std::string, SweepResult> read_sweep_results(const std::string& scenario) {
    std::map<std::string, SweepResult> out;
    std::ifstream in(results_path(scenario));
    SweepResult* last = nullptr;
    for (std::string line; std::getline(in, line);) {
        const std::size_t colon = line.find(": ");
        if (line.starts_with("  ") && last != nullptr) {
            last->values += line + "\n";
        } else if (colon != std::string::npos && !line.starts_with(" ")) {
            last = &out[line.substr(0, colon)];
            last->finding = line.substr(colon + 2);
        } else {
            throw std::runtime_error(scenario + ": no line of a measured sweep: " + line);
        }
    }
    return out;
}

void write_sweep_result(const std::string& scenario, const std::string& sweep,
                        const SweepResult& result) {
    std::map<std::string, SweepResult> results = read_sweep_results(scenario);
    results[sweep] = result;
    const auto sweeps = read_thresholds(scenario);
    if (!sweeps) throw std::runtime_error(sweeps.error().text());
    std::ofstream out(results_path(scenario));
    for (const Threshold& one : *sweeps) {
        if (results.contains(one.name)) out << to_text(one.name, results.at(one.name));
    }
}

}  // namespace aivm::scenarios::cli
