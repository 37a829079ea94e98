#include "core/state/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/base/encode.h"
#include "core/state/keys.h"
#include "core/state/transition.h"

namespace aivm {
namespace {

// Reads the entries of one table in ascending order and hands each decoded value to `take(index,
// value)`.
template <class T, class Take>
Status load_table(const KeyValueStore& store, std::uint8_t table, Take&& take) {
    Status status;
    std::uint32_t expected = 0;
    AIVM_TRY(store.scan(keys::single(table), [&](ByteView key, ByteView value) {
        Reader key_reader(key.subspan(1));
        const std::uint32_t index = key_reader.u32();
        Reader in(value);
        T decoded = decode<T>(in);
        status = in.finish();
        if (status && (!key_reader.finish() || index != expected)) {
            status = fail(ErrorCode::kStorage,
                          fmt::format("table '{}' has a gap at {}", char(table), expected));
        }
        if (!status) return false;
        take(index, std::move(decoded));
        ++expected;
        return true;
    }));
    return status;
}

Status load_accounts(const KeyValueStore& store, State& state) {
    Status status;
    AIVM_TRY(store.scan(keys::single(keys::kAccount), [&](ByteView key, ByteView value) {
        Reader key_reader(key.subspan(1));
        const Address address = key_reader.fixed<20>();
        Reader in(value);
        state.accounts.insert(address, decode<Account>(in));
        status = key_reader.finish();
        if (status) status = in.finish();
        return status.has_value();
    }));
    return status;
}

template <class Slot>
Status load_slot_as(KernelTables& tables, std::uint32_t index, ByteView value) {
    if (value.size() != sizeof(Slot)) return fail(ErrorCode::kStorage, "kernel slot");
    Slot slot;
    std::memcpy(&slot, value.data(), sizeof slot);
    return tables.load_slot(index, slot);
}

Status load_slot(KernelTables& tables, const KernelSlot& slot, ByteView value) {
    switch (slot.table) {
        case KernelTable::kAttestations:
            return load_slot_as<abi::Attestation>(tables, slot.index, value);
        case KernelTable::kModels:
            return load_slot_as<abi::ModelRegistryEntry>(tables, slot.index, value);
        case KernelTable::kAnchors:
            return load_slot_as<abi::AuditAnchor>(tables, slot.index, value);
    }
    return fail(ErrorCode::kStorage, "kernel table");
}

Status load_kernels(const KeyValueStore& store, State& state) {
    AIVM_ASSIGN(const auto epoch, store.get(keys::single(keys::kKernelEpoch)));
    if (!epoch || epoch->size() != sizeof(abi::AIVMEpochState))
        return fail(ErrorCode::kStorage, "kernel epoch state");
    abi::AIVMEpochState epoch_state;
    std::memcpy(&epoch_state, epoch->data(), sizeof epoch_state);
    state.kernels.load_epoch(epoch_state);
    Status status;
    AIVM_TRY(store.scan(keys::single(keys::kKernelSlot), [&](ByteView key, ByteView value) {
        Reader in(key.subspan(1));
        KernelSlot slot;
        slot.table = in.enumerator<KernelTable>();
        slot.index = in.u32();
        status = in.finish();
        if (status) status = load_slot(state.kernels, slot, value);
        return status.has_value();
    }));
    return status;
}

Status load_head(const KeyValueStore& store, State& state) {
    AIVM_ASSIGN(const auto head, store.get(keys::single(keys::kHead)));
    if (!head) return fail(ErrorCode::kStorage, "a tip without a head");
    Reader in(*head);
    state.head = decode<ChainHead>(in);
    return in.finish();
}

// Sets the heights that a task in this state waits for.
void set_timers(State& state, TaskIndex index, const Task& task, const VmParameters& parameters) {
    if (task.status == TaskStatus::kPending) {
        ++state.waiting_tasks;
        state.height_timers.insert({task.draw_at, TimerKind::kDraw, index.value});
    }
    if (task.status == TaskStatus::kAssigned && task.mode == VerificationMode::kRedundant) {
        const Height commits = commit_end(task, parameters.policy);
        if (commits > state.head.height)
            state.height_timers.insert({commits, TimerKind::kCommitEnd, index.value});
        if (parameters.policy.commit_reveal) {
            const Height reveals = reveal_end(task, parameters.policy);
            state.height_timers.insert({reveals, TimerKind::kRevealEnd, index.value});
        }
    }
    const bool posted =
        task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged;
    if (posted && task.disputes_open == 0) {
        state.height_timers.insert({task.settle_at, TimerKind::kSettle, index.value});
    }
}

void set_timeouts(State& state, const VmParameters& parameters) {
    std::vector<TimeTimer> timeouts;
    state.tasks.for_each([&](std::size_t i, const Task& task) {
        if (has_timeout(task))
            timeouts.push_back({timeout_of(task, parameters), static_cast<std::uint32_t>(i)});
    });
    std::sort(timeouts.begin(), timeouts.end());
    for (const TimeTimer& timeout : timeouts) state.time_timers.insert(timeout);
}

}  // namespace

Result<State> load_state(const KeyValueStore& store, const KernelTableSizes& sizes,
                         const VmParameters& parameters) {
    State state;
    state.kernels = KernelTables(sizes);
    AIVM_TRY(load_head(store, state));
    AIVM_TRY(load_accounts(store, state));
    AIVM_TRY(load_kernels(store, state));
    AIVM_TRY(load_table<Model>(store, keys::kModel, [&](std::uint32_t, Model model) {
        state.models.push_back(std::make_shared<const Model>(std::move(model)));
    }));
    AIVM_TRY(load_table<ModelStatus>(
        store, keys::kModelStatus,
        [&](std::uint32_t, ModelStatus status) { state.model_status.push_back(status); }));
    if (state.model_status.size() != state.models.size())
        return fail(ErrorCode::kStorage, "models and their status differ in number");
    for (std::uint32_t i = 0; i < state.models.size(); ++i)
        if (state.model_status[i].first.value == i) state.index_model(ModelIndex{i});
    AIVM_TRY(load_table<Provider>(store, keys::kProvider, [&](std::uint32_t i, Provider provider) {
        state.providers.push_back(std::move(provider));
        state.index_provider(ProviderIndex{i});
    }));
    AIVM_TRY(
        load_table<Validator>(store, keys::kValidator, [&](std::uint32_t, Validator validator) {
            state.validators.push_back(std::move(validator));
        }));
    AIVM_TRY(load_table<Task>(store, keys::kTask, [&](std::uint32_t i, Task task) {
        set_timers(state, TaskIndex{i}, task, parameters);
        state.tasks.push_back(std::move(task));
        state.index_task(TaskIndex{i});
    }));
    AIVM_TRY(load_table<Dispute>(store, keys::kDispute, [&](std::uint32_t i, Dispute dispute) {
        if (dispute.open())
            state.height_timers.insert({dispute.deadline, TimerKind::kDisputeDeadline, i});
        state.disputes.push_back(std::move(dispute));
        state.index_dispute(DisputeIndex{i});
    }));
    AIVM_TRY(load_table<TraceNode>(store, keys::kTraceNode, [&](std::uint32_t i, TraceNode node) {
        state.trace_nodes.push_back(node);
        state.index_trace_node(TraceNodeIndex{i});
    }));
    AIVM_TRY(load_table<Receipt>(store, keys::kReceipt, [&](std::uint32_t, Receipt receipt) {
        state.receipts.push_back(std::move(receipt));
    }));
    set_timeouts(state, parameters);
    state.receipt_tree.hash_new(state.receipts, scalar_hasher());
    return state;
}

WriteBatch dump_state(const State& state) {
    WriteBatch batch;
    Writer value;
    const auto put = [&](const Bytes& key, const auto& object) {
        value.clear();
        encode(value, object);
        batch.put(key, value.view());
    };
    const auto put_table = [&](std::uint8_t table, const auto& entries) {
        entries.for_each([&](std::size_t i, const auto& entry) {
            put(keys::indexed(table, static_cast<std::uint32_t>(i)), entry);
        });
    };
    state.accounts.for_each(
        [&](const Address& address, const Account& a) { put(keys::account(address), a); });
    put(keys::single(keys::kHead), state.head);
    put_table(keys::kDispute, state.disputes);
    const abi::AIVMEpochState& epoch = state.kernels.epoch();
    batch.put(keys::single(keys::kKernelEpoch),
              {reinterpret_cast<const std::uint8_t*>(&epoch), sizeof epoch});
    const auto put_slots = [&](KernelTable table, const auto& slots) {
        for (std::uint32_t i = 0; i < slots.size(); ++i) {
            if (slots[i].occupied == 0) continue;
            batch.put(keys::kernel_slot(static_cast<std::uint8_t>(table), i),
                      slot_bytes(state.kernels, {table, i}));
        }
    };
    put_slots(KernelTable::kAttestations, state.kernels.attestations());
    put_slots(KernelTable::kModels, state.kernels.models());
    put_slots(KernelTable::kAnchors, state.kernels.anchors());
    state.models.for_each([&](std::size_t i, const std::shared_ptr<const Model>& model) {
        put(keys::indexed(keys::kModel, static_cast<std::uint32_t>(i)), *model);
    });
    put_table(keys::kTraceNode, state.trace_nodes);
    put_table(keys::kProvider, state.providers);
    put_table(keys::kReceipt, state.receipts);
    put_table(keys::kModelStatus, state.model_status);
    put_table(keys::kTask, state.tasks);
    put_table(keys::kValidator, state.validators);
    return batch;
}

Hash32 contents_digest(const State& state) { return dump_state(state).sorted_digest(); }

}  // namespace aivm
