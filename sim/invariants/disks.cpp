// S12, S13 and S17: what a node has stored, and what is left of it after a crash.
#include <fmt/format.h>

#include <functional>
#include <map>
#include <set>

#include "sim/invariants/invariant.h"
#include "sim/invariants/short_id.h"

namespace aivm::sim {
namespace {

// S12. The last accepted block can be fetched, and its height grows by one at a time; a restart
// loses none of it.
class TipIsThere final : public Invariant {
public:
    TipIsThere()
        : Invariant({.id = "S12",
                     .name = "tip-is-there",
                     .meaning = "the last accepted block can be fetched and its height never "
                                "falls",
                     .reason = "A node serves clients and lagging peers from its last accepted "
                               "block. If that is gone or goes back, finality is revoked for "
                               "whoever asks it, and peers cannot catch up."}) {}

    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        grow(node, {executed->state.head.height, executed->id}, tip_of(vm));
        check_fetch(node, vm);
    }
    void on_restarted(ActorId node, const Vm& vm) override {
        come_back(node, tip_of(vm));
        if (vm.last_accepted_height() > 0) check_fetch(node, vm);
    }
    // On a DAG the last accepted block is the last cut.
    void on_settled(ActorId node, const DagVm& vm, const CutResult& result) override {
        grow(node, {result.cut->cut(), result.cut->id()}, tip_of(vm));
        check_fetch(node, vm);
    }
    void on_dag_restarted(ActorId node, const DagVm& vm) override {
        come_back(node, tip_of(vm));
        if (vm.last_cut_number() > 0) check_fetch(node, vm);
    }
    void on_disk_replaced(ActorId node) override { heights_.erase(node); }

private:
    struct Tip {
        Height height = 0;
        Hash32 id;
        friend bool operator==(const Tip&, const Tip&) = default;
    };
    static Tip tip_of(const Vm& vm) { return {vm.last_accepted_height(), vm.last_accepted()}; }
    static Tip tip_of(const DagVm& vm) { return {vm.last_cut_number(), vm.accepted().last_cut()}; }

    void grow(ActorId node, const Tip& accepted, const Tip& now) {
        Height& known = heights_[node];
        expect(now == accepted && accepted.height == known + 1,
               [&] {
                   return fmt::format("{} went from height {} to height {}",
                                      watch().participants().name(node), known, now.height);
               },
               {node});
        known = accepted.height;
    }
    void come_back(ActorId node, const Tip& now) {
        Height& known = heights_[node];
        expect(now.height >= known,
               [&] {
                   return fmt::format("{} came back at height {}, and had height {}",
                                      watch().participants().name(node), now.height, known);
               },
               {node});
        known = now.height;
    }
    void check_fetch(ActorId node, const Vm& vm) {
        const auto block = vm.get_block(vm.last_accepted());
        report_fetch(node, tip_of(vm), block && (*block)->id() == vm.last_accepted());
    }
    void check_fetch(ActorId node, const DagVm& vm) {
        const auto cut = vm.get_vertex(vm.accepted().last_cut());
        // A value that cannot be read is an I/O error, at which the node stops (S17).
        if (!cut && cut.error().code == ErrorCode::kStorage) return;
        report_fetch(node, tip_of(vm), cut && (*cut)->id() == vm.accepted().last_cut());
    }
    void report_fetch(ActorId node, const Tip& tip, bool is_there) {
        expect(is_there,
               [&] {
                   return fmt::format("{} cannot fetch its last accepted block {}",
                                      watch().participants().name(node), short_id(tip.id));
               },
               {node});
    }

    std::map<ActorId, Height> heights_;
};

// S13. At every accept: the new tip is indexed, the height above is "not found" and no other error,
// and one earlier height still has the block that was accepted there. After a restart: all heights.
class HeightIndexTotal final : public Invariant {
public:
    HeightIndexTotal()
        : Invariant({.id = "S13",
                     .name = "height-index",
                     .meaning = "the height index is total up to the tip, 'not found' above",
                     .reason = "Bridges, receipts and catching up read the chain by height. A "
                               "gap, or an error that is read as \"not found\", makes a node "
                               "answer that accepted history does not exist."}) {}

    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        look_at(node, {executed->state.head.height, executed->id}, index_of(vm));
    }
    // On a DAG the index counts cuts.
    void on_settled(ActorId node, const DagVm& vm, const CutResult& result) override {
        look_at(node, {result.cut->cut(), result.cut->id()}, index_of(vm));
    }
    void on_restarted(ActorId node, const Vm& vm) override {
        check_all(node, vm.last_accepted_height(), index_of(vm));
    }
    void on_dag_restarted(ActorId node, const DagVm& vm) override {
        check_all(node, vm.last_cut_number(), index_of(vm));
    }
    void on_disk_replaced(ActorId node) override { apart_.erase(node); }

private:
    using Index = std::function<Result<Hash32>(Height)>;
    struct Tip {
        Height height = 0;
        Hash32 id;
    };

    static Index index_of(const Vm& vm) {
        return [&vm](Height height) { return vm.block_id_at_height(height); };
    }
    static Index index_of(const DagVm& vm) {
        return [&vm](Height height) { return vm.accepted().cut_at(height); };
    }
    // A value that cannot be read is an I/O error, at which the node stops (S17).
    static bool is_unreadable(const Result<Hash32>& id) {
        return !id && id.error().code == ErrorCode::kStorage;
    }
    void look_at(ActorId node, const Tip& tip, const Index& index) {
        if (accepted_.try_emplace(tip.height, tip.id).first->second != tip.id)
            apart_.insert(node);  // S1 says so
        const auto id = index(tip.height);
        const auto above = index(tip.height + 1);
        if (is_unreadable(id)) return;
        expect(id && *id == tip.id && !above && above.error().code == ErrorCode::kNotFound,
               [&] {
                   return fmt::format("{} has a wrong index at height {}",
                                      watch().participants().name(node), tip.height);
               },
               {node});
        if (tip.height > 1) check_height(node, index, 1 + checks() % (tip.height - 1));
    }
    void check_all(ActorId node, Height last, const Index& index) {
        for (Height height = 0; height <= last; ++height) check_height(node, index, height);
    }
    void check_height(ActorId node, const Index& index, Height height) {
        const auto id = index(height);
        if (is_unreadable(id)) return;
        const auto known = accepted_.find(height);
        const bool is_known = known != accepted_.end() && !apart_.contains(node);
        expect(id && (!is_known || *id == known->second),
               [&] {
                   const std::string& name = watch().participants().name(node);
                   return id ? fmt::format("{} has another block at height {} than it accepted",
                                           name, height)
                             : fmt::format("{} lost height {}", name, height);
               },
               {node});
    }

    std::map<Height, Hash32> accepted_;
    std::set<ActorId> apart_;  // nodes that accepted another block somewhere
};

// S17. A crash leaves a node before or after the write that it interrupted, never in between; a
// node whose write failed does nothing more until it restarts, and no node stops for anything else.
class CrashIsBeforeOrAfter final : public Invariant {
public:
    CrashIsBeforeOrAfter()
        : Invariant({.id = "S17",
                     .name = "crash-before-or-after",
                     .meaning = "a crash leaves a state before or after a write; a node stops "
                                "for a failed disk and for nothing else",
                     .reason = "Power fails in the middle of writes. A node with half a write "
                               "holds balances that no block produced; a node that stops "
                               "without a failed disk takes its stake out of consensus for "
                               "nothing."}) {}

    void on_verified(ActorId node, const Vm&, const ExecutedPtr&) override { check_whole(node); }
    void before_accept(ActorId node, const Vm&, const ExecutedPtr& executed, AcceptedBy) override {
        check_whole(node);
        if (executed != nullptr) nodes_[node].writing = executed->id;
    }
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        nodes_[node] = {executed->id, std::nullopt, true, false};
    }
    void on_restarted(ActorId node, const Vm& vm) override {
        const Node known = nodes_[node];
        const bool before = known.has_accepted ? vm.last_accepted() == known.accepted
                                               : vm.last_accepted_height() == 0;
        expect(before || vm.last_accepted() == known.writing || known.has_lost,
               [&] {
                   return fmt::format(
                       "{} came back with block {}, which is neither the last that "
                       "it accepted nor the one it was accepting",
                       watch().participants().name(node), short_id(vm.last_accepted()));
               },
               {node});
        nodes_[node] = {vm.last_accepted(), std::nullopt, vm.last_accepted_height() > 0, false};
    }
    // What was lost may be all, or only the last writes.
    void on_disk_replaced(ActorId node) override {
        nodes_[node] = {};
        nodes_[node].has_lost = true;
    }
    void on_stopped(ActorId node, const Error& error) override {
        expect(false,
               [&] {
                   return fmt::format("{} stopped: {}", watch().participants().name(node),
                                      error.text());
               },
               {node});
    }

private:
    struct Node {
        Hash32 accepted;
        std::optional<Hash32> writing;
        bool has_accepted = false;
        bool has_lost = false;  // since it last ran
    };

    // Nothing to compare unless an accept is under way.
    void check_whole(ActorId node) {
        if (!nodes_[node].writing) return;
        expect(false,
               [&] {
                   return fmt::format("{} goes on although it failed to accept block {}",
                                      watch().participants().name(node),
                                      short_id(*nodes_[node].writing));
               },
               {node});
    }

    std::map<ActorId, Node> nodes_;
};

}  // namespace

void add_disk_invariants(Invariants& out) {
    out.push_back(std::make_unique<TipIsThere>());
    out.push_back(std::make_unique<HeightIndexTotal>());
    out.push_back(std::make_unique<CrashIsBeforeOrAfter>());
}

}  // namespace aivm::sim
