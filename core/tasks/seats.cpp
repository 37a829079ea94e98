#include "core/tasks/seats.h"

#include <algorithm>

#include "core/base/mutant.h"
#include "core/ledger/ledger.h"

namespace aivm {

void take_seat(Transition& t, TaskIndex task, ProviderIndex provider) {
    const Amount bond = t.parameters().result_bond();
    Provider& p = t.edit_provider(provider);
    AIVM_CHECK(p.unlocked() >= bond);
    p.locked += bond;
    p.open_tasks += 1;
    p.obligations += 1;
    Seat seat;
    seat.provider = provider;
    seat.locked = bond;
    t.edit_task(task).seats.push_back(seat);
    t.emit(event::TaskAssigned{task, provider, bond});
}

void mark_answered(Transition& t, TaskIndex task, std::size_t seat, SeatStatus status) {
    Seat& s = t.edit_task(task).seats[seat];
    AIVM_CHECK(s.open() && status < SeatStatus::kReleased);
    if (s.status == SeatStatus::kSelected) t.edit_provider(s.provider).open_tasks -= 1;
    s.status = status;
}

void end_seat(Transition& t, TaskIndex task, std::size_t seat, SeatStatus end) {
    Seat& s = t.edit_task(task).seats[seat];
    AIVM_CHECK(s.open() && end >= SeatStatus::kReleased);
    Provider& p = t.edit_provider(s.provider);
    if (s.status == SeatStatus::kSelected) p.open_tasks -= 1;
    if (!AIVM_MUTANT(obligation_kept)) p.obligations -= 1;
    if (!AIVM_MUTANT(seat_kept)) p.locked -= s.locked;
    s.locked = Amount();
    s.status = end;
}

std::optional<std::size_t> find_seat(const Task& task, ProviderIndex provider) {
    for (std::size_t i = 0; i < task.seats.size(); ++i) {
        if (task.seats[i].provider == provider && task.seats[i].open()) return i;
    }
    return std::nullopt;
}

// The fee stays in escrow for the next provider; the requester has it back only if the task fails.
void return_or_fail(Transition& t, TaskIndex index) {
    const std::uint32_t more = AIVM_MUTANT(assign_once_more) ? 1 : 0;
    if (t.read_task(index).assignments > t.policy().reassignments_max + more)
        return fail_task(t, index);
    Task& task = t.edit_task(index);
    AIVM_CHECK(
        std::none_of(task.seats.begin(), task.seats.end(), [](const Seat& s) { return s.open(); }));
    task.seats.clear();
    task.status = TaskStatus::kPending;
    task.posted_at = task.settle_at = task.usable_at = 0;
    AIVM_CHECK(task.disputes.empty() && task.disputes_open == 0);
    task.proven_wrong = task.truth_known = false;
    task.truth = 0;
    task.challenges_lost = 0;
    task.waiting_since_ns = t.block().timestamp_ns;
    task.draw_at = t.block().height + kDrawDelayBlocks;
    if (!AIVM_MUTANT(waiting_uncounted)) t.count_waiting_task(+1);
    t.set_timer(HeightTimer{task.draw_at, TimerKind::kDraw, index.value});
    t.start_timeout(index);
    t.emit(event::TaskReturned{index});
}

void fail_task(Transition& t, TaskIndex index) {
    Task& task = t.edit_task(index);
    AIVM_CHECK(!task.terminal());
    task.status = TaskStatus::kFailed;
    task.final_at = t.block().height;
    const Amount refund = AIVM_MUTANT(refund_half) ? task.escrow.bps(5000) : task.escrow;
    const Address requester = task.requester;
    task.escrow = Amount();
    ledger::release(t, ledger::Pot::kTaskEscrows, requester, refund);
    t.edit_head().totals.tasks_failed += 1;
    const Task& failed = t.read_task(index);
    t.add_receipt({index, failed.task_key, failed.status, 0, Amount(),
                   admission_burn(t.policy(), failed.fee), Amount(), t.block().height,
                   t.read_head().anchor_target});
    t.emit(event::TaskRefunded{index, refund});
    t.emit(event::TaskFailed{index});
}

}  // namespace aivm
