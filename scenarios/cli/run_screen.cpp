#include "scenarios/cli/run_screen.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "scenarios/cli/payoffs.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/verdict.h"
#include "sim/invariants/invariant.h"
#include "sim/scenario/engines.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::size_t kMostPrincipals = 16;  // with more, groups are shown
constexpr std::size_t kLabelWidth = 12;
constexpr std::size_t kMostTargets = 6;

std::string row(std::string_view label, std::string_view text) {
    const std::size_t indent = kLabelWidth + 2;
    return fmt::format("  {:<{}}{}\n", label, kLabelWidth,
                       wrapped(text, screen_width() - indent, indent));
}

struct TableColumn {
    std::string head;
    std::size_t keep;  // the lowest are left out first where the terminal is narrow
    std::vector<std::string> cells;
    bool left = false;

    [[nodiscard]] std::size_t width() const {
        std::size_t most = head.size();
        for (const std::string& cell : cells) most = std::max(most, cell.size());
        return most;
    }
};

std::size_t width_of(const std::vector<TableColumn>& columns) {
    std::size_t width = 0;
    for (const TableColumn& column : columns) width += column.width() + 2;
    return width;
}

std::vector<TableColumn> payoff_columns(const std::vector<PayoffLine>& lines) {
    const auto column = [&](const char* head, std::size_t keep, auto cell, bool left = false) {
        TableColumn out{head, keep, {}, left};
        for (const PayoffLine& line : lines) out.cells.push_back(cell(line));
        return out;
    };
    const auto money = [](std::int64_t PayoffLine::* part) {
        return [part](const PayoffLine& line) { return lux_column(line.*part); };
    };
    std::vector<TableColumn> out{
        column(
            "who", 9, [](const PayoffLine& line) { return line.who; }, true),
        column(
            "role, strategy", 6,
            [](const PayoffLine& line) { return line.role + ", " + line.strategy; }, true),
        column("count", 2, [](const PayoffLine& line) { return grouped(line.agents); }),
        column("earned", 3, money(&PayoffLine::earned)),
        column("paid", 4, money(&PayoffLine::paid)),
        column("slashed", 5, money(&PayoffLine::slashed)),
        column("net LUX", 8, money(&PayoffLine::net)),
        column("each", 1,
               [](const PayoffLine& line) {
                   return line.agents > 1 ? lux_column(line.net_each()) : std::string();
               }),
        column("lies", 7, money(&PayoffLine::lies))};
    const bool many = std::ranges::any_of(lines, [](const PayoffLine& l) { return l.agents > 1; });
    const bool lies = std::ranges::any_of(lines, [](const PayoffLine& l) { return l.lies != 0; });
    std::erase_if(out, [&](const TableColumn& one) {
        return (one.head == "lies" && !lies) || (one.head == "each" && !many);
    });
    return out;
}

std::string books_table(const RunShown& run, bool colour) {
    const bool all = run.outcome.principals.size() <= kMostPrincipals;
    const auto lines = all ? payoffs_by_principal(run.scenario, run.outcome)
                           : payoffs_by_group(run.scenario, run.outcome);
    std::vector<TableColumn> columns = payoff_columns(lines);
    while (width_of(columns) > screen_width() && columns.size() > 2)
        columns.erase(std::ranges::min_element(columns, {}, &TableColumn::keep));
    const auto padded = [](const TableColumn& column, const std::string& text) {
        return column.left ? fmt::format("  {:<{}}", text, column.width())
                           : fmt::format("  {:>{}}", text, column.width());
    };
    std::string head;
    for (const TableColumn& column : columns) head += padded(column, column.head);
    std::string text = styled(Style::kFaint, head, colour) + "\n";
    for (std::size_t i = 0; i < lines.size(); ++i) {
        for (const TableColumn& column : columns) {
            const bool loss = column.head == "net LUX" && lines[i].net < 0;
            text +=
                styled(loss ? Style::kBad : Style::kPlain, padded(column, column.cells[i]), colour);
        }
        text += "\n";
    }
    return text;
}

std::int64_t count_metric(const sim::Outcome& outcome, std::string_view name) {
    return std::get<std::int64_t>(outcome.metric(name));
}

std::string seconds_metric(const sim::Outcome& outcome, std::string_view name) {
    return span_text(static_cast<std::int64_t>(std::get<double>(outcome.metric(name)) * 1e9));
}

std::string fraud_text(const RunShown& run) {
    const std::int64_t posted = count_metric(run.outcome, "n_fraud_posted");
    const std::int64_t missed = count_metric(run.outcome, "n_fraud_missed");
    const auto open = static_cast<std::int64_t>(run.tally.fraud_open());
    const std::int64_t free = count_metric(run.outcome, "n_free_lies");
    return fmt::format(
        "{} wrong results posted, {} caught, {} missed{}; {} {} took {} of {} LUX due{}",
        grouped(posted), grouped(posted - missed - open), grouped(missed),
        open == 0 ? "" : fmt::format(", {} undecided", grouped(open)), grouped(run.tally.slashes()),
        run.tally.slashes() == 1 ? "slash" : "slashes",
        lux_text(count_metric(run.outcome, "slash_taken")),
        lux_text(count_metric(run.outcome, "slash_due")),
        free == 0 ? ""
                  : fmt::format("; {} proven wrong cost nothing: raise vm.result_bond or "
                                "vm.slash_bps",
                                grouped(free)));
}

std::string tasks_text(const Tally& tally) {
    struct Named {
        sim::TaskOutcome outcome;
        std::string_view words;
    };
    constexpr std::array kNames{Named{sim::TaskOutcome::kFinalOk, "right"},
                                Named{sim::TaskOutcome::kFinalCorrupt, "wrong and final"},
                                Named{sim::TaskOutcome::kReverted, "reverted"},
                                Named{sim::TaskOutcome::kExpired, "expired"},
                                Named{sim::TaskOutcome::kPending, "unfinished"}};
    std::vector<std::string> parts;
    for (const Named& named : kNames) {
        if (tally.tasks(named.outcome) != 0)
            parts.push_back(fmt::format("{} {}", grouped(tally.tasks(named.outcome)), named.words));
    }
    return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string finality_text(const RunShown& run) {
    const std::uint64_t finals = run.tally.tasks(sim::TaskOutcome::kFinalOk) +
                                 run.tally.tasks(sim::TaskOutcome::kFinalCorrupt);
    const std::uint64_t pending = run.tally.tasks(sim::TaskOutcome::kPending);
    if (finals == 0) return "no result became final";
    return fmt::format(
        "mean {}, half within {}, 99 % within {}{}", seconds_metric(run.outcome, "ttf_mean"),
        seconds_metric(run.outcome, "ttf_p50"), seconds_metric(run.outcome, "ttf_p99"),
        pending == 0 ? ""
                     : fmt::format(", of {}; {} unfinished", counted(finals, "final task"),
                                   grouped(pending)));
}

// On a DAG: from issuing a vertex to its acceptance (tta) or its settlement (tts).
std::string vertices_text(const RunShown& run, const std::string& metric, std::string_view none) {
    const auto value = [&](const char* of) {
        return std::get<double>(run.outcome.metric(metric + of));
    };
    if (std::isnan(value("_mean"))) return std::string(none);
    return fmt::format(
        "mean {}, half within {}, 99 % within {}", seconds_metric(run.outcome, metric + "_mean"),
        seconds_metric(run.outcome, metric + "_p50"), seconds_metric(run.outcome, metric + "_p99"));
}

// How long a vertex took until it was accepted, beside until a cut settled it; empty on a chain.
std::string rows_of_a_dag(const RunShown& run) {
    if (!sim::engine_row(run.scenario.chain.consensus).of_dag) return "";
    if (run.scenario.run.fidelity == sim::Fidelity::kEconomic) return "";
    return row("accepted", vertices_text(run, "tta", "no vertex was accepted")) +
           row("settled", vertices_text(run, "tts", "no vertex was settled")) +
           row("vertices",
               fmt::format(
                   "{} with operations, {} rejected; {} in conflict",
                   grouped(count_metric(run.outcome, "n_vertices")),
                   grouped(count_metric(run.outcome, "n_vertices_rejected")),
                   counted(static_cast<std::uint64_t>(count_metric(run.outcome, "n_conflicts")),
                           "pair")));
}

std::string fault_text(const sim::FaultRow& fault) {
    std::vector<std::string> targets;
    std::string_view rest = fault.targets;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        targets.emplace_back(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const std::size_t more = targets.size() > kMostTargets ? targets.size() - kMostTargets : 0;
    targets.resize(targets.size() - more);
    return fmt::format("{} from {} to {} of {}{}", fault.kind,
                       span_text(static_cast<std::int64_t>(fault.from_ns)),
                       span_text(static_cast<std::int64_t>(fault.to_ns)), fmt::join(targets, " "),
                       more == 0 ? "" : fmt::format(" and {} more", more));
}

std::string faults_text(const RunShown& run) {
    std::vector<std::string> parts;
    for (const sim::FaultRow& fault : run.tally.faults()) parts.push_back(fault_text(fault));
    if (run.scenario.network.loss_ppm != 0) {
        parts.insert(parts.begin(),
                     fmt::format("{:g} % of messages lost", run.scenario.network.loss_ppm / 1e4));
    }
    return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string event_text(const std::optional<sim::World::TracedEvent>& event) {
    if (!event) return "the history had ended";
    if (event->record.is_note())
        return fmt::format("{} {:016x}", event->kind, event->record.payload);
    return fmt::format("t={}  {}  {}  payload {:016x}", moment_text(event->record.time),
                       event->actor, event->kind, event->record.payload);
}

std::string difference_text(const DeterminismReport& report, bool colour) {
    std::string text =
        fmt::format("{}  {} seed={} is not deterministic\n  first run   {}\n  second run  {}\n",
                    styled(Style::kBad, "FAIL", colour), report.first.scenario, report.first.seed,
                    report.first.digest.hex(), report.second_digest.hex());
    if (!report.difference) return text;
    const TraceDifference& difference = *report.difference;
    text += fmt::format("  they diverge between records {} and {}\n",
                        grouped(difference.interval.first), grouped(difference.interval.last));
    if (!difference.position)
        return text + "  two further runs agreed there: the difference did not occur again\n";
    return text + fmt::format("  two further runs diverge at record {}\n    {}\n    {}\n",
                              grouped(*difference.position), event_text(difference.first),
                              event_text(difference.second));
}

}  // namespace

ExitCode exit_code_of(const RunShown& run) {
    const bool interrupted = run.outcome.status == sim::RunStatus::kInterrupted;
    if (run.determinism != nullptr && !run.determinism->same() && !interrupted)
        return kExitNotDeterministic;
    return exit_code_of(run.outcome);
}

namespace {

std::string kernels_text(const RunShown& run) {
    if (run.kernel_fallbacks == 0) return run.backend;
    return fmt::format("{}, which failed: the CPU answered {} calls, with the same bytes",
                       run.backend, grouped(run.kernel_fallbacks));
}

}  // namespace

namespace {

// A finding's text ends with its replay. Without a finding, as where none can be written, the run
// itself is repeated. Empty if nothing was violated.
std::string rerun_line(const RunShown& run) {
    const auto unexpected = [](const sim::Violation& v) { return !v.expected; };
    const bool failed = !run.outcome.missing_violations.empty() ||
                        std::ranges::any_of(run.outcome.violations, unexpected);
    return run.finding != nullptr || run.rerun.empty() || !failed
               ? ""
               : fmt::format("  reproduce  {}\n", run.rerun);
}

}  // namespace

std::string quiet_text(const RunShown& run, bool colour) {
    std::string text =
        verdict_line(run.outcome, run.wall_ns, colour) + "\n" + notes_text(run.outcome, colour);
    if (exit_code_of(run) == kExitNotDeterministic)
        text += difference_text(*run.determinism, colour);
    return text + failures_text(run.outcome, run.finding, colour) + rerun_line(run);
}

namespace {

// The promise that a violated invariant breaks, and why it must hold.
std::string promise_text(const sim::Violation& violation) {
    const auto info = sim::invariant_info(violation.invariant);
    if (!info) return {};
    const std::string promise = fmt::format("{} promises: {}", info->id, info->meaning);
    return fmt::format("  {}\n  {}\n", wrapped(promise, screen_width() - 2, 4),
                       wrapped(info->reason, screen_width() - 4, 4));
}

struct Failures {
    std::string lead;  // what was violated
    std::string end;   // where it is saved, and the command that shows it again
};

Failures failures_of(const RunShown& run, bool colour) {
    Failures out;
    if (exit_code_of(run) == kExitNotDeterministic)
        out.lead = difference_text(*run.determinism, colour);
    out.lead += failures_text(run.outcome, run.finding, colour);
    const std::size_t saved = out.lead.rfind("  saved ");
    if (run.finding != nullptr && saved != std::string::npos) {
        out.end = out.lead.substr(saved);
        out.lead.resize(saved);
    }
    for (const sim::Violation& violation : run.outcome.violations) {
        if (!violation.expected) out.lead += promise_text(violation);
    }
    return out;
}

}  // namespace

std::string run_screen(const RunShown& run, bool colour) {
    const sim::Outcome& outcome = run.outcome;
    const Failures failures = failures_of(run, colour);
    std::string text =
        verdict_line(outcome, run.wall_ns, colour) + "\n" + notes_text(outcome, colour) + "\n";
    if (!failures.lead.empty()) text += failures.lead + "\n";
    text += styled(Style::kStrong, "Did cheating pay?", colour) + " ";
    text += wrapped(did_cheating_pay(run.scenario, outcome, run.gains), screen_width() - 18, 2) +
            "\n\n";
    text += books_table(run, colour) + "\n";
    text += row("fraud", fraud_text(run));
    text += row("finality", finality_text(run));
    text += rows_of_a_dag(run);
    text += row("tasks", tasks_text(run.tally));
    text += row("faults", faults_text(run));
    text += row("invariants",
                fmt::format("{} watched, {} checks: {}", outcome.invariants.size(),
                            grouped(outcome.invariant_checks),
                            outcome.violations.empty()
                                ? "all held"
                                : counted(outcome.violations.size(), "invariant") + " violated"));
    if (run.determinism != nullptr && run.determinism->same())
        text += row("determinism", "two runs, one digest");
    text += row("kernels", kernels_text(run));
    text +=
        row("database", run.database.empty() ? fmt::format("not recorded: {}", run.why_not_recorded)
                                             : run.database);
    return text + failures.end + rerun_line(run);
}

}  // namespace aivm::scenarios::cli
