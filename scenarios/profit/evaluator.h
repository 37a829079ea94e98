// Makes the runs of a profit search, on several threads, and keeps what each of them brought in a
// log, so that a search that was stopped repeats none of them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "scenarios/profit/run_log.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

struct EvaluatorOptions {
    unsigned jobs = 1;
    std::uint64_t runs_max = 0;   // 0: no limit
    std::uint64_t budget_ns = 0;  // of real time; 0: no limit
    std::function<bool()> stop;
    std::function<std::uint64_t()> wall_clock_ns;
};

// A scenario on a seed, under the name of the scenario.
struct RunPoint {
    std::string name;
    std::uint64_t seed = 0;
    std::shared_ptr<const sim::Scenario> scenario;
};

class Evaluator {
public:
    // The log is FOLDER/runs.tsv; without a folder nothing is kept. `identity` is one line that
    // stands for the search. Errors: another search's log, and errors of the file system.
    static Result<std::unique_ptr<Evaluator>> open(const std::string& folder,
                                                   const std::string& identity,
                                                   const std::string& owner,
                                                   EvaluatorOptions options);
    Evaluator(const Evaluator&) = delete;
    Evaluator& operator=(const Evaluator&) = delete;
    ~Evaluator();

    // Makes the runs that are missing. False: a limit or a stop came before all of them were made.
    Result<bool> make(const std::vector<RunPoint>& points);
    // Requires that the run was made.
    [[nodiscard]] const RunPayoff& payoff(const std::string& name, std::uint64_t seed) const;
    // Removes the limits of runs and time.
    void lift_limits();

    // Asked for so far; those that the log had count too, so that a search that goes on ends where
    // one that was never stopped does.
    [[nodiscard]] std::uint64_t runs() const { return runs_.size(); }

private:
    using Key = std::pair<std::string, std::uint64_t>;
    Evaluator(std::string owner, EvaluatorOptions options);
    Status read(const std::string& path, const std::string& identity);
    Status append(const Key& key, const RunPayoff& payoff);
    [[nodiscard]] bool is_over() const;
    [[nodiscard]] Result<RunPayoff> checked_run(const RunPoint& point) const;

    std::string owner_;
    EvaluatorOptions options_;
    std::uint64_t started_ns_;
    std::FILE* log_ = nullptr;
    std::map<Key, RunPayoff> known_;  // of the log
    std::map<Key, RunPayoff> runs_;
};

// One run. Errors: a scenario that cannot be set up.
Result<RunPayoff> payoff_of_run(const sim::Scenario& scenario, std::uint64_t seed,
                                const std::string& owner, const std::function<bool()>& stop);

}  // namespace aivm::scenarios
