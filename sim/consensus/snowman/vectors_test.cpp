// The scripts recorded from the deployed implementation (vectors/README.md), step by step.
// AIVM_SNOW_VECTORS=DIR runs another folder of the format.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "sim/consensus/snowman/poll.h"
#include "sim/consensus/snowman/snow_tree.h"
#include "sim/testing/snow_vectors.h"

namespace aivm::sim {
namespace {

using Json = nlohmann::json;

Json read_vectors(const std::string& name, const std::string& format) {
    return test::snow_scripts(AIVM_SOURCE_DIR "/sim/consensus/snowman/vectors", name, format);
}

class Script {
public:
    explicit Script(const Json& script) {
        for (const Json& hex : script.at("ids")) {
            Bytes bytes = from_hex(hex.get<std::string>()).value();
            bytes.resize(Hash32::size_bytes);
            Hash32 id;
            std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
            ids_.push_back(id);
        }
    }
    [[nodiscard]] const Hash32& id(const Json& index) const {
        return ids_.at(index.get<std::size_t>());
    }
    [[nodiscard]] std::size_t index(const Hash32& id) const {
        const auto found = std::ranges::find(ids_, id);
        EXPECT_NE(found, ids_.end());
        return static_cast<std::size_t>(found - ids_.begin());
    }
    // "[[id, votes], ...]".
    [[nodiscard]] std::vector<VoteCount> votes(const Json& list) const {
        std::vector<VoteCount> out;
        for (const Json& each : list) out.push_back({id(each[0]), each[1].get<std::uint32_t>()});
        return out;
    }

private:
    std::vector<Hash32> ids_;
};

SnowThresholds thresholds_of(const Json& script) {
    return {script.at("ap").get<std::uint32_t>(), script.at("ac").get<std::uint32_t>(),
            script.value("beta", 1U)};
}

std::string place(const Json& script, std::size_t step) {
    return script.at("name").get<std::string>() + " step " + std::to_string(step);
}

// --- tree.json: one instance ---

Json nodes_of(const SnowTree& tree) {
    Json out = Json::array();
    for (const SnowTree::NodeView& node : tree.nodes()) {
        if (node.binary) {
            out.push_back({"b", node.from, node.preferred, node.confidence, node.finalized});
        } else {
            out.push_back({"u", node.from, node.to, node.confidence, node.finalized});
        }
    }
    return out;
}

void play_tree(const Json& json) {
    const Script script(json);
    SnowTree tree(thresholds_of(json), script.id(0));
    std::size_t number = 0;
    for (const Json& step : json.at("steps")) {
        SCOPED_TRACE(place(json, number++));
        const bool was_final = tree.finalized();
        if (step.contains("add")) {
            tree.add(script.id(step["add"]));
        } else if (step.contains("falter")) {
            tree.record_failed_poll();
        } else {
            const bool successful = tree.record_poll(script.votes(step.at("poll")));
            EXPECT_TRUE(was_final || successful == step.at("ok").get<bool>());
        }
        EXPECT_EQ(script.index(tree.preference()), step.at("pref").get<std::size_t>());
        EXPECT_EQ(tree.finalized(), step.at("fin").get<bool>());
        EXPECT_EQ(nodes_of(tree), step.value("nodes", nodes_of(tree)));
        if (::testing::Test::HasFailure()) return;
    }
}

TEST(SnowVectors, TheTreeInstanceReachesTheRecordedStates) {
    const Json scripts = read_vectors("tree.json", "snow-tree/1");
    std::size_t played = 0;
    for (const Json& script : scripts) {
        // The others are of an older protocol, and follow again as scripts of this one.
        if (script.at("factory") != "snowflake") continue;
        play_tree(script);
        ASSERT_FALSE(HasFailure());
        ++played;
    }
    EXPECT_GT(played, 0U);
}

// --- snowman.json: a chain ---

class ChainScript {
public:
    explicit ChainScript(const Json& json)
        : script_(json),
          tree_({script_.id(0), json.at("height0").get<Height>()}, thresholds_of(json)) {}

    void step(const Json& step) {
        Actions actions;
        std::vector<BlockRef> rejected;
        if (step.contains("add")) {
            const std::string refusal = add(step["add"]);
            EXPECT_EQ(refusal, step.value("err", ""));
        } else {
            tree_.record_poll(script_.votes(step.at("poll")), actions, rejected);
        }
        check_decisions(step, actions, rejected);
        check_state(step);
    }

private:
    std::string add(const Json& block) {
        const BlockInfo info{script_.id(block[0]), script_.id(block[1]), block[2].get<Height>()};
        if (tree_.contains(info.id)) return "duplicate";
        if (info.parent != tree_.root().id && !tree_.contains(info.parent)) return "unknown_parent";
        tree_.add(info);
        return "";
    }
    void check_decisions(const Json& step, const Actions& actions,
                         const std::vector<BlockRef>& rejected) const {
        Json accepted = Json::array();
        for (const Action& action : actions) {
            if (const auto* each = std::get_if<Accept>(&action))
                accepted.push_back(script_.index(each->id));
        }
        EXPECT_EQ(accepted, step.value("acc", Json::array()));
        std::set<std::size_t> sorted;
        for (const BlockRef& each : rejected) sorted.insert(script_.index(each.id));
        EXPECT_EQ(Json(sorted), step.value("rej", Json::array()));
        EXPECT_EQ(sorted.size(), rejected.size()) << "each once";
    }
    void check_state(const Json& step) const {
        EXPECT_EQ(script_.index(tree_.preferred_tip().id), step.at("pref").get<std::size_t>());
        EXPECT_EQ(Json({script_.index(tree_.root().id), tree_.root().height}), step.at("la"));
        EXPECT_EQ(tree_.size(), step.at("np").get<std::size_t>());
        Json preferred = Json::array();
        for (Height h = tree_.root().height; h <= tree_.preferred_tip().height; ++h)
            preferred.push_back(script_.index(tree_.preferred_at(h)));
        EXPECT_EQ(preferred, step.at("pah"));
    }

    Script script_;
    BlockTree tree_;
};

TEST(SnowVectors, TheTreeOfBlocksReachesTheRecordedStates) {
    const Json scripts = read_vectors("snowman.json", "snow-snowman/1");
    std::size_t played = 0;
    for (const Json& json : scripts) {
        ChainScript chain(json);
        std::size_t number = 0;
        for (const Json& step : json.at("steps")) {
            SCOPED_TRACE(place(json, number++));
            chain.step(step);
            ASSERT_FALSE(HasFailure());
        }
        ++played;
    }
    EXPECT_GT(played, 0U);
}

// --- early_term.json: polls ---

class PollScript {
public:
    explicit PollScript(const Json& json) : script_(json), thresholds_(thresholds_of(json)) {
        for (const Json& pair : json.at("parents"))
            parents_[script_.id(pair[0])] = script_.id(pair[1]);
    }

    void step(const Json& step) {
        if (step.contains("begin")) {
            std::vector<Drawn> asked;
            for (const Json& each : step["begin"])
                asked.push_back({each[0].get<VoterIndex>(), each[1].get<std::uint32_t>()});
            const auto id = step.at("req").get<RequestId>();
            EXPECT_EQ(polls_.open(id, 0, 0, asked) != nullptr, step.at("ok").get<bool>());
        } else {
            const std::optional<bool> finished = answer(step);
            EXPECT_EQ(finished.has_value(), step.contains("fin"));
            EXPECT_EQ(finished.value_or(false), step.value("fin", false));
        }
        Json counted = Json::array();
        while (const Poll* poll = polls_.oldest_finished()) {
            std::map<std::size_t, std::uint32_t> votes;
            for (const VoteCount& each : poll->votes()) votes[script_.index(each.id)] = each.votes;
            Json bag = Json::array();
            for (const auto& [index, count] : votes) bag.push_back({index, count});
            counted.push_back(std::move(bag));
            polls_.pop();
        }
        EXPECT_EQ(counted, step.value("out", Json::array()));
        EXPECT_EQ(polls_.size(), step.at("len").get<std::size_t>());
    }

private:
    // Whether the poll is finished afterwards; one that is counted stays so. Nullopt if it was
    // never begun.
    std::optional<bool> answer(const Json& step) {
        const bool votes = step.contains("vote");
        const Json& arguments = votes ? step["vote"] : step.at("drop");
        const auto id = arguments[0].get<RequestId>();
        Poll* const poll = polls_.find(id);
        if (poll == nullptr) {
            const auto known = finished_.find(id);
            return known == finished_.end() ? std::nullopt : std::optional(known->second);
        }
        const auto voter = arguments[1].get<VoterIndex>();
        const std::uint32_t weight = poll->take_answer_of(voter);
        if (weight != 0 && votes) poll->vote(voter, script_.id(arguments[2]), weight);
        if (weight != 0 && !votes) poll->drop(weight);
        const auto parent_of = [this](const Hash32& block) -> std::optional<Hash32> {
            const auto found = parents_.find(block);
            return found == parents_.end() ? std::nullopt : std::optional(found->second);
        };
        if (!poll->finished() && poll->settled(thresholds_, parent_of)) poll->finish();
        return finished_[id] = poll->finished();
    }

    Script script_;
    SnowThresholds thresholds_;
    std::map<Hash32, Hash32> parents_;
    PollSet polls_;
    std::map<RequestId, bool> finished_;
};

TEST(SnowVectors, PollsFinishAndAreCountedAsRecorded) {
    const Json scripts = read_vectors("early_term.json", "snow-early-term/1");
    std::size_t played = 0;
    for (const Json& json : scripts) {
        PollScript polls(json);
        std::size_t number = 0;
        for (const Json& step : json.at("steps")) {
            SCOPED_TRACE(place(json, number++));
            polls.step(step);
            ASSERT_FALSE(HasFailure());
        }
        ++played;
    }
    EXPECT_GT(played, 0U);
}

}  // namespace
}  // namespace aivm::sim
