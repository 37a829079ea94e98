// A16 p_plus_epsilon: a requester offers every committee member a bribe for a lie, and pays it only
// if the lie wins.
//
// Stresses the quorum as a coordination game: for a member who believes that the others take it,
// lying pays the bribe on top of the fee, and honesty costs the slash for divergence. The
// briber is a requester and the bribable members are providers; `accept_ppm` is the share of offers
// that they accept. Observe p_final_corrupt and both sides' net against the challengers.
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

constexpr const char* kTopic = "p+epsilon";

class Briber final : public sim::RequesterStrategy {
public:
    Briber(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context),
          bribe_(millilux(static_cast<std::uint64_t>(parameters.get("bribe_mlux")))) {}

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        for (const VmEvent& e : view.tip.events) {
            const auto* submitted = std::get_if<event::TaskSubmitted>(&e);
            const auto* done = std::get_if<event::TaskCompleted>(&e);
            if (submitted != nullptr)
                offer(view.state(), submitted->task);  // before anybody is drawn
            if (done != nullptr) settle(view.state(), done->task);
        }
        return {};
    }

private:
    void offer(const State& state, TaskIndex index) {
        const Task& task = state.task(index);
        if (task.requester != context_.self.address) return;
        lies_[index] = static_cast<Answer>(task.input_row + 1);
        context_.side->post(
            {context_.self.address, kTopic, index, task.assignments, lies_[index], bribe_});
    }
    void settle(const State& state, TaskIndex index) {
        const auto lie = lies_.find(index);
        const Task& task = state.task(index);
        if (lie == lies_.end() || task.provisional != lie->second) return;
        for (const Seat& seat : task.seats) {
            if (seat.status != SeatStatus::kReleased || seat.answer != lie->second) continue;
            context_.side->pay(context_.self.address, state.provider(seat.provider).owner, bribe_);
        }
    }

    sim::StrategyContext context_;
    Amount bribe_;
    std::map<TaskIndex, Answer> lies_;
};

class Bribable final : public sim::ProviderStrategy {
public:
    Bribable(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context), random_(context.random), accept_ppm_(parameters.ppm("accept_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        read_offers();
        bribed_ = offers_.contains(view.index) && random_.bernoulli_ppm(accept_ppm_);
        return bribed_ ? 0 : view.model.steps;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        if (bribed_) return offers_.at(view.index);
        return run_model(view.kernels, view.model, view.task.input_row);
    }

private:
    void read_offers() {
        for (; read_ < context_.side->notices().size(); ++read_) {
            const sim::Notice& notice = context_.side->notices()[read_];
            if (notice.topic == kTopic) offers_[notice.task] = notice.answer;
        }
    }

    sim::StrategyContext context_;
    sim::RandomStream random_;
    std::uint32_t accept_ppm_;
    bool bribed_ = false;  // on the current task
    std::size_t read_ = 0;
    std::map<TaskIndex, Answer> offers_;
};

std::unique_ptr<sim::RequesterStrategy> make_briber(const Parameters& parameters,
                                                    const sim::StrategyContext& context) {
    return std::make_unique<Briber>(parameters, context);
}

std::unique_ptr<sim::ProviderStrategy> make_bribable(const Parameters& parameters,
                                                     const sim::StrategyContext& context) {
    return std::make_unique<Bribable>(parameters, context);
}

constexpr std::array kEpsilonParameters{
    StrategyParameter{"bribe_mlux", 0, 1'000'000'000, 100, "mLUX",
                      "the briber's offer for a lie that wins"},
    StrategyParameter{"accept_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "share of the offers that a provider takes"},
};

}  // namespace

const StrategyRow kPPlusEpsilonRow{
    .name = "p_plus_epsilon",
    .id = "A16",
    .doc =
        "bribes a committee, as a requester, or takes the bribe, as a provider; "
        "paid only if the lie wins",
    .parameters = kEpsilonParameters,
    .provider = make_bribable,
    .requester = make_briber};

}  // namespace aivm::scenarios
