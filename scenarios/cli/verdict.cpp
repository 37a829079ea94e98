#include "scenarios/cli/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"

namespace aivm::scenarios::cli {
namespace {

bool is_liveness_failure(const sim::Violation& violation) {
    return !violation.expected && violation.liveness;
}
bool is_safety_failure(const sim::Violation& violation) {
    return !violation.expected && !violation.liveness;
}

std::string place_of(const sim::Violation& v) {
    return fmt::format("t={}  block {}  event #{}{}{}", moment_text(v.time), grouped(v.block),
                       grouped(v.event), v.actors.empty() ? "" : "  ", violation_actors(v));
}

std::string violation_text(const sim::Violation& v, const std::string& scenario, bool colour) {
    const std::string message = "  " + wrapped(v.message, screen_width() - 2, 2) + "\n";
    if (v.expected) {
        return fmt::format("{} {} {}, as this scenario expects\n  {}\n{}",
                           styled(Style::kStrong, "demonstrated", colour), v.invariant, v.name,
                           place_of(v), message);
    }
    const VerdictWord word = v.liveness ? verdict_word(kExitLimit) : verdict_word(kExitViolated);
    return fmt::format("{}  {} {}   {}\n  {}\n{}", styled(word.style, word.text, colour),
                       v.invariant, v.name, scenario, place_of(v), message);
}

}  // namespace

VerdictWord verdict_word(ExitCode code) {
    switch (code) {
        case kExitClean:
            return {"PASS", Style::kGood};
        case kExitLimit:
            return {"LIMIT", Style::kCaution};
        case kExitInterrupted:
            return {"STOPPED", Style::kCaution};
        case kExitNothingMatched:
            return {"NOTHING", Style::kCaution};
        default:
            return {"FAIL", Style::kBad};
    }
}

ExitCode exit_code_of(const sim::Outcome& outcome) {
    if (outcome.status == sim::RunStatus::kInterrupted) return kExitInterrupted;
    if (std::ranges::any_of(outcome.violations, is_safety_failure)) return kExitViolated;
    if (outcome.status == sim::RunStatus::kBudget) return kExitLimit;
    if (std::ranges::any_of(outcome.violations, is_liveness_failure)) return kExitLimit;
    return outcome.clean() ? kExitClean : kExitViolated;
}

std::string verdict_line(const sim::Outcome& outcome, std::uint64_t wall_ns, bool colour) {
    const VerdictWord word = verdict_word(exit_code_of(outcome));
    const std::string wall =
        wall_ns == 0 ? "" : fmt::format(" wall={:.1f}s", static_cast<double>(wall_ns) / 1e9);
    return fmt::format("{} {} seed={} events={} sim={}{} digest={}",
                       styled(word.style, word.text, colour), outcome.scenario, outcome.seed,
                       grouped(outcome.events), span_text(outcome.virtual_time), wall,
                       outcome.digest.hex());
}

std::string notes_text(const sim::Outcome& outcome, bool colour) {
    std::string text;
    for (const sim::Violation& v : outcome.violations) {
        if (v.expected) text += violation_text(v, outcome.scenario, colour);
    }
    if (outcome.budget_end)
        text += "  " +
                wrapped("ended by a budget: " + outcome.budget_end->text(), screen_width() - 2, 2) +
                "\n";
    if (outcome.status == sim::RunStatus::kInterrupted)
        text += "  interrupted: the numbers are those up to that moment\n";
    return text;
}

std::string failures_text(const sim::Outcome& outcome, const SavedFinding* finding, bool colour) {
    std::string text;
    for (const sim::Violation& v : outcome.violations) {
        const bool told_below = finding != nullptr && finding->violation.invariant == v.invariant;
        if (!v.expected && !told_below) text += violation_text(v, outcome.scenario, colour);
    }
    const std::string fail = styled(Style::kBad, verdict_word(kExitViolated).text, colour);
    for (const std::string& id : outcome.missing_violations) {
        text += fmt::format(
            "{}  {}   {}\n  the scenario expects this invariant to be violated, and it held\n",
            fail, id, outcome.scenario);
    }
    if (finding == nullptr) return text;
    std::string found = finding_text(*finding);
    const std::string_view plain = verdict_word(kExitViolated).text;
    if (found.starts_with(plain)) found.replace(0, plain.size(), fail);
    return text + found;
}

}  // namespace aivm::scenarios::cli
