#include "sim/invariants/reference.h"

#include <optional>

#include "core/reference/watch.h"
#include "sim/invariants/trials.h"

namespace aivm::sim {
namespace {

class RulesAsWritten final : public Invariant {
public:
    RulesAsWritten()
        : Invariant({.id = "R1",
                     .name = "rules-as-written",
                     .meaning = "a block, and every operation that a queue is offered, does what a "
                                "second reading of the protocol says it does",
                     .reason = "Code that agrees with itself can still be wrong. Where the VM "
                               "and a second reading of the protocol differ, one of them pays, "
                               "slashes or refuses somebody against the published rules.",
                     .of_queues = true}) {}

    // On a DAG too. In the economic fidelity only paranoid runs try what was offered: of their
    // blocks, too few are looked at.
    void on_offered(ActorId, const QueueView& view, const OperationPtr& operation,
                    const Status&) override {
        const Height next = view.tip.head.height + 1;
        if (watch().paranoid() || (is_full() && next % kReferenceOneBlockIn == 0))
            trials_.offer(operation);
    }
    void on_chain(const Executed& block, const State& parent) override {
        // Of a DAG, the slices are checked, which have void operations too.
        if (watch().rules().parameters.dag) return;
        // A world made by hand for a test may have no rules.
        if (watch().rules().authorizer == nullptr) return;
        if (watch().paranoid() || is_due(block.state.head)) check_block(block, parent);
        trials_.note_block(block.block->operations());
    }

    // Each slice when the first node settles it.
    void on_settled(ActorId, const DagVm& vm, const CutResult& result) override {
        const std::uint64_t number = result.cut->cut();
        const std::uint64_t last = below_ ? below_->state.head.height : 0;
        if (number != last + 1 || watch().rules().authorizer == nullptr) return;
        if (watch().paranoid() || number % kReferenceOneBlockIn == 0) {
            if (below_) {
                check_slice(result, below_->id, below_->state);
            } else {
                check_slice(result, vm.accepted().genesis_id(), vm.accepted().genesis_state());
            }
        }
        trials_.note_block(operations_of(result));
        below_ = result.executed;
        last_slice_ = result;
    }

    // The last block, and then what is known of later ones: a queue may still hold it.
    void at_end() override {
        const auto [tip, parent] = watch().last_blocks();
        if (tip == nullptr || parent == nullptr || watch().rules().authorizer == nullptr) return;
        if (!ends_are_compared(tip->state.head)) return;
        if (checked_ != tip->id) {
            if (!watch().rules().parameters.dag) check_block(*tip, parent->state);
            if (last_slice_ && tip->id == below_->id)
                check_slice(*last_slice_, parent->id, parent->state);
        }
        if (tries_offers()) compare(try_offered(tip->id, tip->state, after(*tip)));
    }

private:
    static std::vector<OperationPtr> operations_of(const CutResult& result) {
        std::vector<OperationPtr> out;
        for (const VertexPtr& vertex : result.slice)
            out.insert(out.end(), vertex->operations().begin(), vertex->operations().end());
        return out;
    }
    // A block that could follow this one at once, with its proposer and beacon.
    static BlockContext after(const Executed& block) {
        const ChainHead& head = block.state.head;
        const BlockHeader& header = block.block->header();
        return {.height = head.height + 1,
                .timestamp_ns = head.timestamp_ns,
                .proposer = header.proposer,
                .beacon = head.beacon,
                .beacon_commitment = header.beacon_commitment};
    }

    void check_block(const Executed& block, const State& parent) {
        const BlockHeader& header = block.block->header();
        const BlockContext context{.height = parent.head.height + 1,
                                   .timestamp_ns = header.timestamp_ns,
                                   .proposer = header.proposer,
                                   .beacon = block.state.head.beacon,
                                   .beacon_commitment = header.beacon_commitment};
        auto difference = try_offered(header.parent, parent, context);
        if (!difference) difference = model().check(block, parent);
        compare(difference);
        checked_ = block.id;
    }
    void check_slice(const CutResult& result, const Hash32& below_id, const State& below) {
        const VertexHeader& header = result.cut->header();
        const BlockContext context{.height = below.head.height + 1,
                                   .timestamp_ns = header.timestamp_ns,
                                   .proposer = header.proposer,
                                   .beacon = result.executed->state.head.beacon,
                                   .beacon_commitment = result.cut->seal().beacon_commitment};
        auto difference = try_offered(below_id, below, context);
        if (!difference) difference = model().check(result, below);
        compare(difference);
        checked_ = result.executed->id;
    }
    reference::Watch::Finding try_offered(const Hash32& parent_id, const State& parent,
                                          const BlockContext& context) {
        const auto trials = trials_.run(parent, context, watch().rules());
        if (trials.empty()) return std::nullopt;
        return model().check_trials(parent_id, parent, context, trials);
    }
    void compare(const reference::Watch::Finding& difference) {
        expect(!difference, [&] { return *difference; });
    }
    [[nodiscard]] bool is_full() const {
        return watch().scenario().run.fidelity == Fidelity::kFull;
    }
    [[nodiscard]] bool tries_offers() const { return watch().paranoid() || is_full(); }
    reference::Watch& model() {
        if (!model_) model_.emplace(watch().rules());
        return *model_;
    }
    [[nodiscard]] bool ends_are_compared(const ChainHead& tip) const {
        return tries_offers() || tip.beacon.prefix64() % kReferenceOneEndIn == 0;
    }
    bool is_due(const ChainHead& head) {
        if (is_full()) return head.height % kReferenceOneBlockIn == 0;
        const std::uint64_t draw = head.beacon.prefix64();
        if (next_ == 0) next_ = kReferenceOneBlockIn / 2 + draw % kReferenceOneBlockIn;
        if (head.height < next_) return false;
        next_ = kReferenceOneBlockIn * head.height + draw % head.height;
        return true;
    }

    std::optional<reference::Watch> model_;
    Trials trials_;
    Hash32 checked_;  // the last block or cut that was compared
    // On a DAG: the last slice that a node settled, and what it led to.
    std::optional<CutResult> last_slice_;
    ExecutedPtr below_;
    Height next_ = 0;  // the height to look at next, in the economic fidelity; 0: not drawn yet
};

}  // namespace

void add_reference_invariants(Invariants& out) {
    out.push_back(std::make_unique<RulesAsWritten>());
}

}  // namespace aivm::sim
