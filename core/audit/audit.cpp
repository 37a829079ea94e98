#include "core/audit/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/verification/slashing.h"

namespace aivm {
namespace {

using Wide = WideNlux;  // a sum over the state may be wrong, but must not wrap

// "provider p-1"; an id that says what it is stands alone.
std::string named(const Provider& provider) {
    return provider.id.starts_with("provider") ? provider.id : "provider " + provider.id;
}

// A provider's obligations, summed from the seats instead of its own counters.
struct Obligations {
    Wide locked = 0;
    Wide exposure = 0;
    std::uint32_t open_seats = 0;
    std::uint32_t selected = 0;
    // The last block in which one of its answers can be challenged; 0 if none is posted.
    Height until = 0;
};

class Audit {
public:
    Audit(const State& state, const VmParameters& parameters)
        : state_(state), parameters_(parameters), owed_(state.providers.size()) {}

    std::vector<AuditFinding> run() {
        check_money();
        state_.tasks.for_each([&](std::size_t i, const Task& task) {
            check_task(static_cast<std::uint32_t>(i), task);
        });
        state_.disputes.for_each([&](std::size_t i, const Dispute& d) {
            check_dispute(static_cast<std::uint32_t>(i), d);
        });
        state_.providers.for_each([&](std::size_t i, const Provider& p) {
            check_name("provider", p.id, i, state_.find_provider(p.id));
            check_provider(p, owed_[i]);
        });
        state_.models.for_each([&](std::size_t i, const auto& m) {
            const ModelIndex index{static_cast<std::uint32_t>(i)};
            check_name("model", m->id, state_.status_of_model(index).first.value,
                       state_.find_model(m->id));
        });
        check_counts();
        return std::move(findings_);
    }

private:
    template <class... Args>
    void report(std::string_view invariant, fmt::format_string<Args...> format, Args&&... args) {
        findings_.push_back({invariant, fmt::format(format, std::forward<Args>(args)...), {}});
    }

    void expect_pot(const char* pot, Wide walked, Amount total) {
        if (walked == total.nlux()) return;
        report("E2", "the {} add up to {} and the totals say {}", pot, exact_lux(walked),
               exact_lux(total));
    }

    void check_money() {
        Wide free = 0, bonds = 0, escrows = 0, challenge_bonds = 0, credits = 0, deposits = 0;
        state_.accounts.for_each([&](const Address& address, const Account& account) {
            if (address != escrow_address()) free += account.balance.nlux();
        });
        state_.providers.for_each([&](std::size_t, const Provider& p) {
            bonds += p.bond.nlux();
            credits += p.credit.nlux();
        });
        state_.validators.for_each(
            [&](std::size_t, const Validator& v) { bonds += v.stake.nlux(); });
        state_.tasks.for_each(
            [&](std::size_t, const Task& task) { escrows += task.escrow.nlux(); });
        state_.disputes.for_each([&](std::size_t, const Dispute& d) {
            challenge_bonds += d.bond.nlux();
            escrows += d.share.nlux();
        });
        state_.model_status.for_each(
            [&](std::size_t, const ModelStatus& m) { deposits += m.deposit.nlux(); });
        const Totals& totals = state_.head.totals;
        const Wide held = bonds + escrows + challenge_bonds + credits + deposits;
        const Wide there = free + held + totals.burned.nlux();
        const Wide brought = Wide{totals.genesis.nlux()} + totals.minted.nlux();
        if (there != brought) {
            report("E1", "{} are held or burned while genesis and minting brought {}",
                   exact_lux(there), exact_lux(brought));
        }
        expect_pot("bonds", bonds, totals.bonds);
        expect_pot("task escrows", escrows, totals.task_escrows);
        expect_pot("challenge bonds", challenge_bonds, totals.challenge_bonds);
        expect_pot("credits", credits, totals.credits);
        expect_pot("model deposits", deposits, totals.model_deposits);
        const Amount escrow = state_.balance(escrow_address());
        if (escrow.nlux() != held) {
            report("E2", "the escrow account has {} and should hold {}", exact_lux(escrow),
                   exact_lux(held));
        }
    }

    void check_task(std::uint32_t index, const Task& task) {
        for (const Seat& seat : task.seats) add_seat(task, seat);
        const bool posted =
            task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged;
        if (task.terminal() &&
            (!task.escrow.is_zero() || !task.disputes.empty() || !task.claims.empty())) {
            report("R2", "task {} is final and still holds {}, {} disputes and {} claims",
                   task.job_id, exact_lux(task.escrow), task.disputes.size, task.claims.size);
        }
        const Amount held = task.fee - admission_burn(parameters_.policy, task.fee);
        if (!task.terminal() && task.escrow != held) {
            report("R2", "task {} holds {} of its fee of {}", task.job_id, exact_lux(task.escrow),
                   exact_lux(task.fee));
        }
        if (!posted && !task.disputes.empty()) {
            report("R2", "task {} is disputed without an answer", task.job_id);
        }
        if (task.status == TaskStatus::kPending) ++pending_;
        check_name("task", task.job_id, index, state_.find_task(task.job_id));
        check_dispute_lists(index, task);
        check_timeout(index, task);
        if (task.mode != VerificationMode::kRedundant) check_timers(index, task, posted);
    }

    template <class Index>
    void check_name(const char* what, const std::string& name, std::size_t index,
                    std::optional<Index> found) {
        if (!found || found->value != index)
            report("R2", "{} {} is not found by its name", what, name);
    }

    void add_seat(const Task& task, const Seat& seat) {
        if (!seat.open()) return;
        if (task.terminal()) report("R2", "task {} is final with an open seat", task.job_id);
        if (seat.provider.value >= owed_.size()) {
            report("R2", "task {} has a seat for nobody", task.job_id);
            return;
        }
        Obligations& owed = owed_[seat.provider.value];
        owed.locked += seat.locked.nlux();
        owed.exposure += slash_exposure(parameters_, task, seat).nlux();
        owed.open_seats += 1;
        if (seat.status == SeatStatus::kSelected) owed.selected += 1;
        if (task.settle_at != 0) owed.until = std::max(owed.until, task.settle_at - 1);
    }

    void check_dispute_lists(std::uint32_t index, const Task& task) {
        std::uint32_t open = 0;
        const auto check = [&](DisputeIndex i, const Dispute& d, bool right) {
            open += d.open() ? 1 : 0;
            listed_waiting_ += d.status == DisputeStatus::kWaiting ? 1 : 0;
            if (!right || d.task.value != index)
                report("R2", "task {} lists dispute {} wrongly", task.job_id, i.value);
        };
        state_.for_each_dispute(task.disputes, [&](DisputeIndex i, const Dispute& d) {
            check(i, d, d.assignment == task.assignments && d.status != DisputeStatus::kReturned);
        });
        state_.for_each_dispute(task.claims, [&](DisputeIndex i, const Dispute& d) {
            check(i, d, d.status == DisputeStatus::kWaiting);
        });
        if (open != task.disputes_open) {
            report("R2", "task {} counts {} open disputes and lists {}", task.job_id,
                   task.disputes_open, open);
        }
        listed_open_ += open;
    }

    void expect_timer(const Task& task, const HeightTimer& timer, bool wanted) {
        if (state_.height_timers.contains(timer) == wanted) return;
        report("R2", "task {} {} a timer for block {}", task.job_id, wanted ? "lacks" : "still has",
               timer.at);
    }

    void check_timers(std::uint32_t index, const Task& task, bool posted) {
        const bool pending = task.status == TaskStatus::kPending;
        expect_timer(task, {task.draw_at, TimerKind::kDraw, index}, pending);
        expect_timer(task, {task.settle_at, TimerKind::kSettle, index},
                     posted && task.disputes_open == 0);
    }

    void check_timeout(std::uint32_t index, const Task& task) {
        if (!has_timeout(task)) return;
        ++timeouts_;
        if (!state_.time_timers.contains({timeout_of(task, parameters_), index})) {
            report("R2", "task {} waits without a timeout", task.job_id);
        }
    }

    void check_dispute(std::uint32_t index, const Dispute& dispute) {
        const bool waits = dispute.status == DisputeStatus::kWaiting;
        if (dispute.open()) ++open_disputes_;
        if (waits) ++waiting_disputes_;
        if (!waits && !dispute.share.is_zero()) {
            report("R2", "dispute {} holds a share of {} and does not wait", index,
                   exact_lux(dispute.share));
        }
        const HeightTimer deadline{dispute.deadline, TimerKind::kDisputeDeadline, index};
        if (state_.height_timers.contains(deadline) != dispute.open()) {
            report("R2", "the deadline of dispute {} is not as its status says", index);
        }
    }

    void check_provider(const Provider& p, const Obligations& owed) {
        if (p.locked.nlux() != owed.locked || p.obligations != owed.open_seats ||
            p.open_tasks != owed.selected) {
            report("R2",
                   "provider {} counts {} locked, {} obligations, {} open tasks; its seats say {}, "
                   "{}, {}",
                   p.id, exact_lux(p.locked), p.obligations, p.open_tasks, exact_lux(owed.locked),
                   owed.open_seats, owed.selected);
        }
        if (Wide{p.bond.nlux()} + p.credit.nlux() >= owed.exposure) return;
        const std::string what =
            owed.open_seats == 1 ? "1 result was" : fmt::format("{} results were", owed.open_seats);
        const std::string until = owed.until == 0 ? "" : fmt::format(" until block {}", owed.until);
        if (p.status == ProviderStatus::kLeft) {
            report("E3", "{} withdrew its bond while {} still slashable{}", named(p), what, until);
        } else {
            report("E16", "{} has {} of bond and credit while {} still slashable for {}{}",
                   named(p), exact_lux(Wide{p.bond.nlux()} + p.credit.nlux()), what,
                   exact_lux(owed.exposure), until);
        }
        findings_.back().provider = state_.find_provider(p.id);
    }

    void check_counts() {
        const auto expect = [&](const char* what, std::uint64_t counted, std::uint64_t said) {
            if (counted != said)
                report("R2", "{}: {} are there and {} are said to be", what, counted, said);
        };
        const Totals& totals = state_.head.totals;
        expect("waiting tasks", pending_, state_.waiting_tasks);
        expect("timeouts", timeouts_, state_.time_timers.size());
        expect("open disputes", open_disputes_, listed_open_);
        expect("waiting claims", waiting_disputes_, listed_waiting_);
        expect("receipts", state_.receipts.size(), totals.tasks_completed + totals.tasks_failed);
    }

    const State& state_;
    const VmParameters& parameters_;
    std::vector<Obligations> owed_;
    std::vector<AuditFinding> findings_;
    std::uint64_t pending_ = 0;
    std::uint64_t timeouts_ = 0;
    std::uint64_t open_disputes_ = 0;
    std::uint64_t listed_open_ = 0;
    std::uint64_t waiting_disputes_ = 0;
    std::uint64_t listed_waiting_ = 0;
};

}  // namespace

std::vector<AuditFinding> audit_state(const State& state, const VmParameters& parameters) {
    return Audit(state, parameters).run();
}

}  // namespace aivm
