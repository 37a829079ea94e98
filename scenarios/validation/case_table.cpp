#include "scenarios/validation/case_table.h"

#include <algorithm>
#include <array>

namespace aivm::scenarios {
namespace {

using enum Method;

// `runs` is the number of runs with which a correct case agrees at the first look two times out of
// three: a 99.3 % interval within 10 % needs about 1,400 (1 - p) / p independent trials of
// probability p, and a number of means that depends on their spread.
constexpr std::array kRows{
    CaseRow{"V01", "n lazy checkers, every answer wrong; answers that became final", kBinomial, 8,
            independent_checkers},
    CaseRow{"V02", "the same, with outages in which all of them miss an answer", kBinomial, 7,
            checkers_with_common_outage},
    CaseRow{"V05", "net payoff of a liar per wrong answer, computing costs included", kMeans, 24,
            value_of_a_fraud},
    CaseRow{"V06", "search for the result_bond at which lying stops to pay", kMeans, 10,
            deterring_slash},
    CaseRow{"V07",
            "search for the rate of wrong answers at which checking all and none pay the same",
            kMeans, 10, indifferent_checker},
    CaseRow{"V08", "search for the check rate at which lying stops to pay", kMeans, 10,
            indifferent_cheater},
    CaseRow{"V16", "a liar's wrong answers between two that are caught", kMeans, 24,
            frauds_before_the_first_catch},
    CaseRow{"V18", "campaigns of a liar that end with a profit", kBinomial, 60,
            profitable_campaigns},
    CaseRow{
        "V21",
        "committees whose members are bad with that probability; wrong answers that became final",
        kBinomial, 8, corrupt_open_pool},
    CaseRow{"V22", "committees of good and K bad providers; wrong answers that became final",
            kBinomial, 9, corrupt_finite_pool},
    CaseRow{"V24", "committees whose members are sometimes silent; tasks that failed", kBinomial,
            20, missed_quorums},
    CaseRow{"V25", "committees of honest members that sometimes err; seats slashed", kClustered, 12,
            slashed_honest_seats},
    CaseRow{"V27", "h honest, b bad and enough riders race in the open; tasks that a bad one won",
            kBinomial, 6, copied_wrong_answers},
    CaseRow{"V29", "N honest members race; from the draw to the M-th answer", kMeans, 16,
            time_to_quorum, service_time_of_rate},
    CaseRow{"V30", "as V24, drawn again until there is a quorum; assignments per task", kMeans, 16,
            assignment_rounds},
    CaseRow{"V31", "one challenger, censors drawn block by block; wrong answers that became final",
            kClustered, 24, censored_proofs},
    CaseRow{"V33",
            "bisections under the same censors; those whose m-th move is not within the window",
            kClustered, 12, sequential_moves},
    CaseRow{"V34", "as V31, rounds of n proposers, A of them censors", kClustered, 24,
            permuted_proposers},
    CaseRow{"V35", "the same, leaders of s blocks each", kClustered, 24, sticky_leaders},
    CaseRow{"V37", "one checker, cut off for a drawn time when the answer is posted", kBinomial, 8,
            partition_at_posting},
    CaseRow{"V39", "n checkers that detect a wrong answer with a fixed probability per block",
            kBinomial, 2, checkers_by_the_block},
    CaseRow{"V41", "blocks between an unchallenged answer and its settlement", kExact, 2,
            finality_lag},
    CaseRow{"V43", "search for the outside gain at which proving oneself wrong loses nothing",
            kExact, 1, cost_of_self_challenge},
    CaseRow{"V52", "Poisson jobs for one provider whose bond has k slots; jobs that expire",
            kClustered, 20, refused_jobs},
    CaseRow{"V53", "the same with slots for all; the provider's locked bond over time", kMeans, 20,
            locked_bond},
    CaseRow{"V54", "providers of k machines, exponential work; the wait for a machine", kMeans, 28,
            wait_for_one_of_k, service_time_of_rate},
    CaseRow{"V55", "providers of one machine, equal work; the wait for it", kMeans, 16,
            wait_for_one, service_time},
    CaseRow{"V58",
            "U simulated; search for the cooldown that keeps a committee member's bond until it is "
            "slashed, and U minus that",
            kExact, 1, unbond_margin},
    CaseRow{"V62", "attested lies, used at once, before an audit catches one", kMeans, 24,
            corrupt_attested_results},
    CaseRow{"V64", "n + k providers, k of one owner; the owner's share of the answers", kBinomial,
            7, sybil_share},
    CaseRow{"V65", "as V01, e of the checkers cut off", kBinomial, 2, eclipsed_checkers},
    CaseRow{"V66", "A of n proposers pass every turn; draws that they could have had per block",
            kMeans, 8, choices_of_a_grinder},
    CaseRow{"V67", "the same with K of P providers, passing what does not suit them; their share",
            kBinomial, 4, favourable_draws},
    CaseRow{"V68", "N false challenges per answer, as late as possible, judged by re-execution",
            kExact, 2, delay_by_reexecutions},
    CaseRow{"V69", "N false challenges per answer, each played out by bisection, every move late",
            kExact, 2, delay_by_games},
    CaseRow{"V70", "a queue of Q tasks filled whenever it is empty; the loss per block it is full",
            kExact, 1, cost_of_a_full_queue},
    CaseRow{"V71", "c of n providers proven wrong at once; the penalty of each, of its bond",
            kExact, 1, correlated_penalties},
    CaseRow{"V72", "a liar's n lies, each caught with that probability; what it pays in all",
            kMeans, 400, escalated_total},
    CaseRow{"V73", "one challenger of everything beside n - 1 lazy ones; its part of the share",
            kMeans, 16, halved_reward},
    CaseRow{"V74", "as V22, with a least share of the stake", kBinomial, 9, corrupt_by_stake},
    CaseRow{"V75", "search for the result_bond at which not computing stops to pay under audits",
            kMeans, 10, audit_floor},
    CaseRow{"V76", "attested lies used at once; what slashes pay back to the requesters", kMeans,
            24, insured_harm},
    CaseRow{"V77", "runs of n blocks whose liar never finds the price low enough", kBinomial, 1000,
            deterred_by_a_price},
    CaseRow{"V78",
            "errors on purpose; what one challenger of everything earns beside n - 1 lazy ones",
            kMeans, 16, forced_errors},
    CaseRow{"V79", "search for the check cost at which checking stops to pay under questions",
            kMeans, 10, attention},
    CaseRow{"C01", "the formula itself, as the case demands", kExact, 1, byzantine_poll_formula},
    CaseRow{"C02", "polls of one node; those that the bad fill alone", kBinomial, 15,
            byzantine_polls},
    CaseRow{"C03", "honest nodes one by one until they decide", kMeans, 16, polls_to_decide},
    CaseRow{"C04", "honest nodes one by one until they decide", kMeans, 16, polls_to_decide},
    CaseRow{"C05", "rounds until the last honest node decides", kMeans, 60, polls_until_all_decide},
    CaseRow{"C06", "steps until all prefer the same", kMeans, 200, slush_from_half},
    CaseRow{"C07", "steps until all prefer the same", kMeans, 60, slush_from_sixty},
    CaseRow{"C08", "rounds until all decide what all prefer", kExact, 2, snowball_from_unanimity},
    CaseRow{"C09", "rounds until the last node decides", kMeans, 60, snowflake_from_half},
    CaseRow{"C10", "runs in which two honest nodes decide differently", kBinomial, 80,
            unsafe_disagreement},
    CaseRow{"C11", "a vertex without rivals; polls of one node until it accepts it", kMeans, 16,
            polls_of_a_virtuous_vertex},
    CaseRow{"C12", "a vertex whose rival f of the responders endorse; polls until it is accepted",
            kMeans, 16, polls_of_a_rogue_vertex},
    CaseRow{"C13", "polls in which g of the responders endorse two rivals; those that count",
            kBinomial, 4, polls_with_undecided_responders},
    CaseRow{"C14", "sets of n vertices with m of J jobs each; those with a conflict", kBinomial, 10,
            conflicts_of_concurrent_vertices},
    CaseRow{"C15", "vertices issued until a job's is accepted, if rivals meet it with chance q",
            kMeans, 16, vertices_per_settled_job},
    CaseRow{"C16", "a cut every I rounds; from issuing a vertex to the acceptance of its cut",
            kMeans, 8, rounds_to_settle},
};

}  // namespace

std::span<const CaseRow> case_rows() { return kRows; }

const CaseRow* find_case_row(std::string_view id) {
    const auto found = std::ranges::find(kRows, id, &CaseRow::id);
    return found == kRows.end() ? nullptr : &*found;
}

}  // namespace aivm::scenarios
