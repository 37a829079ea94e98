#include "sim/actors/provider.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/tasks/seats.h"
#include "core/verification/bisection.h"
#include "core/verification/redundant.h"
#include "core/verification/reexecution.h"
#include "core/verification/tee.h"

namespace aivm::sim {
namespace {

constexpr Height kClaimEveryBlocks = 20;
constexpr Height kRestoreEveryBlocks = 20;

}  // namespace

ProviderActor::ProviderActor(const ClientSetup& client, Signer signer, ProviderSetup setup,
                             std::unique_ptr<ProviderStrategy> strategy)
    : ChainClient(client, signer, strategy.get()),
      setup_(std::move(setup)),
      strategy_(std::move(strategy)),
      times_(environment().stream(Purpose::kWorkTime)),
      nonces_(environment().stream(Purpose::kSalt)) {
    AIVM_CHECK(strategy_ != nullptr && setup_.speed_ppm > 0 && setup_.machines > 0 &&
               setup_.batch > 0 && setup_.kernels != nullptr);
}

void ProviderActor::start() {
    ChainClient::start();
    join(nullptr);
}

void ProviderActor::join(const State* state) {
    if (joined_ || !strategy_->joins(state)) return;
    joined_ = true;
    op::RegisterProvider registration;
    registration.provider_id = setup_.id;
    registration.wallet = address();
    registration.endpoint = "sim://" + setup_.id;
    registration.models = setup_.models;
    registration.bond = setup_.bond;
    if (setup_.device) {
        const auto evidence = strategy_->evidence(*setup_.device, environment().clock());
        if (evidence) registration.evidence = *evidence;
        renewed_at_ = environment().clock();
    }
    submit(std::move(registration));
}

void ProviderActor::on_block(const Executed& block, bool complete) {
    join(&block.state);
    if (!self_) self_ = block.state.find_provider(setup_.id);
    if (!self_) return ask_strategy(complete);
    if (complete) {
        receive_events(block.events);
    } else {
        find_missed();
    }
    answer_waiting();
    reveal_committed();
    play_disputes();
    renew_attestation();
    ask_strategy(complete);
    claim_rewards(block.state.provider(*self_));
    restore_bond(block.state.provider(*self_));
}

void ProviderActor::receive_events(const std::vector<VmEvent>& events) {
    const bool defends = !posted_.empty();  // otherwise events about results do not concern it
    for (const VmEvent& e : events) {
        if (const auto* assigned = std::get_if<event::TaskAssigned>(&e)) {
            if (assigned->provider == *self_) take_work(assigned->task);
        } else if (defends) {
            receive_result_event(e);
        }
    }
}

void ProviderActor::receive_result_event(const VmEvent& event) {
    if (const auto* revealed = std::get_if<event::ChallengeRevealed>(&event)) {
        join_dispute(revealed->dispute);
    } else if (const auto* completed = std::get_if<event::TaskCompleted>(&event)) {
        posted_.erase(completed->task);
    } else if (const auto* returned = std::get_if<event::TaskReturned>(&event)) {
        posted_.erase(returned->task);
    } else if (const auto* failed = std::get_if<event::TaskFailed>(&event)) {
        posted_.erase(failed->task);
    }
}

// Recovers from the state what the events of missed blocks would have said.
void ProviderActor::find_missed() {
    state()->tasks.for_each([&](std::size_t i, const Task& task) {
        const TaskIndex index{static_cast<std::uint32_t>(i)};
        const auto seat = find_seat(task, *self_);
        if (task.status == TaskStatus::kAssigned && seat &&
            task.seats[*seat].status == SeatStatus::kSelected) {
            take_work(index);
        }
    });
    std::erase_if(posted_, [&](const auto& one) {
        const Task& task = state()->task(one.first);
        return task.terminal() || task.assignments != one.second.assignment;
    });
    for (const auto& [index, posted] : posted_) {
        state()->for_each_dispute(
            state()->task(index).disputes,
            [&](DisputeIndex dispute, const Dispute&) { join_dispute(dispute); });
    }
}

void ProviderActor::claim_rewards(const Provider& self) {
    const Height height = state()->head.height;
    if (self.credit.is_zero() || height < claimed_at_ + kClaimEveryBlocks) return;
    claimed_at_ = height;
    submit(op::ClaimRewards{setup_.id});
}

// A provider whose bond fell below the minimum gets no tasks: it fills the bond up, if it can.
void ProviderActor::restore_bond(const Provider& self) {
    const Amount minimum = setup_.rules.config.min_provider_bond;
    const Height height = state()->head.height;
    if (!self.active() || self.bond >= minimum || height < restored_at_ + kRestoreEveryBlocks)
        return;
    const Amount missing = minimum - self.bond;
    if (state()->balance(address()) < missing) return;
    restored_at_ = height;
    submit(op::AddBond{setup_.id, missing});
}

void ProviderActor::take_work(TaskIndex task) {
    const auto is_it = [task](const auto& waiting) { return waiting.first == task; };
    const bool computes = std::ranges::find(computing_, task, &Computing::task) != computing_.end();
    if (computes || std::ranges::any_of(queue_, is_it)) return;
    queue_.emplace_back(task, environment().now());
    work_on_next();
}

// Assigns the next tasks to a machine, if both exist: as many as wait and fit into one call, which
// ends for all of them when the longest has ended.
void ProviderActor::work_on_next() {
    if (queue_.empty() || !has_free_machine()) return;
    const std::size_t tasks = std::min<std::size_t>(queue_.size(), setup_.batch);
    std::uint32_t steps_max = 0;
    ++calls_;
    for (std::size_t i = 0; i < tasks; ++i) {
        const auto [index, since] = queue_.front();
        queue_.pop_front();
        computing_.push_back({index, calls_});
        const std::uint32_t steps = strategy_->steps_to_compute(view(index));
        if (setup_.on_computed) setup_.on_computed(index, steps);
        if (setup_.on_started) setup_.on_started(index, environment().now() - since);
        steps_max = std::max(steps_max, steps);
    }
    const TaskIndex first = computing_[computing_.size() - tasks].task;
    const SimTime work = work_time(steps_max, static_cast<std::uint32_t>(tasks));
    const SimTime time = setup_.on_device.time_of(first, state()->task(first).assignments, work);
    for (std::size_t i = computing_.size() - tasks; i < computing_.size(); ++i)
        set_timer(time, computing_[i].task.value);
}

bool ProviderActor::has_free_machine() const {
    std::set<std::uint64_t> calls;
    for (const Computing& one : computing_) calls.insert(one.call);
    return calls.size() < setup_.machines;
}

SimTime ProviderActor::work_time(std::uint32_t steps, std::uint32_t tasks) {
    constexpr std::uint64_t kLongestNs = std::uint64_t{1}
                                         << 55;  // a year: the longest drawn computing time
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t step_ns = setup_.on_device.step_time_ns(setup_.step_time_ns, tasks);
    const Wide work_ns = Wide(steps) * step_ns * 1'000'000 / setup_.speed_ppm;
    const auto mean = static_cast<std::uint64_t>(std::min(work_ns, Wide(kLongestNs)));
    return static_cast<SimTime>(setup_.exponential_time ? times_.exponential(mean) : mean);
}

void ProviderActor::on_timer(std::uint64_t tag) {
    const TaskIndex task{static_cast<std::uint32_t>(tag)};
    AIVM_CHECK(std::erase_if(computing_, [&](const Computing& one) { return one.task == task; }) ==
               1);
    answer_or_wait(task);
    work_on_next();
}

TaskView ProviderActor::view(TaskIndex index) const {
    const Task& task = state()->task(index);
    return {*state(),
            task,
            state()->model(task.model),
            setup_.on_device.kernels_for(index, task, *setup_.kernels),
            index,
            environment().now()};
}

void ProviderActor::answer_or_wait(TaskIndex index) {
    const TaskView work = view(index);
    waiting_.erase(index);
    // Otherwise it took too long, and the task is assigned to another provider.
    if (work.task.status != TaskStatus::kAssigned || !find_seat(work.task, *self_)) return;
    if (strategy_->waits(work)) {
        waiting_.insert(index);
    } else {
        post(work);
    }
}

void ProviderActor::answer_waiting() {
    const std::set<TaskIndex> waiting =
        waiting_;  // a copy: tasks that still wait are inserted again
    for (const TaskIndex task : waiting) answer_or_wait(task);
}

void ProviderActor::post(const TaskView& work) {
    const auto answer = strategy_->answer(work);
    if (!answer) return;
    const bool committee = work.task.mode == VerificationMode::kRedundant;
    if (committee && setup_.rules.policy.commit_reveal) return commit(work, *answer);
    OperationBody body(std::in_place_type<op::SubmitResult>);
    auto& result = std::get<op::SubmitResult>(body);
    result.job_id = work.task.job_id;
    result.provider_id = setup_.id;
    result.answer = *answer;
    result.compute_time_ms = strategy_->reported_time_ms(work);
    if (work.model.steps > 1 && !committee) {
        std::vector<InferenceTraceStep> trace = strategy_->trace(work, *answer);
        result.trace_root = trace_root(trace);
        if (plays_bisection(setup_.rules.policy, work.task.mode, work.model.steps))
            posted_[work.index] = {work.task.assignments, std::move(trace), {}};
    }
    if (committee) {
        note_sent(work, SlashCause::kSilent, commit_end(work.task, setup_.rules.policy));
    } else {
        note_sent(work, SlashCause::kTimeout, kNoWindow);
    }
    submit(std::move(body));
}

void ProviderActor::note_sent(const TaskView& work, SlashCause averts, Height last_block) {
    if (setup_.on_sent) setup_.on_sent({work.index, work.task.assignments, averts, last_block});
}

// --- Redundant mode ---

void ProviderActor::commit(const TaskView& work, Answer answer) {
    const Committed committed{work.task.assignments, answer, draw_hash(nonces_)};
    committed_[work.index] = committed;
    const CommittedResult hidden =
        result_of(work.state, work.task, address(), answer, committed.nonce);
    note_sent(work, SlashCause::kSilent, commit_end(work.task, setup_.rules.policy));
    submit(op::Commit{work.task.job_id, setup_.id, result_commitment(hidden)});
}

bool ProviderActor::is_awaited(TaskIndex index, const Committed& committed) const {
    const Task& task = state()->task(index);
    const auto seat = find_seat(task, *self_);
    if (task.status != TaskStatus::kAssigned || task.assignments != committed.assignment || !seat)
        return false;
    return state()->head.height < reveal_end(task, setup_.rules.policy);
}

void ProviderActor::reveal_committed() {
    for (auto it = committed_.begin(); it != committed_.end();) {
        const auto& [index, committed] = *it;
        const Task& task = state()->task(index);
        if (!is_awaited(index, committed)) {
            it = committed_.erase(it);
            continue;
        }
        const bool open = state()->head.height >= commit_end(task, setup_.rules.policy);
        if (!open || !strategy_->reveals(view(index))) {
            ++it;
            continue;
        }
        note_sent(view(index), SlashCause::kUnrevealed, reveal_end(task, setup_.rules.policy));
        submit(op::Reveal{task.job_id, setup_.id, committed.answer, empty_embedding_digest(),
                          committed.nonce});
        it = committed_.erase(it);
    }
}

// --- Bisection ---

void ProviderActor::join_dispute(DisputeIndex index) {
    const Dispute& dispute = state()->dispute(index);
    const auto posted = posted_.find(dispute.task);
    if (dispute.status != DisputeStatus::kPlaying || posted == posted_.end()) return;
    if (posted->second.assignment == dispute.assignment) disputes_.insert(index);
}

void ProviderActor::play_disputes() {
    std::erase_if(disputes_, [&](DisputeIndex index) {
        const Dispute& dispute = state()->dispute(index);
        return !dispute.open() || !posted_.contains(dispute.task);
    });
    for (const DisputeIndex index : disputes_) {
        const Dispute& dispute = state()->dispute(index);
        Posted& posted = posted_.at(dispute.task);
        // One opening of a step answers every game that asks for it.
        if (!dispute.provider_to_move || posted.opened.contains(dispute.middle)) continue;
        const Task& task = state()->task(dispute.task);
        auto move = strategy_->move({*state(), task, dispute, index, posted.trace});
        if (!move) continue;
        posted.opened.insert(dispute.middle);
        submit(std::move(*move));
    }
}

// --- TEE mode ---

// Only with work assigned or waiting to be, and early enough that the new attestation is in a block
// before the old one is stale: in one block, results are applied before attestations. The provider
// has one device, whose renewals share a slot of the chain's table.
void ProviderActor::renew_attestation() {
    const Config& config = setup_.rules.config;
    const bool works =
        !queue_.empty() || !computing_.empty() || !waiting_.empty() || state()->waiting_tasks > 0;
    if (config.verification_mode != VerificationMode::kTee || !setup_.device || !works) return;
    const TimestampNs now = environment().clock();
    if (now - renewed_at_ < config.attestation_timeout_ns / 2) return;
    renewed_at_ = now;
    const auto evidence = strategy_->evidence(*setup_.device, now);
    if (!evidence) return;
    op::Attest attest;
    attest.provider_id = setup_.id;
    attest.evidence = *evidence;
    const Hash32 digest = keccak256(attest.evidence);
    std::memcpy(attest.attestation->tee_quote_digest, digest.data(), digest.size());
    attest.attestation->attesting_key[0] = 1;  // the vendor's key, which signed the evidence
    attest.attestation->expiry_ns = now + config.attestation_timeout_ns;
    submit(std::move(attest));
}

}  // namespace aivm::sim
