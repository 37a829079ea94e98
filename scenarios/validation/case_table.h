// How each case is simulated: one row per case. To read a case, find its row here and follow its
// function; to add a case, add a row. A case of the file without a row has failed: nothing
// simulates it.
//
// Every parameter of a case is free. A function reads them with the checked getters of
// ValidationCase before it makes a world, and sizes its sample by them; what it cannot simulate it
// refuses by throwing ParameterError, which is the verdict of that case only.
#pragma once

#include <span>

#include "scenarios/validation/case_file.h"
#include "scenarios/validation/worlds.h"

namespace aivm::scenarios {

// One run of the case with the parameters of the file.
using Simulate = Result<Sample> (*)(const ValidationCase& c, const RunContext& context);

// The natural unit of a quantity; margin.h calls a value small in relation to it.
using Unit = double (*)(const ValidationCase& c);

struct CaseRow {
    std::string_view id;
    std::string_view how;  // what is run and what is counted, in one line
    Method method = Method::kBinomial;
    std::uint32_t runs = 1;  // at the first look of a margin of 10 %; see case_table.cpp
    Simulate simulate = nullptr;
    Unit unit = nullptr;  // nullptr: it has none
};

std::span<const CaseRow> case_rows();
const CaseRow* find_case_row(std::string_view id);

// One function per case, grouped by file. detection.cpp
Result<Sample> independent_checkers(const ValidationCase& c, const RunContext& context);
Result<Sample> checkers_with_common_outage(const ValidationCase& c, const RunContext& context);
Result<Sample> eclipsed_checkers(const ValidationCase& c, const RunContext& context);
Result<Sample> checkers_by_the_block(const ValidationCase& c, const RunContext& context);
Result<Sample> partition_at_posting(const ValidationCase& c, const RunContext& context);
// deterrence.cpp
Result<Sample> value_of_a_fraud(const ValidationCase& c, const RunContext& context);
Result<Sample> deterring_slash(const ValidationCase& c, const RunContext& context);
Result<Sample> indifferent_checker(const ValidationCase& c, const RunContext& context);
Result<Sample> indifferent_cheater(const ValidationCase& c, const RunContext& context);
Result<Sample> frauds_before_the_first_catch(const ValidationCase& c, const RunContext& context);
Result<Sample> profitable_campaigns(const ValidationCase& c, const RunContext& context);
Result<Sample> corrupt_attested_results(const ValidationCase& c, const RunContext& context);
Result<Sample> cost_of_self_challenge(const ValidationCase& c, const RunContext& context);
// censorship.cpp
Result<Sample> censored_proofs(const ValidationCase& c, const RunContext& context);
Result<Sample> sequential_moves(const ValidationCase& c, const RunContext& context);
Result<Sample> permuted_proposers(const ValidationCase& c, const RunContext& context);
Result<Sample> sticky_leaders(const ValidationCase& c, const RunContext& context);
// committee.cpp
Result<Sample> corrupt_open_pool(const ValidationCase& c, const RunContext& context);
Result<Sample> corrupt_finite_pool(const ValidationCase& c, const RunContext& context);
Result<Sample> missed_quorums(const ValidationCase& c, const RunContext& context);
Result<Sample> assignment_rounds(const ValidationCase& c, const RunContext& context);
Result<Sample> slashed_honest_seats(const ValidationCase& c, const RunContext& context);
Result<Sample> copied_wrong_answers(const ValidationCase& c, const RunContext& context);
Result<Sample> unbond_margin(const ValidationCase& c, const RunContext& context);
Result<Sample> time_to_quorum(const ValidationCase& c, const RunContext& context);
// queueing.cpp
Result<Sample> finality_lag(const ValidationCase& c, const RunContext& context);
Result<Sample> refused_jobs(const ValidationCase& c, const RunContext& context);
Result<Sample> locked_bond(const ValidationCase& c, const RunContext& context);
Result<Sample> wait_for_one_of_k(const ValidationCase& c, const RunContext& context);
Result<Sample> wait_for_one(const ValidationCase& c, const RunContext& context);
double service_time_of_rate(const ValidationCase& c);
double service_time(const ValidationCase& c);
Result<Sample> sybil_share(const ValidationCase& c, const RunContext& context);
// grinding.cpp
Result<Sample> choices_of_a_grinder(const ValidationCase& c, const RunContext& context);
Result<Sample> favourable_draws(const ValidationCase& c, const RunContext& context);
// delay.cpp
Result<Sample> delay_by_reexecutions(const ValidationCase& c, const RunContext& context);
Result<Sample> delay_by_games(const ValidationCase& c, const RunContext& context);
// penalties.cpp
Result<Sample> correlated_penalties(const ValidationCase& c, const RunContext& context);
Result<Sample> escalated_total(const ValidationCase& c, const RunContext& context);
Result<Sample> halved_reward(const ValidationCase& c, const RunContext& context);
Result<Sample> corrupt_by_stake(const ValidationCase& c, const RunContext& context);
Result<Sample> audit_floor(const ValidationCase& c, const RunContext& context);
Result<Sample> insured_harm(const ValidationCase& c, const RunContext& context);
Result<Sample> deterred_by_a_price(const ValidationCase& c, const RunContext& context);
Result<Sample> forced_errors(const ValidationCase& c, const RunContext& context);
Result<Sample> attention(const ValidationCase& c, const RunContext& context);
// queue_price.cpp
Result<Sample> cost_of_a_full_queue(const ValidationCase& c, const RunContext& context);
// snow.cpp
Result<Sample> byzantine_poll_formula(const ValidationCase& c, const RunContext& context);
Result<Sample> byzantine_polls(const ValidationCase& c, const RunContext& context);
Result<Sample> polls_to_decide(const ValidationCase& c, const RunContext& context);
Result<Sample> polls_until_all_decide(const ValidationCase& c, const RunContext& context);
Result<Sample> slush_from_half(const ValidationCase& c, const RunContext& context);
Result<Sample> slush_from_sixty(const ValidationCase& c, const RunContext& context);
Result<Sample> snowball_from_unanimity(const ValidationCase& c, const RunContext& context);
Result<Sample> snowflake_from_half(const ValidationCase& c, const RunContext& context);
Result<Sample> unsafe_disagreement(const ValidationCase& c, const RunContext& context);
// dag.cpp
Result<Sample> polls_of_a_virtuous_vertex(const ValidationCase& c, const RunContext& context);
Result<Sample> polls_of_a_rogue_vertex(const ValidationCase& c, const RunContext& context);
Result<Sample> polls_with_undecided_responders(const ValidationCase& c, const RunContext& context);
Result<Sample> conflicts_of_concurrent_vertices(const ValidationCase& c, const RunContext& context);
// settling.cpp
Result<Sample> vertices_per_settled_job(const ValidationCase& c, const RunContext& context);
Result<Sample> time_to_settle(const ValidationCase& c, const RunContext& context);

}  // namespace aivm::scenarios
