// One block on its way from the parent's state to its own: the changing copy, the entries that it
// has touched and the events that it has emitted. Rule functions (in tasks, verification, rewards
// ...) read and change the state through a Transition and through nothing else.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "core/base/describe.h"
#include "core/base/error.h"
#include "core/state/block_context.h"
#include "core/state/event.h"
#include "core/state/prepared_digests.h"
#include "core/state/rules.h"
#include "core/state/state.h"
#include "core/state/write_batch.h"

namespace aivm {

// The three kernel tables, in the order of their keys in the store.
enum class KernelTable : std::uint8_t { kAttestations = 0, kModels = 1, kAnchors = 2 };
struct KernelSlot {
    KernelTable table = KernelTable::kAttestations;
    std::uint32_t index = 0;
    friend auto operator<=>(const KernelSlot&, const KernelSlot&) = default;
};
// The slot's bytes as they are stored.
ByteView slot_bytes(const KernelTables& tables, const KernelSlot& slot);
bool slot_is_occupied(const KernelTables& tables, const KernelSlot& slot);

// The entries that a block changed: ascending, each once.
struct Touched {
    std::vector<Address> accounts;
    std::vector<std::uint32_t> providers;
    std::vector<std::uint32_t> tasks;
    std::vector<std::uint32_t> disputes;
    std::vector<std::uint32_t> validators;
    std::vector<std::uint32_t> models;  // whose status changed
};

class Transition {
public:
    // Starts from a snapshot of the parent's state.
    Transition(const State& parent, const BlockContext& block, const Rules& rules);

    [[nodiscard]] const State& state() const { return state_; }
    [[nodiscard]] const BlockContext& block() const { return block_; }
    [[nodiscard]] const Config& config() const { return rules_.parameters.config; }
    [[nodiscard]] const Policy& policy() const { return rules_.parameters.policy; }
    [[nodiscard]] const VmParameters& parameters() const { return rules_.parameters; }
    [[nodiscard]] const Rules& rules() const { return rules_; }

    // Access for reading. A reference is valid until the next call that changes the same table.
    [[nodiscard]] const ChainHead& read_head() const { return state_.head; }
    [[nodiscard]] const Provider& read_provider(ProviderIndex i) const {
        return state_.provider(i);
    }
    [[nodiscard]] const Task& read_task(TaskIndex i) const { return state_.task(i); }
    [[nodiscard]] const Dispute& read_dispute(DisputeIndex i) const { return state_.dispute(i); }
    [[nodiscard]] const TraceNode& read_trace_node(TraceNodeIndex i) const {
        return state_.trace_node(i);
    }
    [[nodiscard]] const Model& read_model(ModelIndex i) const { return state_.model(i); }
    [[nodiscard]] const ModelStatus& read_model_status(ModelIndex i) const {
        return state_.status_of_model(i);
    }
    [[nodiscard]] const Validator& read_validator(ValidatorIndex i) const {
        return state_.validator(i);
    }

    // Access for change: the entry is written when the block is finished. A reference is valid
    // until the next call that changes the same table.
    ChainHead& edit_head() { return state_.head; }
    Account& edit_account(const Address& address);  // an unknown address gets an empty account
    // edit_account(escrow_address()), through which half of all money passes.
    Account& edit_escrow_account();
    // How many accounts the block has touched. untouch_accounts() forgets those touched since
    // there were `count`; requires that their contents are what they were.
    [[nodiscard]] std::size_t touched_accounts() const { return touched_.accounts.size(); }
    void untouch_accounts(std::size_t count);
    Provider& edit_provider(ProviderIndex index);
    Task& edit_task(TaskIndex index);
    Dispute& edit_dispute(DisputeIndex index);
    TraceNode& edit_trace_node(TraceNodeIndex index);
    Validator& edit_validator(ValidatorIndex index);
    ModelStatus& edit_model_status(ModelIndex index);
    KernelTables& edit_kernels() { return state_.kernels; }

    TaskIndex add_task(Task&& task);
    ProviderIndex add_provider(Provider provider);
    // Appends it to the disputes on its task's present result, and numbers it among those of its
    // challenger.
    DisputeIndex add_dispute(Dispute dispute);
    // Appends a dispute to one of its task's lists.
    void append_dispute(DisputeList Task::* list, DisputeIndex dispute);
    TraceNodeIndex add_trace_node(const TraceNode& node);
    // A new model, or with `first` a new version of that one.
    ModelIndex add_model(Model model, std::optional<ModelIndex> first = std::nullopt);
    ValidatorIndex add_validator(Validator validator);
    void add_receipt(const Receipt& receipt);
    // Brings the receipt tree up to date. Required before its root is read.
    void hash_receipts() {
        state_.receipt_tree.hash_new(state_.receipts, rules_.kernels->hasher());
    }

    void set_timer(const HeightTimer& timer);
    void clear_timer(const HeightTimer& timer);
    // A task waits for a timeout from its submission, return or assignment until it is drawn or
    // answered.
    void start_timeout(TaskIndex task);
    void end_timeout() { state_.time_timers.erase(); }
    void count_waiting_task(int change);  // +1 or -1

    // Takes the first timer that is due now: at or before this block's height and of a kind in
    // [first, last]; nothing when there is none. The timer is removed.
    std::optional<HeightTimer> take_due_timer(TimerKind first, TimerKind last);
    // Takes the timeouts that are due now, of tasks that still wait, in order.
    std::vector<TimeTimer> take_due_timeouts();

    // The refusal of an operation. `words` is called only when refusals are explained: a block
    // builder that tries operations one by one reads the code alone.
    template <class Words>
    [[nodiscard]] tl::unexpected<Error> refuse(ErrorCode code, Words&& words) const {
        if (!explains_) return fail(code, std::string());
        return fail(code, words());
    }
    void leave_refusals_unexplained() { explains_ = false; }

    void emit(VmEvent event) { events_.push_back(std::move(event)); }
    [[nodiscard]] const std::vector<VmEvent>& events() const { return events_; }

    // Keeps the anchors' slots in the store under the next archive number, outside the state.
    void archive_anchors();

    // Marks slots of a kernel table as changed.
    void touch_kernel_slots(KernelTable table, const std::vector<std::uint32_t>& slots);
    // The same for the slots that a kernel operation of this block changed; counts the operation.
    void record_kernel_operation(KernelTable table, const std::vector<std::uint32_t>& slots);
    // The kernel operations on this table so far in this block.
    [[nodiscard]] std::uint32_t kernel_operations(KernelTable table) const {
        return kernel_operations_[static_cast<std::size_t>(table)];
    }

    // Task keys of the block's submissions; filled by prepare_keys of core/tasks/admission.h.
    PreparedDigests& prepared_keys() { return prepared_keys_; }

    // Everything that the block wrote, sorted by key, and the state with its new root. The last
    // call on this object. Commitments to answers that were posted in the open, keccak(task_key ||
    // answer), are stored but never read: they are computed here, so that an unsealed block does
    // not pay for them.
    struct Finished {
        State state;
        WriteBatch batch;
        std::vector<VmEvent> events;
        Touched touched;
    };
    [[nodiscard]] Finished finish() &&;
    // The same without the batch, and with the root of the parent: for chains whose blocks are not
    // stored.
    [[nodiscard]] Finished finish_unsealed() &&;

private:
    void commit_open_answers();
    template <class Table>
    auto& edit(Table& table, std::vector<std::uint32_t>& touched, std::uint32_t index);
    Account& account_in(std::uint32_t row);

    State state_;
    BlockContext block_;
    const Rules& rules_;
    std::vector<VmEvent> events_;
    bool explains_ = true;
    std::array<std::uint32_t, enum_count<KernelTable>> kernel_operations_{};
    PreparedDigests prepared_keys_;

    // Touched entries, with repetitions; finish() sorts them.
    Touched touched_;
    std::vector<bool> account_is_touched_;  // by row
    std::optional<std::uint32_t> escrow_row_;
    std::vector<std::uint32_t> touched_models_;
    std::vector<std::uint32_t> touched_trace_nodes_;
    std::optional<std::pair<std::uint32_t, Bytes>> anchor_archive_;  // number, slots
    std::vector<std::uint32_t> touched_receipts_;
    std::vector<KernelSlot> touched_slots_;
};

}  // namespace aivm
