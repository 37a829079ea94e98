// S3 to S6, S15 and S16: the order in which a node decides blocks, and that nothing else changes.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <vector>

#include "core/state/load.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/short_id.h"

namespace aivm::sim {
namespace {

// What each node has been seen to do with each block: a byte per node and block.
class Statuses {
public:
    [[nodiscard]] BlockStatus& of(ActorId node, const Hash32& id) {
        const auto [entry, is_new] =
            numbers_.try_emplace(id, static_cast<std::uint32_t>(numbers_.size()));
        std::vector<BlockStatus>& mine = nodes_[node];
        if (mine.size() <= entry->second) mine.resize(entry->second + 1, BlockStatus::kUnknown);
        return mine[entry->second];
    }
    [[nodiscard]] bool is_decided(ActorId node, const Hash32& id) {
        const BlockStatus status = of(node, id);
        return status == BlockStatus::kAccepted || status == BlockStatus::kRejected;
    }
    // A restart makes processing blocks unknown again.
    void forget_processing(ActorId node) {
        std::ranges::replace(nodes_[node], BlockStatus::kProcessing, BlockStatus::kUnknown);
    }
    void forget(ActorId node) { nodes_.erase(node); }

private:
    std::map<Hash32, std::uint32_t> numbers_;
    std::map<ActorId, std::vector<BlockStatus>> nodes_;
};

// S3. A block goes from unknown to processing to accepted or rejected; a restart makes processing
// blocks unknown again, and a new disk all of them. At the end of a run the nodes of a DAG are
// asked to verify the last decided vertices again, and must refuse for that reason.
class StatusMovesForward final : public Invariant {
public:
    StatusMovesForward()
        : Invariant({.id = "S3",
                     .name = "status-forward",
                     .meaning = "the status of a block moves only forward, with one terminal "
                                "call",
                     .reason = "A decision that can be taken back is none. A client that saw a "
                               "block as accepted has acted on it, and the same block decided "
                               "twice applies its payments twice."}) {}

    void on_verified(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        expect(!statuses_.is_decided(node, executed->id),
               [&] { return text(node, *executed, "verified after its end"); }, {node});
        statuses_.of(node, executed->id) = BlockStatus::kProcessing;
    }
    void before_accept(ActorId node, const Vm&, const ExecutedPtr& executed, AcceptedBy) override {
        check(node, executed, "accepted");
    }
    void before_reject(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        check(node, executed, "rejected");
    }
    // Noted here and not in before_accept: if the disk fails in between, the block is undecided.
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        statuses_.of(node, executed->id) = BlockStatus::kAccepted;
    }
    void on_rejected(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        statuses_.of(node, executed->id) = BlockStatus::kRejected;
    }
    void on_vertex_verified(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        expect(!statuses_.is_decided(node, vertex->id()),
               [&] { return text(node, vertex->id(), "verified after its end"); }, {node});
        statuses_.of(node, vertex->id()) = BlockStatus::kProcessing;
    }
    void on_vertex_accepted(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        end_of_vertex(node, *vertex, BlockStatus::kAccepted, "accepted");
        keep(accepted_, node, vertex);
    }
    void on_vertex_rejected(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        end_of_vertex(node, *vertex, BlockStatus::kRejected, "rejected");
        keep(rejected_, node, vertex);
    }
    void at_end() override {
        for (const Ended& each : rejected_) ask_again(each);
        for (const Ended& each : accepted_) ask_again(each);
    }
    void on_dag_restarted(ActorId node, const DagVm&) override {
        statuses_.forget_processing(node);
    }
    void on_restarted(ActorId node, const Vm&) override { statuses_.forget_processing(node); }
    void on_disk_replaced(ActorId node) override { statuses_.forget(node); }

private:
    struct Ended {
        ActorId node = 0;
        VertexPtr vertex;
    };
    static constexpr std::size_t kEndedKept = 16;

    static void keep(std::deque<Ended>& ended, ActorId node, const VertexPtr& vertex) {
        ended.push_back({node, vertex});
        if (ended.size() > kEndedKept) ended.pop_front();
    }
    void ask_again(const Ended& each) {
        const DagVm* const vm = watch().dag_vm(each.node);
        if (vm == nullptr || !watch().correct(each.node)) return;
        const auto status = vm->status(each.vertex->id());
        if (!status || !is_end(*status)) return;  // its disk has lost that
        const Status answer = watch().verify_again(each.node, each.vertex);
        expect(!answer && answer.error().code == ErrorCode::kWrongState,
               [&] { return text(each.node, each.vertex->id(), "verified again after its end"); },
               {each.node});
    }
    static bool is_end(VertexStatus status) {
        return status == VertexStatus::kAccepted || status == VertexStatus::kRejected;
    }
    void end_of_vertex(ActorId node, const Vertex& vertex, BlockStatus status, const char* how) {
        expect(statuses_.of(node, vertex.id()) == BlockStatus::kProcessing,
               [&] {
                   return text(node, vertex.id(),
                               fmt::format("{} although it was not processing", how));
               },
               {node});
        statuses_.of(node, vertex.id()) = status;
    }
    void check(ActorId node, const ExecutedPtr& executed, const char* how) {
        if (executed == nullptr)
            return expect(false, [&] { return fmt::format("an unknown block was {}", how); },
                          {node});
        expect(statuses_.of(node, executed->id) == BlockStatus::kProcessing,
               [&] {
                   return text(node, *executed,
                               fmt::format("{} although it was not processing", how));
               },
               {node});
    }
    [[nodiscard]] std::string text(ActorId node, const Executed& executed,
                                   const std::string& what) const {
        return text(node, executed.id, what);
    }
    [[nodiscard]] std::string text(ActorId node, const Hash32& id, const std::string& what) const {
        return fmt::format("block {} was {} by {}", short_id(id), what,
                           watch().participants().name(node));
    }

    Statuses statuses_;
    std::deque<Ended> accepted_;  // the last vertices
    std::deque<Ended> rejected_;
};

// S4. A node accepts a block directly after its parent. What a node accepted is noted here and not
// read from its VM.
class ParentAcceptedFirst final : public Invariant {
public:
    ParentAcceptedFirst()
        : Invariant({.id = "S4",
                     .name = "parent-first",
                     .meaning = "a block is accepted directly after its parent",
                     .reason = "The state after a block is defined only on its parent's. "
                               "Accepting it elsewhere executes operations on balances that "
                               "are not theirs, and the node leaves the chain."}) {}

    void before_accept(ActorId node, const Vm&, const ExecutedPtr& executed, AcceptedBy) override {
        if (executed == nullptr) return;
        const auto last = last_.find(node);
        const bool follows = last == last_.end() ? executed->state.head.height == 1
                                                 : executed->block->parent() == last->second;
        expect(follows,
               [&] {
                   return fmt::format("{} accepts block {} before its parent",
                                      watch().participants().name(node), short_id(executed->id));
               },
               {node});
    }
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        last_[node] = executed->id;
    }
    // The last accept before a crash may or may not have reached the disk (S17).
    void on_restarted(ActorId node, const Vm& vm) override {
        if (vm.last_accepted_height() == 0) {
            last_.erase(node);
        } else {
            last_[node] = vm.last_accepted();
        }
    }
    // What a DAG's node has lost is taken out when it starts again.
    void on_disk_replaced(ActorId node) override { last_.erase(node); }
    void before_vertex_accept(ActorId node, const DagVm& vm, const VertexPtr& vertex,
                              AcceptedBy) override {
        const std::set<Hash32>& mine = vertices_[node];
        const bool follows = std::ranges::all_of(vertex->parents(), [&](const Hash32& parent) {
            return parent == vm.accepted().genesis_id() || mine.contains(parent);
        });
        expect(follows,
               [&] {
                   return fmt::format("{} accepts vertex {} before its parents",
                                      watch().participants().name(node), short_id(vertex->id()));
               },
               {node});
    }
    void on_vertex_accepted(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        vertices_[node].insert(vertex->id());
    }
    // The last accept before a crash may or may not have reached the disk.
    void on_dag_restarted(ActorId node, const DagVm& vm) override {
        std::set<Hash32>& mine = vertices_[node];
        for (const Hash32& id : vm.accepted_frontier()) mine.insert(id);
        for (const auto& [id, vertex] : vm.accepted().unsettled()) mine.insert(id);
        std::erase_if(mine, [&](const Hash32& id) {
            const auto status = vm.status(id);
            return status && *status != VertexStatus::kAccepted;
        });
    }

private:
    std::map<ActorId, Hash32> last_;
    std::map<ActorId, std::set<Hash32>> vertices_;  // accepted
};

// S5. In the instant in which a block is rejected, so are its descendants that the node has
// verified; a block whose parent is rejected is rejected as soon as it is verified. The same holds
// for the rivals of an accepted block: on a chain those on the same parent, on a DAG those that
// share a conflict key and do not descend from it.
class DescendantsRejected final : public Invariant {
public:
    DescendantsRejected()
        : Invariant({.id = "S5",
                     .name = "descendants-rejected",
                     .meaning = "descendants of a rejected block and rivals of an accepted one "
                                "are rejected",
                     .reason = "A block on a rejected parent can never be valid. A node that "
                               "keeps it undecided votes and builds on it, so its work is lost "
                               "and the others wait for its votes."}) {}

    void on_verified(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        check(node);
        Node& mine = nodes_[node];
        const Hash32& parent = executed->block->parent();
        mine.processing[executed->id] = parent;
        if (statuses_.of(node, parent) == BlockStatus::kRejected)
            due(node, executed->id, Why::kParentRejected);
        if (mine.below_accepted.contains(parent)) due(node, executed->id, Why::kRivalAccepted);
    }
    void before_accept(ActorId node, const Vm&, const ExecutedPtr& executed, AcceptedBy) override {
        check(node);
        if (executed == nullptr) return;
        expect(statuses_.of(node, executed->block->parent()) != BlockStatus::kRejected,
               [&] {
                   return fmt::format("{} accepts block {}, whose parent it has rejected",
                                      watch().participants().name(node), short_id(executed->id));
               },
               {node});
    }
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        Node& mine = nodes_[node];
        mine.processing.erase(executed->id);
        const Hash32& below = executed->block->parent();
        mine.below_accepted.insert(below);
        for (const auto& [id, parent] : mine.processing) {
            if (parent == below) due(node, id, Why::kRivalAccepted);
        }
    }
    void on_rejected(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        check(node);
        Node& mine = nodes_[node];
        statuses_.of(node, executed->id) = BlockStatus::kRejected;
        mine.processing.erase(executed->id);
        if (mine.due.erase(executed->id) != 0) count_check();
        for (const auto& [id, parent] : mine.processing) {
            if (parent == executed->id) due(node, id, Why::kParentRejected);
        }
    }
    void on_vertex_verified(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        check(node);
        nodes_[node].vertices[vertex->id()] = vertex;
        if (has_rejected_parent(node, *vertex)) due(node, vertex->id(), Why::kParentRejected);
    }
    void before_vertex_accept(ActorId node, const DagVm&, const VertexPtr& vertex,
                              AcceptedBy) override {
        expect(!has_rejected_parent(node, *vertex),
               [&] {
                   return fmt::format("{} accepts vertex {}, a parent of which it has rejected",
                                      watch().participants().name(node), short_id(vertex->id()));
               },
               {node});
    }
    void on_vertex_accepted(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        Node& mine = nodes_[node];
        mine.vertices.erase(vertex->id());
        const ConflictKeyPolicy policy = watch().rules().parameters.dag->conflict_key;
        const std::vector<ConflictKey> keys = conflict_keys(*vertex, policy);
        for (const auto& [id, other] : mine.vertices) {
            if (shares(keys, conflict_keys(*other, policy)) && !mine.descends(*other, vertex->id()))
                due(node, id, Why::kRivalAccepted);
        }
    }
    void on_vertex_rejected(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        check(node);
        Node& mine = nodes_[node];
        statuses_.of(node, vertex->id()) = BlockStatus::kRejected;
        mine.vertices.erase(vertex->id());
        if (mine.due.erase(vertex->id()) != 0) count_check();
        for (const auto& [id, other] : mine.vertices) {
            if (std::ranges::find(other->parents(), vertex->id()) != other->parents().end())
                due(node, id, Why::kParentRejected);
        }
    }
    void on_dag_restarted(ActorId node, const DagVm&) override { nodes_.erase(node); }
    void on_restarted(ActorId node, const Vm&) override { nodes_.erase(node); }
    void on_disk_replaced(ActorId node) override {
        nodes_.erase(node);
        statuses_.forget(node);
    }
    void at_end() override {
        for (const auto& [node, mine] : nodes_) {
            if (watch().vm(node) != nullptr || watch().dag_vm(node) != nullptr) check(node);
        }
    }

private:
    enum class Why : std::uint8_t { kParentRejected, kRivalAccepted };
    struct Due {
        SimTime at = 0;  // must be rejected at that time
        Why why = Why::kParentRejected;
    };
    struct Node {
        std::map<Hash32, Hash32> processing;   // block -> parent
        std::set<Hash32> below_accepted;       // parents of the accepted blocks
        std::map<Hash32, VertexPtr> vertices;  // processing
        std::map<Hash32, Due> due;

        // Whether the vertex descends from one that was accepted this instant: by way of processing
        // vertices, then.
        [[nodiscard]] bool descends(const Vertex& vertex, const Hash32& accepted) const {
            std::vector<Hash32> open = vertex.parents();
            std::set<Hash32> seen;
            while (!open.empty()) {
                const Hash32 at = open.back();
                open.pop_back();
                if (at == accepted) return true;
                const auto above = vertices.find(at);
                if (above == vertices.end() || !seen.insert(at).second) continue;
                const std::vector<Hash32>& parents = above->second->parents();
                open.insert(open.end(), parents.begin(), parents.end());
            }
            return false;
        }
    };

    [[nodiscard]] static bool shares(const std::vector<ConflictKey>& a,
                                     const std::vector<ConflictKey>& b) {
        return std::ranges::any_of(
            a, [&](const ConflictKey& key) { return std::ranges::binary_search(b, key); });
    }

    [[nodiscard]] bool has_rejected_parent(ActorId node, const Vertex& vertex) {
        return std::ranges::any_of(vertex.parents(), [&](const Hash32& parent) {
            return statuses_.of(node, parent) == BlockStatus::kRejected;
        });
    }

    void due(ActorId node, const Hash32& id, Why why) {
        nodes_[node].due.try_emplace(id, Due{watch().now(), why});
    }
    // What was due by now is rejected; each rejection in time is counted as it happens.
    void check(ActorId node) {
        for (const auto& [id, due] : nodes_[node].due) {
            if (due.at == watch().now()) continue;
            const char* what = due.why == Why::kParentRejected ? "whose parent it has rejected"
                                                               : "of which it has accepted a rival";
            expect(false,
                   [&, &block = id] {
                       return fmt::format("{} keeps block {}, {}",
                                          watch().participants().name(node), short_id(block), what);
                   },
                   {node});
            return;
        }
    }

    std::map<ActorId, Node> nodes_;
    Statuses statuses_;
};

// S6. A node decides a block only after verifying it itself, and parents before children.
class DecidedInOrder final : public Invariant {
public:
    DecidedInOrder()
        : Invariant({.id = "S6",
                     .name = "topological-decisions",
                     .meaning = "blocks are decided after Verify and after their parent",
                     .reason = "A node that accepts what it has not verified accepts whatever "
                               "others send. An invalid payment becomes final at this node as "
                               "soon as enough others are wrong."}) {}

    void on_verified(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        statuses_.of(node, executed->id) = BlockStatus::kProcessing;
    }
    void before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed,
                       AcceptedBy) override {
        expect(executed != nullptr && executed->block->parent() == vm.last_accepted(),
               [&] {
                   return watch().participants().name(node) +
                          " accepts a block whose parent is not its last accepted";
               },
               {node});
        check_verified(node, executed, "accepts");
    }
    void before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        const bool parent_decided =
            executed != nullptr &&
            (executed->block->parent() == vm.last_accepted() || executed->state.head.height == 1 ||
             statuses_.is_decided(node, executed->block->parent()));
        expect(parent_decided,
               [&] {
                   return watch().participants().name(node) +
                          " rejects a block before its parent was decided";
               },
               {node});
        check_verified(node, executed, "rejects");
    }
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        statuses_.of(node, executed->id) = BlockStatus::kAccepted;
    }
    void on_rejected(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        statuses_.of(node, executed->id) = BlockStatus::kRejected;
    }
    // The last accept before a crash may have reached the disk.
    void on_restarted(ActorId node, const Vm& vm) override {
        statuses_.forget_processing(node);
        statuses_.of(node, vm.last_accepted()) = BlockStatus::kAccepted;
    }
    void on_disk_replaced(ActorId node) override { statuses_.forget(node); }

private:
    void check_verified(ActorId node, const ExecutedPtr& executed, const char* how) {
        expect(executed != nullptr && statuses_.of(node, executed->id) == BlockStatus::kProcessing,
               [&] {
                   return fmt::format("{} {} a block that it has not verified",
                                      watch().participants().name(node), how);
               },
               {node});
    }

    Statuses statuses_;
};

// S15. Verify and Build change neither the committed state nor the state after any other undecided
// block. By roots at every verification; by contents for every 16th block, or for eight
// verifications of each block if there are more than 128 validators: from then to its decision, and
// for the committed state from then to the next accept.
class VerifyIsPure final : public Invariant {
public:
    VerifyIsPure()
        : Invariant({.id = "S15",
                     .name = "pure-verify",
                     .meaning = "Verify and Build leave committed state and other blocks "
                                "unchanged",
                     .reason = "Nodes verify and build many blocks that are never accepted. If "
                               "that leaves a trace in committed state, nodes that saw "
                               "different candidates disagree about balances."}) {}

    void on_verified(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        Node& mine = nodes_[node];
        if (!mine.known) mine.follow(vm);
        bool same = mine.tip == vm.last_accepted() && mine.root == vm.state().state_root;
        for (const auto& [id, root] : mine.undecided) {
            const ExecutedPtr other = vm.executed(id);
            same = same && other != nullptr && other->state.state_root == root;
        }
        expect(same,
               [&] {
                   return watch().participants().name(node) + " changed another state by verifying";
               },
               {node});
        mine.undecided[executed->id] = executed->state.state_root;
        if (++verifications_ % contents_every() == 0 && !mine.sample)
            mine.sample = Sample{executed, contents_digest(executed->state)};
    }
    void before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed,
                       AcceptedBy) override {
        compare(node, executed == nullptr ? Hash32() : executed->id, vm.last_accepted());
    }
    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        nodes_[node].undecided.erase(executed->id);
        nodes_[node].follow(vm);
    }
    void before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        compare(node, executed == nullptr ? Hash32() : executed->id, vm.last_accepted());
    }
    void on_rejected(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        Node& mine = nodes_[node];
        mine.undecided.erase(executed->id);
        if (mine.sample && mine.sample->executed->id == executed->id) mine.sample.reset();
    }
    void on_restarted(ActorId node, const Vm&) override { nodes_.erase(node); }
    void on_disk_replaced(ActorId node) override { nodes_.erase(node); }

private:
    static constexpr std::uint64_t kContentsEveryMin = 16;  // verifications
    static constexpr std::uint64_t kContentsPerBlock = 8;   // of many validators
    [[nodiscard]] std::uint64_t contents_every() const {
        return std::max<std::uint64_t>(kContentsEveryMin,
                                       watch().scenario().chain.validators / kContentsPerBlock);
    }

    struct Sample {
        ExecutedPtr executed;
        Hash32 contents;
    };
    struct Node {
        bool known = false;
        Hash32 tip;
        Hash32 root;
        std::map<Hash32, Hash32> undecided;  // block -> state root
        std::optional<Sample> sample;

        void follow(const Vm& vm) {
            known = true;
            tip = vm.last_accepted();
            root = vm.state().state_root;
        }
    };

    // The sampled block is about to be decided, or was accepted and gets a successor.
    void compare(ActorId node, const Hash32& decided, const Hash32& tip) {
        std::optional<Sample>& sample = nodes_[node].sample;
        if (!sample || (sample->executed->id != decided && sample->executed->id != tip)) return;
        expect(contents_digest(sample->executed->state) == sample->contents,
               [&] {
                   return fmt::format("the state after block {} changed on {}",
                                      short_id(sample->executed->id),
                                      watch().participants().name(node));
               },
               {node});
        if (sample->executed->id == tip) sample.reset();
    }

    std::map<ActorId, Node> nodes_;
    std::uint64_t verifications_ = 0;
};

// S16. Reject removes one block, and changes neither the tip nor any other block.
class RejectIsLocal final : public Invariant {
public:
    RejectIsLocal()
        : Invariant({.id = "S16",
                     .name = "local-reject",
                     .meaning = "Reject changes nothing that does not descend from the block",
                     .reason = "Rejecting a block is routine and must be harmless. If it "
                               "changes other blocks, a rival's rejected proposal damages the "
                               "accepted history of whoever received it."}) {}

    void before_reject(ActorId, const Vm& vm, const ExecutedPtr&) override {
        tip_ = vm.last_accepted();
        root_ = vm.state().state_root;
        processing_ = vm.processing_count();
    }
    void on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        expect(vm.last_accepted() == tip_ && vm.state().state_root == root_ &&
                   vm.processing_count() + 1 == processing_ && vm.executed(executed->id) == nullptr,
               [&] {
                   return watch().participants().name(node) +
                          " changed more than the rejected block";
               },
               {node});
    }

private:
    Hash32 tip_;
    Hash32 root_;
    std::size_t processing_ = 0;
};

}  // namespace

void add_decision_invariants(Invariants& out) {
    out.push_back(std::make_unique<StatusMovesForward>());
    out.push_back(std::make_unique<ParentAcceptedFirst>());
    out.push_back(std::make_unique<DescendantsRejected>());
    out.push_back(std::make_unique<DecidedInOrder>());
    out.push_back(std::make_unique<VerifyIsPure>());
    out.push_back(std::make_unique<RejectIsLocal>());
}

}  // namespace aivm::sim
