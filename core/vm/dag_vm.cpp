#include "core/vm/dag_vm.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/state/keys.h"
#include "core/vm/offer.h"

namespace aivm {

DagVm::DagVm(const Setup& setup, History history)
    : VmBase(*setup.rules, *setup.store), setup_(setup), history_(std::move(history)) {}

Result<DagVm> DagVm::open(const Setup& setup) {
    AIVM_ASSIGN(History history, History::open(setup));
    DagVm vm(setup, std::move(history));
    AIVM_TRY(vm.load_signed_height());
    return vm;
}

Status DagVm::submit(const OperationPtr& operation) {
    if (operation->nonce() <= state().nonce(operation->sender(), operation->lane()))
        return fail(ErrorCode::kBadNonce);
    if (JobKey job; job_key(operation->operation(), job)) {
        AIVM_ASSIGN(const auto taker, history_.taker_of(job));
        if (taker) return fail(ErrorCode::kDuplicate, "job " + job.text());
    }
    return queue(state(), operation);
}

Result<ParentFacts> DagVm::parent_facts(const Hash32& id) const {
    if (const auto found = processing_.find(id); found != processing_.end())
        return facts_of(*found->second);
    if (id == history_.genesis_id())
        return ParentFacts{0, history_.genesis_state().head.timestamp_ns, 0};
    auto accepted = history_.vertex(id);
    if (accepted) return facts_of(**accepted);
    // A failed read does not mean that the parent is missing.
    if (accepted.error().code != ErrorCode::kNotFound)
        return tl::unexpected(std::move(accepted).error());
    return fail(ErrorCode::kBadParent, to_hex(id.view()));
}

Status DagVm::check_parents(const Vertex& vertex) const {
    std::vector<ParentFacts> parents;
    for (const Hash32& id : vertex.parents()) {
        AIVM_ASSIGN(const ParentFacts facts, parent_facts(id));
        parents.push_back(facts);
    }
    return check_vertex_on_parents(vertex, parents, *setup_.rules);
}

Status DagVm::check_late(const Vertex& vertex) const {
    if (vertex.height() > settled_height()) return {};
    return fail(ErrorCode::kWindowClosed, fmt::format("a vertex of height {} when {} is settled",
                                                      vertex.height(), settled_height()));
}

Status DagVm::check_jobs_free(const Vertex& vertex) const {
    for (const JobKey& job : vertex.jobs()) {
        AIVM_ASSIGN(const auto taker, history_.taker_of(job));
        if (taker) return fail(ErrorCode::kConflict, "an accepted vertex has taken " + job.text());
    }
    return {};
}

std::set<Hash32> DagVm::undecided_past(const std::vector<Hash32>& ids) const {
    std::set<Hash32> out;
    for (const Hash32& id : ids) {
        if (!graph_.contains(id) || !out.insert(id).second) continue;
        const auto above = graph_.ancestors(id);
        out.insert(above.begin(), above.end());
    }
    return out;
}

Status DagVm::check_compatible(const std::set<Hash32>& undecided) const {
    for (const Hash32& id : undecided) {
        for (const Hash32& rival : graph_.conflicts_of(id)) {
            if (undecided.contains(rival))
                return fail(ErrorCode::kConflict, "between the vertices that it stands on");
        }
    }
    return {};
}

Status DagVm::check_conflicts(const Vertex& vertex) const {
    AIVM_TRY(check_jobs_free(vertex));
    const std::set<Hash32> past = undecided_past(vertex.parents());
    AIVM_TRY(check_compatible(past));
    for (const JobKey& job : vertex.jobs()) {
        for (const Hash32& holder : graph_.holders_of(job)) {
            if (past.contains(holder))
                return fail(ErrorCode::kConflict, "an ancestor has " + job.text());
        }
    }
    return {};
}

Status DagVm::verify(const VertexPtr& vertex, const VerifyOptions& options) {
    if (processing_.contains(vertex->id())) return {};
    AIVM_ASSIGN(const VertexStatus now, status(vertex->id()));
    if (now != VertexStatus::kUnknown)
        return fail(ErrorCode::kWrongState, "verify of a decided vertex");
    AIVM_TRY(check_vertex_alone(*vertex, history_.genesis_state(), *setup_.rules));
    if (!options.decided) {
        AIVM_TRY(check_not_early(vertex->header().timestamp_ns, options.now_ns));
        AIVM_TRY(check_late(*vertex));
    }
    AIVM_TRY(check_parents(*vertex));
    AIVM_TRY(check_conflicts(*vertex));
    admit(vertex);
    return {};
}

void DagVm::admit(const VertexPtr& vertex) {
    graph_.add(*vertex);
    for (const OperationPtr& operation : vertex->operations())
        senders_[operation->sender()].insert(vertex->id());
    processing_.emplace(vertex->id(), vertex);
}

void DagVm::forget(const Vertex& vertex) {
    const Hash32 id = vertex.id();
    for (const OperationPtr& operation : vertex.operations()) {
        const auto sender = senders_.find(operation->sender());
        if (sender == senders_.end()) continue;
        sender->second.erase(id);
        if (sender->second.empty()) senders_.erase(sender);
    }
    preferred_.erase(id);
    graph_.remove(id);
    processing_.erase(id);
}

Status DagVm::accept(const Hash32& id) {
    const auto found = processing_.find(id);
    if (found == processing_.end())
        return fail(ErrorCode::kWrongState, "accept of a vertex that is not processing");
    const VertexPtr vertex = found->second;
    for (const Hash32& parent : vertex->parents()) {
        AIVM_ASSIGN(const bool accepted, history_.contains(parent));
        if (!accepted)
            return fail(ErrorCode::kBadParent, "accept before the parent " + to_hex(parent.view()));
    }
    AIVM_TRY(check_jobs_free(*vertex));
    AIVM_ASSIGN(const History::Plan plan, history_.plan(vertex));
    AIVM_TRY(setup_.store->write(plan.batch));
    history_.commit(plan);
    forget(*vertex);
    for (const OperationPtr& operation : vertex->operations()) mempool_.remove(*operation);
    mempool_.remove_stale(settled_state(), vertex->operations());
    // A slice may have been executed again, so that any task may have changed.
    mempool_.note_all_changed();
    refresh_queue(state());
    return {};
}

Status DagVm::reject(const Hash32& id) {
    const auto found = processing_.find(id);
    if (found == processing_.end())
        return fail(ErrorCode::kWrongState, "reject of a vertex that is not processing");
    const VertexPtr vertex = found->second;
    auto batch = std::make_shared<WriteBatch>();
    batch->put(keys::rejected(id), {});
    AIVM_TRY(setup_.store->write(std::move(batch)));
    forget(*vertex);
    requeue(*vertex);
    return {};
}

void DagVm::requeue(const Vertex& vertex) {
    for (const OperationPtr& operation : vertex.operations()) {
        JobKey job;
        if (job_key(operation->operation(), job)) {
            const auto taker = history_.taker_of(job);
            if (taker && *taker) continue;  // after a failed read the next builder checks again
        }
        // Nonce and balance of the settled state: a later one may still be executed again, and a
        // nonce that is used in it may become free.
        auto offer = offer_of(settled_state(), *setup_.rules, *operation);
        if (!offer) continue;
        offer->fitness = fitness_of(state(), *setup_.rules, *operation);
        static_cast<void>(mempool_.add(operation, *offer));  // it may be queued already
    }
}

Status DagVm::set_preference(const std::vector<Hash32>& ids) {
    std::set<Hash32> wanted;
    for (const Hash32& id : ids) {
        if (processing_.contains(id)) {
            wanted.insert(id);
            continue;
        }
        AIVM_ASSIGN(const bool accepted, history_.contains(id));
        if (!accepted)
            return fail(ErrorCode::kNotFound, "preference for a vertex that is not verified");
    }
    AIVM_TRY(check_compatible(undecided_past(ids)));
    preferred_ = std::move(wanted);
    return {};
}

Result<std::vector<Hash32>> DagVm::preferred_frontier() const {
    const std::set<Hash32> past = undecided_past({preferred_.begin(), preferred_.end()});
    std::set<Hash32> covered;
    for (const Hash32& id : past) {
        const auto& parents = processing_.at(id)->parents();
        covered.insert(parents.begin(), parents.end());
    }
    std::vector<std::pair<Height, Hash32>> order;
    const auto consider = [&](const Hash32& id) -> Status {
        if (covered.contains(id)) return {};
        AIVM_ASSIGN(const ParentFacts facts, parent_facts(id));
        order.emplace_back(facts.height, id);
        return {};
    };
    for (const Hash32& id : past) AIVM_TRY(consider(id));
    for (const Hash32& id : history_.frontier()) AIVM_TRY(consider(id));
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<Hash32> out;
    for (const auto& [height, id] : order) out.push_back(id);
    return out;
}

Result<VertexStatus> DagVm::status(const Hash32& id) const {
    if (processing_.contains(id)) return VertexStatus::kProcessing;
    AIVM_ASSIGN(const bool accepted, history_.contains(id));
    if (accepted) return VertexStatus::kAccepted;
    AIVM_ASSIGN(const auto rejected, setup_.store->get(keys::rejected(id)));
    return rejected ? VertexStatus::kRejected : VertexStatus::kUnknown;
}

Result<VertexPtr> DagVm::get_vertex(const Hash32& id) const {
    if (const auto found = processing_.find(id); found != processing_.end()) return found->second;
    return history_.vertex(id);
}

Result<std::vector<JobKey>> DagVm::txs(const Hash32& id) const {
    AIVM_ASSIGN(const VertexPtr vertex, get_vertex(id));
    return vertex->jobs();
}

Height DagVm::settled_height() const {
    return tip_height() > kLateHeights ? tip_height() - kLateHeights : 0;
}

const State& DagVm::settled_state() const {
    const SlicePtr slice = history_.kept_slice(settled_height());
    return slice ? slice->state : history_.genesis_state();
}

bool DagVm::wants_vertex() const { return has_work(state()); }

}  // namespace aivm
