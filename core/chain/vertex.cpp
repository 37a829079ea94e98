#include "core/chain/vertex.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/chain/sealed.h"
#include "core/config/limits.h"

namespace aivm {
namespace {

constexpr std::uint8_t kVertexKind = 2;

Bytes encode_vertex(const VertexHeader& h, const std::vector<JobKey>& jobs,
                    const std::vector<OperationPtr>& operations) {
    Writer out;
    out.reserve(256 + jobs.size() * 64 + operations.size() * 200);
    out.u8(kVertexKind);
    encode(out, h);
    encode(out, jobs);
    encode_operations(out, operations);
    return out.take();
}

template <class T>
bool strictly_ascending(const std::vector<T>& values) {
    return std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
}

}  // namespace

std::string JobKey::text() const {
    return nonce == 0 ? job : fmt::format("{}, turn {} of {}", job, nonce, to_hex(sender.view()));
}

bool job_key(const Operation& operation, JobKey& out) {
    const std::string_view job = job_of(operation.body);
    if (job.empty()) return false;
    const bool submits = std::holds_alternative<op::SubmitTask>(operation.body);
    out = submits ? JobKey{std::string(job), {}, 0}
                  : JobKey{std::string(job), operation.sender, operation.nonce};
    return true;
}

std::vector<JobKey> job_keys(const std::vector<OperationPtr>& operations) {
    std::vector<JobKey> keys;
    JobKey key;
    for (const OperationPtr& operation : operations) {
        if (job_key(operation->operation(), key)) keys.push_back(key);
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

Vertex::Vertex(VertexHeader header, std::vector<OperationPtr> operations, Bytes authorization)
    : header_(std::move(header)),
      operations_(std::move(operations)),
      jobs_(job_keys(operations_)),
      authorization_(std::move(authorization)),
      body_(encode_vertex(header_, jobs_, operations_)),
      id_(sha256(body_)) {}

Vertex Vertex::with_authorization(Bytes authorization) const {
    Vertex copy = *this;
    copy.authorization_ = std::move(authorization);
    return copy;
}

Bytes Vertex::encode() const { return seal(body_, authorization_); }

Result<VertexPtr> Vertex::decode(ByteView sealed) {
    AIVM_ASSIGN(Sealed opened, open_sealed(sealed, kVertexBytesMax));
    Reader in(opened.body);
    if (in.u8() != kVertexKind) in.set_fault("not a vertex");
    auto header = aivm::decode<VertexHeader>(in);
    if (header.parents.empty()) in.set_fault("a vertex has a parent");
    if (!strictly_ascending(header.parents))
        in.set_fault("a vertex names its parents in ascending order, each once");
    const auto jobs = aivm::decode<std::vector<JobKey>, kVertexOpsMax>(in);
    AIVM_ASSIGN(std::vector<OperationPtr> operations, decode_operations(in, kVertexOpsMax));
    AIVM_TRY(in.finish());
    auto vertex = std::make_shared<const Vertex>(std::move(header), std::move(operations),
                                                 std::move(opened.authorization));
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
