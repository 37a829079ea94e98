// The VM's whole state as a value. Copying it takes a snapshot; a copy and its original share the
// entries that neither has changed. Verifying a block works on a copy, which is kept or dropped, so
// that a refused block cannot leave a change behind.
//
// Like its tables (core/base/snapshot_vector.h), a state and its copies belong to one thread.
#pragma once

#include <array>
#include <compare>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/base/row_index.h"
#include "core/base/snapshot_vector.h"
#include "core/kernels/kernel_tables.h"
#include "core/state/account.h"
#include "core/state/accounts.h"
#include "core/state/dispute.h"
#include "core/state/model.h"
#include "core/state/provider.h"
#include "core/state/receipt_tree.h"
#include "core/state/task.h"
#include "core/state/timers.h"
#include "core/state/trace_node.h"

namespace aivm {

// The sums in which the conservation of money is stated. The escrow account's balance is the sum of
// the pots.
struct Totals {
    Amount genesis;
    Amount minted;
    Amount burned;
    Amount bonds;  // of providers, and the validators' stakes
    Amount task_escrows;
    Amount challenge_bonds;
    Amount credits;
    Amount model_deposits;
    std::uint64_t tasks_completed = 0;
    std::uint64_t tasks_failed = 0;

    [[nodiscard]] Amount pots() const {
        return bonds + task_escrows + challenge_bonds + credits + model_deposits;
    }
    friend bool operator==(const Totals&, const Totals&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&Totals::genesis>(),         field<&Totals::minted>(),
                          field<&Totals::burned>(),          field<&Totals::bonds>(),
                          field<&Totals::task_escrows>(),    field<&Totals::challenge_bonds>(),
                          field<&Totals::credits>(),         field<&Totals::model_deposits>(),
                          field<&Totals::tasks_completed>(), field<&Totals::tasks_failed>()};
    }
};

// The part of the state that every block changes.
struct ChainHead {
    Height height = 0;
    TimestampNs timestamp_ns = 0;
    Hash32 beacon;
    std::uint64_t epoch = 0;
    TimestampNs epoch_started_ns = 0;
    Hash32 last_anchor;  // commit root of the last anchor, zero before the first
    // Blocks without room for another fraud proof (Policy::full_proof_operations).
    std::uint64_t full_proof_blocks = 0;
    // What an operation of the next block burns; below Policy::space_price_floor it is that.
    Amount space_price;
    AnchorTarget anchor_target = AnchorTarget::kQChain;
    // Full tables of anchors that were archived, and the audit root of the last of them.
    std::uint32_t anchor_archives = 0;
    Hash32 anchor_archive_root;
    Totals totals;

    static constexpr auto fields() {
        return std::tuple{field<&ChainHead::height>(),
                          field<&ChainHead::timestamp_ns>(),
                          field<&ChainHead::beacon>(),
                          field<&ChainHead::epoch>(),
                          field<&ChainHead::epoch_started_ns>(),
                          field<&ChainHead::last_anchor>(),
                          field<&ChainHead::full_proof_blocks>(),
                          field<&ChainHead::space_price>(),
                          field<&ChainHead::anchor_target>(),
                          field<&ChainHead::anchor_archives>(),
                          field<&ChainHead::anchor_archive_root>(),
                          field<&ChainHead::totals>()};
    }
};

struct State {
    ChainHead head;
    Hash32 state_root;  // chained over the write batches of all blocks so far

    Accounts accounts;
    SnapshotVector<Provider> providers;
    SnapshotVector<Task> tasks;
    SnapshotVector<Dispute> disputes;
    SnapshotVector<TraceNode> trace_nodes;
    SnapshotVector<std::shared_ptr<const Model>> models;
    SnapshotVector<ModelStatus> model_status;  // of each model, under the same index
    SnapshotVector<Validator> validators;
    Receipts receipts;
    KernelTables kernels{KernelTableSizes{0, 0, 0}};  // replaced by those of the genesis

    // Derived from the above when a state is loaded, so never stored.
    RowIndex jobs;  // tasks by job id
    RowIndex provider_ids;
    RowIndex model_ids;
    RowIndex first_disputes;  // by result and challenger: the first of each
    RowIndex steps_asked;     // trace nodes by result and step
    HeightTimers height_timers;
    TimeTimers time_timers;
    std::uint32_t waiting_tasks = 0;  // pending: accepted, without a provider
    ReceiptTree receipt_tree;

    [[nodiscard]] const Task& task(TaskIndex i) const { return tasks[i.value]; }
    [[nodiscard]] const Provider& provider(ProviderIndex i) const { return providers[i.value]; }
    [[nodiscard]] const Dispute& dispute(DisputeIndex i) const { return disputes[i.value]; }
    [[nodiscard]] const TraceNode& trace_node(TraceNodeIndex i) const {
        return trace_nodes[i.value];
    }
    [[nodiscard]] const Model& model(ModelIndex i) const { return *models[i.value]; }
    [[nodiscard]] const ModelStatus& status_of_model(ModelIndex i) const {
        return model_status[i.value];
    }
    // The same for all versions of a model: whether it takes new tasks, who owns it, the newest.
    [[nodiscard]] const ModelStatus& family_of_model(ModelIndex i) const {
        return model_status[model_status[i.value].first.value];
    }
    [[nodiscard]] const Validator& validator(ValidatorIndex i) const { return validators[i.value]; }
    [[nodiscard]] Amount balance(const Address& address) const;
    [[nodiscard]] Nonces nonces(const Address& address) const;
    // The last nonce that the account has used in this lane.
    [[nodiscard]] std::uint64_t nonce(const Address& address, Lane lane) const {
        return nonces(address).of(lane);
    }
    // The greatest that it has used in any lane.
    [[nodiscard]] std::uint64_t nonce(const Address& address) const {
        return nonces(address).greatest();
    }
    // Required after a row was added to the table.
    void index_task(TaskIndex index) { jobs.add(name_hash(task(index).job_id), index.value); }
    void index_provider(ProviderIndex index) {
        provider_ids.add(name_hash(provider(index).id), index.value);
    }
    void index_model(ModelIndex index) { model_ids.add(name_hash(model(index).id), index.value); }
    void index_dispute(DisputeIndex index);
    void index_trace_node(TraceNodeIndex index);
    [[nodiscard]] std::optional<TaskIndex> find_task(std::string_view job_id) const;
    [[nodiscard]] std::optional<ProviderIndex> find_provider(std::string_view id) const;
    // The first version of the model.
    [[nodiscard]] std::optional<ModelIndex> find_model(std::string_view id) const;
    // The first dispute of this challenger on the task's present result.
    [[nodiscard]] std::optional<DisputeIndex> find_first_dispute(TaskIndex task,
                                                                 const Address& challenger) const;
    // The latest, the only one that may be open.
    [[nodiscard]] std::optional<DisputeIndex> find_dispute(TaskIndex task,
                                                           const Address& challenger) const;
    // The step of the trace of the task's present result, if a game has asked for it.
    [[nodiscard]] std::optional<TraceNodeIndex> find_trace_node(TaskIndex task,
                                                                std::uint32_t step) const;

    // Calls fn(DisputeIndex, const Dispute&) for each of the list, in order. `fn` may change the
    // disputes that it is called for.
    template <class Fn>
    void for_each_dispute(DisputeList list, Fn&& fn) const {
        for (DisputeIndex at = list.first; list.size > 0; --list.size) {
            const DisputeIndex here = std::exchange(at, dispute(at).next);
            fn(here, dispute(here));
        }
    }

private:
    static std::uint64_t name_hash(std::string_view name) { return table_hash(as_bytes(name)); }
};

}  // namespace aivm
