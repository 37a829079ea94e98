// Accounts, which hold money, and validators, which hold stake.
#pragma once

#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/config/limits.h"

namespace aivm {

struct Account {
    Amount balance;
    std::uint64_t nonce = 0;  // of the last operation; the next one's must be greater

    static constexpr auto fields() {
        return std::tuple{field<&Account::balance>(), field<&Account::nonce>()};
    }
};

struct Validator {
    Address address;  // signs its blocks
    Amount stake;
    bool active = true;                 // in the set: may propose; decided when an epoch closes
    Hash32 beacon_commitment;           // keccak of the secret it must reveal in its next block
    std::vector<Height> slashed_slots;  // sorted; a slot is punished once

    static constexpr auto fields() {
        return std::tuple{field<&Validator::address>(), field<&Validator::stake>(),
                          field<&Validator::active>(), field<&Validator::beacon_commitment>(),
                          field<&Validator::slashed_slots, kSlashedSlotsMax>()};
    }
};

// The address whose balance is the sum of all bonds, escrows and credits. It is "escrow" in ASCII,
// zero padded: no key hashes to it, so nobody can sign for it.
inline constexpr Address kEscrowAddress{{'e', 's', 'c', 'r', 'o', 'w'}};
inline const Address& escrow_address() { return kEscrowAddress; }

}  // namespace aivm
