#include "scenarios/cli/mutants_shown.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "scenarios/campaign/mutants/mutant_choice.h"
#include "scenarios/campaign/mutants/twin_speed.h"
#include "scenarios/cli/json_version.h"
#include "scenarios/cli/text.h"
#include "scenarios/run/build_info.h"
#include "scenarios/statistics/censored.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios::cli {
namespace {

constexpr double kConfidence = 0.95;
constexpr double kMostShare = 0.9;

struct Counts {
    std::size_t all = 0;
    std::size_t reached = 0;
    std::size_t infected = 0;
    std::size_t detected = 0;
};

Counts counts_of(const HuntResult& result) {
    Counts out;
    for (const HuntedMutant& mutant : result.mutants) {
        ++out.all;
        out.reached += mutant.reached() ? 1 : 0;
        out.infected += mutant.infected() ? 1 : 0;
        out.detected += mutant.detected() ? 1 : 0;
    }
    return out;
}

// "12 of 14 (86 %, 95 % interval 57 .. 98)". Plants are what is counted, never their repeats.
std::string share_text(std::size_t part, std::size_t whole) {
    if (whole == 0) return "0 of 0";
    const Interval interval =
        clopper_pearson(static_cast<double>(part), static_cast<double>(whole), kConfidence);
    return fmt::format("{} of {} ({:.0f} %, {:.0f} % interval {:.0f} .. {:.0f})", part, whole,
                       100.0 * static_cast<double>(part) / static_cast<double>(whole),
                       100 * kConfidence, 100 * interval.low, 100 * interval.high);
}

// ---- times to detection, of which those of repeats without one are censored ---------------------

double cpu_seconds(const MutantRecord& repeat) { return static_cast<double>(repeat.cpu_us) / 1e6; }
double run_count(const MutantRecord& repeat) { return static_cast<double>(repeat.runs); }

using Measure = double (*)(const MutantRecord&);

std::vector<ObservedTime> times_of(const HuntedMutant& mutant, Measure measure) {
    std::vector<ObservedTime> out;
    for (const MutantRecord& repeat : mutant.repeats)
        out.push_back({measure(repeat), !repeat.detected});
    return out;
}

// The plant's own median; censored after its longest repeat if that is not reached.
ObservedTime median_of(const HuntedMutant& mutant) {
    const auto times = times_of(mutant, cpu_seconds);
    if (const auto median = kaplan_meier_quantile(times, 0.5)) return {*median, false};
    return {std::ranges::max_element(times, {}, &ObservedTime::value)->value, true};
}

struct Numbers {
    int digits = 1;
    [[nodiscard]] std::string text(const std::optional<double>& value) const {
        return value ? fmt::format("{:.{}f}", *value, digits) : std::string("not reached");
    }
};

// "median (low .. high)", with the interval of the median where there are enough observations.
std::string median_text(const std::vector<ObservedTime>& times, Numbers numbers) {
    const std::string median = numbers.text(kaplan_meier_quantile(times, 0.5));
    const auto interval = median_interval(times, kConfidence);
    if (!interval) return median;
    return fmt::format("{} ({} .. {})", median, numbers.text(interval->low),
                       interval->high ? numbers.text(interval->high) : "");
}

// How sure the intervals of medians over the repeats are; empty if there are too few repeats.
std::string sureness_text(const HuntResult& result) {
    if (result.mutants.empty()) return {};
    const auto interval =
        median_interval(times_of(result.mutants.front(), cpu_seconds), kConfidence);
    if (!interval) return {};
    return fmt::format(", with the interval of the median that order statistics give ({:.1f} %)",
                       100 * interval->confidence);
}

std::string detection_time_text(const HuntResult& result) {
    std::vector<ObservedTime> medians;
    for (const HuntedMutant& mutant : result.mutants) medians.push_back(median_of(mutant));
    return fmt::format("median {}, {:.0f} % within {}", median_text(medians, {}), 100 * kMostShare,
                       Numbers().text(kaplan_meier_quantile(medians, kMostShare)));
}

// ---- one mutant ---------------------------------------------------------------------------------

std::string detected_by(const HuntedMutant& mutant) {
    std::set<std::string> by;
    for (const MutantRecord& repeat : mutant.repeats)
        if (repeat.detected) by.insert(repeat.by);
    return fmt::format("{}", fmt::join(by, " "));
}

std::string actions_text(const MutantRecord& first) {
    if (first.actions_before == 0) return "-";
    return fmt::format("{} -> {}", first.actions_before, first.actions_after);
}

const char* state_of(const HuntedMutant& mutant) {
    if (mutant.detected()) return "detected";
    if (mutant.ever_detected()) return "sometimes";
    if (mutant.infected()) return "infected";
    return mutant.reached() ? "reached" : "not reached";
}

// ---- all of them --------------------------------------------------------------------------------

// "median 3 actions of 80 findings, at most 14"; empty if nothing was shrunk.
std::string shrunk_text(const HuntResult& result) {
    std::vector<std::uint64_t> sizes;
    for (const HuntedMutant& mutant : result.mutants) {
        if (mutant.repeats.front().actions_before != 0)
            sizes.push_back(mutant.repeats.front().actions_after);
    }
    if (sizes.empty()) return {};
    std::ranges::sort(sizes);
    return fmt::format("median {} actions of {}, at most {}", sizes[sizes.size() / 2],
                       counted(sizes.size(), "finding"), sizes.back());
}

// "97 % (95 % interval over plants 93 .. 99)": the share of all repeats that detect their plant.
// Repeats of one plant depend on each other, so plants are the clusters.
std::string repeats_text(const HuntResult& result) {
    ClusteredShare share;
    for (const HuntedMutant& mutant : result.mutants) {
        const auto detected = std::ranges::count_if(mutant.repeats, &MutantRecord::detected);
        share.add(static_cast<double>(detected), static_cast<double>(mutant.repeats.size()));
    }
    const Interval interval = share.interval(kConfidence);
    return fmt::format("{:.0f} % ({:.0f} % interval over plants {:.0f} .. {:.0f})",
                       100 * share.share(), 100 * kConfidence, 100 * interval.low,
                       100 * interval.high);
}

std::string controls_text(const HuntResult& result) {
    std::vector<std::string> out;
    for (const HuntedMutant& control : result.controls) {
        std::uint64_t runs = 0;
        for (const MutantRecord& repeat : control.repeats) runs += repeat.runs;
        out.push_back(
            fmt::format("{} {}, {}", control.row->id, state_of(control), counted(runs, "run")));
    }
    return fmt::format("{}", fmt::join(out, "; "));
}

std::string summary_text(const MutantsShown& shown) {
    const HuntResult& result = shown.result;
    const Counts counts = counts_of(result);
    std::string out;
    if (counts.all != 0) {
        out += fmt::format(
            "planted           {}\n"
            "reached           {}\n"
            "generator power   {}   infected of planted\n"
            "oracle power      {}   detected of infected\n"
            "detected          {}   of planted\n",
            counts.all, share_text(counts.reached, counts.all),
            share_text(counts.infected, counts.all), share_text(counts.detected, counts.infected),
            share_text(counts.detected, counts.all));
        if (shown.options.repeats > 1)
            out += fmt::format("repeats           {} detect\n", repeats_text(result));
        if (const std::string sizes = shrunk_text(result); !sizes.empty())
            out += fmt::format("shrunk findings   {}\n", sizes);
        out += fmt::format("CPU s to detect   {}\n", detection_time_text(result));
    }
    out += fmt::format("controls          {}\n", controls_text(result));
    out += fmt::format("unmutated twin    {}\n", counted(result.twin_runs, "run"));
    out += fmt::format("false alarms      {}\n", result.false_alarms.empty()
                                                     ? "none"
                                                     : std::to_string(result.false_alarms.size()));
    return out;
}

// The command by which a detection is seen again; empty if there is none, or if it needs many runs.
std::string reproduce_text(const HuntedMutant& mutant, const MutantsShown& shown) {
    for (const MutantRecord& r : mutant.repeats) {
        if (!r.detected || r.by == kSlowerThanTwin) continue;
        const bool differs = r.by == run_end_word(RunEnd::kNotDeterministic);
        return fmt::format("{}={} aivmsim run {} --seed {} --paranoid{}", kMutantVariable, r.id,
                           shown.files.at(r.scenario), r.seed,
                           differs ? " --verify-determinism" : "");
    }
    return {};
}

nlohmann::ordered_json json_of(const HuntedMutant& mutant, const MutantsShown& shown) {
    using Json = nlohmann::ordered_json;
    Json repeats = Json::array();
    for (const MutantRecord& r : mutant.repeats) {
        repeats.push_back({{"detected", r.detected},
                           {"by", r.by},
                           {"message", r.message},
                           {"runs", r.runs},
                           {"runs_reached", r.runs_reached},
                           {"runs_infected", r.runs_infected},
                           {"cpu_seconds", cpu_seconds(r)},
                           {"scenario", shown.scenarios.at(r.scenario).name},
                           {"seed", std::to_string(r.seed)}});
    }
    return {{"id", mutant.row->id},
            {"subject", subject_word(mutant.row->subject)},
            {"sentence", mutant.row->sentence},
            {"expected", mutant.row->expected},
            {"state", state_of(mutant)},
            {"actions_before", mutant.repeats.front().actions_before},
            {"actions_after", mutant.repeats.front().actions_after},
            {"reproduce", reproduce_text(mutant, shown)},
            {"repeats", repeats}};
}

}  // namespace

std::string mutants_text(const MutantsShown& shown) {
    std::string out;
    for (const HuntedMutant& mutant : shown.result.mutants) {
        out += fmt::format("{:<20} {:<11} {:<28} {:>14} CPU s\n", mutant.row->id, state_of(mutant),
                           detected_by(mutant), median_text(times_of(mutant, cpu_seconds), {}));
    }
    for (const std::string& alarm : shown.result.false_alarms)
        out += fmt::format("FALSE ALARM of the unmutated program or of a control, {}\n", alarm);
    if (!shown.result.complete)
        out += "the hunt ended before its limits: out of budget, or stopped\n";
    out += "\n" + summary_text(shown);
    if (shown.result.mutants.size() == 1) {
        if (const std::string by = reproduce_text(shown.result.mutants.front(), shown); !by.empty())
            out += fmt::format("reproduce         {}\n", by);
    }
    return out;
}

std::string mutants_json(const MutantsShown& shown) {
    using Json = nlohmann::ordered_json;
    Json mutants = Json::array();
    for (const HuntedMutant& mutant : shown.result.mutants)
        mutants.push_back(json_of(mutant, shown));
    Json controls = Json::array();
    for (const HuntedMutant& control : shown.result.controls)
        controls.push_back(json_of(control, shown));
    const Counts counts = counts_of(shown.result);
    const Json out = {{"schema_version", kJsonVersion},
                      {"program", build_info().version},
                      {"machine", shown.machine},
                      {"seed", std::to_string(shown.options.seed)},
                      {"complete", shown.result.complete},
                      {"planted", counts.all},
                      {"reached", counts.reached},
                      {"infected", counts.infected},
                      {"detected", counts.detected},
                      {"twin_runs", shown.result.twin_runs},
                      {"false_alarms", shown.result.false_alarms},
                      {"mutants", mutants},
                      {"controls", controls}};
    return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string mutants_markdown(const MutantsShown& shown) {
    std::string out = fmt::format(
        "# Planted bugs: how many are found, and how fast\n\n"
        "Written by `aivmsim mutants --repeats {} --seed {}`; aivmsim {}, {}; {}. At most {:.0f} "
        "CPU seconds per mutant and repeat{}.\n\n```\n{}```\n\n",
        shown.options.repeats, shown.options.seed, build_info().version, build_info().compiler,
        shown.machine, static_cast<double>(shown.options.cpu_limit_us) / 1e6,
        shown.result.complete ? "" : "; the budget ended before all had theirs",
        summary_text(shown));
    out += fmt::format(
        "Numbers are medians over the repeats{}. A repeat without a detection counts as one that "
        "needs longer than it was given (Kaplan and Meier); a median is not reached if more than "
        "half are such. `detected`: in half of the repeats or more. `actions`: size of the first "
        "finding before and after shrinking.\n\n"
        "| id | subject | what is wrong | state | found by | expected | runs | CPU s | actions |\n"
        "|---|---|---|---|---|---|---|---|---|\n",
        sureness_text(shown.result));
    for (const HuntedMutant& mutant : shown.result.mutants) {
        out += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", mutant.row->id,
                           subject_word(mutant.row->subject), mutant.row->sentence,
                           state_of(mutant), detected_by(mutant), mutant.row->expected,
                           median_text(times_of(mutant, run_count), {0}),
                           median_text(times_of(mutant, cpu_seconds), {}),
                           actions_text(mutant.repeats.front()));
    }
    return out;
}

}  // namespace aivm::scenarios::cli
