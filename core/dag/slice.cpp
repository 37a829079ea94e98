#include "core/dag/slice.h"

#include <algorithm>
#include <limits>

#include "core/base/digest.h"
#include "core/execution/block_run.h"
#include "core/execution/execute.h"

namespace aivm {
namespace {

// A slice has many proposers and opens no commitment, so it names no proposer.
constexpr ValidatorIndex kNobody{std::numeric_limits<std::uint32_t>::max()};

}  // namespace

void sort_by_id(std::vector<VertexPtr>& vertices) {
    std::sort(vertices.begin(), vertices.end(),
              [](const VertexPtr& a, const VertexPtr& b) { return a->id() < b->id(); });
}

BlockContext slice_context(const State& below, const std::vector<VertexPtr>& vertices) {
    AIVM_CHECK(!vertices.empty());
    Writer ids;
    TimestampNs timestamp_ns = below.head.timestamp_ns;
    for (const VertexPtr& vertex : vertices) {
        ids.fixed(vertex->id());
        timestamp_ns = std::max(timestamp_ns, vertex->header().timestamp_ns);
    }
    BlockContext context;
    context.height = vertices.front()->height();
    context.timestamp_ns = timestamp_ns;
    context.proposer = kNobody;
    context.beacon = next_beacon(below.head.beacon, sha256(ids.view()));
    return context;
}

Result<SlicePtr> execute_slice(const State& below, std::vector<VertexPtr> vertices,
                               const Rules& rules) {
    const BlockContext context = slice_context(below, vertices);
    BlockRun run(below, context, rules);
    auto slice = std::make_shared<Slice>();
    for (std::size_t i = 0; i < vertices.size(); ++i) {
        const Vertex& vertex = *vertices[i];
        AIVM_CHECK(vertex.height() == context.height);
        AIVM_CHECK(i == 0 || vertices[i - 1]->id() < vertex.id());
        for (const OperationPtr& operation : vertex.operations()) {
            const ValidatorIndex proposer = vertex.header().proposer;
            Status status = run.apply(*operation, proposer);
            if (status) continue;
            run.charge_void(*operation, proposer);
            slice->voids.push_back({vertex.id(), operation, std::move(status).error()});
        }
    }
    AIVM_ASSIGN(Transition::Finished finished, std::move(run).finish());
    slice->vertices = std::move(vertices);
    slice->state = std::move(finished.state);
    slice->events = std::move(finished.events);
    slice->batch = std::make_shared<const WriteBatch>(std::move(finished.batch));
    return slice;
}

}  // namespace aivm
