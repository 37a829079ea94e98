// Vertices of the DAG. Each names up to five parents and carries up to thirty operations. (Executed
// by core/dag, which no simulation runs yet.)
//
//   vertex     := kind:u8=2 epoch:u32 height:u64 list(parent:32) timestamp:u64 proposer:u32
//                 list(job key) list(signed operation)
//   job key    := string(job id) sender:20 nonce:u64
//   vertex id  := sha256(vertex), so it covers everything
//   sealed     := bytes(vertex) bytes(authorisation)
//   the authorisation signs keccak("aivm-slot" || chain_id:u64 || height:u64 || vertex id), as for
//   blocks
//
// Parents and job keys are strictly ascending, and the job keys are exactly those of the
// operations; other bytes are not a vertex. Every part has a fixed width or a length, so no two
// vertices have the same encoding.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <vector>

#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/chain/block.h"
#include "core/chain/operation.h"
#include "core/config/limits.h"

namespace aivm {

// The conflict key: at most one accepted vertex may take a given key. A submission takes its job
// id, whoever sends it. Later operations on the job (commits, results, challenges ...) take their
// sender's next turn on it: two that use the same turn conflict, but the five members of a
// committee can answer concurrently, and no account can use up another's turn.
struct JobKey {
    std::string job;
    Address sender;           // zero for the submission
    std::uint64_t nonce = 0;  // zero for the submission, never for later operations

    [[nodiscard]] std::string text() const;  // "job-7", or "job-7, turn 4 of <sender>"
    friend auto operator<=>(const JobKey&, const JobKey&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&JobKey::job, kJobIdBytesMax>(), field<&JobKey::sender>(),
                          field<&JobKey::nonce>()};
    }
};

// The operation's key; false if it concerns no job, and therefore conflicts with nothing.
bool job_key(const Operation& operation, JobKey& out);

// Ascending, each once.
std::vector<JobKey> job_keys(const std::vector<OperationPtr>& operations);

struct VertexHeader {
    std::uint32_t epoch = 0;
    Height height = 0;
    std::vector<Hash32> parents;  // ascending, 1 to kVertexParentsMax
    TimestampNs timestamp_ns = 0;
    ValidatorIndex proposer;

    static constexpr auto fields() {
        return std::tuple{field<&VertexHeader::epoch>(), field<&VertexHeader::height>(),
                          field<&VertexHeader::parents, kVertexParentsMax>(),
                          field<&VertexHeader::timestamp_ns>(), field<&VertexHeader::proposer>()};
    }
};

// Immutable, and shared by all its holders. The job keys are computed from the operations, so a
// vertex made here cannot hide a conflict.
class Vertex {
public:
    Vertex(VertexHeader header, std::vector<OperationPtr> operations, Bytes authorization);

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
    [[nodiscard]] const std::vector<JobKey>& jobs() const { return jobs_; }
    [[nodiscard]] const std::vector<OperationPtr>& operations() const { return operations_; }
    [[nodiscard]] const Bytes& authorization() const { return authorization_; }
    [[nodiscard]] std::size_t body_bytes() const { return body_.size(); }
    [[nodiscard]] std::size_t size_bytes() const {
        return body_.size() + authorization_.size() + 8;
    }

    // Whether the two are different and share a job key. Not transitive: a-b and b-c do not imply
    // a-c.
    [[nodiscard]] bool conflicts(const Vertex& other) const;

private:
    VertexHeader header_;
    std::vector<OperationPtr> operations_;
    std::vector<JobKey> jobs_;
    Bytes authorization_;
    Bytes body_;
    Hash32 id_;
};
using VertexPtr = std::shared_ptr<const Vertex>;

}  // namespace aivm
