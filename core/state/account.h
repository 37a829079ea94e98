// Accounts, which hold money, and validators, which hold stake.
#pragma once

#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"

namespace aivm {

struct Account {
    Amount balance;
    std::uint64_t nonce = 0;  // of the last operation; the next one's must be greater

    void encode(Writer& out) const { out.amount(balance).u64(nonce); }
    static Account decode(Reader& in) {
        Account a;
        a.balance = in.amount();
        a.nonce = in.u64();
        return a;
    }
};

struct Validator {
    Address address;  // signs its blocks
    Amount stake;
    Hash32 beacon_commitment;           // keccak of the secret it must reveal in its next block
    std::vector<Height> slashed_slots;  // sorted; a slot is punished once

    void encode(Writer& out) const;
    static Validator decode(Reader& in);
};

// The address whose balance is the sum of all bonds, escrows and credits. It is "escrow" in ASCII,
// zero padded: no key hashes to it, so nobody can sign for it.
inline constexpr Address kEscrowAddress{{'e', 's', 'c', 'r', 'o', 'w'}};
inline const Address& escrow_address() { return kEscrowAddress; }

}  // namespace aivm
