// A08 cartel: independent providers agree on the model's most common answer, which costs nothing,
// and post it where enough of them sit on a committee to decide it and cheating pays; otherwise
// they compute.
//
// Stresses side contracts: the members have different owners, and what holds the cartel together is
// that each of them saves tasks.step_cost, and has its part of what a lie is worth. The agreed
// answer is wrong to a share w of the inputs. If a share a of the results is checked, a member that
// cheats saves the cost of computing, is caught with the probability a w and then loses the slash
// and its pay (V05, V06), and where a lie becomes final it has its part of tasks.value_at_risk and
// of the pay of those that it outvoted. Members find each other through notices on the side
// channel, and all reckon with believed_check_ppm for a; with 0 they always cheat. Observe its gain
// over honest play beside the share of results that is checked, and p_final_corrupt.
#include <algorithm>
#include <map>
#include <set>

#include "scenarios/adversaries/cheap_answers.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Cartel final : public sim::ProviderStrategy {
public:
    Cartel(const Parameters& parameters, const sim::StrategyContext& context)
        : context_(context), believed_check_ppm_(parameters.ppm("believed_check_ppm")) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        return cheats(view) ? 0 : view.model.steps;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        if (cheats(view)) return agreed(view).answer;
        return run_model(view.kernels, view.model, view.task.input_row);
    }
    std::vector<OperationBody> on_block(const sim::NodeView&) override {
        if (!announced_) context_.side->post({context_.self.address, kTopic, {}, 0, 0, {}});
        announced_ = true;
        return {};
    }

private:
    static constexpr const char* kTopic = "cartel";

    bool cheats(const sim::TaskView& view) {
        const std::uint64_t members = members_of(view.task, view.state);
        return members >= context_.rules.config.redundancy_factor && cheating_pays(view, members);
    }
    bool cheating_pays(const sim::TaskView& view, std::uint64_t members) {
        const CommonAnswer& common = agreed(view);
        const auto winners = static_cast<SignedNlux>(members);
        const SignedNlux pay = as_signed(pay_of(context_.rules, view.task.fee));
        const SignedNlux honest_pay = pay / context_.rules.policy.redundancy_providers;
        CheapAnswer cheap;
        cheap.saved = as_signed(context_.step_cost) * view.model.steps;
        cheap.lie_value = as_signed(context_.lie_value) / winners + pay / winners - honest_pay;
        cheap.at_stake = as_signed(slash_of(context_.rules)) + honest_pay;
        cheap.wrong_ppm = common.wrong_ppm;
        cheap.provable_ppm = common.wrong_ppm;
        return cheap.worth(believed_check_ppm_) >= 0;
    }
    std::uint64_t members_of(const Task& task, const State& state) {
        for (; read_ < context_.side->notices().size(); ++read_) {
            const sim::Notice& notice = context_.side->notices()[read_];
            if (notice.topic == kTopic) members_.insert(notice.from);
        }
        return static_cast<std::uint64_t>(std::ranges::count_if(task.seats, [&](const Seat& seat) {
            return members_.contains(state.provider(seat.provider).owner);
        }));
    }
    const CommonAnswer& agreed(const sim::TaskView& view) {
        const auto [known, is_new] = agreed_.try_emplace(view.model.id);
        if (is_new) known->second = most_common_answer(view.kernels, view.model, kSampleRows);
        return known->second;
    }

    sim::StrategyContext context_;
    std::uint32_t believed_check_ppm_;
    bool announced_ = false;
    std::size_t read_ = 0;  // notices so far
    std::set<Address> members_;
    std::map<std::string, CommonAnswer> agreed_;  // by the model's id
};

std::unique_ptr<sim::ProviderStrategy> make_cartel(const Parameters& parameters,
                                                   const sim::StrategyContext& context) {
    return std::make_unique<Cartel>(parameters, context);
}

constexpr std::array kCartelParameters{
    StrategyParameter{"believed_check_ppm", 0, 1'000'000, 0, "ppm",
                      "share of the results that the members believe to be checked; they cheat "
                      "only where that pays"},
};

}  // namespace

const StrategyRow kCartelRow{
    .name = "cartel",
    .id = "A08",
    .doc = "agrees with other owners on a free answer where they decide the quorum and it pays",
    .parameters = kCartelParameters,
    .provider = make_cartel};

}  // namespace aivm::scenarios
