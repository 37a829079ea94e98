// A04 lazy_checker: checks a result with probability q, and recognises a wrong one with probability
// d.
//
// Stresses the incentive to check: a check costs (tasks.check_cost), and pays only when there
// is fraud to find, so checkers check less the less fraud there is (V07, V08). n of them that
// decide independently miss a wrong answer with probability (1 - q d)^n (V01). It may also fail
// to check in time: by a cause that all such checkers share (V02), by being cut off when the result
// is posted (V37; permanently in V65), by needing time, and by reaching the result only with some
// probability per block (V39). Observe unchecked_share and p_final_corrupt.
#include <algorithm>

#include "core/base/digest.h"
#include "core/verification/draw.h"
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint32_t kWholeCoin = 1'000'000;
constexpr sim::SimTime kOutageMax = sim::SimTime{1}
                                    << 55;  // a year, the largest mean that can be drawn with

class LazyChecker final : public sim::ChallengerStrategy {
public:
    LazyChecker(const Parameters& parameters, const sim::StrategyContext& context)
        : random_(context.random),
          policy_(context.rules.policy),
          check_ppm_(parameters.ppm("check_ppm")),
          power_ppm_(parameters.ppm("power_ppm")),
          outage_ppm_(parameters.ppm("outage_ppm")),
          per_block_ppm_(parameters.ppm("per_block_ppm")),
          cut_off_(std::min(context.block_interval * parameters.get("cut_off_blocks"), kOutageMax)),
          latency_(context.block_interval * parameters.get("latency_blocks")),
          block_interval_(context.block_interval) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        // Both draws for every result, so that another q leaves the others' luck alone.
        const bool checks = random_.bernoulli_ppm(check_ppm_);
        would_see_it_ = random_.bernoulli_ppm(power_ppm_);
        return checks && !common_outage(view) ? std::optional(view.model.steps) : std::nullopt;
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        const Answer truth = run_model(view.kernels, view.model, view.task.input_row);
        if (!would_see_it_ || answers_agree(policy_, view.task.provisional, truth))
            return std::nullopt;
        if (cut_off_ + latency_ > 0) able_at_[view.index] = view.now + outage() + latency_;
        return truth;
    }
    // Asked once a block; what it sends now is in the next one.
    bool commits(const sim::TaskView& view) override {
        const auto able = able_at_.find(view.index);
        if (able != able_at_.end() && able->second >= view.now + block_interval_) return false;
        if (!random_.bernoulli_ppm(per_block_ppm_)) return false;
        if (able != able_at_.end()) able_at_.erase(able);
        return true;
    }

private:
    // All checkers share a public coin, the block's beacon, with an independent toss per task.
    [[nodiscard]] bool common_outage(const sim::TaskView& view) const {
        if (outage_ppm_ == 0) return false;
        const Hash32 coin = keccak256({view.state.head.beacon.view(), view.task.task_key.view()});
        return big_endian_modulo(coin, kWholeCoin) < outage_ppm_;
    }
    [[nodiscard]] sim::SimTime outage() {
        return static_cast<sim::SimTime>(random_.exponential(static_cast<std::uint64_t>(cut_off_)));
    }

    sim::RandomStream random_;
    Policy policy_;
    std::uint32_t check_ppm_;
    std::uint32_t power_ppm_;
    std::uint32_t outage_ppm_;
    std::uint32_t per_block_ppm_;
    sim::SimTime cut_off_;  // mean
    sim::SimTime latency_;
    sim::SimTime block_interval_;
    bool would_see_it_ = false;                  // of the result being checked
    std::map<TaskIndex, sim::SimTime> able_at_;  // when it can object to what it has found wrong
};

std::unique_ptr<sim::ChallengerStrategy> make_lazy_checker(const Parameters& parameters,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<LazyChecker>(parameters, context);
}

constexpr std::array kLazyCheckerParameters{
    StrategyParameter{"check_ppm", 0, 1'000'000, 250'000, "ppm",
                      "probability that it checks a result"},
    StrategyParameter{"power_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "probability that it recognises a wrong result that it checks"},
    StrategyParameter{"outage_ppm", 0, 1'000'000, 0, "ppm",
                      "share of the results that all such checkers miss together"},
    StrategyParameter{"cut_off_blocks", 0, 1'000'000, 0, "blocks",
                      "mean time for which an attacker cuts it off when a result is posted"},
    StrategyParameter{"latency_blocks", 0, 1'000'000, 0, "blocks",
                      "delay from learning of a result to being able to challenge it"},
    StrategyParameter{"per_block_ppm", 0, 1'000'000, 1'000'000, "ppm",
                      "probability per block, after that delay, that it starts the check"},
};

}  // namespace

const StrategyRow kLazyCheckerRow{
    .name = "lazy_checker",
    .id = "A04",
    .honest = true,
    .doc = "checks a share of the results, and recognises a share of the wrong ones",
    .parameters = kLazyCheckerParameters,
    .challenger = make_lazy_checker};

}  // namespace aivm::scenarios
