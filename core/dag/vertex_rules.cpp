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

Status check_limits(const Vertex& vertex) {
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
    return {};
}

Status check_operations(const Vertex& vertex, const Rules& rules) {
    std::map<Address, Nonces> nonces;
    std::set<std::string_view> submitted;
    for (const OperationPtr& operation : vertex.operations()) {
        std::uint64_t& nonce = nonces[operation->sender()].edit(operation->lane());
        if (operation->nonce() <= nonce) {
            return fail(ErrorCode::kBadNonce, fmt::format("{} after {} in one vertex and lane",
                                                          operation->nonce(), nonce));
        }
        nonce = operation->nonce();
        AIVM_TRY(check_authorized(*operation, rules));
        const auto* task = std::get_if<op::SubmitTask>(&operation->body());
        if (task && !submitted.insert(task->job_id).second)
            return fail(ErrorCode::kDuplicate, "task " + task->job_id);
    }
    return {};
}

}  // namespace

ParentFacts facts_of(const Vertex& vertex) {
    return {vertex.height(), vertex.header().timestamp_ns, vertex.epoch()};
}

ParentFacts highest(const std::vector<ParentFacts>& parents) {
    AIVM_CHECK(!parents.empty());
    ParentFacts out;
    for (const ParentFacts& parent : parents) {
        out.height = std::max(out.height, parent.height);
        out.timestamp_ns = std::max(out.timestamp_ns, parent.timestamp_ns);
        out.epoch = std::max(out.epoch, parent.epoch);
    }
    return out;
}

Status check_vertex_alone(const Vertex& vertex, const State& genesis, const Rules& rules) {
    AIVM_TRY(check_limits(vertex));
    const ValidatorIndex proposer = vertex.header().proposer;
    if (proposer.value >= genesis.validators.size()) return fail(ErrorCode::kNotFound, "proposer");
    const Hash32 message = slot_message(rules.chain_id, vertex.height(), vertex.id());
    if (!rules.authorizer->verify(genesis.validators[proposer.value].address, message,
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
    if (vertex.epoch() < floor.epoch || vertex.epoch() - floor.epoch > 1) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("epoch {} after {}", vertex.epoch(), floor.epoch));
    }
    return {};
}

}  // namespace aivm
