// A10 selection_grinder: a proposer that also owns providers passes its turn when the draw its
// block would make does not favour them.
//
// Stresses the beacon: a proposer knows its own secret, and by passing it swaps one draw for the
// next proposer's. With a share f of the providers and s of the proposers it passes an unfavourable
// draw whenever it can, so its share x of the work satisfies x = f + (1 - f) s x, which is
// f / (1 - s (1 - f)) if it may pass any number of turns; the virtual chain allows a few for a
// block (validation cases V66, V67). Observe the revenue of its principal against that of honest
// providers. It is a validator whose principal owns a provider group.
#include <algorithm>

#include "core/verification/draw.h"
#include "core/verification/redundant.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class SelectionGrinder final : public sim::ValidatorStrategy {
public:
    explicit SelectionGrinder(const sim::StrategyContext& context) : context_(context) {}

    bool builds(const State& parent, const Hash32& beacon) override {
        std::uint64_t seats = 0;
        std::uint64_t ours = 0;
        parent.tasks.for_each([&](std::size_t, const Task& task) {
            if (task.status != TaskStatus::kPending || task.draw_at != parent.head.height + 1)
                return;
            for (const ProviderIndex drawn : draw(parent, task, beacon)) {
                ++seats;
                ours += context_.is_accomplice(parent.provider(drawn)) ? 1 : 0;
            }
        });
        return seats == 0 || ours > 0;
    }
    bool includes(const SignedOperation&) override { return true; }

private:
    // The draw that the VM will make (core/verification/draw.cpp), except that draws of one block
    // fill each other's slots there.
    [[nodiscard]] std::vector<ProviderIndex> draw(const State& state, const Task& task,
                                                  const Hash32& beacon) const {
        std::vector<ProviderIndex> eligible;
        std::vector<std::uint64_t> up_to;
        std::uint64_t total = 0;
        const ModelIndex model = state.status_of_model(task.model).first;
        const TrustMoment at{
            state.head.height + 1,
            state.head.timestamp_ns + static_cast<std::uint64_t>(context_.block_interval)};
        state.providers.for_each([&](std::size_t i, const Provider& p) {
            if (!is_eligible(context_.rules, p, model, state.head.height + 1)) return;
            eligible.push_back(ProviderIndex{static_cast<std::uint32_t>(i)});
            up_to.push_back(total += draw_weight(context_.rules, p, at));
        });
        const Hash32 seed = draw_seed(task.task_key, beacon);
        if (task.mode == VerificationMode::kRedundant) {
            const std::size_t count = context_.rules.policy.redundancy_providers;
            return eligible.size() < count ? std::vector<ProviderIndex>()
                                           : draw_committee(eligible, seed, count);
        }
        if (eligible.empty()) return {};
        const auto chosen = std::ranges::upper_bound(up_to, big_endian_modulo(seed, total));
        return {eligible[static_cast<std::size_t>(chosen - up_to.begin())]};
    }

    sim::StrategyContext context_;
};

std::unique_ptr<sim::ValidatorStrategy> make_selection_grinder(
    const Parameters&, const sim::StrategyContext& context) {
    return std::make_unique<SelectionGrinder>(context);
}

}  // namespace

const StrategyRow kSelectionGrinderRow{
    .name = "selection_grinder",
    .id = "A10",
    .doc = "passes its turn to propose when the draw would not favour its own providers",
    .validator = make_selection_grinder};

}  // namespace aivm::scenarios
