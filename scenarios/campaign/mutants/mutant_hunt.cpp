#include "scenarios/campaign/mutants/mutant_hunt.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/base/mutant.h"
#include "scenarios/campaign/campaign_worker.h"
#include "scenarios/campaign/process_pool.h"

namespace aivm::scenarios {
namespace {

constexpr int kPollMs = 100;
constexpr std::uint64_t kFirstRoundUs = 4'000'000;
constexpr std::uint64_t kRoundGrowth = 4;
// Of kRepeatOneIn runs, one is made twice, to find mutants of determinism.
constexpr std::uint64_t kRepeatOneIn = 3;
constexpr std::uint64_t kSlowRunsMin = 3;
constexpr std::uint64_t kSlowFactor = 2;

void choose_mutant([[maybe_unused]] std::string_view id) {
#ifdef AIVM_MUTANTS
    mutants::active = id == "-" ? 0 : mutants::key_of(id);
    mutants::reached = 0;
#endif
}

std::uint64_t times_reached() {
#ifdef AIVM_MUTANTS
    return mutants::reached;
#else
    return 0;
#endif
}

// "ID REST": does REST with the mutant ID ("-": none); the answer is "TIMES-REACHED LINE".
std::string work(const CampaignWorker& worker, const std::string& request) {
    const std::size_t space = request.find(' ');
    choose_mutant(std::string_view(request).substr(0, space));
    const std::string line = worker.answer(request.substr(space + 1));
    const std::uint64_t reached = times_reached();
    choose_mutant("-");
    return fmt::format("{} {}", reached, line);
}

// One mutant in one repeat.
struct Quarry {
    std::size_t mutant = 0;
    std::uint64_t first = 0;  // number of its first run
    std::uint64_t next = 0;   // of its runs, counted from 0
    std::uint64_t slow = 0;   // runs that took long
    HuntRepeat result;
    std::optional<std::uint64_t> detected_in;  // number of the run
    bool busy = false;
};

class Hunter {
public:
    Hunter(const std::vector<const MutantRow*>& mutants, const HuntOptions& options,
           std::size_t scenarios)
        : options_(options), started_ns_(options.wall_clock_ns()) {
        for (std::size_t m = 0; m < mutants.size(); ++m) {
            out_.mutants.push_back({mutants[m], {}, 0, 0});
            for (std::uint32_t r = 0; r < options.repeats; ++r) {
                Quarry quarry;
                quarry.mutant = m;
                // Repeats use other runs; each begins with the first scenario.
                quarry.first = r * std::uint64_t{1'000'000} * scenarios;
                quarries_.push_back(std::move(quarry));
            }
        }
    }

    Result<HuntResult> run(ProcessPool& pool) {
        for (limit_us_ = std::min(kFirstRoundUs, options_.cpu_limit_us);;
             limit_us_ = std::min(limit_us_ * kRoundGrowth, options_.cpu_limit_us)) {
            AIVM_TRY(round(pool));
            if (limit_us_ == options_.cpu_limit_us || over()) break;
        }
        AIVM_TRY(shrink_all(pool));
        out_.complete = !over();
        for (Quarry& quarry : quarries_)
            out_.mutants[quarry.mutant].repeats.push_back(std::move(quarry.result));
        return std::move(out_);
    }

private:
    enum class Purpose : std::uint8_t { kTwin, kMutant, kShrink };
    struct Job {
        Purpose purpose = Purpose::kTwin;
        std::size_t quarry = 0;
        std::uint64_t run = 0;
    };

    [[nodiscard]] bool over() const {
        if (options_.stop && options_.stop()) return true;
        return options_.budget_ns != 0 &&
               options_.wall_clock_ns() - started_ns_ >= options_.budget_ns;
    }
    [[nodiscard]] bool is_hunted(const Quarry& quarry) const {
        return !quarry.result.detected && quarry.result.cpu_us < limit_us_;
    }

    Status round(ProcessPool& pool) {
        while (true) {
            for (std::size_t i = 0; i < quarries_.size() && pool.has_idle() && !over(); ++i)
                AIVM_TRY(send_next(pool, i));
            if (pool.busy() == 0) return {};
            AIVM_ASSIGN(const auto done, pool.wait(kPollMs));
            if (done) AIVM_TRY(take(*done));
        }
    }

    Status send_next(ProcessPool& pool, std::size_t i) {
        Quarry& quarry = quarries_[i];
        if (quarry.busy || !is_hunted(quarry)) return {};
        const std::uint64_t run = quarry.first + quarry.next;
        if (!twins_.contains(run)) {
            if (!twins_under_way_.insert(run).second) return {};
            return send(pool, {Purpose::kTwin, i, run}, fmt::format("- run {}", run));
        }
        quarry.busy = true;
        const char* how = quarry.next % kRepeatOneIn == 0 ? "twice" : "run";
        return send(pool, {Purpose::kMutant, i, run},
                    fmt::format("{} {} {}", row_of(quarry).id, how, run));
    }

    Status send(ProcessPool& pool, const Job& job, const std::string& request) {
        jobs_.emplace(ticket_, job);
        const std::uint64_t limit =
            options_.run_limit_ns * (job.purpose == Purpose::kShrink ? 6 : 2);
        return pool.submit(ticket_++, request, limit);
    }

    Status take(const WorkDone& done) {
        const Job job = jobs_.at(done.ticket);
        jobs_.erase(done.ticket);
        std::uint64_t reached = 0;
        const std::size_t space = done.answer.find(' ');
        std::from_chars(done.answer.data(), done.answer.data() + done.answer.size(), reached);
        if (job.purpose == Purpose::kShrink) return take_finding(job, done, space);
        RunRecord run;
        if (done.end == WorkEnd::kAnswered) {
            AIVM_ASSIGN(CampaignRecord record,
                        from_line(std::string_view(done.answer).substr(space + 1)));
            run = std::move(std::get<RunRecord>(record));
        } else {
            const bool late = done.end == WorkEnd::kTimedOut;
            run.end = late ? RunEnd::kTimedOut : RunEnd::kCrashed;
            run.cpu_us = late ? options_.run_limit_ns / 1000 : 0;
            reached = 1;
        }
        if (job.purpose == Purpose::kTwin) {
            take_twin(job, std::move(run));
        } else {
            take_mutant(job, run, reached);
        }
        return {};
    }

    void take_twin(const Job& job, RunRecord run) {
        ++out_.twin_runs;
        if (run.end != RunEnd::kClean) {
            out_.false_alarms.push_back(fmt::format(
                "seed {}: {} {}", run.seed, run_end_word(run.end),
                run.violations.empty()
                    ? run.message
                    : run.violations.front().invariant + " " + run.violations.front().message));
        }
        twins_under_way_.erase(job.run);
        twins_.emplace(job.run, std::move(run));
    }

    void take_mutant(const Job& job, const RunRecord& run, std::uint64_t reached) {
        Quarry& quarry = quarries_[job.quarry];
        const RunRecord& twin = twins_.at(job.run);
        quarry.busy = false;
        ++quarry.next;
        HuntRepeat& result = quarry.result;
        ++result.runs;
        result.runs_reached += reached > 0 ? 1 : 0;
        result.runs_infected += run.digest != twin.digest ? 1 : 0;
        result.cpu_us += run.cpu_us;
        if (run.virtual_ns > kSlowFactor * twin.virtual_ns && twin.end == RunEnd::kClean)
            ++quarry.slow;
        std::string by;
        if (!run.violations.empty()) {
            by = run.violations.front().invariant;
            result.message = run.violations.front().message;
        } else if (run.end != RunEnd::kClean && run.end != twin.end) {
            by = run_end_word(run.end);
            result.message = run.message;
        } else if (quarry.slow >= kSlowRunsMin) {
            by = "slower than its twin";
        }
        // What the unmutated program reports on this seed is no detection.
        if (by.empty() || twin.end != RunEnd::kClean) return;
        result.detected = true;
        result.by = by;
        if (!run.violations.empty()) quarry.detected_in = job.run;
        if (options_.progress) {
            options_.progress(fmt::format("{:<24} {} after {} runs, {:.1f} CPU s",
                                          row_of(quarry).id, by, result.runs,
                                          static_cast<double>(result.cpu_us) / 1e6));
        }
    }

    // The first repeat of each mutant that violated an invariant.
    Status shrink_all(ProcessPool& pool) {
        if (options_.shrink_tries == 0) return {};
        for (std::size_t i = 0; i < quarries_.size() && !over();) {
            const Quarry& quarry = quarries_[i];
            if (!quarry.detected_in || quarry.first != 0) {
                ++i;
            } else if (pool.has_idle()) {
                AIVM_TRY(send(pool, {Purpose::kShrink, i, *quarry.detected_in},
                              fmt::format("{} save {}", row_of(quarry).id, *quarry.detected_in)));
                ++i;
            } else {
                AIVM_ASSIGN(const auto done, pool.wait(kPollMs));
                if (done) AIVM_TRY(take(*done));
            }
        }
        while (pool.busy() > 0) {
            AIVM_ASSIGN(const auto done, pool.wait(kPollMs));
            if (done) AIVM_TRY(take(*done));
        }
        return {};
    }

    Status take_finding(const Job& job, const WorkDone& done, std::size_t space) {
        if (done.end != WorkEnd::kAnswered) return {};
        AIVM_ASSIGN(CampaignRecord record,
                    from_line(std::string_view(done.answer).substr(space + 1)));
        const auto& finding = std::get<FindingRecord>(record);
        HuntedMutant& mutant = out_.mutants[quarries_[job.quarry].mutant];
        mutant.actions_before = finding.actions_before;
        mutant.actions_after = finding.actions_after;
        return {};
    }

    [[nodiscard]] const MutantRow& row_of(const Quarry& quarry) const {
        return *out_.mutants[quarry.mutant].row;
    }

    const HuntOptions& options_;
    std::uint64_t started_ns_;
    std::uint64_t limit_us_ = 0;  // of the present round
    HuntResult out_;
    std::vector<Quarry> quarries_;
    std::map<std::uint64_t, RunRecord> twins_;
    std::set<std::uint64_t> twins_under_way_;
    std::map<std::uint64_t, Job> jobs_;  // by ticket
    std::uint64_t ticket_ = 0;
};

}  // namespace

bool has_mutants() {
#ifdef AIVM_MUTANTS
    return true;
#else
    return false;
#endif
}

bool HuntedMutant::detected() const { return std::ranges::any_of(repeats, &HuntRepeat::detected); }
bool HuntedMutant::infected() const {
    return std::ranges::any_of(repeats, [](const HuntRepeat& r) { return r.runs_infected > 0; });
}
bool HuntedMutant::reached() const {
    return std::ranges::any_of(repeats, [](const HuntRepeat& r) { return r.runs_reached > 0; });
}

Result<HuntResult> hunt(const std::vector<const MutantRow*>& mutants,
                        const std::vector<CampaignScenario>& scenarios,
                        const HuntOptions& options) {
    CampaignPlan plan;
    plan.seed = options.seed;
    plan.scenarios = scenarios;
    plan.paranoid = true;
    AIVM_ASSIGN(const CampaignWorker worker,
                CampaignWorker::make(plan, {options.findings_folder, options.shrink_tries,
                                            3 * options.run_limit_ns, options.wall_clock_ns}));
    AIVM_ASSIGN(ProcessPool pool,
                ProcessPool::start(
                    options.jobs, [&](const std::string& request) { return work(worker, request); },
                    {options.run_memory_bytes, options.wall_clock_ns}));
    return Hunter(mutants, options, scenarios.size()).run(pool);
}

}  // namespace aivm::scenarios
