#include "scenarios/profit/profit_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "core/base/digest.h"
#include "scenarios/adversaries/strategy_table.h"
#include "scenarios/file/print.h"
#include "scenarios/profit/evaluator.h"
#include "scenarios/profit/profit_files.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kSeedsApart = 1'000'000;  // between the first seeds of two searches
constexpr std::uint64_t kFreshOffset = kSeedsApart / 2;
constexpr std::size_t kFewSeeds = 2;             // of every candidate
constexpr std::size_t kSomeSeeds = 6;            // of the better ones
constexpr std::size_t kManySeeds = 16;           // of the best
constexpr std::size_t kCandidatesPerBatch = 16;  // candidates between two decisions
constexpr std::size_t kPromoted = 3;             // of a batch
constexpr std::size_t kParents = 6;
constexpr std::size_t kFinalists = 4;
constexpr int kStaleBatchesMax = 25;
constexpr double kKept = 0.95;  // of the gain, without a primitive that is not needed
constexpr const char* kHonestPoint = "honest play";

struct SearchEntry {
    Candidate candidate;
    std::string name;
    Moments gain;
    double spent = 0;  // nLUX in all of its runs
    std::size_t seeds = 0;
    bool failed = false;  // a run of it did not end by itself

    [[nodiscard]] double mean() const { return failed ? -1e300 : gain.mean(); }
};

class ProfitRunner {
public:
    ProfitRunner(const SearchSpace& space, const ProfitOptions& options, Evaluator& evaluator)
        : space_(space),
          options_(options),
          evaluator_(evaluator),
          honest_(std::make_shared<const sim::Scenario>(space.honest())),
          random_({options.seed, 0, kPurpose}) {
        const auto groups = sim::groups_of(space.honest());
        const auto owners = sim::owners_of(groups, StrategyTable());
        out_.members = std::ranges::find(owners, space.owner(), &sim::Owner::label)->members;
        out_.first_fresh_seed = first_fresh_seed(options.seed);
    }

    Result<ProfitResult> run() {
        AIVM_TRY(explore());
        evaluator_.lift_limits();
        AIVM_TRY(confirm());
        out_.candidates = entries_.size();
        out_.runs = evaluator_.runs();
        return std::move(out_);
    }

private:
    static constexpr std::uint32_t kPurpose = 0x9f17;  // its stream is no actor's

    [[nodiscard]] std::uint64_t seed(std::size_t i) const {
        return options_.seed * kSeedsApart + i;
    }

    // --- Runs ---

    // The candidates get seeds up to this number; false if a limit came first.
    Result<bool> evaluate(const std::vector<std::size_t>& which, std::size_t seeds) {
        std::vector<RunPoint> points;
        for (const std::size_t i : which)
            add_points(entries_[i], entries_[i].seeds, seeds, seed(0), points);
        AIVM_ASSIGN(const bool all, evaluator_.make(points));
        if (!all) return false;
        for (const std::size_t i : which) {
            SearchEntry& entry = entries_[i];
            for (; entry.seeds < seeds; ++entry.seeds) AIVM_TRY(add_gain(entry, seed(entry.seeds)));
        }
        return true;
    }
    void add_points(const SearchEntry& entry, std::size_t from, std::size_t to, std::uint64_t first,
                    std::vector<RunPoint>& points) const {
        const auto scenario =
            std::make_shared<const sim::Scenario>(space_.scenario_of(entry.candidate));
        for (std::size_t s = from; s < to; ++s) {
            points.push_back({kHonestPoint, first + s, honest_});
            points.push_back({entry.name, first + s, scenario});
        }
    }
    Status add_gain(SearchEntry& entry, std::uint64_t seed) {
        const RunPayoff& honest = evaluator_.payoff(kHonestPoint, seed);
        if (!honest.ended)
            return fail(ErrorCode::kWrongState,
                        fmt::format("seed {}: honest play did not end by itself {} {}", seed,
                                    honest.violation, honest.message));
        const RunPayoff& played = evaluator_.payoff(entry.name, seed);
        if (!played.ended) {
            entry.failed = true;
            note_violation(entry, played, seed);
            return {};
        }
        const std::int64_t gain = played.payoff_nlux - honest.payoff_nlux;
        entry.gain.add(static_cast<double>(gain) / out_.members);
        entry.spent += static_cast<double>(played.spent_nlux);
        return {};
    }
    void note_violation(const SearchEntry& entry, const RunPayoff& played, std::uint64_t seed) {
        const bool known =
            std::ranges::find(out_.violations, played.violation, &ViolatingDeviation::invariant) !=
            out_.violations.end();
        if (played.violation.empty() || known) return;
        out_.violations.push_back(
            {entry.candidate, entry.name, played.violation, played.message, seed});
    }

    // --- The search ---

    // The new ones among these, as entries.
    std::vector<std::size_t> add(const std::vector<Candidate>& candidates) {
        std::vector<std::size_t> out;
        for (const Candidate& candidate : candidates) {
            SearchEntry entry{candidate, space_.name_of(candidate), {}, 0, 0, false};
            if (candidate.empty() || !names_.insert(entry.name).second) continue;
            out.push_back(entries_.size());
            entries_.push_back(std::move(entry));
        }
        return out;
    }
    Status explore() {
        const std::vector<Candidate> first = space_.first();
        for (std::size_t i = 0; i < first.size(); i += kCandidatesPerBatch) {
            const std::size_t end = std::min(first.size(), i + kCandidatesPerBatch);
            AIVM_ASSIGN(const bool goes_on,
                        try_batch({first.begin() + static_cast<std::ptrdiff_t>(i),
                                   first.begin() + static_cast<std::ptrdiff_t>(end)}));
            if (!goes_on) return {};
        }
        for (int stale = 0; stale < kStaleBatchesMax;) {
            const std::size_t before = entries_.size();
            AIVM_ASSIGN(const bool goes_on, try_batch(children()));
            if (!goes_on) return {};
            stale = entries_.size() == before ? stale + 1 : 0;
        }
        out_.exhausted = true;
        return {};
    }
    Result<bool> try_batch(const std::vector<Candidate>& candidates) {
        const std::vector<std::size_t> fresh = add(candidates);
        AIVM_ASSIGN(const bool all, evaluate(fresh, kFewSeeds));
        if (!all) {
            // A candidate that was not run on all of its seeds is not part of the result.
            for (const std::size_t i : fresh) names_.erase(entries_[i].name);
            entries_.resize(entries_.size() - fresh.size());
            return false;
        }
        AIVM_ASSIGN(const bool some, evaluate(promising(kFewSeeds), kSomeSeeds));
        if (!some) return false;
        AIVM_ASSIGN(const bool many, evaluate(promising(kSomeSeeds), kManySeeds));
        if (many) AIVM_TRY(note_best());
        return many;
    }
    // The kPromoted most profitable candidates, of those that have been run on exactly this number
    // of seeds and pay.
    [[nodiscard]] std::vector<std::size_t> promising(std::size_t seeds) const {
        std::vector<std::size_t> out;
        for (const std::size_t i : ranked()) {
            if (entries_[i].mean() <= 0 || out.size() == kPromoted) break;
            if (entries_[i].seeds == seeds) out.push_back(i);
        }
        return out;
    }
    // The most profitable first; of equal ones, those that spend more before those that may have no
    // effect at all.
    [[nodiscard]] std::vector<std::size_t> ranked() const {
        std::vector<std::size_t> out(entries_.size());
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
        const auto worth = [&](std::size_t i) {
            return std::pair(entries_[i].mean(), entries_[i].spent);
        };
        std::ranges::stable_sort(out, std::ranges::greater(), worth);
        return out;
    }
    // Its actions, without their levels.
    static std::vector<std::size_t> shape_of(const Candidate& candidate) {
        std::vector<std::size_t> out;
        for (const auto& [index, level] : candidate) out.push_back(index);
        return out;
    }
    // The most profitable candidate for each set of actions, whatever their levels; the best set
    // first. Candidates that have been run on fewer seeds than this are left out.
    [[nodiscard]] std::vector<std::size_t> best_of_shapes(std::size_t seeds) const {
        std::set<std::vector<std::size_t>> shapes;
        std::vector<std::size_t> out;
        for (const std::size_t i : ranked()) {
            if (entries_[i].failed || entries_[i].seeds < seeds) continue;
            if (shapes.insert(shape_of(entries_[i].candidate)).second) out.push_back(i);
        }
        return out;
    }
    std::vector<Candidate> children() {
        const std::vector<std::size_t> all = best_of_shapes(kFewSeeds);
        const auto parent = [&]() -> const Candidate& {
            static const Candidate kNothing;
            if (all.empty()) return kNothing;
            const std::size_t among =
                random_.below(3) == 0 ? all.size() : std::min(all.size(), kParents);
            return entries_[all[random_.below(among)]].candidate;
        };
        std::vector<Candidate> out;
        for (std::size_t i = 0; i < kCandidatesPerBatch; ++i) {
            Candidate child = parent();
            if (random_.below(4) == 0) child = SearchSpace::cross(child, parent(), random_);
            out.push_back(space_.mutate(std::move(child), random_));
        }
        return out;
    }
    Status note_best() {
        const std::vector<std::size_t> best = best_of_shapes(kSomeSeeds);
        if (best.empty() || entries_[best.front()].mean() <= best_mean_) return {};
        const SearchEntry& entry = entries_[best.front()];
        best_mean_ = entry.mean();
        if (options_.progress)
            options_.progress(fmt::format("{:>7} runs  {:.3f} LUX  {}", evaluator_.runs(),
                                          best_mean_ / 1e9, entry.name));
        return write_candidate(options_.folder, "best-so-far.toml", space_, entry.candidate,
                               "The best of a profit search so far, not yet tried on fresh seeds.");
    }

    // --- Fresh seeds ---

    // Empty if the search was stopped.
    Result<std::vector<std::size_t>> finalists() {
        std::vector<std::size_t> out;
        for (const std::size_t i : best_of_shapes(kSomeSeeds)) {
            if (entries_[i].mean() <= 0 || out.size() == kFinalists) break;
            AIVM_ASSIGN(const auto simple, simplified(i));
            if (!simple) return std::vector<std::size_t>{};
            if (std::ranges::find(out, *simple) == out.end()) out.push_back(*simple);
        }
        return out;
    }
    // The same without what it does not need.
    Result<std::optional<std::size_t>> simplified(std::size_t index) {
        AIVM_ASSIGN(const bool first, evaluate({index}, kManySeeds));
        if (!first) return std::optional<std::size_t>();
        const Candidate whole = entries_[index].candidate;
        for (const auto& [primitive, level] : whole) {
            Candidate less = entries_[index].candidate;
            less.erase(primitive);
            if (less.empty()) continue;
            const std::size_t there = find_or_add(less);
            AIVM_ASSIGN(const bool all, evaluate({there}, kManySeeds));
            if (!all) return std::optional<std::size_t>();
            const double enough = kKept * entries_[index].mean();
            if (entries_[there].mean() > 0 && entries_[there].mean() >= enough) index = there;
        }
        return std::optional(index);
    }
    std::size_t find_or_add(const Candidate& candidate) {
        if (const auto added = add({candidate}); !added.empty()) return added.front();
        return static_cast<std::size_t>(
            std::ranges::find(entries_, candidate, &SearchEntry::candidate) - entries_.begin());
    }
    Status confirm() {
        AIVM_ASSIGN(const auto chosen, finalists());
        std::vector<RunPoint> points;
        for (const std::size_t i : chosen)
            add_points(entries_[i], 0, options_.fresh_seeds, out_.first_fresh_seed, points);
        AIVM_ASSIGN(const bool all, evaluator_.make(points));
        out_.stopped = !all || (options_.stop && options_.stop());
        if (!all) return {};
        for (const std::size_t i : chosen) {
            AIVM_ASSIGN(Deviation one, on_fresh_seeds(entries_[i], chosen.size()));
            out_.deviations.push_back(std::move(one));
        }
        std::ranges::stable_sort(out_.deviations, [](const Deviation& a, const Deviation& b) {
            return a.gain.mean() > b.gain.mean();
        });
        return {};
    }
    Result<Deviation> on_fresh_seeds(const SearchEntry& entry, std::size_t tried) {
        SearchEntry fresh{entry.candidate, entry.name, {}, 0, 0, false};
        Deviation out;
        std::set<std::string> expected;
        for (std::size_t s = 0; s < options_.fresh_seeds; ++s) {
            const std::uint64_t seed = out_.first_fresh_seed + s;
            AIVM_TRY(add_gain(fresh, seed));
            const RunPayoff& played = evaluator_.payoff(entry.name, seed);
            out.spent +=
                static_cast<double>(played.spent_nlux) / out_.members / options_.fresh_seeds;
            std::istringstream ids(played.expected);
            for (std::string id; ids >> id;) expected.insert(id);
        }
        out.candidate = entry.candidate;
        out.name = entry.name;
        if (!fresh.failed) out.gain = fresh.gain;
        const double error = (1 - kProfitConfidence) / static_cast<double>(tried);
        out.interval = t_interval(out.gain, 1 - error);
        out.expected.assign(expected.begin(), expected.end());
        return out;
    }

    const SearchSpace& space_;
    const ProfitOptions& options_;
    Evaluator& evaluator_;
    std::shared_ptr<const sim::Scenario> honest_;
    sim::RandomStream random_;
    std::vector<SearchEntry> entries_;
    std::set<std::string> names_;
    double best_mean_ = 0;
    ProfitResult out_;
};

// One line that is the same for two searches only if their runs are.
std::string identity_of(const SearchSpace& space, const ProfitOptions& options) {
    std::string all = canonical_text(space.honest()) + space.owner() + options.program;
    for (const Primitive& primitive : space.primitives()) all += primitive.key;
    return fmt::format("aivmsim-profit 1 {} seed {}", to_hex(keccak256(as_bytes(all)).view()),
                       options.seed);
}

}  // namespace

const Deviation* ProfitResult::best() const {
    const auto pays = std::ranges::find_if(deviations, &Deviation::pays);
    return pays == deviations.end() ? nullptr : &*pays;
}

const Deviation* ProfitResult::cheapest() const {
    const Deviation* out = nullptr;
    for (const Deviation& one : deviations)
        if (one.pays() && (out == nullptr || one.spent < out->spent)) out = &one;
    return out;
}

std::uint64_t first_fresh_seed(std::uint64_t seed) { return seed * kSeedsApart + kFreshOffset; }

Result<ProfitResult> search_profit(const SearchSpace& space, const ProfitOptions& options) {
    EvaluatorOptions limits;
    limits.jobs = options.jobs;
    limits.runs_max = options.runs_max;
    limits.budget_ns = options.budget_ns;
    limits.stop = options.stop;
    limits.wall_clock_ns = options.wall_clock_ns;
    AIVM_ASSIGN(const auto evaluator, Evaluator::open(options.folder, identity_of(space, options),
                                                      space.owner(), std::move(limits)));
    return ProfitRunner(space, options, *evaluator).run();
}

}  // namespace aivm::scenarios
