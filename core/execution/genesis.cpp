#include "core/execution/genesis.h"

#include <cstring>
#include <set>

#include "core/base/digest.h"
#include "core/config/check_parameters.h"
#include "core/ledger/ledger.h"
#include "core/registry/kernel_operations.h"
#include "core/state/keys.h"

namespace aivm {
namespace {

Status add_allocations(Transition& t, const Genesis& genesis) {
    Amount& total = t.edit_head().totals.genesis;
    for (const GenesisAllocation& allocation : genesis.allocations) {
        if (t.state().accounts.contains(allocation.address) ||
            allocation.address == escrow_address()) {
            return fail(ErrorCode::kDuplicate,
                        "genesis address " + to_hex(allocation.address.view()));
        }
        const auto sum = total.checked_plus(allocation.balance);
        if (!sum) return fail(ErrorCode::kOverflow, "genesis allocations");
        total = *sum;
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
        const auto sum = t.read_head().totals.genesis.checked_plus(validator.stake);
        if (!sum) return fail(ErrorCode::kOverflow, "genesis stakes");
        t.edit_head().totals.genesis = *sum;
        t.edit_account(validator.address).balance += validator.stake;
        ledger::lock(t, validator.address, ledger::Pot::kBonds, validator.stake);
        t.add_validator({validator.address, validator.stake, validator.beacon_commitment, {}});
    }
    return {};
}

}  // namespace

Bytes genesis_bytes(const Genesis& genesis, const Hash32& state_root) {
    Writer out;
    out.raw(as_bytes(std::string_view("aivm-genesis")))
        .u32(static_cast<std::uint32_t>(genesis.version));
    out.string(genesis.message).u64(genesis.timestamp_ns).u64(genesis.chain_id).fixed(state_root);
    return out.take();
}

Result<ExecutedPtr> make_genesis(const Genesis& genesis, const Rules& rules) {
    AIVM_TRY(check_parameters(rules.parameters));
    State empty;
    empty.kernels = KernelTables(genesis.table_sizes);
    Transition t(empty, BlockContext{}, rules);
    t.edit_head().timestamp_ns = t.edit_head().epoch_started_ns = genesis.timestamp_ns;
    AIVM_TRY(add_allocations(t, genesis));
    AIVM_TRY(add_validators(t, genesis));
    for (const Model& model : genesis.models) {
        AIVM_TRY(add_model(t, model, Hash32{}));
    }
    Transition::Finished finished = std::move(t).finish();

    auto executed = std::make_shared<Executed>();
    executed->id = sha256(genesis_bytes(genesis, finished.state.state_root));
    finished.batch.put(keys::height(0), executed->id.view());
    finished.batch.put(keys::single(keys::kTip),
                       Writer().fixed(executed->id).fixed(finished.state.state_root).view());
    executed->batch = std::make_shared<const WriteBatch>(std::move(finished.batch));
    executed->state = std::move(finished.state);
    return executed;
}

Hash32 vm_id() {
    constexpr std::string_view kName = "aivm";
    Hash32 out;
    std::memcpy(out.data(), kName.data(), kName.size());
    return out;
}

}  // namespace aivm
