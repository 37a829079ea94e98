// How little an engine takes: a message of its own, a class, and a row. Every node accepts what
// node 0 announces, in order; nothing is repeated, so the network must lose nothing.
#include <gtest/gtest.h>

#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"
#include "sim/testing/test_network.h"

namespace aivm::sim {
namespace {

struct Announcement {
    static constexpr std::uint8_t kKind = 0;
    BlockRef block;
    static constexpr auto fields() { return std::tuple{field<&Announcement::block>()}; }
    [[nodiscard]] std::optional<Hash32> attached_item() const { return block.id; }
};

class ToyEngine final : public ConsensusEngine {
public:
    explicit ToyEngine(const EngineSetup& setup) : self_(setup.self), nodes_(setup.stakes.size()) {}

    void step(SimTime, const Input& input, Actions& out) override {
        if (const auto* started = std::get_if<Started>(&input)) {
            tip_ = started->last_accepted.ref();
            out.push_back(Prefer{{tip_.id}});
        } else if (const auto* received = std::get_if<ItemReceived>(&input)) {
            item_ = received->item;
            out.push_back(Verify{item_.id});
        } else if (const auto* verdict = std::get_if<Verdict>(&input)) {
            EXPECT_EQ(verdict->id, item_.id);
            accept(item_, out);
        } else if (const auto* built = std::get_if<ItemBuilt>(&input)) {
            accept(built->item, out);
            const Message announcement = Announcement{built->item.ref()};
            for (VoterIndex to = 1; to < nodes_; ++to) out.push_back(Send{to, announcement});
        }
    }
    [[nodiscard]] BlockRef last_accepted() const override { return tip_; }
    [[nodiscard]] BlockRef preferred() const override { return tip_; }
    [[nodiscard]] std::size_t processing() const override { return 0; }
    [[nodiscard]] bool bootstrapping() const override { return false; }
    [[nodiscard]] bool wants_block() const override { return self_ == 0; }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

private:
    void accept(const Item& item, Actions& out) {
        tip_ = item.ref();
        out.push_back(Accept{item.id, AcceptedBy::kSequencer});
        out.push_back(Prefer{{item.id}});
    }

    VoterIndex self_;
    std::size_t nodes_;
    BlockRef tip_;
    Item item_;
    EngineCounters counters_;
};

constexpr EngineRow kToyEngine{
    .sole_proposer = true,
    .check = [](const ChainSettings&) { return std::vector<EngineProblem>{}; },
    .make = [](const EngineSetup& setup) -> Result<std::unique_ptr<ConsensusEngine>> {
        return std::make_unique<ToyEngine>(setup);
    },
    .decode = decode_message_of<Announcement>};

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
