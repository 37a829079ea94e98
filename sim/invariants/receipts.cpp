// M1 and M2: what a Merkle root and an anchor say about the receipts of the chain.
#include <fmt/format.h>

#include <map>

#include "core/base/merkle.h"
#include "core/rewards/rewards.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

// The tree is built again from all leaves when it has grown by this much, and otherwise continued.
constexpr std::size_t kRebuildEvery = 64;

// M1. The root in a header is that of the receipts in their order, and no two lists share a root.
class RootDeterminesReceipts final : public Invariant {
public:
    RootDeterminesReceipts()
        : Invariant({.id = "M1",
                     .name = "root-determines-receipts",
                     .meaning = "a Merkle root determines its ordered receipts and their count",
                     .reason = "A light client accepts a receipt because it leads to the root "
                               "in a header. If two lists share a root, a payment or a result "
                               "that never happened can be proven to it."}) {}

    void on_chain(const Executed& block, const State&) override {
        if (watch().scenario().run.fidelity == Fidelity::kEconomic) return;  // its blocks have none
        const State& state = block.state;
        for (std::size_t i = leaves_.size(); i < state.receipts.size(); ++i) {
            leaves_.push_back(state.receipts[i].leaf());
            merkle::append(peaks_, i, leaves_.back());
        }
        const Hash32& claimed = block.block->header().receipt_root;
        Hash32 root = merkle::root(peaks_, leaves_.size());
        if (leaves_.size() >= rebuilt_ + kRebuildEvery) {
            root = merkle::root(leaves_);
            rebuilt_ = leaves_.size();
        }
        const auto [seen, first] = counts_.emplace(claimed, leaves_.size());
        expect(leaves_.size() == state.receipts.size() && claimed == root &&
                   (first || seen->second == leaves_.size()),
               [&] {
                   return fmt::format("the receipt root of block {} is not that of its {} receipts",
                                      state.head.height, state.receipts.size());
               });
    }

private:
    std::vector<Hash32> leaves_;
    std::vector<Hash32> peaks_;
    std::size_t rebuilt_ = 0;
    std::map<Hash32, std::size_t> counts_;  // of the receipts under each root seen
};

// M2. An anchor commits the receipt root that the chain has in the anchor's block.
class AnchorsWhatItHad final : public Invariant {
public:
    AnchorsWhatItHad()
        : Invariant({.id = "M2",
                     .name = "anchors-what-it-had",
                     .meaning = "every anchored root is a receipt root that the VM had",
                     .reason = "Other chains release money on the word of an anchored root. A "
                               "root that the VM never had lets somebody claim results and "
                               "payments that do not exist."}) {}

    void on_chain(const Executed& block, const State&) override {
        for (const VmEvent& e : block.events) {
            const auto* anchored = std::get_if<event::Anchored>(&e);
            if (anchored == nullptr) continue;
            const Hash32 root = receipt_root(block.state);
            expect(anchored->commit_root == root && block.state.head.last_anchor == root, [&] {
                return fmt::format("block {} anchored {}, and its receipt root is {}",
                                   block.state.head.height, to_hex(anchored->commit_root.view()),
                                   to_hex(root.view()));
            });
        }
    }
};

}  // namespace

void add_receipt_invariants(Invariants& out) {
    out.push_back(std::make_unique<RootDeterminesReceipts>());
    out.push_back(std::make_unique<AnchorsWhatItHad>());
}

}  // namespace aivm::sim
