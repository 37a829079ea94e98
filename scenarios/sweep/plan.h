// The plan of a sweep: a scenario, the values to vary, the seeds. Everything is checked here,
// before anything runs. A plan holds no run and no loaded point, so its size does not depend on
// their number.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/describe.h"
#include "scenarios/file/load.h"
#include "scenarios/statistics/sequential.h"
#include "scenarios/sweep/stop_rule.h"
#include "sim/record/row_sink.h"
#include "sim/scenario/setting.h"

namespace aivm::scenarios {

inline constexpr std::size_t kMaxPoints = 100'000;
inline constexpr std::uint64_t kMaxRuns = 100'000'000;

// What is recorded of a run besides its own row: everything, or only the small tables (no rows per
// task or per block).
enum class Detail : std::uint8_t { kOutcomes, kMetrics };
constexpr auto enum_words(Detail) {
    return std::to_array<std::string_view>({"outcomes", "metrics"});
}

struct Axis {
    std::string key;
    std::vector<std::string> values;
};

// The request as the user wrote it.
struct SweepRequest {
    std::string text;                 // of the scenario file
    std::string source;               // its name in error messages
    std::vector<Override> overrides;  // with lower precedence than the values that are varied
    std::vector<std::string> over;    // "KEY=VALUES"
    std::vector<Axis> axes;           // further ones, as lists
    // Instead of `over`: the points themselves, each with its keys and values. A key that a point
    // does not name is as in the scenario there.
    std::vector<std::vector<std::pair<std::string, std::string>>> points;
    std::string seeds = "1..64";
    std::vector<std::string> until_width;    // "METRIC=WIDTH"
    std::vector<std::string> until_decided;  // "METRIC<BOUND"
    std::string confidence = "95%";
    // "KEY=VALUE,..." of the point that the others are compared with; empty: the first point
    std::string base;
    std::string shard = "1/1";
    Detail detail = Detail::kOutcomes;
    bool counterfactual = false;                       // see RunOptions
    const sim::StrategyFactory* strategies = nullptr;  // see RunOptions; outlives the plan
};

class SweepPlan {
public:
    // The plan, or every problem in the request, each a sentence that ends with a correction.
    static tl::expected<SweepPlan, std::vector<std::string>> make(const SweepRequest& request);

    [[nodiscard]] const std::string& scenario() const { return scenario_; }
    [[nodiscard]] const std::vector<Axis>& axes() const { return axes_; }
    [[nodiscard]] const std::vector<std::uint64_t>& seeds() const { return seeds_; }
    [[nodiscard]] const std::vector<StopRule>& rules() const { return rules_; }
    [[nodiscard]] double confidence() const { return confidence_; }
    [[nodiscard]] Detail detail() const { return detail_; }
    [[nodiscard]] bool counterfactual() const { return counterfactual_; }
    [[nodiscard]] const sim::StrategyFactory* strategies() const { return strategies_; }
    [[nodiscard]] std::size_t points() const { return point_ids_.size(); }
    [[nodiscard]] std::size_t base_point() const { return base_point_; }
    [[nodiscard]] std::int64_t point_id(std::size_t point) const { return point_ids_.at(point); }
    [[nodiscard]] std::uint32_t shard() const { return shard_; }  // counted from 1
    [[nodiscard]] std::uint32_t shards() const { return shards_; }

    // The looks at a point; without rules there is one, at the last seed.
    [[nodiscard]] std::vector<Look> looks() const;
    // Whether this shard makes the run. With rules a whole point belongs to one shard, since only a
    // shard with all its runs knows when it is done.
    [[nodiscard]] bool has_run(std::size_t point, std::size_t replicate) const;
    // Runs of this shard if no rule stops a point early.
    [[nodiscard]] std::uint64_t runs_max() const;

    // Whether the points are all combinations of the axes' values.
    [[nodiscard]] bool is_grid() const { return cells_.empty(); }
    // The value of each axis at a point, empty where the point does not set it; in a grid the last
    // axis varies fastest.
    [[nodiscard]] std::vector<std::string> values_at(std::size_t point) const;
    // "vm.challenge_window_blocks=5 chain.censoring_share=10%"; empty without axes.
    [[nodiscard]] std::string name_of(std::size_t point) const;
    // The scenario of a point; make() has checked that it loads.
    [[nodiscard]] LoadedScenario load(std::size_t point) const;
    // Describes a run of the loaded point for a recorder. Runs of one seed share their random
    // numbers.
    [[nodiscard]] sim::RunInfo info(std::size_t point, const LoadedScenario& loaded) const;

    // JSON that identifies the sweep: equal for equal plans, whatever the shard.
    [[nodiscard]] std::string json() const;

private:
    class Maker;
    static constexpr std::size_t kNotSet = static_cast<std::size_t>(-1);
    [[nodiscard]] std::vector<std::size_t> cell_of(std::size_t point) const;
    [[nodiscard]] std::vector<Override> overrides_at(std::size_t point) const;

    std::string text_;
    std::string source_;
    std::string scenario_;
    std::vector<Override> overrides_;
    std::vector<Axis> axes_;
    // Of points that are no grid: the place of each axis's value, or kNotSet.
    std::vector<std::vector<std::size_t>> cells_;
    std::vector<std::uint64_t> seeds_;
    std::vector<StopRule> rules_;
    double confidence_ = 0.95;
    Detail detail_ = Detail::kOutcomes;
    bool counterfactual_ = false;
    const sim::StrategyFactory* strategies_ = nullptr;
    std::vector<std::int64_t> point_ids_;
    std::size_t base_point_ = 0;
    std::uint32_t shard_ = 1;
    std::uint32_t shards_ = 1;
};

// The rules of a plan written by json(), and the largest number of runs of a point; no rules if the
// text is not a plan.
struct PlanRules {
    std::vector<StopRule> rules;
    std::uint64_t runs_max = 0;
};
PlanRules rules_of_plan(const std::string& json);

// The request that asks for what `now` asks for and for what the study of another plan, as json()
// wrote it, has already: the values and the seeds of both, the study's first. Problems: a
// difference that cannot be added to a study, such as another scenario or other keys; seeds beside
// stopping rules, whose largest number of runs is fixed beforehand.
Parsed<SweepRequest> grown_request(const std::string& plan, const SweepRequest& now,
                                   const SweepPlan& now_planned);

// The point that the others are compared with, as a plan's json() names it.
std::string base_of_plan(const std::string& json);

// Describes how two plans differ ("seeds are 1..64 there and 1..32 here"); empty if they are equal.
// `there` may be any text.
std::string plan_difference(const std::string& there, const std::string& here);

}  // namespace aivm::scenarios
