// The accepted vertices, and the state that their cuts have settled. Used by the VM on a DAG
// (vm/dag_vm.h).
//
//   1. The settled state is a function of the sequence of accepted cuts. A vertex that is accepted
//      later belongs to a later slice; nothing is executed again.
//   2. A vertex is accepted after its parents, and cut n after cut n - 1.
//   3. Of the accepted vertices that share a conflict key each is a descendant of the one before:
//      the index of keys names the last, the key's holder.
//   4. plan_...() changes nothing; commit_...() cannot fail. Between the two the caller writes the
//      plan's batch, which is all that accepting the vertex writes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/dag/slice.h"
#include "core/state/store.h"

namespace aivm {

// Who holds a conflict key. Whether a cut has settled the holder decides who may follow it: a
// vertex that stands on that cut is its descendant. A holder all of whose operations on the job
// were void has not taken the job; its entry stays, because whether another vertex is valid must
// follow from its ancestors, and not from when a node sees it.
struct KeyHolder {
    Hash32 vertex;
    std::uint64_t settled_by = 0;  // the cut's number, 0 before
    bool effective = false;        // an operation on the job took effect in a settled slice

    // Whether the job exists, or may exist after the next cut.
    [[nodiscard]] bool taken() const { return settled_by == 0 || effective; }

    static constexpr auto fields() {
        return std::tuple{field<&KeyHolder::vertex>(), field<&KeyHolder::settled_by>(),
                          field<&KeyHolder::effective>()};
    }
};

class AcceptedDag {
public:
    struct Setup {
        ExecutedPtr genesis;
        const Rules* rules = nullptr;
        KeyValueStore* store = nullptr;
    };
    // Opens the DAG in the store, or writes genesis to an empty one. Fails on a store of another
    // genesis, of other rules, or of a chain of blocks.
    static Result<AcceptedDag> open(const Setup& setup);

    // The effects of accepting one vertex. Requires that its parents are accepted and it is not.
    struct Plan {
        VertexPtr vertex;
        CutResultPtr result;  // of a cut
        std::set<Hash32> frontier;
        std::shared_ptr<WriteBatch> batch;
    };
    [[nodiscard]] Result<Plan> plan_vertex(const VertexPtr& vertex) const;
    // Requires that the cut is the next one, and that `result` is its slice on state().
    [[nodiscard]] Result<Plan> plan_cut(const CutResultPtr& result) const;
    void commit(const Plan& plan);

    // The settled state; its height is the number of the last cut.
    [[nodiscard]] const State& state() const { return state_; }
    // The last accepted cut, or genesis.
    [[nodiscard]] const Hash32& last_cut() const { return last_cut_; }
    // Accepted vertices (or genesis) without accepted children.
    [[nodiscard]] const std::set<Hash32>& frontier() const { return frontier_; }
    // Accepted vertices that no cut has settled.
    [[nodiscard]] const std::map<Hash32, VertexPtr>& unsettled() const { return unsettled_; }
    [[nodiscard]] const Hash32& genesis_id() const { return setup_.genesis->id; }
    [[nodiscard]] const State& genesis_state() const { return setup_.genesis->state; }

    // Genesis counts as accepted but is not a vertex: vertex() fails with kNotFound for it, as for
    // every vertex that is not accepted.
    [[nodiscard]] Result<bool> contains(const Hash32& id) const;
    [[nodiscard]] Result<VertexPtr> vertex(const Hash32& id) const;
    // The number of the cut that settled an accepted vertex, 0 before, and for genesis; nothing for
    // other vertices. A cut settles itself.
    [[nodiscard]] Result<std::optional<std::uint64_t>> settled_by(const Hash32& id) const;
    [[nodiscard]] Result<std::optional<KeyHolder>> holder_of(const ConflictKey& key) const;
    // Fails with kNotFound above the last cut; 0 is genesis.
    [[nodiscard]] Result<Hash32> cut_at(std::uint64_t number) const;

    // The epoch of the state after this accepted cut.
    [[nodiscard]] std::uint32_t epoch_after(std::uint64_t cut) const;
    // The address of a validator in the set after this accepted cut; nothing if it is not in it.
    // (An entry of the table of validators may change hands in between.)
    [[nodiscard]] std::optional<Address> validator_after(std::uint64_t cut,
                                                         ValidatorIndex validator) const;

private:
    // A span of cuts, by its first one, after which epoch and validators are the same.
    struct Epoch {
        std::uint32_t epoch = 0;
        std::map<std::uint32_t, Address> active;
        [[nodiscard]] Bytes encoded() const;
    };

    explicit AcceptedDag(const Setup& setup) : setup_(setup) {}
    Status create();
    Status load_tip(ByteView record);
    Status load_unsettled();
    Status load_epochs();
    static Epoch epoch_of(const State& state);
    // What the index of keys becomes when this slice is settled.
    Status settle_keys(const CutResult& result, WriteBatch& batch) const;
    [[nodiscard]] std::set<Hash32> frontier_with(const Vertex& vertex) const;

    Setup setup_;
    State state_;
    Hash32 last_cut_;
    std::set<Hash32> frontier_;
    std::map<Hash32, VertexPtr> unsettled_;
    std::map<std::uint64_t, Epoch> epochs_;
};

}  // namespace aivm
