#include "core/dag/state_entry.h"

#include "core/base/check.h"
#include "core/base/encode.h"
#include "core/state/keys.h"
#include "core/state/transition.h"

namespace aivm {
namespace {

template <class T>
std::optional<Bytes> encoded(const T& value) {
    Writer out;
    encode(out, value);
    return out.take();
}

template <class Table>
std::optional<Bytes> row(const Table& table, std::uint32_t index) {
    if (index >= table.size()) return std::nullopt;
    return encoded(table[index]);
}

std::optional<Bytes> kernel_entry(const KernelTables& tables, Reader& in) {
    KernelSlot slot;
    slot.table = in.enumerator<KernelTable>();
    slot.index = in.u32();
    AIVM_CHECK(in.ok());
    if (!slot_is_occupied(tables, slot)) return std::nullopt;
    const ByteView bytes = slot_bytes(tables, slot);
    return Bytes(bytes.begin(), bytes.end());
}

}  // namespace

std::optional<Bytes> state_entry(const State& state, ByteView key) {
    Reader in(key);
    const std::uint8_t table = in.u8();
    switch (table) {
        case keys::kHead:
            return encoded(state.head);
        case keys::kKernelEpoch: {
            const abi::AIVMEpochState& epoch = state.kernels.epoch();
            const auto* bytes = reinterpret_cast<const std::uint8_t*>(&epoch);
            return Bytes(bytes, bytes + sizeof epoch);
        }
        case keys::kAccount: {
            const Account* account = state.accounts.find(in.fixed<20>());
            return account ? encoded(*account) : std::nullopt;
        }
        case keys::kKernelSlot:
            return kernel_entry(state.kernels, in);
        default:
            break;
    }
    const std::uint32_t index = in.u32();
    AIVM_CHECK(in.ok());
    switch (table) {
        case keys::kDispute:
            return row(state.disputes, index);
        case keys::kModel:
            return index < state.models.size() ? encoded(*state.models[index]) : std::nullopt;
        case keys::kModelStatus:
            return row(state.model_status, index);
        case keys::kTraceNode:
            return row(state.trace_nodes, index);
        case keys::kProvider:
            return row(state.providers, index);
        case keys::kReceipt:
            return row(state.receipts, index);
        case keys::kTask:
            return row(state.tasks, index);
        case keys::kValidator:
            return row(state.validators, index);
        default:
            break;
    }
    check_failed("not a state key", __FILE__, __LINE__);
}

}  // namespace aivm
