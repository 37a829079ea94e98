// What a sweep is going to run: a scenario, the values that it varies, the seeds. Everything is
// checked here, before anything runs. A plan holds no run and no loaded point, so it does not grow
// with them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/describe.h"
#include "scenarios/file/load.h"
#include "scenarios/statistics/sequential.h"
#include "scenarios/sweep/stop_rule.h"
#include "sim/record/row_sink.h"

namespace aivm::scenarios {

inline constexpr std::size_t kMaxPoints = 100'000;
inline constexpr std::uint64_t kMaxRuns = 100'000'000;

// What is kept of a run besides its own row: everything, or only what is small (no rows a task or a
// block).
enum class Detail : std::uint8_t { kOutcomes, kMetrics };
constexpr auto enum_words(Detail) {
    return std::to_array<std::string_view>({"outcomes", "metrics"});
}

// As the user wrote it.
struct SweepRequest {
    std::string text;                 // of the scenario file
    std::string source;               // what errors call it
    std::vector<Override> overrides;  // below the values that are varied
    std::vector<std::string> over;    // "KEY=VALUES"
    std::string seeds = "1..64";
    std::vector<std::string> until_width;    // "METRIC=WIDTH"
    std::vector<std::string> until_decided;  // "METRIC<BOUND"
    std::string confidence = "95%";
    // "KEY=VALUE,..." of the point that others are compared with; empty: the first
    std::string base;
    std::string shard = "1/1";
    Detail detail = Detail::kOutcomes;
};

struct Axis {
    std::string key;
    std::vector<std::string> values;
};

class SweepPlan {
public:
    // The plan, or every fault, each a text that ends with what would be right.
    static tl::expected<SweepPlan, std::vector<std::string>> make(const SweepRequest& request);

    [[nodiscard]] const std::string& scenario() const { return scenario_; }
    [[nodiscard]] const std::vector<Axis>& axes() const { return axes_; }
    [[nodiscard]] const std::vector<std::uint64_t>& seeds() const { return seeds_; }
    [[nodiscard]] const std::vector<StopRule>& rules() const { return rules_; }
    [[nodiscard]] double confidence() const { return confidence_; }
    [[nodiscard]] Detail detail() const { return detail_; }
    [[nodiscard]] std::size_t points() const { return point_ids_.size(); }
    [[nodiscard]] std::size_t base_point() const { return base_point_; }
    [[nodiscard]] std::int64_t point_id(std::size_t point) const { return point_ids_.at(point); }
    [[nodiscard]] std::uint32_t shard() const { return shard_; }  // counted from 1
    [[nodiscard]] std::uint32_t shards() const { return shards_; }

    // The looks at a point: one, at the last seed, without rules.
    [[nodiscard]] std::vector<Look> looks() const;
    // Whether this shard has the run. With rules a point belongs to one shard: nobody else could
    // tell when it is done.
    [[nodiscard]] bool has_run(std::size_t point, std::size_t replicate) const;
    // Runs of this shard, should no rule stop a point early.
    [[nodiscard]] std::uint64_t runs_max() const;

    // The value of each axis at a point; the last axis varies fastest.
    [[nodiscard]] std::vector<std::string> values_at(std::size_t point) const;
    // "vm.challenge_window_blocks=5 chain.censoring_share=10%"; empty without axes.
    [[nodiscard]] std::string name_of(std::size_t point) const;
    // The scenario of a point, which make() has seen to load.
    [[nodiscard]] LoadedScenario load(std::size_t point) const;
    // What a recorder wants to know of a run of the loaded point. Runs of one seed share their
    // random numbers.
    [[nodiscard]] sim::RunInfo info(std::size_t point, const LoadedScenario& loaded) const;

    // JSON, the same for equal plans, whatever the shard: what tells one sweep from another.
    [[nodiscard]] std::string json() const;

private:
    class Maker;
    [[nodiscard]] std::vector<Override> overrides_at(std::size_t point) const;

    std::string text_;
    std::string source_;
    std::string scenario_;
    std::vector<Override> overrides_;
    std::vector<Axis> axes_;
    std::vector<std::uint64_t> seeds_;
    std::vector<StopRule> rules_;
    double confidence_ = 0.95;
    Detail detail_ = Detail::kOutcomes;
    std::vector<std::int64_t> point_ids_;
    std::size_t base_point_ = 0;
    std::uint32_t shard_ = 1;
    std::uint32_t shards_ = 1;
};

// The rules of a plan written by json(), and the most runs a point has; no rules when the text is
// none.
struct PlanRules {
    std::vector<StopRule> rules;
    std::uint64_t runs_max = 0;
};
PlanRules rules_of_plan(const std::string& json);

// In which way two plans differ, in words ("seeds are 1..64 there and 1..32 here"); empty if they
// do not. `there` is any text.
std::string plan_difference(const std::string& there, const std::string& here);

}  // namespace aivm::scenarios
