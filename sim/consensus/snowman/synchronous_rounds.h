// The model that theory describes, in synchronous rounds: many nodes decide between two blocks,
// without network, time or VM. It uses the parts of the snowman engine: the tree of blocks with its
// Snow instances (block_tree.h), polls (poll.h) and sampling by stake (stake_sampler.h).
//
// All nodes know two children of one parent. A poll asks k distinct others; every honest one
// answers at once, with the choice that it prefers or has decided. In round() all undecided honest
// nodes ask, and the answers are those of the beginning of the round; in step() one honest node
// asks, drawn uniformly. Decided nodes stop polling but keep answering. Slush is this with an
// unreachable beta; Snowflake with alpha_preference = alpha_confidence.
#pragma once

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

enum class Choice : std::uint8_t { kOne, kTwo };
constexpr Choice other(Choice choice) {
    return choice == Choice::kOne ? Choice::kTwo : Choice::kOne;
}

// How a node answers polls.
enum class Conduct : std::uint8_t {
    kHonest,
    kSilent,    // nothing
    kOpposite,  // the choice that the asker does not prefer
    kTwo,       // always the second
};

struct SynchronousRoundsSetup {
    SnowParameters snow;
    std::vector<Conduct> conduct;         // of every node
    std::vector<Choice> prefers;          // of every node at the start; only honest ones' counts
    std::vector<std::uint64_t> stakes{};  // of every node; empty: all equal
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
    [[nodiscard]] bool unanimous() const { return seconds_ == 0 || seconds_ == honest_.size(); }
    // Whether two honest nodes have decided for different choices: what must never happen.
    [[nodiscard]] bool disagree() const;

private:
    struct Node {
        explicit Node(Choice prefers);
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

    SynchronousRoundsSetup setup_;
    RandomStream random_;
    StakeSampler sampler_;
    std::vector<VoterIndex> honest_;
    std::vector<Node> nodes_;
    std::vector<Choice> choices_;      // of every node, as it stands
    std::size_t seconds_ = 0;          // honest nodes whose choice is the second
    std::size_t decided_ = 0;          // honest nodes
    std::vector<VoterIndex> asked_;    // of the poll under way, in the order drawn
    std::vector<VoterIndex> waiting_;  // the same, handed to the poll
    Poll poll_;
    RequestId next_poll_ = 0;
};

}  // namespace aivm::sim
