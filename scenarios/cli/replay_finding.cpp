#include "scenarios/cli/replay_finding.h"

#include <fmt/format.h>

#include "scenarios/campaign/finding.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/replay_json.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/run/build_info.h"

namespace aivm::scenarios::cli {
namespace {

// What is left of the record in this program: where a choice no longer binds, the run takes
// another way.
std::string choices_text(const ReplayResult& replay) {
    std::string out =
        fmt::format("  {} of {} recorded choices bind", replay.choices_binding, replay.choices);
    if (replay.shrunk_choices != 0) {
        out += fmt::format(", {} of {} of the shrunk run", replay.shrunk_choices_binding,
                           replay.shrunk_choices);
    }
    return out + "\n";
}

std::string replay_text(const ReplayResult& replay, bool colour) {
    if (replay.reproduced()) {
        return fmt::format(
            "{} digest={}, as recorded\n{}\n{}", styled(Style::kStrong, "REPRODUCED", colour),
            replay.outcome.digest.hex(), choices_text(replay), finding_text(replay.finding));
    }
    const std::string& found_by = replay.finding.code_version;
    return fmt::format("{} {} {} of {}\n  {}\n{}{}", styled(Style::kBad, "DIFFERS", colour),
                       replay.finding.violation.invariant, replay.finding.violation.name,
                       replay.finding.folder, replay.difference, choices_text(replay),
                       found_by.empty() || found_by == build_info().version
                           ? ""
                           : fmt::format("  it was found by aivmsim {}, and this is {}\n", found_by,
                                         build_info().version));
}

}  // namespace

int replay_finding_folder(const ReplayRequest& request) {
    if (request.run) {
        complain("--run chooses a run of a database; a finding is one run");
        return kExitBadRequest;
    }
    const auto replay = replay_finding(request.path);
    if (!replay) {
        complain(replay.error().context.empty() ? replay.error().text() : replay.error().context);
        return kExitBadRequest;
    }
    const int again = replay->finding.violation.liveness ? kExitLimit : kExitViolated;
    const int code = replay->reproduced() ? again : kExitNotDeterministic;
    const std::string text =
        request.json ? replay_json(*replay, code) : replay_text(*replay, has_colour(stdout));
    return print_result(text) ? code : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
