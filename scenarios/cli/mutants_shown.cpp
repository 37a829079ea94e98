#include "scenarios/cli/mutants_shown.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "scenarios/cli/json_version.h"
#include "scenarios/cli/text.h"
#include "scenarios/run/build_info.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios::cli {
namespace {

constexpr double kPowerConfidence = 0.95;

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
        out.infected += mutant.infected() || mutant.detected() ? 1 : 0;
        out.detected += mutant.detected() ? 1 : 0;
    }
    return out;
}

// "12 of 14 (86 %, 95 % interval 57 .. 98)".
std::string share_text(std::size_t part, std::size_t whole) {
    if (whole == 0) return "0 of 0";
    const Interval interval =
        clopper_pearson(static_cast<double>(part), static_cast<double>(whole), kPowerConfidence);
    return fmt::format("{} of {} ({:.0f} %, {:.0f} % interval {:.0f} .. {:.0f})", part, whole,
                       100.0 * static_cast<double>(part) / static_cast<double>(whole),
                       100 * kPowerConfidence, 100 * interval.low, 100 * interval.high);
}

template <class Value>
std::vector<double> sorted_values(const HuntedMutant& mutant, const Value& value) {
    std::vector<double> out;
    for (const MutantRecord& repeat : mutant.repeats)
        if (repeat.detected) out.push_back(value(repeat));
    std::ranges::sort(out);
    return out;
}

// "median (least .. most)" over the repeats that detected it.
std::string range_text(const std::vector<double>& values, const char* format) {
    if (values.empty()) return "-";
    const auto number = [&](double value) { return fmt::format(fmt::runtime(format), value); };
    const std::string median = number(values[values.size() / 2]);
    if (values.size() == 1) return median;
    return fmt::format("{} ({} .. {})", median, number(values.front()), number(values.back()));
}

double cpu_seconds(const MutantRecord& repeat) { return static_cast<double>(repeat.cpu_us) / 1e6; }

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
    if (mutant.infected()) return "infected";
    return mutant.reached() ? "reached" : "not reached";
}

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

std::string summary_text(const MutantsShown& shown) {
    const Counts counts = counts_of(shown.result);
    std::vector<double> cpu;
    for (const HuntedMutant& mutant : shown.result.mutants) {
        const auto values = sorted_values(mutant, cpu_seconds);
        if (!values.empty()) cpu.push_back(values[values.size() / 2]);
    }
    std::ranges::sort(cpu);
    std::string out = fmt::format(
        "planted           {}\n"
        "reached           {}\n"
        "generator power   {}   infected of planted\n"
        "oracle power      {}   detected of infected\n"
        "detected          {}   of planted\n",
        counts.all, share_text(counts.reached, counts.all), share_text(counts.infected, counts.all),
        share_text(counts.detected, counts.infected), share_text(counts.detected, counts.all));
    if (const std::string sizes = shrunk_text(shown.result); !sizes.empty())
        out += fmt::format("shrunk findings   {}\n", sizes);
    if (!cpu.empty()) {
        out += fmt::format("CPU s to detect   median {:.1f}, 90 % within {:.1f}, at most {:.1f}\n",
                           cpu[cpu.size() / 2], cpu[cpu.size() * 9 / 10], cpu.back());
    }
    out += fmt::format("unmutated twin    {}, {}\n", counted(shown.result.twin_runs, "run"),
                       shown.result.false_alarms.empty()
                           ? "nothing found"
                           : counted(shown.result.false_alarms.size(), "false alarm"));
    return out;
}

}  // namespace

std::string mutants_text(const MutantsShown& shown) {
    std::string out;
    for (const HuntedMutant& mutant : shown.result.mutants) {
        out += fmt::format("{:<20} {:<11} {:<28} {:>14} CPU s\n", mutant.row->id, state_of(mutant),
                           detected_by(mutant),
                           range_text(sorted_values(mutant, cpu_seconds), "{:.1f}"));
    }
    for (const std::string& alarm : shown.result.false_alarms)
        out += fmt::format("FALSE ALARM of the unmutated program, {}\n", alarm);
    if (!shown.result.complete)
        out += "the hunt ended before its limits: out of budget, or stopped\n";
    return out + "\n" + summary_text(shown);
}

std::string mutants_json(const MutantsShown& shown) {
    using Json = nlohmann::ordered_json;
    Json mutants = Json::array();
    for (const HuntedMutant& mutant : shown.result.mutants) {
        Json repeats = Json::array();
        for (const MutantRecord& r : mutant.repeats) {
            repeats.push_back({{"detected", r.detected},
                               {"by", r.by},
                               {"message", r.message},
                               {"runs", r.runs},
                               {"runs_reached", r.runs_reached},
                               {"runs_infected", r.runs_infected},
                               {"cpu_seconds", cpu_seconds(r)}});
        }
        mutants.push_back({{"id", mutant.row->id},
                           {"subject", subject_word(mutant.row->subject)},
                           {"sentence", mutant.row->sentence},
                           {"expected", mutant.row->expected},
                           {"state", state_of(mutant)},
                           {"actions_before", mutant.repeats.front().actions_before},
                           {"actions_after", mutant.repeats.front().actions_after},
                           {"repeats", repeats}});
    }
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
                      {"mutants", mutants}};
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
    out +=
        "Numbers are medians over the repeats that detected the mutant, with the range. `actions`: "
        "size of the first finding before and after shrinking.\n\n"
        "| id | subject | what is wrong | state | found by | expected | runs | CPU s | actions |\n"
        "|---|---|---|---|---|---|---|---|---|\n";
    for (const HuntedMutant& mutant : shown.result.mutants) {
        const auto runs = sorted_values(
            mutant, [](const MutantRecord& r) { return static_cast<double>(r.runs); });
        out +=
            fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", mutant.row->id,
                        subject_word(mutant.row->subject), mutant.row->sentence, state_of(mutant),
                        detected_by(mutant), mutant.row->expected, range_text(runs, "{:.0f}"),
                        range_text(sorted_values(mutant, cpu_seconds), "{:.1f}"),
                        actions_text(mutant.repeats.front()));
    }
    return out;
}

}  // namespace aivm::scenarios::cli
