// E4, E6 and E11 to E15: the rules of the verification modes, checked on what each accepted
// block changed.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/registry/attestation.h"
#include "core/rewards/rewards.h"
#include "core/tasks/seats.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

class OfModes : public Invariant {
public:
    using Invariant::Invariant;

protected:
    [[nodiscard]] std::vector<ActorId> actor_of(const State& state, ProviderIndex provider) const {
        const auto agent = watch().participants().find(state.provider(provider).owner);
        return agent ? std::vector<ActorId>{*agent} : std::vector<ActorId>{};
    }
    [[nodiscard]] const VmParameters& parameters() const { return watch().scenario().vm; }
};

// E4. A seat that had not answered before a block, and loses its place in the block without having
// answered, was silent.
class SilenceCosts final : public OfModes {
public:
    SilenceCosts()
        : OfModes({.id = "E4",
                   .name = "silence-costs",
                   .meaning = "whoever is selected and stays silent loses something",
                   .reason = "If silence were free, providers would collect seats and answer "
                             "only when it suits them. Requesters wait, and committees "
                             "fail for lack of answers."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        for (const std::uint32_t index : block.touched.tasks) {
            if (index >= parent.tasks.size()) continue;
            const TaskIndex task{index};
            const Task& before = parent.task(task);
            if (before.status != TaskStatus::kAssigned) continue;
            for (const Seat& seat : before.seats) {
                if (seat.status == SeatStatus::kSelected) look_at(block, task, seat.provider);
            }
        }
    }

private:
    void look_at(const Executed& block, TaskIndex task, ProviderIndex provider) {
        if (find_seat(block.state.task(task), provider) || answered(block, task, provider)) return;
        const bool paid = std::ranges::any_of(block.events, [&](const VmEvent& e) {
            const auto* slash = std::get_if<event::Slashed>(&e);
            return slash != nullptr && slash->task == task && slash->provider == provider &&
                   !slash->due.is_zero();
        });
        expect(
            paid,
            [&] {
                return fmt::format(
                    "provider {} was selected for task {}, stayed silent and lost nothing in block "
                    "{}",
                    block.state.provider(provider).id, task.value, block.state.head.height);
            },
            [&] { return actor_of(block.state, provider); });
    }
    [[nodiscard]] static bool answered(const Executed& block, TaskIndex task,
                                       ProviderIndex provider) {
        const auto names = [&](const auto* e) {
            return e != nullptr && e->task == task && e->provider == provider;
        };
        return std::ranges::any_of(block.events, [&](const VmEvent& e) {
            return names(std::get_if<event::ResultPosted>(&e)) ||
                   names(std::get_if<event::ResultCommitted>(&e)) ||
                   names(std::get_if<event::ResultRevealed>(&e));
        });
    }
};

// E6. Payments come from settlement, which runs first in a block: the parent's seats are those that
// count. Settlement ends the task, so a second payment could only be in the same block (E7).
class PaidOnceToTheAssigned final : public OfModes {
public:
    PaidOnceToTheAssigned()
        : OfModes({.id = "E6",
                   .name = "pay-the-assigned-once",
                   .meaning = "at most one payment per task and provider, only to those "
                              "assigned",
                   .reason = "A second payment, or one to a provider without a seat, is "
                             "taken from the escrow of other tasks. The requester pays for "
                             "work that was not done for it."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        paid_here_.clear();
        for (const VmEvent& e : block.events) {
            const auto* paid = std::get_if<event::ProviderPaid>(&e);
            if (paid == nullptr) continue;
            const bool known = paid->task.value < parent.tasks.size();
            const bool seated = known && answered(parent.task(paid->task), paid->provider);
            const std::pair payment{paid->task, paid->provider};
            const bool first = std::ranges::find(paid_here_, payment) == paid_here_.end();
            paid_here_.push_back(payment);
            expect(
                seated && first && block.state.task(paid->task).terminal(),
                [&] {
                    return fmt::format("provider {} was paid for task {} in block {} {}",
                                       block.state.provider(paid->provider).id, paid->task.value,
                                       block.state.head.height,
                                       !first    ? "a second time"
                                       : !seated ? "without an answer of its own on it"
                                                 : "and the task is not over");
                },
                [&] { return actor_of(block.state, paid->provider); });
        }
    }

private:
    [[nodiscard]] static bool answered(const Task& task, ProviderIndex provider) {
        return !task.terminal() && std::ranges::any_of(task.seats, [&](const Seat& seat) {
            return seat.provider == provider && seat.status == SeatStatus::kPosted;
        });
    }

    std::vector<std::pair<TaskIndex, ProviderIndex>> paid_here_;  // in the current block
};

// E11. Commits and reveals come in their windows, one after the other, and no open deadline lies in
// the past.
class DeadlinesInOrder final : public OfModes {
public:
    DeadlinesInOrder()
        : OfModes({.id = "E11",
                   .name = "deadlines-in-order",
                   .meaning = "deadlines lie ahead and only move on; reveal opens after "
                              "commit closes",
                   .reason = "A deadline that moves back or wraps around closes a task while "
                             "honest parties are still in time, and they are slashed for it. "
                             "A reveal before the end of commits lets others copy the "
                             "answer."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        for (const VmEvent& e : block.events) {
            if (const auto* committed = std::get_if<event::ResultCommitted>(&e)) {
                const Task& task = task_at(block, parent, committed->task);
                in_window(block, committed->task, "commit", task.draw_at + 1,
                          commit_end(task, parameters().policy));
            } else if (const auto* revealed = std::get_if<event::ResultRevealed>(&e)) {
                if (!parameters().policy.commit_reveal) continue;
                const Task& task = task_at(block, parent, revealed->task);
                in_window(block, revealed->task, "reveal",
                          commit_end(task, parameters().policy) + 1,
                          reveal_end(task, parameters().policy));
            }
        }
        for (const std::uint32_t index : block.touched.disputes)
            look_at(block, parent, DisputeIndex{index});
        for (const std::uint32_t index : block.touched.tasks) look_at(block, TaskIndex{index});
    }

private:
    // A committee that missed its quorum no longer exists after the block; one that was drawn in
    // the block did not exist before it.
    [[nodiscard]] static const Task& task_at(const Executed& block, const State& parent,
                                             TaskIndex task) {
        const bool drawn_before =
            task.value < parent.tasks.size() && parent.task(task).status == TaskStatus::kAssigned;
        return drawn_before ? parent.task(task) : block.state.task(task);
    }
    void in_window(const Executed& block, TaskIndex task, const char* what, Height first,
                   Height last) {
        const Height height = block.state.head.height;
        expect(first <= height && height <= last, [&] {
            return fmt::format(
                "a {} on task {} was taken in block {}, outside its window of blocks {} to {}",
                what, task.value, height, first, last);
        });
    }
    void look_at(const Executed& block, const State& parent, DisputeIndex index) {
        const Dispute& now = block.state.dispute(index);
        if (!now.open()) return;
        // A claim that is revealed early begins its game early: then the first move may be due
        // before the reveal was.
        const bool known =
            index.value < parent.disputes.size() && parent.dispute(index).status == now.status;
        expect(
            now.deadline > block.state.head.height &&
                (!known || now.deadline >= parent.dispute(index).deadline),
            [&] {
                return fmt::format(
                    "dispute {} on task {} is open in block {} with a deadline in block {}{}",
                    index.value, now.task.value, block.state.head.height, now.deadline,
                    known ? fmt::format(", and had one in block {}", parent.dispute(index).deadline)
                          : "");
            });
    }
    void look_at(const Executed& block, TaskIndex index) {
        const Task& task = block.state.task(index);
        if (task.status != TaskStatus::kPosted) return;
        expect(task.settle_at > block.state.head.height && task.settle_at > task.posted_at, [&] {
            return fmt::format(
                "task {} stands posted in block {} and was to be settled in block {}", index.value,
                block.state.head.height, task.settle_at);
        });
    }
};

// E12. Draws are made at the start of a block, on the providers as the parent state has them.
class CommitteeIsEligible final : public OfModes {
public:
    CommitteeIsEligible()
        : OfModes({.id = "E12",
                   .name = "eligible-committee",
                   .meaning = "a committee is distinct, complete and eligible when it is "
                              "drawn",
                   .reason = "A quorum protects only if its members are different, bonded "
                             "and drawn by chance. A requester or provider that can choose "
                             "or repeat members buys itself a majority, and a wrong answer "
                             "passes."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        drawn_.clear();
        for (const VmEvent& e : block.events) {
            const auto* assigned = std::get_if<event::TaskAssigned>(&e);
            if (assigned != nullptr) drawn_.push_back(assigned->task);
        }
        std::ranges::sort(drawn_);
        drawn_.erase(std::ranges::unique(drawn_).begin(), drawn_.end());
        for (const TaskIndex task : drawn_) look_at(block, parent, task);
    }

private:
    void look_at(const Executed& block, const State& parent, TaskIndex index) {
        const Task& task = block.state.task(index);
        const bool redundant = task.mode == VerificationMode::kRedundant;
        const std::size_t wanted = redundant ? parameters().policy.redundancy_providers : 1;
        std::size_t members = 0;  // seats of one provider count once
        for (auto seat_at = task.seats.begin(); seat_at != task.seats.end(); ++seat_at) {
            const Seat& seat = *seat_at;
            const bool again = std::ranges::find(task.seats.begin(), seat_at, seat.provider,
                                                 &Seat::provider) != seat_at;
            if (!again) ++members;
            expect(
                eligible(block, parent, seat.provider, task.model),
                [&] {
                    return fmt::format(
                        "provider {} was drawn for task {} in block {} and was not eligible",
                        block.state.provider(seat.provider).id, index.value,
                        block.state.head.height);
                },
                [&] { return actor_of(block.state, seat.provider); });
        }
        expect(members == wanted && task.seats.size() == wanted, [&] {
            return fmt::format("task {} has {} seats of {} providers in block {}, and needs {}",
                               index.value, task.seats.size(), members, block.state.head.height,
                               wanted);
        });
    }
    // The set was fixed two blocks before the draw. Providers of the genesis are bonded for ever.
    [[nodiscard]] bool eligible(const Executed& block, const State& parent, ProviderIndex index,
                                ModelIndex model) const {
        if (index.value >= parent.providers.size()) return false;
        const Provider& provider = parent.provider(index);
        const bool bonded = provider.bonded_since == 0 ||
                            provider.bonded_since + parameters().policy.activation_delay_blocks +
                                    kDrawDelayBlocks <=
                                block.state.head.height;
        return provider.active() && bonded &&
               provider.bond >= parameters().config.min_provider_bond &&
               provider.offers(parent.status_of_model(model).first);
    }

    std::vector<TaskIndex> drawn_;  // in the current block
};

// E13. When an answer that was proven wrong is settled, those who gave it lose at least the
// slashable bonds of as many seats as it takes to pass a wrong answer: one, or a quorum of a
// committee.
class ForgeryCosts final : public OfModes {
public:
    ForgeryCosts()
        : OfModes({.id = "E13",
                   .name = "forgery-costs-a-quorum",
                   .meaning = "a proven wrong answer costs at least the slashable bond of a "
                              "quorum",
                   .reason = "The price of a lie is what deters it. If a proven forgery "
                             "costs less than the bonds of those needed to pass it, lying "
                             "pays, and the requester bears the loss."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        for (const std::uint32_t index : block.touched.tasks) {
            if (index >= parent.tasks.size()) continue;
            const Task& before = parent.task(TaskIndex{index});
            const Task& after = block.state.task(TaskIndex{index});
            const bool settled = before.proven_wrong && (after.terminal() || !after.proven_wrong);
            if (!settled) continue;
            const Amount due = slashable(before);
            const Amount taken = taken_for(block, TaskIndex{index});
            expect(taken >= due, [&] {
                return fmt::format(
                    "a proven wrong answer on task {} was settled in block {} and cost {} "
                    "of the {} nLUX that its authors had at stake",
                    before.job_id, block.state.head.height, taken.nlux(), due.nlux());
            });
        }
    }

private:
    // The share of their result bonds that the authors of the provisional answer can lose, of a
    // quorum of them.
    [[nodiscard]] Amount slashable(const Task& before) const {
        const bool redundant = before.mode == VerificationMode::kRedundant;
        std::size_t quorum = redundant ? parameters().config.redundancy_factor : 1;
        Amount sum;
        for (const Seat& seat : before.seats) {
            if (quorum == 0) break;
            if (seat.status != SeatStatus::kPosted || seat.answer != before.provisional) continue;
            sum += seat.locked.bps(parameters().policy.slash_bps);
            --quorum;
        }
        return sum;
    }
    static Amount taken_for(const Executed& block, TaskIndex task) {
        Amount sum;
        for (const VmEvent& e : block.events) {
            const auto* slash = std::get_if<event::Slashed>(&e);
            if (slash != nullptr && slash->task == task &&
                slash_cause(slash->cause).victim == SlashVictim::kProvider)
                sum += slash->taken;
        }
        return sum;
    }
};

// E14. A task mints exactly the amount that it records, within its schedule and cap.
class MintedOnSchedule final : public OfModes {
public:
    MintedOnSchedule()
        : OfModes({.id = "E14",
                   .name = "minted-on-schedule",
                   .meaning = "no more is minted than the reward schedule allows",
                   .reason = "Every coin minted beyond the schedule dilutes all holders. A "
                             "provider that can mint more earns from empty work and lets "
                             "everybody else pay."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        Amount recorded;
        for (const VmEvent& e : block.events) {
            const auto* done = std::get_if<event::TaskCompleted>(&e);
            if (done == nullptr) continue;
            recorded += done->minted;
            Amount most = scheduled_reward(parameters(), billed_time_ms(parent, done->task));
            if (parameters().policy.mint_cap == MintCap::kPerBurn)
                most = std::min(most, done->burned);
            expect(done->minted <= most, [&] {
                return fmt::format("task {} minted {} nLUX in block {}, and the schedule allows {}",
                                   done->task.value, done->minted.nlux(), block.state.head.height,
                                   most.nlux());
            });
        }
        const Amount minted = block.state.head.totals.minted - parent.head.totals.minted;
        expect(minted == recorded, [&] {
            return fmt::format("block {} minted {} nLUX, and its tasks account for {}",
                               block.state.head.height, minted.nlux(), recorded.nlux());
        });
    }

private:
    [[nodiscard]] std::uint64_t billed_time_ms(const State& parent, TaskIndex index) const {
        const Task& task = parent.task(index);
        const bool one_says = task.mode != VerificationMode::kRedundant && !task.seats.empty();
        if (parameters().policy.self_reported_compute && one_says)
            return task.seats.front().compute_time_ms;
        return parent.model(task.model).compute_time_ms;
    }
};

// E15. A provider's attestation standing changes only by evidence in the same block that verifies
// and scores exactly the new standing.
class TrustIsVerified final : public OfModes {
public:
    TrustIsVerified()
        : OfModes({.id = "E15",
                   .name = "trust-is-verified",
                   .meaning = "a trust score depends only on evidence that verifies",
                   .reason = "Users of confidential models choose providers by this score. "
                             "One that rises without verified evidence lets an insecure "
                             "machine see their data."}) {}

    void on_chain(const Executed& block, const State& parent) override {
        for (const std::uint32_t index : block.touched.providers) {
            const Provider& now = block.state.provider(ProviderIndex{index});
            const Provider& before =
                index < parent.providers.size() ? parent.provider(ProviderIndex{index}) : nobody_;
            if (now.trust_score == before.trust_score &&
                now.hardware_attested == before.hardware_attested &&
                now.attested_at_ns == before.attested_at_ns) {
                continue;
            }
            expect(
                is_backed(block, now),
                [&] {
                    return fmt::format(
                        "provider {} has a trust score of {} in block {}, and showed no evidence "
                        "for it",
                        now.id, now.trust_score, block.state.head.height);
                },
                [&] { return actor_of(block.state, ProviderIndex{index}); });
        }
    }

private:
    [[nodiscard]] bool is_backed(const Executed& block, const Provider& provider) const {
        const AttestationCheck check =
            attestation_check(watch().rules(), block.state.head.timestamp_ns);
        return std::ranges::any_of(block.block->operations(), [&](const OperationPtr& operation) {
            const Bytes* shown = evidence_for(operation->body(), provider.id);
            if (shown == nullptr || shown->empty()) return false;
            const auto status = check_encoded_evidence(*shown, provider.id, check);
            return status && status->trust_score == provider.trust_score &&
                   status->last_seen_ns == provider.attested_at_ns &&
                   (status->mode == AttestationMode::kHardware) == provider.hardware_attested;
        });
    }
    [[nodiscard]] static const Bytes* evidence_for(const OperationBody& body,
                                                   const std::string& provider) {
        if (const auto* join = std::get_if<op::RegisterProvider>(&body)) {
            return join->provider_id == provider ? &join->evidence : nullptr;
        }
        const auto* attest = std::get_if<op::Attest>(&body);
        return attest != nullptr && attest->provider_id == provider ? &attest->evidence : nullptr;
    }

    const Provider nobody_;  // what a new provider was before
};

}  // namespace

void add_mode_invariants(Invariants& out) {
    out.push_back(std::make_unique<SilenceCosts>());
    out.push_back(std::make_unique<PaidOnceToTheAssigned>());
    out.push_back(std::make_unique<DeadlinesInOrder>());
    out.push_back(std::make_unique<CommitteeIsEligible>());
    out.push_back(std::make_unique<ForgeryCosts>());
    out.push_back(std::make_unique<MintedOnSchedule>());
    out.push_back(std::make_unique<TrustIsVerified>());
}

}  // namespace aivm::sim
