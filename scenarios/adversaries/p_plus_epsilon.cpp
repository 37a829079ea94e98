// A16 p_plus_epsilon: an outsider promises P + epsilon to every committee member that votes for its
// lie, payable only if the lie loses (Buterin 2015, "The P + epsilon attack").
//
// Stresses the quorum as a coordination game: P is what a member loses by having voted for a lie
// that lost, slash and reward. A member that believes the promise is never worse off with the lie,
// whatever the others do, so all vote for it, it wins, and nothing is due. A member that doubts the
// promise or expects an audit weighs them against its belief about the others: the share of votes
// for promised lies that it has seen, with a prior (fictitious play). It votes for the lie if that
// is worth more in expectation.
//
// The briber is a requester without tasks of its own; the members are providers. What a lie is
// worth goes to the briber: members hand over what the accounts credit them with (`value` must be
// tasks.value_at_risk). Observe n_fraud_missed, harm_final and what both sides pay, against the
// share of results that are audited.
#include <algorithm>
#include <map>
#include <string_view>

#include "scenarios/adversaries/lies.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::string_view kPromise = "p+epsilon: promise";
constexpr std::int64_t kPpmOfOne = 1'000'000;
__extension__ using WideAmount = __int128;

// The votes of the present round of each task that a promise is about, from the public reveals.
class PromisedVotes {
public:
    struct Round {
        Address briber;
        Answer lie = 0;
        std::map<ProviderIndex, Answer> votes;
    };

    // A promise for the next round of a task.
    void promise(TaskIndex task, const Address& briber, Answer lie) {
        rounds_[task] = {briber, lie, {}};
    }
    [[nodiscard]] const Round* find(TaskIndex task) const {
        const auto found = rounds_.find(task);
        return found == rounds_.end() ? nullptr : &found->second;
    }
    void reveal(const event::ResultRevealed& e) {
        const auto found = rounds_.find(e.task);
        if (found != rounds_.end()) found->second.votes[e.provider] = e.answer;
    }
    void new_round(TaskIndex task) {
        const auto found = rounds_.find(task);
        if (found != rounds_.end()) found->second.votes.clear();
    }
    [[nodiscard]] static std::uint64_t votes_for_the_lie(const Round& round) {
        return static_cast<std::uint64_t>(std::ranges::count_if(
            round.votes, [&](const auto& vote) { return vote.second == round.lie; }));
    }
    [[nodiscard]] bool voted_for_the_lie(TaskIndex task, ProviderIndex provider) const {
        const Round* round = find(task);
        if (round == nullptr) return false;
        const auto vote = round->votes.find(provider);
        return vote != round->votes.end() && vote->second == round->lie;
    }

private:
    std::map<TaskIndex, Round> rounds_;
};

class PromisingBriber final : public sim::RequesterStrategy {
public:
    PromisingBriber(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          epsilon_(static_cast<std::uint64_t>(parameters.get("epsilon"))),
          deposit_(static_cast<std::uint64_t>(parameters.get("deposit"))) {}

    bool takes_part() const override { return false; }
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        for (const VmEvent& e : view.tip.events) {
            if (const auto* submitted = std::get_if<event::TaskSubmitted>(&e)) {
                promise(view.state(), submitted->task);
            } else if (const auto* vote = std::get_if<event::ResultRevealed>(&e)) {
                votes_.reveal(*vote);
            } else if (const auto* slashed = std::get_if<event::Slashed>(&e)) {
                pay_loser(view.state(), *slashed);
            } else if (const auto* returned = std::get_if<event::TaskReturned>(&e)) {
                votes_.new_round(returned->task);
            }
        }
        return {};
    }

private:
    // Before anybody is drawn. A lie that is hardly ever the true answer.
    void promise(const State& state, TaskIndex index) {
        constexpr std::uint32_t kLies = 64;
        if (deposit_ < epsilon_) return;
        const auto lie = static_cast<Answer>(state.task(index).input_row % kLies + 1);
        votes_.promise(index, context_.self.address, lie);
        sim::Notice notice;
        notice.from = context_.self.address;
        notice.topic = kPromise;
        notice.task = index;
        notice.answer = lie;
        notice.amount = epsilon_;
        context_.side->post(std::move(notice));
    }
    // A vote for the lie is slashed where the lie has lost.
    void pay_loser(const State& state, const event::Slashed& e) {
        if (e.cause != SlashCause::kDivergent && e.cause != SlashCause::kWrongAnswer) return;
        if (!votes_.voted_for_the_lie(e.task, e.provider)) return;
        const Amount reward(state.task(e.task).fee.nlux() /
                            context_.rules.config.redundancy_factor);
        const Amount due = std::min(e.taken + reward + epsilon_, deposit_);
        deposit_ -= due;
        if (!due.is_zero()) context_.side->pay(context_.self.address, e.account, due);
    }

    sim::StrategyContext context_;
    Amount epsilon_;
    Amount deposit_;  // what is left of it
    PromisedVotes votes_;
};

class RationalMember final : public sim::ProviderStrategy {
public:
    RationalMember(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          trust_ppm_(parameters.get("trust_ppm")),
          audit_ppm_(parameters.get("audit_ppm")),
          prior_ppm_(parameters.get("believed_ppm")),
          prior_votes_(parameters.get("prior_votes")),
          value_(static_cast<std::uint64_t>(parameters.get("value"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        read_promises();
        bribed_ = votes_.find(view.index) != nullptr && prefers_the_lie(view.task);
        return bribed_ ? 0 : view.model.steps;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return bribed_ ? votes_.find(view.index)->lie : true_answer(view);
    }
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        read_promises();
        for (const VmEvent& e : view.tip.events) {
            if (const auto* vote = std::get_if<event::ResultRevealed>(&e)) {
                learn(view.state(), *vote);
            } else if (const auto* returned = std::get_if<event::TaskReturned>(&e)) {
                votes_.new_round(returned->task);
            } else if (const auto* done = std::get_if<event::TaskCompleted>(&e)) {
                hand_over(view.state(), *done);
            }
        }
        return {};
    }

private:
    void read_promises() {
        for (; read_ < context_.side->notices().size(); ++read_) {
            const sim::Notice& notice = context_.side->notices()[read_];
            if (notice.topic != kPromise) continue;
            votes_.promise(notice.task, notice.from, notice.answer);
            epsilon_ = notice.amount;
        }
    }
    void learn(const State& state, const event::ResultRevealed& e) {
        votes_.reveal(e);
        if (state.provider(e.provider).owner == context_.self.address) return;
        if (votes_.find(e.task) == nullptr) return;
        ++votes_seen_;
        if (votes_.voted_for_the_lie(e.task, e.provider)) ++lies_seen_;
    }
    void hand_over(const State& state, const event::TaskCompleted& e) {
        const PromisedVotes::Round* round = votes_.find(e.task);
        const auto self = state.find_provider(context_.self.provider_id);
        if (round == nullptr || e.answer != round->lie || !self) return;
        if (!votes_.voted_for_the_lie(e.task, *self)) return;
        const Amount share(value_.nlux() / PromisedVotes::votes_for_the_lie(*round));
        if (!share.is_zero()) context_.side->pay(context_.self.address, round->briber, share);
    }

    // The chance, in ppm, that at least `least` of the other members vote for the lie.
    [[nodiscard]] std::int64_t chance_of(std::uint32_t least) const {
        const std::int64_t each = (prior_ppm_ * prior_votes_ + kPpmOfOne * lies_seen_) /
                                  std::max<std::int64_t>(prior_votes_ + votes_seen_, 1);
        const std::uint32_t others = context_.rules.policy.redundancy_providers - 1;
        std::vector<std::int64_t> chances(others + 1);  // of exactly so many
        chances[0] = kPpmOfOne;
        for (std::uint32_t i = 0; i < others; ++i) {
            for (std::uint32_t n = i + 1; n > 0; --n) {
                chances[n] = (chances[n] * (kPpmOfOne - each) + chances[n - 1] * each) / kPpmOfOne;
            }
            chances[0] = chances[0] * (kPpmOfOne - each) / kPpmOfOne;
        }
        std::int64_t sum = 0;
        for (std::uint32_t n = least; n <= others; ++n) sum += chances[n];
        return sum;
    }
    // Compares expected payoffs, in nLUX times ppm cubed.
    [[nodiscard]] bool prefers_the_lie(const Task& task) const {
        constexpr WideAmount kOne = kPpmOfOne;
        const Policy& policy = context_.rules.policy;
        const std::uint32_t quorum = context_.rules.config.redundancy_factor;
        const auto slash = [&](std::uint32_t bps) {
            return WideAmount{context_.rules.result_bond().nlux()} * bps / 10'000;
        };
        const WideAmount reward = task.fee.nlux() / policy.redundancy_providers;
        const WideAmount epsilon = epsilon_.nlux();
        const auto if_it_loses = [&](WideAmount lost) {
            return -lost * kOne + trust_ppm_ * (reward + lost + epsilon);
        };
        const WideAmount wins_with_me = chance_of(quorum - 1);
        const WideAmount wins_without_me = chance_of(quorum);
        const WideAmount outvoted = slash(policy.slash_divergent_bps);
        const WideAmount unaudited = kOne - audit_ppm_;
        const WideAmount lie = unaudited * (wins_with_me * reward * kOne +
                                            (kOne - wins_with_me) * if_it_loses(outvoted)) +
                               audit_ppm_ * kOne * if_it_loses(slash(policy.slash_bps));
        const WideAmount truth =
            unaudited * kOne * ((kOne - wins_without_me) * reward - wins_without_me * outvoted) +
            audit_ppm_ * kOne * kOne * reward;
        return lie > truth;
    }

    sim::StrategyContext context_;
    std::int64_t trust_ppm_;
    std::int64_t audit_ppm_;
    std::int64_t prior_ppm_;
    std::int64_t prior_votes_;
    Amount value_;
    Amount epsilon_;
    bool bribed_ = false;  // on the current task
    std::size_t read_ = 0;
    std::int64_t votes_seen_ = 0;  // of others, where a lie was promised for
    std::int64_t lies_seen_ = 0;   // among them
    PromisedVotes votes_;
};

std::unique_ptr<sim::RequesterStrategy> make_promising_briber(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<PromisingBriber>(parameters, context);
}

std::unique_ptr<sim::ProviderStrategy> make_rational_member(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<RationalMember>(parameters, context);
}

constexpr std::int64_t kMuchNlux = 1'000'000'000'000'000'000;
constexpr std::array kEpsilonParameters{
    StrategyParameter{"epsilon", 0, kMuchNlux, 1'000'000'000, "nLUX",
                      "requester: promised on top of what a vote for the losing lie costs"},
    StrategyParameter{"deposit", 0, kMuchNlux, kMuchNlux, "nLUX",
                      "requester: paid in all, at most; promises end when it is spent"},
    StrategyParameter{"trust_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "provider: believed chance that the promise is kept"},
    StrategyParameter{
        "believed_ppm", 0, 1'000'000, 0, "ppm",
        "provider: share of the others that it expects to vote for the lie, before it "
        "has seen any vote"},
    StrategyParameter{"prior_votes", 0, 1'000'000, 10, "votes",
                      "provider: votes seen that weigh as much as that expectation"},
    StrategyParameter{"audit_ppm", 0, 1'000'000, 0, "ppm",
                      "provider: believed share of results that are re-executed"},
    StrategyParameter{"value", 0, kMuchNlux, 50'000'000'000, "nLUX",
                      "provider: what a lie that becomes final is worth, tasks.value_at_risk"},
};

}  // namespace

const StrategyRow kPPlusEpsilonRow{
    .name = "p_plus_epsilon",
    .id = "A16",
    .doc =
        "as a requester promises committees more than a lie costs them if it loses; as a provider "
        "votes for it where it believes that to pay",
    .parameters = kEpsilonParameters,
    .provider = make_rational_member,
    .requester = make_promising_briber,
    .only_attacks = true};

}  // namespace aivm::scenarios
