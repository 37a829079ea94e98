// S1, S3, S6, S7 and S13 to S16: agreement of the replicas, and the order of their decisions.
#include <fmt/format.h>

#include <map>
#include <set>

#include "core/state/load.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

std::string short_id(const Hash32& id) { return to_hex(id.view()).substr(0, 8); }

// S1. At each height all nodes accept the block that was accepted first.
class OneBlockPerHeight final : public Invariant {
public:
    OneBlockPerHeight()
        : Invariant({"S1", "agreement", "one accepted block per height over all correct nodes"}) {}

    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        const Height height = executed->state.head.height;
        const auto [first, is_new] = accepted_.try_emplace(height, std::pair{executed->id, node});
        expect(is_new || first->second.first == executed->id,
               [&] {
                   return fmt::format("{} accepted block {} at height {}, where {} had accepted {}",
                                      watch().participants().name(node), short_id(executed->id),
                                      height, watch().participants().name(first->second.second),
                                      short_id(first->second.first));
               },
               {node, first->second.second});
    }

private:
    std::map<Height, std::pair<Hash32, ActorId>> accepted_;
};

// S3. A block goes from unknown to processing to accepted or rejected; a restart makes processing
// blocks unknown again.
class StatusMovesForward final : public Invariant {
public:
    StatusMovesForward()
        : Invariant(
              {"S3", "status-forward", "a block's status moves only forward; one terminal call"}) {}

    void on_verified(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        Node& known = nodes_[node];
        expect(!known.decided.contains(executed->id),
               [&] { return text(node, *executed, "verified after its end"); }, {node});
        known.processing.insert(executed->id);
    }
    void before_accept(ActorId node, const Vm&, const ExecutedPtr& executed, AcceptedBy) override {
        check(node, executed, "accepted");
    }
    void before_reject(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        check(node, executed, "rejected");
    }
    // Recorded here and not in before_accept: if the disk fails in between, the block is undecided.
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        decide(node, *executed);
    }
    void on_rejected(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        decide(node, *executed);
    }
    void on_restarted(ActorId node, const Vm&) override { nodes_[node].processing.clear(); }
    void on_disk_replaced(ActorId node) override { nodes_.erase(node); }

private:
    struct Node {
        std::set<Hash32> processing;
        std::set<Hash32> decided;
    };

    void check(ActorId node, const ExecutedPtr& executed, const char* how) {
        if (executed == nullptr)
            return expect(false, [&] { return fmt::format("an unknown block was {}", how); },
                          {node});
        const Node& known = nodes_[node];
        expect(known.processing.contains(executed->id) && !known.decided.contains(executed->id),
               [&] {
                   return text(node, *executed,
                               fmt::format("{} although it was not processing", how));
               },
               {node});
    }
    void decide(ActorId node, const Executed& executed) {
        nodes_[node].processing.erase(executed.id);
        nodes_[node].decided.insert(executed.id);
    }
    [[nodiscard]] std::string text(ActorId node, const Executed& executed,
                                   const std::string& what) const {
        return fmt::format("block {} was {} by {}", short_id(executed.id), what,
                           watch().participants().name(node));
    }

    std::map<ActorId, Node> nodes_;
};

// S6. A node decides a block only after verifying it itself, and parents before children.
class DecidedInOrder final : public Invariant {
public:
    DecidedInOrder()
        : Invariant({"S6", "topological-decisions",
                     "blocks are decided after Verify and after their parent"}) {}

    void before_accept(ActorId node, const Vm& vm, const ExecutedPtr& executed,
                       AcceptedBy) override {
        expect(executed != nullptr && executed->block->parent() == vm.last_accepted(),
               [&] {
                   return watch().participants().name(node) +
                          " accepts a block whose parent is not its last accepted";
               },
               {node});
    }
    void before_reject(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        const bool parent_decided =
            executed != nullptr && (executed->block->parent() == vm.last_accepted() ||
                                    vm.executed(executed->block->parent()) == nullptr);
        expect(parent_decided,
               [&] {
                   return watch().participants().name(node) +
                          " rejects a block before its parent was decided";
               },
               {node});
    }
};

// S7. Checked once for every block that any node executes.
class CanonicalBytes final : public Invariant {
public:
    CanonicalBytes()
        : Invariant({"S7", "canonical-bytes",
                     "id = hash of the bytes; decode then encode is identity"}) {}

    void on_executed(const Executed& executed, const State&) override {
        const Bytes sealed = executed.block->encode();
        const auto decoded = Block::decode(sealed);
        expect(decoded && (*decoded)->id() == executed.id && (*decoded)->encode() == sealed, [&] {
            return fmt::format("block {} does not survive decoding and encoding",
                               short_id(executed.id));
        });
    }
};

// S13. At every accept: the new tip is indexed, and the height above is "not found" and no
// other error.
class HeightIndexTotal final : public Invariant {
public:
    HeightIndexTotal()
        : Invariant({"S13", "height-index",
                     "the height index is total up to the tip, 'not found' above"}) {}

    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        const Height height = executed->state.head.height;
        const auto id = vm.block_id_at_height(height);
        const auto above = vm.block_id_at_height(height + 1);
        expect(id && *id == executed->id && !above && above.error().code == ErrorCode::kNotFound,
               [&] {
                   return fmt::format("{} has a wrong index at height {}",
                                      watch().participants().name(node), height);
               },
               {node});
    }
    void on_restarted(ActorId node, const Vm& vm) override {
        for (Height height = 0; height <= vm.last_accepted_height(); ++height) {
            expect(vm.block_id_at_height(height).has_value(),
                   [&] {
                       return fmt::format("{} lost height {}", watch().participants().name(node),
                                          height);
                   },
                   {node});
        }
    }
};

// S14. Equal prefix, equal state: after every accept by roots, after a restart by contents.
class EqualPrefixEqualState final : public Invariant {
public:
    EqualPrefixEqualState()
        : Invariant({"S14", "replicated-state",
                     "equal accepted prefixes have equal states on all nodes"}) {}

    void on_chain(const Executed& block, const State&) override {
        if (watch().scenario().run.fidelity == Fidelity::kEconomic)
            return;  // there are no replicas
        chain_[block.id] = block.state.state_root;
        newest_ = block.id;
        newest_state_ = block.state;
    }
    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        const auto known = chain_.find(executed->id);
        expect(known != chain_.end() && known->second == vm.state().state_root,
               [&] {
                   return fmt::format("{} has another state at height {}",
                                      watch().participants().name(node), vm.last_accepted_height());
               },
               {node});
    }
    void on_restarted(ActorId node, const Vm& vm) override {
        const auto known = chain_.find(vm.last_accepted());
        if (known == chain_.end()) return;  // it crashed at genesis
        bool same = known->second == vm.state().state_root;
        if (vm.last_accepted() == newest_)
            same = same && contents_digest(vm.state()) == contents_digest(newest_state_);
        expect(same,
               [&] { return watch().participants().name(node) + " came back with another state"; },
               {node});
    }

private:
    std::map<Hash32, Hash32> chain_;  // block id -> state root
    Hash32 newest_;
    State newest_state_;
};

// S15. Verify and Build do not change the committed state. Compared by root and head; every 64th
// time by contents.
class VerifyIsPure final : public Invariant {
public:
    VerifyIsPure()
        : Invariant({"S15", "pure-verify", "Verify and Build leave committed state unchanged"}) {}

    void on_verified(ActorId node, const Vm& vm, const ExecutedPtr&) override {
        Seen& seen = nodes_[node];
        const bool tip_moved = seen.tip != vm.last_accepted();
        if (tip_moved) seen = {vm.last_accepted(), vm.state().state_root, std::nullopt};
        bool same = seen.root == vm.state().state_root;
        if (++verifications_ % 64 == 0) {
            const Hash32 contents = contents_digest(vm.state());
            if (seen.contents) same = same && *seen.contents == contents;
            seen.contents = contents;
        }
        expect(same,
               [&] {
                   return watch().participants().name(node) +
                          " changed committed state by verifying";
               },
               {node});
    }

private:
    struct Seen {
        Hash32 tip;
        Hash32 root;
        std::optional<Hash32> contents;
    };
    std::map<ActorId, Seen> nodes_;
    std::uint64_t verifications_ = 0;
};

// S16. Reject removes one block, and changes neither the tip nor any other block.
class RejectIsLocal final : public Invariant {
public:
    RejectIsLocal()
        : Invariant({"S16", "local-reject",
                     "Reject changes nothing that does not descend from the block"}) {}

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

void add_safety_invariants(Invariants& out) {
    out.push_back(std::make_unique<OneBlockPerHeight>());
    out.push_back(std::make_unique<StatusMovesForward>());
    out.push_back(std::make_unique<DecidedInOrder>());
    out.push_back(std::make_unique<CanonicalBytes>());
    out.push_back(std::make_unique<HeightIndexTotal>());
    out.push_back(std::make_unique<EqualPrefixEqualState>());
    out.push_back(std::make_unique<VerifyIsPure>());
    out.push_back(std::make_unique<RejectIsLocal>());
}

}  // namespace aivm::sim
