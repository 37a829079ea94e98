// The accounting of a run: reads the accepted chain block by block, as each becomes final for the
// first time anywhere, and turns it into the rows and metrics that the database, the terminal and
// Python show.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/execution/execute.h"
#include "sim/engine/time.h"
#include "sim/invariants/truth.h"
#include "sim/record/row_sink.h"
#include "sim/scenario/participants.h"
#include "sim/scenario/price.h"
#include "sim/scenario/scenario.h"
#include "sim/world/dag_record.h"
#include "sim/world/sent_duties.h"
#include "sim/world/tied_capital.h"

namespace aivm::sim {

// Totals that are not on the chain.
struct RunTotals {
    std::uint64_t events = 0;
    std::uint64_t messages = 0;
    SimTime virtual_ns = 0;
    std::uint64_t wall_ns = 0;
    std::optional<SimTime>
        recovery_ns;  // nothing: there was nothing to recover from, or it did not
    std::optional<DagFigures> dag = {};  // of a run on a DAG
};

class Accounting {
public:
    // All of them must outlive this. Without a price path the price is constant.
    Accounting(const Scenario& scenario, const Participants& participants, Truth& truth,
               PricePath* price = nullptr);

    // The next block of the accepted chain; genesis first.
    void accept(const Executed& block, SimTime now);
    // A block that was built without these fraud proofs.
    void censored(const Hash32& block, const std::vector<OperationPtr>& left_out);
    // A challenger re-ran this result.
    void checked(TaskIndex task, std::uint32_t assignment);
    // An honest provider sent what averts a slash for silence.
    void sent(ActorId provider, const SentDuty& duty, SimTime now);
    // A requester gave up after repeated attempts to submit a task; it may submit it again.
    void refused() { ++refused_; }
    // Money that an actor spends outside the chain, on a task or in general.
    void spent(ActorId actor, OutlayKind kind, std::optional<TaskIndex> task, Amount amount,
               SimTime now);
    // Money that one actor pays to another outside the chain.
    void bribed(const Address& from, const Address& to, Amount amount, SimTime now);

    // Computes payoffs and metrics on the state in which the run ended, and writes all rows in a
    // fixed order. Call once.
    void write(const State& end, RowSink& sink, const RunTotals& totals);

    [[nodiscard]] const std::vector<MetricRow>& metrics() const { return metrics_; }
    [[nodiscard]] const std::vector<PayoffRow>& payoffs() const { return payoffs_; }
    [[nodiscard]] const std::vector<TaskRow>& tasks() const { return tasks_; }
    [[nodiscard]] const std::vector<SlashRow>& slashes() const { return slashes_; }
    [[nodiscard]] const std::vector<ChallengeRow>& challenges() const { return challenges_; }
    [[nodiscard]] const std::vector<ResultRow>& results() const { return results_; }
    [[nodiscard]] const std::vector<OutlayRow>& outlays() const { return outlays_; }

private:
    struct Flow {  // of one principal, by what the events say
        Amount fees_earned;
        Amount rewards;
        Amount fees_paid;
        Amount lost_challenges;
        Amount slashed;
        Amount spent_outside;
        Amount bribes;  // received
        Amount lie_value;
        Amount harm;
    };
    struct Key {  // one provider's answer to one assignment
        TaskIndex task;
        ProviderIndex provider;
        std::uint32_t assignment = 0;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    // A task's results are a list through results_, from the newest to the oldest.
    static constexpr std::size_t kNoResult = ~std::size_t{0};
    struct Link {
        ProviderIndex provider;
        std::size_t older = kNoResult;
        bool slashed = false;  // for this answer
    };
    struct ByPrefix {  // the key is a hash already
        std::size_t operator()(const Hash32& hash) const { return hash.prefix64(); }
    };

    void note(const Executed& block, const VmEvent& event, SimTime now);
    void on(const Executed& block, const event::TaskSubmitted& e, SimTime now);
    void on(const Executed& block, const event::TaskAssigned& e);
    void on(const Executed& block, const event::ResultPosted& e);
    void on(const Executed& block, const event::ResultCommitted& e);
    void on(const Executed& block, const event::ResultRevealed& e);
    void on(const Executed& block, const event::UsableEarly& e, SimTime now);
    void add_result(const Executed& block, TaskIndex index, ProviderIndex provider, Answer answer);
    void on(const Executed& block, const event::ChallengeOpened& e);
    void on(const Executed& block, const event::DisputeClosed& e);
    void on(const Executed& block, const event::ClaimReturned& e);
    void on(const Executed& block, const event::ShareSettled& e);
    void on(const Executed& block, const event::Slashed& e);
    // Whether the slashed provider had done nothing wrong. `result`: its answer to the assignment,
    // or kNoResult.
    [[nodiscard]] bool is_false_slash(const Executed& block, const event::Slashed& e, ActorId agent,
                                      std::size_t result) const;
    [[nodiscard]] bool is_open(const SentDuty& duty) const;
    void on(const Executed& block, const event::ProviderPaid& e);
    void on(const Executed& block, const event::TaskCompleted& e, SimTime now);
    void on(const Executed& block, const event::ModelRegistered& e, SimTime now);
    void on(const Executed& block, const event::TaskReturned& e);
    void on(const Executed& block, const event::QuorumMissed& e);
    void on(const Executed& block, const event::TaskFailed& e, SimTime now);
    void note_space_price(const Executed& block, SimTime now);
    void add_price_metrics(SimTime end);
    void note_inclusion_fees(const Executed& block, SimTime now);
    void add_outlay(ActorId payer, std::optional<ActorId> payee, OutlayKind kind,
                    std::optional<TaskIndex> task, Amount amount, SimTime now);
    // The wrong answers of these results cost the task's requester what the task is worth, and give
    // it to those of their owners who break the protocol.
    void note_harm(TaskRow& task, Harm harm, const std::vector<std::size_t>& results);
    void free_bonds(TaskIndex task, Height height);
    // Its index in results_; kNoResult if there is none.
    [[nodiscard]] std::size_t find_result(const Key& key) const;
    [[nodiscard]] bool is_final(const ResultRow& result) const;
    void measure_block(const Executed& block, SimTime now);

    [[nodiscard]] ActorId owner_of(const Address& account) const;
    [[nodiscard]] Flow& flow_of(ActorId actor) {
        return flows_.at(participants_.all.at(actor).principal);
    }
    [[nodiscard]] Flow& flow_of(const Address& account) { return flow_of(owner_of(account)); }
    [[nodiscard]] Flow& flow_of(const State& state, ProviderIndex provider);
    [[nodiscard]] std::optional<ActorId> owner_of(const State& state, ProviderIndex provider);
    [[nodiscard]] ActorId agent_of(const State& state, ProviderIndex provider) {
        return owner_of(state, provider).value_or(0);
    }
    [[nodiscard]] std::vector<Amount> holdings(const State& end) const;
    void compute_payoffs(const State& end);
    void compute_metrics(const State& end, const RunTotals& totals);
    void add_mode_metrics();
    void add_attack_metrics();
    void add_harm_metrics();
    void add_slash_metrics();
    void add_noise_metrics();
    void add_chain_metrics();
    void add_proof_metrics();
    void add_dag_metrics(const std::optional<DagFigures>& dag);
    void add_run_metrics(const State& end, const RunTotals& totals);
    void add_metric(const char* name, Number value) { metrics_.push_back({name, "", value, {}}); }
    // A mean or share of `n` values; without any it has no value.
    void add_measured(const char* name, std::optional<double> value, std::uint64_t n);
    void add_count(const char* name, std::uint64_t value) {
        add_metric(name, static_cast<std::int64_t>(value));
    }

    const Scenario& scenario_;
    const Participants& participants_;
    Truth& truth_;
    PricePath* price_;
    std::vector<Flow> flows_;
    std::vector<TaskRow> tasks_;
    std::vector<ResultRow> results_;
    std::vector<Link> links_;                 // of results_
    std::vector<std::size_t> newest_result_;  // by task
    std::vector<std::optional<ActorId>> agent_of_provider_;
    std::map<Key, Height> committed_at_;                      // not yet revealed
    std::map<std::uint32_t, std::uint64_t> usable_early_ns_;  // TEE: by task, of its present result
    std::vector<ChallengeRow> challenges_;
    std::vector<SlashRow> slashes_;
    std::vector<OutlayRow> outlays_;
    TiedCapital capital_;
    SentDuties sent_;
    // Rows of slashes whose challenger's share waits, by task and assignment.
    std::map<std::pair<TaskIndex, std::uint32_t>, std::size_t> waiting_shares_;
    std::vector<ChainStatRow> chain_stats_;
    std::vector<PayoffRow> payoffs_;
    std::vector<MetricRow> metrics_;
    // By a challenge's commitment.
    // order never reaches results: only looked up by key
    std::unordered_map<Hash32, std::uint32_t, ByPrefix> times_censored_;
    std::map<Hash32, std::uint32_t> censored_by_block_;
    std::uint64_t censored_total_ = 0;
    std::uint64_t reassignments_ = 0;
    std::uint64_t quorums_missed_ = 0;
    std::uint64_t refused_ = 0;
    // Paid to the requester from slashes for a task, by task, where it was harmed before.
    std::map<std::uint32_t, Amount> compensation_;
    std::uint64_t open_value_nlux_ = 0;
    Amount space_price_;   // of the next block
    Amount space_burned_;  // so far
    Amount paid_;          // so far to the winners of the task that is being completed
    std::uint64_t max_uncovered_nlux_ = 0;
};

}  // namespace aivm::sim
