#include "scenarios/cli/golden_file.h"

#include <fmt/format.h>

#include <fstream>
#include <regex>
#include <stdexcept>

#include "scenarios/cli/catalog.h"

namespace aivm::scenarios::cli {
namespace {

std::filesystem::path path_of(const std::string& scenario) {
    return catalog_folder() / (scenario + ".expected");
}

}  // namespace

Effect parse_effect(const std::string& line) {
    static const std::regex form(
        R"(effect (.+): (yes|no|longer|shorter|more|fewer|cannot be told), (\S+) )"
        R"((LUX|s to settle|s to finality|s to prove|s to decide|orphans) a run over )"
        R"((honest play|honest validators|\w+), sd (\S+), (\d+) runs)");
    std::smatch found;
    if (!std::regex_match(line, found, form))
        throw std::runtime_error("no line of an effect: " + line);
    return {found[1], found[2], std::stod(found[3]), std::stod(found[6]), std::stoull(found[7]),
            found[4], found[5]};
}

std::string effect_line(const Effect& effect) {
    return fmt::format("effect {}: {}, {:.4f} {} a run over {}, sd {:.4f}, {} runs", effect.owner,
                       effect.verdict, effect.mean, effect.unit, effect.over, effect.sd,
                       effect.runs);
}

GoldenFile read_golden(const std::string& scenario) {
    GoldenFile golden;
    std::ifstream in(path_of(scenario));
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("effect ")) {
            golden.effects.push_back(parse_effect(line));
        } else {
            golden.run += line + "\n";
        }
    }
    return golden;
}

void write_golden(const std::string& scenario, const GoldenFile& golden) {
    std::ofstream out(path_of(scenario));
    out << golden.run;
    for (const Effect& effect : golden.effects) out << effect_line(effect) << "\n";
}

}  // namespace aivm::scenarios::cli
