// Twins (Bano, Sonnino, Chursin, Perelman, Malkhi, "Twins: BFT systems made robust",
// arXiv:2004.10617): one identity runs twice, and in each round the network is cut in two in some
// way. The engines are the honest ones; run twice, they equivocate, vote twice and forget locks.
// Every identity has a twin in turn, because identities lead in different rounds. Every way of
// cutting is tried, round by round; AIVM_TWINS=all does so for all four rounds.
//
// Engines that decide by polls promise agreement only by chance, except where a poll succeeds with
// the votes of all others alone: then no choice of the twin can make two decide differently. The
// canaries weaken that, or run more twins than the engine tolerates, and must be found.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <tuple>

#include "core/base/digest.h"
#include "sim/consensus/avalanche/avalanche.h"
#include "sim/consensus/bft/bft.h"
#include "sim/consensus/snowman/snowman.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"
#include "sim/testing/small_scope.h"

namespace aivm::sim::test {
namespace {

constexpr std::uint32_t kIdentities = 4;
constexpr std::uint32_t kRounds = 4;
constexpr SimTime kRoundTime = 9 * kSecond;  // longer than any of the first four rounds

using Cut = std::uint32_t;  // a bit for every instance: its side

// --- The engines ---

std::unique_ptr<ConsensusEngine> twin_bft(SmallNode& node) {
    BftConfig config;
    config.stakes.assign(kIdentities, 1);
    config.first_proposal_timeout_ns = config.proposal_timeout_ns;
    config.resend_ns = 3600 * static_cast<std::uint64_t>(kSecond);
    config.self = node.identity;
    return make_bft(config, node).value();
}

std::unique_ptr<ConsensusEngine> twin_hotstuff(SmallNode& node) {
    ChainSettings chain;
    chain.block_interval_ns = 0;
    const std::vector<std::uint64_t> stakes(kIdentities, 1);
    return kHotstuffEngine.make({chain, stakes, node.identity, node, node.stream}).value();
}

// A poll asks all three others, of whom `alpha` must agree.
std::unique_ptr<ConsensusEngine> twin_snowman(SmallNode& node, std::uint32_t alpha) {
    SnowmanConfig config;
    config.snow.k = kIdentities - 1;
    config.snow.alpha_preference = config.snow.alpha_confidence = alpha;
    config.snow.beta = 2;
    config.snow.concurrent_polls = 1;
    config.snow.sampling = SnowSampling::kDistinct;
    config.bootstrap.idle_probe_ns = 0;
    config.stakes.assign(kIdentities, 1);
    config.self = node.identity;
    return make_snowman(config, node, node.stream).value();
}

std::unique_ptr<ConsensusEngine> twin_avalanche(SmallNode& node, std::uint32_t alpha) {
    AvalancheConfig config;
    config.k = kIdentities - 1;
    config.votes = {.alpha = alpha, .beta_virtuous = 1, .beta_rogue = 2};
    config.concurrent_polls = 1;
    config.idle_probe_ns = 0;
    config.stakes.assign(kIdentities, 1);
    config.self = node.identity;
    return make_avalanche(config, node, node.stream).value();
}

// Every instance of a twin begins with an item of its own; on a DAG they share a job.
void build_rivals(SmallWorld& world) {
    const bool of_dag = !world.scope.is_chain;
    for (VoterIndex i = 0; i < world.nodes.size(); ++i) {
        if (!world.scope.byzantine.contains(world.nodes[i]->identity)) continue;
        world.build(i, i + 1,
                    of_dag ? std::vector{sha256(as_bytes("job"))} : std::vector<Hash32>{});
    }
}

struct TwinEngine {
    const char* name;
    bool of_dag;
    bool polls;  // only build_rivals() builds; else validators do when it is their turn
    std::unique_ptr<ConsensusEngine> (*make)(SmallNode& node);
    // One that two twins can make fork. There is none of hotstuff: with four validators it decides
    // nothing on a side that lacks one of them, because four leaders in a row must be there.
    std::unique_ptr<ConsensusEngine> (*make_weak)(SmallNode& node);
};
const TwinEngine kTwinEngines[] = {
    {"bft", false, false, twin_bft, twin_bft},
    {"hotstuff", false, false, twin_hotstuff, nullptr},
    {"snowman", false, true, [](SmallNode& node) { return twin_snowman(node, 3); },
     [](SmallNode& node) { return twin_snowman(node, 2); }},
    {"avalanche", true, true, [](SmallNode& node) { return twin_avalanche(node, 3); },
     [](SmallNode& node) { return twin_avalanche(node, 2); }}};

// The instances of all identities, and one more of each twin.
SmallScope twins_scope(const TwinEngine& engine, const std::set<VoterIndex>& twins, bool weak) {
    SmallScope scope;
    for (VoterIndex i = 0; i < kIdentities; ++i) {
        scope.identities.push_back(i);
        if (twins.contains(i)) scope.identities.push_back(i);
    }
    scope.byzantine = twins;
    scope.is_chain = !engine.of_dag;
    scope.make = weak ? engine.make_weak : engine.make;
    if (engine.polls) {
        scope.begin = build_rivals;
    } else {
        scope.builds = 16;
    }
    return scope;
}

// --- Rounds ---

// More messages than a round of any scenario has, where validators do not poll: engines that answer
// each other for ever are a defect too.
constexpr std::size_t kMessagesMax = 20'000;
// Validators that poll ask again as long as they disagree, so that their rounds are ended.
constexpr std::size_t kPollMessagesMax = 400;

class Round {
public:
    Round(SmallWorld& world, Cut cut, bool polls) : world_(world), cut_(cut), polls_(polls) {}

    void play(SimTime until) {
        exchange();
        while (!is_over()) {
            const SmallNode* next = nullptr;
            for (const auto& node : world_.nodes) {
                if (node->timers.empty() || node->timers.begin()->due > until) continue;
                if (next == nullptr || node->timers.begin()->due < next->timers.begin()->due)
                    next = node.get();
            }
            if (next == nullptr) return;
            world_.happen({SmallEventKind::kTimer, next->self});
            exchange();
        }
    }

private:
    [[nodiscard]] bool is_over() const {
        return !world_.violation.empty() || (polls_ && messages_ > kPollMessagesMax);
    }
    [[nodiscard]] bool crosses(const SmallWorld::Parcel& parcel) const {
        return (cut_ >> parcel.from & 1) != (cut_ >> parcel.to & 1);
    }
    // Delivers what can be delivered, in the order in which it was sent, and drops what crosses the
    // cut.
    void exchange() {
        while (!is_over()) {
            for (const auto& node : world_.nodes)
                if (node->built < world_.scope.builds && node->engine->wants_block())
                    world_.happen({SmallEventKind::kBuild, node->self});
            std::vector<SmallEvent> due;
            for (const auto& [digest, parcel] : world_.under_way)
                due.push_back(
                    {crosses(parcel) ? SmallEventKind::kDrop : SmallEventKind::kDeliver, digest});
            if (due.empty()) return;
            for (const SmallEvent& event : due) world_.happen(event);
            messages_ += due.size();
            if (messages_ > kMessagesMax) world_.violation = "an exchange of messages does not end";
        }
    }

    SmallWorld& world_;
    Cut cut_;
    bool polls_;
    std::size_t messages_ = 0;
};

struct Enumerated {
    std::uint64_t scenarios = 0;
    std::uint64_t deciding = 0;  // in which an honest node decided something
    std::string violation;
};

// All ways of cutting in the first `free` rounds; afterwards the cuts of those rounds again.
Enumerated enumerate(const SmallScope& scope, std::uint32_t free, bool polls) {
    const Cut cuts = Cut{1} << (scope.identities.size() - 1);  // the last instance is on side 0
    Enumerated out;
    std::uint64_t count = 1;
    for (std::uint32_t i = 0; i < free; ++i) count *= cuts;
    for (std::uint64_t number = 0; number < count && out.violation.empty(); ++number) {
        SmallWorld world(scope);
        std::uint64_t left = number;
        std::vector<Cut> chosen;
        for (std::uint32_t i = 0; i < free; ++i) {
            chosen.push_back(static_cast<Cut>(left % cuts));
            left /= cuts;
        }
        for (std::uint32_t round = 0; round < kRounds; ++round)
            Round(world, chosen[round % free], polls).play((round + 1) * kRoundTime);
        ++out.scenarios;
        if (!world.decided.empty() || !world.holders.empty()) ++out.deciding;
        if (!world.violation.empty()) out.violation = world.violation;
    }
    return out;
}

void PrintTo(const TwinEngine& engine, std::ostream* out) { *out << engine.name; }

class OneTwin : public ::testing::TestWithParam<std::tuple<TwinEngine, VoterIndex>> {};

TEST_P(OneTwin, BreaksNoAgreement) {
    const auto& [engine, twin] = GetParam();
    const char* const all = std::getenv("AIVM_TWINS");
    const SmallScope scope = twins_scope(engine, {twin}, false);
    const Enumerated found = enumerate(scope, all == nullptr ? 2 : kRounds, engine.polls);
    std::cout << fmt::format("{} with identity {} twice: {} scenarios, {} with a decision\n",
                             engine.name, twin, found.scenarios, found.deciding);
    EXPECT_EQ(found.violation, "");
    EXPECT_GT(found.deciding, found.scenarios / 16);
}

INSTANTIATE_TEST_SUITE_P(Twins, OneTwin,
                         ::testing::Combine(::testing::ValuesIn(kTwinEngines),
                                            ::testing::Range(VoterIndex{0}, kIdentities)),
                         [](const auto& one) {
                             return fmt::format("{}_{}", std::get<0>(one.param).name,
                                                std::get<1>(one.param));
                         });

std::vector<TwinEngine> engines_that_fork() {
    std::vector<TwinEngine> out;
    std::ranges::copy_if(kTwinEngines, std::back_inserter(out),
                         [](const TwinEngine& engine) { return engine.make_weak != nullptr; });
    return out;
}

// Beyond what the engine promises: the enumeration must find it.
class TwoTwins : public ::testing::TestWithParam<TwinEngine> {};

TEST_P(TwoTwins, OfFourForkWhatIsDecided) {
    const Enumerated found = enumerate(twins_scope(GetParam(), {2, 3}, true), 2, GetParam().polls);
    EXPECT_TRUE(found.violation.starts_with("two items")) << found.violation;
}

INSTANTIATE_TEST_SUITE_P(Twins, TwoTwins, ::testing::ValuesIn(engines_that_fork()),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace aivm::sim::test
