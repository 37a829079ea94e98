// Moving money. Every movement in the VM is one of these functions, and each of them preserves
//   sum(free balances without the escrow account) + pots + burned == genesis + minted, and
//   escrow account == pots.
// Except for mint, an amount that is missing fails a check: callers verify balances first.
#pragma once

#include "core/state/transition.h"

namespace aivm::ledger {

// The purpose for which an amount is held in escrow.
enum class Pot : std::uint8_t { kBonds, kTaskEscrows, kChallengeBonds, kCredits, kModelDeposits };

// Fails with insufficient_funds when `from` has less than `amount`.
Status check_balance(const State& state, const Address& from, Amount amount);

// An inclusion fee on its way from its payer's free balance to the proposer's. It is taken before
// the operation runs (requires a sufficient balance), and given to the proposer afterwards, or
// back.
void take_fee(Transition& t, const Address& from, Amount fee);
void give_fee(Transition& t, const Address& to, Amount fee);

// From a free balance into a pot. Requires a sufficient balance (check_balance).
void lock(Transition& t, const Address& from, Pot pot, Amount amount);

// From a pot to a free balance.
void release(Transition& t, Pot pot, const Address& to, Amount amount);

// From one pot to another.
void move(Transition& t, Pot from, Pot to, Amount amount);

// Destroys money of a pot.
void burn(Transition& t, Pot pot, Amount amount);
// Destroys money of a free balance. Requires a sufficient balance (check_balance).
void burn_from(Transition& t, const Address& from, Amount amount);

// Creates money in a pot and returns the amount. Mints nothing and returns zero when genesis and
// all that was ever minted would exceed kSupplyMax.
Amount mint(Transition& t, Pot pot, Amount amount);

}  // namespace aivm::ledger
