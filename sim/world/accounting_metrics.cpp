// The metrics of a run, computed from the rows of its accounting.
#include <algorithm>
#include <array>
#include <map>

#include "core/base/check.h"
#include "sim/world/accounting.h"

namespace aivm::sim {
namespace {

constexpr auto kModes = enum_count<VerificationMode>;

// No data has no mean, no share and no quantile.
using Measured = std::optional<double>;

// The smallest value that at least `percent` of the sorted ones do not exceed (nearest rank).
Measured percentile(const std::vector<double>& sorted, std::size_t percent) {
    if (sorted.empty()) return std::nullopt;
    const std::size_t rank = (sorted.size() * percent + 99) / 100;
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

Measured mean(const std::vector<double>& values) {
    if (values.empty()) return std::nullopt;
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

Measured share(std::uint64_t part, std::uint64_t whole) {
    if (whole == 0) return std::nullopt;
    return static_cast<double>(part) / static_cast<double>(whole);
}

MetricRow measured(std::string name, std::string mode, Measured value, std::uint64_t n) {
    MetricRow row{std::move(name), std::move(mode), std::nullopt, n};
    if (value) row.value = *value;
    return row;
}

// What is counted for each mode and for the run as a whole.
struct ModeCounts {
    bool used = false;
    std::uint64_t final_results = 0;
    std::uint64_t fraud_posted = 0;
    std::uint64_t fraud_missed = 0;
    std::vector<double> ttf_seconds;  // sorted once all are in
    std::vector<double> ttu_seconds;

    // Sorts the times of one mode and merges them in.
    void merge_times(ModeCounts& mode) {
        std::sort(mode.ttf_seconds.begin(), mode.ttf_seconds.end());
        const auto old = static_cast<std::ptrdiff_t>(ttf_seconds.size());
        ttf_seconds.insert(ttf_seconds.end(), mode.ttf_seconds.begin(), mode.ttf_seconds.end());
        std::inplace_merge(ttf_seconds.begin(), ttf_seconds.begin() + old, ttf_seconds.end());
    }
    void append_to(std::vector<MetricRow>& rows, const std::string& mode) const {
        const auto count = [&](const char* name, std::uint64_t value) {
            rows.push_back({name, mode, static_cast<std::int64_t>(value), {}});
        };
        rows.push_back(
            measured("p_final_corrupt", mode, share(fraud_missed, final_results), final_results));
        count("n_fraud_posted", fraud_posted);
        count("n_fraud_missed", fraud_missed);
        const std::uint64_t finals = ttf_seconds.size();
        rows.push_back(measured("ttf_mean", mode, mean(ttf_seconds), finals));
        rows.push_back(measured("ttf_p50", mode, percentile(ttf_seconds, 50), finals));
        rows.push_back(measured("ttf_p99", mode, percentile(ttf_seconds, 99), finals));
        rows.push_back(measured("ttu_mean", mode, mean(ttu_seconds), ttu_seconds.size()));
    }
};

}  // namespace

void Accounting::add_measured(const char* name, std::optional<double> value, std::uint64_t n) {
    metrics_.push_back(measured(name, "", value, n));
}

void Accounting::compute_metrics(const State& end, const RunTotals& totals) {
    add_mode_metrics();
    add_attack_metrics();
    add_slash_metrics();
    add_proof_metrics();
    add_noise_metrics();
    add_chain_metrics();
    add_price_metrics(totals.virtual_ns);
    add_dag_metrics(totals.dag);
    add_run_metrics(end, totals);
}

void Accounting::add_price_metrics(SimTime end) {
    PricePath constant;
    PricePath& path = price_ == nullptr ? constant : *price_;
    constexpr double kOne = static_cast<double>(kPriceOne);
    add_metric("price_low", static_cast<double>(path.lowest(end)) / kOne);
    add_metric("price_end", static_cast<double>(path.at(end)) / kOne);
    add_count("space_burned", space_burned_.nlux());
}

void Accounting::add_mode_metrics() {
    ModeCounts all;
    std::array<ModeCounts, kModes> by_mode;
    for (const TaskRow& task : tasks_) {
        if (!task.correct) continue;
        const auto early = usable_early_ns_.find(static_cast<std::uint32_t>(task.task));
        const std::uint64_t usable_ns =
            early == usable_early_ns_.end() ? *task.final_time_ns : early->second;
        for (ModeCounts* counts : {&all, &by_mode.at(static_cast<std::size_t>(task.mode))}) {
            counts->used = true;
            ++counts->final_results;
            if (!*task.correct) ++counts->fraud_missed;
            counts->ttu_seconds.push_back(static_cast<double>(usable_ns - task.submit_time_ns) /
                                          kNsPerSecond);
        }
        by_mode[static_cast<std::size_t>(task.mode)].ttf_seconds.push_back(
            static_cast<double>(*task.final_time_ns - task.submit_time_ns) / kNsPerSecond);
    }
    for (ModeCounts& counts : by_mode) all.merge_times(counts);
    for (const ResultRow& result : results_) {
        if (result.correct) continue;
        ++all.fraud_posted;
        ModeCounts& counts = by_mode.at(static_cast<std::size_t>(tasks_[result.task].mode));
        counts.used = true;
        ++counts.fraud_posted;
    }
    all.append_to(metrics_, "");
    for (std::size_t mode = 0; mode < kModes;
         ++mode) {  // the names of the modes are in alphabetical order
        if (by_mode[mode].used) {
            by_mode[mode].append_to(metrics_,
                                    std::string(word(static_cast<VerificationMode>(mode))));
        }
    }
}

void Accounting::add_attack_metrics() {
    const auto is_attacker = [&](std::uint32_t principal) {
        return std::ranges::binary_search(participants_.attackers, principal);
    };
    std::int64_t net = 0;
    std::int64_t stake = 0;
    for (const std::uint32_t principal : participants_.attackers)
        net += payoffs_.at(principal).total_nlux();
    for (const Participant& one : participants_.all) {
        if (!is_attacker(one.principal)) continue;
        stake += static_cast<std::int64_t>((one.opening_balance + one.opening_stake).nlux());
    }
    // Without an attacker there is no account; without a stake there is nothing to relate it to.
    __extension__ using Signed = __int128;
    const std::uint64_t attackers = participants_.attackers.size();
    MetricRow account{"attacker_net", "", std::nullopt, attackers};
    MetricRow by_stake{"attacker_roi_ppm", "", std::nullopt, attackers};
    if (attackers > 0) account.value = net;
    if (stake > 0) by_stake.value = static_cast<std::int64_t>(Signed(net) * 1'000'000 / stake);
    metrics_.push_back(std::move(account));
    metrics_.push_back(std::move(by_stake));
    add_harm_metrics();
}

void Accounting::add_harm_metrics() {
    Amount early;
    Amount final;
    std::uint64_t pending = 0;
    for (const TaskRow& task : tasks_) {
        if (task.harm == Harm::kEarly) early += task.value_at_risk;
        if (task.harm == Harm::kFinal) final += task.value_at_risk;
        if (task.outcome == TaskOutcome::kPending) ++pending;
    }
    Amount covered;
    for (const auto& [task, paid] : compensation_)
        covered += std::min(paid, tasks_[task].value_at_risk);
    add_count("harm_early", early.nlux());
    add_count("harm_final", final.nlux());
    add_count("harm_covered", covered.nlux());
    add_count("harm_uncovered", (early + final - covered).nlux());
    add_count("tasks_pending", pending);
}

void Accounting::add_slash_metrics() {
    std::uint64_t due = 0;
    std::uint64_t taken = 0;
    std::uint64_t from_the_innocent = 0;
    std::uint64_t victim_loss = 0;
    std::uint64_t attacker_cost = 0;
    std::uint64_t free_lies = 0;
    for (const SlashRow& slash : slashes_) {
        if (slash.cause == word(SlashCause::kWrongAnswer) && slash.taken.is_zero()) ++free_lies;
        due += slash.due.nlux();
        taken += slash.taken.nlux();
        if (slash.false_positive) from_the_innocent += slash.taken.nlux();
        if (victim_of(slash.cause) != SlashVictim::kChallenger) continue;
        (participants_.principal_of(slash.agent).honest ? victim_loss : attacker_cost) +=
            slash.taken.nlux();
    }
    add_count("honest_false_slash", from_the_innocent);
    add_count("slash_due", due);
    add_count("slash_taken", taken);
    add_count("slash_escape", due - taken);
    add_count("n_free_lies", free_lies);
    add_count("grief_victim_loss", victim_loss);
    add_count("grief_attacker_cost", attacker_cost);
}

// A result that several challengers prove wrong counts once, with the first of them.
void Accounting::add_proof_metrics() {
    std::map<std::pair<std::uint64_t, Height>, Height> proven;  // by task and the result's block
    for (const ChallengeRow& row : challenges_) {
        if (row.winner != DisputeWinner::kChallenger || !row.resolved_block) continue;
        Height& first =
            proven.try_emplace({row.task, row.ready_block}, *row.resolved_block).first->second;
        first = std::min(first, *row.resolved_block);
    }
    const auto time_of = [this](Height block) {
        const auto row = std::ranges::lower_bound(chain_stats_, block, {}, &ChainStatRow::block);
        AIVM_CHECK(row != chain_stats_.end() && row->block == block);
        return static_cast<double>(row->time_ns) / kNsPerSecond;
    };
    std::vector<double> seconds;
    for (const auto& [result, block] : proven)
        seconds.push_back(time_of(block) - time_of(result.second));
    std::ranges::sort(seconds);
    add_measured("ttp_mean", mean(seconds), seconds.size());
    add_measured("ttp_p99", percentile(seconds, 99), seconds.size());
}

void Accounting::add_noise_metrics() {
    std::uint64_t noise_posted = 0;
    std::uint64_t honest_slashed = 0;
    std::uint64_t cheats_posted = 0;
    std::uint64_t cheats_missed = 0;
    for (std::size_t i = 0; i < results_.size(); ++i) {
        const ResultRow& result = results_[i];
        if (participants_.principal_of(result.provider).honest) {
            if (!result.correct) ++noise_posted;
            if (links_[i].slashed) ++honest_slashed;
        } else if (!result.correct) {
            ++cheats_posted;
            if (!links_[i].slashed && is_final(result)) ++cheats_missed;
        }
    }
    add_count("n_noise_posted", noise_posted);
    add_count("n_honest_slashed", honest_slashed);
    add_count("n_cheats_posted", cheats_posted);
    add_count("n_cheats_missed", cheats_missed);
}

void Accounting::add_chain_metrics() {
    std::vector<double> locked;
    for (const ChainStatRow& row : chain_stats_)
        locked.push_back(static_cast<double>(row.locked.nlux()));
    const auto unchecked = std::ranges::count(results_, true, &ResultRow::challenge_skipped);
    add_count("censored_proofs", censored_total_);
    add_measured("locked_mean", mean(locked), locked.size());
    const std::uint64_t submitted = refused_ + tasks_.size();
    add_measured("refused_share", share(refused_, submitted), submitted);
    add_measured("unchecked_share", share(static_cast<std::uint64_t>(unchecked), results_.size()),
                 results_.size());
    add_count("quorum_fail", quorums_missed_);
    add_count("reassign_rounds", reassignments_);
    add_count("max_value_uncovered", max_uncovered_nlux_);
}

// On a chain they have no value.
void Accounting::add_dag_metrics(const std::optional<DagFigures>& dag) {
    const auto add_times = [this](const std::string& name, const std::vector<double>& sorted) {
        const std::uint64_t n = sorted.size();
        metrics_.push_back(measured(name + "_mean", "", mean(sorted), n));
        metrics_.push_back(measured(name + "_p50", "", percentile(sorted, 50), n));
        metrics_.push_back(measured(name + "_p99", "", percentile(sorted, 99), n));
    };
    const DagFigures figures = dag.value_or(DagFigures{});
    add_times("tta", figures.accepted_s);
    add_times("tts", figures.settled_s);
    const std::uint64_t decided = figures.contested_s.size();
    add_measured("ttd_mean", mean(figures.contested_s), decided);
    add_measured("ttd_p99", percentile(figures.contested_s, 99), decided);
    const auto add = [&](const char* name, std::uint64_t count) {
        MetricRow row{name, "", std::nullopt, {}};
        if (dag) row.value = static_cast<std::int64_t>(count);
        metrics_.push_back(std::move(row));
    };
    add("n_vertices", figures.vertices);
    add("n_vertices_rejected", figures.rejected);
    add("n_vertices_orphaned", figures.orphaned);
    add("n_conflicts", figures.conflicts);
}

void Accounting::add_run_metrics(const State& end, const RunTotals& totals) {
    add_count("blocks", end.head.height);
    add_count("tasks", tasks_.size());
    add_count("events", totals.events);
    add_count("messages", totals.messages);
    add_metric("virtual_seconds", static_cast<double>(totals.virtual_ns) / kNsPerSecond);
    if (totals.recovery_ns) {
        const double seconds = static_cast<double>(*totals.recovery_ns) / kNsPerSecond;
        add_measured("recovery_seconds", seconds, 1);
    } else {
        add_measured("recovery_seconds", std::nullopt, 0);
    }
    add_metric("wall_seconds", static_cast<double>(totals.wall_ns) / kNsPerSecond);
}

}  // namespace aivm::sim
