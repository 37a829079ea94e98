// Replays a finding: the whole run, then its reproducer.
#include <fmt/format.h>

#include "core/kernels/kernels.h"
#include "scenarios/campaign/finding_folder.h"
#include "scenarios/campaign/shrink_run.h"
#include "scenarios/file/load.h"
#include "scenarios/file/recorded.h"
#include "scenarios/run/setting.h"
#include "sim/history/history_player.h"

namespace aivm::scenarios {
namespace {

// An error that names the file if its contents are not as recorded.
template <class T>
Result<T> in_file(Result<T> result, const SavedFinding& finding, std::string_view name) {
    if (result) return result;
    return fail(result.error().code,
                fmt::format("{}/{}: {}", finding.folder, name, result.error().context));
}

Result<RunPlan> plan_of(const SavedFinding& finding, const std::string& text,
                        std::string_view text_name, const Bytes& choices,
                        std::string_view choices_name) {
    auto loaded = load_scenario_text(text, fmt::format("{}/{}", finding.folder, text_name));
    if (!loaded) return fail(ErrorCode::kConfig, to_text(loaded.error()));
    AIVM_ASSIGN(sim::ChoiceList list, in_file(sim::decode_choices(choices), finding, choices_name));
    return RunPlan{std::move(loaded->scenario), finding.seed, std::move(list)};
}

bool same(const sim::Violation& a, const sim::Violation& b) {
    return a.invariant == b.invariant && a.time == b.time && a.message == b.message;
}

std::string compare_run(ReplayResult& result) {
    const SavedFinding& finding = result.finding;
    const sim::Violation* again = unexpected_violation(result.outcome, finding.violation.invariant);
    const std::string digest = result.outcome.digest.hex();
    result.same_violation = again != nullptr && same(*again, finding.violation);
    result.same_digest = digest == finding.digest;
    if (again == nullptr) return fmt::format("{} was not violated", finding.violation.invariant);
    if (!result.same_violation) {
        return fmt::format("{} was violated at {} ns: {}", again->invariant, again->time,
                           again->message);
    }
    return result.same_digest ? ""
                              : fmt::format("the digest is {} and was {}", digest, finding.digest);
}

// The first difference; empty if there is none.
Result<std::string> replay_history(const StoredFinding& stored, const RunPlan& plan) {
    AIVM_ASSIGN(const sim::History history,
                in_file(sim::decode_history(stored.files.history), stored.finding, "history.bin"));
    if (!sim::HistoryPlayer::can_show(stored.finding.violation.invariant)) {
        return fail(ErrorCode::kMalformed,
                    fmt::format("{}/finding.json: no history can show {}", stored.finding.folder,
                                stored.finding.violation.invariant));
    }
    AIVM_ASSIGN(const sim::Setting setting, make_setting(plan.scenario));
    sim::WorldOptions options;
    options.seed = plan.seed;
    AIVM_ASSIGN(const std::unique_ptr<sim::World> world, sim::World::make(setting, options));
    sim::HistoryPlayer player(*world, stored.finding.violation.invariant);
    AIVM_ASSIGN(const sim::PlayedHistory played, player.play(history));
    if (!played.violation) return "the shrunk history violates nothing";
    if (played.violation->message == stored.finding.shrunk_message) return "";
    return "the shrunk history says: " + played.violation->message;
}

// The whole run again, if it could not be shrunk, is not repeated.
Result<std::string> replay_shrunk_run(const StoredFinding& stored, const Rerun& rerun,
                                      ReplayResult& result) {
    if (stored.files.shrunk.empty() || stored.finding.shrunk_digest == stored.finding.digest)
        return "";
    auto loaded = load_scenario_text(stored.files.shrunk, stored.finding.folder + "/shrunk.toml");
    if (!loaded) return fail(ErrorCode::kConfig, to_text(loaded.error()));
    if (!loaded->recorded)
        return fail(ErrorCode::kMalformed, stored.finding.folder + "/shrunk.toml records no run");
    const RunPlan plan{std::move(loaded->scenario), loaded->recorded->seed,
                       std::move(loaded->recorded->choices)};
    AIVM_ASSIGN(const sim::Outcome outcome, run_plan(plan, rerun, {}));
    result.shrunk_choices = plan.choices.size();
    result.shrunk_choices_binding = binding_choices(plan.choices, outcome.choices);
    const sim::Violation* violation =
        unexpected_violation(outcome, stored.finding.violation.invariant);
    if (violation == nullptr) return "the shrunk run does not violate the invariant";
    const bool is_shown = stored.finding.reproducer == Reproducer::kRun;
    if (is_shown && violation->message != stored.finding.shrunk_message)
        return "the shrunk run says: " + violation->message;
    return outcome.digest.hex() == stored.finding.shrunk_digest
               ? ""
               : "the shrunk run has another digest";
}

}  // namespace

Result<ReplayResult> replay_finding(const std::string& folder, const Rerun& how) {
    AIVM_ASSIGN(const StoredFinding stored, read_finding(folder));
    Rerun rerun = how;
    rerun.paranoid = stored.finding.paranoid;
    AIVM_ASSIGN(const RunPlan plan, plan_of(stored.finding, stored.files.scenario, "scenario.toml",
                                            stored.files.choices, "choices.bin"));
    ReplayResult result;
    result.finding = stored.finding;
    AIVM_ASSIGN(result.outcome, run_plan(plan, rerun, {}));
    result.difference = compare_run(result);
    result.choices = plan.choices.size();
    result.choices_binding = binding_choices(plan.choices, result.outcome.choices);
    std::string shrunk;
    if (stored.finding.reproducer == Reproducer::kHistory) {
        AIVM_ASSIGN(shrunk, replay_history(stored, plan));
    }
    if (shrunk.empty()) {
        AIVM_ASSIGN(shrunk, replay_shrunk_run(stored, rerun, result));
    }
    result.shrunk_reproduces = shrunk.empty();
    if (result.difference.empty()) result.difference = shrunk;
    return result;
}

}  // namespace aivm::scenarios
