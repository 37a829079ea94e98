#include "sim/consensus/snowman/synchronous_rounds.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

std::vector<Hash32> two_ids() {
    std::vector<Hash32> ids(2);
    ids[0].bytes[0] = 1;
    ids[1].bytes[0] = 2;
    return ids;
}

std::vector<std::uint64_t> stakes_of(const SynchronousRoundsSetup& setup) {
    return setup.stakes.empty() ? std::vector<std::uint64_t>(setup.conduct.size(), 1)
                                : setup.stakes;
}

}  // namespace

// A parent prefers the first child added.
SynchronousRounds::Node::Node(const SynchronousRoundsSetup& setup, Choice prefers)
    : tree(BlockRef{}, setup.snow, setup.snow.instance) {
    const Hash32& first = setup.ids.at(static_cast<std::size_t>(prefers));
    tree.add({first, Hash32{}, 1});
    for (const Hash32& id : setup.ids) {
        if (id != first) tree.add({id, Hash32{}, 1});
    }
}

Choice SynchronousRounds::choice_of(const Hash32& id) const {
    const auto found = std::ranges::find(setup_.ids, id);
    AIVM_CHECK(found != setup_.ids.end());
    return static_cast<Choice>(found - setup_.ids.begin());
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
    if (setup.ids.empty()) setup.ids = two_ids();
    const auto is_unknown = [&](Choice each) {
        return static_cast<std::size_t>(each) >= setup.ids.size();
    };
    if (setup.ids.size() < 2 || setup.ids.size() > 3 ||
        std::ranges::any_of(setup.prefers, is_unknown)) {
        return fail(ErrorCode::kConfig, "there are two or three choices, and one is preferred");
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
        nodes_.emplace_back(setup_, setup_.prefers[i]);
        if (setup_.conduct[i] != Conduct::kHonest) continue;
        honest_.push_back(i);
        ++prefer_[static_cast<std::size_t>(setup_.prefers[i])];
    }
}

void SynchronousRounds::round() {
    const std::vector<Choice> at_the_beginning = choices_;
    for (const VoterIndex node : honest_) {
        for (std::uint32_t i = 0; i < setup_.concurrent_polls && !nodes_[node].decided; ++i)
            ask(node, at_the_beginning);
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
        case Conduct::kSame:
            return answers[asker];
        case Conduct::kTwo:
            return Choice::kTwo;
    }
    return std::nullopt;
}

std::optional<Choice> SynchronousRounds::ask(VoterIndex index, const std::vector<Choice>& answers) {
    Node& node = nodes_[index];
    AIVM_CHECK(!node.decided && setup_.conduct[index] == Conduct::kHonest);
    const auto below = [this](std::uint64_t bound) { return random_.below(bound); };
    const std::uint32_t k = effective_k(setup_.snow, nodes_.size());
    if (setup_.asks_itself) {
        sampler_.sample_units(k, std::nullopt, below, asked_);
    } else if (setup_.snow.sampling == SnowSampling::kStakeUnits) {
        sampler_.sample_units(k, index, below, asked_);
    } else {
        sampler_.sample(k, index, below, distinct_);
        asked_.clear();
        for (const VoterIndex each : distinct_) asked_.push_back({each, 1});
    }
    waiting_ = asked_;
    poll_.open(next_poll_++, 0, 1, waiting_);
    const auto parent_of = [&](const Hash32& id) { return node.tree.parent_of(id); };
    for (const Drawn& each : asked_) {
        const auto vote = answer(each.voter, index, answers);
        if (!vote) continue;
        poll_.vote(each.voter, setup_.ids[static_cast<std::size_t>(*vote)],
                   poll_.take_answer_of(each.voter));
        if (poll_.settled(setup_.snow, parent_of)) break;
    }
    poll_.finish();  // nodes that have not answered by now never do
    actions_.clear();
    rejected_.clear();
    node.tree.record_poll(poll_.votes(), actions_, rejected_);
    ++node.polls;
    const Choice before = choices_[index];
    choices_[index] = choice_of(node.tree.preferred_tip().id);
    --prefer_[static_cast<std::size_t>(before)];
    ++prefer_[static_cast<std::size_t>(choices_[index])];
    if (node.tree.size() == 0) {
        node.decided = true;
        ++decided_;
    }
    const auto won = std::ranges::find_if(poll_.votes(), [&](const VoteCount& each) {
        return each.votes >= setup_.snow.alpha_confidence;
    });
    if (won == poll_.votes().end()) return std::nullopt;
    return choice_of(won->id);
}

std::uint64_t SynchronousRounds::polls_max() const {
    std::uint64_t most = 0;
    for (const VoterIndex node : honest_) most = std::max(most, nodes_[node].polls);
    return most;
}

bool SynchronousRounds::disagree() const {
    std::array<bool, 3> decided_for{};
    for (const VoterIndex node : honest_) {
        if (nodes_[node].decided) decided_for.at(static_cast<std::size_t>(choices_[node])) = true;
    }
    return std::ranges::count(decided_for, true) > 1;
}

}  // namespace aivm::sim
