// Accounts, which hold money, and validators, which hold stake.
#pragma once

#include <algorithm>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/config/limits.h"
#include "core/state/lane.h"

namespace aivm {

// The nonce of an account's last operation in each lane; the next one's there must be greater.
struct Nonces {
    std::uint64_t proofs = 0;
    std::uint64_t work = 0;
    std::uint64_t rest = 0;

    [[nodiscard]] std::uint64_t of(Lane lane) const {
        return lane == Lane::kProofs ? proofs : lane == Lane::kWork ? work : rest;
    }
    std::uint64_t& edit(Lane lane) {
        return lane == Lane::kProofs ? proofs : lane == Lane::kWork ? work : rest;
    }
    // Every greater nonce is free in every lane.
    [[nodiscard]] std::uint64_t greatest() const { return std::max({proofs, work, rest}); }
    friend bool operator==(const Nonces&, const Nonces&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&Nonces::proofs>(), field<&Nonces::work>(), field<&Nonces::rest>()};
    }
};

struct Account {
    Amount balance;
    Nonces nonces;

    static constexpr auto fields() {
        return std::tuple{field<&Account::balance>(), field<&Account::nonces>()};
    }
};

// What a validator signs one item for: on a chain a block on one parent, on a DAG a vertex of one
// sequence. After a change of preference it may sign blocks of one height on two parents.
struct ProposalSlot {
    std::uint64_t number = 0;  // the block's height, or the vertex's sequence
    Hash32 parent;             // of the block; zero for a vertex

    friend auto operator<=>(const ProposalSlot&, const ProposalSlot&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&ProposalSlot::number>(), field<&ProposalSlot::parent>()};
    }
};

struct Validator {
    Address address;  // signs its blocks
    Amount stake;
    bool active = true;        // in the set: may propose; decided when an epoch closes
    Hash32 beacon_commitment;  // keccak of the secret it must reveal in its next block
    std::vector<ProposalSlot> slashed_slots;  // sorted; a slot is punished once
    bool leaving = false;  // asked to leave: out of the set once the epoch closes
    Height left_at = 0;    // while not active: since when

    static constexpr auto fields() {
        return std::tuple{field<&Validator::address>(),
                          field<&Validator::stake>(),
                          field<&Validator::active>(),
                          field<&Validator::beacon_commitment>(),
                          field<&Validator::slashed_slots, kSlashedSlotsMax>(),
                          field<&Validator::leaving>(),
                          field<&Validator::left_at>()};
    }
};

// The address whose balance is the sum of all bonds, escrows and credits. It is "escrow" in ASCII,
// zero padded: no key hashes to it, so nobody can sign for it.
inline constexpr Address kEscrowAddress{{'e', 's', 'c', 'r', 'o', 'w'}};
inline const Address& escrow_address() { return kEscrowAddress; }

}  // namespace aivm
