#include "scenarios/campaign/mutants/mutant_hunt.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "scenarios/campaign/campaign_log.h"
#include "scenarios/campaign/campaign_seeds.h"
#include "scenarios/campaign/campaign_worker.h"
#include "scenarios/campaign/mutants/mutant_choice.h"
#include "scenarios/campaign/mutants/twin_speed.h"
#include "scenarios/campaign/process_pool.h"

namespace aivm::scenarios {
namespace {

constexpr int kPollMs = 100;
constexpr std::uint64_t kFirstRoundUs = 4'000'000;
constexpr std::uint64_t kRoundGrowth = 4;
// What a run that crashed counts, since nobody knows its CPU time: a hunt in which every run
// crashes must end.
constexpr std::uint64_t kCrashCostUs = 10'000;
// Of kRepeatOneIn runs, one is made twice, to find mutants of determinism.
constexpr std::uint64_t kRepeatOneIn = 3;
// Of every scenario one run in kRepeatOneIn, whatever divides the number of scenarios.
bool is_repeated(std::uint64_t run, std::size_t scenarios) {
    return (run + run / scenarios) % kRepeatOneIn == 0;
}

// "ID REST": does REST with the mutant ID ("-": none); the answer is "TIMES-REACHED LINE".
std::string work(const CampaignWorker& worker, const std::string& request) {
    const std::size_t space = request.find(' ');
    choose_mutant(find_mutant(std::string_view(request).substr(0, space)));
    const std::string line = worker.answer(request.substr(space + 1));
    const std::uint64_t reached = times_reached();
    choose_mutant(nullptr);
    return fmt::format("{} {}", reached, line);
}

// One mutant in one repeat.
struct Quarry {
    std::size_t mutant = 0;
    std::uint64_t first = 0;  // number of its first run
    MutantRecord record;
    bool is_control = false;
    bool busy = false;
};

// The mutants, and behind them the controls that are not among them.
std::vector<const MutantRow*> with_controls(std::vector<const MutantRow*> mutants) {
    for (const MutantRow& row : mutant_rows()) {
        if (row.subject == MutantSubject::kControl && std::ranges::count(mutants, &row) == 0)
            mutants.push_back(&row);
    }
    return mutants;
}

class Hunter {
public:
    Hunter(const std::vector<const MutantRow*>& mutants, const HuntOptions& options,
           std::size_t scenarios, CampaignLog log, const CampaignContents& contents)
        : options_(options),
          scenarios_(scenarios),
          log_(std::move(log)),
          started_ns_(options.wall_clock_ns()) {
        std::map<std::pair<std::string, std::uint32_t>, const MutantRecord*> known;
        for (const MutantRecord& m : contents.mutants) known[{m.id, m.repeat}] = &m;
        for (std::size_t m = 0; m < mutants.size(); ++m) {
            hunted_.push_back({mutants[m], {}});
            for (std::uint32_t r = 0; r < options.repeats; ++r) {
                Quarry quarry;
                quarry.mutant = m;
                // Repeats use other runs; each begins with the first scenario.
                quarry.first = r * std::uint64_t{1'000'000} * scenarios;
                quarry.record.id = mutants[m]->id;
                quarry.record.repeat = r;
                quarry.is_control = mutants[m]->subject == MutantSubject::kControl;
                const auto before = known.find({quarry.record.id, r});
                if (before != known.end()) quarry.record = *before->second;
                quarries_.push_back(std::move(quarry));
            }
        }
        for (const RunRecord& twin : contents.runs) add_twin(twin);
    }

    Result<HuntResult> run(ProcessPool& pool) {
        for (limit_us_ = std::min(kFirstRoundUs, options_.cpu_limit_us);;
             limit_us_ = std::min(limit_us_ * kRoundGrowth, options_.cpu_limit_us)) {
            AIVM_TRY(round(pool));
            if (limit_us_ == options_.cpu_limit_us || over()) break;
        }
        AIVM_TRY(shrink_all(pool));
        out_.complete = std::ranges::none_of(
            quarries_, [this](const Quarry& q) { return is_hunted(q) || is_unshrunk(q); });
        for (Quarry& quarry : quarries_)
            hunted_[quarry.mutant].repeats.push_back(std::move(quarry.record));
        for (HuntedMutant& mutant : hunted_) {
            const bool is_control = mutant.row->subject == MutantSubject::kControl;
            if (is_control) note_alarms(mutant);
            (is_control ? out_.controls : out_.mutants).push_back(std::move(mutant));
        }
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
        if (quarry.record.detected || quarry.record.cpu_us >= limit_us_) return false;
        return !quarry.is_control || quarry.record.runs < scenarios_ || is_any_bug_hunted();
    }
    [[nodiscard]] bool is_any_bug_hunted() const {
        return std::ranges::any_of(
            quarries_, [this](const Quarry& q) { return !q.is_control && is_hunted(q); });
    }
    // The first repeat of a mutant that violated an invariant is shrunk, once.
    [[nodiscard]] bool is_unshrunk(const Quarry& quarry) const {
        return !quarry.is_control && options_.shrink_tries != 0 && quarry.record.repeat == 0 &&
               quarry.record.detected && quarry.record.violated &&
               quarry.record.actions_before == 0 && !shrunk_.contains(quarry.mutant);
    }

    Status round(ProcessPool& pool) {
        while (true) {
            // In turn, so that each has made about as many runs whenever the hunt ends.
            for (std::size_t n = 0; n < quarries_.size() && pool.has_idle() && !over(); ++n)
                AIVM_TRY(send_next(pool, turn_++ % quarries_.size()));
            if (pool.busy() == 0) return {};
            AIVM_ASSIGN(const auto done, pool.wait(kPollMs));
            if (done) AIVM_TRY(take(*done));
        }
    }

    Status send_next(ProcessPool& pool, std::size_t i) {
        Quarry& quarry = quarries_[i];
        if (quarry.busy || !is_hunted(quarry)) return {};
        const std::uint64_t run = quarry.first + quarry.record.runs;
        if (!twins_.contains(run)) {
            if (!twins_under_way_.insert(run).second) return {};
            return send(pool, {Purpose::kTwin, i, run}, "- " + task(WorkerTask::Kind::kRun, run));
        }
        quarry.busy = true;
        const bool twice = is_repeated(quarry.record.runs, scenarios_);
        return send(pool, {Purpose::kMutant, i, run},
                    quarry.record.id + " " +
                        task(twice ? WorkerTask::Kind::kRunTwice : WorkerTask::Kind::kRun, run));
    }

    [[nodiscard]] std::string task(WorkerTask::Kind kind, std::uint64_t run) const {
        return CampaignWorker::request({kind, run, seed_of_run(options_.seed, run),
                                        static_cast<std::uint32_t>(run % scenarios_)});
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
        run.index = job.run;
        if (done.end == WorkEnd::kAnswered) {
            AIVM_ASSIGN(CampaignRecord record,
                        from_line(std::string_view(done.answer).substr(space + 1)));
            run = std::move(std::get<RunRecord>(record));
        } else {
            const bool late = done.end == WorkEnd::kTimedOut;
            run.end = late ? RunEnd::kTimedOut : RunEnd::kCrashed;
            run.cpu_us = late ? options_.run_limit_ns / 1000 : kCrashCostUs;
            reached = 1;
        }
        if (job.purpose == Purpose::kMutant) return take_mutant(job, run, reached);
        twins_under_way_.erase(job.run);
        add_twin(run);
        return log_.append(run);
    }

    void add_twin(const RunRecord& run) {
        ++out_.twin_runs;
        if (run.end != RunEnd::kClean) {
            out_.false_alarms.push_back(fmt::format(
                "run {}, seed {}: {} {}", run.index, run.seed, run_end_word(run.end),
                run.violations.empty()
                    ? run.message
                    : run.violations.front().invariant + " " + run.violations.front().message));
        }
        twins_.emplace(run.index, run);
    }

    Status take_mutant(const Job& job, const RunRecord& run, std::uint64_t reached) {
        Quarry& quarry = quarries_[job.quarry];
        const RunRecord& twin = twins_.at(job.run);
        quarry.busy = false;
        MutantRecord& record = quarry.record;
        ++record.runs;
        record.runs_reached += reached > 0 ? 1 : 0;
        record.runs_infected += run.digest != twin.digest ? 1 : 0;
        record.cpu_us += run.cpu_us * (run.repeated ? 2 : 1);
        record.scenario = static_cast<std::uint32_t>(job.run % scenarios_);
        record.seed = twin.seed;
        note_speed(run, twin, record);
        // What the unmutated program reports on this seed is no detection.
        if (twin.end == RunEnd::kClean) note_detection(run, record);
        if (record.detected && options_.progress) {
            options_.progress(fmt::format("{:<24} {} after {} runs, {:.1f} CPU s", record.id,
                                          record.by, record.runs,
                                          static_cast<double>(record.cpu_us) / 1e6));
        }
        return log_.append(record);
    }

    static void note_detection(const RunRecord& run, MutantRecord& record) {
        if (run.end == RunEnd::kNotDeterministic) {
            // Its violation, if there was one, is not that of the repeated run.
            record.by = run_end_word(run.end);
            record.message = run.message;
        } else if (!run.violations.empty()) {
            record.by = run.violations.front().invariant;
            record.message = run.violations.front().message;
            record.violated = true;
        } else if (run.end != RunEnd::kClean) {
            record.by = run_end_word(run.end);
            record.message = run.message;
        } else if (is_slower_than_twin(record)) {
            record.by = kSlowerThanTwin;
        }
        record.detected = !record.by.empty();
    }

    // What a control must not do.
    void note_alarms(const HuntedMutant& control) {
        const auto alarm = [&](const std::string& what) {
            out_.false_alarms.push_back(fmt::format("{}: {}", control.row->id, what));
        };
        for (const MutantRecord& r : control.repeats) {
            if (r.detected) {
                alarm(fmt::format("detected by {}, scenario {}, seed {} {}", r.by, r.scenario,
                                  r.seed, r.message));
            }
            if (control.row->id != kNeutralControl) continue;
            if (r.runs_infected != 0)
                alarm("it changes nothing, and its runs differ from those without it");
            if (has_mutants() && r.runs != 0 && r.runs_reached == 0)
                alarm("no run came to its place, so it controls nothing");
        }
    }

    Status shrink_all(ProcessPool& pool) {
        for (std::size_t i = 0; i < quarries_.size() && !over();) {
            if (!is_unshrunk(quarries_[i])) {
                ++i;
            } else if (pool.has_idle()) {
                const MutantRecord& record = quarries_[i].record;
                shrunk_.insert(quarries_[i].mutant);
                const std::uint64_t run = quarries_[i].first + record.runs - 1;
                AIVM_TRY(send(pool, {Purpose::kShrink, i, run},
                              record.id + " " + task(WorkerTask::Kind::kSave, run)));
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
        AIVM_ASSIGN(CampaignRecord line,
                    from_line(std::string_view(done.answer).substr(space + 1)));
        const auto& finding = std::get<FindingRecord>(line);
        MutantRecord& record = quarries_[job.quarry].record;
        record.actions_before = finding.actions_before;
        record.actions_after = finding.actions_after;
        return log_.append(record);
    }

    const HuntOptions& options_;
    std::size_t scenarios_;
    CampaignLog log_;
    std::uint64_t started_ns_;
    std::uint64_t limit_us_ = 0;  // of the present round
    std::size_t turn_ = 0;
    std::vector<HuntedMutant> hunted_;
    HuntResult out_;
    std::vector<Quarry> quarries_;
    std::map<std::uint64_t, RunRecord> twins_;
    std::set<std::uint64_t> twins_under_way_;
    std::set<std::size_t> shrunk_;       // mutants whose finding was sent to a worker
    std::map<std::uint64_t, Job> jobs_;  // by ticket
    std::uint64_t ticket_ = 0;
};

}  // namespace

bool HuntedMutant::detected() const {
    const auto times = std::ranges::count_if(repeats, &MutantRecord::detected);
    return 2 * static_cast<std::size_t>(times) >= repeats.size();
}
bool HuntedMutant::ever_detected() const {
    return std::ranges::any_of(repeats, &MutantRecord::detected);
}
bool HuntedMutant::infected() const {
    return std::ranges::any_of(
        repeats, [](const MutantRecord& r) { return r.runs_infected > 0 || r.detected; });
}
bool HuntedMutant::reached() const {
    return std::ranges::any_of(repeats, [](const MutantRecord& r) { return r.runs_reached > 0; });
}

Result<HuntResult> hunt(const std::vector<const MutantRow*>& mutants,
                        const std::vector<CampaignScenario>& scenarios,
                        const HuntOptions& options) {
    CampaignPlan plan;
    plan.seed = options.seed;
    plan.scenarios = scenarios;
    plan.paranoid = true;
    plan.program = options.program;
    AIVM_ASSIGN(const CampaignWorker worker,
                CampaignWorker::make(plan, {options.folder + "/findings", options.shrink_tries,
                                            3 * options.run_limit_ns, options.wall_clock_ns}));
    CampaignContents contents;
    AIVM_ASSIGN(CampaignLog log, CampaignLog::open(options.folder, plan, contents));
    AIVM_ASSIGN(ProcessPool pool,
                ProcessPool::start(
                    options.jobs, [&](const std::string& request) { return work(worker, request); },
                    {options.run_memory_bytes, options.wall_clock_ns}));
    return Hunter(with_controls(mutants), options, scenarios.size(), std::move(log), contents)
        .run(pool);
}

}  // namespace aivm::scenarios
