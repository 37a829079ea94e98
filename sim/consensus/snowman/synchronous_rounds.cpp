#include "sim/consensus/snowman/synchronous_rounds.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

Hash32 id_of(Choice choice) {
    Hash32 id;
    id.bytes[0] = choice == Choice::kOne ? 1 : 2;
    return id;
}

BlockInfo block_of(Choice choice) { return {id_of(choice), Hash32{}, 1}; }

std::vector<std::uint64_t> stakes_of(const SynchronousRoundsSetup& setup) {
    return setup.stakes.empty() ? std::vector<std::uint64_t>(setup.conduct.size(), 1)
                                : setup.stakes;
}

}  // namespace

// A parent prefers the first child added.
SynchronousRounds::Node::Node(Choice prefers) : tree(BlockRef{}) {
    tree.add(block_of(prefers));
    tree.add(block_of(other(prefers)));
}

Result<SynchronousRounds> SynchronousRounds::make(SynchronousRoundsSetup setup,
                                                  RandomStream random) {
    const std::size_t nodes = setup.conduct.size();
    AIVM_TRY(check(setup.snow, nodes));
    if (setup.prefers.size() != nodes || (!setup.stakes.empty() && setup.stakes.size() != nodes)) {
        return fail(ErrorCode::kConfig,
                    "every node needs a conduct, a preference and, if any has one, a stake");
    }
    if (std::ranges::find(setup.conduct, Conduct::kHonest) == setup.conduct.end()) {
        return fail(ErrorCode::kConfig, "at least one node must be honest");
    }
    return SynchronousRounds(std::move(setup), random);
}

SynchronousRounds::SynchronousRounds(SynchronousRoundsSetup setup, RandomStream random)
    : setup_(std::move(setup)),
      random_(random),
      sampler_(stakes_of(setup_)),
      choices_(setup_.prefers) {
    nodes_.reserve(setup_.conduct.size());
    for (VoterIndex i = 0; i < setup_.conduct.size(); ++i) {
        nodes_.emplace_back(setup_.prefers[i]);
        if (setup_.conduct[i] != Conduct::kHonest) continue;
        honest_.push_back(i);
        seconds_ += setup_.prefers[i] == Choice::kTwo ? 1 : 0;
    }
}

void SynchronousRounds::round() {
    const std::vector<Choice> at_the_beginning = choices_;
    for (const VoterIndex node : honest_) {
        if (!nodes_[node].decided) ask(node, at_the_beginning);
    }
}

void SynchronousRounds::step() {
    const VoterIndex node = honest_[random_.below(honest_.size())];
    if (!nodes_[node].decided) poll(node);
}

std::optional<Choice> SynchronousRounds::poll(VoterIndex node) { return ask(node, choices_); }

std::optional<Choice> SynchronousRounds::answer(VoterIndex asked, VoterIndex asker,
                                                const std::vector<Choice>& answers) const {
    switch (setup_.conduct[asked]) {
        case Conduct::kHonest:
            return answers[asked];
        case Conduct::kSilent:
            return std::nullopt;
        case Conduct::kOpposite:
            return other(answers[asker]);
        case Conduct::kTwo:
            return Choice::kTwo;
    }
    return std::nullopt;
}

std::optional<Choice> SynchronousRounds::ask(VoterIndex index, const std::vector<Choice>& answers) {
    Node& node = nodes_[index];
    AIVM_CHECK(!node.decided && setup_.conduct[index] == Conduct::kHonest);
    const auto below = [this](std::uint64_t bound) { return random_.below(bound); };
    sampler_.sample(effective_k(setup_.snow, nodes_.size()), index, below, asked_);
    waiting_ = asked_;
    poll_.open(next_poll_++, 1, waiting_);
    for (const VoterIndex each : asked_) {
        const auto vote = answer(each, index, answers);
        if (!vote) continue;
        AIVM_CHECK(poll_.take_answer_of(each));
        poll_.vote(node.tree, node.tree.find(id_of(*vote)).value());
        if (poll_.settled(node.tree, setup_.snow)) break;
    }
    poll_.finish();  // nodes that have not answered by now never do
    const bool successful = poll_.apply(node.tree, setup_.snow);
    ++node.polls;
    const Choice before = choices_[index];
    choices_[index] =
        node.tree.preferred_tip().id == id_of(Choice::kOne) ? Choice::kOne : Choice::kTwo;
    if (choices_[index] != before) before == Choice::kOne ? ++seconds_ : --seconds_;
    if (const auto certain = node.tree.finalized_child(setup_.snow.beta)) {
        AIVM_CHECK(*certain == id_of(choices_[index]));
        node.decided = true;
        ++decided_;
    }
    return successful ? std::optional(choices_[index]) : std::nullopt;
}

std::uint64_t SynchronousRounds::polls_max() const {
    std::uint64_t most = 0;
    for (const VoterIndex node : honest_) most = std::max(most, nodes_[node].polls);
    return most;
}

bool SynchronousRounds::disagree() const {
    bool decided_for[2] = {false, false};
    for (const VoterIndex node : honest_) {
        if (nodes_[node].decided) decided_for[static_cast<std::size_t>(choices_[node])] = true;
    }
    return decided_for[0] && decided_for[1];
}

}  // namespace aivm::sim
