#include "core/chain/vertex.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/base/mutant.h"
#include "core/chain/sealed.h"

namespace aivm {
namespace {

constexpr std::uint8_t kVertexKind = 2;
constexpr std::uint8_t kCutKind = 3;

Bytes encode_vertex(const VertexHeader& h, const std::vector<ConflictKey>& jobs,
                    const std::vector<OperationPtr>& operations,
                    const std::optional<CutSeal>& seal) {
    Writer out;
    out.reserve(256 + jobs.size() * 80 + operations.size() * 200);
    out.u8(seal ? kCutKind : kVertexKind);
    encode(out, h);
    encode(out, jobs);
    if (seal) {
        encode(out, *seal);
    } else {
        encode_operations(out, operations);
    }
    return out.take();
}

template <class T>
bool strictly_ascending(const std::vector<T>& values) {
    return std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
}

void sort_unique(std::vector<ConflictKey>& keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

std::vector<ConflictKey> keys_of(const std::vector<OperationPtr>& operations,
                                 ConflictKeyPolicy policy) {
    std::vector<ConflictKey> keys;
    for (const OperationPtr& operation : operations) {
        ConflictKey key = conflict_key(operation->operation(), policy);
        if (!key.empty()) keys.push_back(std::move(key));
    }
    sort_unique(keys);
    return keys;
}

Result<std::vector<ConflictKey>> decode_jobs(Reader& in) {
    std::vector<ConflictKey> jobs;
    const std::uint32_t count = in.list(kVertexOpsMax, sizeof(std::uint32_t));
    for (std::uint32_t i = 0; i < count; ++i) jobs.push_back(in.string(kConflictKeyBytesMax));
    AIVM_TRY(in.status());
    return jobs;
}

// The bytes of which the id is the digest, under a planted bug; else nothing.
std::optional<Bytes> planted_body(const VertexHeader& header, const std::vector<ConflictKey>& jobs,
                                  const std::optional<CutSeal>& seal) {
    if (AIVM_MUTANT(D02)) return encode_vertex(header, jobs, {}, seal);
    if (!AIVM_MUTANT(D01)) return std::nullopt;
    Writer joined;
    encode(joined, header);
    for (const ConflictKey& job : jobs) joined.raw(as_bytes(std::string_view(job)));
    return joined.take();
}

// The list without its last job, under a planted bug.
std::vector<ConflictKey> planted(std::vector<ConflictKey> jobs) {
    if (AIVM_MUTANT(D05) && jobs.size() > 1) jobs.pop_back();
    return jobs;
}

}  // namespace

ConflictKey cut_key(std::uint64_t number) { return fmt::format("cut:{}", number); }

ConflictKey conflict_key(const Operation& operation, ConflictKeyPolicy policy) {
    const std::string_view job = job_of(operation.body);
    if (job.empty()) return {};
    if (std::holds_alternative<op::SubmitTask>(operation.body))
        return "job:" + bound_job_id(operation.sender, job);
    if (policy == ConflictKeyPolicy::kJob) return fmt::format("job:{}", job);
    return fmt::format("job:{}#{}#{}", job, to_hex(operation.sender.view()), operation.nonce);
}

std::vector<ConflictKey> job_keys(const std::vector<OperationPtr>& operations) {
    return keys_of(operations, ConflictKeyPolicy::kJob);
}

std::vector<ConflictKey> conflict_keys(const Vertex& vertex, ConflictKeyPolicy policy) {
    if (policy == ConflictKeyPolicy::kJob || vertex.is_cut()) return vertex.jobs();
    return keys_of(vertex.operations(), policy);
}

Hash32 vertex_slot_message(std::uint64_t chain_id, std::uint64_t sequence, std::uint64_t cut,
                           const Hash32& vertex_id) {
    Writer out;
    out.raw(as_bytes(std::string_view("aivm-vertex-slot"))).u64(chain_id).u64(sequence).u64(cut);
    return keccak256(out.fixed(vertex_id).view());
}

Vertex::Vertex(VertexHeader header, std::vector<OperationPtr> operations,
               std::optional<CutSeal> seal, Bytes authorization)
    : header_(std::move(header)),
      operations_(std::move(operations)),
      seal_(seal),
      jobs_(seal_ ? std::vector{cut_key(header_.cut)} : planted(job_keys(operations_))),
      authorization_(std::move(authorization)),
      body_(encode_vertex(header_, jobs_, operations_, seal_)),
      id_(sha256(planted_body(header_, jobs_, seal_).value_or(body_))) {}

Vertex::Vertex(VertexHeader header, std::vector<OperationPtr> operations, Bytes authorization)
    : Vertex(std::move(header), std::move(operations), std::nullopt, std::move(authorization)) {}

Vertex::Vertex(VertexHeader header, const CutSeal& seal, Bytes authorization)
    : Vertex(std::move(header), {}, std::optional(seal), std::move(authorization)) {}

Vertex Vertex::with_authorization(Bytes authorization) const {
    Vertex copy = *this;
    copy.authorization_ = std::move(authorization);
    return copy;
}

Bytes Vertex::encode() const { return aivm::seal(body_, authorization_); }

Hash32 Vertex::slot_message(std::uint64_t chain_id) const {
    return vertex_slot_message(chain_id, header_.sequence, header_.cut, id_);
}

Result<VertexPtr> Vertex::decode(ByteView sealed) {
    AIVM_ASSIGN(Sealed opened, open_sealed(sealed, kVertexBytesMax));
    Reader in(opened.body);
    const std::uint8_t kind = in.u8();
    if (kind != kVertexKind && kind != kCutKind) in.set_fault("not a vertex");
    auto header = aivm::decode<VertexHeader>(in);
    if (header.parents.empty()) in.set_fault("a vertex has a parent");
    if (!strictly_ascending(header.parents))
        in.set_fault("a vertex names its parents in ascending order, each once");
    AIVM_ASSIGN(const std::vector<ConflictKey> jobs, decode_jobs(in));
    std::vector<OperationPtr> operations;
    std::optional<CutSeal> seal;
    if (kind == kCutKind) {
        seal = aivm::decode<CutSeal>(in);
    } else {
        AIVM_ASSIGN(operations, decode_operations(in, kVertexOpsMax));
    }
    AIVM_TRY(in.finish());
    const VertexPtr vertex(new Vertex(std::move(header), std::move(operations), seal,
                                      std::move(opened.authorization)));
    if (vertex->jobs_ != jobs)
        return fail(ErrorCode::kMalformed, "a vertex names exactly the jobs of its payload");
    if (vertex->body_ != opened.body)
        return fail(ErrorCode::kMalformed, "a vertex is not in canonical form");
    return vertex;
}

bool Vertex::conflicts(const Vertex& other) const {
    if (id_ == other.id_) return false;
    auto a = jobs_.begin();
    auto b = other.jobs_.begin();
    while (a != jobs_.end() && b != other.jobs_.end()) {
        if (*a == *b) return true;
        if (*a < *b) {
            ++a;
        } else {
            ++b;
        }
    }
    return false;
}

}  // namespace aivm
