#include "scenarios/cli/explain_finding.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <filesystem>

#include "core/kernels/kernels.h"
#include "scenarios/campaign/finding_source.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/file/load.h"
#include "scenarios/run/describe_run.h"
#include "scenarios/run/setting.h"
#include "sim/invariants/invariant.h"
#include "sim/world/world.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEventsShown = 12;
constexpr std::size_t kActionsShown = 30;

// Keeps the last events before the run ended.
class LastEvents final : public sim::RowSink {
public:
    Status begin_run(const sim::RunInfo&) override { return {}; }
    Status finish_run(const sim::RunSummary&) override { return {}; }
    [[nodiscard]] const std::deque<sim::EventRow>& events() const { return events_; }

protected:
    void take(sim::RowRef row) override {
        if (const auto* const* event = std::get_if<const sim::EventRow*>(&row)) {
            events_.push_back(**event);
            if (events_.size() > kEventsShown) events_.pop_front();
        }
    }

private:
    std::deque<sim::EventRow> events_;
};

constexpr std::size_t kTextColumn = 12;

std::string labelled(std::string_view label, std::string_view text) {
    return fmt::format("{:<{}}{}\n", label, kTextColumn,
                       wrapped(text, kScreenWidth - kTextColumn, kTextColumn));
}

// What the invariant promises, and why.
std::string promise_text(const std::string& invariant) {
    const auto info = sim::invariant_info(invariant);
    if (!info) return labelled("promised", invariant);
    return labelled("promised", fmt::format("{} {}: {}", info->id, info->name, info->meaning)) +
           labelled("because", info->reason);
}

std::string list_of(const std::vector<std::string>& lines) {
    std::string out;
    for (std::size_t i = 0; i < std::min(lines.size(), kActionsShown); ++i)
        out += "  " + wrapped(lines[i], kScreenWidth - 2, 4) + "\n";
    if (lines.size() > kActionsShown)
        out += fmt::format("  ... and {} more\n", lines.size() - kActionsShown);
    return out;
}

std::string events_text(const std::deque<sim::EventRow>& events,
                        const sim::Participants& participants) {
    std::string out;
    for (const sim::EventRow& event : events) {
        const std::string who =
            event.actor < participants.all.size() ? participants.name(event.actor) : "the world";
        out += fmt::format("  #{:<9} t={:<14} {:<16} {}\n", grouped(event.sequence),
                           moment_text(static_cast<std::int64_t>(event.time_ns)), who, event.kind);
    }
    return out;
}

// The faults in force at the moment of the violation.
std::vector<std::string> faults_at(const RunPlan& plan, sim::SimTime time) {
    std::vector<std::string> out;
    for (const sim::FaultPlan& fault : plan.scenario.faults) {
        const std::uint64_t end = fault.at_ns + sim::duration_of(fault, plan.scenario.chain);
        if (fault.at_ns > static_cast<std::uint64_t>(time)) continue;
        out.push_back(describe(fault) +
                      (end > static_cast<std::uint64_t>(time) ? ", in force" : ", over"));
    }
    return out;
}

int cannot_explain(int code, const std::string& why) {
    complain(why);
    return code;
}

}  // namespace

bool names_finding(const std::string& text) {
    std::error_code ignored;
    if (fs::exists(fs::path(text) / "finding.json", ignored)) return true;
    if (!text.ends_with(".toml") || !fs::is_regular_file(text, ignored)) return false;
    const auto loaded = load_scenario_file(text);
    return loaded && loaded->recorded.has_value();
}

int explain_finding(const std::string& path) {
    const auto source = read_finding_source(path);
    if (!source) return cannot_explain(kExitBadRequest, source.error().context);
    const auto setting = make_setting(source->plan.scenario);
    if (!setting) return cannot_explain(kExitBadRequest, setting.error().text());
    LastEvents last;
    sim::WorldOptions options;
    options.seed = source->plan.seed;
    options.paranoid = source->paranoid;
    options.choices = &source->plan.choices;
    options.events = &last;
    const auto world = sim::World::make(*setting, options);
    if (!world) return cannot_explain(kExitHarnessFailed, world.error().text());
    const sim::Outcome outcome = (*world)->run();
    const sim::Violation* violation = unexpected_violation(outcome, source->violation.invariant);
    if (violation == nullptr) {
        return cannot_explain(
            kExitNotDeterministic,
            fmt::format("{} does not violate {} when it is repeated by this program", path,
                        source->violation.invariant));
    }
    const sim::Participants& participants = (*world)->chain_basis().participants;
    std::string out = promise_text(violation->invariant) + labelled("happened", violation->message);
    out += fmt::format("when        t={}, accepted height {}, event #{}\n",
                       moment_text(violation->time), grouped(violation->block),
                       grouped(violation->event));
    if (!violation->actors.empty())
        out += fmt::format("who         {}\n", violation_actors(*violation));
    out +=
        "\nthe run\n" + list_of(describe_run(source->plan.scenario, outcome.choices, participants));
    if (const auto faults = faults_at(source->plan, violation->time); !faults.empty())
        out += "\nfaults that had begun\n" + list_of(faults);
    out += "\nthe last events before it\n" + events_text(last.events(), participants);
    out += fmt::format(
        "\nnext\n  aivmsim replay {0}\n  aivmsim shrink {0}\n  aivmsim run {1} --events\n"
        "  aivmsim emit-test {0}\n",
        path, source->from_folder ? path + "/scenario.toml" : path);
    return print_result(out) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
