#include "core/state/transition.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/base/mutant.h"
#include "core/state/keys.h"

namespace aivm {
namespace {

template <class T>
void sort_unique(std::vector<T>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

// The same for indexes, which lie close together: by a bit for each.
void sort_unique(std::vector<std::uint32_t>& values) {
    if (values.size() < 2) return;
    const auto [least, most] = std::ranges::minmax(values);
    const std::size_t words = (most - least) / 64 + 1;
    if (words > values.size()) return sort_unique<std::uint32_t>(values);
    std::vector<std::uint64_t> bits(words);
    for (const std::uint32_t value : values)
        bits[(value - least) / 64] |= std::uint64_t{1} << (value - least) % 64;
    values.clear();
    for (std::size_t word = 0; word < words; ++word) {
        for (std::uint64_t left = bits[word]; left != 0; left &= left - 1) {
            values.push_back(least + static_cast<std::uint32_t>(64 * word) +
                             static_cast<std::uint32_t>(std::countr_zero(left)));
        }
    }
}

// Puts one touched table into the batch, in ascending order of index.
template <class Encode>
void put_table(WriteBatch& batch, std::uint8_t table, std::vector<std::uint32_t>& touched,
               Encode&& encode) {
    sort_unique(touched);
    Writer value;
    for (const std::uint32_t index : touched) {
        value.clear();
        encode(index, value);
        batch.put(keys::indexed(table, index), value.view());
    }
}

template <class Slot>
ByteView bytes_of(std::span<const Slot> slots, std::uint32_t index) {
    AIVM_CHECK(index < slots.size());
    return {reinterpret_cast<const std::uint8_t*>(&slots[index]), sizeof(Slot)};
}

}  // namespace

ByteView slot_bytes(const KernelTables& tables, const KernelSlot& slot) {
    switch (slot.table) {
        case KernelTable::kAttestations:
            return bytes_of(tables.attestations(), slot.index);
        case KernelTable::kModels:
            return bytes_of(tables.models(), slot.index);
        case KernelTable::kAnchors:
            return bytes_of(tables.anchors(), slot.index);
    }
    AIVM_UNREACHABLE("unknown kernel table");
}

bool slot_is_occupied(const KernelTables& tables, const KernelSlot& slot) {
    switch (slot.table) {
        case KernelTable::kAttestations:
            return tables.attestations()[slot.index].occupied != 0;
        case KernelTable::kModels:
            return tables.models()[slot.index].occupied != 0;
        case KernelTable::kAnchors:
            return tables.anchors()[slot.index].occupied != 0;
    }
    AIVM_UNREACHABLE("unknown kernel table");
}

Transition::Transition(const State& parent, const BlockContext& block, const Rules& rules)
    : state_(parent), block_(block), rules_(rules) {
    AIVM_CHECK(rules.kernels != nullptr && rules.authorizer != nullptr);
    events_.reserve(64);
    touched_.tasks.reserve(64);
    touched_.providers.reserve(32);
    touched_.accounts.reserve(32);
    account_is_touched_.resize(state_.accounts.size());
}

template <class Table>
auto& Transition::edit(Table& table, std::vector<std::uint32_t>& touched, std::uint32_t index) {
    if (touched.empty() || touched.back() != index) touched.push_back(index);
    return table.edit(index);
}

Account& Transition::edit_account(const Address& address) {
    return account_in(state_.accounts.row_or_new(address));
}

Account& Transition::edit_escrow_account() {
    if (!escrow_row_) escrow_row_ = state_.accounts.row_or_new(escrow_address());
    return account_in(*escrow_row_);
}

Account& Transition::account_in(std::uint32_t row) {
    if (row >= account_is_touched_.size()) account_is_touched_.resize(state_.accounts.size());
    if (!account_is_touched_[row]) {
        account_is_touched_[row] = true;
        touched_.accounts.push_back(state_.accounts.address_of_row(row));
    }
    return state_.accounts.edit_row(row);
}

void Transition::untouch_accounts(std::size_t count) {
    AIVM_CHECK(count <= touched_.accounts.size());
    for (; touched_.accounts.size() > count; touched_.accounts.pop_back()) {
        const std::uint32_t row = state_.accounts.row_or_new(touched_.accounts.back());
        account_is_touched_[row] = false;
    }
}

Provider& Transition::edit_provider(ProviderIndex i) {
    return edit(state_.providers, touched_.providers, i.value);
}
Task& Transition::edit_task(TaskIndex i) { return edit(state_.tasks, touched_.tasks, i.value); }
Dispute& Transition::edit_dispute(DisputeIndex i) {
    return edit(state_.disputes, touched_.disputes, i.value);
}
TraceNode& Transition::edit_trace_node(TraceNodeIndex i) {
    return edit(state_.trace_nodes, touched_trace_nodes_, i.value);
}
Validator& Transition::edit_validator(ValidatorIndex i) {
    return edit(state_.validators, touched_.validators, i.value);
}

TaskIndex Transition::add_task(Task&& task) {
    const TaskIndex index{static_cast<std::uint32_t>(state_.tasks.size())};
    AIVM_CHECK(!state_.find_task(task.job_id));
    touched_.tasks.push_back(index.value);
    state_.tasks.push_back(std::move(task));
    state_.index_task(index);
    return index;
}

ProviderIndex Transition::add_provider(Provider provider) {
    const ProviderIndex index{static_cast<std::uint32_t>(state_.providers.size())};
    AIVM_CHECK(!state_.find_provider(provider.id));
    touched_.providers.push_back(index.value);
    state_.providers.push_back(std::move(provider));
    state_.index_provider(index);
    return index;
}

DisputeIndex Transition::add_dispute(Dispute dispute) {
    const DisputeIndex index{static_cast<std::uint32_t>(state_.disputes.size())};
    const auto first = state_.find_first_dispute(dispute.task, dispute.challenger);
    if (first) {
        const DisputeIndex before = std::exchange(edit_dispute(*first).latest, index);
        dispute.attempt = read_dispute(before).attempt + 1;
    }
    dispute.latest = index;
    touched_.disputes.push_back(index.value);
    state_.disputes.push_back(std::move(dispute));
    state_.index_dispute(index);
    append_dispute(&Task::disputes, index);
    return index;
}

void Transition::append_dispute(DisputeList Task::* list, DisputeIndex index) {
    DisputeList& to = edit_task(read_dispute(index).task).*list;
    if (to.empty()) to.first = index;
    if (!to.empty()) edit_dispute(to.last).next = index;
    to.last = index;
    to.size += 1;
}

TraceNodeIndex Transition::add_trace_node(const TraceNode& node) {
    const TraceNodeIndex index{static_cast<std::uint32_t>(state_.trace_nodes.size())};
    AIVM_CHECK(!state_.find_trace_node(node.task, node.step));
    touched_trace_nodes_.push_back(index.value);
    state_.trace_nodes.push_back(node);
    state_.index_trace_node(index);
    return index;
}

ModelStatus& Transition::edit_model_status(ModelIndex i) {
    return edit(state_.model_status, touched_.models, i.value);
}

ModelIndex Transition::add_model(Model model, std::optional<ModelIndex> first) {
    const ModelIndex index{static_cast<std::uint32_t>(state_.models.size())};
    AIVM_CHECK(first.has_value() == state_.find_model(model.id).has_value());
    ModelStatus status;
    status.first = first.value_or(index);
    status.newest = index;
    touched_models_.push_back(index.value);
    state_.models.push_back(std::make_shared<const Model>(std::move(model)));
    if (first) {
        status.version = state_.status_of_model(state_.status_of_model(*first).newest).version + 1;
        edit_model_status(*first).newest = index;
    }
    touched_.models.push_back(index.value);
    state_.model_status.push_back(status);
    if (!first) state_.index_model(index);
    return index;
}

void Transition::archive_anchors() {
    AIVM_CHECK(!anchor_archive_);
    const auto slots = std::as_bytes(state_.kernels.anchors());
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(slots.data());
    anchor_archive_.emplace(state_.head.anchor_archives, Bytes(bytes, bytes + slots.size()));
}

ValidatorIndex Transition::add_validator(Validator validator) {
    const ValidatorIndex index{static_cast<std::uint32_t>(state_.validators.size())};
    touched_.validators.push_back(index.value);
    state_.validators.push_back(std::move(validator));
    return index;
}

void Transition::add_receipt(const Receipt& receipt) {
    touched_receipts_.push_back(static_cast<std::uint32_t>(state_.receipts.size()));
    state_.receipts.push_back(receipt);
}

void Transition::set_timer(const HeightTimer& timer) { state_.height_timers.insert(timer); }
void Transition::clear_timer(const HeightTimer& timer) { state_.height_timers.erase(timer); }

void Transition::start_timeout(TaskIndex task) {
    state_.time_timers.insert(
        {timeout_of(state_.tasks[task.value], rules_.parameters), task.value});
}

void Transition::count_waiting_task(int change) {
    AIVM_CHECK(change > 0 || state_.waiting_tasks > 0);
    state_.waiting_tasks += static_cast<std::uint32_t>(change);
}

std::optional<HeightTimer> Transition::take_due_timer(TimerKind first, TimerKind last) {
    return state_.height_timers.take_due(block_.height, first, last);
}

std::vector<TimeTimer> Transition::take_due_timeouts() {
    return state_.time_timers.take_due(block_.timestamp_ns, [&](const TimeTimer& timer) {
        const Task& task = state_.tasks[timer.task];
        return has_timeout(task) && timeout_of(task, rules_.parameters) == timer.at;
    });
}

void Transition::record_kernel_operation(KernelTable table,
                                         const std::vector<std::uint32_t>& slots) {
    kernel_operations_[static_cast<std::size_t>(table)] += 1;
    touch_kernel_slots(table, slots);
}

void Transition::touch_kernel_slots(KernelTable table, const std::vector<std::uint32_t>& slots) {
    for (const std::uint32_t index : slots) touched_slots_.push_back({table, index});
}

void Transition::commit_open_answers() {
    for (const std::uint32_t index : touched_.tasks) {
        const Task& task = state_.tasks[index];
        if (task.mode == VerificationMode::kRedundant)
            continue;  // there, members commit before they answer
        for (std::size_t i = 0; i < task.seats.size(); ++i) {
            const Seat& seat = task.seats[i];
            if (seat.posted_at == 0 || !seat.commitment.is_zero()) continue;
            state_.tasks.edit(index).seats[i].commitment =
                keccak256(Writer().fixed(task.task_key).u8(seat.answer).view());
        }
    }
}

Transition::Finished Transition::finish() && {
    hash_receipts();
    commit_open_answers();
    WriteBatch batch;
    Writer value;
    sort_unique(touched_.accounts);
    for (const Address& address : touched_.accounts) {
        value.clear();
        aivm::encode(value, *state_.accounts.find(address));
        if (!AIVM_MUTANT(D17)) batch.put(keys::account(address), value.view());
    }
    value.clear();
    aivm::encode(value, state_.head);
    batch.put(keys::single(keys::kHead), value.view());
    const auto from = [](const auto& table) {
        return [&table](std::uint32_t i, Writer& out) { aivm::encode(out, table[i]); };
    };
    put_table(batch, keys::kDispute, touched_.disputes, from(state_.disputes));
    const abi::AIVMEpochState& epoch = state_.kernels.epoch();
    batch.put(keys::single(keys::kKernelEpoch),
              {reinterpret_cast<const std::uint8_t*>(&epoch), sizeof epoch});
    sort_unique(touched_slots_);
    for (const KernelSlot& slot : touched_slots_) {
        const Bytes key = keys::kernel_slot(static_cast<std::uint8_t>(slot.table), slot.index);
        if (slot_is_occupied(state_.kernels, slot)) {
            batch.put(key, slot_bytes(state_.kernels, slot));
        } else {
            batch.erase(key);
        }
    }
    put_table(batch, keys::kModel, touched_models_,
              [&](std::uint32_t i, Writer& out) { aivm::encode(out, *state_.models[i]); });
    put_table(batch, keys::kTraceNode, touched_trace_nodes_, from(state_.trace_nodes));
    put_table(batch, keys::kProvider, touched_.providers, from(state_.providers));
    put_table(batch, keys::kReceipt, touched_receipts_, from(state_.receipts));
    put_table(batch, keys::kModelStatus, touched_.models, from(state_.model_status));
    if (!AIVM_MUTANT(tasks_unwritten))
        put_table(batch, keys::kTask, touched_.tasks, from(state_.tasks));
    put_table(batch, keys::kValidator, touched_.validators, from(state_.validators));
    state_.state_root = sha256({state_.state_root.view(), batch.sorted_digest().view()});
    if (anchor_archive_)
        batch.put(keys::indexed(keys::kAnchorArchive, anchor_archive_->first),
                  anchor_archive_->second);
    return {std::move(state_), std::move(batch), std::move(events_), std::move(touched_)};
}

Transition::Finished Transition::finish_unsealed() && {
    sort_unique(touched_.accounts);
    for (auto* table : {&touched_.providers, &touched_.tasks, &touched_.disputes,
                        &touched_.validators, &touched_.models}) {
        sort_unique(*table);
    }
    return {std::move(state_), {}, std::move(events_), std::move(touched_)};
}

}  // namespace aivm
