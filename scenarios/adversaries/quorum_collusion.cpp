// A07 quorum_collusion: colluders give one agreed wrong answer whenever enough of them sit on a
// committee to decide it. A11 late_joiner: the same, but they join the pool only once there is work
// to corrupt.
//
// Stresses M, N and the size of the pool: a committee is theirs with probability binom_sf(M, N, f)
// of an open pool (V21), hyper_sf of a finite one (V22); and, for the second, the time between
// joining and being drawn. Otherwise they answer truly, so that nothing is slashed in vain. With
// bad_ppm each seat is theirs with that probability instead, as if drawn from a pool without end.
// Observe p_final_corrupt, with and without challengers.
#include <algorithm>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class QuorumCollusion : public sim::ProviderStrategy {
public:
    QuorumCollusion(const sim::StrategyContext& part, std::uint32_t bad_ppm)
        : part_(part), bad_ppm_(bad_ppm) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        if (bad_ppm_ > 0)
            return part_.random.bernoulli_ppm(bad_ppm_) ? static_cast<Answer>(truth + 1) : truth;
        const auto ours = std::ranges::count_if(view.task.seats, [&](const Seat& seat) {
            return part_.is_accomplice(view.state.provider(seat.provider));
        });
        const bool decisive =
            static_cast<std::uint64_t>(ours) >= part_.rules.config.redundancy_factor;
        return decisive ? static_cast<Answer>(truth + 1) : truth;
    }

private:
    sim::StrategyContext part_;
    std::uint32_t bad_ppm_;
};

class LateJoiner final : public QuorumCollusion {
public:
    LateJoiner(const Parameters& parameters, const sim::StrategyContext& part)
        : QuorumCollusion(part, 0),
          tasks_seen_min_(static_cast<std::uint64_t>(parameters.get("tasks_seen"))) {}
    bool joins(const State* state) override {
        return state != nullptr && state->tasks.size() >= tasks_seen_min_;
    }

private:
    std::uint64_t tasks_seen_min_;
};

}  // namespace

std::unique_ptr<sim::ProviderStrategy> make_quorum_collusion(const Parameters& parameters,
                                                             const sim::StrategyContext& part) {
    return std::make_unique<QuorumCollusion>(part, parameters.ppm("bad_ppm"));
}

std::unique_ptr<sim::ProviderStrategy> make_late_joiner(const Parameters& parameters,
                                                        const sim::StrategyContext& part) {
    return std::make_unique<LateJoiner>(parameters, part);
}

}  // namespace aivm::scenarios
