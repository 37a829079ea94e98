#include "scenarios/campaign/campaign_summary.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "scenarios/campaign/campaign_files.h"
#include "scenarios/campaign/probes.h"
#include "scenarios/campaign/trace_key.h"
#include "scenarios/file/load.h"
#include "scenarios/statistics/intervals.h"

namespace aivm::scenarios {
namespace {

Spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::ranges::sort(values);
    const auto at = [&](std::size_t percent) {
        return values[std::min(values.size() - 1, values.size() * percent / 100)];
    };
    return {at(5), at(50), at(95)};
}

// Rates per CPU second over the runs that ended by themselves.
Spread rates(const std::vector<RunRecord>& runs,
             const std::function<double(const RunRecord&)>& amount) {
    std::vector<double> values;
    for (const RunRecord& run : runs) {
        if (run.cpu_us != 0) values.push_back(amount(run) * 1e6 / static_cast<double>(run.cpu_us));
    }
    return spread_of(std::move(values));
}

class DefectTable {
public:
    explicit DefectTable(const CampaignContents& contents) : contents_(contents) {
        for (const FindingRecord& finding : contents.findings) by_key_[finding.key] = &finding;
    }
    void add(const RunRecord& run, const RecordedViolation& violation) {
        const std::string key = trace_key(violation.invariant, violation.message, {});
        const auto saved = by_key_.find(key);
        const FindingRecord* finding = saved == by_key_.end() ? nullptr : saved->second;
        const std::string group = finding == nullptr ? key : finding->trace;
        auto [place, is_new] = rows_.emplace(group, defects_.size());
        if (is_new) {
            Defect row = row_of(run, violation);
            if (finding != nullptr) show_finding(row, *finding);
            defects_.push_back(std::move(row));
        }
        ++defects_[place->second].runs;
    }
    [[nodiscard]] std::vector<Defect> take() { return std::move(defects_); }

private:
    [[nodiscard]] Defect row_of(const RunRecord& run, const RecordedViolation& violation) const {
        Defect row;
        row.invariant = violation.invariant;
        row.name = violation.name;
        row.message = violation.message;
        row.liveness = violation.liveness;
        row.first_run = run.index;
        show_run(row, run.seed, run.scenario);
        return row;
    }
    // Of several runs that show a defect, the first to end is saved, not the first of all; it may
    // be of another scenario.
    void show_finding(Defect& row, const FindingRecord& finding) const {
        row.finding = finding.id;
        row.actions_before = finding.actions_before;
        row.actions_after = finding.actions_after;
        row.tries = finding.tries;
        row.message = finding.message;
        show_run(row, finding.seed, finding.scenario);
    }
    void show_run(Defect& row, std::uint64_t seed, std::uint32_t scenario) const {
        row.seed = seed;
        row.scenario = contents_.plan.scenarios[scenario].name;
        row.file = scenario_path(contents_.plan, scenario);
    }

    const CampaignContents& contents_;
    std::map<std::string, const FindingRecord*> by_key_;
    std::map<std::string, std::size_t> rows_;
    std::vector<Defect> defects_;
};

void add_failure(std::vector<Failure>& failures, const RunRecord& run, const CampaignPlan& plan) {
    const std::string file = failure_path(plan, run);
    const auto known = std::ranges::find(failures, file, &Failure::file);
    if (known != failures.end()) {
        ++known->runs;
        return;
    }
    failures.push_back({run.end, run.message, 1, run.seed, plan.scenarios[run.scenario].name, file,
                        scenario_path(plan, run.scenario)});
}

// The scenarios of the plan; nothing where this version cannot read one.
std::vector<std::optional<sim::Scenario>> scenarios_of(const CampaignPlan& plan) {
    std::vector<std::optional<sim::Scenario>> out;
    for (const CampaignScenario& scenario : plan.scenarios) {
        auto loaded = load_scenario_text(scenario.text, scenario.name);
        out.push_back(loaded ? std::optional(std::move(loaded->scenario)) : std::nullopt);
    }
    return out;
}

ProbeShare share_of(const ProbeRow& row, const std::vector<RunRecord>& runs,
                    const std::vector<std::optional<sim::Scenario>>& scenarios, bool targets) {
    ProbeShare out;
    out.name = row.name;
    std::vector<bool> applies;
    for (const auto& scenario : scenarios) applies.push_back(scenario && row.applies(*scenario));
    for (const RunRecord& run : runs) {
        if (run.digest.empty() || !applies.at(run.scenario)) continue;
        ++out.judged;
        out.runs += std::ranges::find(run.probes, row.name) != run.probes.end() ? 1 : 0;
    }
    if (out.judged == 0) return out;
    if (targets) out.target = row.target;
    const auto n = static_cast<double>(out.judged);
    const auto k = static_cast<double>(out.runs);
    out.share = k / n;
    out.share_max = clopper_pearson(k, n, kCampaignConfidence).high;
    return out;
}

std::vector<ProbeShare> shares_of(const CampaignContents& contents,
                                  const std::vector<RunRecord>& runs, bool targets) {
    const auto scenarios = scenarios_of(contents.plan);
    std::vector<ProbeShare> out;
    for (const ProbeRow& row : probe_rows()) out.push_back(share_of(row, runs, scenarios, targets));
    return out;
}

}  // namespace

CampaignSummary summarise(const CampaignContents& contents, bool targets) {
    CampaignSummary out;
    DefectTable defects(contents);
    std::map<std::string, std::uint64_t> behaviours;
    // Workers report in any order; the table shows the first run by its number.
    std::vector<RunRecord> runs = contents.runs;
    std::ranges::sort(runs, {}, &RunRecord::index);
    for (const CampaignScenario& scenario : contents.plan.scenarios)
        out.scenarios.push_back({scenario.name, 0, 0});
    for (const RunRecord& run : runs) {
        ++out.runs;
        ++out.scenarios[run.scenario].runs;
        out.repeated += run.repeated ? 1 : 0;
        out.scenarios[run.scenario].repeated += run.repeated ? 1 : 0;
        ++out.ends.at(static_cast<std::size_t>(run.end));
        out.cpu_seconds += static_cast<double>(run.cpu_us) / 1e6;
        out.memory_kib_max = std::max(out.memory_kib_max, run.memory_kib);
        if (!run.behaviour.empty()) ++behaviours[run.behaviour];
        for (const RecordedViolation& violation : run.violations) defects.add(run, violation);
        if (run.end >= RunEnd::kFailed || (run.end != RunEnd::kClean && run.violations.empty()))
            add_failure(out.failures, run, contents.plan);
    }
    out.defects = defects.take();
    out.unseen = estimate_unseen(behaviours, kCampaignConfidence);
    out.probes = shares_of(contents, runs, targets);
    out.runs_per_cpu_second = rates(runs, [](const RunRecord&) { return 1.0; });
    out.events_per_cpu_second =
        rates(runs, [](const RunRecord& r) { return static_cast<double>(r.events); });
    out.blocks_per_cpu_second =
        rates(runs, [](const RunRecord& r) { return static_cast<double>(r.blocks); });
    return out;
}

}  // namespace aivm::scenarios
