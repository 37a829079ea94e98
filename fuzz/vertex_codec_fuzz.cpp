// The codec of vertices on arbitrary bytes. A decoded vertex must encode to the same bytes, keep
// its id and survive a second round trip, and must name its parents in order and exactly the jobs
// of its operations; all other bytes must fail with kMalformed.
#include <algorithm>
#include <cstdint>
#include <functional>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/chain/vertex.h"
#include "core/config/limits.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aivm;
    const ByteView sealed{data, size};
    const auto decoded = Vertex::decode(sealed);
    if (!decoded) {
        AIVM_CHECK(decoded.error().code == ErrorCode::kMalformed);
        return 0;
    }
    const Vertex& vertex = **decoded;
    const Bytes again = vertex.encode();
    AIVM_CHECK(again.size() == size && std::equal(again.begin(), again.end(), sealed.begin()));
    AIVM_CHECK(vertex.size_bytes() == size);
    AIVM_CHECK(vertex.id() == sha256(sealed.subspan(4, vertex.body_bytes())));
    const auto second = Vertex::decode(again);
    AIVM_CHECK(second.has_value() && (*second)->id() == vertex.id());
    // The signature is not part of the id.
    AIVM_CHECK(vertex.with_authorization({}).id() == vertex.id());

    const auto& parents = vertex.parents();
    AIVM_CHECK(!parents.empty() && parents.size() <= kVertexParentsMax);
    AIVM_CHECK(std::adjacent_find(parents.begin(), parents.end(), std::greater_equal<>()) ==
               parents.end());
    AIVM_CHECK(vertex.operations().size() <= kVertexOpsMax);
    if (vertex.is_cut()) {
        AIVM_CHECK(vertex.operations().empty());
        AIVM_CHECK(vertex.jobs() == std::vector{cut_key(vertex.cut())});
    } else {
        AIVM_CHECK(vertex.jobs() == job_keys(vertex.operations()));
    }
    for (const auto policy : {ConflictKeyPolicy::kJob, ConflictKeyPolicy::kOperation}) {
        const auto keys = conflict_keys(vertex, policy);
        AIVM_CHECK(std::adjacent_find(keys.begin(), keys.end(), std::greater_equal<>()) ==
                   keys.end());
        AIVM_CHECK(keys.empty() == vertex.jobs().empty());
    }
    AIVM_CHECK(!vertex.conflicts(vertex));
    VertexHeader changed = vertex.header();
    changed.height += 1;
    const Vertex other = vertex.is_cut() ? Vertex(changed, vertex.seal(), {})
                                         : Vertex(changed, vertex.operations(), {});
    AIVM_CHECK(vertex.conflicts(other) == !vertex.jobs().empty());
    return 0;
}
