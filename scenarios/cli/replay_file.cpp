#include "scenarios/cli/replay_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/kernels/kernels.h"
#include "scenarios/campaign/shrink_run.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/json_version.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/verdict.h"
#include "scenarios/file/load.h"

namespace aivm::scenarios::cli {
namespace {

struct Replayed {
    const Recorded& recorded;
    const sim::Outcome& outcome;
    std::size_t binding = 0;

    [[nodiscard]] bool same() const { return outcome.digest.hex() == recorded.digest; }
    [[nodiscard]] bool violated() const {
        return unexpected_violation(outcome, recorded.violates) != nullptr;
    }
    // A regression test of a violation passes once that is gone: a run that was cut down to show it
    // may end before its work is done. Any other property that is violated counts.
    [[nodiscard]] ExitCode exit_code() const {
        const ExitCode code = exit_code_of(outcome);
        return code == kExitLimit && !violated() ? kExitClean : code;
    }
};

std::string replayed_json(const Replayed& r) {
    const nlohmann::ordered_json out = {{"schema_version", kJsonVersion},
                                        {"scenario", r.outcome.scenario},
                                        {"seed", std::to_string(r.recorded.seed)},
                                        {"violates", r.recorded.violates},
                                        {"violated", r.violated()},
                                        {"recorded_digest", r.recorded.digest},
                                        {"digest", r.outcome.digest.hex()},
                                        {"same", r.same()},
                                        {"choices", r.recorded.choices.size()},
                                        {"binding_choices", r.binding},
                                        {"exit_code", static_cast<int>(r.exit_code())}};
    return out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string replayed_text(const Replayed& r, bool colour) {
    std::string out;
    if (r.same()) {
        out = fmt::format("{} digest={}, as recorded\n",
                          styled(Style::kStrong, "REPRODUCED", colour), r.recorded.digest);
    } else {
        out = fmt::format("{} {} is {}; digest={}, recorded {} by aivmsim {}\n",
                          r.violated() ? styled(Style::kStrong, "REPRODUCED", colour)
                                       : styled(Style::kCaution, "DIFFERS", colour),
                          r.recorded.violates, r.violated() ? "violated again" : "not violated",
                          r.outcome.digest.hex(), r.recorded.digest, r.recorded.program);
    }
    out += fmt::format("  {} of {} recorded choices bind\n", r.binding, r.recorded.choices.size());
    return out + failures_text(r.outcome, nullptr, colour) + verdict_line(r.outcome, 0, colour) +
           "\n";
}

}  // namespace

int replay_scenario_file(const ReplayRequest& request) {
    if (request.run) {
        complain("--run chooses a run of a database; a scenario file records one run");
        return kExitBadRequest;
    }
    const auto loaded = load_scenario_file(request.path);
    if (!loaded) {
        say(to_text(loaded.error()));
        return kExitBadRequest;
    }
    if (!loaded->recorded || !loaded->recorded->has_choices) {
        complain(
            fmt::format("{} records no run: it has no [recorded] choices; to run the scenario: "
                        "aivmsim run {}",
                        request.path, request.path));
        return kExitBadRequest;
    }
    const Recorded& recorded = *loaded->recorded;
    Rerun rerun;
    rerun.paranoid = recorded.paranoid;
    const auto outcome = run_plan({loaded->scenario, recorded.seed, recorded.choices}, rerun, {});
    if (!outcome) {
        complain(outcome.error().text());
        return kExitHarnessFailed;
    }
    const Replayed replayed{recorded, *outcome,
                            binding_choices(recorded.choices, outcome->choices)};
    const std::string text =
        request.json ? replayed_json(replayed) : replayed_text(replayed, has_colour(stdout));
    return print_result(text) ? static_cast<int>(replayed.exit_code()) : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
