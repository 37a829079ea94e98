// The DAG's votes: against scripts recorded from the last deployed DAG engine, against a slow model
// on random play, and cases worked out by hand.
#include "sim/consensus/avalanche/vertex_votes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <tuple>

#include "sim/testing/snow_vectors.h"

namespace aivm::sim {
namespace {

using Json = nlohmann::json;
using Ids = std::vector<Hash32>;

Hash32 vertex_id(int number) {
    Hash32 id;
    id.bytes[0] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[1] = static_cast<std::uint8_t>(number);
    return id;
}

int number_of(const Hash32& id) { return id.bytes[0] << 8 | id.bytes[1]; }

std::vector<int> numbers_of(const Ids& ids) {
    std::vector<int> out;
    for (const Hash32& id : ids) out.push_back(number_of(id));
    std::ranges::sort(out);
    return out;
}

// Adds vertices by number, and computes the heights and conflicts that VertexVotes asks for.
class Board {
public:
    explicit Board(const AvalancheThresholds& thresholds) : votes(thresholds) {}

    void add(int number, const std::vector<int>& parents, const std::vector<int>& keys) {
        VertexVotes::Item item{vertex_id(number), 0, {}, {}};
        for (const int parent : parents) {
            item.parents.push_back(vertex_id(parent));
            item.height = std::max(item.height, heights_[parent] + 1);
        }
        for (const auto& [rival, theirs] : keys_) {
            const bool shares = std::ranges::any_of(
                keys, [&](int key) { return std::ranges::count(theirs, key) != 0; });
            if (shares && votes.contains(vertex_id(rival))) item.rivals.push_back(vertex_id(rival));
        }
        heights_[number] = item.height;
        keys_[number] = keys;
        votes.add(item);
    }
    VertexVotes::Decisions poll(const std::vector<std::vector<int>>& responses) {
        std::vector<Ids> ids;
        for (const auto& response : responses) {
            ids.emplace_back();
            for (const int number : response) ids.back().push_back(vertex_id(number));
        }
        return votes.poll(ids);
    }
    // `count` responders that all answer `vertex`.
    VertexVotes::Decisions unanimous(int vertex, std::size_t count = 5) {
        return poll(std::vector<std::vector<int>>(count, {vertex}));
    }

    VertexVotes votes;

private:
    std::map<int, Height> heights_;
    std::map<int, std::vector<int>> keys_;
};

std::vector<int> list(const Json& step, const char* key) {
    auto out = step.value(key, std::vector<int>());
    std::ranges::sort(out);
    return out;
}

void run_step(Board& board, const Json& step, const std::string& where) {
    VertexVotes::Decisions decided;
    if (step.contains("add")) {
        const Json& vertex = step.at("add");
        std::vector<int> keys;
        for (const Json& transaction : vertex.at("txs")) {
            for (const int key : transaction.at(1)) keys.push_back(key);
        }
        board.add(vertex.at("v"), vertex.at("parents"), keys);
    } else {
        decided = board.poll(step.at("poll").get<std::vector<std::vector<int>>>());
    }
    EXPECT_EQ(numbers_of(decided.accepted), list(step, "acc")) << where;
    EXPECT_EQ(numbers_of(decided.rejected), list(step, "rej")) << where;
    EXPECT_EQ(board.votes.size(), step.at("np").get<std::size_t>()) << where;
    std::vector<int> undecided;
    for (const int number : list(step, "pref")) {
        if (board.votes.contains(vertex_id(number))) undecided.push_back(number);
    }
    EXPECT_EQ(numbers_of(board.votes.preferred_frontier()), undecided) << where;
}

TEST(VertexVotes, EveryRecordedScriptGivesTheSameStatesStepByStep) {
    int scripts = 0;
    for (const Json& script : test::snow_scripts(AIVM_SOURCE_DIR "/sim/consensus/avalanche/vectors",
                                                 "avalanche.json", "snow-avalanche/1")) {
        if (script.at("mode") != "deps") continue;  // in the others a vertex is not the unit
        ++scripts;
        Board board({script.at("alpha"), script.at("bv"), script.at("br"), 0});
        int number = 0;
        for (const Json& step : script.at("steps")) {
            run_step(board, step,
                     fmt::format("{}, step {}", script.at("name").get<std::string>(), number++));
            if (testing::Test::HasFailure()) return;
        }
    }
    EXPECT_GT(scripts, 0);
}

const AvalancheThresholds kFour{4, 2, 3};  // of five responders

TEST(VertexVotes, AResponderThatEndorsesTwoRivalsCountsForNeither) {
    Board board(kFour);
    board.add(1, {0}, {7});
    board.add(2, {0}, {7});
    board.poll({{1}, {1}, {1}, {1, 2}, {2}});
    EXPECT_EQ(board.votes.confidence(vertex_id(1)), 0U);
    board.poll({{1}, {1}, {1}, {1}, {1, 2}});
    EXPECT_EQ(board.votes.confidence(vertex_id(1)), 1U);
    EXPECT_EQ(board.votes.confidence(vertex_id(2)), 0U);
}

TEST(VertexVotes, ItStillCountsForVerticesAboveTheRivals) {
    Board board(kFour);
    board.add(1, {0}, {7});
    board.add(2, {0}, {7});
    board.add(3, {1}, {8});
    board.add(4, {2}, {9});
    // All five endorse 3 and 4, and with them the rivals 1 and 2.
    board.poll(std::vector<std::vector<int>>(5, {3, 4}));
    EXPECT_EQ(board.votes.confidence(vertex_id(1)), 0U);
    EXPECT_EQ(board.votes.confidence(vertex_id(2)), 0U);
    EXPECT_EQ(board.votes.confidence(vertex_id(3)), 1U);
    EXPECT_EQ(board.votes.confidence(vertex_id(4)), 1U);
}

TEST(VertexVotes, ATieDoesNotChangeThePreference) {
    Board board(kFour);
    board.add(1, {0}, {7});
    board.add(2, {0}, {7});
    EXPECT_TRUE(board.votes.preferred(vertex_id(1))) << "the newcomer loses";
    board.unanimous(2);
    EXPECT_TRUE(board.votes.preferred(vertex_id(2)));
    board.unanimous(1);
    EXPECT_TRUE(board.votes.preferred(vertex_id(2))) << "one all";
    board.unanimous(1);
    EXPECT_TRUE(board.votes.preferred(vertex_id(1)));
    const auto decided = board.unanimous(1);
    EXPECT_EQ(decided.accepted, Ids{vertex_id(1)});
    EXPECT_EQ(decided.rejected, Ids{vertex_id(2)});
}

TEST(VertexVotes, ARogueVertexNeedsMorePolls) {
    Board virtuous(kFour);
    virtuous.add(1, {0}, {7});
    EXPECT_TRUE(virtuous.unanimous(1).accepted.empty());
    EXPECT_EQ(virtuous.unanimous(1).accepted, Ids{vertex_id(1)});
    Board rogue(kFour);
    rogue.add(1, {0}, {7});
    rogue.unanimous(1);
    rogue.add(2, {0}, {7});
    EXPECT_TRUE(rogue.unanimous(1).accepted.empty());
    EXPECT_EQ(rogue.unanimous(1).accepted, Ids{vertex_id(1)});
}

TEST(VertexVotes, TooFewResponsesClearEveryConfidence) {
    Board board(kFour);
    board.add(1, {0}, {7});
    board.unanimous(1);
    board.poll({{1}, {1}, {1}, {}, {}});
    EXPECT_EQ(board.votes.confidence(vertex_id(1)), 0U);
    EXPECT_TRUE(board.unanimous(1).accepted.empty());
    EXPECT_EQ(board.unanimous(1).accepted, Ids{vertex_id(1)});
}

// Deployed code stops there.
TEST(VertexVotes, TheRejectionOfAnAncestorTakesAPendingVertexAlong) {
    Board board({4, 2, 4});
    board.add(1, {0}, {7});
    board.add(2, {0}, {7});
    board.add(3, {2}, {8});
    board.unanimous(3);
    board.unanimous(3);
    EXPECT_TRUE(board.votes.pending(vertex_id(3))) << "virtuous, and its parent is not decided";
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(board.unanimous(1).accepted.empty());
    EXPECT_TRUE(board.votes.pending(vertex_id(3))) << "failed polls do not take it back";
    const auto decided = board.unanimous(1);
    EXPECT_EQ(decided.accepted, Ids{vertex_id(1)});
    EXPECT_EQ(decided.rejected, (Ids{vertex_id(2), vertex_id(3)}));
    EXPECT_EQ(board.votes.size(), 0U);
}

// a-b and b-c do not give a-c: with b rejected both others can be accepted.
TEST(VertexVotes, ConflictsAreNoClasses) {
    Board board(kFour);
    board.add(1, {0}, {7});
    board.add(2, {0}, {7, 8});
    board.add(3, {0}, {8});
    for (int i = 0; i < 2; ++i) board.poll(std::vector<std::vector<int>>(5, {1, 3}));
    const auto decided = board.poll(std::vector<std::vector<int>>(5, {1, 3}));
    EXPECT_EQ(decided.accepted, (Ids{vertex_id(1), vertex_id(3)}));
    EXPECT_EQ(decided.rejected, Ids{vertex_id(2)});
}

const AvalancheThresholds kShortStalemate{4, 2, 3, 6};

// Three camps of about the same size, of which none can win a poll.
TEST(VertexVotes, RivalsOfWhichNoneWinsPollsAreRankedInTheEnd) {
    Board board(kShortStalemate);
    for (const int number : {3, 1, 2}) board.add(number, {0}, {7});
    board.unanimous(2);
    for (int i = 0; i < 6; ++i) {
        EXPECT_TRUE(board.votes.preferred(vertex_id(2)));
        board.poll({{3}, {3}, {1}, {1}, {2}});
    }
    // Six polls later at the latest.
    for (int i = 0; i < 6; ++i) board.poll({{3}, {3}, {1}, {1}, {2}});
    EXPECT_TRUE(board.votes.preferred(vertex_id(1)));
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(board.unanimous(1).accepted.empty());
    EXPECT_EQ(board.unanimous(1).accepted, Ids{vertex_id(1)});
}

// 4 stands on 1 and 5 on 2; 4 is a rival of 2, and 5 of 1. With 4 and 5 preferred, no vertex has
// only preferred ancestors: polls say nothing, for ever. Ids would rank them so.
TEST(VertexVotes, InAStalemateThoseWithoutUndecidedAncestorsComeFirst) {
    Board board(kShortStalemate);
    board.add(8, {0}, {1});
    board.add(9, {0}, {2});
    board.add(4, {8}, {2});
    board.add(5, {9}, {1});
    for (int i = 0; i < 4; ++i) board.poll({{4}, {4}, {4}, {5}, {5}});
    for (int i = 0; i < 12; ++i) board.poll({{0}, {0}, {0}, {0}, {0}});
    EXPECT_EQ(numbers_of(board.votes.strongly_preferred()), (std::vector<int>{8, 9}));
}

TEST(VertexVotes, ARivalThatWinsAPollNowAndThenIsInNoStalemate) {
    Board board(kShortStalemate);
    board.add(2, {0}, {7});
    board.add(1, {0}, {7});
    for (int i = 0; i < 30; ++i) {
        board.poll({{2}, {2}, {1}, {1}, {1}});
        if (i % 4 == 0) board.unanimous(2);
        EXPECT_TRUE(board.votes.preferred(vertex_id(2)));
    }
}

TEST(VertexVotes, PollsWithoutEnoughResponsesMakeNoStalemate) {
    Board board(kShortStalemate);
    board.add(2, {0}, {7});
    board.add(1, {0}, {7});
    for (int i = 0; i < 30; ++i) board.poll({{2}, {1}, {1}, {}, {}});
    EXPECT_TRUE(board.votes.preferred(vertex_id(2)));
}

// The rules once more, without slots, bits or shortcuts: sets of numbers, and everything is
// computed anew for each poll.
struct SlowVertex {
    std::set<int> parents, rivals, losing_to;
    Height height = 0;
    int successes = 0, confidence = 0, quiet = 0;
    bool rogue = false, pending = false;
};
struct SlowVotes {
    AvalancheThresholds thresholds;
    std::map<int, SlowVertex> vertices;
    std::set<int> accepted, rejected;
    unsigned answered = 0;

    void add(int number, Height height, const std::set<int>& parents, const std::set<int>& rivals) {
        vertices[number] = {parents, rivals, rivals, height, 0, 0, 0, !rivals.empty(), false};
        for (const int rival : rivals) {
            vertices[rival].rivals.insert(number);
            vertices[rival].rogue = true;
        }
    }
    void endorse(int number, std::set<int>& out) const {
        const auto found = vertices.find(number);
        if (found == vertices.end()) return;
        out.insert(number);
        for (const int parent : found->second.parents) endorse(parent, out);
    }
    void poll(const std::vector<std::vector<int>>& responses) {
        std::map<int, unsigned> counts;
        unsigned given = 0;
        for (const auto& response : responses) {
            given += response.empty() ? 0 : 1;
            std::set<int> endorsed;
            for (const int number : response) endorse(number, endorsed);
            for (const int number : endorsed) {
                const auto& rivals = vertices.at(number).rivals;
                if (std::ranges::none_of(rivals, [&](int r) { return endorsed.contains(r); }))
                    ++counts[number];
            }
        }
        for (auto& [number, vertex] : vertices) {
            const bool success = given >= thresholds.alpha && counts[number] >= thresholds.alpha;
            vertex.confidence = success ? vertex.confidence + 1 : 0;
            vertex.successes += success ? 1 : 0;
            vertex.quiet = success ? 0 : vertex.quiet + (given >= thresholds.alpha ? 1 : 0);
            const auto beta = vertex.rogue ? thresholds.beta_rogue : thresholds.beta_virtuous;
            if (vertex.confidence >= static_cast<int>(beta)) vertex.pending = true;
        }
        for (auto& [number, vertex] : vertices) {
            if (vertex.confidence == 0) continue;
            for (const int rival : std::set<int>(vertex.losing_to)) {
                if (vertex.successes <= vertices.at(rival).successes) continue;
                vertex.losing_to.erase(rival);
                vertices.at(rival).losing_to.insert(number);
            }
        }
        if (given >= thresholds.alpha && ++answered % thresholds.stalemate_polls == 0)
            end_stalemates();
        while (accept_one()) {
        }
    }
    [[nodiscard]] bool is_stuck(const SlowVertex& vertex) const {
        return vertex.quiet >= static_cast<int>(thresholds.stalemate_polls) && !vertex.pending;
    }
    void end_stalemates() {
        for (auto& [number, vertex] : vertices) {
            if (!is_stuck(vertex) || vertex.rivals.empty()) continue;
            vertex.successes = 0;
            for (const int rival : vertex.rivals) {
                const SlowVertex& other = vertices.at(rival);
                if (!is_stuck(other)) continue;
                vertex.losing_to.erase(rival);
                if (std::tie(other.height, rival) < std::tie(vertex.height, number))
                    vertex.losing_to.insert(rival);
            }
        }
    }
    bool accept_one() {
        for (const auto& [number, vertex] : vertices) {
            const bool free = std::ranges::none_of(
                vertex.parents, [&](int parent) { return vertices.contains(parent); });
            if (!vertex.pending || !free) continue;
            const std::set<int> rivals = vertex.rivals;
            accepted.insert(number);
            remove(number);
            for (const int rival : rivals) reject(rival);
            return true;
        }
        return false;
    }
    void reject(int number) {
        if (!vertices.contains(number)) return;
        rejected.insert(number);
        std::set<int> children;
        for (const auto& [child, vertex] : vertices)
            if (vertex.parents.contains(number)) children.insert(child);
        remove(number);
        for (const int child : children) reject(child);
    }
    void remove(int number) {
        vertices.erase(number);
        for (auto& [other, vertex] : vertices) {
            vertex.rivals.erase(number);
            vertex.losing_to.erase(number);
        }
    }
};

// One DAG that both implementations hold, and random play on it.
class Play {
public:
    explicit Play(std::uint64_t seed)
        : random_(seed),
          thresholds_{4, static_cast<std::uint32_t>(1 + below(3)),
                      static_cast<std::uint32_t>(3 + below(3)),
                      static_cast<std::uint32_t>(6 + below(6))},
          votes_(thresholds_),
          slow_{thresholds_, {}, {}, {}} {}

    void step() {
        if (below(3) == 0) {
            add();
        } else {
            poll();
        }
    }
    [[nodiscard]] bool rejected_any() const { return !slow_.rejected.empty(); }

private:
    int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }

    // The next vertex, on up to two undecided parents.
    void add() {
        std::vector<int> undecided;
        for (const auto& [number, vertex] : slow_.vertices) undecided.push_back(number);
        const int number = next_++;
        VertexVotes::Item item{vertex_id(number), 1, {}, {}};
        std::set<int> parents;
        for (int i = below(3); i > 0 && !undecided.empty(); --i) {
            const int size = static_cast<int>(undecided.size());
            parents.insert(undecided[static_cast<std::size_t>(below(size))]);
        }
        for (const int parent : parents) {
            item.parents.push_back(vertex_id(parent));
            item.height = std::max(item.height, heights_[parent] + 1);
            ancestors_[number].insert(parent);
            ancestors_[number].insert(ancestors_[parent].begin(), ancestors_[parent].end());
        }
        heights_[number] = item.height;
        keys_[number] = {below(6), below(12)};
        std::set<int> rivals;
        for (const int other : undecided) {
            const bool shares = std::ranges::any_of(
                keys_[number], [&](int key) { return keys_[other].contains(key); });
            if (shares && !ancestors_[number].contains(other)) rivals.insert(other);
        }
        for (const int rival : rivals) item.rivals.push_back(vertex_id(rival));
        votes_.add(item);
        slow_.add(number, item.height, parents, rivals);
    }

    // Five responders that mostly agree, so that polls succeed.
    void poll() {
        const int favourite = next_ - 1 - below(std::min(next_, 6));
        std::vector<std::vector<int>> responses(5);
        for (auto& response : responses) {
            if (below(12) == 0) continue;
            response.push_back(below(6) == 0 ? below(next_) : favourite);
            if (below(2) == 0) response.push_back(below(next_));
        }
        std::vector<Ids> ids;
        for (const auto& response : responses) {
            ids.emplace_back();
            for (const int number : response) ids.back().push_back(vertex_id(number));
        }
        const auto decided = votes_.poll(ids);
        slow_.poll(responses);
        for (const int number : numbers_of(decided.accepted))
            RC_ASSERT(accepted_.insert(number).second);
        for (const int number : numbers_of(decided.rejected))
            RC_ASSERT(rejected_.insert(number).second);
        compare();
    }

    void compare() const {
        RC_ASSERT(accepted_ == slow_.accepted);
        RC_ASSERT(rejected_ == slow_.rejected);
        RC_ASSERT(votes_.size() == slow_.vertices.size());
        for (const auto& [number, vertex] : slow_.vertices) {
            const Hash32 id = vertex_id(number);
            RC_ASSERT(static_cast<int>(votes_.confidence(id)) == vertex.confidence);
            RC_ASSERT(votes_.preferred(id) == vertex.losing_to.empty());
            RC_ASSERT(votes_.pending(id) == vertex.pending);
            RC_ASSERT(votes_.rogue(id) == vertex.rogue);
        }
    }

    std::mt19937_64 random_;
    AvalancheThresholds thresholds_;
    VertexVotes votes_;
    SlowVotes slow_;
    std::map<int, std::set<int>> keys_, ancestors_;
    std::map<int, Height> heights_;
    std::set<int> accepted_, rejected_;
    int next_ = 1;
};

RC_GTEST_PROP(VertexVotes, AgreeWithASlowModelOnRandomPlay, ()) {
    Play play(*rc::gen::arbitrary<std::uint64_t>());
    for (int step = 0; step < 120; ++step) play.step();
    RC_CLASSIFY(play.rejected_any(), "rejects");
}

}  // namespace
}  // namespace aivm::sim
