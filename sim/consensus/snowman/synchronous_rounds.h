// The model that theory describes, in synchronous rounds: many nodes decide between some blocks,
// without network, time or VM. It uses the parts of the snowman engine: the tree of blocks with its
// Snow instances (block_tree.h), polls (poll.h) and sampling by stake (stake_sampler.h).
//
// All nodes know the children of one parent. A poll asks a sample of the others; every honest one
// answers at once, with the choice that it prefers or has decided. In round() all undecided honest
// nodes ask, once or `concurrent_polls` times, and the answers are those of the beginning of the
// round; in step() one honest node asks, drawn uniformly. Decided nodes stop polling but keep
// answering. Slush is this with an unreachable beta; Snowflake with alpha_preference =
// alpha_confidence.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "sim/consensus/block_tree.h"
#include "sim/consensus/snowman/poll.h"
#include "sim/consensus/snowman/snow_parameters.h"
#include "sim/consensus/stake_sampler.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {

enum class Choice : std::uint8_t { kOne, kTwo, kThree };
// Of two.
constexpr Choice other(Choice choice) {
    return choice == Choice::kOne ? Choice::kTwo : Choice::kOne;
}

// How a node answers polls.
enum class Conduct : std::uint8_t {
    kHonest,
    kSilent,    // nothing
    kOpposite,  // the choice that the asker does not prefer
    kSame,      // the choice that the asker prefers
    kTwo,       // always the second
};

struct SynchronousRoundsSetup {
    SnowParameters snow;
    std::vector<Conduct> conduct;  // of every node
    std::vector<Choice> prefers;   // of every node at the start; only honest ones' counts
    // of every node; empty: one unit each, so that a sample of units is one of distinct nodes
    std::vector<std::uint64_t> stakes{};
    // Polls of a node in one round: all see the answers of its beginning, so they are independent
    // draws from one state, not looks at successive states.
    std::uint32_t concurrent_polls = 1;
    // A sample, of units of stake, may contain the asker, whose answer counts as any other.
    bool asks_itself = false;
    std::vector<Hash32>
        ids{};  // of the choices, two or three; empty: two that differ in the first bit
};

class SynchronousRounds {
public:
    // Refuses parameters that check(SnowParameters) refuses, lists of different lengths, and a
    // setup without an honest node.
    static Result<SynchronousRounds> make(SynchronousRoundsSetup setup, RandomStream random);

    void round();
    void step();
    // One poll of one node, as step() makes it. Returns the choice that got alpha_confidence votes,
    // if one did. Requires an honest, undecided node.
    std::optional<Choice> poll(VoterIndex node);

    // Polls that the node has made.
    [[nodiscard]] std::uint64_t polls(VoterIndex node) const { return nodes_[node].polls; }
    // Of the honest node that has made the most.
    [[nodiscard]] std::uint64_t polls_max() const;
    [[nodiscard]] bool decided(VoterIndex node) const { return nodes_[node].decided; }
    // What an honest node would answer.
    [[nodiscard]] Choice choice(VoterIndex node) const { return choices_[node]; }
    [[nodiscard]] bool all_decided() const { return decided_ == honest_.size(); }
    // Whether all honest nodes prefer the same, or have decided for it.
    [[nodiscard]] bool unanimous() const {
        return std::ranges::find(prefer_, honest_.size()) != prefer_.end();
    }
    // Whether two honest nodes have decided for different choices: what must never happen.
    [[nodiscard]] bool disagree() const;

private:
    struct Node {
        Node(const SynchronousRoundsSetup& setup, Choice prefers);
        BlockTree tree;
        bool decided = false;
        std::uint64_t polls = 0;
    };

    SynchronousRounds(SynchronousRoundsSetup setup, RandomStream random);
    // Asks with these as everybody's answers.
    std::optional<Choice> ask(VoterIndex node, const std::vector<Choice>& answers);
    // What `asked` answers to `asker`; nothing when it is silent.
    [[nodiscard]] std::optional<Choice> answer(VoterIndex asked, VoterIndex asker,
                                               const std::vector<Choice>& answers) const;

    [[nodiscard]] Choice choice_of(const Hash32& id) const;

    SynchronousRoundsSetup setup_;
    RandomStream random_;
    StakeSampler sampler_;
    std::vector<VoterIndex> honest_;
    std::vector<Node> nodes_;
    std::vector<Choice> choices_;          // of every node, as it stands
    std::array<std::size_t, 3> prefer_{};  // honest nodes, by their choice
    std::size_t decided_ = 0;              // honest nodes
    std::vector<VoterIndex> distinct_;     // of the poll under way, in the order drawn
    std::vector<Drawn> asked_;             // the same, with how often each was drawn
    std::vector<Drawn> waiting_;           // the same, handed to the poll
    Actions actions_;
    std::vector<BlockRef> rejected_;
    Poll poll_;
    RequestId next_poll_ = 0;
};

}  // namespace aivm::sim
