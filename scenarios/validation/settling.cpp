// C15, C16: what a DAG costs in vertices and in time, in whole runs of the full fidelity:
// validators with the avalanche engine and the VM on a DAG (core/vm/dag_vm.h), over a network.
#include <fmt/format.h>

#include <map>
#include <set>

#include "core/base/digest.h"
#include "core/vm/dag_vm.h"
#include "scenarios/validation/case_table.h"
#include "scenarios/validation/own_strategies.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint32_t kSettlingValidatorsMax = 200;
constexpr std::uint32_t kSettlingPolledMax = 200;
constexpr std::uint32_t kSettlingBetaMax = 1000;
constexpr std::uint32_t kTimeMaxMs = 100'000;
constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr const char* kIssuer = "issuers";
constexpr const char* kRival = "rival";

// A market on a DAG with links of one latency. A result stays open for so many cuts that from the
// first task on some window always runs, so that the DAG is never idle and cuts come at their
// interval. Its validators are added by the case.
sim::Scenario dag_market(const ValidationCase& c, std::uint32_t tasks) {
    constexpr std::uint32_t kWindowCuts = 20;
    sim::Scenario s = market(tasks, 1);
    s.run.fidelity = sim::Fidelity::kFull;
    s.chain.consensus = sim::ConsensusKind::kAvalanche;
    s.chain.validators = c.whole("n", 3, kSettlingValidatorsMax);
    s.chain.k = c.whole("k", 1, kSettlingPolledMax);
    s.chain.alpha_preference = s.chain.alpha_confidence = c.whole("alpha", 1, s.chain.k);
    s.chain.beta = s.chain.beta_virtuous = s.chain.beta_rogue =
        c.whole("beta", 1, kSettlingBetaMax);
    s.chain.concurrent_polls = 1;
    s.vm.config.challenge_window_blocks = kWindowCuts;
    s.actors = {members(sim::Role::kProvider, "provider", 1, "honest")};
    return s;
}

sim::ActorGroup validators(std::string name, std::uint32_t count) {
    sim::ActorGroup group = members(sim::Role::kValidator, std::move(name), count, "honest");
    group.stake = lux(2000);
    return group;
}

// Calls `body` for each operation of this kind.
template <class Kind, class Operations, class Body>
void for_each_of(const Operations& operations, Body body) {
    for (const OperationPtr& each : operations)
        if (const auto* of_kind = std::get_if<Kind>(&each->body())) body(*each, *of_kind);
}

// --- C15: a rival meets a job's vertex with probability q ---

// All validators issue at the same moments, further apart than a decision takes. Their messages
// arrive after a random time, so that the two vertices have equal chances.
constexpr const char* kRaceLatency = "1ms";
constexpr sim::SimTime kRaceDelayMax = 1'000'000;

struct Race {
    std::uint32_t rival_ppm = 0;
    double issued = 0;   // results that a vertex carried, each time
    double settled = 0;  // results that a cut settled
};

class Issuer : public sim::ValidatorStrategy {
public:
    Issuer(Race& race, const sim::StrategyContext& context)
        : race_(race), self_(context.self.id), random_(context.random) {}
    bool includes(const SignedOperation&) override { return true; }
    // One issuer carries all operations of an account. If issuers took turns, results would wait
    // for the end of the rival's turn and then share a vertex.
    void plans(const sim::DagView& view, sim::VertexPlan& plan) override {
        const std::uint64_t issuers = view.vm.state().validators.size() - 1;
        plan.carries = [self = self_, issuers](const SignedOperation& one) {
            return sha256(one.sender().view()).prefix64() % issuers == self;
        };
    }
    void sends(sim::ActorId, sim::Outgoing& outgoing) override {
        outgoing.delay = static_cast<sim::SimTime>(random_.below(kRaceDelayMax));
    }
    void issued(const sim::DagView&, const VertexPtr& vertex, const VertexPtr&) override {
        for_each_of<op::SubmitResult>(vertex->operations(),
                                      [&](const auto&, const auto&) { race_.issued += 1; });
    }

protected:
    [[nodiscard]] const Race& race() const { return race_; }
    [[nodiscard]] sim::RandomStream& stream() { return random_; }

private:
    Race& race_;
    sim::ActorId self_;
    sim::RandomStream random_;
};

// Carries nothing for others. When results wait for their vertex, which another validator issues at
// this very moment, it touches their jobs with probability q.
class Rival final : public Issuer {
public:
    using Issuer::Issuer;
    bool includes(const SignedOperation&) override { return false; }
    void plans(const sim::DagView& view, sim::VertexPlan& plan) override {
        const std::set<std::string> jobs = waiting_jobs(view.vm);
        plan.skip = jobs.empty() || !stream().bernoulli_ppm(race().rival_ppm);
        if (plan.skip) return;
        plan.contests = true;
        // Void and free: a reveal of a challenge that nobody made.
        for (const std::string& job : jobs)
            plan.forced.emplace_back(op::ChallengeReveal{job, Answer{0}, Hash32{}});
    }

private:
    // Of results that no undecided vertex carries.
    static std::set<std::string> waiting_jobs(const DagVm& vm) {
        constexpr std::size_t kLookedAt = 256;
        std::set<std::string> jobs;
        for_each_of<op::SubmitResult>(
            vm.mempool().candidates(kLookedAt, {}),
            [&](const auto&, const op::SubmitResult& result) { jobs.insert(result.job_id); });
        for (const VertexPtr& vertex : vm.undecided_vertices())
            for_each_of<op::SubmitResult>(
                vertex->operations(),
                [&](const auto&, const op::SubmitResult& result) { jobs.erase(result.job_id); });
        return jobs;
    }
};

class Racers final : public OwnStrategies {
public:
    explicit Racers(Race& race) : race_(race) {}
    [[nodiscard]] Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        if (group.name == kRival) return std::make_unique<Rival>(race_, context);
        return std::make_unique<Issuer>(race_, context);
    }

private:
    Race& race_;
};

class SettledResults final : public sim::Probe {
public:
    explicit SettledResults(Race& race) : race_(race) {}
    void on_block(const Executed& block, sim::SimTime) override {
        for_each_of<op::SubmitResult>(block.block->operations(),
                                      [&](const auto&, const auto&) { race_.settled += 1; });
    }

private:
    Race& race_;
};

// --- C16: from issuing a vertex to its cut's acceptance ---

// Before the first of these the DAG was idle, and the next cut overdue. After the last of them
// submissions would still have to come, for a cut to be left out as often as others.
constexpr std::uint32_t kFirstSubmission = 9;
constexpr std::uint32_t kLastSubmission = 56;
constexpr std::uint32_t kSubmissions = 64;

struct Issued {
    std::map<Hash32, sim::SimTime> submissions;  // when a vertex first carried each
    std::map<Height, sim::SimTime> cuts;
    sim::SimTime newest_vertex = 0;  // cuts left aside
};

class TimedIssuer final : public sim::ValidatorStrategy {
public:
    explicit TimedIssuer(Issued& issued) : issued_(issued) {}
    bool includes(const SignedOperation&) override { return true; }
    void issued(const sim::DagView& view, const VertexPtr& vertex, const VertexPtr&) override {
        if (vertex->is_cut()) {
            issued_.cuts.emplace(vertex->cut(), view.now);
            return;
        }
        issued_.newest_vertex = view.now;
        for_each_of<op::SubmitTask>(vertex->operations(), [&](const SignedOperation& one, auto&) {
            issued_.submissions.emplace(one.id(), view.now);
        });
    }

private:
    Issued& issued_;
};

class TimedIssuers final : public OwnStrategies {
public:
    explicit TimedIssuers(Issued& issued) : issued_(issued) {}
    [[nodiscard]] Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup&, const sim::StrategyContext&) const override {
        return std::make_unique<TimedIssuer>(issued_);
    }

private:
    Issued& issued_;
};

// A vertex starts a poll of its own, whose answers count for everything preferred: one that is
// issued while a cut is voted on brings the decision forward. Such cuts are left out. Submissions
// arrive independently of each other, so that what comes after a cut says nothing about how long
// those in it have waited.
class SettlingTimes final : public sim::Probe {
public:
    explicit SettlingTimes(const Issued& issued) : issued_(issued) {}
    void on_block(const Executed& block, sim::SimTime now) override {
        const auto cut = issued_.cuts.find(block.state.head.height);
        const bool counts = cut != issued_.cuts.end() && issued_.newest_vertex <= cut->second;
        for_each_of<op::SubmitTask>(
            block.block->operations(), [&](const SignedOperation& one, auto&) {
                ++seen_;
                if (!counts || seen_ < kFirstSubmission || seen_ > kLastSubmission) return;
                sample_.part += ms_between(one.id(), now);
                sample_.whole += 1;
            });
    }
    [[nodiscard]] const Sample& sample() const { return sample_; }

private:
    [[nodiscard]] double ms_between(const Hash32& submission, sim::SimTime now) const {
        return static_cast<double>(now - issued_.submissions.at(submission)) /
               static_cast<double>(kNsPerMs);
    }

    const Issued& issued_;
    std::uint32_t seen_ = 0;
    Sample sample_;
};

}  // namespace

Result<Sample> vertices_per_settled_job(const ValidationCase& c, const RunContext& context) {
    constexpr std::uint32_t kJobs = 48;
    Race race;
    race.rival_ppm = c.ppm("q");
    sim::Scenario s = dag_market(c, kJobs);
    s.network.latency = kRaceLatency;
    s.actors.push_back(validators(kIssuer, s.chain.validators - 1));
    s.actors.push_back(validators(kRival, 1));
    const Racers strategies(race);
    SettledResults settled(race);
    // Polls that decide too soon for so even a split accept both sides. The run ends there then,
    // instead of polling until its events run out.
    RunContext watched = context;
    watched.watched = true;
    AIVM_TRY(play(watched, s, &settled, &strategies));
    return Sample{race.issued, race.settled};
}

// Submissions arrive at any time, and are issued at the next multiple of v. A cut that another
// validator issues has the vertices that reached it by then.
Result<Sample> time_to_settle(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t interval = c.whole("I", 1, kTimeMaxMs);
    const std::uint32_t latency = c.whole("L", 1, kTimeMaxMs);
    const std::uint32_t between = c.whole("v", 1, interval);
    if (interval % between != 0) c.refuse("v", "it must divide I");
    if (latency % between == 0)
        c.refuse("v", "a vertex would reach the next issuer at the very moment of its cut");
    sim::Scenario s = dag_market(c, kSubmissions);
    s.network.latency = fmt::format("{}ms", latency);
    s.chain.block_interval_ns = interval * kNsPerMs;
    s.chain.vertex_interval_ns = between * kNsPerMs;
    s.workload.arrivals = sim::ArrivalLaw::kPoisson;
    s.workload.mean_gap_ns = s.chain.block_interval_ns;
    s.actors.push_back(validators(kIssuer, s.chain.validators));
    Issued issued;
    const TimedIssuers strategies(issued);
    SettlingTimes times(issued);
    AIVM_TRY(play(context, s, &times, &strategies));
    return times.sample();
}

}  // namespace aivm::scenarios
