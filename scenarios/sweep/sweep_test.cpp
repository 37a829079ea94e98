#include "scenarios/sweep/sweep.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>

#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/sweep/analysis.h"
#include "sim/record/study.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

// A run takes about a millisecond.
constexpr std::string_view kScenario = R"(name = "tiny"
description = "A few tasks, some of them answered by guessing."
[run]
fidelity = "economic"
[chain]
censorship = "iid"
censoring_share = "50%"
[tasks]
count = 12
per_block = 4
requesters = 1
feature_rows = 8
[vm]
challenge_window_blocks = 3
challenge_reveal_blocks = 20
[[provider]]
name = "honest"
count = 2
[[provider]]
name = "lazy"
count = 2
strategy = "lazy_guess"
[[challenger]]
name = "watcher"
)";

SweepRequest request(std::vector<std::string> over, std::string seeds = "1..6") {
    SweepRequest out;
    out.text = kScenario;
    out.source = "tiny.toml";
    out.over = std::move(over);
    out.seeds = std::move(seeds);
    return out;
}

SweepPlan plan_of(const SweepRequest& asked) {
    auto plan = SweepPlan::make(asked);
    EXPECT_TRUE(plan) << plan.error().front();
    return *std::move(plan);
}

// The problems as one text.
std::string faults(const SweepRequest& asked) {
    const auto plan = SweepPlan::make(asked);
    if (plan) return "none";
    std::string out;
    for (const std::string& fault : plan.error()) out += fault + "\n";
    return out;
}

const std::vector<std::string> kTwoAxes{"vm.challenge_window_blocks=1,2",
                                        "chain.censoring_share=10%,90%"};

TEST(SweepPlan, PointsAreAllCombinationsTheLastKeyVaryingFastest) {
    const SweepPlan plan = plan_of(request(kTwoAxes));
    ASSERT_EQ(plan.points(), 4U);
    EXPECT_EQ(plan.name_of(1), "vm.challenge_window_blocks=1 chain.censoring_share=90%");
    EXPECT_EQ(plan.load(2).scenario.vm.config.challenge_window_blocks, 2U);
    EXPECT_EQ(plan.load(2).scenario.chain.censoring_ppm, 100'000U);
    EXPECT_EQ(plan.runs_max(), 24U);
    EXPECT_EQ(plan_of(request({})).points(), 1U);
}

TEST(SweepPlan, EveryProblemIsReportedAtOnceBeforeAnythingRuns) {
    SweepRequest asked =
        request({"vm.challenge_window_blocks=1,99999999", "vm.no_such=1..3", "tasks.count=5..1",
                 "chain.censoring_share=10%,100000 ppm", "nonsense"},
                "1,1");
    asked.until_width = {"ttf_men=1"};
    asked.confidence = "3";
    asked.shard = "5/4";
    const std::string found = faults(asked);
    for (const char* words :
         {"--over vm.challenge_window_blocks=99999999: ", "--over vm.no_such: unknown key",
          "--over tasks.count: the range", "10% and 100000 ppm are the same value",
          "--over nonsense: ", "--seeds 1,1: the seed 1 is given twice",
          "did you mean \"ttf_mean\"", "--confidence 3: ", "--shard 5/4: "}) {
        EXPECT_NE(found.find(words), std::string::npos) << words << " is not in\n" << found;
    }
}

TEST(SweepPlan, AValueThatOnlyItsWorldRefusesNamesItsPoint) {
    const std::string found =
        faults(request({"provider.lazy.strategy=lazy_guess,no_such", "tasks.count=3,4"}));
    EXPECT_NE(found.find("--over provider.lazy.strategy=no_such tasks.count=3: "),
              std::string::npos)
        << found;
    EXPECT_EQ(found.find("strategy=lazy_guess"), std::string::npos) << found;
    EXPECT_EQ(found.find("tasks.count=4"), std::string::npos) << "one value, one problem";
    EXPECT_NE(found.find("the same at further points"), std::string::npos) << found;
}

TEST(SweepPlan, TheBaseIsAPointOfTheSweep) {
    SweepRequest asked = request(kTwoAxes);
    asked.base = "chain.censoring_share=900000 ppm";
    EXPECT_EQ(plan_of(asked).base_point(), 1U);
    asked.base = "chain.censoring_share=20%";
    EXPECT_NE(faults(asked).find("none of the values"), std::string::npos);
    asked.base = "tasks.count=12";
    EXPECT_NE(faults(asked).find("names no key"), std::string::npos);
}

TEST(SweepPlan, PlansThatDifferSayWhere) {
    const std::string here = plan_of(request(kTwoAxes)).json();
    EXPECT_EQ(plan_difference(here, here), "");
    EXPECT_NE(plan_difference(plan_of(request(kTwoAxes, "1..5")).json(), here)
                  .find("seeds is \"1..5\" there"),
              std::string::npos);
    EXPECT_EQ(rules_of_plan(here).rules.size(), 0U);
    SweepRequest asked = request(kTwoAxes);
    asked.until_decided = {"n_fraud_missed/n_fraud_posted<0.25"};
    const PlanRules rules = rules_of_plan(plan_of(asked).json());
    ASSERT_EQ(rules.rules.size(), 1U);
    EXPECT_EQ(rules.rules[0].bound, 0.25);
    EXPECT_EQ(rules.runs_max, 6U);
}

TEST(SweepPlan, APlanThatNoVersionWroteIsRefused) {
    const SweepPlan asked = plan_of(request(kTwoAxes));
    const std::string good = asked.json();
    const auto refused = [&](const std::string& plan) {
        const auto grown = grown_request(plan, request(kTwoAxes), asked);
        return !grown && grown.error().message == "its plan cannot be read";
    };
    EXPECT_FALSE(refused(good));
    EXPECT_TRUE(refused("[]"));
    EXPECT_TRUE(refused("{\"over\": {}, \"seeds\": 7}"));
    for (const char* points : {"7", "[7]", "[[1]]", "[[0.5, 0]]", "[[0, 99]]", "[[-1, 0]]"}) {
        const std::string plan = good.substr(0, good.size() - 1) + ",\"points\":" + points + "}";
        EXPECT_TRUE(refused(plan)) << plan;
        EXPECT_EQ(base_of_plan(plan), "");
        EXPECT_TRUE(rules_of_plan(plan).rules.empty());
    }
}

TEST(SweepPlan, ShardsDivideTheRunsWithoutOverlap) {
    for (const bool rules : {false, true}) {
        std::map<std::pair<std::size_t, std::size_t>, int> times;
        std::uint64_t total = 0;
        for (const char* shard : {"1/3", "2/3", "3/3"}) {
            SweepRequest asked = request(kTwoAxes);
            asked.shard = shard;
            if (rules) asked.until_width = {"ttf_mean=1"};
            const SweepPlan plan = plan_of(asked);
            total += plan.runs_max();
            for (std::size_t point = 0; point < 4; ++point) {
                for (std::size_t seed = 0; seed < 6; ++seed)
                    times[{point, seed}] += plan.has_run(point, seed) ? 1 : 0;
            }
        }
        EXPECT_EQ(total, 24U);
        for (const auto& [run, count] : times)
            EXPECT_EQ(count, 1) << run.first << " " << run.second;
    }
}

class SweepTest : public ::testing::Test {
protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  fmt::format("aivm-sweep-{}-{}", getpid(),
                              ::testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override { fs::remove_all(folder_); }
    [[nodiscard]] std::string file(const std::string& name) const {
        return (folder_ / name).string();
    }

    static sim::StudyInfo study() {
        return {"tiny", "2026-01-01T00:00:00Z", "0.1.0", "g++ 12", "Release"};
    }

    // Makes at most `stop_after` runs; finishes the file when the sweep is complete.
    bool sweep(const std::string& name, const SweepPlan& plan, unsigned jobs,
               std::uint64_t stop_after = ~0ULL) {
        auto recorder = open_sweep(file(name), study(), plan);
        EXPECT_TRUE(recorder) << recorder.error().text();
        std::atomic<std::uint64_t> made = 0;
        SweepOptions options;
        options.jobs = jobs;
        options.stop = [&] { return made >= stop_after; };
        options.progress = [&](const SweepProgress& at) { made = at.runs_made; };
        const auto outcome = run_sweep(plan, options, **recorder);
        EXPECT_TRUE(outcome) << outcome.error().text();
        made_ = outcome->runs.runs_made;
        if (!outcome->complete) {
            EXPECT_TRUE((*recorder)->suspend());
            return false;
        }
        const auto sweeps = sim::select_rows<sim::SweepRow>((*recorder)->database(), "").value();
        const Status concluded = write_conclusions(**recorder, sweeps.front());
        EXPECT_TRUE(concluded) << concluded.error().text();
        EXPECT_TRUE((*recorder)->close());
        return true;
    }

    // All rows of all tables, as text, without columns that depend on the clock or on the worker.
    std::string contents(const std::string& name) {
        std::string out;
        EXPECT_TRUE(sim::open_study(file(name)));
        auto database = sim::Database::open(file(name), sim::Database::Mode::kReadOnly).value();
        for (const sim::TableInfo& table : sim::schema_tables()) {
            if (table.name == "study" || table.name == "sweep") continue;
            std::string columns;
            for (const sim::ColumnInfo& column : table.columns) {
                if (column.name == "study_id" || column.name == "wall_time_ns") continue;
                columns +=
                    fmt::format("{}quote({})", columns.empty() ? "" : " || ' ' || ", column.name);
            }
            const std::string where = table.name == "metric" ? "WHERE name <> 'wall_seconds'" : "";
            out += fmt::format("{}\n", table.name);
            out +=
                database
                    .text(fmt::format(
                        "SELECT coalesce(group_concat(line, char(10)), '') FROM (SELECT {} AS line "
                        "FROM {} {} ORDER BY {})",
                        columns, table.name, where, table.key))
                    .value();
        }
        return out;
    }

    fs::path folder_;
    std::uint64_t made_ = 0;
};

TEST_F(SweepTest, RowsDoNotDependOnTheNumberOfWorkers) {
    const SweepPlan plan = plan_of(request(kTwoAxes));
    ASSERT_TRUE(sweep("one.db", plan, 1));
    ASSERT_TRUE(sweep("four.db", plan, 4));
    EXPECT_EQ(made_, 24U);
    const std::string one = contents("one.db");
    EXPECT_GT(one.size(), 10'000U);
    EXPECT_TRUE(one == contents("four.db"));
}

TEST_F(SweepTest, AStoppedSweepGoesOnToTheSameRows) {
    const SweepPlan plan = plan_of(request(kTwoAxes));
    ASSERT_TRUE(sweep("whole.db", plan, 2));
    std::uint64_t total = 0;
    for (const std::uint64_t after : {1U, 5U, 9U}) {
        EXPECT_FALSE(sweep("parts.db", plan, 2, after));
        EXPECT_TRUE(sim::open_study(file("parts.db.partial")))
            << "what is there is a whole file of whole runs";
        total += made_;
    }
    ASSERT_TRUE(sweep("parts.db", plan, 2));
    EXPECT_EQ(total + made_, 24U);
    EXPECT_FALSE(fs::exists(file("parts.db.partial")));
    EXPECT_TRUE(contents("whole.db") == contents("parts.db"));
}

TEST_F(SweepTest, AnotherSweepsFileIsRefusedAndTheSamesRecognised) {
    const auto why = [&](const SweepRequest& asked) {
        const auto placed = plan_in_place(file("x.db"), asked, plan_of(asked));
        return placed ? std::string() : placed.error().context;
    };
    const SweepPlan plan = plan_of(request(kTwoAxes));
    EXPECT_FALSE(sweep("x.db", plan, 1, 3));
    SweepRequest shard = request(kTwoAxes);
    shard.shard = "1/2";
    SweepRequest counterfactual = request(kTwoAxes);
    counterfactual.counterfactual = true;
    SweepRequest base = request(kTwoAxes);
    base.base = "chain.censoring_share=90%";
    for (const bool finished : {false, true}) {
        if (finished) {
            ASSERT_TRUE(sweep("x.db", plan, 1));
        }
        EXPECT_NE(why(shard).find("it is shard 1/1 and this is 1/2"), std::string::npos);
        EXPECT_NE(why(counterfactual).find("counterfactual is null there"), std::string::npos);
        EXPECT_NE(why(request({"vm.challenge_window_blocks=1,2"})).find("it varies"),
                  std::string::npos);
        EXPECT_NE(why(base).find("name that one with --base"), std::string::npos);
        const SweepRequest same = request(kTwoAxes);
        const auto placed = plan_in_place(file("x.db"), same, plan_of(same));
        ASSERT_TRUE(placed) << placed.error().text();
        EXPECT_EQ(placed->finished, finished);
        EXPECT_EQ(placed->plan.json(), plan.json());
    }
}

TEST_F(SweepTest, AGrownStudyIsTheOneMadeAtOnce) {
    const SweepRequest first = request({"vm.challenge_window_blocks=1,2"}, "1..3");
    const SweepRequest more = request({"vm.challenge_window_blocks=2,4"}, "3..5");
    ASSERT_TRUE(sweep("grown.db", plan_of(first), 2));
    EXPECT_EQ(made_, 6U);
    // Interrupted while it grows: the smaller study stays, and the growth goes on.
    auto placed = plan_in_place(file("grown.db"), more, plan_of(more)).value();
    EXPECT_FALSE(placed.finished);
    EXPECT_EQ(placed.plan.points(), 3U);
    EXPECT_EQ(placed.plan.seeds(), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
    EXPECT_FALSE(sweep("grown.db", placed.plan, 1, 2));
    EXPECT_EQ(sim::open_study(file("grown.db"))->rows<sim::RunRow>().value().size(), 6U);
    placed = plan_in_place(file("grown.db"), more, plan_of(more)).value();
    ASSERT_TRUE(sweep("grown.db", placed.plan, 2));
    EXPECT_EQ(made_, 7U) << "15 runs, of which 6 were there and 2 made before";
    ASSERT_TRUE(
        sweep("once.db", plan_of(request({"vm.challenge_window_blocks=1,2,4"}, "1..5")), 2));
    EXPECT_TRUE(contents("grown.db") == contents("once.db"));
    const SweepRequest subset = request({"vm.challenge_window_blocks=4"}, "5");
    EXPECT_TRUE(plan_in_place(file("grown.db"), subset, plan_of(subset)).value().finished);
}

TEST_F(SweepTest, AMergedStudyGrows) {
    SweepRequest asked = request({"vm.challenge_window_blocks=1,2"}, "1..4");
    auto merged = sim::Recorder::create(file("merged.db"), study()).value();
    for (const char* shard : {"1/2", "2/2"}) {
        asked.shard = shard;
        const std::string part = fmt::format("part{}.db", shard[0]);
        ASSERT_TRUE(sweep(part, plan_of(asked), 1));
        ASSERT_TRUE(merged->merge(file(part)));
    }
    auto row = sim::select_rows<sim::SweepRow>(merged->database(), "").value().front();
    ASSERT_TRUE(merged->database().execute("DELETE FROM sweep"));
    row.shard = row.shards = 1;
    ASSERT_TRUE(merged->add_sweep(row));
    ASSERT_TRUE(merged->close());
    asked = request({"vm.challenge_window_blocks=1,2"}, "1..6");
    const auto placed = plan_in_place(file("merged.db"), asked, plan_of(asked)).value();
    ASSERT_TRUE(sweep("merged.db", placed.plan, 1));
    EXPECT_EQ(made_, 4U);
    ASSERT_TRUE(sweep("once.db", plan_of(asked), 1));
    EXPECT_TRUE(contents("merged.db") == contents("once.db"));
}

TEST_F(SweepTest, SeedsOfAStudyWithAStoppingRuleAreFixed) {
    SweepRequest asked = request({"vm.challenge_window_blocks=1"}, "1..16");
    asked.until_decided = {"n_fraud_missed/n_fraud_posted<0.9"};
    ASSERT_TRUE(sweep("x.db", plan_of(asked), 1));
    asked.seeds = "1..32";
    const auto placed = plan_in_place(file("x.db"), asked, plan_of(asked));
    ASSERT_FALSE(placed);
    EXPECT_NE(placed.error().context.find("stopping rule"), std::string::npos);
}

TEST_F(SweepTest, PointsThatAreNoGridAreMadeAndGrow) {
    SweepRequest asked = request({}, "1..2");
    asked.points = {{{"vm.challenge_window_blocks", "1"}},
                    {{"vm.challenge_window_blocks", "2"}, {"chain.censoring_share", "10%"}}};
    const SweepPlan plan = plan_of(asked);
    ASSERT_EQ(plan.points(), 2U);
    EXPECT_EQ(plan.name_of(0), "vm.challenge_window_blocks=1");
    EXPECT_EQ(plan.load(0).scenario.chain.censoring_ppm, 500'000U) << "as in the scenario";
    EXPECT_EQ(plan.load(1).scenario.chain.censoring_ppm, 100'000U);
    ASSERT_TRUE(sweep("x.db", plan, 1));
    asked.points = {{{"chain.censoring_share", "90%"}}, asked.points[0]};
    const auto placed = plan_in_place(file("x.db"), asked, plan_of(asked)).value();
    EXPECT_EQ(placed.plan.points(), 3U);
    ASSERT_TRUE(sweep("x.db", placed.plan, 1));
    EXPECT_EQ(made_, 2U);
}

TEST_F(SweepTest, RunsAreMadeSeedBySeed) {
    const SweepPlan plan = plan_of(request(kTwoAxes));
    EXPECT_FALSE(sweep("x.db", plan, 1, 6));
    auto database =
        sim::Database::open(file("x.db.partial"), sim::Database::Mode::kReadOnly).value();
    EXPECT_EQ(database.integer("SELECT count(DISTINCT point_id) FROM run").value(), 4);
    EXPECT_EQ(database.integer("SELECT max(replicate) FROM run").value(), 1);
}

// A strategy that cannot be made in one run, as one that runs out of memory.
class FailsOnce final : public sim::StrategyFactory {
public:
    explicit FailsOnce(std::atomic<int>& left) : left_(left) {}
    Result<std::unique_ptr<sim::ProviderStrategy>> provider(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        return table_.provider(group, context);
    }
    Result<std::unique_ptr<sim::ChallengerStrategy>> challenger(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        if (left_-- == 0) throw std::runtime_error("no more challengers");
        return table_.challenger(group, context);
    }
    Result<std::unique_ptr<sim::RequesterStrategy>> requester(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        return table_.requester(group, context);
    }
    Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        return table_.validator(group, context);
    }
    bool is_honest(const sim::ActorGroup& group) const override { return table_.is_honest(group); }
    bool watches_pending(const sim::ActorGroup& group) const override {
        return table_.watches_pending(group);
    }

private:
    std::atomic<int>& left_;
    StrategyTable table_;
};

TEST_F(SweepTest, AFailedRunLeavesItsReasonAndTheOthersGoOn) {
    std::atomic<int> left = 1000;
    const FailsOnce strategies(left);
    SweepRequest asked = request({"vm.challenge_window_blocks=1,2"}, "1..3");
    asked.strategies = &strategies;
    const SweepPlan plan = plan_of(asked);
    left = 3;
    ASSERT_TRUE(sweep("x.db", plan, 1));
    const auto failed = [&] {
        auto database = sim::Database::open(file("x.db"), sim::Database::Mode::kReadOnly).value();
        return database
            .text("SELECT coalesce(group_concat(failure), '') FROM run WHERE status = 'failed'")
            .value();
    };
    EXPECT_EQ(failed(), "no more challengers");
    EXPECT_EQ(sim::open_study(file("x.db"))->rows<sim::RunRow>().value().size(), 6U);
    // The same request tries it again.
    const auto placed = plan_in_place(file("x.db"), asked, plan_of(asked)).value();
    EXPECT_FALSE(placed.finished);
    left = 1000;
    ASSERT_TRUE(sweep("x.db", placed.plan, 1));
    EXPECT_EQ(made_, 1U);
    EXPECT_EQ(failed(), "");
    ASSERT_TRUE(sweep("once.db", plan, 1));
    EXPECT_TRUE(contents("x.db") == contents("once.db"));
}

// What cannot become final once had the best figures of all: finality after 0 seconds.
TEST_F(SweepTest, APointWithoutAFinalTaskHasEstimatesWithoutValues) {
    SweepRequest asked = request({"provider.honest.speed=1%"}, "1..2");
    asked.overrides = {};
    for (const auto& [key, value] :
         {std::pair{"tasks.step_time", "10s"}, std::pair{"vm.task_timeout", "30s"},
          std::pair{"provider.lazy.strategy", "honest"}, std::pair{"provider.lazy.speed", "1%"}}) {
        asked.overrides.push_back({OriginKind::kSet, fmt::format("{}={}", key, value), key, value});
    }
    ASSERT_TRUE(sweep("x.db", plan_of(asked), 1));
    auto study = sim::open_study(file("x.db")).value();
    int seen = 0;
    const auto estimates = study.rows<sim::EstimateRow>().value();
    for (const sim::EstimateRow& row : estimates) {
        if (!row.mode.empty()) continue;
        const bool dataless = row.name.starts_with("ttf_") || row.name == "p_final_corrupt";
        if (!dataless) continue;
        ++seen;
        EXPECT_EQ(row.n, 0U) << row.name;
        EXPECT_FALSE(row.mean || row.low || row.high) << row.name;
    }
    EXPECT_EQ(seen, 5) << "three times, and the share by both methods";
    auto database = sim::Database::open(file("x.db"), sim::Database::Mode::kReadOnly).value();
    EXPECT_EQ(database
                  .integer("SELECT count(*) FROM v_point_estimate WHERE name = 'ttf_mean' AND "
                           "mode = '' AND mean IS NULL AND n = 0 AND runs = 2")
                  .value(),
              1);
    EXPECT_EQ(database.integer("SELECT count(*) FROM v_frontier").value(), 0);
    EXPECT_EQ(database.integer("SELECT count(*) FROM v_finality").value(), 0);
}

TEST_F(SweepTest, ShardsMergeToTheWhole) {
    for (const bool rules : {false, true}) {
        SweepRequest asked = request(kTwoAxes, "1..20");
        if (rules) asked.until_width = {"ttf_mean=1000"};
        ASSERT_TRUE(sweep(fmt::format("whole{}.db", rules), plan_of(asked), 2));
        auto merged =
            sim::Recorder::create(file(fmt::format("merged{}.db", rules)), study()).value();
        for (const char* shard : {"1/3", "2/3", "3/3"}) {
            asked.shard = shard;
            const std::string part = fmt::format("part{}{}.db", rules, shard[0]);
            ASSERT_TRUE(sweep(part, plan_of(asked), 1));
            const Status joined = merged->merge(file(part));
            ASSERT_TRUE(joined) << joined.error().text();
        }
        EXPECT_FALSE(merged->merge(file(fmt::format("part{}1.db", rules)))) << "a part counts once";
        const auto sweeps = sim::select_rows<sim::SweepRow>(merged->database(), "").value();
        ASSERT_TRUE(write_conclusions(*merged, sweeps.front()));
        ASSERT_TRUE(merged->close());
        EXPECT_TRUE(contents(fmt::format("whole{}.db", rules)) ==
                    contents(fmt::format("merged{}.db", rules)))
            << rules;
    }
}

TEST_F(SweepTest, APointEndsWhenItsRuleIsSatisfied) {
    SweepRequest asked = request(kTwoAxes, "1..40");
    asked.until_decided = {"n_fraud_missed/n_fraud_posted<0.4"};
    const SweepPlan plan = plan_of(asked);
    ASSERT_TRUE(sweep("one.db", plan, 1));
    ASSERT_TRUE(sweep("three.db", plan, 3));
    EXPECT_TRUE(contents("one.db") == contents("three.db"));
    EXPECT_LT(made_, 160U) << "some points are clear early";
    auto database = sim::Database::open(file("one.db"), sim::Database::Mode::kReadOnly).value();
    for (std::size_t point = 0; point < plan.points(); ++point) {
        const std::int64_t runs =
            database
                .integer(fmt::format("SELECT count(*) FROM run WHERE point_id = {}",
                                     plan.point_id(point)))
                .value();
        EXPECT_TRUE(runs == 8 || runs == 16 || runs == 32 || runs == 40) << runs;
        const std::string where = fmt::format(
            "WHERE point_id = {} AND method = 'group-sequential 95%'", plan.point_id(point));
        const auto rows = sim::select_rows<sim::EstimateRow>(database, where).value();
        ASSERT_EQ(rows.size(), 1U);
        const bool decided = rows[0].high < 0.4 || rows[0].low >= 0.4;
        EXPECT_TRUE(decided || runs == 40) << plan.name_of(point);
    }
}

TEST_F(SweepTest, ContrastsAreDifferencesSeedBySeed) {
    const SweepPlan plan = plan_of(request(kTwoAxes));
    ASSERT_TRUE(sweep("x.db", plan, 2));
    auto study = sim::open_study(file("x.db")).value();
    std::map<std::int64_t, std::map<std::string, double>> values;  // point, seed
    const std::vector<sim::RunRow> runs = study.rows<sim::RunRow>().value();
    for (const sim::RunRow& run : runs) {
        EXPECT_EQ(run.crn_group, "seed " + run.seed);
        const std::vector<sim::MetricRow> metrics = study.rows<sim::MetricRow>(run.run_id).value();
        for (const sim::MetricRow& metric : metrics) {
            if (metric.name != "ttf_mean" || !metric.mode.empty()) continue;
            values[run.point_id][run.seed] = std::get<double>(metric.value.value());
        }
    }
    Moments expected;
    const std::int64_t base = plan.point_id(0);
    for (const auto& [seed, value] : values[plan.point_id(3)])
        expected.add(value - values[base][seed]);
    int found = 0;
    const std::vector<sim::ContrastRow> contrasts = study.rows<sim::ContrastRow>().value();
    for (const sim::ContrastRow& row : contrasts) {
        EXPECT_EQ(row.base_point_id, base);
        EXPECT_NE(row.point_id, base);
        EXPECT_NE(row.name, "wall_seconds");
        if (row.point_id != plan.point_id(3) || row.name != "ttf_mean" || !row.mode.empty())
            continue;
        ++found;
        EXPECT_EQ(row.n, 6U);
        EXPECT_NEAR(row.mean, expected.mean(), 1e-9);
        EXPECT_NEAR(row.high - row.low, t_interval(expected, 0.95).width(), 1e-9);
    }
    EXPECT_EQ(found, 1);
}

TEST_F(SweepTest, SharesOfFraudAreComparedSeedBySeed) {
    const SweepPlan plan = plan_of(request({"vm.challenge_window_blocks=1,2"}, "1..8"));
    ASSERT_TRUE(sweep("x.db", plan, 1));
    sim::Study study = sim::open_study(file("x.db")).value();
    std::map<std::int64_t, std::map<std::string, std::pair<double, double>>> counts;
    const std::vector<sim::RunRow> runs = study.rows<sim::RunRow>().value();
    for (const sim::RunRow& run : runs) {
        const std::vector<sim::MetricRow> metrics = study.rows<sim::MetricRow>(run.run_id).value();
        for (const sim::MetricRow& metric : metrics) {
            if (!metric.mode.empty()) continue;
            auto& [missed, posted] = counts[run.point_id][run.seed];
            if (metric.name == "n_fraud_missed")
                missed = static_cast<double>(std::get<std::int64_t>(metric.value.value()));
            if (metric.name == "n_fraud_posted")
                posted = static_cast<double>(std::get<std::int64_t>(metric.value.value()));
        }
    }
    PairedShares expected;
    for (const auto& [seed, count] : counts[plan.point_id(1)]) {
        const auto& [missed, posted] = counts[plan.point_id(0)][seed];
        expected.add(count.first, count.second, missed, posted);
    }
    int found = 0;
    const std::vector<sim::ContrastRow> contrasts = study.rows<sim::ContrastRow>().value();
    for (const sim::ContrastRow& row : contrasts) {
        if (row.name != kFraudMissedShare || !row.mode.empty()) continue;
        ++found;
        EXPECT_EQ(row.method, "paired ratio 95%");
        EXPECT_EQ(row.n, 8U);
        EXPECT_LT(row.mean, 0) << "a longer window lets fewer lies pass";
        EXPECT_NEAR(row.mean, expected.difference(), 1e-9);
        EXPECT_NEAR(row.high - row.low, expected.interval(0.95).width(), 1e-9);
    }
    EXPECT_EQ(found, 1);
}

// The mean of the runs' own shares weighs a run with few final tasks like one with many.
TEST_F(SweepTest, SharesOfFinalTasksAreComparedSeedBySeed) {
    const SweepPlan plan = plan_of(request({"vm.challenge_window_blocks=1,2"}, "1..8"));
    ASSERT_TRUE(sweep("x.db", plan, 1));
    auto database = sim::Database::open(file("x.db"), sim::Database::Mode::kReadOnly).value();
    const auto counted = [&](std::int64_t point, int seed, const char* outcomes) {
        return static_cast<double>(
            database
                .integer(fmt::format("SELECT count(*) FROM task JOIN run USING (run_id) WHERE "
                                     "point_id = {} AND seed = '{}' AND outcome IN ({})",
                                     point, seed, outcomes))
                .value());
    };
    PairedShares expected;
    for (int seed = 1; seed <= 8; ++seed) {
        const auto part = [&](std::size_t point) {
            return counted(plan.point_id(point), seed, "'final_corrupt'");
        };
        const auto whole = [&](std::size_t point) {
            return counted(plan.point_id(point), seed, "'final_corrupt', 'final_ok'");
        };
        expected.add(part(1), whole(1), part(0), whole(0));
    }
    const auto rows = contrasts_of(database, plan.point_id(1), plan.point_id(0), 0.95).value();
    const auto row = std::ranges::find_if(rows, [](const sim::ContrastRow& one) {
        return one.name == "p_final_corrupt" && one.method == "paired ratio 95%";
    });
    ASSERT_TRUE(row != rows.end());
    EXPECT_LT(row->mean, 0) << "a longer window lets fewer lies pass";
    EXPECT_NEAR(row->mean, expected.difference(), 1e-12);
    EXPECT_NEAR(row->high - row->low, expected.interval(0.95).width(), 1e-12);
}

TEST_F(SweepTest, SharesAreCountedOverAllEvents) {
    SweepRequest asked = request({"vm.challenge_window_blocks=1"}, "1..8");
    asked.counterfactual = true;
    const SweepPlan plan = plan_of(asked);
    ASSERT_TRUE(sweep("x.db", plan, 1));
    auto database = sim::Database::open(file("x.db"), sim::Database::Mode::kReadOnly).value();
    const auto counted = [&](const char* sql) {
        return static_cast<double>(database.integer(sql).value());
    };
    const double posted =
        counted("SELECT sum(value) FROM metric WHERE name = 'n_fraud_posted' AND mode = ''");
    const double missed =
        counted("SELECT sum(value) FROM metric WHERE name = 'n_fraud_missed' AND mode = ''");
    const double final_tasks =
        counted("SELECT count(*) FROM task WHERE outcome IN ('final_ok', 'final_corrupt')");
    ASSERT_GT(missed, 0);
    const auto rows = estimates_of(database, plan.point_id(0), 0.95).value();
    const auto find = [&](std::string_view name, std::string_view method) {
        const auto at = std::ranges::find_if(rows, [&](const sim::EstimateRow& row) {
            return row.name == name && row.method == method && row.mode.empty();
        });
        EXPECT_TRUE(at != rows.end()) << name << " " << method;
        return at == rows.end() ? sim::EstimateRow() : *at;
    };
    const sim::EstimateRow share = find(kFraudMissedShare, "share 95%");
    EXPECT_EQ(share.n, static_cast<std::uint64_t>(posted));
    EXPECT_DOUBLE_EQ(share.mean.value(), missed / posted);
    const sim::EstimateRow corrupt = find("p_final_corrupt", "share 95%");
    EXPECT_EQ(corrupt.n, static_cast<std::uint64_t>(final_tasks));
    EXPECT_DOUBLE_EQ(corrupt.mean.value(), missed / final_tasks);
    EXPECT_EQ(find("attacker_profitable", "share 95%").n, 8U);
    EXPECT_EQ(find("ttf_mean", "t 95%").n, 8U);
}

TEST_F(SweepTest, WithACounterfactualEveryRunIsComparedWhateverTheThreads) {
    SweepRequest asked = request({"vm.challenge_window_blocks=1,40"}, "1..3");
    asked.counterfactual = true;
    const SweepPlan plan = plan_of(asked);
    ASSERT_TRUE(sweep("one.db", plan, 1));
    ASSERT_TRUE(sweep("two.db", plan, 2));
    std::vector<std::vector<sim::CounterfactualRow>> found;
    for (const char* name : {"one.db", "two.db"}) {
        auto study = sim::open_study(file(name));
        ASSERT_TRUE(study);
        auto& rows = found.emplace_back();
        const std::vector<sim::RunRow> runs = study->rows<sim::RunRow>().value();
        for (const sim::RunRow& run : runs) {
            const auto compared = study->rows<sim::CounterfactualRow>(run.run_id).value();
            EXPECT_EQ(compared.size(), 1U);
            rows.insert(rows.end(), compared.begin(), compared.end());
        }
    }
    EXPECT_EQ(found[0].size(), 6U);
    EXPECT_EQ(found[0], found[1]);
}

TEST_F(SweepTest, ARuleThatNeedsTheComparisonAsksForIt) {
    SweepRequest asked = request({}, "1..8");
    asked.until_decided = {"cheating_gain<0"};
    const auto plan = SweepPlan::make(asked);
    ASSERT_FALSE(plan);
    EXPECT_NE(plan.error().front().find("--counterfactual"), std::string::npos);
    asked.counterfactual = true;
    EXPECT_TRUE(SweepPlan::make(asked));
}

TEST_F(SweepTest, TheViewsSafeWindowIsThatOfTheWrongResultsPosted) {
    SweepRequest asked = request({"vm.challenge_window_blocks=1,4,40"}, "1..8");
    const SweepPlan plan = plan_of(asked);
    ASSERT_TRUE(sweep("x.db", plan, 2));
    auto database = sim::Database::open(file("x.db"), sim::Database::Mode::kReadOnly).value();
    std::vector<double> shares;
    for (std::size_t point = 0; point < 3; ++point) {
        const auto estimate = estimate_metric(database, plan.point_id(point),
                                              std::string(kFraudMissedShare), 8, 0.95);
        ASSERT_GT(estimate->n, 0U);
        shares.push_back(estimate->mean.value());
    }
    EXPECT_GT(shares[0], 0.001);  // half of the proposers censor
    EXPECT_EQ(shares[2], 0.0);
    const std::int64_t expected = shares[1] <= 0.001 ? 4 : 40;
    EXPECT_EQ(database.integer("SELECT safe_window_blocks FROM v_safe_window").value(), expected);
    EXPECT_EQ(database.integer("SELECT sure_window_blocks IS NULL FROM v_safe_window").value(), 1)
        << "so few are no proof";
}

TEST_F(SweepTest, MetricsAloneLeaveOutTheRowsOfTasks) {
    SweepRequest asked = request(kTwoAxes);
    asked.detail = Detail::kMetrics;
    ASSERT_TRUE(sweep("x.db", plan_of(asked), 1));
    auto database = sim::Database::open(file("x.db"), sim::Database::Mode::kReadOnly).value();
    EXPECT_EQ(database.integer("SELECT count(*) FROM task").value(), 0);
    EXPECT_EQ(database.integer("SELECT count(*) FROM run").value(), 24);
    EXPECT_GT(database.integer("SELECT count(*) FROM payoff").value(), 0);
    // The share of final results is counted from the metrics and their n.
    asked.until_width = {"p_final_corrupt=0.9"};
    ASSERT_TRUE(sweep("ruled.db", plan_of(asked), 1));
    auto ruled = sim::Database::open(file("ruled.db"), sim::Database::Mode::kReadOnly).value();
    EXPECT_EQ(ruled
                  .integer("SELECT count(*) FROM estimate WHERE name = 'p_final_corrupt' AND "
                           "method LIKE 'group-sequential%' AND n > 0")
                  .value(),
              4);
}

}  // namespace
}  // namespace aivm::scenarios
