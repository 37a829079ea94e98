// S27: what honest nodes answer to blocks and vertices that a Byzantine validator has changed. The
// forger says which verdict each change deserves (sim/actors/block_mutations.h,
// vertex_mutations.h); the node's VM knows nothing of that.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "core/base/check.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/short_id.h"

namespace aivm::sim {
namespace {

constexpr std::size_t kForgeriesKept = 4096;  // the newest, over all forgers

std::string name_of(const std::optional<ErrorCode>& deserves) {
    return deserves ? fmt::format("refused with {}", error_name(*deserves)) : "verified";
}
std::string verb_of(const std::optional<ErrorCode>& code) {
    return code ? fmt::format("refuses with {}", error_name(*code)) : "verifies";
}
std::optional<ErrorCode> code_of(const Status& status) {
    return status ? std::nullopt : std::optional(status.error().code);
}

class ForgeriesAreJudged final : public Invariant {
public:
    ForgeriesAreJudged()
        : Invariant({.id = "S27",
                     .name = "forgeries-are-judged",
                     .meaning = "each correct node answers a forged block or vertex as its change "
                                "deserves",
                     .reason = "A forged block that one node takes and another refuses splits the "
                               "chain; one that all take changes money or rules that nobody "
                               "agreed to."}) {}

    void on_forged(ActorId node, const ForgedBlock& forged) override {
        note(*forged.block, {node, "block", forged.change, forged.refused_with});
    }
    void on_forged(ActorId node, const ForgedVertex& forged) override {
        note(*forged.vertex, {node, "vertex", forged.change, forged.refused_with});
    }
    void on_verdict(ActorId node, const Vm& vm, const Block& block, const Status& status) override {
        judge(node, vm, block, status);
    }
    void on_verdict(ActorId node, const DagVm& vm, const Vertex& vertex,
                    const Status& status) override {
        judge(node, vm, vertex, status);
    }

private:
    struct Forgery {
        ActorId forger = 0;
        std::string_view what;
        std::string_view change;
        std::optional<ErrorCode> deserves;  // nothing: it is valid
    };
    // The id does not cover the signature.
    using Key = std::pair<Hash32, Bytes>;

    template <class Item>
    void note(const Item& item, const Forgery& forgery) {
        const auto [place, is_new] =
            forgeries_.try_emplace({item.id(), item.authorization()}, forgery);
        if (is_new) order_.push_back(place);
        if (order_.size() <= kForgeriesKept) return;
        forgeries_.erase(order_.front());
        order_.pop_front();
    }
    template <class Item>
    [[nodiscard]] const Forgery* find(const Item& item) const {
        if (forgeries_.empty()) return nullptr;
        const auto found = forgeries_.find({item.id(), item.authorization()});
        return found == forgeries_.end() ? nullptr : &found->second;
    }

    template <class AnyVm, class Item>
    void judge(ActorId node, const AnyVm& vm, const Item& item, const Status& status) {
        const Forgery* const forgery = find(item);
        if (forgery == nullptr || !watch().correct(node)) return;
        const std::optional<ErrorCode> code = code_of(status);
        const bool right = code == forgery->deserves;
        if (!right && code && is_rightly_put_off(node, vm, item, *code)) return;
        const auto name = [&](ActorId id) { return watch().participants().name(id); };
        expect(right,
               [&] {
                   return fmt::format("{} {} {} {} ({}) of {}, which deserves to be {}", name(node),
                                      verb_of(code), forgery->what, short_id(item.id()),
                                      forgery->change, name(forgery->forger),
                                      name_of(forgery->deserves));
               },
               {node, forgery->forger});
    }

    // Whether the node has a reason of its own that says nothing about the change: its clock, or
    // that it does not hold the parent (any more).
    [[nodiscard]] bool is_rightly_put_off(ActorId node, const Vm& vm, const Block& block,
                                          ErrorCode code) const {
        if (code == ErrorCode::kTooEarly) return is_early(node, block.header().timestamp_ns);
        return code == ErrorCode::kBadParent && vm.executed(block.parent()) == nullptr;
    }
    // On a DAG its other vertices count, too: the forger's earlier ones, how many of them are in
    // flight, and an accepted one that has the same keys. A broken disk stops it.
    [[nodiscard]] bool is_rightly_put_off(ActorId node, const DagVm& vm, const Vertex& vertex,
                                          ErrorCode code) const {
        switch (code) {
            case ErrorCode::kTooEarly:
                return is_early(node, vertex.header().timestamp_ns);
            case ErrorCode::kBadParent:
                return std::ranges::any_of(vertex.parents(), [&](const Hash32& id) {
                    return id != vm.accepted().genesis_id() && !vm.get_vertex(id);
                });
            case ErrorCode::kConflict:
                return is_decided_otherwise(vm, vertex);
            default:
                return code == ErrorCode::kWindowNotOpen || code == ErrorCode::kLimitReached ||
                       code == ErrorCode::kStorage;
        }
    }
    [[nodiscard]] bool is_early(ActorId node, TimestampNs time) const {
        const auto latest =
            checked_add(watch().clock(node), watch().rules().parameters.policy.max_clock_skew_ns);
        return latest && time > *latest;
    }
    [[nodiscard]] bool is_decided_otherwise(const DagVm& vm, const Vertex& vertex) const {
        if (vertex.is_cut()) return vertex.cut() <= vm.last_cut_number();
        const auto policy = watch().rules().parameters.dag.value_or(DagPolicy{}).conflict_key;
        return std::ranges::any_of(conflict_keys(vertex, policy), [&](const ConflictKey& key) {
            const auto holder = vm.accepted().holder_of(key);
            return holder && *holder;
        });
    }

    std::map<Key, Forgery> forgeries_;
    std::deque<std::map<Key, Forgery>::iterator> order_;
};

}  // namespace

void add_verdict_invariants(Invariants& out) {
    out.push_back(std::make_unique<ForgeriesAreJudged>());
}

}  // namespace aivm::sim
