#include "core/ledger/ledger.h"

#include <fmt/format.h>

#include "core/base/mutant.h"
#include "core/config/limits.h"

namespace aivm::ledger {
namespace {

Amount& pot_of(Totals& totals, Pot pot) {
    switch (pot) {
        case Pot::kBonds:
            return totals.bonds;
        case Pot::kTaskEscrows:
            return totals.task_escrows;
        case Pot::kChallengeBonds:
            return totals.challenge_bonds;
        case Pot::kCredits:
            return totals.credits;
        case Pot::kModelDeposits:
            return totals.model_deposits;
    }
    AIVM_UNREACHABLE("unknown pot");
}

}  // namespace

Status check_balance(const State& state, const Address& from, Amount amount) {
    const Amount balance = state.balance(from);
    if (balance >= amount) return {};
    return fail(ErrorCode::kInsufficientFunds,
                fmt::format("{} nLUX are needed and {} are there", amount.nlux(), balance.nlux()));
}

void take_fee(Transition& t, const Address& from, Amount fee) {
    if (fee.is_zero()) return;
    AIVM_CHECK(from != escrow_address());
    t.edit_account(from).balance -= fee;
}

void give_fee(Transition& t, const Address& to, Amount fee) {
    if (fee.is_zero()) return;
    AIVM_CHECK(to != escrow_address());
    t.edit_account(to).balance += fee;
}

void lock(Transition& t, const Address& from, Pot pot, Amount amount) {
    if (amount.is_zero()) return;
    AIVM_CHECK(from != escrow_address());
    t.edit_account(from).balance -= amount;
    t.edit_escrow_account().balance += amount;
    pot_of(t.edit_head().totals, pot) += amount;
}

void release(Transition& t, Pot pot, const Address& to, Amount amount) {
    if (amount.is_zero()) return;
    AIVM_CHECK(to != escrow_address());
    pot_of(t.edit_head().totals, AIVM_MUTANT(pot_mixed) ? Pot::kBonds : pot) -= amount;
    t.edit_escrow_account().balance -= amount;
    t.edit_account(to).balance += amount;
}

void move(Transition& t, Pot from, Pot to, Amount amount) {
    pot_of(t.edit_head().totals, from) -= amount;
    pot_of(t.edit_head().totals, to) += amount;
}

void burn(Transition& t, Pot pot, Amount amount) {
    if (amount.is_zero()) return;
    pot_of(t.edit_head().totals, pot) -= amount;
    if (!AIVM_MUTANT(burn_kept)) t.edit_escrow_account().balance -= amount;
    t.edit_head().totals.burned += amount;
}

void burn_from(Transition& t, const Address& from, Amount amount) {
    if (amount.is_zero()) return;
    AIVM_CHECK(from != escrow_address());
    t.edit_account(from).balance -= amount;
    if (!AIVM_MUTANT(burn_uncounted)) t.edit_head().totals.burned += amount;
}

Amount mint(Transition& t, Pot pot, Amount amount) {
    Totals& totals = t.edit_head().totals;
    const Amount supply = totals.genesis + totals.minted;
    if (amount > kSupplyMax - supply) return {};
    totals.minted += amount;
    pot_of(totals, pot) += amount;
    t.edit_escrow_account().balance += amount;
    return amount;
}

}  // namespace aivm::ledger
