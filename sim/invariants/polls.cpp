// S21 to S24: the polls of an engine that polls, counted a second time. Each of the nodes whose
// polls are observed reports a poll when it takes effect, with everybody whom it asked, every vote
// that it counted and what it counted for each block. S21 compares the report with the messages
// that the node sent and received; so the others may rely on it.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

#include "sim/invariants/certificates.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/poll_messages.h"
#include "sim/invariants/short_id.h"
#include "sim/invariants/vertex_tally.h"

namespace aivm::sim {
namespace {

// Every block or vertex that a node has verified, with its parents.
class Ancestry {
public:
    void add(const Hash32& id, Height height, std::span<const Hash32> parents) {
        if (!known_.contains(id)) known_[id] = {height, {parents.begin(), parents.end()}};
    }
    // Whether `id` is one of `heirs` or an ancestor of one, as far as is known: of what nobody has
    // verified the ancestors are not known.
    [[nodiscard]] bool may_be_below(const Hash32& id, std::span<const Hash32> heirs) const {
        if (std::ranges::find(heirs, id) != heirs.end()) return true;
        const auto sought = known_.find(id);
        if (sought == known_.end()) return true;
        std::vector<Hash32> open(heirs.begin(), heirs.end());
        std::set<Hash32> seen;
        while (!open.empty()) {
            const Hash32 at = open.back();
            open.pop_back();
            if (at == id) return true;
            if (!seen.insert(at).second) continue;
            const auto found = known_.find(at);
            if (found == known_.end()) return true;
            if (found->second.height <= sought->second.height) continue;
            open.insert(open.end(), found->second.parents.begin(), found->second.parents.end());
        }
        return false;
    }

private:
    struct Known {
        Height height = 0;
        std::vector<Hash32> parents;
    };
    std::map<Hash32, Known> known_;
};

// S21. A poll asks at most k others, and counts at most one vote for each time it asked somebody,
// for what the answer to this poll named. A
// certificate holds the votes of distinct validators with more than two thirds of the stake, and no
// two certificates name different items of one height, or different cuts of one number.
class VotesCountOnce final : public Invariant {
public:
    VotesCountOnce()
        : Invariant(
              {.id = "S21",
               .name = "votes-count-once",
               .meaning = "a quorum is of distinct members with enough stake; a vote counts once",
               .reason = "Agreement rests on quorums that must share an honest member. "
                         "If a vote counts twice, a minority passes for a quorum and can "
                         "finalise what others never voted for.",
               .of_messages = true}) {}

    void on_chain(const Executed& block, const State& parent) override {
        certificates_.note(block, parent);
    }
    void on_certificate(ActorId node, const PublishCertificate& published) override {
        if (!watch().correct(node)) return;
        const auto fault = certificates_.fault_of(published, watch());
        expect(!fault,
               [&] {
                   return fmt::format("{} published a certificate of block {} that {}",
                                      watch().participants().name(node),
                                      short_id(published.item.id), *fault);
               },
               {node});
        if (fault) return;
        const auto [first, is_new] =
            certified_.try_emplace(published.item.height, published.item.id);
        expect(is_new || first->second == published.item.id,
               [&] {
                   return fmt::format(
                       "{} published a certificate of {}, where {} has one too for {}",
                       watch().participants().name(node), short_id(published.item.id),
                       short_id(first->second), published.item.height);
               },
               {node});
    }
    void on_message_sent(ActorId node, ActorId to, const Message& message) override {
        messages_[node].sent(to, message);
    }
    void on_message_received(ActorId node, ActorId from, const Message& message) override {
        messages_[node].received(from, message);
    }
    void on_verified(ActorId, const Vm&, const ExecutedPtr& executed) override {
        const Hash32 parent = executed->block->parent();
        const Height height = executed->block->height();
        ancestry_.add(executed->id, height, {&parent, 1});
        if (height == 1) ancestry_.add(parent, 0, {});  // genesis, which nobody verifies
    }
    void on_vertex_verified(ActorId, const DagVm&, const VertexPtr& vertex) override {
        ancestry_.add(vertex->id(), vertex->height(), vertex->parents());
    }
    void on_restarted(ActorId node, const Vm&) override { messages_.erase(node); }
    void on_dag_restarted(ActorId node, const DagVm&) override { messages_.erase(node); }

    void on_poll(ActorId node, const PollRecord& poll) override {
        std::vector<std::uint32_t> voters;
        for (const PollRecord::Vote& vote : poll.votes) voters.push_back(vote.from);
        std::vector<std::uint32_t> asked = poll.asked;
        std::ranges::sort(voters);
        std::ranges::sort(asked);
        // As multisets: one that was drawn twice may count twice.
        expect_asked_for(node, std::ranges::includes(asked, voters), voters.size(), poll);
        for (const PollRecord::Vote& vote : poll.votes)
            expect_answered(node, poll.id, vote.from, {&vote.block, 1});
        messages_[node].forget(poll.id);
    }
    void on_vertex_poll(ActorId node, const VertexPollRecord& poll) override {
        std::map<std::uint32_t, std::uint32_t> drawn;
        for (const std::uint32_t each : poll.asked) ++drawn[each];
        std::set<std::uint32_t> counted;
        const bool all_asked =
            std::ranges::all_of(poll.answers, [&](const VertexPollRecord::Answer& answer) {
                return counted.insert(answer.from).second && answer.times <= drawn[answer.from];
            });
        expect_asked_for(node, all_asked, poll.answers.size(), poll);
        for (const VertexPollRecord::Answer& answer : poll.answers)
            expect_answered(node, poll.id, answer.from, answer.endorsed);
        messages_[node].forget(poll.id);
    }

private:
    template <class Record>
    void expect_asked_for(ActorId node, bool votes_asked_for, std::size_t votes,
                          const Record& poll) {
        std::vector<VoterIndex> drawn = poll.asked;
        std::ranges::sort(drawn);
        drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
        expect(votes_asked_for && poll.asked.size() <= watch().scenario().chain.k,
               [&] {
                   return fmt::format(
                       "{} counted {} votes in a poll of {}, not all of them asked "
                       "for",
                       watch().participants().name(node), votes, poll.asked.size());
               },
               {node});
        expect(messages_[node].asked(poll.id) == drawn,
               [&] {
                   return fmt::format("{} asked others in a poll than it drew for it",
                                      watch().participants().name(node));
               },
               {node});
    }
    void expect_answered(ActorId node, RequestId poll, VoterIndex from,
                         std::span<const Hash32> counted) {
        const PollMessages::Question* question = messages_[node].find(poll, from);
        const bool answered = question != nullptr && question->answered;
        expect(answered && std::ranges::all_of(counted,
                                               [&](const Hash32& id) {
                                                   return ancestry_.may_be_below(id,
                                                                                 question->named);
                                               }),
               [&] {
                   return fmt::format("{} counted a vote of {} that {}",
                                      watch().participants().name(node),
                                      watch().participants().name(from),
                                      question == nullptr ? "this poll did not ask for"
                                      : answered          ? "names something else"
                                                          : "never came");
               },
               {node});
    }

    std::map<ActorId, PollMessages> messages_;  // of the nodes whose polls are observed
    Ancestry ancestry_;
    CertificateCheck certificates_;
    std::map<Height, Hash32> certified_;  // the first certificate's item
};

// The undecided blocks of one node, and how many confident polls in a row each has.
class Tally {
public:
    struct Block {
        Hash32 parent;
        std::uint32_t votes = 0;       // in the poll being counted
        std::uint32_t confidence = 0;  // confident polls in a row
        std::uint32_t greatest = 0;    // the most so far: later polls may take effect before it is
                                       // accepted, and say nothing about it any more
    };

    void add(const Hash32& id, const Hash32& parent) { blocks_.try_emplace(id, Block{parent}); }
    void remove(const Hash32& id) { blocks_.erase(id); }
    // Every vote counts for its block and all its undecided ancestors, hence for no two blocks that
    // conflict.
    void count(const PollRecord& poll, std::uint32_t alpha_confidence) {
        for (auto& [id, block] : blocks_) block.votes = 0;
        for (const PollRecord::Vote& vote : poll.votes) {
            for (auto at = blocks_.find(vote.block); at != blocks_.end();
                 at = blocks_.find(at->second.parent))
                ++at->second.votes;
        }
        for (auto& [id, block] : blocks_) {
            block.confidence = block.votes >= alpha_confidence ? block.confidence + 1 : 0;
            block.greatest = std::max(block.greatest, block.confidence);
        }
    }
    // Null if the block is not undecided.
    [[nodiscard]] const Block* find(const Hash32& id) const {
        const auto found = blocks_.find(id);
        return found == blocks_.end() ? nullptr : &found->second;
    }

private:
    std::map<Hash32, Block> blocks_;
};

// Keeps a tally of every node whose polls are observed.
class OfTallies : public Invariant {
public:
    using Invariant::Invariant;

    void on_verified(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        tallies_[node].add(executed->id, executed->block->parent());
    }
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        tallies_[node].remove(executed->id);
    }
    void on_rejected(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        tallies_[node].remove(executed->id);
    }
    void on_restarted(ActorId node, const Vm&) override { tallies_.erase(node); }
    void on_disk_replaced(ActorId node) override {
        tallies_.erase(node);
        vertices_.erase(node);
    }
    void on_vertex_verified(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        vertices_[node].add(*vertex, watch().rules().parameters.dag->conflict_key);
    }
    void on_vertex_accepted(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        vertices_[node].remove(vertex->id());
    }
    void on_vertex_rejected(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        vertices_[node].remove(vertex->id());
    }
    void on_dag_restarted(ActorId node, const DagVm&) override { vertices_.erase(node); }

protected:
    [[nodiscard]] const VertexTally& vertices(ActorId node) { return vertices_[node]; }
    void count(ActorId node, const VertexPollRecord& poll) {
        const ChainSettings& chain = watch().scenario().chain;
        vertices_[node].count(poll,
                              {chain.alpha_confidence, chain.beta_virtuous, chain.beta_rogue});
    }
    [[nodiscard]] Tally& tally(ActorId node) { return tallies_[node]; }
    void count(ActorId node, const PollRecord& poll) {
        tallies_[node].count(poll, watch().scenario().chain.alpha_confidence);
    }

private:
    std::map<ActorId, Tally> tallies_;
    std::map<ActorId, VertexTally> vertices_;  // of a DAG
};

// S22. A node finalises a block by polls only after beta polls in a row that each counted
// alpha_confidence votes for it.
class FinalAfterBeta final : public OfTallies {
public:
    FinalAfterBeta()
        : OfTallies({.id = "S22",
                     .name = "final-after-beta",
                     .meaning = "finality only after beta consecutive polls with enough votes",
                     .reason = "The chance of a fork is computed from beta polls in a row. "
                               "Fewer polls, or polls with fewer votes, make it larger than "
                               "promised, and final blocks can be reverted."}) {}

    void on_poll(ActorId node, const PollRecord& poll) override {
        count(node, poll);
        observed_.insert(node);
    }
    void before_accept(ActorId node, const Vm&, const ExecutedPtr& executed,
                       AcceptedBy by) override {
        if (by != AcceptedBy::kPolls || executed == nullptr || !observed_.contains(node)) return;
        const Tally::Block* block = tally(node).find(executed->id);
        const std::uint32_t beta = watch().scenario().chain.beta;
        expect(block != nullptr && block->greatest >= beta,
               [&] {
                   return fmt::format(
                       "{} finalised block {} after {} confident polls in a row "
                       "instead of {}",
                       watch().participants().name(node), short_id(executed->id),
                       block == nullptr ? 0 : block->greatest, beta);
               },
               {node});
    }
    void on_restarted(ActorId node, const Vm& vm) override {
        OfTallies::on_restarted(node, vm);
        observed_.erase(node);
    }
    void on_vertex_poll(ActorId node, const VertexPollRecord& poll) override {
        count(node, poll);
        observed_.insert(node);
    }
    // A vertex that had enough polls may have to wait for its parents.
    void before_vertex_accept(ActorId node, const DagVm&, const VertexPtr& vertex,
                              AcceptedBy by) override {
        if (by != AcceptedBy::kPolls || !observed_.contains(node)) return;
        const VertexTally::Entry* entry = vertices(node).find(vertex->id());
        expect(entry != nullptr && entry->final,
               [&] {
                   return fmt::format("{} finalised vertex {}, which never had beta polls in a row",
                                      watch().participants().name(node), short_id(vertex->id()));
               },
               {node});
    }
    void on_dag_restarted(ActorId node, const DagVm& vm) override {
        OfTallies::on_dag_restarted(node, vm);
        observed_.erase(node);
    }

private:
    std::set<ActorId> observed_;
};

// S23. What the engine counted for a block are the votes for it and its descendants, and none for a
// block that conflicts with it. On a DAG an answer names several vertices; one that names two that
// conflict counts for neither.
class ConflictingVotesStayApart final : public OfTallies {
public:
    ConflictingVotesStayApart()
        : OfTallies({.id = "S23",
                     .name = "conflicts-stay-apart",
                     .meaning = "votes for conflicting blocks never add",
                     .reason = "A vote for one block is a vote against its rivals. If both "
                               "count it, each can reach a quorum, and two nodes accept "
                               "different blocks."}) {}

    void on_poll(ActorId node, const PollRecord& poll) override {
        count(node, poll);
        for (const PollRecord::Support& claimed : poll.support) {
            const Tally::Block* block = tally(node).find(claimed.block);
            expect(block != nullptr && block->votes == claimed.votes,
                   [&] {
                       return fmt::format("{} counted {} votes for block {}, which got {}",
                                          watch().participants().name(node), claimed.votes,
                                          short_id(claimed.block),
                                          block == nullptr ? 0 : block->votes);
                   },
                   {node});
        }
    }
    void on_vertex_poll(ActorId node, const VertexPollRecord& poll) override {
        count(node, poll);
        for (const PollRecord::Support& claimed : poll.support) {
            const VertexTally::Entry* entry = vertices(node).find(claimed.block);
            expect(entry != nullptr && entry->votes == claimed.votes,
                   [&] {
                       return fmt::format("{} counted {} votes for vertex {}, which got {}",
                                          watch().participants().name(node), claimed.votes,
                                          short_id(claimed.block),
                                          entry == nullptr ? 0 : entry->votes);
                   },
                   {node});
        }
    }
};

// S24. A poll never asks the node itself; over the run every other validator is asked as often as
// its stake in the node's epoch says, within six standard deviations. Where stakes differ and no
// poll asked anybody twice, validators were drawn without replacement and their shares are not
// those of the stakes: only the exclusion is checked.
class SamplesMatchStake final : public Invariant {
public:
    SamplesMatchStake()
        : Invariant({.id = "S24",
                     .name = "samples-match-stake",
                     .meaning = "sampling matches its stake distribution and excludes the node "
                                "itself",
                     .reason = "The security of polls assumes that stake alone decides who is "
                               "asked. With a skewed sample a few validators steer what a node "
                               "prefers at less stake than the promise says."}) {}

    void on_poll_begun(ActorId node, std::span<const ActorId> asked) override {
        expect(std::ranges::find(asked, node) == asked.end(),
               [&] { return watch().participants().name(node) + " asked itself"; }, {node});
        if (times_.empty()) times_.resize(watch().scenario().chain.validators);
        for (const ActorId each : asked) {
            if (each < times_.size() && each != node) ++times_[each];
        }
        draws_of_[{node, epoch_of_[node]}] += asked.size();
        if (repeats_) return;
        std::vector<ActorId> sorted(asked.begin(), asked.end());
        std::ranges::sort(sorted);
        repeats_ = std::ranges::adjacent_find(sorted) != sorted.end();
    }
    // The first block of an epoch says who takes part in it, and with what.
    void on_chain(const Executed& block, const State& parent) override {
        const State& state = block.state;
        if (state.head.epoch == parent.head.epoch) return;
        std::vector<double> stakes(watch().scenario().chain.validators);
        for (std::uint32_t i = 0; i < std::min(stakes.size(), state.validators.size()); ++i) {
            const Validator& each = state.validator(ValidatorIndex{i});
            if (each.active) stakes[i] = static_cast<double>(each.stake.nlux());
        }
        set_stakes(state.head.epoch, std::move(stakes));
    }
    void on_accepted(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        epoch_of_[node] = executed->state.head.epoch;
    }
    void on_restarted(ActorId node, const Vm& vm) override {
        epoch_of_[node] = vm.state().head.epoch;
    }
    void on_settled(ActorId node, const DagVm&, const CutResult& result) override {
        epoch_of_[node] = result.executed->state.head.epoch;
    }
    void on_dag_restarted(ActorId node, const DagVm& vm) override {
        epoch_of_[node] = vm.state().head.epoch;
    }
    void at_end() override {
        set_stakes(0, opening_stakes());
        const bool equal = std::ranges::all_of(stakes_of_, [](const auto& one) {
            const std::vector<double>& stakes = one.second.of;
            return std::ranges::adjacent_find(stakes, std::not_equal_to<>()) == stakes.end();
        });
        if (draws_of_.empty() || (!equal && !repeats_)) return;
        for (ActorId validator = 0; validator < times_.size(); ++validator) check(validator);
    }

private:
    using Epoch = std::uint64_t;
    struct Stakes {
        std::vector<double> of;  // by validator
        double total = 0;
    };

    void set_stakes(Epoch epoch, std::vector<double> stakes) {
        const double total = std::accumulate(stakes.begin(), stakes.end(), 0.0);
        stakes_of_[epoch] = {std::move(stakes), total};
    }
    [[nodiscard]] std::vector<double> opening_stakes() const {
        std::vector<double> out;
        for (ActorId id = 0; id < watch().scenario().chain.validators; ++id) {
            const Participant& one = watch().participants().all.at(id);
            out.push_back(static_cast<double>(one.opening_stake.nlux()));
        }
        return out;
    }
    // Draws without replacement vary less than the independent ones assumed here.
    void check(ActorId validator) {
        const double observed = static_cast<double>(times_[validator]);
        double expected = 0;
        double variance = 0;
        for (const auto& [who, all_draws] : draws_of_) {
            const auto [node, epoch] = who;
            // Of an epoch that no accepted block has begun, the one before is known.
            const Stakes& stakes = std::prev(stakes_of_.upper_bound(epoch))->second;
            const double others = stakes.total - stakes.of[node];
            if (node == validator || others <= 0) continue;
            const double share = stakes.of[validator] / others;
            const double draws = static_cast<double>(all_draws);
            expected += draws * share;
            variance += draws * share * (1 - share);
        }
        if (expected < kDrawsMin) return;
        const double off = observed - expected;
        expect(off * off <= kDeviations * kDeviations * (variance + 1),
               [&] {
                   return fmt::format("{} was asked {} times, where its stake makes {:.0f} likely",
                                      watch().participants().name(validator),
                                      static_cast<std::uint64_t>(observed), expected);
               },
               {validator});
    }

    static constexpr double kDeviations = 6;
    static constexpr double kDrawsMin = 100;
    std::vector<std::uint64_t> times_;  // by validator: how often others asked it
    std::map<Epoch, Stakes> stakes_of_;
    std::map<ActorId, Epoch> epoch_of_;  // of the last block that the node accepted
    // How many a node asked while it was in an epoch.
    std::map<std::pair<ActorId, Epoch>, std::uint64_t> draws_of_;
    bool repeats_ = false;
};

}  // namespace

void add_poll_invariants(Invariants& out) {
    out.push_back(std::make_unique<VotesCountOnce>());
    out.push_back(std::make_unique<FinalAfterBeta>());
    out.push_back(std::make_unique<ConflictingVotesStayApart>());
    out.push_back(std::make_unique<SamplesMatchStake>());
}

}  // namespace aivm::sim
