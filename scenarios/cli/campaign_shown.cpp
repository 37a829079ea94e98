#include "scenarios/cli/campaign_shown.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "scenarios/campaign/campaign_files.h"
#include "scenarios/campaign/finding.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/text_file.h"
#include "scenarios/cli/verdict.h"

namespace aivm::scenarios::cli {
namespace {

// Of the defects and of the failures, how many are printed; the JSON has all.
constexpr std::size_t kShownMax = 20;

std::string names_of(const CampaignPlan& plan) {
    std::string out = plan.scenarios.front().name;
    if (plan.scenarios.size() > 1) out += fmt::format(" and {} more", plan.scenarios.size() - 1);
    return out;
}

std::string defect_text(const CampaignShown& shown, const Defect& d, bool colour) {
    std::string out = fmt::format(
        "\n{}  {} {}   {}{}\n  {} of {} runs, seed {}\n",
        d.liveness ? styled(Style::kCaution, "LIMIT", colour) : styled(Style::kBad, "FAIL", colour),
        d.invariant, d.name, d.scenario, d.finding.empty() ? "" : "   finding " + d.finding,
        grouped(d.runs), grouped(shown.summary.runs), d.seed);
    out += "  " + wrapped(d.message, kScreenWidth - 2, 2) + "\n";
    if (d.actions_after > 0) {
        out += fmt::format("  shrunk {} -> {} ({} tries)\n", grouped(d.actions_before),
                           counted(d.actions_after, "action"), grouped(d.tries));
    }
    return out + fmt::format("  reproduce  {}\n", command_of(shown, d));
}

std::string failure_text(const CampaignShown& shown, const Failure& f, bool colour) {
    return fmt::format("\n{}  {}   {}\n  {} of {} runs, seed {}\n  {}\n  reproduce  {}\n",
                       styled(Style::kBad, "FAIL", colour), run_end_word(f.end), f.scenario,
                       grouped(f.runs), grouped(shown.summary.runs), f.seed,
                       wrapped(f.message, kScreenWidth - 2, 2), command_of(shown, f));
}

std::string spread_text(const Spread& spread) {
    const auto number = [](double value) {
        return value < 100 ? fmt::format("{:.1f}", value)
                           : grouped(static_cast<std::uint64_t>(value));
    };
    return fmt::format("{} ({} .. {})", number(spread.median), number(spread.low),
                       number(spread.high));
}

std::string probes_text(const CampaignShown& shown, bool colour) {
    std::string out = "\nprobes      share of the runs that reach it\n";
    std::string never;
    for (const ProbeShare& probe : shown.summary.probes) {
        if (probe.runs == 0 && !probe.missed()) {
            never += (never.empty() ? "" : ", ") + probe.name;
            continue;
        }
        out += fmt::format(
            "  {:<24} {:>5.1f} %{}\n", probe.name, 100 * probe.share,
            probe.missed() ? styled(Style::kBad,
                                    fmt::format("  under its target of {:.0f} %, at most {:.1f} "
                                                "% with confidence",
                                                100 * probe.target, 100 * probe.share_max),
                                    colour)
                           : "");
    }
    if (!never.empty()) out += "  never: " + wrapped(never, kScreenWidth - 9, 9) + "\n";
    return out;
}

// The scenarios of which no run was made twice, if others were.
std::string never_repeated(const CampaignSummary& summary) {
    if (summary.repeated == 0) return "";
    std::string out;
    for (const ScenarioRuns& scenario : summary.scenarios) {
        if (scenario.repeated > 0) continue;
        out += (out.empty() ? "; no run of " : ", ") + scenario.name;
    }
    return wrapped(out, kScreenWidth - 12, 12);
}

std::string seeds_text(const CampaignShown& shown) {
    const CampaignPlan& plan = shown.plan();
    std::string campaign = fmt::format("campaign seed {}", plan.seed);
    for (const std::uint64_t seed : plan.joined_seeds) campaign += fmt::format(", {}", seed);
    if (plan.shards > 1) campaign += fmt::format(", shard {}/{}", plan.shard, plan.shards);
    for (const std::string& shard : shown.missing_shards)
        campaign += fmt::format(", without shard {}", shard);
    return fmt::format("seeds       {}; those of the runs are in {}/{}\n", campaign, shown.folder,
                       kCampaignLogName);
}

std::string figures_text(const CampaignShown& shown) {
    const CampaignSummary& s = shown.summary;
    std::string out = fmt::format(
        "\nper CPU s   {} runs, {} events, {} blocks: median (5 % .. 95 %)\n"
        "memory      at most {} MiB per process\n"
        "determinism {} repeated, {} with another digest{}\n",
        spread_text(s.runs_per_cpu_second), spread_text(s.events_per_cpu_second),
        spread_text(s.blocks_per_cpu_second), grouped(s.memory_kib_max / 1024),
        counted(s.repeated, "run"), grouped(s.ended(RunEnd::kNotDeterministic)), never_repeated(s));
    out += fmt::format(
        "behaviours  {} seen; the next run shows another with probability {:.3f} (at most "
        "{:.3f})\n",
        grouped(s.unseen.behaviours), s.unseen.next_is_new, s.unseen.next_is_new_max);
    if (shown.result.saturated) out += "            low enough for --until-unseen: ended there\n";
    return out + seeds_text(shown);
}

template <class Rows, class Text>
std::string first_of(const Rows& rows, const Text& text) {
    std::string out;
    for (std::size_t i = 0; i < std::min(rows.size(), kShownMax); ++i) out += text(rows[i]);
    if (rows.size() > kShownMax)
        out += fmt::format("\n... and {} more, see --json\n", rows.size() - kShownMax);
    return out;
}

}  // namespace

ExitCode CampaignShown::exit_code() const {
    const auto any_of = [&](auto... ends) { return (summary.ended(ends) + ...) > 0; };
    if (std::ranges::any_of(summary.defects, [](const Defect& d) { return !d.liveness; }))
        return kExitViolated;
    if (any_of(RunEnd::kNotDeterministic)) return kExitNotDeterministic;
    if (any_of(RunEnd::kFailed, RunEnd::kCrashed) || !result.lost.empty())
        return kExitHarnessFailed;
    if (!summary.defects.empty() || std::ranges::any_of(summary.probes, &ProbeShare::missed) ||
        any_of(RunEnd::kBudget, RunEnd::kTimedOut, RunEnd::kOutOfMemory)) {
        return kExitLimit;
    }
    if (result.stopped) return kExitInterrupted;
    return summary.runs == 0 ? kExitNothingMatched : kExitClean;
}

std::string command_of(const CampaignShown& shown, const Defect& defect) {
    if (!defect.finding.empty())
        return "aivmsim replay " + shell_argument(shown.folder + "/findings/" + defect.finding);
    return run_command_of(shown.plan(), shown.folder + "/" + defect.file, defect.seed,
                          RunEnd::kViolated);
}

std::string command_of(const CampaignShown& shown, const Failure& failure) {
    std::error_code ignored;
    const std::string file = shown.folder + "/" + failure.file;
    const bool written = std::filesystem::exists(file, ignored);
    return run_command_of(shown.plan(), written ? file : shown.folder + "/" + failure.scenario_file,
                          failure.seed, failure.end);
}

std::string campaign_line(const CampaignShown& shown, bool colour) {
    const VerdictWord verdict = verdict_word(shown.exit_code());
    const CampaignSummary& s = shown.summary;
    return fmt::format(
        "{} campaign of {} seed={} runs={} defects={} failures={} cpu={:.1f}s "
        "wall={:.1f}s\n",
        styled(verdict.style, verdict.text, colour), names_of(shown.plan()), shown.plan().seed,
        grouped(s.runs), s.defects.size(), s.failures.size(), s.cpu_seconds,
        static_cast<double>(shown.wall_ns) / 1e9);
}

std::string campaign_screen(const CampaignShown& shown, bool colour) {
    std::string out = campaign_line(shown, colour);
    out += first_of(shown.summary.defects,
                    [&](const Defect& d) { return defect_text(shown, d, colour); });
    out += first_of(shown.summary.failures,
                    [&](const Failure& f) { return failure_text(shown, f, colour); });
    return out + probes_text(shown, colour) + figures_text(shown);
}

int show_campaign(const CampaignShown& shown, const CampaignOutput& output) {
    const std::string text = output.json    ? campaign_json(shown)
                             : output.quiet ? campaign_line(shown, has_colour(stdout))
                                            : campaign_screen(shown, has_colour(stdout));
    const bool printed = print_result(text);
    if (!printed) {
        complain("stdout cannot be written; is the disk full? The result is");
        say(campaign_screen(shown, has_colour(stderr)));
    }
    for (const std::string& lost : shown.result.lost) complain(lost);
    const bool junit = write_text_file(output.junit, campaign_junit(shown));
    const bool sarif = write_text_file(output.sarif, campaign_sarif(shown));
    const ExitCode code = shown.exit_code();
    return code == kExitClean && !(printed && junit && sarif) ? kExitHarnessFailed : code;
}

}  // namespace aivm::scenarios::cli
