#include "core/dag/vertex_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "core/base/check.h"
#include "core/config/limits.h"
#include "core/execution/block_run.h"

namespace aivm {
namespace {

Status check_operations(const Vertex& vertex, const Rules& rules) {
    std::map<Address, Nonces> nonces;
    std::set<std::pair<Address, std::string_view>> submitted;
    for (const OperationPtr& operation : vertex.operations()) {
        std::uint64_t& nonce = nonces[operation->sender()].edit(operation->lane());
        if (operation->nonce() <= nonce) {
            return fail(ErrorCode::kBadNonce, fmt::format("{} after {} in one vertex and lane",
                                                          operation->nonce(), nonce));
        }
        nonce = operation->nonce();
        AIVM_TRY(check_authorized(*operation, rules));
        const auto* task = std::get_if<op::SubmitTask>(&operation->body());
        if (task && !submitted.insert({operation->sender(), task->job_id}).second)
            return fail(ErrorCode::kDuplicate, "task " + task->job_id);
    }
    return {};
}

}  // namespace

ParentFacts facts_of(const Vertex& vertex) {
    return {vertex.height(), vertex.header().timestamp_ns, vertex.cut(), vertex.is_cut()};
}

ParentFacts highest(const std::vector<ParentFacts>& parents) {
    AIVM_CHECK(!parents.empty());
    ParentFacts out;
    for (const ParentFacts& parent : parents) {
        out.height = std::max(out.height, parent.height);
        out.timestamp_ns = std::max(out.timestamp_ns, parent.timestamp_ns);
        out.cut = std::max(out.cut, parent.cut);
    }
    for (const ParentFacts& parent : parents)
        out.is_cut = out.is_cut || (parent.is_cut && parent.cut == out.cut);
    return out;
}

Status check_vertex_form(const Vertex& vertex) {
    const auto& parents = vertex.parents();
    if (parents.empty() || parents.size() > kVertexParentsMax) {
        return fail(ErrorCode::kBadParent,
                    fmt::format("a vertex has 1 to {} parents", kVertexParentsMax));
    }
    if (std::adjacent_find(parents.begin(), parents.end(), std::greater_equal<>()) !=
        parents.end()) {
        return fail(ErrorCode::kBadParent, "parents are in ascending order, each once");
    }
    if (vertex.operations().size() > kVertexOpsMax)
        return fail(ErrorCode::kLimitReached, "operations in a vertex");
    if (vertex.body_bytes() > kVertexBytesMax)
        return fail(ErrorCode::kLimitReached, "bytes of a vertex");
    if (vertex.header().sequence == 0)
        return fail(ErrorCode::kInvalidArgument, "sequences count from 1");
    return {};
}

Status check_vertex_signed(const Vertex& vertex, const Address& signer, const Rules& rules) {
    if (!rules.authorizer->verify(signer, vertex.slot_message(rules.chain_id),
                                  vertex.authorization())) {
        return fail(ErrorCode::kNotAuthorized, "the vertex is not signed by its proposer");
    }
    return check_operations(vertex, rules);
}

Status check_vertex_on_parents(const Vertex& vertex, const std::vector<ParentFacts>& parents,
                               const Rules& rules) {
    const ParentFacts floor = highest(parents);
    const auto next = checked_add(floor.height, 1);
    if (!next || vertex.height() != *next) {
        return fail(ErrorCode::kBadHeight,
                    fmt::format("{} on parents of height {}", vertex.height(), floor.height));
    }
    const TimestampNs time = vertex.header().timestamp_ns;
    if (time < floor.timestamp_ns) return fail(ErrorCode::kBadTimestamp);
    if (!checked_add(time, rules.parameters.config.task_timeout_ns)) {
        return fail(ErrorCode::kBadTimestamp, "no time is left for a timeout");
    }
    if (!vertex.is_cut() && vertex.cut() != floor.cut) {
        return fail(
            ErrorCode::kInvalidArgument,
            fmt::format("cut {} is named, {} is the newest ancestor", vertex.cut(), floor.cut));
    }
    if (vertex.is_cut() && (vertex.cut() != floor.cut + 1 || !floor.is_cut)) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("cut {} is no child of cut {}", vertex.cut(), vertex.cut() - 1));
    }
    return {};
}

}  // namespace aivm
