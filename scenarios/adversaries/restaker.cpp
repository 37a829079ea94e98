// A27 restaker: one stake backs several providers in turn: it sells invented answers under one
// name, leaves, and registers under the next name with the same money and the same machine.
//
// Stresses that a stake backs one provider at a time: while the results of the first name can
// still be slashed, its bond must not back the second. In TEE mode its answers are used at once, so
// that it has collected their worth before they are proven wrong. With the obligation rule the
// money is released only when no obligation depends on it, and each lie costs the slash; without it
// the cooldown decides, and the bonds of all names but the last are gone when they are due. Observe
// harm_early, E3, E13, E16 and slash_escape.
#include <fmt/format.h>

#include <set>

#include "core/base/digest.h"
#include "core/tasks/seats.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class Restaker final : public sim::ProviderStrategy {
public:
    Restaker(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          names_(static_cast<std::uint32_t>(parameters.get("names"))),
          results_each_(static_cast<std::uint32_t>(parameters.get("results_each"))) {}

    // Takes over, for every name, the operations that its actor would send for the first name.
    std::uint32_t steps_to_compute(const sim::TaskView&) override { return 0; }
    std::optional<Answer> answer(const sim::TaskView&) override { return std::nullopt; }
    std::optional<Bytes> evidence(const sim::Device& device, TimestampNs now) override {
        if (!device_) device_ = device;
        return device.quote(now);
    }

    std::vector<OperationBody> on_block(const sim::NodeView& node) override {
        const auto index = node.state().find_provider(name());
        if (!index) return {};  // its registration waits for a block
        const Provider& now = node.state().provider(*index);
        if (now.active()) return sell(node.state(), *index);
        if (now.status == ProviderStatus::kUnbonding) return withdraw(node);
        if (number_ + 1 >= names_) return {};
        return stand_again(node, now);
    }

private:
    static constexpr Height kTryEveryBlocks = 4;

    [[nodiscard]] std::string name() const {
        return number_ == 0 ? context_.self.provider_id
                            : fmt::format("{}-{}", context_.self.provider_id, number_);
    }

    // An invented answer to every task assigned to it; leaves after a fixed number of them.
    std::vector<OperationBody> sell(const State& state, ProviderIndex self) {
        std::vector<OperationBody> out;
        state.tasks.for_each([&](std::size_t i, const Task& task) {
            if (task.status != TaskStatus::kAssigned || !find_seat(task, self)) return;
            if (!answered_.emplace(i, task.assignments).second) return;
            op::SubmitResult result{
                task.job_id, name(), static_cast<Answer>(context_.random.below(256)), {}, 0};
            if (state.model(task.model).steps > 1)
                result.trace_root = keccak256({task.task_key.view()});
            out.push_back(std::move(result));
            ++sold_;
        });
        // It asks to leave in the same block as the last of them; tasks assigned to it later it
        // would be slashed for.
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

    std::vector<OperationBody> stand_again(const sim::NodeView& node, const Provider& last) {
        const State& state = node.state();
        const Amount bond = state.balance(context_.self.address);  // all that is left
        if (bond < context_.rules.config.min_provider_bond) return {};
        op::RegisterProvider next;
        ++number_;
        sold_ = 0;
        leaving_ = false;
        next.provider_id = name();
        next.wallet = last.wallet;
        next.endpoint = last.endpoint;
        for (const ModelIndex model : last.models) next.models.push_back(state.model(model).id);
        next.bond = bond;
        if (device_)
            next.evidence = device_->of_provider(name()).quote(node.clock).value_or(Bytes());
        return {next};
    }

    sim::StrategyContext context_;
    std::optional<sim::Device> device_;
    std::uint32_t names_;
    std::uint32_t results_each_;
    std::uint32_t number_ = 0;  // of the present name
    std::uint32_t sold_ = 0;    // under it
    bool leaving_ = false;
    Height next_try_ = 0;
    std::set<std::pair<std::size_t, std::uint32_t>> answered_;  // task and assignment
};

std::unique_ptr<sim::ProviderStrategy> make_restaker(const Parameters& parameters,
                                                     const sim::StrategyContext& context) {
    return std::make_unique<Restaker>(parameters, context);
}

constexpr std::array kRestakerParameters{
    StrategyParameter{"names", 1, 1000, 8, "names",
                      "names under which it registers, one after the other"},
    StrategyParameter{"results_each", 1, 10'000, 2, "results",
                      "results sold under each name before it leaves"},
};

}  // namespace

const StrategyRow kRestakerRow{.name = "restaker",
                               .id = "A27",
                               .doc = "backs several names with one stake, one after the other",
                               .parameters = kRestakerParameters,
                               .provider = make_restaker};

}  // namespace aivm::scenarios
