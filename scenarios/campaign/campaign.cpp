#include "scenarios/campaign/campaign.h"

#include <fmt/format.h>

#include <csignal>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "scenarios/campaign/campaign_files.h"
#include "scenarios/campaign/campaign_seeds.h"
#include "scenarios/campaign/campaign_summary.h"
#include "scenarios/campaign/campaign_worker.h"
#include "scenarios/campaign/process_pool.h"
#include "scenarios/campaign/trace_key.h"
#include "scenarios/statistics/unseen.h"

namespace aivm::scenarios {
namespace {

constexpr int kWaitMs = 200;
constexpr unsigned kAttemptsMax = 2;  // at a run on which the worker dies

std::string_view signal_name(int signal) {
    switch (signal) {
        case SIGSEGV:
            return "SIGSEGV, an invalid memory access";
        case SIGABRT:
            return "SIGABRT";
        case SIGKILL:
            return "SIGKILL, from outside or for lack of memory";
        case SIGFPE:
            return "SIGFPE";
        case SIGILL:
            return "SIGILL";
        default:
            return "another signal";
    }
}

bool is_failure(RunEnd end) { return end >= RunEnd::kFailed; }

// One campaign in this process.
class Campaigner {
public:
    Campaigner(const CampaignPlan& plan, std::string folder, const CampaignOptions& options,
               CampaignLog log, CampaignContents contents)
        : plan_(plan),
          folder_(std::move(folder)),
          options_(options),
          log_(std::move(log)),
          started_ns_(options.wall_clock_ns()) {
        result_.contents = std::move(contents);
        for (const RunRecord& run : result_.contents.runs) {
            if (run.seed == seed_of_run(plan_.seed, run.index)) done_.insert(run.index);
            note_behaviour(run);
        }
        for (const FindingRecord& finding : result_.contents.findings) saved_.insert(finding.key);
        // A process that was killed may have recorded a violation and not saved it.
        for (const RunRecord& run : result_.contents.runs) note_defects(run);
    }

    CampaignResult run(ProcessPool& pool) {
        // What was found is shown, whatever keeps the campaign from going on.
        if (const Status worked = work(pool); !worked)
            result_.lost.push_back("the campaign ended early: " + worked.error().context);
        return std::move(result_);
    }

private:
    struct Job {
        WorkerTask task;
        unsigned attempts = 0;
    };

    Status work(ProcessPool& pool) {
        while (true) {
            AIVM_TRY(hand_out(pool));
            if (pool.busy() == 0) return {};
            AIVM_ASSIGN(const auto done, pool.wait(kWaitMs));
            if (done) AIVM_TRY(take(*done));
            report();
        }
    }

    [[nodiscard]] std::uint64_t elapsed_ns() const {
        return options_.wall_clock_ns() - started_ns_;
    }

    // Whether further runs may begin.
    bool may_run() {
        if (options_.stop && options_.stop()) result_.stopped = true;
        if (result_.stopped || log_failed_ || (options_.fail_fast && failed_)) return false;
        result_.saturated = is_saturated();
        if (result_.saturated) return false;
        return options_.budget_ns == 0 || elapsed_ns() < options_.budget_ns;
    }

    void note_behaviour(const RunRecord& run) {
        if (!run.behaviour.empty()) ++behaviours_[run.behaviour];
    }
    [[nodiscard]] bool is_saturated() const {
        return options_.unseen_max > 0 &&
               estimate_unseen(behaviours_, kCampaignConfidence).next_is_new_max <=
                   options_.unseen_max;
    }

    std::optional<Job> next() {
        // Findings first, even after the end of the budget: a violation must not be lost.
        if (!to_save_.empty() && !(options_.stop && options_.stop())) {
            const WorkerTask task = to_save_.front();
            to_save_.pop_front();
            return Job{task, 0};
        }
        if (!retries_.empty()) {
            const Job job = retries_.front();
            retries_.pop_front();
            return job;
        }
        if (!may_run() || (options_.runs_max != 0 && issued() >= options_.runs_max))
            return std::nullopt;
        while (!plan_.has_run(next_) || done_.contains(next_)) ++next_;
        const std::uint64_t index = next_++;
        ++open_runs_;
        const auto kind =
            plan_.repeats(index) ? WorkerTask::Kind::kRunTwice : WorkerTask::Kind::kRun;
        return Job{{kind, index, seed_of_run(plan_.seed, index), plan_.scenario_of(index)}, 0};
    }
    [[nodiscard]] std::uint64_t issued() const { return result_.contents.runs.size() + open_runs_; }

    Status hand_out(ProcessPool& pool) {
        while (pool.has_idle()) {
            auto job = next();
            if (!job) break;
            ++job->attempts;
            AIVM_TRY(
                pool.submit(ticket_, CampaignWorker::request(job->task), limit_ns(job->task.kind)));
            jobs_.emplace(ticket_++, *job);
        }
        return {};
    }
    [[nodiscard]] std::uint64_t limit_ns(WorkerTask::Kind kind) const {
        switch (kind) {
            case WorkerTask::Kind::kRun:
            case WorkerTask::Kind::kSaveWhole:
                return options_.run_limit_ns;
            case WorkerTask::Kind::kRunTwice:
                return 2 * options_.run_limit_ns;
            case WorkerTask::Kind::kSave:  // it ends by itself, unless a try of it hangs
                break;
        }
        return options_.shrink_limit_ns + 2 * options_.run_limit_ns;
    }

    Status take(const WorkDone& done) {
        const auto found = jobs_.find(done.ticket);
        const Job job = found->second;
        jobs_.erase(found);
        if (done.end == WorkEnd::kDied && job.attempts < kAttemptsMax) {
            retries_.push_back(job);
            return {};
        }
        if (job.task.kind >= WorkerTask::Kind::kSave) return take_finding(job, done);
        AIVM_ASSIGN(RunRecord run, run_of(job, done));
        --open_runs_;
        done_.insert(run.index);
        record(run);
        ++result_.runs_made;
        note_defects(run);
        note_behaviour(run);
        result_.contents.runs.push_back(std::move(run));
        return {};
    }

    // What cannot be written is in the result all the same.
    void record(const CampaignRecord& record) {
        const Status kept = log_.append(record);
        if (kept || log_failed_) return;
        log_failed_ = true;
        result_.lost.push_back(kept.error().context +
                               "; the campaign ended, and what was found since is not kept");
    }

    Result<RunRecord> run_of(const Job& job, const WorkDone& done) const {
        if (done.end == WorkEnd::kAnswered) {
            AIVM_ASSIGN(CampaignRecord record, from_line(done.answer));
            return std::move(std::get<RunRecord>(record));
        }
        RunRecord out;
        out.index = job.task.index;
        out.seed = job.task.seed;
        out.scenario = job.task.scenario;
        out.repeated = job.task.kind == WorkerTask::Kind::kRunTwice;
        const bool late = done.end == WorkEnd::kTimedOut;
        out.end = late ? RunEnd::kTimedOut : RunEnd::kCrashed;
        out.message = late ? fmt::format("the run took longer than {} s of CPU time",
                                         options_.run_limit_ns / 1'000'000'000)
                           : fmt::format("the worker died twice on this run, by {}",
                                         signal_name(done.signal));
        return out;
    }

    Status take_finding(const Job& job, const WorkDone& done) {
        if (done.end != WorkEnd::kAnswered) {
            save_whole_or_lose(job, done.end == WorkEnd::kTimedOut ? "took too long" : "died");
            return {};
        }
        AIVM_ASSIGN(CampaignRecord answer, from_line(done.answer));
        auto& finding = std::get<FindingRecord>(answer);
        if (!finding.error.empty()) {
            result_.lost.push_back(fmt::format("the finding of seed {} could not be saved: {}",
                                               finding.seed, finding.error));
            return {};
        }
        record(finding);
        result_.contents.findings.push_back(std::move(finding));
        return {};
    }

    // A shrinker that breaks a limit of the campaign must not cost the finding.
    void save_whole_or_lose(const Job& job, std::string_view what_happened) {
        if (job.task.kind == WorkerTask::Kind::kSave) {
            WorkerTask task = job.task;
            task.kind = WorkerTask::Kind::kSaveWhole;
            to_save_.push_back(task);
            return;
        }
        result_.lost.push_back(
            fmt::format("the finding of seed {} could not be saved: the worker {}", job.task.seed,
                        what_happened));
    }

    // Queues the run's first violation to be saved, or writes down the failure, if it is the first
    // of its kind.
    void note_defects(const RunRecord& run) {
        if (run.end == RunEnd::kClean) return;
        failed_ = true;
        if (is_failure(run.end) || run.violations.empty()) note_failure(run);
        for (const RecordedViolation& v : run.violations)
            kinds_.insert(trace_key(v.invariant, v.message, {}));
        if (run.violations.empty() || run.violations.front().name == "expected-violation") return;
        const RecordedViolation& first = run.violations.front();
        if (!saved_.insert(trace_key(first.invariant, first.message, {})).second) return;
        to_save_.push_back({WorkerTask::Kind::kSave, run.index, run.seed, run.scenario});
    }

    void note_failure(const RunRecord& run) {
        const std::string key = failure_key(plan_, run);
        kinds_.insert(key);
        if (!saved_.insert(key).second) return;
        if (const Status written = write_failure(plan_, run, folder_); !written)
            result_.lost.push_back(written.error().context);
    }

    void report() const {
        if (options_.progress) options_.progress({result_.runs_made, kinds_.size(), elapsed_ns()});
    }

    const CampaignPlan& plan_;
    std::string folder_;
    const CampaignOptions& options_;
    CampaignLog log_;
    std::uint64_t started_ns_;
    CampaignResult result_;
    std::set<std::uint64_t> done_;
    std::map<std::string, std::uint64_t> behaviours_;  // how many runs showed each
    std::set<std::string> kinds_;                      // keys of all violations and failures
    std::set<std::string> saved_;                      // of those that are saved, or queued for it
    std::deque<WorkerTask> to_save_;
    std::deque<Job> retries_;
    std::map<std::uint64_t, Job> jobs_;  // by ticket
    std::uint64_t ticket_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t open_runs_ = 0;  // issued and not in done_
    bool failed_ = false;
    bool log_failed_ = false;  // nothing can be recorded any more
};

}  // namespace

Result<CampaignResult> run_campaign(const CampaignPlan& plan, const std::string& folder,
                                    const CampaignOptions& options) {
    AIVM_ASSIGN(const CampaignWorker worker,
                CampaignWorker::make(plan, {folder + "/findings", options.shrink_tries,
                                            options.shrink_limit_ns, options.wall_clock_ns}));
    CampaignContents contents;
    AIVM_ASSIGN(CampaignLog log, CampaignLog::open(folder, plan, contents));
    AIVM_TRY(write_scenarios(plan, folder));
    AIVM_ASSIGN(ProcessPool pool,
                ProcessPool::start(options.jobs,
                                   [&](const std::string& task) { return worker.answer(task); },
                                   {options.run_memory_bytes, options.wall_clock_ns}));
    Campaigner campaigner(plan, folder, options, std::move(log), std::move(contents));
    return campaigner.run(pool);
}

}  // namespace aivm::scenarios
