// Building a vertex: parents from the preferred frontier, the state as it would be above them, and
// the queued operations that succeed in it and conflict with no undecided vertex.
#include <algorithm>

#include "core/execution/block_run.h"
#include "core/vm/dag_vm.h"

namespace aivm {
namespace {

// Queued operations that one build tries at most, which bounds the time that a long queue of
// failing operations can cost.
constexpr std::size_t kCandidatesMax = 1024;

}  // namespace

class DagVm::Builder {
public:
    Builder(const DagVm& vm, const BuildOptions& options) : vm_(vm), options_(options) {}

    // Sets the header: parents, height, time and epoch.
    Status place() {
        AIVM_ASSIGN(auto frontier, vm_.preferred_frontier());
        if (frontier.size() > kVertexParentsMax) frontier.resize(kVertexParentsMax);
        std::sort(frontier.begin(), frontier.end());
        std::vector<ParentFacts> parents;
        for (const Hash32& id : frontier) {
            AIVM_ASSIGN(const ParentFacts facts, vm_.parent_facts(id));
            parents.push_back(facts);
        }
        const ParentFacts floor = highest(parents);
        past_ = vm_.undecided_past(frontier);
        header_.parents = std::move(frontier);
        header_.height = floor.height + 1;
        header_.timestamp_ns = std::max(options_.timestamp_ns, floor.timestamp_ns);
        header_.proposer = options_.proposer;
        // The epoch of vertices follows that of the state by at most one step per height.
        header_.epoch = floor.epoch + (vm_.state().head.epoch > floor.epoch ? 1 : 0);
        return {};
    }

    [[nodiscard]] const VertexHeader& header() const { return header_; }
    [[nodiscard]] const std::vector<LeftOut>& refused() const { return refused_; }
    [[nodiscard]] const std::vector<OperationPtr>& dead() const { return dead_; }

    // Chooses operations from the queue that succeed in the state above the parents and everything
    // accepted.
    Result<std::vector<OperationPtr>> choose() {
        AIVM_ASSIGN(const State below, state_below());
        // The accepted frontier is among the parents or below them, so no accepted vertex has this
        // height or a greater one.
        AIVM_CHECK(header_.height > vm_.tip_height());
        // The slice's time and beacon are not known before it is complete. The beacon never decides
        // whether an operation is refused.
        BlockContext context;
        context.height = header_.height;
        context.timestamp_ns = std::max(header_.timestamp_ns, below.head.timestamp_ns);
        context.proposer.value = ~std::uint32_t{0};
        BlockRun run(below, context, *vm_.setup_.rules, BlockRun::Refusals::kCodeOnly);
        AIVM_ASSIGN(const auto candidates, eligible(run.state()));
        return take(run, candidates);
    }

private:
    // The state after the undecided past and the accepted vertices below the new vertex's height.
    Result<State> state_below() const {
        Height first = header_.height;
        std::map<Height, std::vector<VertexPtr>> extra;
        for (const Hash32& id : past_) {
            const VertexPtr& vertex = vm_.processing_.at(id);
            extra[vertex->height()].push_back(vertex);
            first = std::min(first, vertex->height());
        }
        AIVM_ASSIGN(State state, vm_.history_.state_after(first - 1));
        for (Height h = first; h < header_.height; ++h) {
            AIVM_ASSIGN(auto vertices, vm_.history_.vertices_at(h));
            vertices.insert(vertices.end(), extra[h].begin(), extra[h].end());
            sort_by_id(vertices);
            AIVM_ASSIGN(const SlicePtr slice, vm_.setup_.executor->execute(
                                                  state, std::move(vertices), *vm_.setup_.rules));
            state = slice->state;
        }
        return state;
    }

    // Queued operations in order. If one must wait, later ones of its sender in the lane wait too,
    // since including them first would make it stale. For the same reason an account with an
    // operation in a concurrent vertex waits.
    Result<std::vector<OperationPtr>> eligible(const State& view) {
        std::vector<OperationPtr> out;
        std::set<std::pair<Address, Lane>> waiting;
        for (const OperationPtr& operation : vm_.mempool_.candidates(kCandidatesMax, {})) {
            AIVM_ASSIGN(const bool dead, is_dead(*operation));
            if (dead) {
                dead_.push_back(operation);
                continue;
            }
            JobKey job;
            const bool keyed = job_key(operation->operation(), job);
            const std::pair turn{operation->sender(), operation->lane()};
            if (operation->nonce() <= view.nonce(turn.first, turn.second))
                continue;  // already in the past
            const bool contested = keyed && !vm_.graph_.holders_of(job).empty();
            const bool unwanted = options_.include && !options_.include(operation);
            if (waiting.contains(turn) || contested || unwanted ||
                concurrent(operation->sender())) {
                waiting.insert(turn);
                continue;
            }
            out.push_back(operation);
        }
        return out;
    }

    // Whether the operation can no longer be accepted or have an effect.
    [[nodiscard]] Result<bool> is_dead(const SignedOperation& operation) const {
        const std::uint64_t used = vm_.settled_state().nonce(operation.sender(), operation.lane());
        if (operation.nonce() <= used) return true;
        JobKey job;
        if (!job_key(operation.operation(), job)) return false;
        AIVM_ASSIGN(const auto taker, vm_.history_.taker_of(job));
        return taker.has_value();
    }

    [[nodiscard]] bool concurrent(const Address& sender) const {
        const auto found = vm_.senders_.find(sender);
        return found != vm_.senders_.end() &&
               !std::includes(past_.begin(), past_.end(), found->second.begin(),
                              found->second.end());
    }

    std::vector<OperationPtr> take(BlockRun& run, const std::vector<OperationPtr>& candidates) {
        std::vector<OperationPtr> taken;
        const std::size_t limit = std::min(options_.operations_max, kVertexOpsMax);
        std::size_t bytes = kVertexHeaderBytesMax;
        std::set<JobKey> jobs;
        for (const OperationPtr& operation : candidates) {
            if (taken.size() >= limit) break;
            // A vertex stores the operation's job key beside it.
            const std::size_t size = operation->size_bytes() + kJobIdBytesMax + 32;
            if (bytes + size > kVertexBytesMax) break;
            JobKey job;
            if (job_key(operation->operation(), job) && !jobs.insert(job).second) continue;
            if (const Status status = run.apply(*operation); !status) {
                refused_.push_back({operation, status.error().code});
                continue;
            }
            taken.push_back(operation);
            bytes += size;
        }
        return taken;
    }

    const DagVm& vm_;
    const BuildOptions& options_;
    VertexHeader header_;
    std::set<Hash32> past_;
    std::vector<LeftOut> refused_;
    std::vector<OperationPtr> dead_;
};

Result<VertexPtr> DagVm::build_vertex(const BuildOptions& options) {
    Builder builder(*this, options);
    AIVM_TRY(builder.place());
    const VertexHeader& header = builder.header();
    AIVM_TRY(check_unsigned(header.height, "vertex"));
    AIVM_ASSIGN(auto operations, builder.choose());
    const Vertex bare(header, std::move(operations), {});
    Bytes authorization =
        options.sign(slot_message(setup_.rules->chain_id, header.height, bare.id()));
    auto vertex = std::make_shared<const Vertex>(bare.with_authorization(std::move(authorization)));
    AIVM_TRY(check_vertex_alone(*vertex, history_.genesis_state(), *setup_.rules));
    AIVM_TRY(check_parents(*vertex));
    AIVM_TRY(check_conflicts(*vertex));
    // On disk before anybody can see the vertex: after a crash the node must not sign another one
    // for this height.
    AIVM_TRY(remember_signed(header.height));
    for (const LeftOut& left : builder.refused())
        mempool_.note_refused(*left.operation, left.reason, header.height);
    for (const OperationPtr& operation : builder.dead()) mempool_.remove(*operation);
    admit(vertex);
    return vertex;
}

}  // namespace aivm
