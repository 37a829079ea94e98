// A27 restaker: one stake behind several roles, one after the other: sells made-up answers under
// one name, leaves, and stands again under the next name with the same money.
//
// Stresses that a stake stands behind one thing at a time: while the results of the first name can
// still be slashed, its bond must not be behind the second. With the obligation rule the money is
// free only when nothing hangs on it; without it the cooldown decides, and all names but the last
// stand on money that has gone. Observe E3, E16 and slash_escape.
#include <fmt/format.h>

#include <set>

#include "core/base/digest.h"
#include "core/tasks/seats.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Restaker final : public sim::ProviderStrategy {
public:
    Restaker(const Parameters& parameters, sim::StrategyContext part)
        : part_(std::move(part)),
          names_(static_cast<std::uint32_t>(parameters.get("names"))),
          results_each_(static_cast<std::uint32_t>(parameters.get("results_each"))) {}

    // What its actor would do for the first name, it does itself for every name.
    std::uint32_t steps_to_compute(const sim::TaskView&) override { return 0; }
    std::optional<Answer> answer(const sim::TaskView&) override { return std::nullopt; }

    std::vector<OperationBody> on_block(const sim::NodeView& node) override {
        const auto index = node.state().find_provider(name());
        if (!index) return {};  // its registration waits for a block
        const Provider& now = node.state().provider(*index);
        if (now.active()) return sell(node.state(), *index);
        if (now.status == ProviderStatus::kUnbonding) return withdraw(node);
        if (number_ + 1 >= names_) return {};
        return stand_again(node.state(), now);
    }

private:
    static constexpr Height kTryEveryBlocks = 4;

    [[nodiscard]] std::string name() const {
        return number_ == 0 ? part_.self.provider_id
                            : fmt::format("{}-{}", part_.self.provider_id, number_);
    }

    // A made-up answer to every task it is given; leaves after so many.
    std::vector<OperationBody> sell(const State& state, ProviderIndex self) {
        std::vector<OperationBody> out;
        state.tasks.for_each([&](std::size_t i, const Task& task) {
            if (task.status != TaskStatus::kAssigned || !find_seat(task, self)) return;
            if (!answered_.emplace(i, task.assignments).second) return;
            op::SubmitResult result{
                task.job_id, name(), static_cast<Answer>(part_.random.below(256)), {}, 0};
            if (state.model(task.model).steps > 1)
                result.trace_root = keccak256({task.task_key.view()});
            out.push_back(std::move(result));
            ++sold_;
        });
        // It asks to leave in the same block as the last of them; what it is given later it would
        // be slashed for.
        if (sold_ >= results_each_ && !leaving_) {
            leaving_ = true;
            out.push_back(op::DeregisterProvider{name()});
        }
        return out;
    }

    std::vector<OperationBody> withdraw(const sim::NodeView& node) {
        if (node.height() < next_try_) return {};
        next_try_ = node.height() + kTryEveryBlocks;
        return {op::WithdrawBond{name()}};
    }

    std::vector<OperationBody> stand_again(const State& state, const Provider& last) {
        const Amount bond = state.balance(part_.self.address);  // all that is left
        if (bond < part_.rules.config.min_provider_bond) return {};
        op::RegisterProvider next;
        ++number_;
        sold_ = 0;
        leaving_ = false;
        next.provider_id = name();
        next.wallet = last.wallet;
        next.endpoint = last.endpoint;
        for (const ModelIndex model : last.models) next.models.push_back(state.model(model).id);
        next.bond = bond;
        return {next};
    }

    sim::StrategyContext part_;
    std::uint32_t names_;
    std::uint32_t results_each_;
    std::uint32_t number_ = 0;  // of the present name
    std::uint32_t sold_ = 0;    // under it
    bool leaving_ = false;
    Height next_try_ = 0;
    std::set<std::pair<std::size_t, std::uint32_t>> answered_;  // task and assignment
};

}  // namespace

std::unique_ptr<sim::ProviderStrategy> make_restaker(const Parameters& parameters,
                                                     const sim::StrategyContext& part) {
    return std::make_unique<Restaker>(parameters, part);
}

}  // namespace aivm::scenarios
