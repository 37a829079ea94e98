// Vertices of the DAG. Each names up to five parents and carries up to thirty operations, or it is
// a cut: a vertex without operations that closes a slice of the DAG (core/dag). (The whole grammar:
// FORMAT.md.)
//
//   vertex     := kind:u8=2 epoch:u32 height:u64 list(parent:32) timestamp:u64 proposer:u32
//                 sequence:u64 cut:u64 list(job:string) list(signed operation)
//   cut        := kind:u8=3 (the same header and jobs) beacon_secret:32 beacon_commitment:32
//                 parent_aivm_root:32 state_root:32 receipt_root:32
//   vertex id  := sha256(vertex), so it covers everything
//   sealed     := bytes(vertex) bytes(authorisation)
//   the authorisation signs keccak("aivm-vertex-slot" || chain_id:u64 || sequence:u64 || cut:u64 ||
//   vertex id)
//
// Parents and jobs are strictly ascending, and the jobs are exactly those of the operations, or
// "cut:" and the number of a cut; other bytes are not a vertex. Every part has a fixed width or a
// length, so no two vertices have the same encoding.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/chain/operation.h"
#include "core/config/config.h"
#include "core/config/limits.h"

namespace aivm {

// What two vertices must share to conflict: "job:" and the id under which the job's task is stored
// (bound_job_id), or "cut:" and the number of a cut. Under ConflictKeyPolicy::kOperation a key of
// what follows a submission also names the account and its turn: "job:ID#ACCOUNT#NONCE".
using ConflictKey = std::string;

ConflictKey cut_key(std::uint64_t number);

// The operation's key; empty if it concerns no job, and therefore conflicts with nothing.
ConflictKey conflict_key(const Operation& operation, ConflictKeyPolicy policy);

// The published keys of these operations: their jobs, ascending, each once.
std::vector<ConflictKey> job_keys(const std::vector<OperationPtr>& operations);

struct VertexHeader {
    std::uint32_t epoch = 0;      // of the state after the newest cut among its ancestors
    Height height = 0;            // one above its highest parent's; genesis has 0
    std::vector<Hash32> parents;  // ascending, 1 to kVertexParentsMax
    TimestampNs timestamp_ns = 0;
    ValidatorIndex proposer;
    std::uint64_t sequence = 0;  // the proposer's count of its vertices, from 1
    // Of a cut: its number. Else the number of the newest cut among its ancestors, 0 for genesis.
    std::uint64_t cut = 0;

    static constexpr auto fields() {
        return std::tuple{field<&VertexHeader::epoch>(),
                          field<&VertexHeader::height>(),
                          field<&VertexHeader::parents, kVertexParentsMax>(),
                          field<&VertexHeader::timestamp_ns>(),
                          field<&VertexHeader::proposer>(),
                          field<&VertexHeader::sequence>(),
                          field<&VertexHeader::cut>()};
    }
};

// What a cut says beside its header, as the header of a block does.
struct CutSeal {
    Hash32 beacon_secret;      // opens the commitment in its proposer's previous cut
    Hash32 beacon_commitment;  // keccak of its next secret
    Hash32 parent_aivm_root;   // the kernel round of the cut before
    Hash32 state_root;         // after the slice
    Hash32 receipt_root;       // after the slice

    static constexpr auto fields() {
        return std::tuple{field<&CutSeal::beacon_secret>(), field<&CutSeal::beacon_commitment>(),
                          field<&CutSeal::parent_aivm_root>(), field<&CutSeal::state_root>(),
                          field<&CutSeal::receipt_root>()};
    }
};

// Immutable, and shared by all its holders. The jobs are computed from the contents, so a vertex
// made here cannot hide a conflict.
class Vertex {
public:
    Vertex(VertexHeader header, std::vector<OperationPtr> operations, Bytes authorization);
    Vertex(VertexHeader header, const CutSeal& seal, Bytes authorization);

    // The same vertex with its signature; the id does not change.
    [[nodiscard]] Vertex with_authorization(Bytes authorization) const;

    // Fails on bytes that are not the canonical encoding of a vertex.
    static Result<std::shared_ptr<const Vertex>> decode(ByteView sealed);

    [[nodiscard]] const Hash32& id() const { return id_; }
    [[nodiscard]] Bytes encode() const;  // sealed
    [[nodiscard]] const VertexHeader& header() const { return header_; }
    [[nodiscard]] Height height() const { return header_.height; }
    [[nodiscard]] std::uint32_t epoch() const { return header_.epoch; }
    [[nodiscard]] const std::vector<Hash32>& parents() const { return header_.parents; }
    [[nodiscard]] const std::vector<ConflictKey>& jobs() const { return jobs_; }
    [[nodiscard]] const std::vector<OperationPtr>& operations() const { return operations_; }
    [[nodiscard]] const Bytes& authorization() const { return authorization_; }
    [[nodiscard]] bool is_cut() const { return seal_.has_value(); }
    // Requires a cut.
    [[nodiscard]] const CutSeal& seal() const { return *seal_; }
    // What the proposer's signature covers.
    [[nodiscard]] Hash32 slot_message(std::uint64_t chain_id) const;
    // The newest cut that its children have among their ancestors.
    [[nodiscard]] std::uint64_t cut() const { return header_.cut; }
    [[nodiscard]] std::size_t body_bytes() const { return body_.size(); }
    [[nodiscard]] std::size_t size_bytes() const {
        return body_.size() + authorization_.size() + 8;
    }

    // As published: whether the two are different and share a job. Not transitive: a-b and b-c do
    // not imply a-c. Whether one is an ancestor of the other, which resolves the conflict, is known
    // to the graph (core/dag/conflict_graph.h).
    [[nodiscard]] bool conflicts(const Vertex& other) const;

private:
    Vertex(VertexHeader header, std::vector<OperationPtr> operations, std::optional<CutSeal> seal,
           Bytes authorization);

    VertexHeader header_;
    std::vector<OperationPtr> operations_;
    std::optional<CutSeal> seal_;
    std::vector<ConflictKey> jobs_;
    Bytes authorization_;
    Bytes body_;
    Hash32 id_;
};
using VertexPtr = std::shared_ptr<const Vertex>;

// The message that the proposer of a vertex signs, and that Evidence compares.
Hash32 vertex_slot_message(std::uint64_t chain_id, std::uint64_t sequence, std::uint64_t cut,
                           const Hash32& vertex_id);

// The keys by which a vertex conflicts under this policy, ascending, each once.
std::vector<ConflictKey> conflict_keys(const Vertex& vertex, ConflictKeyPolicy policy);

}  // namespace aivm
