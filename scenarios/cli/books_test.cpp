// An independent audit of the books: every column of every payoff, recomputed from the other rows
// of the run and, for the capital, from the states of the chain, over the whole catalogue and to
// the last nLUX.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <utility>

#include "core/config/slash_causes.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/file/load.h"
#include "scenarios/run/setting.h"
#include "sim/record/row_sink.h"
#include "sim/world/world.h"

namespace aivm::scenarios::cli {
namespace {

using sim::OutlayKind;

// One principal's books, rebuilt.
struct Books {
    std::int64_t revenue = 0;
    std::int64_t cost = 0;
    std::int64_t slashed = 0;
    std::int64_t bribes = 0;
    std::int64_t rewards = 0;
    std::int64_t net = 0;
    std::int64_t capital = 0;
    std::int64_t lie_value = 0;
    std::int64_t harm = 0;
    friend bool operator==(const Books&, const Books&) = default;
};

void PrintTo(const Books& b, std::ostream* out) {
    *out << fmt::format(
        "revenue {} cost {} slashed {} bribes {} rewards {} net {} capital {} lie_value {} harm {}",
        b.revenue, b.cost, b.slashed, b.bribes, b.rewards, b.net, b.capital, b.lie_value, b.harm);
}

// Sums what every address has tied up, block by block, from whole states.
class TiedUp final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime) override {
        const State& state = block.state;
        state.providers.for_each(
            [&](std::size_t, const Provider& one) { sums_[one.owner] += signed_nlux(one.bond); });
        state.validators.for_each([&](std::size_t, const Validator& one) {
            sums_[one.address] += signed_nlux(one.stake);
        });
        state.tasks.for_each([&](std::size_t, const Task& one) {
            if (!one.terminal()) sums_[one.requester] += signed_nlux(one.escrow);
        });
        state.disputes.for_each([&](std::size_t, const Dispute& one) {
            sums_[one.challenger] += signed_nlux(one.bond);
        });
        state.model_status.for_each([&](std::size_t, const ModelStatus& one) {
            sums_[one.owner] += signed_nlux(one.deposit);
        });
    }
    [[nodiscard]] const std::map<Address, std::int64_t>& sums() const { return sums_; }

private:
    std::map<Address, std::int64_t> sums_;
};

class Audit {
public:
    Audit(const sim::VectorSink& rows, const sim::Participants& participants,
          std::uint32_t lie_gain_ppm)
        : rows_(rows),
          participants_(participants),
          lie_gain_ppm_(lie_gain_ppm),
          books_(participants.principals.size()) {}

    std::vector<Books> books(const TiedUp& tied) {
        for (const sim::TaskRow& task : rows_.rows<sim::TaskRow>()) add_task(task);
        for (const sim::SlashRow& slash : rows_.rows<sim::SlashRow>()) add_slash(slash);
        for (const sim::OutlayRow& outlay : rows_.rows<sim::OutlayRow>()) add_outlay(outlay);
        for (const auto& [address, nlux] : tied.sums()) {
            if (const auto agent = participants_.find(address)) of(*agent).capital += nlux;
        }
        for (Books& b : books_) b.net = b.revenue + b.rewards + b.bribes - b.cost - b.slashed;
        return books_;
    }

private:
    Books& of(std::uint32_t agent) { return books_.at(participants_.all.at(agent).principal); }

    void add_task(const sim::TaskRow& task) {
        std::vector<const sim::ResultRow*> paid;
        const sim::ResultRow* early_lie = nullptr;
        for (const sim::ResultRow& result : results_of(task.task)) {
            of(result.provider).revenue += signed_nlux(*result.paid);
            if (!result.paid->is_zero()) paid.push_back(&result);
            if (result.usable_early_ns && !result.correct && early_lie == nullptr)
                early_lie = &result;
        }
        // The requester pays what is burned and what its providers receive beyond the mint.
        std::int64_t cost = signed_nlux(*task.burned) - signed_nlux(*task.minted);
        for (const sim::ResultRow* result : paid) cost += signed_nlux(*result->paid);
        of(task.requester).cost += cost;
        if (early_lie != nullptr) {
            add_harm(task, {early_lie}, sim::Harm::kEarly);
        } else if (task.correct && !*task.correct) {
            add_harm(task, paid, sim::Harm::kFinal);
        } else {
            EXPECT_EQ(task.harm, sim::Harm::kNone) << "task " << task.task;
        }
    }
    [[nodiscard]] const std::vector<sim::ResultRow>& results_of(std::uint64_t task) {
        if (by_task_.empty()) {
            for (const sim::ResultRow& result : rows_.rows<sim::ResultRow>())
                by_task_[result.task].push_back(result);
        }
        return by_task_[task];
    }
    void add_harm(const sim::TaskRow& task, const std::vector<const sim::ResultRow*>& liars,
                  sim::Harm expected) {
        const std::uint32_t victim = participants_.all.at(task.requester).principal;
        std::set<std::uint32_t> owners;
        for (const sim::ResultRow* one : liars)
            owners.insert(participants_.all.at(one->provider).principal);
        if (owners == std::set{victim}) {
            EXPECT_EQ(task.harm, sim::Harm::kNone) << "task " << task.task;
            return;
        }
        EXPECT_EQ(task.harm, expected) << "task " << task.task;
        books_.at(victim).harm += signed_nlux(task.value_at_risk);
        const auto share = signed_nlux(sim::times_ppm(task.value_at_risk,
                                                      static_cast<std::uint64_t>(lie_gain_ppm_))) /
                           static_cast<std::int64_t>(liars.size());
        for (const sim::ResultRow* one : liars) {
            const std::uint32_t owner = participants_.all.at(one->provider).principal;
            if (!participants_.principals.at(owner).honest) books_.at(owner).lie_value += share;
        }
    }
    void add_slash(const sim::SlashRow& slash) {
        Books& loser = of(slash.agent);
        const bool challenger = victim_of(slash.cause) == SlashVictim::kChallenger;
        (challenger ? loser.cost : loser.slashed) += signed_nlux(slash.taken);
        if (slash.rewarded) {
            of(*slash.rewarded).rewards +=
                signed_nlux(slash.to_challenger) + signed_nlux(*slash.to_provider);
        }
        if (slash.task) {
            of(rows_.rows<sim::TaskRow>().at(*slash.task).requester).rewards +=
                signed_nlux(slash.to_requester);
        }
    }
    void add_outlay(const sim::OutlayRow& outlay) {
        of(outlay.payer).cost += signed_nlux(outlay.amount);
        if (!outlay.payee) return;
        Books& payee = of(*outlay.payee);
        (outlay.kind == OutlayKind::kBribe ? payee.bribes : payee.revenue) +=
            signed_nlux(outlay.amount);
    }

    const sim::VectorSink& rows_;
    const sim::Participants& participants_;
    std::int64_t lie_gain_ppm_;
    std::vector<Books> books_;
    std::map<std::uint64_t, std::vector<sim::ResultRow>> by_task_;
};

// What the winners of each final task receive, from the task and the settings alone: the fee
// without what was burned of it, and the reward, each divided by the winners and rounded down.
// Returns what is wrong.
std::vector<std::string> wrong_payments(const sim::VectorSink& rows, const VmParameters& vm) {
    std::map<std::uint64_t, std::vector<std::uint64_t>> paid;
    for (const sim::ResultRow& result : rows.rows<sim::ResultRow>()) {
        if (!result.paid->is_zero()) paid[result.task].push_back(result.paid->nlux());
    }
    std::vector<std::string> out;
    for (const sim::TaskRow& task : rows.rows<sim::TaskRow>()) {
        const std::vector<std::uint64_t>& winners = paid[task.task];
        if (!task.correct) {
            if (!winners.empty()) out.push_back(fmt::format("task {} is not final", task.task));
            continue;
        }
        const std::uint64_t burned = task.fee.nlux() * vm.policy.fee_burn_bps / 10'000;
        std::uint64_t reward = task.minted->nlux();  // of a schedule: as reported
        if (vm.policy.reward_schedule == RewardSchedule::kFlat) {
            reward = vm.config.base_reward.nlux();
            if (vm.policy.mint_cap == MintCap::kPerBurn) reward = std::min(reward, burned);
        }
        const std::uint64_t each =
            winners.empty() ? 0
                            : (task.fee.nlux() - burned) / winners.size() + reward / winners.size();
        if (task.burned->nlux() != burned ||
            std::ranges::any_of(winners, [&](std::uint64_t one) { return one != each; }))
            out.push_back(fmt::format("the winners of task {} receive {} nLUX", task.task, each));
    }
    return out;
}

// What providers and checkers pay outside the chain, from the settings alone: each answer of an
// honest provider costs its steps and nobody's costs more, a guess costs nothing, and a check costs
// at most its steps. Returns what is wrong.
std::vector<std::string> wrong_outlays(const sim::VectorSink& rows,
                                       const sim::Participants& participants,
                                       const sim::Workload& workload) {
    const auto strategy_of = [&](std::uint32_t agent) -> const std::string& {
        return participants.principals.at(participants.all.at(agent).principal).strategy;
    };
    const auto honest = [&](std::uint32_t agent) {
        return strategy_of(agent) == "honest" || strategy_of(agent) == "always_check";
    };
    // The fee of a task of a trace is proportional to its steps.
    std::map<std::uint64_t, std::uint64_t> steps;
    for (const sim::TaskRow& task : rows.rows<sim::TaskRow>()) {
        const bool sized = !workload.trace.empty() && !workload.fee.is_zero();
        steps[task.task] = workload.steps * (sized ? task.fee.nlux() / workload.fee.nlux() : 1);
    }
    std::vector<std::string> out;
    std::set<std::pair<std::uint32_t, std::uint64_t>> paid;
    for (const sim::OutlayRow& row : rows.rows<sim::OutlayRow>()) {
        if (!row.task) continue;
        const Amount answer = workload.step_cost.checked_times(steps.at(*row.task)).value();
        const Amount check = workload.check_cost.checked_times(steps.at(*row.task)).value();
        const bool fits =
            row.kind == OutlayKind::kWork
                ? row.amount <= answer && (row.amount == answer || !honest(row.payer)) &&
                      strategy_of(row.payer) != "lazy_guess"
            : row.kind == OutlayKind::kCheck
                ? row.amount <= check && row.amount.nlux() % workload.check_cost.nlux() == 0
                : true;
        if (!fits)
            out.push_back(fmt::format("outlay {} of {} nLUX", row.outlay, row.amount.nlux()));
        if (row.kind == OutlayKind::kWork) paid.insert({row.payer, *row.task});
    }
    if (workload.step_cost.is_zero() || workload.steps == 0) return out;
    for (const sim::ResultRow& result : rows.rows<sim::ResultRow>()) {
        if (honest(result.provider) && !paid.contains({result.provider, result.task}))
            out.push_back(fmt::format("task {} was answered without work", result.task));
    }
    return out;
}

Books books_of(const sim::PayoffRow& row) {
    return {signed_nlux(row.revenue),
            signed_nlux(row.cost),
            signed_nlux(row.slashed),
            signed_nlux(row.bribes),
            signed_nlux(row.rewards),
            row.net_nlux,
            static_cast<std::int64_t>(row.capital_nlux_blocks),
            signed_nlux(*row.lie_value),
            signed_nlux(*row.harm)};
}

// Passes the rows of a run on without the first payment of a bribe.
class WithoutABribe final : public sim::RowSink {
public:
    explicit WithoutABribe(sim::RowSink& behind) : behind_(behind) {}
    Status begin_run(const sim::RunInfo& info) override { return behind_.begin_run(info); }
    Status finish_run(const sim::RunSummary& summary) override {
        return behind_.finish_run(summary);
    }

protected:
    void take(sim::RowRef row) override {
        const auto* outlay = std::get_if<const sim::OutlayRow*>(&row);
        if (!dropped_ && outlay != nullptr && (*outlay)->kind == OutlayKind::kBribe) {
            dropped_ = true;
            return;
        }
        std::visit([this](const auto* one) { behind_.add(*one); }, row);
    }

private:
    sim::RowSink& behind_;
    bool dropped_ = false;
};

struct Audited {
    std::vector<sim::PrincipalRow> principals;
    std::vector<Books> recorded;
    std::vector<Books> rebuilt;
    std::vector<std::string> wrong_payments;
    std::vector<std::string> wrong_outlays;
};

// `filter` makes the sink through which the rows reach the audit.
template <class Filter>
Audited audit(const std::string& name, Filter&& filter) {
    const auto loaded = load_scenario_file(scenario_path(name));
    if (!loaded) throw std::runtime_error(to_text(loaded.error()));
    const sim::Setting setting = make_setting(loaded->scenario).value();
    TiedUp tied;
    sim::WorldOptions options;
    options.probe = &tied;
    options.invariants = false;
    const std::unique_ptr<sim::World> world = sim::World::make(setting, options).value();
    sim::Outcome outcome = world->run();
    sim::VectorSink rows;
    EXPECT_TRUE(rows.begin_run({}));
    filter(rows, [&](sim::RowSink& sink) { world->write_results(sink, 0, outcome); });
    const sim::World::ChainBasis basis = world->chain_basis();
    const std::uint32_t lie_gain = loaded->scenario.workload.lie_gain_ppm;
    Audited out{outcome.principals,
                {},
                Audit(rows, basis.participants, lie_gain).books(tied),
                wrong_payments(rows, loaded->scenario.vm),
                wrong_outlays(rows, basis.participants, loaded->scenario.workload)};
    for (const sim::PayoffRow& row : outcome.payoffs) out.recorded.push_back(books_of(row));
    return out;
}

class BooksOf : public testing::TestWithParam<std::string> {};

TEST_P(BooksOf, AgreeWithTheRowsToTheLastNlux) {
    const Audited found =
        audit(GetParam(), [](sim::VectorSink& rows, const auto& write) { write(rows); });
    ASSERT_EQ(found.rebuilt.size(), found.recorded.size());
    for (std::size_t i = 0; i < found.rebuilt.size(); ++i)
        EXPECT_EQ(found.recorded[i], found.rebuilt[i]) << found.principals[i].label;
    EXPECT_THAT(found.wrong_payments, testing::IsEmpty());
    EXPECT_THAT(found.wrong_outlays, testing::IsEmpty());
}

TEST(BooksAudit, APaymentThatIsNotRecordedIsFound) {
    const Audited found = audit("checker_briber", [](sim::VectorSink& rows, const auto& write) {
        WithoutABribe lossy(rows);
        write(lossy);
    });
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < found.rebuilt.size(); ++i)
        wrong += found.recorded[i] == found.rebuilt[i] ? 0 : 1;
    EXPECT_EQ(wrong, 2U) << "who paid it and who received it";
}

// Rows that agree with each other, under settings by which something else was due.
TEST(BooksAudit, APaymentThatIsNotWhatTheSettingsSayIsFound) {
    const auto loaded = load_scenario_file(scenario_path("redundant_quorum"));
    ASSERT_TRUE(loaded);
    const auto world = sim::World::make(make_setting(loaded->scenario).value(), {}).value();
    sim::Outcome outcome = world->run();
    sim::VectorSink rows;
    ASSERT_TRUE(rows.begin_run({}));
    world->write_results(rows, 0, outcome);
    VmParameters other = loaded->scenario.vm;
    EXPECT_THAT(wrong_payments(rows, other), testing::IsEmpty());
    other.policy.fee_burn_bps += 1;
    EXPECT_FALSE(wrong_payments(rows, other).empty());
    other = loaded->scenario.vm;
    other.config.base_reward = Amount(1);
    EXPECT_FALSE(wrong_payments(rows, other).empty());
}

// Twice the price per step in the settings than what was paid.
TEST(BooksAudit, AnOutlayThatIsNotWhatTheSettingsSayIsFound) {
    const auto loaded = load_scenario_file(scenario_path("always_check"));
    ASSERT_TRUE(loaded);
    const sim::Setting setting = make_setting(loaded->scenario).value();
    const auto world = sim::World::make(setting, {}).value();
    sim::Outcome outcome = world->run();
    sim::VectorSink rows;
    ASSERT_TRUE(rows.begin_run({}));
    world->write_results(rows, 0, outcome);
    const sim::Participants& participants = world->chain_basis().participants;
    sim::Workload dearer = loaded->scenario.workload;
    EXPECT_THAT(wrong_outlays(rows, participants, dearer), testing::IsEmpty());
    dearer.step_cost = lux(1);
    EXPECT_FALSE(wrong_outlays(rows, participants, dearer).empty());
    dearer = loaded->scenario.workload;
    dearer.check_cost = lux(1);
    EXPECT_FALSE(wrong_outlays(rows, participants, dearer).empty());
}

INSTANTIATE_TEST_SUITE_P(Catalog, BooksOf, testing::ValuesIn(catalog_names()),
                         [](const auto& run) { return run.param; });

}  // namespace
}  // namespace aivm::scenarios::cli
