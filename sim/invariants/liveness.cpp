// L1, L3 and L6: what must eventually happen, and what must not happen before. L1 and L3 look only
// once the chain must have recovered from its faults (recovery.h).
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <deque>
#include <map>
#include <vector>

#include "sim/invariants/invariant.h"
#include "sim/scenario/trace.h"

namespace aivm::sim {
namespace {

std::string seconds_text(SimTime time) {
    return fmt::format("{:.1f} s", static_cast<double>(time) / kSecond);
}

// Whether some correct validator that runs has a block to decide or would build one. What waits in
// the queue of a validator that never builds is no work: the sole proposer may have refused it.
bool has_work(const Watch& watch) {
    const ChainSettings& chain = watch.scenario().chain;
    const bool one_builds = engine_row(chain.consensus).sole_proposer;
    for (ActorId node = 0; node < chain.validators; ++node) {
        const Vm* vm = watch.vm(node);
        if (vm == nullptr || !watch.correct(node)) continue;
        if (vm->processing_count() > 0) return true;
        if ((node == 0 || !one_builds) && vm->wants_block()) return true;
    }
    return false;
}

// Whether `limit` after healing is over, for the first time since the flag was cleared.
bool is_due(const Watch& watch, bool& judged) {
    const Recovery& recovery = watch.recovery();
    if (judged || !recovery.healed_at() || recovery.may_still_recover(watch.now())) return false;
    judged = true;
    return true;
}

// L1. The chain makes a block in time while there is work, again after the last fault, and ends
// with the tasks of honest requesters done. A task that failed is done only if it is explained: by
// a provider, challenger or validator that breaks the protocol, by a fault while it was open, or by
// a provider that could not compute it in time.
//
// Once the chain must have recovered, no task is open longer than four times what the protocol
// allows one assignment. When a task returns to the queue, its next assignment begins:
//
//   2 x task_timeout    in the queue, and with its provider
//   blocks              the windows of a committee, the challenge window, and a dispute that begins
//                       in its last block: its reveal and the moves of its game
//
// The blocks are counted as time, one interval each, and as blocks of the chain: a chain that is
// slow is judged by its own bound. Blocks that are full of proofs extend the clocks of disputes.
class WorkGetsDone final : public Invariant {
public:
    WorkGetsDone()
        : Invariant({.id = "L1",
                     .name = "work-is-accepted",
                     .meaning = "work is accepted in time, and tasks that honest providers "
                                "could do do not fail",
                     .reason = "A chain that is safe because it does nothing is useless. "
                               "Requesters have their fees locked, and providers that did the "
                               "work are not paid, as long as nothing is accepted.",
                     .liveness = true}) {}

    void on_chain(const Executed& block, const State&) override {
        const ChainHead& head = block.state.head;
        tip_ = {watch().now(), head.height, head.full_proof_blocks};
        for (const VmEvent& event : block.events) {
            if (const auto* e = std::get_if<event::TaskSubmitted>(&event)) submitted(block, *e);
            if (const auto* e = std::get_if<event::TaskAssigned>(&event)) assigned(block, *e);
            if (const auto* e = std::get_if<event::ChallengeOpened>(&event)) challenged(block, *e);
            if (const auto* e = std::get_if<event::Slashed>(&event)) slashed(*e);
            if (const auto* e = std::get_if<event::TaskReturned>(&event))
                job_of(e->task).waits_since = tip_;
            if (const auto* e = std::get_if<event::TaskCompleted>(&event)) ended(e->task, false);
            if (const auto* e = std::get_if<event::TaskFailed>(&event)) ended(e->task, true);
        }
    }

    void on_sample() override {
        if (!has_work(watch())) idle_at_ = watch().now();
        if (is_due(watch(), judged_)) {
            recovered_ = {watch().now(), tip_.height, tip_.full_proof_blocks};
            if (idle_at_ != watch().now()) check_progress();
        }
        if (judged_) check_outstanding();
        check_stall();
    }

    void at_end() override {
        const std::uint64_t wanted = watch().tasks_due();
        if (final_ < wanted && watch().recovery().may_still_recover(watch().now())) return;
        expect(final_ >= wanted, [&] {
            return fmt::format("{} of {} tasks were not final after {} s", wanted - final_, wanted,
                               watch().now() / kSecond);
        });
    }

private:
    // A moment of the run, and the chain at that time.
    struct Moment {
        SimTime time = 0;
        Height height = 0;
        std::uint64_t full_proof_blocks = 0;
    };
    struct Job {
        bool of_honest = false;
        bool is_over = false;
        bool is_assigned = false;
        bool is_explained = false;
        SimTime submitted_at = 0;
        Moment waits_since = {};  // the present assignment
        std::uint32_t steps = 0;  // of its model
    };

    [[nodiscard]] bool is_honest(const Address& account) const {
        const auto actor = watch().participants().find(account);
        return actor && watch().participants().principal_of(*actor).honest;
    }
    void submitted(const Executed& block, const event::TaskSubmitted& e) {
        const Task& task = block.state.task(e.task);
        job_of(e.task) = {.of_honest = is_honest(task.requester),
                          .submitted_at = watch().now(),
                          .waits_since = tip_,
                          .steps = block.state.model(task.model).steps};
    }
    void assigned(const Executed& block, const event::TaskAssigned& e) {
        Job& job = job_of(e.task);
        job.is_assigned = true;
        const auto actor = watch().participants().find(block.state.provider(e.provider).owner);
        if (!actor || !watch().participants().principal_of(*actor).honest || !is_able(*actor))
            job.is_explained = true;
    }
    // Silence alone explains nothing: that is what a chain that lost an answer looks like.
    void slashed(const event::Slashed& e) {
        if (slash_cause(e.cause).victim == SlashVictim::kProvider &&
            e.cause != SlashCause::kTimeout)
            job_of(e.task).is_explained = true;
    }
    void challenged(const Executed& block, const event::ChallengeOpened& e) {
        if (!is_honest(block.state.dispute(e.dispute).challenger))
            job_of(e.task).is_explained = true;
    }
    void ended(TaskIndex task, bool failed) {
        Job& job = job_of(task);
        job.is_over = true;
        if (!job.of_honest) return;
        ++final_;
        expect(!failed || !job.is_assigned || job.is_explained || world_explains(job), [&] {
            return fmt::format(
                "task {} failed, although every provider that was drawn for it is "
                "honest and no fault came in between",
                task.value);
        });
    }
    // Whether the provider computes exactly, and all that it may have at a time within the timeout.
    [[nodiscard]] bool is_able(ActorId provider) const {
        const Participant& one = watch().participants().all.at(provider);
        const Workload& workload = watch().scenario().workload;
        const Config& config = watch().scenario().vm.config;
        if (one.role != Role::kProvider || one.group.strategy != "honest" ||
            one.group.device != DeviceClass::kNone || workload.work_law != WorkLaw::kFixed ||
            one.group.accelerator.changes_answers() || one.group.accelerator.changes_times())
            return false;
        const double each = static_cast<double>(steps_of_model(workload, workload.models - 1)) *
                            static_cast<double>(workload.step_time_ns) * 1e6 /
                            static_cast<double>(std::max<std::uint64_t>(one.group.speed_ppm, 1));
        return each * config.max_tasks_per_provider / std::max(one.group.machines, 1U) <
               static_cast<double>(config.task_timeout_ns) / 2;
    }
    // A fault alone makes it deviate, so it follows the protocol again when the chain is healed.
    [[nodiscard]] bool deviates_by_fault(ActorId validator) const {
        const Participants& all = watch().participants();
        return all.all.at(validator).deviates && all.principal_of(validator).honest;
    }
    // Validators that break the protocol may censor, and faults may have kept results out.
    [[nodiscard]] bool world_explains(const Job& job) const {
        const ChainSettings& chain = watch().scenario().chain;
        if (chain.censorship != CensorshipModel::kNone) return true;
        for (ActorId node = 0; node < chain.validators; ++node) {
            if (!watch().correct(node) && !deviates_by_fault(node)) return true;
        }
        const Recovery& recovery = watch().recovery();
        const auto healed_at = recovery.healed_at();
        return healed_at &&
               (!recovery.limit() || job.submitted_at < *healed_at + *recovery.limit());
    }

    void check_progress() {
        const Recovery& recovery = watch().recovery();
        const auto progressed = recovery.progressed_after();
        expect(progressed && *progressed <= *recovery.limit(), [&] {
            return progressed ? fmt::format(
                                    "the first block after the last fault came {} after it, and "
                                    "{} is the limit",
                                    seconds_text(*progressed), seconds_text(*recovery.limit()))
                              : fmt::format("no block in the {} after the last fault, at height {}",
                                            seconds_text(watch().now() - *recovery.healed_at()),
                                            recovery.healed_height());
        });
    }
    void check_stall() {
        const Recovery& recovery = watch().recovery();
        if (!recovery.stall_limit() || (recovery.healed_at() && !recovery.is_healed())) return;
        const SimTime since = std::max({tip_.time, idle_at_, recovery.healed_at().value_or(0)});
        expect(watch().now() - since <= *recovery.stall_limit(), [&] {
            return fmt::format("no block for {} although there is work, and {} is the limit",
                               seconds_text(watch().now() - since),
                               seconds_text(*recovery.stall_limit()));
        });
    }

    void check_outstanding() {
        const auto needs_no_look = [](const Job& job) { return !job.of_honest || job.is_over; };
        while (first_open_ < jobs_.size() && needs_no_look(jobs_[first_open_])) ++first_open_;
        for (std::size_t task = first_open_; task < jobs_.size(); ++task) {
            const Job& job = jobs_[task];
            if (needs_no_look(job)) continue;
            const Moment& since =
                job.waits_since.time > recovered_.time ? job.waits_since : recovered_;
            expect(!is_overdue(job, since), [&] {
                return fmt::format(
                    "task {} is open {} after the last fault, and its assignment began {} ago",
                    task, seconds_text(watch().now() - *watch().recovery().healed_at()),
                    seconds_text(watch().now() - job.waits_since.time));
            });
        }
    }
    [[nodiscard]] bool is_overdue(const Job& job, const Moment& since) const {
        const Scenario& scenario = watch().scenario();
        const std::uint64_t blocks = kSafetyFactor * blocks_of_an_assignment(job);
        const double allowed =
            kSafetyFactor * 2 * static_cast<double>(scenario.vm.config.task_timeout_ns) +
            static_cast<double>(blocks) * static_cast<double>(scenario.chain.block_interval_ns);
        if (static_cast<double>(watch().now() - since.time) <= allowed) return false;
        const Recovery& recovery = watch().recovery();
        const SimTime patience = recovery.stall_limit().value_or(*recovery.limit());
        const bool stands_still = watch().now() - tip_.time > patience;
        const std::uint64_t extended = tip_.full_proof_blocks - since.full_proof_blocks;
        return stands_still || tip_.height - since.height > blocks + extended;
    }
    [[nodiscard]] std::uint64_t blocks_of_an_assignment(const Job& job) const {
        const VmParameters& vm = watch().scenario().vm;
        const std::uint64_t moves = 2 * static_cast<std::uint64_t>(std::bit_width(job.steps)) + 2;
        const std::uint64_t parts[] = {kDrawBlocks,
                                       vm.policy.commit_window_blocks,
                                       vm.policy.reveal_window_blocks,
                                       vm.config.challenge_window_blocks,
                                       vm.policy.challenge_reveal_blocks,
                                       moves * std::min(vm.policy.dispute_move_blocks, kBlocksMax),
                                       kSettleBlocks};
        std::uint64_t sum = 0;
        for (const std::uint64_t part : parts) sum += std::min(part, kBlocksMax);
        return sum;
    }

    [[nodiscard]] Job& job_of(TaskIndex task) {
        if (jobs_.size() <= task.value) jobs_.resize(task.value + std::size_t{1});
        return jobs_[task.value];
    }

    static constexpr std::uint64_t kSafetyFactor = 4;
    static constexpr std::uint64_t kDrawBlocks = 3;
    static constexpr std::uint64_t kSettleBlocks = 2;
    static constexpr std::uint64_t kBlocksMax = 1'000'000'000;  // no run has as many

    std::vector<Job> jobs_;       // by task
    std::size_t first_open_ = 0;  // no task before this one is open
    std::uint64_t final_ = 0;     // of honest requesters
    Moment tip_;                  // when the chain last grew
    Moment recovered_;            // when it must have recovered; meaningful once judged_
    SimTime idle_at_ = 0;         // the last sample at which there was no work
    bool judged_ = false;
};

// L3. After the last fault every correct validator catches up in time; and no validator that runs
// stays further behind than the limit.
class LaggardsCatchUp final : public Invariant {
public:
    LaggardsCatchUp()
        : Invariant({.id = "L3",
                     .name = "laggards-catch-up",
                     .meaning = "a lagging or restarted node catches up",
                     .reason = "Each node that stays behind is one fault more that the chain "
                               "can no longer bear. Its stake does not vote, and its clients "
                               "act on old balances.",
                     .liveness = true}) {}

    void on_chain(const Executed& block, const State&) override { tip_ = block.state.head.height; }
    void on_sample() override {
        tips_.push_back({watch().now(), tip_});
        if (is_due(watch(), judged_)) check_recovery();
        check_lag();
    }
    void at_end() override {
        const Recovery& recovery = watch().recovery();
        if (!recovery.is_healed() || judged_) return;
        if (recovery.caught_up_after()) {
            count_check();
        } else if (!recovery.may_still_recover(watch().now())) {
            check_recovery();
        }
    }

private:
    struct Tip {
        SimTime time = 0;
        Height height = 0;
    };

    void check_recovery() {
        const Recovery& recovery = watch().recovery();
        const auto caught_up = recovery.caught_up_after();
        if (caught_up) {
            return expect(*caught_up <= *recovery.limit(), [&] {
                return fmt::format(
                    "the validators caught up {} after the last fault, and {} is "
                    "the limit",
                    seconds_text(*caught_up), seconds_text(*recovery.limit()));
            });
        }
        expect(
            recovery.behind().empty(),
            [&] {
                return fmt::format(
                    "{} of the validators had not reached height {} {} after the "
                    "last fault",
                    recovery.behind().size(), recovery.healed_height(),
                    seconds_text(watch().now() - *recovery.healed_at()));
            },
            [&] {
                return std::vector<ActorId>(recovery.behind().begin(), recovery.behind().end());
            });
    }
    // Every running node has what the chain had the limit ago.
    void check_lag() {
        const Recovery& recovery = watch().recovery();
        if (!recovery.stall_limit() || (recovery.healed_at() && !judged_)) return;
        const SimTime then = watch().now() - *recovery.stall_limit();
        if (tips_.front().time > then) return;
        while (tips_.size() > 1 && tips_[1].time <= then) tips_.pop_front();
        for (ActorId node = 0; node < watch().scenario().chain.validators; ++node) {
            const Vm* vm = watch().vm(node);
            if (vm == nullptr || !watch().correct(node)) continue;
            expect(vm->last_accepted_height() >= tips_.front().height,
                   [&] {
                       return fmt::format(
                           "{} is at height {}, where the chain was {} ago at {}",
                           watch().participants().name(node), vm->last_accepted_height(),
                           seconds_text(watch().now() - tips_.front().time), tips_.front().height);
                   },
                   {node});
        }
    }

    std::deque<Tip> tips_;
    Height tip_ = 0;
    bool judged_ = false;
};

// L6. Validators that can exchange messages with less than half of the stake finalise nothing by
// polls, whichever of the sides a fault names and however many there are: a breach is a violation
// of safety. Polls that began before may end in the time that a poll takes at most. Signed votes
// prove a quorum whenever they came, and S21 counts them. Once the chain must have recovered, all
// sides have the same chain.
class MinorityStandsStill final : public Invariant {
public:
    MinorityStandsStill()
        : Invariant({.id = "L6",
                     .name = "minority-stands-still",
                     .meaning = "a side without a quorum finalises nothing; all sides converge "
                                "after it",
                     .reason = "If two sides of a cut both finalise, each has a history of its "
                               "own, and one of them is void after healing with every payment "
                               "in it. Sides that never come together again remain two chains."}) {}

    void on_faults_changed() override {
        const ChainSettings& chain = watch().scenario().chain;
        if (engine_row(chain.consensus).voting != nullptr) return;
        for (ActorId node = 0; node < chain.validators; ++node) {
            if (!watch().cut_off(node)) {
                since_.erase(node);
            } else {
                since_.try_emplace(node, watch().now());
            }
        }
    }
    // The polls that the pause interrupted go on, with the answers that came meanwhile.
    void on_resumed(ActorId node) override {
        const auto cut = since_.find(node);
        if (cut != since_.end()) cut->second = watch().now();
    }
    void before_accept(ActorId node, const Vm&, const ExecutedPtr&, AcceptedBy by) override {
        const auto cut = since_.find(node);
        if (by != AcceptedBy::kPolls || cut == since_.end() || !watch().correct(node)) return;
        expect(watch().now() <= cut->second + grace(),
               [&] {
                   return watch().participants().name(node) +
                          " finalised a block by polls while cut off";
               },
               {node});
    }
    void on_sample() override {
        if (is_due(watch(), judged_)) check_convergence();
    }
    void at_end() override {
        if (watch().recovery().caught_up_after() && !judged_) check_convergence();
    }

private:
    // Answers that were under way when the links went down may still finish a poll.
    [[nodiscard]] SimTime grace() const {
        const Scenario& scenario = watch().scenario();
        std::uint64_t delay = scenario.network.jitter_ns + scenario.network.reorder_delay_ns;
        for (const FaultPlan& fault : scenario.faults) delay = std::max(delay, fault.delay_ns);
        return kInFlight + static_cast<SimTime>(scenario.chain.poll_timeout_max_ns + 2 * delay);
    }
    void check_convergence() {
        const Height height = watch().recovery().healed_height();
        std::optional<std::pair<ActorId, Hash32>> first;
        for (ActorId node = 0; node < watch().scenario().chain.validators; ++node) {
            const Vm* vm = watch().vm(node);
            if (vm == nullptr || !watch().correct(node) || vm->last_accepted_height() < height)
                continue;
            const auto id = vm->block_id_at_height(height);
            if (!id) continue;
            if (!first) first = {node, *id};
            expect(first->second == *id,
                   [&] {
                       return fmt::format(
                           "{} and {} have different blocks at height {} after the "
                           "last fault",
                           watch().participants().name(first->first),
                           watch().participants().name(node), height);
                   },
                   {first->first, node});
        }
    }

    static constexpr SimTime kInFlight = 5 * kSecond;
    std::map<ActorId, SimTime> since_;  // of those that are cut off
    bool judged_ = false;
};

}  // namespace

void add_liveness_invariants(Invariants& out) {
    out.push_back(std::make_unique<WorkGetsDone>());
    out.push_back(std::make_unique<LaggardsCatchUp>());
    out.push_back(std::make_unique<MinorityStandsStill>());
}

}  // namespace aivm::sim
