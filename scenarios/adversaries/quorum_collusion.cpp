// A07 quorum_collusion: colluders post one agreed wrong answer whenever enough of them sit on a
// committee to decide it. A11 late_joiner: the same, but they join the pool only once there is work
// to corrupt.
//
// Stresses M, N and the size of the pool: a committee is theirs with probability binom_sf(M, N, f)
// of an open pool (V21), hyper_sf of a finite one (V22); and, for the second, the time between
// joining and being drawn. Otherwise they answer truly, so that they are not slashed without
// gain. With bad_ppm each seat is theirs with that probability instead, as if drawn from an
// infinite pool. Observe p_final_corrupt, with and without challengers.
#include <algorithm>

#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class QuorumCollusion : public sim::ProviderStrategy {
public:
    QuorumCollusion(const sim::StrategyContext& context, std::uint32_t bad_ppm)
        : context_(context), bad_ppm_(bad_ppm) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        if (bad_ppm_ > 0)
            return context_.random.bernoulli_ppm(bad_ppm_) ? static_cast<Answer>(truth + 1) : truth;
        const auto ours = std::ranges::count_if(view.task.seats, [&](const Seat& seat) {
            return context_.is_accomplice(view.state.provider(seat.provider));
        });
        const bool decisive =
            static_cast<std::uint64_t>(ours) >= context_.rules.config.redundancy_factor;
        return decisive ? static_cast<Answer>(truth + 1) : truth;
    }

private:
    sim::StrategyContext context_;
    std::uint32_t bad_ppm_;
};

class LateJoiner final : public QuorumCollusion {
public:
    LateJoiner(const Parameters& parameters, const sim::StrategyContext& context)
        : QuorumCollusion(context, 0),
          tasks_seen_min_(static_cast<std::uint64_t>(parameters.get("tasks_seen"))) {}
    bool joins(const State* state) override {
        return state != nullptr && state->tasks.size() >= tasks_seen_min_;
    }

private:
    std::uint64_t tasks_seen_min_;
};

std::unique_ptr<sim::ProviderStrategy> make_quorum_collusion(const Parameters& parameters,
                                                             const sim::StrategyContext& context) {
    return std::make_unique<QuorumCollusion>(context, parameters.ppm("bad_ppm"));
}

std::unique_ptr<sim::ProviderStrategy> make_late_joiner(const Parameters& parameters,
                                                        const sim::StrategyContext& context) {
    return std::make_unique<LateJoiner>(parameters, context);
}

constexpr std::array kCollusionParameters{
    StrategyParameter{"bad_ppm", 0, 1'000'000, 0, "ppm",
                      "probability that a seat lies, as if drawn from an infinite pool; 0: it "
                      "lies when its accomplices can decide"},
};

constexpr std::array kLateParameters{
    StrategyParameter{"tasks_seen", 1, 1'000'000, 1, "tasks",
                      "tasks on the chain when it joins the pool"},
};

}  // namespace

const StrategyRow kQuorumCollusionRow{
    .name = "quorum_collusion",
    .id = "A07",
    .doc = "posts one agreed wrong answer when its accomplices can decide the quorum",
    .parameters = kCollusionParameters,
    .provider = make_quorum_collusion};

const StrategyRow kLateJoinerRow{.name = "late_joiner",
                                 .id = "A11",
                                 .doc = "joins the pool when there are tasks, and colludes",
                                 .parameters = kLateParameters,
                                 .provider = make_late_joiner};

}  // namespace aivm::scenarios
