// Moving money. Every movement in the VM is one of these few, and each keeps
//   sum(free balances without the escrow account) + pots + burned == genesis + minted, and
//   escrow account == pots
// true by itself. Amounts that may be missing are checked by the caller or refused here; nothing
// ever wraps.
#pragma once

#include "core/state/transition.h"

namespace aivm::ledger {

// What an amount in escrow is held for.
enum class Pot : std::uint8_t { kBonds, kTaskEscrows, kChallengeBonds, kCredits };

// Refuses with insufficient_funds, changing nothing, when `from` has less than `amount`.
Status check_balance(const State& state, const Address& from, Amount amount);

// Free balance into a pot. The balance must have been checked.
void lock(Transition& t, const Address& from, Pot pot, Amount amount);

// From a pot to a free balance.
void release(Transition& t, Pot pot, const Address& to, Amount amount);

// From one pot to another.
void move(Transition& t, Pot from, Pot to, Amount amount);

// Out of a pot and out of the world.
void burn(Transition& t, Pot pot, Amount amount);

// New money into a pot. Mints nothing and returns zero when the total would no longer fit into 64
// bits.
Amount mint(Transition& t, Pot pot, Amount amount);

}  // namespace aivm::ledger
