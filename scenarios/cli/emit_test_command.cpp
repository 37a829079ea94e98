// Makes a regression test of a finding: a scenario file that repeats the run, and beside it the
// expected result, which `aivmsim replay FILE` compares.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "scenarios/campaign/finding_source.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

int refuse_to_emit(int code, const std::string& why) {
    complain(why);
    return code;
}

bool write_new(const fs::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    return !file.fail();
}

}  // namespace

int emit_test_command(const EmitTestRequest& request) {
    const auto source = read_finding_source(request.finding);
    if (!source) return refuse_to_emit(kExitBadRequest, source.error().context);
    const auto outcome = repeat(*source);
    if (!outcome) return refuse_to_emit(kExitHarnessFailed, outcome.error().text());
    const sim::Violation* violation = unexpected_violation(*outcome, source->violation.invariant);
    if (violation == nullptr) {
        return refuse_to_emit(kExitNotDeterministic,
                              fmt::format("{} does not violate {} when it is repeated",
                                          request.finding, source->violation.invariant));
    }
    const std::string name = request.name.empty()
                                 ? source->plan.scenario.name + "_" + violation->invariant
                                 : request.name;
    // The scenario keeps its name: it is part of what a run is.
    RunPlan plan = source->plan;
    plan.choices = outcome->choices;
    const fs::path scenario = fs::path(request.out) / (name + ".toml");
    const fs::path expected = fs::path(request.out) / (name + ".expected");
    std::error_code error;
    if (!request.overwrite && (fs::exists(scenario, error) || fs::exists(expected, error)))
        return refuse_to_emit(
            kExitBadRequest,
            fmt::format("{} is there already; choose another --name, or --overwrite",
                        scenario.string()));
    fs::create_directories(request.out, error);
    const std::string text =
        fmt::format("# {}\n", violation->message) +
        self_contained_text(plan, *violation, outcome->digest.hex(),
                            {.paranoid = source->paranoid, .make_kernels = {}});
    // What is expected once the defect is corrected.
    const std::string wanted =
        fmt::format("replay {}.toml\n{} is not violated\n", name, violation->invariant);
    if (error || !write_new(scenario, text) || !write_new(expected, wanted))
        return refuse_to_emit(
            kExitHarnessFailed,
            fmt::format("{} cannot be written; is the disk full?", scenario.string()));
    const std::string out = fmt::format(
        "{}\n{}\ntest  aivmsim replay {}   exits with {} while {} is violated, and with 0 when "
        "it is corrected\n",
        scenario.string(), expected.string(), scenario.string(),
        static_cast<int>(violation->liveness ? kExitLimit : kExitViolated), violation->invariant);
    return print_result(out) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
