#include "sim/record/metrics.h"

#include <algorithm>
#include <array>

namespace aivm::sim {
namespace {

constexpr std::array kSpecs{
    MetricSpec{
        "p_final_corrupt", "share", true,
        "wrong results that became final, as a share of all that became final; no value if none "
        "did"},
    MetricSpec{"n_fraud_posted", "", true, "wrong results posted"},
    MetricSpec{"n_fraud_missed", "", true, "wrong results that became final"},
    MetricSpec{
        "ttf_mean", "s", true,
        "time from submission to finality, mean over the final tasks; tasks_pending counts those "
        "left out"},
    MetricSpec{"ttf_p50", "s", true, "time from submission to finality, median of the final tasks"},
    MetricSpec{"ttf_p99", "s", true,
               "time from submission to finality, 99th percentile of the final tasks"},
    MetricSpec{"ttu_mean", "s", true,
               "time from submission to the first block in which the result may be used, mean"},
    MetricSpec{"ttp_mean", "s", false,
               "time from the block of a result to the block in which the first challenge of it "
               "was won, mean over the results that were proven wrong"},
    MetricSpec{"ttp_p99", "s", false, "the same, 99th percentile"},
    MetricSpec{"tta_mean", "s", false,
               "on a DAG: time from a vertex's issue to its acceptance by the first correct "
               "validator, mean over accepted vertices with operations"},
    MetricSpec{"tta_p50", "s", false, "the same, median"},
    MetricSpec{"tta_p99", "s", false, "the same, 99th percentile"},
    MetricSpec{"tts_mean", "s", false,
               "on a DAG: time from a vertex's issue to the cut that settled it, mean over settled "
               "vertices with operations"},
    MetricSpec{"tts_p50", "s", false, "the same, median"},
    MetricSpec{"tts_p99", "s", false, "the same, 99th percentile"},
    MetricSpec{"ttd_mean", "s", false,
               "on a DAG: time from two vertices or cuts being in conflict until one of them is "
               "accepted or both are rejected, mean over decided conflicts"},
    MetricSpec{"ttd_p99", "s", false, "the same, 99th percentile"},
    MetricSpec{"n_vertices", "", false, "vertices of a DAG with operations"},
    MetricSpec{"n_vertices_rejected", "", false, "those of them that were rejected"},
    MetricSpec{"n_vertices_orphaned", "", false,
               "rejected vertices of which no rival was accepted: they stood on one that lost"},
    MetricSpec{"n_conflicts", "", false, "pairs of vertices or of cuts that were in conflict"},
    MetricSpec{
        "attacker_net", "nLUX", false,
        "net payoff and value of lies of the attacker (key attacker; by default the first "
        "group that breaks the protocol), less harm to itself; no value without an attacker"},
    MetricSpec{"attacker_roi_ppm", "ppm", false,
               "attacker_net relative to the attacker's opening stake"},
    MetricSpec{"cheating_gain", "nLUX", false,
               "attacker_net less what the attacker has when it is honest, under the same seed; "
               "only with a counterfactual"},
    MetricSpec{"attacker_profitable", "", false,
               "1 if cheating_gain is above zero; only with a counterfactual"},
    MetricSpec{
        "harm_early", "nLUX", false,
        "value of tasks of which a wrong answer was used before it was final, whatever became "
        "of it"},
    MetricSpec{"harm_final", "nLUX", false, "value of the other tasks whose final answer is wrong"},
    MetricSpec{"honest_false_slash", "nLUX", false,
               "taken from agents that had done nothing wrong: from providers for answers that are "
               "right, from honest providers for silence although they had sent the answer, "
               "commitment or reveal before the last block that takes it was built (one that "
               "crashed or heard of nothing has sent nothing), and from honest challengers and "
               "validators"},
    MetricSpec{"slash_due", "nLUX", false, "amount due by the rules of slashing"},
    MetricSpec{"slash_taken", "nLUX", false, "amount that was taken"},
    MetricSpec{"slash_escape", "nLUX", false, "slash_due minus slash_taken"},
    MetricSpec{"n_free_lies", "", false, "wrong results that were proven and cost nothing"},
    MetricSpec{"grief_victim_loss", "nLUX", false,
               "amount that honest principals lost to griefing"},
    MetricSpec{"grief_attacker_cost", "nLUX", false, "amount that the griefing cost the attackers"},
    MetricSpec{"n_noise_posted", "", false,
               "results of honest principals that are not exactly the true answer"},
    MetricSpec{"n_honest_slashed", "", false,
               "results, right or wrong, for which an honest principal was slashed"},
    MetricSpec{"n_cheats_posted", "", false,
               "results of dishonest principals that are not exactly the true answer"},
    MetricSpec{"n_cheats_missed", "", false, "n_cheats_posted that became final without a slash"},
    MetricSpec{"censored_proofs", "", false,
               "times a fraud proof was left out of a block on purpose"},
    MetricSpec{"locked_mean", "nLUX", false, "locked value, mean over blocks"},
    MetricSpec{"refused_share", "share", false,
               "tasks refused at submission, as a share of all submitted"},
    MetricSpec{"unchecked_share", "share", false,
               "results that nobody checked, as a share of all results"},
    MetricSpec{"quorum_fail", "", false, "tasks whose providers reached no quorum"},
    MetricSpec{"reassign_rounds", "", false, "assignments beyond a task's first"},
    MetricSpec{"max_value_uncovered", "nLUX", false,
               "largest value at risk above the slashable bond in any block"},
    MetricSpec{"harm_covered", "nLUX", false,
               "paid from slashes to requesters for answers of theirs that were used early, at "
               "most the harm"},
    MetricSpec{"harm_uncovered", "nLUX", false, "harm_early and harm_final less harm_covered"},
    MetricSpec{"price_low", "", false,
               "lowest price of LUX in the reference currency, relative to the start"},
    MetricSpec{"price_end", "", false, "the price when the run ended, relative to the start"},
    MetricSpec{"space_burned", "nLUX", false, "burned for block space (vm.space_price_floor)"},
    MetricSpec{"blocks", "blocks", false, "height reached"},
    MetricSpec{"tasks", "", false, "tasks submitted"},
    MetricSpec{"tasks_pending", "", false, "tasks that were still open when the run ended"},
    MetricSpec{"events", "", false, "events executed"},
    MetricSpec{"messages", "", false, "messages sent"},
    MetricSpec{"virtual_seconds", "s", false, "virtual time simulated"},
    MetricSpec{"recovery_seconds", "s", false,
               "virtual time from the end of the last fault until every correct validator had "
               "caught up and a new block was accepted; no value without faults and if it never "
               "came"},
    MetricSpec{"wall_seconds", "s", false, "real time of the run"},
};

}  // namespace

std::span<const MetricSpec> metric_specs() { return kSpecs; }

const MetricSpec* find_metric(std::string_view name) {
    const auto found = std::ranges::find(kSpecs, name, &MetricSpec::name);
    return found == kSpecs.end() ? nullptr : &*found;
}

}  // namespace aivm::sim
