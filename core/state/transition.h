// One block on its way from the parent's state to its own: the changing copy, what it has touched
// and what it did. Rule functions (tasks, verification, rewards ...) read and change the state
// through it and nothing else.
#pragma once

#include <vector>

#include "core/base/error.h"
#include "core/config/config.h"
#include "core/kernels/kernels.h"
#include "core/state/event.h"
#include "core/state/state.h"
#include "core/state/write_batch.h"

namespace aivm {

namespace op {
struct SubmitTask;
}

// What a block's header says about the moment of its application.
struct BlockContext {
    Height height = 0;
    TimestampNs timestamp_ns = 0;
    ValidatorIndex proposer;
    Hash32 beacon;             // of this block: keccak(parent's beacon || the secret it reveals)
    Hash32 beacon_commitment;  // to the proposer's next secret
};

// Who may sign for an address. Ed25519 for the service, ideal signatures for simulation; see
// execution/authorizer.h.
class Authorizer {
public:
    virtual ~Authorizer() = default;
    [[nodiscard]] virtual bool verify(const Address& signer, const Hash32& message,
                                      ByteView authorization) const = 0;
};

// What every application of every block has in common.
struct Rules {
    VmParameters parameters;
    std::uint64_t chain_id = 1;
    Kernels* kernels = nullptr;  // neither is owned, both are set
    const Authorizer* authorizer = nullptr;
    Address vendor_root;  // signs attestation evidence; all zero: none verifies
};

// Which of the three kernel tables, in the order of their keys in the store.
enum class KernelTable : std::uint8_t { kAttestations = 0, kModels = 1, kAnchors = 2, kCount_ = 3 };
struct KernelSlot {
    KernelTable table = KernelTable::kAttestations;
    std::uint32_t index = 0;
    friend auto operator<=>(const KernelSlot&, const KernelSlot&) = default;
};
// The slot's bytes as they are stored.
ByteView slot_bytes(const KernelTables& tables, const KernelSlot& slot);

// Which entries a block changed: ascending, each once.
struct Touched {
    std::vector<Address> accounts;
    std::vector<std::uint32_t> providers;
    std::vector<std::uint32_t> tasks;
    std::vector<std::uint32_t> disputes;
    std::vector<std::uint32_t> validators;
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

    // Access for change. The references hold until the next call that changes the same table.
    ChainHead& head() { return state_.head; }
    Account& account(const Address& address);
    Account& escrow_account();  // account(escrow_address()), which half of all money passes through
    Provider& provider(ProviderIndex index);
    Task& task(TaskIndex index);
    Dispute& dispute(DisputeIndex index);
    Validator& validator(ValidatorIndex index);
    KernelTables& kernels() { return state_.kernels; }

    TaskIndex add_task(Task&& task);
    ProviderIndex add_provider(Provider provider);
    DisputeIndex add_dispute(Dispute dispute);
    ModelIndex add_model(Model model);
    ValidatorIndex add_validator(Validator validator);
    void add_receipt(const Receipt& receipt);
    // Brings the receipt tree up to date, for whoever is about to ask for its root.
    void hash_receipts() {
        state_.receipt_tree.catch_up(state_.receipts, rules_.kernels->hasher());
    }

    void set_timer(const HeightTimer& timer);
    void clear_timer(const HeightTimer& timer);
    // A task waits for a timeout from its submission, return or assignment on until it is drawn or
    // answered.
    void start_timeout(TaskIndex task);
    void end_timeout() { state_.time_timers.erase(); }
    void count_waiting_task(int change);  // +1 or -1

    // Takes the first timer that is due now: at or before this block's height and of a kind in
    // [first, last]; nothing when there is none. The timer is gone afterwards.
    std::optional<HeightTimer> take_due_timer(TimerKind first, TimerKind last);
    // Takes the timeouts that are due now, of tasks that still wait, in order.
    std::vector<TimeTimer> take_due_timeouts();

    // An operation's refusal. Whoever tries operations one by one looks at the code alone; the
    // words are made for the rest.
    template <class Words>
    [[nodiscard]] tl::unexpected<Error> refuse(ErrorCode code, Words&& words) const {
        return fail(code, explains ? words() : std::string());
    }
    bool explains = true;

    void emit(VmEvent event) { events_.push_back(std::move(event)); }
    [[nodiscard]] const std::vector<VmEvent>& events() const { return events_; }

    // Remembers which slots of a kernel table have a new value.
    void touch_kernel_slots(KernelTable table, const std::vector<std::uint32_t>& slots);
    // Kernel operations applied so far in this block.
    struct KernelCounts {
        std::uint32_t attestations = 0;
        std::uint32_t models = 0;
        std::uint32_t anchors = 0;
    };
    KernelCounts kernel_counts;

    // Task keys that were hashed side by side before the block's operations are applied, in their
    // order; see tasks/admission.h.
    struct PreparedKeys {
        struct Entry {
            const op::SubmitTask* submission = nullptr;
            Hash32 key;
        };
        std::vector<Entry> entries;
        std::size_t next = 0;
    };
    PreparedKeys prepared_keys;

    // Everything the block wrote, sorted by key, and the state with its new root. Call once, last.
    // Commitments to answers that were given in the open, keccak(task_key || answer), are stored
    // but never looked at: they are made here, where something is stored.
    struct Finished {
        State state;
        WriteBatch batch;
        std::vector<VmEvent> events;
        Touched touched;
    };
    [[nodiscard]] Finished finish() &&;
    // The same without the batch, and with the root that the parent had: for chains whose blocks
    // nobody stores.
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

    // Touched entries, with repetitions; finish() sorts them.
    Touched touched_;
    std::vector<bool> account_is_touched_;  // by row
    std::optional<std::uint32_t> escrow_row_;
    std::vector<std::uint32_t> touched_models_;
    std::vector<std::uint32_t> touched_receipts_;
    std::vector<KernelSlot> touched_slots_;
};

}  // namespace aivm
