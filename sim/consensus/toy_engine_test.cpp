// How little an engine takes: a message of its own, a class, and a row. Every node accepts what
// node 0 announces, in order; nothing is repeated, so the network must lose nothing.
#include <gtest/gtest.h>

#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"
#include "sim/testing/test_network.h"

namespace aivm::sim {
namespace {

struct Announcement {
    BlockRef block;
    [[nodiscard]] std::uint64_t bytes() const { return kBlockRefBytes; }
    [[nodiscard]] std::uint64_t digest() const { return digest_of(block); }
    [[nodiscard]] std::optional<Hash32> attached_block() const { return block.id; }
};

class ToyEngine final : public ConsensusEngine {
public:
    explicit ToyEngine(const EngineSetup& setup) : self_(setup.self), nodes_(setup.stakes.size()) {}

    void start(const BlockInfo& last_accepted, const StartOptions&, Actions& out) override {
        tip_ = last_accepted.ref();
        out.push_back(Prefer{tip_.id});
    }
    void on_body(VoterIndex, const BlockInfo& block, Actions& out) override {
        out.push_back(Verify{block.id});
    }
    void on_verified(const BlockInfo& block, Actions& out) override {
        tip_ = block.ref();
        out.push_back(Accept{block.id, AcceptedBy::kSequencer});
        out.push_back(Prefer{block.id});
    }
    void on_invalid(const Hash32&, Actions&) override {}
    void on_own_block(const BlockInfo& block, Actions& out) override {
        on_verified(block, out);
        const Message announcement = Announcement{block.ref()};
        for (VoterIndex to = 1; to < nodes_; ++to) out.push_back(Send{to, announcement});
    }
    void on_message(VoterIndex from, const Message& message, Actions&) override {
        EXPECT_EQ(from, 0U);
        EXPECT_EQ(message.get_if<Announcement>()->block, tip_);  // its body came first
    }
    void on_timer(TimerId, Actions&) override {}
    [[nodiscard]] BlockRef last_accepted() const override { return tip_; }
    [[nodiscard]] BlockRef preferred() const override { return tip_; }
    [[nodiscard]] std::size_t processing() const override { return 0; }
    [[nodiscard]] bool bootstrapping() const override { return false; }
    [[nodiscard]] bool wants_block() const override { return self_ == 0; }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

private:
    VoterIndex self_;
    std::size_t nodes_;
    BlockRef tip_;
    EngineCounters counters_;
};

constexpr EngineRow kToyEngine{
    .sole_proposer = true,
    .check = [](const ChainSettings&) { return std::vector<EngineProblem>{}; },
    .make = [](const EngineSetup& setup) -> Result<std::unique_ptr<ConsensusEngine>> {
        return std::make_unique<ToyEngine>(setup);
    }};

TEST(ToyEngine, RunsThroughTheInterfaceAndItsRowAlone) {
    const ChainSettings chain;
    const std::vector<std::uint64_t> stakes(4, 1);
    const auto make = [&](test::TestNode& node) {
        return kToyEngine.make({chain, stakes, node.self, node, node.random}).value();
    };
    test::TestNetwork network(4, {.delay_min_ns = 5, .delay_max_ns = 5}, make);
    for (std::uint64_t number = 1; number <= 3; ++number) {
        EXPECT_TRUE(network.nodes[0]->engine->wants_block());
        network.nodes[0]->build(number);
        EXPECT_TRUE(network.run(test::kMs, [&] { return network.all_at(number); }));
    }
    EXPECT_EQ(network.nodes[3]->engine->last_accepted(), network.nodes[0]->engine->preferred());
}

}  // namespace
}  // namespace aivm::sim
