// composed_provider: a provider made of primitive actions, none of which is on by default.
//
// What it answers (composed_answers.h), under which conditions (composed_conditions.h), when, and
// what else it does: bribes, bought blocks, a stolen key, an early or late exit. The search for
// profitable deviations (aivmsim profit) combines them; a combination that it found is a scenario
// with these parameters.
#include <algorithm>

#include "core/tasks/seats.h"
#include "core/verification/redundant.h"
#include "scenarios/adversaries/block_market.h"
#include "scenarios/adversaries/checker_bribes.h"
#include "scenarios/adversaries/composed.h"
#include "scenarios/adversaries/composed_answers.h"
#include "scenarios/adversaries/forged_evidence.h"

namespace aivm::scenarios {
namespace {

// Holds answers back: until the last moment, or until enough of them can be given in one block.
class AnswerTiming {
public:
    AnswerTiming(const Parameters& parameters, const sim::StrategyContext& context)
        : id_(context.self.provider_id),
          rules_(context.rules),
          interval_ns_(static_cast<std::uint64_t>(context.block_interval)),
          last_moment_(parameters.get("last_moment") != 0),
          batch_(static_cast<std::uint64_t>(parameters.get("batch"))) {}

    bool waits(const sim::TaskView& view) {
        if (last_moment_ && !is_last_moment(view)) return true;
        return batch_ > 0 && waits_for_batch(view);
    }

private:
    // An operation sent now is in the next block.
    [[nodiscard]] bool is_last_moment(const sim::TaskView& view) const {
        if (view.task.mode == VerificationMode::kRedundant)
            return view.height() + 1 >= commit_end(view.task, rules_.policy);
        const TimestampNs next = view.state.head.timestamp_ns + interval_ns_;
        return next >= view.task.waiting_since_ns + rules_.config.task_timeout_ns;
    }
    // The results of one batch are open for a window; the next batch follows after that.
    bool waits_for_batch(const sim::TaskView& view) {
        if (batch_at_ == view.height()) return ++released_ > batch_;
        const TimestampNs waited = view.state.head.timestamp_ns - view.task.waiting_since_ns;
        if (waited > rules_.config.task_timeout_ns / 2) return false;
        const Height window = rules_.config.challenge_window_blocks;
        if (batch_at_ && view.height() <= *batch_at_ + window + 1) return true;
        if (collects_more(view)) return true;
        batch_at_ = view.height();
        released_ = 1;
        return false;
    }
    [[nodiscard]] bool collects_more(const sim::TaskView& view) const {
        const auto index = view.state.find_provider(id_);
        if (!index) return true;
        const Provider& self = view.state.provider(*index);
        const std::uint64_t most = rules_.config.max_tasks_per_provider;
        return self.open_tasks < std::min(batch_, most) && self.unlocked() >= rules_.result_bond();
    }

    std::string id_;
    VmParameters rules_;
    std::uint64_t interval_ns_;
    bool last_moment_;
    std::uint64_t batch_;
    std::optional<Height> batch_at_;  // the block in which the last batch was answered
    std::uint64_t released_ = 0;      // in that block
};

// Offers each checker money to stay silent about an answer, and pays those that accepted when it
// has become final.
class SilenceOffers {
public:
    SilenceOffers(Amount bribe, sim::StrategyContext context)
        : context_(std::move(context)), bribe_(bribe) {}

    void offer(const sim::TaskView& view, Answer answer) {
        if (bribe_.is_zero()) return;
        context_.side->post({context_.self.address, std::string(kBribeOffered), view.index,
                             view.task.assignments, answer, bribe_});
        offered_[view.index] = view.task.assignments;
    }
    void pay(const sim::NodeView& view) {
        for (const VmEvent& e : view.tip.events) {
            if (const auto* done = std::get_if<event::TaskCompleted>(&e))
                pay_for(view.state(), done->task);
        }
    }

private:
    void pay_for(const State& state, TaskIndex task) {
        const auto offered = offered_.find(task);
        if (offered == offered_.end() || offered->second != state.task(task).assignments) return;
        for (const sim::Notice& notice : context_.side->notices()) {
            if (notice.topic == kBribeAccepted && notice.task == task &&
                notice.assignment == offered->second)
                context_.side->pay(context_.self.address, notice.from, notice.amount);
        }
        offered_.erase(offered);
    }

    sim::StrategyContext context_;
    Amount bribe_;
    std::map<TaskIndex, std::uint32_t> offered_;  // the assignment that the offer was about
};

class ComposedProvider final : public sim::ProviderStrategy {
public:
    ComposedProvider(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          answers_(parameters, context),
          timing_(parameters, context),
          bribes_(amount(parameters, "bribe"), context),
          block_price_(amount(parameters, "block_price")),
          reveals_only_(parameters.get("buys_reveals") != 0),
          joins_at_tasks_(static_cast<std::uint64_t>(parameters.get("joins_at_tasks"))),
          leaves_after_(static_cast<std::uint64_t>(parameters.get("leaves_after"))),
          unrevealed_ppm_(parameters.ppm("unrevealed_ppm")),
          reveals_last_(parameters.get("reveals_last") != 0),
          moves_late_(parameters.get("moves_late") != 0),
          steals_key_(parameters.get("steals_key") != 0),
          reported_ms_(static_cast<std::uint32_t>(parameters.get("reported_ms"))) {}

    bool joins(const State* state) override {
        if (joins_at_tasks_ == 0) return true;
        return state != nullptr && state->tasks.size() >= joins_at_tasks_;
    }
    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        return answers_.steps(view);
    }
    bool waits(const sim::TaskView& view) override {
        return answers_.waits_for_copy(view) || timing_.waits(view);
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const std::optional<Answer> given = answers_.answer(view);
        if (given) committed_[view.index] = *given;
        if (given && *given != run_model(view.kernels, view.model, view.task.input_row))
            bribes_.offer(view, *given);
        return given;
    }
    std::vector<InferenceTraceStep> trace(const sim::TaskView& view, Answer answer) override {
        return answers_.trace(view, answer);
    }
    bool reveals(const sim::TaskView& view) override {
        if (shared_coin_ppm(view.task) < unrevealed_ppm_) return false;
        return !reveals_last_ || would_win(view);
    }
    std::optional<op::DisputeMove> move(const sim::DisputeView& view) override {
        if (moves_late_ && view.blocks_left() > 1) return std::nullopt;
        return sim::ProviderStrategy::move(view);
    }
    std::uint32_t reported_time_ms(const sim::TaskView& view) override {
        return reported_ms_ > 0 ? reported_ms_ : sim::ProviderStrategy::reported_time_ms(view);
    }
    std::optional<Bytes> evidence(const sim::Device& device, TimestampNs now) override {
        return steals_key_ ? forged_evidence(device, context_.self.provider_id, now)
                           : sim::ProviderStrategy::evidence(device, now);
    }

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        answers_.observe(view);
        bribes_.pay(view);
        offer_for_blocks();
        return leaves_after_ > 0 ? leave(view) : std::vector<OperationBody>();
    }
    std::vector<OperationBody> on_pending(const sim::NodeView&,
                                          const SignedOperation& operation) override {
        answers_.observe_pending(operation);
        return {};
    }

private:
    static constexpr Height kTryEveryBlocks = 4;

    static Amount amount(const Parameters& parameters, std::string_view name) {
        return Amount(static_cast<std::uint64_t>(parameters.get(name)));
    }
    // In the last block of the reveals: with its own, enough answers agree.
    [[nodiscard]] bool would_win(const sim::TaskView& view) const {
        if (view.height() + 1 < reveal_end(view.task, context_.rules.policy)) return false;
        const auto mine = committed_.find(view.index);
        if (mine == committed_.end()) return true;
        const auto agree = std::ranges::count_if(view.task.seats, [&](const Seat& seat) {
            return seat.status == SeatStatus::kPosted && seat.answer == mine->second;
        });
        return static_cast<std::uint64_t>(agree) + 1 >= context_.rules.config.redundancy_factor;
    }
    void offer_for_blocks() {
        if (block_price_.is_zero() || offered_) return;
        offered_ = true;
        constexpr Amount kAnyBudget(std::uint64_t{1} << 62);
        post(kSilenceBudget, kAnyBudget);
        post(reveals_only_ ? kOfferForClock : kOfferForAll, block_price_);
    }
    void post(std::string_view topic, Amount amount) {
        sim::Notice notice;
        notice.from = context_.self.address;
        notice.topic = topic;
        notice.amount = amount;
        context_.side->post(std::move(notice));
    }
    std::vector<OperationBody> leave(const sim::NodeView& view) {
        const auto index = view.state().find_provider(context_.self.provider_id);
        if (!index || answers_.count() < leaves_after_) return {};
        const Provider& self = view.state().provider(*index);
        if (self.active()) {
            if (leaving_) return {};
            leaving_ = true;
            return {op::DeregisterProvider{self.id}};
        }
        if (self.status != ProviderStatus::kUnbonding || view.height() < next_try_) return {};
        next_try_ = view.height() + kTryEveryBlocks;
        return {op::WithdrawBond{self.id}};
    }

    sim::StrategyContext context_;
    ComposedAnswers answers_;
    AnswerTiming timing_;
    SilenceOffers bribes_;
    Amount block_price_;
    bool reveals_only_;
    std::uint64_t joins_at_tasks_;
    std::uint64_t leaves_after_;
    std::uint32_t unrevealed_ppm_;
    bool reveals_last_;
    bool moves_late_;
    bool steals_key_;
    std::uint32_t reported_ms_;
    std::map<TaskIndex, Answer> committed_;
    bool offered_ = false;
    bool leaving_ = false;
    Height next_try_ = 0;
};

std::unique_ptr<sim::ProviderStrategy> make_composed_provider(const Parameters& parameters,
                                                              const sim::StrategyContext& context) {
    return std::make_unique<ComposedProvider>(parameters, context);
}

constexpr std::array kComposedProviderParameters{
    share("wrong_ppm", "share of its answers that it computes and changes"),
    share("invented_ppm", "share of its answers that it invents without computing"),
    share("guess_ppm", "share of its answers that are the model's most common one, not computed"),
    share("copy_ppm", "share of its answers that are copied from the first that it sees"),
    share("silent_ppm", "share of the tasks that it does not answer"),
    StrategyParameter{"bits_dropped", 0, 7, 0, "bits",
                      "of every weight: other answers are those of a coarser, cheaper copy"},
    number("seats_min", "seats",
           "deviates where its owner has at least as many seats of the committee"),
    action_switch("allied", "1: counts the seats of other owners that are allied too"),
    number("after_answers", "answers", "deviates after as many true answers"),
    action_switch("used_at_once",
                  "1: deviates where its result can be used before the window ends"),
    StrategyParameter{"price_below_ppm", 0, 1'000'000'000, 0, "ppm",
                      "deviates while LUX costs less than this share of its first price; 0: any"},
    number("open_results_min", "results", "deviates while as many results are open to challenges"),
    number("proofs_max", "proofs",
           "stops to deviate when as many of its answers were proven wrong; 0: never"),
    number("quiet_blocks", "blocks", "deviates after as many blocks without a challenge"),
    action_switch("last_moment", "1: answers in the last block in which that counts"),
    number("batch", "answers", "collects as many tasks and answers them in one block; 0: at once"),
    number("joins_at_tasks", "tasks", "joins the pool when the chain has as many tasks"),
    number("leaves_after", "answers",
           "asks for its bond after as many answers; 0: it does not leave"),
    share("unrevealed_ppm", "share of its commitments that it does not reveal"),
    action_switch("reveals_last", "1: reveals last, and only what will be accepted"),
    action_switch("moves_late", "1: answers the moves of a dispute in the last block"),
    money("bribe", "offered to each checker for silence about a wrong answer"),
    money("block_price", "the most that it pays for a block without fraud proofs"),
    action_switch("buys_reveals", "1: buys only blocks without reveals and moves"),
    action_switch("steals_key", "1: signs its attestation with a stolen key of the vendor"),
    StrategyParameter{"reported_ms", 0, 4'000'000'000, 0, "ms",
                      "computing time that it reports; 0: the true one"},
    StrategyParameter{"identities", 1, 1000, 1, "identities",
                      "into which each honest one is split, with its part of the money; the count "
                      "of the group holds them all"},
};

}  // namespace

const StrategyRow kComposedProviderRow{
    .name = "composed_provider",
    .doc = "a provider made of primitive actions, for the search for profit",
    .parameters = kComposedProviderParameters,
    .provider = make_composed_provider,
    .splits = true,
    .watches_pending = true};

}  // namespace aivm::scenarios
