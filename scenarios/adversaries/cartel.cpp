// A08 cartel: independent providers agree on a cheap answer, a function of the input that costs
// nothing, and post it whenever enough of them sit on a committee to decide it; otherwise they
// compute.
//
// Stresses side contracts: the members have different owners, and what holds the cartel together is
// that each of them saves tasks.step_cost. Members find each other through notices on the side
// channel. Observe the net of its principals beside that of honest providers, and p_final_corrupt.
#include <algorithm>
#include <set>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Cartel final : public sim::ProviderStrategy {
public:
    explicit Cartel(const sim::StrategyContext& context) : context_(context) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        return decides(view) ? 0 : view.model.steps;
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        if (decides(view)) return static_cast<Answer>(view.task.input_row);
        return run_model(view.kernels, view.model, view.task.input_row);
    }
    std::vector<OperationBody> on_block(const sim::NodeView&) override {
        if (!announced_) context_.side->post({context_.self.address, kTopic, {}, 0, 0, {}});
        announced_ = true;
        return {};
    }

private:
    static constexpr const char* kTopic = "cartel";

    bool decides(const sim::TaskView& view) {
        for (; read_ < context_.side->notices().size(); ++read_) {
            const sim::Notice& notice = context_.side->notices()[read_];
            if (notice.topic == kTopic) members_.insert(notice.from);
        }
        const auto ours = std::ranges::count_if(view.task.seats, [&](const Seat& seat) {
            return members_.contains(view.state.provider(seat.provider).owner);
        });
        return static_cast<std::uint64_t>(ours) >= context_.rules.config.redundancy_factor;
    }

    sim::StrategyContext context_;
    bool announced_ = false;
    std::size_t read_ = 0;  // notices so far
    std::set<Address> members_;
};

std::unique_ptr<sim::ProviderStrategy> make_cartel(const Parameters&,
                                                   const sim::StrategyContext& context) {
    return std::make_unique<Cartel>(context);
}

}  // namespace

const StrategyRow kCartelRow{
    .name = "cartel",
    .id = "A08",
    .doc = "agrees with other owners on a cheap answer when they can decide the quorum",
    .provider = make_cartel};

}  // namespace aivm::scenarios
