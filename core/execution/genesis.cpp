#include "core/execution/genesis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "core/base/digest.h"
#include "core/config/check_parameters.h"
#include "core/config/limits.h"
#include "core/config/parameter_record.h"
#include "core/ledger/ledger.h"
#include "core/registry/kernel_operations.h"
#include "core/registry/providers.h"
#include "core/state/keys.h"

namespace aivm {
namespace {

Status add_to_supply(Amount& supply, Amount amount) {
    const auto sum = supply.checked_plus(amount);
    if (!sum || *sum > kSupplyMax) {
        return fail(ErrorCode::kOverflow,
                    fmt::format("the balances and stakes of genesis add up to more than {}",
                                exact_lux(kSupplyMax)));
    }
    supply = *sum;
    return {};
}

Status add_allocations(Transition& t, const Genesis& genesis) {
    Amount& total = t.edit_head().totals.genesis;
    for (const GenesisAllocation& allocation : genesis.allocations) {
        if (t.state().accounts.contains(allocation.address) ||
            allocation.address == escrow_address()) {
            return fail(ErrorCode::kDuplicate,
                        "genesis address " + to_hex(allocation.address.view()));
        }
        AIVM_TRY(add_to_supply(total, allocation.balance));
        t.edit_account(allocation.address).balance = allocation.balance;
    }
    return {};
}

Status add_validators(Transition& t, const Genesis& genesis) {
    std::set<Address> seen;
    for (const GenesisValidator& validator : genesis.validators) {
        if (!seen.insert(validator.address).second || validator.address == escrow_address()) {
            return fail(ErrorCode::kDuplicate,
                        "genesis validator " + to_hex(validator.address.view()));
        }
        AIVM_TRY(add_to_supply(t.edit_head().totals.genesis, validator.stake));
        t.edit_account(validator.address).balance += validator.stake;
        ledger::lock(t, validator.address, ledger::Pot::kBonds, validator.stake);
        t.add_validator(
            {validator.address, validator.stake, true, validator.beacon_commitment, {}});
    }
    return {};
}

Status add_providers(Transition& t, const Genesis& genesis) {
    for (const GenesisProvider& provider : genesis.providers) {
        AIVM_TRY(add_to_supply(t.edit_head().totals.genesis, provider.bond));
        t.edit_account(provider.owner).balance += provider.bond;
        op::RegisterProvider registration;
        registration.provider_id = provider.id;
        registration.wallet = provider.owner;
        registration.models = provider.models;
        registration.bond = provider.bond;
        AIVM_TRY(register_provider(t, provider.owner, registration));
    }
    return {};
}

}  // namespace

Bytes genesis_bytes(const Genesis& genesis, const Hash32& state_root, const Rules& rules) {
    Writer out;
    out.raw(as_bytes(std::string_view("aivm-genesis")))
        .u32(static_cast<std::uint32_t>(genesis.version));
    out.string(genesis.message).u64(genesis.timestamp_ns).u64(genesis.chain_id).fixed(state_root);
    out.bytes(parameter_record(rules.parameters, rules.vendor_root));
    return out.take();
}

Result<ExecutedPtr> make_genesis(const Genesis& genesis, const Rules& rules) {
    AIVM_TRY(check_parameters(rules.parameters));
    State empty;
    empty.kernels = KernelTables(genesis.table_sizes);
    Transition t(empty, BlockContext{}, rules);
    t.edit_head().timestamp_ns = t.edit_head().epoch_started_ns = genesis.timestamp_ns;
    t.edit_head().anchor_target = anchor_target(rules.parameters.config);
    AIVM_TRY(add_allocations(t, genesis));
    AIVM_TRY(add_validators(t, genesis));
    for (const Model& model : genesis.models) {
        AIVM_TRY(add_model(t, model, Hash32{}));
    }
    AIVM_TRY(add_providers(t, genesis));
    Transition::Finished finished = std::move(t).finish();

    auto executed = std::make_shared<Executed>();
    executed->id = sha256(genesis_bytes(genesis, finished.state.state_root, rules));
    finished.batch.put(keys::height(0), executed->id.view());
    finished.batch.put(keys::single(keys::kParameters),
                       parameter_record(rules.parameters, rules.vendor_root));
    finished.batch.put(keys::single(keys::kTip),
                       Writer().fixed(executed->id).fixed(finished.state.state_root).view());
    executed->batch = std::make_shared<const WriteBatch>(std::move(finished.batch));
    executed->state = std::move(finished.state);
    return executed;
}

Status check_made_with(const KeyValueStore& store, const Executed& genesis, const Rules& rules) {
    AIVM_ASSIGN(const auto record, store.get(keys::single(keys::kParameters)));
    if (!record) {
        return fail(
            ErrorCode::kConfig,
            "the store was made before a chain's parameters were part of its genesis; start "
            "with a new one");
    }
    AIVM_TRY(check_same_parameters(*record, rules.parameters, rules.vendor_root));
    AIVM_ASSIGN(const auto first, store.get(keys::height(0)));
    const ByteView id = genesis.id.view();
    if (!first || !std::equal(first->begin(), first->end(), id.begin(), id.end()))
        return fail(ErrorCode::kConfig, "the store belongs to another genesis");
    return {};
}

Hash32 vm_id() {
    constexpr std::string_view kName = "aivm";
    Hash32 out;
    std::memcpy(out.data(), kName.data(), kName.size());
    return out;
}

}  // namespace aivm
