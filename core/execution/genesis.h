// Genesis: the first state of a chain.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/execution/execute.h"
#include "core/kernels/kernel_tables.h"
#include "core/state/state.h"
#include "core/state/store.h"

namespace aivm {

struct GenesisAllocation {
    Address address;
    Amount balance;
};
struct GenesisValidator {
    Address address;
    Amount stake;
    Hash32 beacon_commitment;
};

// Counts as bonded for ever: drawn from the first block on. Its bond is new money, like an
// allocation; its wallet is its owner.
struct GenesisProvider {
    std::string id;
    Address owner;
    std::vector<std::string> models;
    Amount bond;
};

struct Genesis {
    int version = 1;
    std::string message;
    std::uint64_t timestamp_ns = 0;
    std::uint64_t chain_id = 1;
    std::vector<GenesisAllocation> allocations;
    std::vector<GenesisValidator> validators;
    std::vector<Model> models;
    std::vector<GenesisProvider> providers;
    KernelTableSizes table_sizes;
};

// The bytes that stand for block 0: "aivm-genesis" || version:u32 || message || timestamp:u64 ||
// chain id:u64 || state root:32 || parameter record (core/config/parameter_record.h).
Bytes genesis_bytes(const Genesis& genesis, const Hash32& state_root, const Rules& rules);

// Block 0: the state with its batch, under the id sha256(genesis_bytes). Fails on repeated
// addresses, validators, model or provider ids, on a provider that could not register, on a supply
// above kSupplyMax, and on parameters that check_parameters refuses.
Result<ExecutedPtr> make_genesis(const Genesis& genesis, const Rules& rules);

// Fails unless the store was made with this genesis and these rules; for other rules the error
// names the first parameter that differs.
Status check_made_with(const KeyValueStore& store, const Executed& genesis, const Rules& rules);

// The published VMID: "aivm", zero padded to 32 bytes.
Hash32 vm_id();
constexpr std::string_view kVmVersion = "1.0.0";

}  // namespace aivm
