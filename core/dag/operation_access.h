// What an operation of a slice or block may read and write, entry by entry of the state, worked out
// before anything is executed. Two operations may change places if neither writes what the other
// reads or writes: then each must come out the same in both orders (core/dag/commutation.h checks
// that).
//
// What every operation adds to and none reads (the totals of money, the escrow account, counters of
// operations) is no entry here. Settlements and draws come before the operations, timeouts after
// all of them, so that neither is part of an operation's accesses.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/describe.h"
#include "core/base/encode.h"
#include "core/chain/operation.h"
#include "core/state/rules.h"
#include "core/state/state.h"

namespace aivm {

enum class EntryKind : std::uint8_t {
    kAccount,        // by address in hex
    kProvider,       // by id
    kJob,            // by the id of its task, with its disputes
    kModel,          // by id: whether it is registered and takes tasks
    kModelVersions,  // of all models
    kKernelTables,   // attestations and models
    kQueue,          // the number of waiting tasks, where it decides a price or a refusal
    kValidators
};
constexpr auto enum_words(EntryKind) {
    return std::to_array<std::string_view>({"account", "provider", "job", "model", "model versions",
                                            "kernel tables", "queue", "validators"});
}

struct StateEntry {
    EntryKind kind = EntryKind::kAccount;
    std::string name;  // empty for a kind of which there is one

    [[nodiscard]] std::string text() const;  // "provider p-1"
    friend auto operator<=>(const StateEntry&, const StateEntry&) = default;
};

// kAdd: adds to a balance without looking at it.
enum class Access : std::uint8_t { kRead, kAdd, kWrite };
using Accesses = std::map<StateEntry, Access>;

// Whether two operations that access one entry in these ways must keep their order.
constexpr bool depend(Access a, Access b) { return a != b || a == Access::kWrite; }

// The operations of one slice or block. `start` is the state in which the first of them is applied,
// after the settlements and draws; it and the parameters must outlive this object.
class OperationAccess {
public:
    OperationAccess(const State& start, const VmParameters& parameters,
                    const std::vector<OperationPtr>& operations);

    // `proposer` has included the operation, and receives its fee.
    [[nodiscard]] Accesses of(const SignedOperation& operation, ValidatorIndex proposer) const;

private:
    friend class AccessCollector;

    const State& start_;
    const VmParameters& parameters_;
    bool queue_matters_ = false;
    // Providers that may begin or cease to offer their models within the block.
    std::set<std::string> market_changes_;
    std::map<std::string, std::set<Address>> new_wallets_;  // by provider, of registrations
};

template <class T>
Bytes contents_bytes(const T& value) {
    Writer out;
    encode(out, value);
    return out.take();
}

// The entry's contents in a state, without row numbers, which follow the order of arrival; empty
// if the state has no such entry. Kernel tables and model versions have no contents here: they are
// compared by the state's root.
Bytes entry_contents(const State& state, const StateEntry& entry);

// A task and all its disputes, without row numbers.
Bytes job_contents(const State& state, TaskIndex task);

}  // namespace aivm
