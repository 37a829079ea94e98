// Issuing: a vertex on the preferred frontier, with the queued operations that succeed above it and
// conflict with nothing; and a cut.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/mutant.h"
#include "core/base/mutant_noise.h"
#include "core/dag/cut_schedule.h"
#include "core/execution/block_run.h"
#include "core/rewards/rewards.h"
#include "core/state/keys.h"
#include "core/vm/dag_vm.h"

namespace aivm {
namespace {

// The space for operations beside a header and the jobs, each with its length.
constexpr std::size_t kVertexSpaceBytesMax =
    kVertexBytesMax - kVertexHeaderBytesMax - kVertexOpsMax * (kConflictKeyBytesMax + 4);

}  // namespace

class DagVm::Builder {
public:
    Builder(const DagVm& vm, const BuildOptions& options) : vm_(vm), options_(options) {}

    // Sets the header: parents, height, time, cut and epoch.
    Status place() {
        AIVM_TRY(vm_.check_own_are_here());
        if (options_.contests) {
            past_ = vm_.own_past(options_.proposer);
        } else {
            AIVM_ASSIGN(past_, vm_.wanted_past(options_.proposer));
        }
        AIVM_TRY(choose_parents());
        std::vector<ParentFacts> parents;
        for (const Hash32& id : header_.parents) {
            AIVM_ASSIGN(const ParentFacts facts, vm_.parent_facts(id));
            parents.push_back(facts);
        }
        const ParentFacts floor = highest(parents);
        past_ = vm_.undecided_past(header_.parents);
        header_.height = floor.height + 1;
        header_.timestamp_ns = std::max(options_.timestamp_ns, floor.timestamp_ns);
        header_.proposer = options_.proposer;
        header_.sequence = vm_.signed_number() + 1;
        header_.cut = floor.cut;
        header_.epoch = vm_.accepted_.epoch_after(floor.cut);
        return {};
    }

    [[nodiscard]] const VertexHeader& header() const { return header_; }
    [[nodiscard]] const std::vector<LeftOut>& refused() const { return refused_; }
    [[nodiscard]] const std::vector<OperationPtr>& dead() const { return dead_; }

    // Chooses operations from the queue that succeed after everything accepted or preferred.
    Result<std::vector<OperationPtr>> choose() {
        const BlockContext context = vm_.forecast_context(header_.timestamp_ns);
        BlockRun run(vm_.state(), context, *vm_.setup_.rules, BlockRun::Refusals::kCodeOnly);
        std::vector<VertexPtr> slice = vm_.forecast_slice(past_);
        sort_slice(slice, context.beacon);
        for (const VertexPtr& vertex : slice) {
            for (const OperationPtr& operation : vertex->operations()) {
                if (!run.apply(*operation)) run.charge_void(*operation, context.proposer);
            }
        }
        Status readable;
        const auto include = [&](const OperationPtr& operation) {
            const auto due = is_due(run.state(), operation);
            if (!due && readable) readable = tl::unexpected<Error>(due.error());
            return due && *due;
        };
        AIVM_CHECK(options_.forced.size() <= kVertexOpsMax);
        const std::size_t room =
            std::min(options_.operations_max, kVertexOpsMax - options_.forced.size());
        MempoolSelection selection(vm_.mempool_, {room, kVertexSpaceBytesMax}, include);
        std::vector<OperationPtr> taken = options_.forced;
        for (const OperationPtr& operation : options_.forced) {
            if (!run.apply(*operation)) run.charge_void(*operation, context.proposer);
        }
        take(run, selection, taken);
        AIVM_TRY(readable);
        return taken;
    }

private:
    // The node's own newest vertex, the last cut, then the highest of the frontier.
    Status choose_parents() {
        AIVM_ASSIGN(auto frontier, vm_.frontier_of(past_, DagVm::UndecidedCuts::kLeaveOut));
        const auto own = vm_.line_end(options_.proposer);
        std::vector<Hash32> parents;
        const auto add = [&](const Hash32& id) {
            if (parents.size() < kVertexParentsMax && std::ranges::count(parents, id) == 0)
                parents.push_back(id);
        };
        const auto is_leaf = [&](const Hash32& id) {
            return std::ranges::count(frontier, id) != 0;
        };
        if (own && is_leaf(*own)) add(*own);
        if (is_leaf(vm_.accepted_.last_cut())) add(vm_.accepted_.last_cut());
        if (AIVM_MUTANT(D03)) {
            mutants::order_by_hash(frontier);
            frontier.resize((frontier.size() + 1) / 2);
        }
        for (const Hash32& id : frontier) add(id);
        if (own) AIVM_TRY(cover(*own, parents, 0));
        if (vm_.last_cut_number() != 0)
            AIVM_TRY(cover(vm_.accepted_.last_cut(), parents, own ? 1 : 0));
        std::sort(parents.begin(), parents.end());
        header_.parents = std::move(parents);
        return {};
    }

    // Makes `id` a parent if it is no ancestor, in the place of the last one; the first `kept`
    // stay.
    Status cover(const Hash32& id, std::vector<Hash32>& parents, std::size_t kept) {
        AIVM_ASSIGN(const bool covered, vm_.descends_from(id, parents));
        if (covered) return {};
        if (parents.size() == kVertexParentsMax) parents.pop_back();
        parents.insert(
            parents.begin() + static_cast<std::ptrdiff_t>(std::min(kept, parents.size())), id);
        return {};
    }

    // Whether to try a queued operation. If one must wait, later ones of its sender in the lane
    // wait too, since including them first would make it stale. For the same reason an account with
    // an operation in a concurrent vertex waits.
    Result<bool> is_due(const State& view, const OperationPtr& operation) {
        const std::pair turn{operation->sender(), operation->lane()};
        if (operation->nonce() <= view.nonce(turn.first, turn.second)) return false;
        if (waiting_.contains(turn)) return false;
        const ConflictKey key = conflict_key(operation->operation(), vm_.policy().conflict_key);
        if (std::holds_alternative<op::SubmitTask>(operation->body())) {
            AIVM_ASSIGN(const bool taken, vm_.job_is_taken(key));
            if (taken) {
                dead_.push_back(operation);
                return false;
            }
        }
        AIVM_ASSIGN(const bool contested, is_contested(key));
        const bool unwanted = options_.include && !options_.include(operation);
        const bool concurrent = !options_.contests && is_concurrent(operation->sender());
        if (!contested && !unwanted && !concurrent) return true;
        waiting_.insert(turn);
        return false;
    }

    // Whether a vertex that is no ancestor of the new one has the key.
    [[nodiscard]] Result<bool> is_contested(const ConflictKey& key) const {
        if (key.empty()) return false;
        for (const Hash32& holder : vm_.graph_.holders_of(key)) {
            if (!options_.contests && !past_.contains(holder)) return true;
        }
        AIVM_ASSIGN(const auto holder, vm_.accepted_.holder_of(key));
        if (!holder || (holder->settled_by != 0 && holder->settled_by <= header_.cut)) return false;
        AIVM_ASSIGN(const bool follows, vm_.descends_from(holder->vertex, header_.parents));
        return !follows;
    }

    [[nodiscard]] bool is_concurrent(const Address& sender) const {
        const auto found = vm_.senders_.find(sender);
        return found != vm_.senders_.end() &&
               !std::includes(past_.begin(), past_.end(), found->second.begin(),
                              found->second.end());
    }

    void take(BlockRun& run, MempoolSelection& selection, std::vector<OperationPtr>& taken) {
        for (auto batch = selection.next_batch(); !batch.empty(); batch = selection.next_batch()) {
            for (OperationPtr& candidate : batch) {
                if (!selection.is_due(*candidate)) continue;
                if (const Status status = run.apply(*candidate); status) {
                    taken.push_back(std::move(candidate));
                } else {
                    selection.note_refused(*candidate, status.error().code);
                    refused_.push_back({std::move(candidate), status.error().code});
                }
            }
        }
    }

    const DagVm& vm_;
    const BuildOptions& options_;
    VertexHeader header_;
    std::set<Hash32> past_;
    std::set<std::pair<Address, Lane>> waiting_;
    std::vector<LeftOut> refused_;
    std::vector<OperationPtr> dead_;
};

// ---- what this node has signed ------------------------------------------------------------------

std::vector<VertexPtr> DagVm::own_undecided() const {
    std::vector<VertexPtr> out;
    for (const auto& [sequence, vertex] : own_) out.push_back(vertex);
    return out;
}

std::optional<Hash32> DagVm::line_end(ValidatorIndex proposer) const {
    const auto line = lines_.find(proposer);
    if (line == lines_.end()) return std::nullopt;
    return line->second.rbegin()->vertex;
}

Status DagVm::check_own_are_here() const {
    for (const auto& [sequence, vertex] : own_) {
        if (processing_.contains(vertex->id())) continue;
        return fail(ErrorCode::kWindowNotOpen,
                    fmt::format("vertex {} of this node must be issued again first", sequence));
    }
    return {};
}

Result<std::set<Hash32>> DagVm::wanted_past(ValidatorIndex self) const {
    std::vector<Hash32> ids(preferred_.begin(), preferred_.end());
    if (const auto own = line_end(self); own && processing_.contains(*own)) ids.push_back(*own);
    std::set<Hash32> past = undecided_past(ids);
    if (!check_compatible(past)) {
        return fail(ErrorCode::kWindowNotOpen,
                    "this node's newest vertex is undecided and not preferred");
    }
    return past;
}

std::set<Hash32> DagVm::own_past(ValidatorIndex self) const {
    const auto own = line_end(self);
    return own && processing_.contains(*own) ? undecided_past({*own}) : std::set<Hash32>();
}

Status DagVm::keep_own(const VertexPtr& vertex) {
    const std::uint64_t sequence = vertex->header().sequence;
    auto batch = std::make_shared<WriteBatch>();
    batch->put(keys::own_vertex(sequence), vertex->encode());
    AIVM_TRY(remember_signed(sequence, std::move(batch)));
    own_.emplace(sequence, vertex);
    return {};
}

void DagVm::note_left_out(const Builder& builder) {
    for (const LeftOut& left : builder.refused())
        mempool_.note_refused(*left.operation, left.reason, last_cut_number() + 1);
    for (const OperationPtr& operation : builder.dead()) mempool_.remove(*operation);
}

Result<VertexPtr> DagVm::build_vertex(const BuildOptions& options) {
    AIVM_TRY(check_in_flight(options.proposer));
    refresh_queue(state());
    Builder builder(*this, options);
    AIVM_TRY(builder.place());
    AIVM_ASSIGN(auto operations, builder.choose());
    if (options.refused != nullptr) {
        *options.refused = builder.refused();
        for (const OperationPtr& dead : builder.dead())
            options.refused->push_back({dead, ErrorCode::kDuplicate});
    }
    if (operations.empty() && options.needs_operations) {
        note_left_out(builder);
        return fail(ErrorCode::kNotFound, "no queued operation can be carried now");
    }
    const Vertex bare(builder.header(), std::move(operations), {});
    Bytes authorization = options.sign(bare.slot_message(setup_.rules->chain_id));
    auto vertex = std::make_shared<const Vertex>(bare.with_authorization(std::move(authorization)));
    AIVM_TRY(check_vertex_form(*vertex));
    AIVM_TRY(check_parents(*vertex));
    AIVM_ASSIGN(const Address signer, signer_of(*vertex));
    AIVM_TRY(check_vertex_signed(*vertex, signer, *setup_.rules));
    AIVM_TRY(check_conflicts(*vertex));
    AIVM_TRY(check_line(*vertex, false));
    // On disk before anybody can see the vertex: after a crash the node must not sign another one
    // for this sequence.
    AIVM_TRY(keep_own(vertex));
    note_left_out(builder);
    admit(vertex);
    return vertex;
}

// ---- cuts ---------------------------------------------------------------------------------------

const State& DagVm::preferred_state() const {
    return state_after(newest_cut(undecided_past({preferred_.begin(), preferred_.end()})));
}

std::optional<TimestampNs> DagVm::cut_due_ns(ValidatorIndex proposer) const {
    return aivm::cut_due_ns(preferred_state(), *setup_.rules, proposer);
}

bool DagVm::wants_cut() const {
    if (mempool_.has_work()) return true;
    const auto past = undecided_past({preferred_.begin(), preferred_.end()});
    const std::set<Hash32> settled = settled_by_undecided(newest_cut(past));
    for (const VertexPtr& vertex : forecast_slice(past)) {
        if (!vertex->operations().empty() && !settled.contains(vertex->id())) return true;
    }
    const State& after = state_after(newest_cut(past));
    if (!after.height_timers.empty() || !after.time_timers.empty()) return true;
    return after.receipts.size() != 0 && receipt_root(after) != after.head.last_anchor;
}

// The lowest vertices fit into the slice together with their ancestors. Of those the parents are
// chosen that have the most of them among their ancestors.
Result<std::vector<Hash32>> DagVm::choose_cut_parents(const Hash32& base,
                                                      const std::set<Hash32>& past) const {
    const std::set<Hash32> settled = settled_by_undecided(base);
    std::vector<VertexPtr> open = forecast_slice(past);
    std::erase_if(open, [&](const VertexPtr& v) { return settled.contains(v->id()); });
    std::sort(open.begin(), open.end(), [](const VertexPtr& a, const VertexPtr& b) {
        return a->height() != b->height() ? a->height() < b->height() : a->id() < b->id();
    });
    if (open.size() > policy().cut_vertices_max) open.resize(policy().cut_vertices_max);
    std::map<Hash32, const Vertex*> room;
    std::set<Hash32> leaves;
    for (const VertexPtr& vertex : open) {
        room.emplace(vertex->id(), vertex.get());
        leaves.insert(vertex->id());
        for (const Hash32& parent : vertex->parents()) leaves.erase(parent);
    }
    std::set<Hash32> covered;
    const auto uncovered_of = [&](const Hash32& leaf) {
        std::set<Hash32> found;
        std::vector<Hash32> next{leaf};
        while (!next.empty()) {
            const Hash32 id = next.back();
            next.pop_back();
            const auto vertex = room.find(id);
            if (vertex == room.end() || covered.contains(id) || !found.insert(id).second) continue;
            const auto& parents = vertex->second->parents();
            next.insert(next.end(), parents.begin(), parents.end());
        }
        return found;
    };
    std::vector<Hash32> parents{base};
    while (parents.size() < kVertexParentsMax && !leaves.empty()) {
        std::set<Hash32> most;
        Hash32 best;
        for (const Hash32& leaf : leaves) {
            std::set<Hash32> found = uncovered_of(leaf);
            if (found.size() <= most.size()) continue;
            most = std::move(found);
            best = leaf;
        }
        leaves.erase(best);
        covered.merge(most);
        parents.push_back(best);
    }
    std::sort(parents.begin(), parents.end());
    return parents;
}

Result<VertexPtr> DagVm::build_cut(const BuildRequest& request) {
    AIVM_TRY(check_in_flight(request.proposer));
    AIVM_TRY(check_own_are_here());
    const auto past = undecided_past({preferred_.begin(), preferred_.end()});
    const Hash32 base = newest_cut(past);
    const State& below = state_after(base);
    const auto due = aivm::cut_due_ns(below, *setup_.rules, request.proposer);
    if (!due) return fail(ErrorCode::kNotAuthorized, "the proposer has left the set of validators");
    AIVM_ASSIGN(const auto parents, choose_cut_parents(base, past));
    VertexHeader header;
    for (const Hash32& id : parents) {
        AIVM_ASSIGN(const ParentFacts facts, parent_facts(id));
        header.height = std::max(header.height, facts.height + 1);
        header.timestamp_ns = std::max(header.timestamp_ns, facts.timestamp_ns);
    }
    header.timestamp_ns = std::max(header.timestamp_ns, request.timestamp_ns);
    if (header.timestamp_ns < *due)
        return fail(ErrorCode::kTooEarly, fmt::format("cut {}", below.head.height + 1));
    header.parents = parents;
    header.proposer = request.proposer;
    header.sequence = signed_number() + 1;
    header.cut = below.head.height + 1;
    header.epoch = static_cast<std::uint32_t>(below.head.epoch);
    AIVM_ASSIGN(auto slice, slice_above(base, parents, policy().cut_vertices_max));
    AIVM_ASSIGN(CutResultPtr built,
                build_cut_on(below, std::move(header), request, std::move(slice), *setup_.rules));
    AIVM_TRY(check_vertex_form(*built->cut));
    AIVM_TRY(check_parents(*built->cut));
    AIVM_ASSIGN(const Address signer, signer_of(*built->cut));
    AIVM_TRY(check_vertex_signed(*built->cut, signer, *setup_.rules));
    AIVM_TRY(keep_own(built->cut));
    setup_.executor->remember(built);
    admit(built->cut, built);
    return built->cut;
}

}  // namespace aivm
