#include "sim/world/accounting.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/config/slash_causes.h"
#include "core/execution/space_price.h"
#include "core/ledger/ledger.h"
#include "core/verification/reexecution.h"

namespace aivm::sim {
namespace {

constexpr std::size_t kTasksReserved = 10'000;  // room made in advance, at most

// The provider whose answer is challenged: of a committee, the first with the provisional answer.
ProviderIndex challenged_provider(const Task& task) {
    const auto accused = std::ranges::find_if(task.seats, [&](const Seat& seat) {
        return seat.status == SeatStatus::kPosted && seat.answer == task.provisional;
    });
    return accused == task.seats.end() ? task.seats.front().provider : accused->provider;
}

Amount value_of(const ActorGroup& requester, const Workload& workload) {
    return times_ppm(workload.value_at_risk, requester.value_ppm);
}

}  // namespace

Accounting::Accounting(const Scenario& scenario, const Participants& participants, Truth& truth,
                       PricePath* price)
    : scenario_(scenario),
      participants_(participants),
      truth_(truth),
      price_(price),
      flows_(participants.principals.size()),
      capital_(participants),
      sent_([this](const SentDuty& duty) { return is_open(duty); }) {
    const std::size_t tasks = std::min<std::size_t>(scenario.workload.tasks, kTasksReserved);
    tasks_.reserve(tasks);
    newest_result_.reserve(tasks);
    results_.reserve(tasks + tasks / 2);  // some tasks are answered again
    links_.reserve(results_.capacity());
}

// --- Reading the chain ---

void Accounting::accept(const Executed& block, SimTime now) {
    sent_.accept(block);
    for (const VmEvent& e : block.events) note(block, e, now);
    capital_.accept(block);
    if (block.block) note_space_price(block, now);
    space_price_ = space_price(block.state.head, scenario_.vm.policy);
    if (!block.block) return;
    note_inclusion_fees(block, now);
    measure_block(block, now);
}

void Accounting::note(const Executed& block, const VmEvent& e, SimTime now) {
    std::visit(
        [&](const auto& one) {
            if constexpr (requires { on(block, one, now); }) {
                on(block, one, now);
            } else if constexpr (requires { on(block, one); }) {
                on(block, one);
            }
        },
        e);
}

void Accounting::on(const Executed& block, const event::TaskSubmitted& e, SimTime now) {
    AIVM_CHECK(e.task.value == tasks_.size());
    const Task& task = block.state.task(e.task);
    TaskRow& row = tasks_.emplace_back();
    row.task = e.task.value;
    row.requester = owner_of(task.requester);
    row.mode = task.mode;
    row.fee = task.fee;
    row.value_at_risk = value_of(participants_.all[row.requester].group, scenario_.workload);
    if (price_ != nullptr) row.value_at_risk = price_->in_lux(row.value_at_risk, now);
    row.harm = Harm::kNone;
    row.burned = admission_burn(scenario_.vm.policy, task.fee);
    row.minted = Amount();
    row.submit_block = block.state.head.height;
    row.submit_time_ns = static_cast<std::uint64_t>(now);
    newest_result_.push_back(kNoResult);
    flow_of(row.requester).fees_paid += task.fee;
    open_value_nlux_ += row.value_at_risk.nlux();
}

void Accounting::on(const Executed& block, const event::TaskAssigned& e) {
    TaskRow& row = tasks_.at(e.task.value);
    if (!row.assign_block) row.assign_block = block.state.head.height;
    row.assignments = std::max(row.assignments, block.state.task(e.task).assignments);
}

void Accounting::on(const Executed& block, const event::ResultPosted& e) {
    add_result(block, e.task, e.provider, e.answer);
}

void Accounting::on(const Executed& block, const event::ResultCommitted& e) {
    committed_at_[{e.task, e.provider, block.state.task(e.task).assignments}] =
        block.state.head.height;
}

void Accounting::on(const Executed& block, const event::ResultRevealed& e) {
    add_result(block, e.task, e.provider, e.answer);
}

void Accounting::on(const Executed&, const event::UsableEarly& e, SimTime now) {
    usable_early_ns_[e.task.value] = static_cast<std::uint64_t>(now);
    TaskRow& row = tasks_.at(e.task.value);
    const std::size_t result = find_result({e.task, e.provider, row.assignments});
    AIVM_CHECK(result != kNoResult);
    results_[result].usable_early_ns = static_cast<std::uint64_t>(now);
    if (!results_[result].correct) note_harm(row, Harm::kEarly, {result});
}

void Accounting::note_harm(TaskRow& task, Harm harm, const std::vector<std::size_t>& results) {
    if (task.harm != Harm::kNone) return;  // a task has one value to lose
    const std::uint32_t victim = participants_.all[task.requester].principal;
    const auto owner = [&](std::size_t i) {
        return participants_.all[results_[i].provider].principal;
    };
    // Who fools itself loses nothing.
    if (std::ranges::all_of(results, [&](std::size_t i) { return owner(i) == victim; })) return;
    task.harm = harm;
    flows_[victim].harm += task.value_at_risk;
    const Amount gain = times_ppm(task.value_at_risk, scenario_.workload.lie_gain_ppm);
    const Amount share(gain.nlux() / std::max<std::size_t>(results.size(), 1));
    for (const std::size_t i : results) {
        if (!participants_.principals[owner(i)].honest) flows_[owner(i)].lie_value += share;
    }
}

// An answer in the open. A commitment that is never opened is no answer; its slash records it.
void Accounting::add_result(const Executed& block, TaskIndex index, ProviderIndex provider,
                            Answer answer) {
    const Task& task = block.state.task(index);
    // A committee that misses its quorum in the block of the reveal has left its seats by the end
    // of the block, so the task's own count may be ahead.
    const std::uint32_t attempt = tasks_.at(index.value).assignments;
    links_.push_back({provider, std::exchange(newest_result_.at(index.value), results_.size())});
    ResultRow& row = results_.emplace_back();
    row.task = index.value;
    row.provider = agent_of(block.state, provider);
    row.attempt = attempt;
    if (const auto committed = committed_at_.find({index, provider, attempt});
        committed != committed_at_.end()) {
        row.commit_block = committed->second;
        committed_at_.erase(committed);
    }
    row.reveal_block = block.state.head.height;
    row.answer_class = to_hex({&answer, 1});
    row.correct = answer == truth_.answer(block.state, task);
    row.bond_locked = scenario_.vm.result_bond();
    row.challenge_skipped = true;  // until a challenger checks it
    row.billed_ms = block.state.model(task.model).compute_time_ms;
    if (scenario_.vm.policy.self_reported_compute && task.mode != VerificationMode::kRedundant &&
        !task.seats.empty()) {
        row.billed_ms = task.seats.front().compute_time_ms;
    }
    row.paid = Amount();
}

void Accounting::on(const Executed& block, const event::ChallengeOpened& e) {
    const Dispute& dispute = block.state.dispute(e.dispute);
    const Task& task = block.state.task(e.task);
    AIVM_CHECK(challenges_.size() == e.dispute.value);
    ChallengeRow& row = challenges_.emplace_back();
    row.challenge = e.dispute.value;
    row.task = e.task.value;
    row.provider = agent_of(block.state, challenged_provider(task));
    row.challenger = participants_.find(dispute.challenger).value_or(0);
    row.ready_block = task.posted_at;
    row.first_tried_block = task.posted_at + 1;
    row.included_block = block.state.head.height;
    const auto censored = times_censored_.find(dispute.commitment);
    row.times_censored = censored == times_censored_.end() ? 0 : censored->second;
    row.bond = dispute.bond;
    row.valid =
        !answers_agree(scenario_.vm.policy, task.provisional, truth_.answer(block.state, task));
}

void Accounting::on(const Executed& block, const event::DisputeClosed& e) {
    ChallengeRow& row = challenges_.at(e.dispute.value);
    row.resolved_block = block.state.head.height;
    row.winner = e.challenger_won ? DisputeWinner::kChallenger : DisputeWinner::kProvider;
    const Dispute& dispute = block.state.dispute(e.dispute);
    row.reason = !dispute.revealed  ? "not revealed in time"
                 : e.challenger_won ? "the claim was true"
                                    : "the claim was false";
}

void Accounting::on(const Executed& block, const event::ClaimReturned& e) {
    ChallengeRow& row = challenges_.at(e.dispute.value);
    row.resolved_block = block.state.head.height;
    row.reason = "the job failed";
}

void Accounting::on(const Executed&, const event::ShareSettled& e) {
    SlashRow& row = slashes_.at(waiting_shares_.at({e.task, e.assignment}));
    row.to_challenger += e.paid;
    row.burned += e.burned;
    if (e.paid.is_zero()) return;
    row.rewarded = owner_of(e.challenger);
    flow_of(e.challenger).rewards += e.paid;
}

void Accounting::on(const Executed& block, const event::Slashed& e) {
    if (!e.waiting.is_zero())
        waiting_shares_[{e.task, tasks_.at(e.task.value).assignments}] = slashes_.size();
    SlashRow& row = slashes_.emplace_back();
    row.slash = slashes_.size() - 1;
    row.agent = participants_.find(e.account).value_or(0);
    const SlashCauseRow& cause = slash_cause(e.cause);
    if (cause.victim != SlashVictim::kValidator) row.task = e.task.value;
    row.block = block.state.head.height;
    row.cause = std::string(word(e.cause));
    row.due = e.due;
    row.taken = e.taken;
    row.burned = e.burned;
    row.to_challenger = e.to_challenger;
    row.to_requester = e.to_requester;
    row.to_provider = e.to_provider;
    if (!e.to_challenger.is_zero()) row.rewarded = owner_of(e.challenger);
    if (!e.to_provider.is_zero()) row.rewarded = owner_of(block.state, e.provider);
    if (cause.victim == SlashVictim::kProvider) {
        const std::size_t result =
            find_result({e.task, e.provider, tasks_.at(e.task.value).assignments});
        row.false_positive = is_false_slash(block, e, row.agent, result);
        if (result != kNoResult) links_[result].slashed = true;
    } else {
        // An honest validator signs once a slot, and an honest challenger claims the truth.
        row.false_positive = participants_.is_honest(row.agent);
    }
    Flow& loser = flow_of(e.account);
    Amount& loss = cause.victim == SlashVictim::kChallenger ? loser.lost_challenges : loser.slashed;
    loss += e.taken;
    if (!e.to_challenger.is_zero()) flow_of(e.challenger).rewards += e.to_challenger;
    if (!e.to_requester.is_zero()) {
        const TaskRow& task = tasks_.at(e.task.value);
        flow_of(task.requester).rewards += e.to_requester;
        if (task.harm != Harm::kNone) compensation_[e.task.value] += e.to_requester;
    }
    if (!e.to_provider.is_zero()) flow_of(block.state, e.provider).rewards += e.to_provider;
}

bool Accounting::is_false_slash(const Executed& block, const event::Slashed& e, ActorId agent,
                                std::size_t result) const {
    if (e.cause == SlashCause::kCorrelated) {
        // It is charged for all wrong answers since the first.
        const Height first = block.state.provider(e.provider).offended_at;
        return std::ranges::none_of(slashes_, [&](const SlashRow& one) {
            return one.agent == agent && one.block >= first && !one.false_positive &&
                   one.cause == word(SlashCause::kWrongAnswer);
        });
    }
    if (slash_cause(e.cause).hits_right_answers)
        return result != kNoResult && results_[result].correct;
    const std::uint32_t assignment = tasks_.at(e.task.value).assignments;
    return sent_.in_time(agent, {.task = e.task, .assignment = assignment, .averts = e.cause},
                         block.state.head.height);
}

// Whether the assignment can still be slashed for silence.
bool Accounting::is_open(const SentDuty& duty) const {
    const TaskRow& task = tasks_.at(duty.task.value);
    return task.outcome == TaskOutcome::kPending && task.assignments == duty.assignment;
}

void Accounting::sent(ActorId provider, const SentDuty& duty, SimTime now) {
    if (duty.task.value >= tasks_.size())
        return;  // of another chain, which a dishonest validator showed the provider
    sent_.add(provider, duty, now);
}

void Accounting::on(const Executed& block, const event::ProviderPaid& e) {
    flow_of(block.state, e.provider).fees_earned += e.amount;
    paid_ += e.amount;
    const std::size_t result =
        find_result({e.task, e.provider, tasks_.at(e.task.value).assignments});
    AIVM_CHECK(result != kNoResult);
    *results_[result].paid += e.amount;
}

void Accounting::on(const Executed& block, const event::TaskCompleted& e, SimTime now) {
    TaskRow& row = tasks_.at(e.task.value);
    const Task& task = block.state.task(e.task);
    row.final_block = block.state.head.height;
    row.final_time_ns = static_cast<std::uint64_t>(now);
    row.correct = e.answer == truth_.answer(block.state, task);
    row.outcome = *row.correct ? TaskOutcome::kFinalOk : TaskOutcome::kFinalCorrupt;
    row.burned = e.burned;
    row.minted = e.minted;
    if (!*row.correct) {
        std::vector<std::size_t> wrong;
        for (std::size_t i = newest_result_[e.task.value]; i != kNoResult; i = links_[i].older) {
            if (is_final(results_[i]) && results_[i].answer_class == to_hex({&e.answer, 1}))
                wrong.push_back(i);
        }
        note_harm(row, Harm::kFinal, wrong);
    }
    // What does not divide by the winners goes back to the requester.
    const Amount fee_shared = std::exchange(paid_, Amount()) - e.minted;
    flow_of(row.requester).fees_paid -= row.fee - e.burned - fee_shared;
    open_value_nlux_ -= row.value_at_risk.nlux();
    free_bonds(e.task, block.state.head.height);
}

void Accounting::on(const Executed& block, const event::ModelRegistered& e, SimTime now) {
    const ActorId owner = owner_of(block.state.family_of_model(e.model).owner);
    flow_of(owner).fees_paid += e.burned;
    add_outlay(owner, std::nullopt, OutlayKind::kModelFee, std::nullopt, e.burned, now);
}

// Every operation of the block burned the price that the block before it left.
void Accounting::note_space_price(const Executed& block, SimTime now) {
    if (space_price_.is_zero()) return;
    for (const OperationPtr& operation : block.block->operations()) {
        const ActorId payer = owner_of(operation->sender());
        flow_of(payer).fees_paid += space_price_;
        space_burned_ += space_price_;
        add_outlay(payer, std::nullopt, OutlayKind::kBlockSpace, std::nullopt, space_price_, now);
    }
}

void Accounting::note_inclusion_fees(const Executed& block, SimTime now) {
    for (const OperationPtr& operation : block.block->operations()) {
        const Amount fee = operation->inclusion_fee();
        if (fee.is_zero()) continue;
        const Address& proposer = block.state.validator(block.block->header().proposer).address;
        const ActorId payer = owner_of(operation->sender());
        const ActorId payee = owner_of(proposer);
        flow_of(payer).fees_paid += fee;
        flow_of(payee).fees_earned += fee;
        add_outlay(payer, payee, OutlayKind::kInclusion, std::nullopt, fee, now);
    }
}

void Accounting::on(const Executed& block, const event::TaskReturned& e) {
    ++reassignments_;
    usable_early_ns_.erase(e.task.value);
    free_bonds(e.task, block.state.head.height);
}

void Accounting::on(const Executed&, const event::QuorumMissed&) { ++quorums_missed_; }

void Accounting::on(const Executed& block, const event::TaskFailed& e, SimTime now) {
    TaskRow& row = tasks_.at(e.task.value);
    row.final_block = block.state.head.height;
    row.final_time_ns = static_cast<std::uint64_t>(now);
    row.outcome = row.assignments == 0 ? TaskOutcome::kExpired : TaskOutcome::kReverted;
    open_value_nlux_ -= row.value_at_risk.nlux();
    flow_of(row.requester).fees_paid -= row.fee - *row.burned;
    free_bonds(e.task, block.state.head.height);
}

// Frees the bonds of all results since bonds were last freed.
void Accounting::free_bonds(TaskIndex task, Height height) {
    for (std::size_t i = newest_result_.at(task.value); i != kNoResult; i = links_[i].older) {
        if (results_[i].bond_freed_block) return;
        results_[i].bond_freed_block = height;
    }
}

// Null if the provider did not answer this assignment.
std::size_t Accounting::find_result(const Key& key) const {
    for (std::size_t i = newest_result_.at(key.task.value); i != kNoResult; i = links_[i].older) {
        if (links_[i].provider == key.provider && results_[i].attempt == key.assignment) return i;
    }
    return kNoResult;
}

bool Accounting::is_final(const ResultRow& result) const {
    const TaskRow& task = tasks_[result.task];
    return task.correct.has_value() && result.attempt == task.assignments;
}

void Accounting::censored(const Hash32& block, const std::vector<OperationPtr>& left_out) {
    censored_by_block_[block] += static_cast<std::uint32_t>(left_out.size());
    for (const OperationPtr& operation : left_out) {
        const auto* challenge = std::get_if<op::Challenge>(&operation->body());
        if (challenge != nullptr) ++times_censored_[challenge->commitment];
    }
}

void Accounting::checked(TaskIndex task, std::uint32_t assignment) {
    if (task.value >= newest_result_.size())
        return;  // of another chain, which a dishonest validator showed the challenger
    for (std::size_t i = newest_result_.at(task.value); i != kNoResult; i = links_[i].older) {
        if (results_[i].attempt == assignment) results_[i].challenge_skipped = false;
    }
}

void Accounting::measure_block(const Executed& block, SimTime now) {
    const State& state = block.state;
    ChainStatRow row;
    row.block = state.head.height;
    row.time_ns = static_cast<std::uint64_t>(now);
    row.proposer = block.block->header().proposer.value;
    const auto left_out = censored_by_block_.find(block.id);
    row.censored = left_out == censored_by_block_.end() ? 0 : left_out->second;
    censored_total_ += row.censored;
    row.queue = state.waiting_tasks;
    row.locked = state.head.totals.pots();
    row.value_at_risk = Amount(open_value_nlux_);
    chain_stats_.push_back(row);

    std::uint64_t covered = 0;
    state.providers.for_each([&](std::size_t, const Provider& provider) {
        covered += std::min(provider.locked, provider.bond).nlux();
    });
    if (open_value_nlux_ > covered)
        max_uncovered_nlux_ = std::max(max_uncovered_nlux_, open_value_nlux_ - covered);
}

void Accounting::add_outlay(ActorId payer, std::optional<ActorId> payee, OutlayKind kind,
                            std::optional<TaskIndex> task, Amount amount, SimTime now) {
    if (amount.is_zero()) return;
    OutlayRow& row = outlays_.emplace_back();
    row.outlay = outlays_.size() - 1;
    row.payer = payer;
    row.payee = payee;
    row.kind = kind;
    if (task) row.task = task->value;
    row.time_ns = static_cast<std::uint64_t>(now);
    row.amount = amount;
}

void Accounting::spent(ActorId actor, OutlayKind kind, std::optional<TaskIndex> task, Amount amount,
                       SimTime now) {
    flow_of(actor).spent_outside += amount;
    add_outlay(actor, std::nullopt, kind, task, amount, now);
}

void Accounting::bribed(const Address& from, const Address& to, Amount amount, SimTime now) {
    flow_of(from).spent_outside += amount;
    flow_of(to).bribes += amount;
    add_outlay(owner_of(from), owner_of(to), OutlayKind::kBribe, std::nullopt, amount, now);
}

// Money moves only between participants.
ActorId Accounting::owner_of(const Address& account) const {
    const auto agent = participants_.find(account);
    AIVM_CHECK(agent.has_value());
    return *agent;
}

Accounting::Flow& Accounting::flow_of(const State& state, ProviderIndex provider) {
    const auto agent = owner_of(state, provider);
    AIVM_CHECK(agent.has_value());
    return flow_of(*agent);
}

// A provider never changes its owner.
std::optional<ActorId> Accounting::owner_of(const State& state, ProviderIndex provider) {
    while (agent_of_provider_.size() <= provider.value) {
        const ProviderIndex next{static_cast<std::uint32_t>(agent_of_provider_.size())};
        agent_of_provider_.push_back(participants_.find(state.provider(next).owner));
    }
    return agent_of_provider_[provider.value];
}

// --- Results ---

// All that each identity holds at the end: free balance, bond, unclaimed credit, open escrows and
// challenge bonds.
std::vector<Amount> Accounting::holdings(const State& end) const {
    std::vector<Amount> held(participants_.all.size());
    for (const Participant& one : participants_.all) held[one.id] = end.balance(one.address);
    const auto add = [&](const Address& owner, Amount amount) {
        if (amount.is_zero()) return;
        if (const auto agent = participants_.find(owner)) held[*agent] += amount;
    };
    end.providers.for_each(
        [&](std::size_t, const Provider& p) { add(p.owner, p.bond + p.credit); });
    end.tasks.for_each([&](std::size_t, const Task& task) {
        if (!task.terminal()) add(task.requester, task.escrow);
    });
    end.disputes.for_each([&](std::size_t, const Dispute& d) { add(d.challenger, d.bond); });
    end.model_status.for_each([&](std::size_t, const ModelStatus& m) { add(m.owner, m.deposit); });
    end.validators.for_each(
        [&](std::size_t, const aivm::Validator& v) { add(v.address, v.stake); });
    return held;
}

void Accounting::compute_payoffs(const State& end) {
    payoffs_.resize(participants_.principals.size());
    for (std::uint32_t i = 0; i < payoffs_.size(); ++i) {
        const Flow& flow = flows_[i];
        payoffs_[i].principal = i;
        payoffs_[i].revenue = flow.fees_earned;
        payoffs_[i].cost = flow.fees_paid + flow.lost_challenges + flow.spent_outside;
        payoffs_[i].slashed = flow.slashed;
        payoffs_[i].bribes = flow.bribes;
        payoffs_[i].net_nlux = signed_nlux(flow.bribes) - signed_nlux(flow.spent_outside);
        payoffs_[i].rewards = flow.rewards;
        payoffs_[i].capital_nlux_blocks = capital_.nlux_blocks(i);
        payoffs_[i].lie_value = flow.lie_value;
        payoffs_[i].harm = flow.harm;
    }
    const std::vector<Amount> held = holdings(end);
    for (const Participant& one : participants_.all) {
        payoffs_[one.principal].net_nlux +=
            signed_nlux(held[one.id]) - signed_nlux(one.opening_balance + one.opening_stake);
    }
    // What is in escrow for tasks still open is not spent.
    for (const TaskRow& task : tasks_) {
        if (task.outcome != TaskOutcome::kPending) continue;
        payoffs_[participants_.all.at(task.requester).principal].cost -=
            task.fee - admission_burn(scenario_.vm.policy, task.fee);
    }
    for (const PayoffRow& p : payoffs_) {
        const std::int64_t by_flows = signed_nlux(p.revenue) + signed_nlux(p.rewards) +
                                      signed_nlux(p.bribes) - signed_nlux(p.cost) -
                                      signed_nlux(p.slashed);
        AIVM_CHECK(by_flows == p.net_nlux);  // two ways of counting the same money
    }
}

void Accounting::write(const State& end, RowSink& sink, const RunTotals& totals) {
    compute_payoffs(end);
    compute_metrics(end, totals);
    for (std::uint32_t i = 0; i < participants_.principals.size(); ++i) {
        const Principal& p = participants_.principals[i];
        sink.add(PrincipalRow{i, p.label, p.strategy, p.parameters, p.honest});
    }
    for (const Participant& one : participants_.all) {
        AgentRow row{one.id,
                     one.principal,
                     std::string(word(one.role)),
                     one.name,
                     one.opening_balance + one.opening_stake,
                     0};
        end.providers.for_each([&](std::size_t, const Provider& provider) {
            if (provider.owner == one.address) row.trust = provider.trust_score;
        });
        sink.add(row);
    }
    sink.add_all(tasks_);
    sink.add_all(results_);
    sink.add_all(challenges_);
    sink.add_all(slashes_);
    sink.add_all(outlays_);
    sink.add_all(payoffs_);
    sink.add_all(chain_stats_);
    sink.add_all(metrics_);
}

}  // namespace aivm::sim
