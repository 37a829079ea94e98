#include "core/vm/dag_vm.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mutant.h"
#include "core/dag/cut_schedule.h"
#include "core/state/keys.h"
#include "core/vm/offer.h"

namespace aivm {

DagVm::DagVm(const Setup& setup, AcceptedDag accepted)
    : VmBase(*setup.rules, *setup.store, setup.queue),
      setup_(setup),
      accepted_(std::move(accepted)) {
    for (const auto& [id, vertex] : accepted_.unsettled()) {
        add_to_line(*vertex);
        for (const OperationPtr& o : vertex->operations()) {
            std::uint64_t& nonce = accepted_nonces_[{o->sender(), o->lane()}];
            nonce = std::max(nonce, o->nonce());
        }
    }
}

Result<DagVm> DagVm::open(const Setup& setup) {
    AIVM_CHECK(setup.executor != nullptr);
    AIVM_ASSIGN(AcceptedDag accepted, AcceptedDag::open({setup.genesis, setup.rules, setup.store}));
    DagVm vm(setup, std::move(accepted));
    AIVM_TRY(vm.load_signed());
    AIVM_TRY(vm.load_own());
    return vm;
}

Status DagVm::load_own() {
    Status readable;
    AIVM_TRY(setup_.store->scan(keys::single(keys::kOwnVertex), [&](ByteView, ByteView bytes) {
        auto vertex = Vertex::decode(bytes);
        if (vertex) {
            own_.emplace((*vertex)->header().sequence, *vertex);
        } else {
            readable = tl::unexpected<Error>(vertex.error());
        }
        return readable.has_value();
    }));
    return readable;
}

Status DagVm::check_new(const SignedOperation& operation) const {
    const auto accepted = accepted_nonces_.find({operation.sender(), operation.lane()});
    if (accepted != accepted_nonces_.end() && operation.nonce() <= accepted->second)
        return fail(ErrorCode::kBadNonce, "an accepted vertex carries it");
    if (!std::holds_alternative<op::SubmitTask>(operation.body())) return {};
    const ConflictKey key = conflict_key(operation.operation(), policy().conflict_key);
    AIVM_ASSIGN(const bool taken, job_is_taken(key));
    return taken ? fail(ErrorCode::kDuplicate, key) : Status();
}

Status DagVm::submit(const OperationPtr& operation) {
    AIVM_TRY(check_new(*operation));
    return queue(state(), operation);
}

Status DagVm::submit_tried(const OperationPtr& operation) {
    AIVM_TRY(check_new(*operation));
    return queue(state(), operation, Tried::kOnNextBlock);
}

Result<bool> DagVm::job_is_taken(const ConflictKey& key) const {
    AIVM_ASSIGN(const auto holder, accepted_.holder_of(key));
    return holder && (holder->taken() || AIVM_MUTANT(F12));
}

// ---- verify -------------------------------------------------------------------------------------

Status DagVm::verify(const VertexPtr& vertex, const VerifyOptions& options) {
    if (processing_.contains(vertex->id())) return {};
    AIVM_ASSIGN(const VertexStatus now, status(vertex->id()));
    if (now != VertexStatus::kUnknown && !AIVM_MUTANT(D21))
        return fail(ErrorCode::kWrongState, "verify of a decided vertex");
    AIVM_TRY(check_vertex_form(*vertex));
    if (!options.decided) AIVM_TRY(check_not_early(vertex->header().timestamp_ns, options.now_ns));
    AIVM_TRY(check_parents(*vertex));
    AIVM_ASSIGN(const Address signer, signer_of(*vertex));
    AIVM_TRY(check_vertex_signed(*vertex, signer, *setup_.rules));
    AIVM_TRY(check_conflicts(*vertex));
    AIVM_TRY(check_line(*vertex, options.decided));
    if (!options.decided) AIVM_TRY(check_in_flight(vertex->header().proposer));
    CutResultPtr result;
    if (vertex->is_cut()) {
        AIVM_ASSIGN(result, check_cut(vertex));
    }
    admit(vertex, std::move(result));
    return {};
}

Result<ParentFacts> DagVm::parent_facts(const Hash32& id) const {
    if (const auto found = processing_.find(id); found != processing_.end())
        return facts_of(*found->second);
    if (id == accepted_.genesis_id())
        return ParentFacts{0, accepted_.genesis_state().head.timestamp_ns, 0, true};
    auto accepted = accepted_.vertex(id);
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
        if (facts.is_cut && !vertex.is_cut() && processing_.contains(id)) {
            return fail(ErrorCode::kWindowNotOpen,
                        fmt::format("cut {} is not accepted yet", facts.cut));
        }
    }
    return check_vertex_on_parents(vertex, parents, *setup_.rules);
}

Result<Address> DagVm::signer_of(const Vertex& vertex) const {
    const ValidatorIndex proposer = vertex.header().proposer;
    std::uint32_t epoch = 0;
    std::optional<Address> signer;
    if (!vertex.is_cut()) {
        epoch = accepted_.epoch_after(vertex.cut());
        signer = accepted_.validator_after(vertex.cut(), proposer);
    } else if (vertex.cut() <= last_cut_number()) {
        return fail(ErrorCode::kConflict, fmt::format("cut {} is accepted", vertex.cut()));
    } else {
        AIVM_ASSIGN(const Hash32 base, base_of(vertex));
        const State& below = state_after(base);
        epoch = static_cast<std::uint32_t>(below.head.epoch);
        if (proposer.value < below.validators.size() && below.validators[proposer.value].active)
            signer = below.validators[proposer.value].address;
    }
    if (!signer) {
        return fail(ErrorCode::kNotAuthorized,
                    fmt::format("validator {} is not in the set", proposer.value));
    }
    if (vertex.epoch() == epoch) return *signer;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("epoch {} after a cut of epoch {}", vertex.epoch(), epoch));
}

Status DagVm::check_keys_free(const Vertex& vertex) const {
    if (vertex.is_cut()) {
        if (vertex.cut() > last_cut_number()) return {};
        return fail(ErrorCode::kConflict, fmt::format("cut {} is accepted", vertex.cut()));
    }
    for (const ConflictKey& key : conflict_keys(vertex, policy().conflict_key)) {
        AIVM_ASSIGN(const auto holder, accepted_.holder_of(key));
        if (!holder || AIVM_MUTANT(D04)) continue;
        if (holder->settled_by != 0 && holder->settled_by <= vertex.cut()) continue;
        AIVM_ASSIGN(const bool follows, descends_from(holder->vertex, vertex.parents()));
        if (!follows)
            return fail(ErrorCode::kConflict, "an accepted vertex that is no ancestor has " + key);
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
    AIVM_TRY(check_keys_free(vertex));
    return check_compatible(undecided_past(vertex.parents()));
}

Status DagVm::check_line(const Vertex& vertex, bool decided) const {
    const auto line = lines_.find(vertex.header().proposer);
    if (vertex.is_cut() || line == lines_.end()) return {};
    // The newest of the proposer's earlier vertices: there may be two, if it equivocated.
    std::uint64_t before = 0;
    bool follows = true;
    for (auto entry = line->second.rbegin(); entry != line->second.rend(); ++entry) {
        const bool is_earlier = entry->sequence < vertex.header().sequence;
        if (is_earlier && before != 0 && (follows || entry->sequence != before)) break;
        AIVM_ASSIGN(const bool is_ancestor, descends_from(entry->vertex, vertex.parents()));
        if (is_earlier) {
            before = entry->sequence;
            follows = is_ancestor;
        } else if (is_ancestor) {
            return fail(ErrorCode::kInvalidArgument, "an ancestor of the proposer is newer");
        }
    }
    if (follows || decided) return {};
    return fail(ErrorCode::kWindowNotOpen,
                fmt::format("the proposer's vertex {} is not among its ancestors", before));
}

Status DagVm::check_in_flight(ValidatorIndex proposer) const {
    const auto count = in_flight_.find(proposer);
    if (count == in_flight_.end() || count->second < policy().vertices_in_flight) return {};
    return fail(ErrorCode::kLimitReached,
                fmt::format("{} vertices of one proposer are undecided", count->second));
}

Result<CutResultPtr> DagVm::check_cut(const VertexPtr& cut) const {
    AIVM_ASSIGN(const Hash32 base, base_of(*cut));
    const State& below = state_after(base);
    const ValidatorIndex proposer = cut->header().proposer;
    const auto due = aivm::cut_due_ns(below, *setup_.rules, proposer);
    if (!due) return fail(ErrorCode::kNotAuthorized, "the proposer has left the set of validators");
    if (cut->header().timestamp_ns < *due) {
        return fail(ErrorCode::kBadTimestamp,
                    fmt::format("cut {} before its proposer's turn", cut->cut()));
    }
    auto slice = slice_above(base, cut->parents(), policy().cut_vertices_max);
    if (!slice && slice.error().code == ErrorCode::kLimitReached)
        return fail(ErrorCode::kInvalidArgument, "the slice has too many vertices");
    if (!slice) return tl::unexpected(std::move(slice).error());
    return setup_.executor->execute(below, cut, std::move(*slice), *setup_.rules);
}

void DagVm::admit(const VertexPtr& vertex, CutResultPtr result) {
    const Hash32& id = vertex->id();
    graph_.add(
        {id, vertex->height(), vertex->parents(), conflict_keys(*vertex, policy().conflict_key)});
    for (const OperationPtr& operation : vertex->operations())
        senders_[operation->sender()].insert(id);
    add_to_line(*vertex);
    ++in_flight_[vertex->header().proposer];
    processing_.emplace(id, vertex);
    if (result) results_.emplace(id, std::move(result));
}

void DagVm::add_to_line(const Vertex& vertex) {
    if (vertex.is_cut()) return;
    lines_[vertex.header().proposer].insert({vertex.header().sequence, vertex.id()});
}

void DagVm::drop_from_line(const Vertex& vertex) {
    const auto line = lines_.find(vertex.header().proposer);
    if (vertex.is_cut() || line == lines_.end()) return;
    line->second.erase({vertex.header().sequence, vertex.id()});
    if (line->second.empty()) lines_.erase(line);
}

// ---- accept, reject -----------------------------------------------------------------------------

// What is undecided no longer; an accepted vertex stays in its proposer's line.
void DagVm::forget(const Vertex& vertex) {
    const Hash32 id = vertex.id();
    for (const OperationPtr& operation : vertex.operations()) {
        const auto sender = senders_.find(operation->sender());
        if (sender == senders_.end()) continue;
        sender->second.erase(id);
        if (sender->second.empty()) senders_.erase(sender);
    }
    const auto count = in_flight_.find(vertex.header().proposer);
    if (--count->second == 0) in_flight_.erase(count);
    const auto own = own_.find(vertex.header().sequence);
    if (own != own_.end() && own->second->id() == id) own_.erase(own);
    preferred_.erase(id);
    graph_.remove(id);
    results_.erase(id);
    processing_.erase(id);
}

void DagVm::forget_own(const Vertex& vertex, WriteBatch& batch) const {
    const auto own = own_.find(vertex.header().sequence);
    if (own != own_.end() && own->second->id() == vertex.id())
        batch.erase(keys::own_vertex(vertex.header().sequence));
}

Status DagVm::check_acceptable(const Hash32& id) const {
    const auto found = processing_.find(id);
    if (found == processing_.end())
        return fail(ErrorCode::kWrongState, "accept of a vertex that is not processing");
    for (const Hash32& parent : found->second->parents()) {
        AIVM_ASSIGN(const bool accepted, accepted_.contains(parent));
        if (!accepted)
            return fail(ErrorCode::kBadParent, "accept before the parent " + to_hex(parent.view()));
    }
    return check_keys_free(*found->second);
}

Status DagVm::accept(const Hash32& id) {
    AIVM_TRY(check_acceptable(id));
    const VertexPtr vertex = processing_.at(id);
    const CutResultPtr result = result_of(id);
    AIVM_ASSIGN(AcceptedDag::Plan plan,
                result ? accepted_.plan_cut(result) : accepted_.plan_vertex(vertex));
    forget_own(*vertex, *plan.batch);
    AIVM_TRY(setup_.store->write(plan.batch));
    accepted_.commit(plan);
    forget(*vertex);
    for (const OperationPtr& o : vertex->operations()) {
        mempool_.remove(*o);
        std::uint64_t& nonce = accepted_nonces_[{o->sender(), o->lane()}];
        nonce = std::max(nonce, o->nonce());
    }
    if (result) {
        last_result_ = result;
        note_settled(*result);
    }
    return {};
}

void DagVm::note_settled(const CutResult& result) {
    std::vector<OperationPtr> operations;
    for (const VertexPtr& vertex : result.slice) {
        drop_from_line(*vertex);
        const auto& own = vertex->operations();
        operations.insert(operations.end(), own.begin(), own.end());
    }
    accepted_nonces_.clear();
    for (const auto& [id, vertex] : accepted_.unsettled()) {
        for (const OperationPtr& o : vertex->operations()) {
            std::uint64_t& nonce = accepted_nonces_[{o->sender(), o->lane()}];
            nonce = std::max(nonce, o->nonce());
        }
    }
    mempool_.remove_stale(state(), operations);
    note_changes(mempool_, *result.executed);
    refresh_queue(state());
}

Status DagVm::reject(const Hash32& id) {
    const auto found = processing_.find(id);
    if (found == processing_.end())
        return fail(ErrorCode::kWrongState, "reject of a vertex that is not processing");
    const VertexPtr vertex = found->second;
    auto batch = std::make_shared<WriteBatch>();
    batch->put(keys::rejected(id), {});
    forget_own(*vertex, *batch);
    AIVM_TRY(setup_.store->write(std::move(batch)));
    drop_from_line(*vertex);
    forget(*vertex);
    requeue(*vertex);
    return {};
}

void DagVm::requeue(const Vertex& vertex) {
    for (const OperationPtr& operation : vertex.operations()) {
        // A refusal is correct here: the job is taken, the operation is queued already, or its
        // nonce is used. After a failed read the next builder checks again.
        static_cast<void>(submit(operation));
    }
}

// ---- reading ------------------------------------------------------------------------------------

Result<VertexStatus> DagVm::status(const Hash32& id) const {
    if (processing_.contains(id)) return VertexStatus::kProcessing;
    AIVM_ASSIGN(const bool accepted, accepted_.contains(id));
    if (accepted) return VertexStatus::kAccepted;
    AIVM_ASSIGN(const auto rejected, setup_.store->get(keys::rejected(id)));
    return rejected ? VertexStatus::kRejected : VertexStatus::kUnknown;
}

Result<std::optional<std::uint64_t>> DagVm::settled_by(const Hash32& id) const {
    AIVM_ASSIGN(const auto number, accepted_.settled_by(id));
    if (number && (*number != 0 || id == accepted_.genesis_id())) return number;
    return std::optional<std::uint64_t>();
}

Result<VertexPtr> DagVm::get_vertex(const Hash32& id) const {
    if (const auto found = processing_.find(id); found != processing_.end()) return found->second;
    return accepted_.vertex(id);
}

std::vector<VertexPtr> DagVm::undecided_vertices() const {
    std::vector<VertexPtr> out;
    for (const auto& [id, vertex] : processing_) out.push_back(vertex);
    return out;
}

Result<std::vector<ConflictKey>> DagVm::txs(const Hash32& id) const {
    AIVM_ASSIGN(const VertexPtr vertex, get_vertex(id));
    return vertex->jobs();
}

CutResultPtr DagVm::result_of(const Hash32& cut) const {
    const auto found = results_.find(cut);
    return found == results_.end() ? nullptr : found->second;
}

}  // namespace aivm
