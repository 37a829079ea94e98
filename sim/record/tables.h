// The one place that ties a row struct to its table: name, key, and for every field its column,
// unit and meaning. The SQL type, NOT NULL, the allowed words of an enum, the CREATE and INSERT
// statements, binding, reading back and the schema page all follow from it (sim/record/schema.h,
// sim/record/column_io.h). Table<Row>::columns lists the fields.
//
// Tables of Scope::kRun have a first column run_id, which rows do not carry: the sink knows the
// run. Adding a table or column needs a new schema version (kSchemaVersion in sim/record/schema.h),
// and the table or column states that version as `since`. In older files such a table reads as
// empty and such a column, which must be a std::optional, as absent: "no data" is NULL, never 0.
#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "sim/record/rows.h"

namespace aivm::sim {

enum class Scope : std::uint8_t { kFile, kRun };

template <class Row, class Value_>
struct Column {
    using Value = Value_;
    std::string_view name;
    Value_ Row::* member;
    std::string_view unit;  // empty for a plain count, id or word
    std::string_view doc;
    std::uint32_t since = 1;  // the schema version from which on files have the column
};
template <class Row, class Value>
Column(std::string_view, Value Row::*, std::string_view, std::string_view) -> Column<Row, Value>;
template <class Row, class Value>
Column(std::string_view, Value Row::*, std::string_view, std::string_view, std::uint32_t)
    -> Column<Row, Value>;

// The schema version from which on files have the table.
template <class TableOfRow>
constexpr std::uint32_t first_version() {
    if constexpr (requires { TableOfRow::since; }) return TableOfRow::since;
    return 1;
}

template <class Row>
struct Table;

template <>
struct Table<StudyRow> {
    static constexpr std::string_view name = "study";
    static constexpr std::string_view doc =
        "a study: many runs of one program version with one purpose";
    static constexpr std::string_view key = "study_id";
    static constexpr Scope scope = Scope::kFile;
    static constexpr std::tuple columns{
        Column{"study_id", &StudyRow::study_id, "", "63 bits of a hash of the other columns"},
        Column{"name", &StudyRow::name, "", "what the user called it"},
        Column{"created", &StudyRow::created, "UTC", "time of the request, ISO 8601"},
        Column{"code_version", &StudyRow::code_version, "", "version and commit of the simulator"},
        Column{"compiler", &StudyRow::compiler, "", "compiler and its version"},
        Column{"build_flags", &StudyRow::build_flags, "", "build type and flags"},
        Column{"schema_version", &StudyRow::schema_version, "", "equal to PRAGMA user_version"},
    };
};

template <>
struct Table<PointRow> {
    static constexpr std::string_view name = "point";
    static constexpr std::string_view doc =
        "one parameter combination: with a seed, all that is needed to run it again";
    static constexpr std::string_view key = "point_id";
    static constexpr Scope scope = Scope::kFile;
    static constexpr std::tuple columns{
        Column{"point_id", &PointRow::point_id, "", "the first 63 bits of config_hash"},
        Column{"config_hash", &PointRow::config_hash, "hex", "SHA-256 of config"},
        Column{"config", &PointRow::config, "", "the canonical configuration after all overrides"},
        Column{"scenario", &PointRow::scenario, "", "the scenario's name"},
        Column{"scenario_text", &PointRow::scenario_text, "", "the text of the scenario file"},
        Column{"overrides", &PointRow::overrides, "",
               "key=value settings applied over the file, one per line"},
    };
};

template <>
struct Table<PointParamRow> {
    static constexpr std::string_view name = "point_param";
    static constexpr std::string_view doc = "one overridden parameter of a point";
    static constexpr std::string_view key = "point_id, name";
    static constexpr Scope scope = Scope::kFile;
    static constexpr std::tuple columns{
        Column{"point_id", &PointParamRow::point_id, "", "the point"},
        Column{"name", &PointParamRow::name, "",
               "the scenario key, such as vm.challenge_window_blocks"},
        Column{"number", &PointParamRow::number, "see unit",
               "the value in base units, where it is a number"},
        Column{"text", &PointParamRow::text, "", "the value as it was written"},
        Column{"unit", &PointParamRow::unit, "",
               "base unit of number, such as ns, nLUX, ppm, blocks"},
        Column{"design", &PointParamRow::design, "",
               "1 if the key is chosen by whoever sets the rules of the chain, 0 if it is part of "
               "the environment: points are compared only within one environment",
               6},
    };
};

template <>
struct Table<RunRow> {
    static constexpr std::string_view name = "run";
    static constexpr std::string_view doc = "one simulation, written when it has ended";
    static constexpr std::string_view key = "run_id";
    static constexpr Scope scope = Scope::kFile;
    static constexpr std::tuple columns{
        Column{"run_id", &RunRow::run_id, "",
               "63 bits of a hash of code version, config hash, seed and replicate"},
        Column{"study_id", &RunRow::study_id, "", "the study, hence code version and build"},
        Column{"point_id", &RunRow::point_id, "", "the parameters"},
        Column{"replicate", &RunRow::replicate, "", "counts repetitions of a point"},
        Column{"seed", &RunRow::seed, "",
               "the seed as text, because a seed may be longer than an integer column"},
        Column{"crn_group", &RunRow::crn_group, "",
               "runs of one group share their random numbers; empty if none"},
        Column{"status", &RunRow::status, "", "how it ended"},
        Column{"end_block", &RunRow::end_block, "blocks", "height reached"},
        Column{"end_time_ns", &RunRow::end_time_ns, "ns", "virtual time reached"},
        Column{"events", &RunRow::events, "", "events executed"},
        Column{"digest", &RunRow::digest, "hex", "the 128-bit trace digest"},
        Column{"wall_time_ns", &RunRow::wall_time_ns, "ns", "real time of the run"},
        Column{"invariants", &RunRow::invariants, "",
               "ids of the invariants watched, separated by blanks"},
        Column{"invariant_checks", &RunRow::invariant_checks, "", "number of checks they made"},
        Column{"row_counts", &RunRow::row_counts, "JSON",
               "rows this run has in each table: fewer means a damaged file"},
        Column{"backend", &RunRow::backend, "",
               "what computed the kernels: cpu, simd, cuda, hip, metal, vulkan or webgpu", 3},
        Column{"kernel_fallbacks", &RunRow::kernel_fallbacks, "",
               "kernel calls that the CPU answered because the backend failed", 3},
        Column{"recovery_time_ns", &RunRow::recovery_time_ns, "ns",
               "virtual time from the end of the last fault until every correct validator had "
               "caught up and a new block was accepted; absent without faults and if it never "
               "came",
               5},
        Column{"recovery_limit_ns", &RunRow::recovery_limit_ns, "ns",
               "the longest that this may take: run.quiet_period, or computed from the parameters",
               5},
        Column{"budget_end", &RunRow::budget_end, "",
               "the budget that ended the run, and the kinds of events and the actors that filled "
               "its last second; absent unless the status is budget",
               5},
        Column{"failure", &RunRow::failure, "",
               "why the simulator could not finish the run; absent unless the status is failed", 6},
    };
};

template <>
struct Table<SweepRow> {
    static constexpr std::string_view name = "sweep";
    static constexpr std::string_view doc =
        "the request of a sweep; a study made in another way has none";
    static constexpr std::string_view key = "study_id";
    static constexpr Scope scope = Scope::kFile;
    static constexpr std::uint32_t since = 2;
    static constexpr std::tuple columns{
        Column{"study_id", &SweepRow::study_id, "", "the study"},
        Column{"plan", &SweepRow::plan, "",
               "JSON: scenario, values, seeds, what is recorded, when to stop"},
        Column{"shard", &SweepRow::shard, "",
               "the part of the sweep that this study made, counted from 1"},
        Column{"shards", &SweepRow::shards, "", "parts the sweep was divided into"},
        Column{"base_point_id", &SweepRow::base_point_id, "",
               "the point that contrasts compare with"},
        Column{"confidence", &SweepRow::confidence, "share",
               "confidence of the intervals in estimate and contrast"},
    };
};

template <>
struct Table<PrincipalRow> {
    static constexpr std::string_view name = "principal";
    static constexpr std::string_view doc =
        "an owner of identities; profit is counted per principal";
    static constexpr std::string_view key = "principal";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"principal", &PrincipalRow::principal, "", "number within the run"},
        Column{"label", &PrincipalRow::label, "", "its name in every output"},
        Column{"strategy", &PrincipalRow::strategy, "", "the strategy's name"},
        Column{"parameters", &PrincipalRow::parameters, "",
               "the strategy's parameters, key=value, one per line"},
        Column{"honest", &PrincipalRow::honest, "", "1 if the strategy keeps to the protocol"},
    };
};

template <>
struct Table<AgentRow> {
    static constexpr std::string_view name = "agent";
    static constexpr std::string_view doc = "one identity";
    static constexpr std::string_view key = "agent";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"agent", &AgentRow::agent, "", "number within the run"},
        Column{"principal", &AgentRow::principal, "", "its owner"},
        Column{"role", &AgentRow::role, "", "validator, provider, challenger or requester"},
        Column{"name", &AgentRow::name, "", "its name in messages, such as provider[7]"},
        Column{"opening_stake", &AgentRow::opening_stake, "nLUX", "balance at the start"},
        Column{"trust", &AgentRow::trust, "", "trust score at the end, 0 to 100"},
    };
};

template <>
struct Table<TaskRow> {
    static constexpr std::string_view name = "task";
    static constexpr std::string_view doc = "a task";
    static constexpr std::string_view key = "task";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"task", &TaskRow::task, "", "number within the run"},
        Column{"requester", &TaskRow::requester, "", "the agent that pays"},
        Column{"mode", &TaskRow::mode, "", "how its result is verified"},
        Column{"fee", &TaskRow::fee, "nLUX", "fee that it pays"},
        Column{"value_at_risk", &TaskRow::value_at_risk, "nLUX",
               "what a wrong answer is worth outside the chain"},
        Column{"submit_block", &TaskRow::submit_block, "blocks", "block of submission"},
        Column{"assign_block", &TaskRow::assign_block, "blocks", "block of the first assignment"},
        Column{"final_block", &TaskRow::final_block, "blocks",
               "block in which its outcome became final"},
        Column{"submit_time_ns", &TaskRow::submit_time_ns, "ns", "virtual time of submission"},
        Column{"final_time_ns", &TaskRow::final_time_ns, "ns", "virtual time of finality"},
        Column{"assignments", &TaskRow::assignments, "", "times it was assigned to providers"},
        Column{"outcome", &TaskRow::outcome, "", "how it ended"},
        Column{"correct", &TaskRow::correct, "",
               "1 if its final result is right; NULL without a result"},
        Column{"burned", &TaskRow::burned, "nLUX", "of its fee: destroyed", 4},
        Column{"minted", &TaskRow::minted, "nLUX", "reward minted for its result", 4},
        Column{"harm", &TaskRow::harm, "",
               "whether a wrong answer cost its requester value_at_risk: used early, final, or not "
               "at all",
               4},
    };
};

template <>
struct Table<ResultRow> {
    static constexpr std::string_view name = "result";
    static constexpr std::string_view doc = "one provider's answer";
    static constexpr std::string_view key = "task, provider, attempt";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"task", &ResultRow::task, "", "the task"},
        Column{"provider", &ResultRow::provider, "", "the agent that answered"},
        Column{"attempt", &ResultRow::attempt, "", "which assignment of the task"},
        Column{"commit_block", &ResultRow::commit_block, "blocks", "block of the commitment"},
        Column{"reveal_block", &ResultRow::reveal_block, "blocks",
               "block in which the answer became public"},
        Column{"answer_class", &ResultRow::answer_class, "", "equal words are equal answers"},
        Column{"correct", &ResultRow::correct, "", "1 if it is the right answer"},
        Column{"bond_locked", &ResultRow::bond_locked, "nLUX", "bond behind it"},
        Column{"bond_freed_block", &ResultRow::bond_freed_block, "blocks",
               "block in which that bond was freed"},
        Column{"challenge_skipped", &ResultRow::challenge_skipped, "", "1 if nobody checked it"},
        Column{"usable_early_ns", &ResultRow::usable_early_ns, "ns",
               "virtual time from which it was used before it was final; NULL if it was not", 4},
        Column{"billed_ms", &ResultRow::billed_ms, "ms",
               "compute time by which its reward was scheduled; NULL if it was not paid", 4},
        Column{"paid", &ResultRow::paid, "nLUX", "what its provider received for it", 4},
    };
};

template <>
struct Table<ChallengeRow> {
    static constexpr std::string_view name = "challenge";
    static constexpr std::string_view doc = "one challenge of a result";
    static constexpr std::string_view key = "challenge";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"challenge", &ChallengeRow::challenge, "", "number within the run"},
        Column{"task", &ChallengeRow::task, "", "the task"},
        Column{"provider", &ChallengeRow::provider, "", "the accused agent"},
        Column{"challenger", &ChallengeRow::challenger, "", "the accusing agent"},
        Column{"ready_block", &ChallengeRow::ready_block, "blocks",
               "tip at the time when the proof was ready"},
        Column{"first_tried_block", &ChallengeRow::first_tried_block, "blocks",
               "first block that could have included it"},
        Column{"included_block", &ChallengeRow::included_block, "blocks", "block that includes it"},
        Column{"resolved_block", &ChallengeRow::resolved_block, "blocks", "block that decided it"},
        Column{"times_censored", &ChallengeRow::times_censored, "",
               "blocks that left it out on purpose"},
        Column{"bond", &ChallengeRow::bond, "nLUX", "the challenger's bond"},
        Column{"valid", &ChallengeRow::valid, "", "1 if the accused result is wrong"},
        Column{"winner", &ChallengeRow::winner, "", "who won; none while open"},
        Column{"reason", &ChallengeRow::reason, "", "how it was decided"},
    };
};

template <>
struct Table<SlashRow> {
    static constexpr std::string_view name = "slash";
    static constexpr std::string_view doc = "one slash; due above taken is an escape";
    static constexpr std::string_view key = "slash";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"slash", &SlashRow::slash, "", "number within the run"},
        Column{"agent", &SlashRow::agent, "", "who was slashed"},
        Column{"task", &SlashRow::task, "", "the task, if there is one"},
        Column{"block", &SlashRow::block, "blocks", "the block"},
        Column{"cause", &SlashRow::cause, "", "why"},
        Column{"due", &SlashRow::due, "nLUX", "what the rules ask for"},
        Column{"taken", &SlashRow::taken, "nLUX", "amount that was there to take"},
        Column{"burned", &SlashRow::burned, "nLUX", "of taken: destroyed"},
        Column{"to_challenger", &SlashRow::to_challenger, "nLUX", "of taken: to the challenger"},
        Column{"to_requester", &SlashRow::to_requester, "nLUX", "of taken: to the requester"},
        Column{"false_positive", &SlashRow::false_positive, "",
               "1 if the slashed agent had done nothing wrong, see honest_false_slash"},
        Column{"to_provider", &SlashRow::to_provider, "nLUX", "of taken: to the right provider", 4},
        Column{"rewarded", &SlashRow::rewarded, "",
               "the agent that received to_challenger or to_provider, of several (vm.claim_reward) "
               "the last; NULL if nobody did",
               4},
    };
};

template <>
struct Table<OutlayRow> {
    static constexpr std::string_view name = "outlay";
    static constexpr std::string_view doc =
        "a payment that no other table has: costs and bribes outside the chain, fees of operations "
        "and models";
    static constexpr std::string_view key = "outlay";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::uint32_t since = 4;
    static constexpr std::tuple columns{
        Column{"outlay", &OutlayRow::outlay, "", "number within the run"},
        Column{"payer", &OutlayRow::payer, "", "the agent that pays"},
        Column{"payee", &OutlayRow::payee, "",
               "the agent that receives it; NULL: nobody of the run"},
        Column{"kind", &OutlayRow::kind, "", "what it is paid for"},
        Column{"task", &OutlayRow::task, "", "the task, of work and checks"},
        Column{"time_ns", &OutlayRow::time_ns, "ns", "virtual time"},
        Column{"amount", &OutlayRow::amount, "nLUX", "the amount"},
    };
};

template <>
struct Table<PayoffRow> {
    static constexpr std::string_view name = "payoff";
    static constexpr std::string_view doc = "what a principal earned and lost";
    static constexpr std::string_view key = "principal";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"principal", &PayoffRow::principal, "", "the principal"},
        Column{"revenue", &PayoffRow::revenue, "nLUX",
               "what it was paid for results, and fees of operations in its blocks"},
        Column{"cost", &PayoffRow::cost, "nLUX",
               "fees paid, lost challenge bonds, and everything that it paid in outlay"},
        Column{"slashed", &PayoffRow::slashed, "nLUX", "taken by slashing"},
        Column{"bribes", &PayoffRow::bribes, "nLUX", "received from others outside the chain"},
        Column{"rewards", &PayoffRow::rewards, "nLUX", "rewards and shares of slashes"},
        Column{"net_nlux", &PayoffRow::net_nlux, "nLUX",
               "revenue + rewards + bribes - cost - slashed; may be negative"},
        Column{"capital_nlux_blocks", &PayoffRow::capital_nlux_blocks, "nLUX x blocks",
               "provider and challenge bonds, stakes, deposits and fees in escrow, summed over "
               "blocks; before version 4 provider bonds only"},
        Column{
            "lie_value", &PayoffRow::lie_value, "nLUX",
            "what its wrong answers were worth to it: tasks.lie_gain of the value at risk of the "
            "tasks that they harmed, in equal parts where several providers gave the answer; not "
            "part of net_nlux",
            4},
        Column{"harm", &PayoffRow::harm, "nLUX",
               "value at risk of its own tasks that a wrong answer harmed; not part of net_nlux",
               4},
    };
};

template <>
struct Table<CounterfactualRow> {
    static constexpr std::string_view name = "counterfactual";
    static constexpr std::string_view doc =
        "an owner that breaks the protocol, beside itself honest under the same seed";
    static constexpr std::string_view key = "owner";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::uint32_t since = 4;
    static constexpr std::tuple columns{
        Column{"owner", &CounterfactualRow::owner, "", "number within the run"},
        Column{"label", &CounterfactualRow::label, "", "the principal's or the group's name"},
        Column{"strategy", &CounterfactualRow::strategy, "", "its strategies, joined by +"},
        Column{"members", &CounterfactualRow::members, "", "independent owners of this name"},
        Column{"payoff_nlux", &CounterfactualRow::payoff_nlux, "nLUX",
               "net_nlux + lie_value - harm, of all its members"},
        Column{"honest_payoff_nlux", &CounterfactualRow::honest_payoff_nlux, "nLUX",
               "the same in the run in which it is honest"},
        Column{"tts_mean_s", &CounterfactualRow::tts_mean_s, "s",
               "on a DAG: mean time from a vertex's issue to its settlement, of all validators", 7},
        Column{"honest_tts_mean_s", &CounterfactualRow::honest_tts_mean_s, "s",
               "the same in the run in which the owner is honest", 7},
    };
};

template <>
struct Table<ChainStatRow> {
    static constexpr std::string_view name = "chain_stat";
    static constexpr std::string_view doc = "a block; where not all are recorded, every n-th";
    static constexpr std::string_view key = "block";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"block", &ChainStatRow::block, "blocks", "height"},
        Column{"time_ns", &ChainStatRow::time_ns, "ns", "virtual time of acceptance"},
        Column{"proposer", &ChainStatRow::proposer, "", "the agent that built it"},
        Column{"censored", &ChainStatRow::censored, "", "fraud proofs it left out on purpose"},
        Column{"queue", &ChainStatRow::queue, "", "tasks waiting for a provider"},
        Column{"locked", &ChainStatRow::locked, "nLUX", "bonds and escrows locked"},
        Column{"value_at_risk", &ChainStatRow::value_at_risk, "nLUX",
               "value at risk of results that are not yet final"},
    };
};

template <>
struct Table<AnchorRow> {
    static constexpr std::string_view name = "anchor";
    static constexpr std::string_view doc = "a root of receipts on its way to the anchor's chain";
    static constexpr std::string_view key = "anchor";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::uint32_t since = 3;
    static constexpr std::tuple columns{
        Column{"anchor", &AnchorRow::anchor, "", "number within the run"},
        Column{"target", &AnchorRow::target, "", "the chain that it goes to"},
        Column{"block", &AnchorRow::block, "blocks", "the block that committed it"},
        Column{"root", &AnchorRow::root, "hex", "the root of all receipts up to that block"},
        Column{"sent_ns", &AnchorRow::sent_ns, "ns", "virtual time of the block's acceptance"},
        Column{"withheld", &AnchorRow::withheld, "", "1 if the chain left it out on purpose"},
        Column{"landed_ns", &AnchorRow::landed_ns, "ns",
               "virtual time at which the chain had it; NULL if it never did"},
    };
};

template <>
struct Table<VertexRow> {
    static constexpr std::string_view name = "vertex";
    static constexpr std::string_view doc = "a vertex of a DAG, a cut among them";
    static constexpr std::string_view key = "vertex";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::uint32_t since = 7;
    static constexpr std::tuple columns{
        Column{"vertex", &VertexRow::vertex, "",
               "number within the run, in the order in which any validator had them first"},
        Column{"id", &VertexRow::id, "hex", "the vertex's id"},
        Column{"proposer", &VertexRow::proposer, "", "the validator that signed it"},
        Column{"sequence", &VertexRow::sequence, "", "its proposer's count of its vertices"},
        Column{"height", &VertexRow::height, "", "one above its highest parent's"},
        Column{"cut", &VertexRow::cut, "",
               "of a cut its number, else the newest cut among its ancestors"},
        Column{"is_cut", &VertexRow::is_cut, "", "1 if it is a cut"},
        Column{"operations", &VertexRow::operations, "", "operations that it carries"},
        Column{"parents", &VertexRow::parents, "",
               "numbers of its parents, separated by spaces; without those of genesis"},
        Column{"issued_ns", &VertexRow::issued_ns, "ns",
               "virtual time at which any validator had it first"},
        Column{"accepted_ns", &VertexRow::accepted_ns, "ns",
               "virtual time at which the first correct validator accepted it; NULL if none did"},
        Column{"rejected_ns", &VertexRow::rejected_ns, "ns",
               "virtual time at which the first correct validator rejected it; NULL if none did"},
        Column{"settled_by", &VertexRow::settled_by, "", "the cut that settled it; NULL if none"},
        Column{"settled_ns", &VertexRow::settled_ns, "ns",
               "virtual time at which the first correct validator settled it; NULL if none did"},
    };
};

template <>
struct Table<CutRow> {
    static constexpr std::string_view name = "cut";
    static constexpr std::string_view doc = "a cut that settled a slice of a DAG";
    static constexpr std::string_view key = "cut";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::uint32_t since = 7;
    static constexpr std::tuple columns{
        Column{"cut", &CutRow::cut, "", "its number, which is the height of the settled state"},
        Column{"vertex", &CutRow::vertex, "", "the cut among the vertices"},
        Column{"settled_ns", &CutRow::settled_ns, "ns",
               "virtual time at which the first correct validator accepted it"},
        Column{"vertices", &CutRow::vertices, "", "vertices of its slice"},
        Column{"operations", &CutRow::operations, "", "operations of its slice"},
        Column{"voids", &CutRow::voids, "", "those of them that were void"},
    };
};

template <>
struct Table<ConflictRow> {
    static constexpr std::string_view name = "conflict";
    static constexpr std::string_view doc =
        "two vertices of a DAG that share a key, neither an ancestor of the other";
    static constexpr std::string_view key = "conflict";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::uint32_t since = 7;
    static constexpr std::tuple columns{
        Column{"conflict", &ConflictRow::conflict, "", "number within the run"},
        Column{"first", &ConflictRow::first, "", "the vertex that was there first"},
        Column{"second", &ConflictRow::second, "", "the other one"},
        Column{"key", &ConflictRow::key, "", "the first key that they share"},
        Column{"seen_ns", &ConflictRow::seen_ns, "ns",
               "virtual time at which a validator had both undecided for the first time"},
        Column{"decided_ns", &ConflictRow::decided_ns, "ns",
               "virtual time at which a correct validator accepted one of them, or rejected both "
               "with an ancestor; NULL if none did"},
        Column{"winner", &ConflictRow::winner, "", "the vertex that was accepted; NULL if none"},
    };
};

template <>
struct Table<FaultRow> {
    static constexpr std::string_view name = "fault";
    static constexpr std::string_view doc = "an injected fault";
    static constexpr std::string_view key = "fault";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"fault", &FaultRow::fault, "", "number within the run"},
        Column{"kind", &FaultRow::kind, "", "partition, crash, ..."},
        Column{"from_ns", &FaultRow::from_ns, "ns", "when it begins"},
        Column{"to_ns", &FaultRow::to_ns, "ns", "when it ends"},
        Column{"targets", &FaultRow::targets, "", "what it hits"},
    };
};

template <>
struct Table<ViolationRow> {
    static constexpr std::string_view name = "violation";
    static constexpr std::string_view doc = "a violated invariant";
    static constexpr std::string_view key = "violation";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"violation", &ViolationRow::violation, "", "number within the run"},
        Column{"invariant", &ViolationRow::invariant, "", "its id, such as E3"},
        Column{"time_ns", &ViolationRow::time_ns, "ns", "virtual time"},
        Column{"block", &ViolationRow::block, "blocks", "tip at that time"},
        Column{"actors", &ViolationRow::actors, "", "who was involved"},
        Column{"message", &ViolationRow::message, "", "what happened, one sentence"},
        Column{"expected", &ViolationRow::expected, "", "1 if the scenario demonstrates it"},
        Column{"replay", &ViolationRow::replay, "",
               "the command that reproduces it; empty if none was saved"},
    };
};

template <>
struct Table<MetricRow> {
    static constexpr std::string_view name = "metric";
    static constexpr std::string_view doc = "one named number of a run";
    static constexpr std::string_view key = "name, mode";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"name", &MetricRow::name, "", "one of the names below"},
        Column{"mode", &MetricRow::mode, "", "verification mode; empty for the whole run"},
        Column{"value", &MetricRow::value, "see below",
               "an integer wherever it is exact; absent when the run has no data for it"},
        Column{"n", &MetricRow::n, "",
               "of a mean, a share or a quantile: how many values it is taken from", 6},
    };
};

template <>
struct Table<EventRow> {
    static constexpr std::string_view name = "event";
    static constexpr std::string_view doc = "an executed event; only at trace level";
    static constexpr std::string_view key = "sequence";
    static constexpr Scope scope = Scope::kRun;
    static constexpr std::tuple columns{
        Column{"sequence", &EventRow::sequence, "", "number within the run, in order of execution"},
        Column{"time_ns", &EventRow::time_ns, "ns", "virtual time"},
        Column{"actor", &EventRow::actor, "", "who handled it"},
        Column{"kind", &EventRow::kind, "", "what it was"},
        Column{"digest", &EventRow::digest, "hex", "the trace digest after it"},
    };
};

template <>
struct Table<EstimateRow> {
    static constexpr std::string_view name = "estimate";
    static constexpr std::string_view doc = "a metric over the runs of a point";
    static constexpr std::string_view key = "point_id, name, mode, method";
    static constexpr Scope scope = Scope::kFile;
    static constexpr std::tuple columns{
        Column{"point_id", &EstimateRow::point_id, "", "the point"},
        Column{"name", &EstimateRow::name, "", "the metric"},
        Column{"mode", &EstimateRow::mode, "", "verification mode; empty for the whole run"},
        Column{"method", &EstimateRow::method, "", "how the interval was made"},
        Column{"n", &EstimateRow::n, "",
               "runs that have a value; of a share, the events that it is a share of"},
        Column{"mean", &EstimateRow::mean, "the metric's", "the estimate; absent without data"},
        Column{"low", &EstimateRow::low, "the metric's",
               "lower end of the interval; absent when there is too little data for one"},
        Column{"high", &EstimateRow::high, "the metric's", "upper end of the interval"},
    };
};

template <>
struct Table<ContrastRow> {
    static constexpr std::string_view name = "contrast";
    static constexpr std::string_view doc = "the difference of a metric between two points";
    static constexpr std::string_view key = "point_id, base_point_id, name, mode, method";
    static constexpr Scope scope = Scope::kFile;
    static constexpr std::tuple columns{
        Column{"point_id", &ContrastRow::point_id, "", "the point"},
        Column{"base_point_id", &ContrastRow::base_point_id, "",
               "the point that it is compared with"},
        Column{"name", &ContrastRow::name, "", "the metric"},
        Column{"mode", &ContrastRow::mode, "", "verification mode; empty for the whole run"},
        Column{"method", &ContrastRow::method, "", "how the interval was made"},
        Column{"n", &ContrastRow::n, "", "pairs of runs"},
        Column{"mean", &ContrastRow::mean, "the metric's", "mean difference, point minus base"},
        Column{"low", &ContrastRow::low, "the metric's", "lower end of the interval"},
        Column{"high", &ContrastRow::high, "the metric's", "upper end of the interval"},
    };
};

template <>
struct Table<ValidationRow> {
    static constexpr std::string_view name = "validation";
    static constexpr std::string_view doc = "a measured number beside what theory predicts";
    static constexpr std::string_view key = "name, point_id, method";
    static constexpr Scope scope = Scope::kFile;
    static constexpr std::tuple columns{
        Column{"name", &ValidationRow::name, "", "the validation case, such as V31"},
        Column{"point_id", &ValidationRow::point_id, "", "the point"},
        Column{"method", &ValidationRow::method, "",
               "how the interval was made, or \"failed: \" and why there is none"},
        Column{"n", &ValidationRow::n, "", "samples"},
        Column{"predicted", &ValidationRow::predicted, "the case's", "the value of the formula"},
        Column{"mean", &ValidationRow::mean, "the case's", "the measured value"},
        Column{"low", &ValidationRow::low, "the case's", "lower end of the interval"},
        Column{"high", &ValidationRow::high, "the case's", "upper end of the interval"},
        Column{"passed", &ValidationRow::passed, "", "1 if the verdict is agrees"},
        Column{"verdict", &ValidationRow::verdict, "", "agrees, disagrees, undecided or failed", 3},
    };
};

// Every table, in the order of creation, of dumps and of merging.
template <class... Rows>
struct RowList {
    static constexpr std::size_t size = sizeof...(Rows);
};
using AllRows =
    RowList<StudyRow, PointRow, PointParamRow, RunRow, SweepRow, PrincipalRow, AgentRow, TaskRow,
            ResultRow, ChallengeRow, SlashRow, OutlayRow, PayoffRow, CounterfactualRow,
            ChainStatRow, AnchorRow, VertexRow, CutRow, ConflictRow, FaultRow, ViolationRow,
            MetricRow, EventRow, EstimateRow, ContrastRow, ValidationRow>;

// Calls visit.template operator()<Row>() for every row type.
template <class Visitor, class... Rows>
constexpr void for_each_row_type(Visitor& visit, RowList<Rows...>) {
    (visit.template operator()<Rows>(), ...);
}
template <class Visitor>
constexpr void for_each_table(Visitor visit) {
    for_each_row_type(visit, AllRows{});
}

}  // namespace aivm::sim
