#include "scenarios/profit/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <thread>

#include "core/base/check.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/run/run.h"
#include "sim/record/writer_lock.h"
#include "sim/scenario/participants.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;

const StrategyTable kStrategiesOfSearch;

}  // namespace

Result<RunPayoff> payoff_of_run(const sim::Scenario& scenario, std::uint64_t seed,
                                const std::string& owner, const std::function<bool()>& stop) {
    RunOptions options;
    options.seed = seed;
    if (stop) options.progress = [&stop](sim::SimTime, std::uint64_t) { return !stop(); };
    AIVM_ASSIGN(const sim::Outcome outcome, run_scenario(scenario, options));
    RunPayoff out;
    out.ended =
        outcome.status != sim::RunStatus::kInterrupted && outcome.status != sim::RunStatus::kBudget;
    for (const sim::Violation& violation : outcome.violations) {
        if (violation.expected) {
            out.expected += (out.expected.empty() ? "" : " ") + violation.invariant;
            continue;
        }
        out.ended = false;
        out.violation = violation.invariant;
        out.message = violation.message;
    }
    const auto owners = sim::owners_of(sim::groups_of(scenario), kStrategiesOfSearch);
    const auto self = std::ranges::find(owners, owner, &sim::Owner::label);
    AIVM_CHECK(self != owners.end());
    if (!out.ended) return out;
    for (std::uint32_t i = 0; i < self->members; ++i) {
        const sim::PayoffRow& row = outcome.payoffs.at(self->first_principal + i);
        out.payoff_nlux += row.total_nlux();
        out.spent_nlux += signed_nlux(row.cost) + signed_nlux(row.slashed);
    }
    return out;
}

Evaluator::Evaluator(std::string owner, EvaluatorOptions options)
    : owner_(std::move(owner)),
      options_(std::move(options)),
      started_ns_(options_.wall_clock_ns ? options_.wall_clock_ns() : 0) {}

Evaluator::~Evaluator() {
    if (log_ != nullptr) std::fclose(log_);
}

Result<std::unique_ptr<Evaluator>> Evaluator::open(const std::string& folder,
                                                   const std::string& identity,
                                                   const std::string& owner,
                                                   EvaluatorOptions options) {
    std::unique_ptr<Evaluator> out(new Evaluator(owner, std::move(options)));
    if (folder.empty()) return out;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail(ErrorCode::kStorage, fmt::format("{}: {}", folder, error.message()));
    const std::string path = (fs::path(folder) / "runs.tsv").string();
    AIVM_TRY(out->read(path, identity));
    const bool is_new = out->known_.empty() && !fs::exists(path, error);
    out->log_ = std::fopen(path.c_str(), "a");
    if (out->log_ == nullptr)
        return tl::unexpected<Error>(sim::file_error(path, "cannot be written"));
    if (is_new &&
        (std::fputs((identity + "\n").c_str(), out->log_) < 0 || std::fflush(out->log_) != 0))
        return tl::unexpected<Error>(sim::file_error(path, "cannot be written"));
    return out;
}

// A last line without a line break was cut short, and is removed.
Status Evaluator::read(const std::string& path, const std::string& identity) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return {};
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    std::size_t begin = 0;
    std::size_t number = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos;
         begin = end + 1) {
        const std::string line = text.substr(begin, end - begin);
        if (++number == 1) {
            if (line == identity) continue;
            return fail(ErrorCode::kConflict,
                        fmt::format("{} is of another search: scenario, owner, seed or program "
                                    "differ; name another folder with --out",
                                    path));
        }
        auto run = logged_run(line);
        if (!run)
            return fail(ErrorCode::kMalformed,
                        fmt::format("{}:{}: {}", path, number, run.error().context));
        known_[{std::move(run->name), run->seed}] = std::move(run->payoff);
    }
    std::error_code error;
    if (begin < text.size()) fs::resize_file(path, begin, error);
    if (error) return fail(ErrorCode::kStorage, fmt::format("{}: {}", path, error.message()));
    if (begin == 0) fs::remove(path, error);  // not even its first line was whole
    return {};
}

Status Evaluator::append(const Key& key, const RunPayoff& payoff) {
    if (log_ == nullptr) return {};
    const std::string line = log_line({key.first, key.second, payoff}) + "\n";
    if (std::fputs(line.c_str(), log_) < 0 || std::fflush(log_) != 0)
        return tl::unexpected<Error>(sim::file_error("the log of the search", "cannot be written"));
    return {};
}

bool Evaluator::is_over() const {
    if (options_.stop && options_.stop()) return true;
    return options_.budget_ns != 0 && options_.wall_clock_ns &&
           options_.wall_clock_ns() - started_ns_ >= options_.budget_ns;
}

void Evaluator::lift_limits() {
    options_.budget_ns = 0;
    options_.runs_max = 0;
}

// With the name of the deviation in its errors.
Result<RunPayoff> Evaluator::checked_run(const RunPoint& point) const {
    std::string problem;
    try {
        auto payoff =
            payoff_of_run(*point.scenario, point.seed, owner_, [this] { return is_over(); });
        if (payoff) return payoff;
        problem = payoff.error().text();
    } catch (const std::exception& bug) {
        problem = bug.what();
    }
    return fail(ErrorCode::kWrongState,
                fmt::format("seed {}, {}: {}", point.seed, point.name, problem));
}

Result<bool> Evaluator::make(const std::vector<RunPoint>& points) {
    std::vector<const RunPoint*> missing;
    std::set<Key> asked;  // honest play on a seed is asked for by every candidate
    for (const RunPoint& point : points) {
        Key key{point.name, point.seed};
        if (runs_.contains(key) || asked.contains(key)) continue;
        if (!known_.contains(key)) missing.push_back(&point);
        asked.insert(std::move(key));
    }
    if (options_.runs_max != 0 && runs_.size() + asked.size() > options_.runs_max) return false;

    std::vector<std::optional<RunPayoff>> made(missing.size());
    std::optional<Error> failure;
    std::mutex mutex;
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < missing.size() && !is_over(); i = next++) {
            auto payoff = checked_run(*missing[i]);
            if (!payoff) {
                const std::lock_guard lock(mutex);
                failure = payoff.error();
                return;
            }
            if (!is_over()) made[i] = *std::move(payoff);  // otherwise it may have been cut short
        }
    };
    std::vector<std::thread> others;
    for (unsigned i = 1; i < std::min<std::size_t>(options_.jobs, missing.size()); ++i)
        others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
    if (failure) return tl::unexpected(*std::move(failure));

    bool all = true;
    for (std::size_t i = 0; i < missing.size(); ++i) {
        all = all && made[i].has_value();
        if (!made[i]) continue;
        const Key key{missing[i]->name, missing[i]->seed};
        AIVM_TRY(append(key, *made[i]));
        known_[key] = *std::move(made[i]);
    }
    if (!all) return false;
    for (const RunPoint& point : points) {
        const Key key{point.name, point.seed};
        runs_[key] = known_.at(key);
    }
    return true;
}

const RunPayoff& Evaluator::payoff(const std::string& name, std::uint64_t seed) const {
    return runs_.at({name, seed});
}

}  // namespace aivm::scenarios
