#include "scenarios/campaign/shrink_run.h"

#include <algorithm>
#include <numeric>

#include "core/kernels/kernels.h"
#include "scenarios/file/check.h"
#include "scenarios/run/describe_run.h"
#include "scenarios/run/run.h"
#include "scenarios/run/setting.h"
#include "sim/scenario/participants.h"

namespace aivm::scenarios {
namespace {

// A try without a violation is stopped after this multiple of the events that the violation took.
constexpr std::uint64_t kPatience = 4;
constexpr std::uint64_t kPatienceMin = 100'000;

class RunShrinker {
public:
    RunShrinker(const RunPlan& whole, const sim::Violation& found, const Rerun& rerun,
                sim::ShrinkBudget& budget)
        : best_(whole), found_(found), rerun_(rerun), budget_(budget) {}

    std::optional<ShrunkRun> shrink() {
        if (!attempt(best_)) return std::nullopt;
        std::size_t before = 0;
        do {
            before = actions(best_);
            shrink_faults();
            shrink_choices();
            shrink_groups();
            shrink_number([](sim::Scenario& s) -> std::uint32_t& { return s.workload.tasks; });
            for (std::size_t i = 0; i < best_.scenario.actors.size(); ++i) {
                shrink_number(
                    [i](sim::Scenario& s) -> std::uint32_t& { return s.actors[i].count; });
            }
        } while (actions(best_) < before && !budget_.over());
        return report();
    }

private:
    static std::size_t actions(const RunPlan& plan) {
        return run_action_count(plan.scenario, plan.choices);
    }

    // Runs the candidate; if it violates the invariant, it becomes the best, with only the choices
    // that its run used.
    bool attempt(RunPlan candidate) {
        if (!std::ranges::all_of(check_with_profiles(candidate.scenario), is_note)) return false;
        if (!budget_.take(actions(best_))) return false;
        RunPlan limited = candidate;
        // A run that ends on a limit says nothing about liveness, so the limit applies to
        // violations of safety only.
        if (!found_.liveness) {
            const std::uint64_t patience = std::max(kPatienceMin, found_.event * kPatience);
            limited.scenario.run.max_events = std::min(limited.scenario.run.max_events, patience);
        }
        const auto outcome =
            run_plan(limited, rerun_, [this] { return budget_.keep_going(actions(best_)); });
        if (!outcome || outcome->status == sim::RunStatus::kInterrupted) return false;
        const sim::Violation* violation = unexpected_violation(*outcome, found_.invariant);
        if (violation == nullptr) return false;
        candidate.choices = outcome->choices;
        best_ = std::move(candidate);
        violation_ = *violation;
        digest_ = outcome->digest.hex();
        return true;
    }

    // Removes elements of a list of the scenario.
    template <class List>
    void shrink_list(List sim::Scenario::* list) {
        const List whole = best_.scenario.*list;
        std::vector<std::size_t> all(whole.size());
        std::iota(all.begin(), all.end(), std::size_t{0});
        (void)sim::shrink(all, budget_, [&](const std::vector<std::size_t>& kept) {
            RunPlan candidate = best_;
            (candidate.scenario.*list).clear();
            for (const std::size_t i : kept) (candidate.scenario.*list).push_back(whole[i]);
            return attempt(std::move(candidate)) ? std::optional(kept) : std::nullopt;
        });
    }
    void shrink_faults() { shrink_list(&sim::Scenario::faults); }
    void shrink_groups() { shrink_list(&sim::Scenario::actors); }

    void shrink_choices() {
        (void)sim::shrink(best_.choices, budget_, [&](const sim::ChoiceList& kept) {
            RunPlan candidate = best_;
            candidate.choices = kept;
            return attempt(std::move(candidate)) ? std::optional(best_.choices) : std::nullopt;
        });
    }

    // Reduces a number by bisection, to at least 1.
    template <class Number>
    void shrink_number(Number&& number) {
        std::uint32_t too_small = 0;
        std::uint32_t enough = number(best_.scenario);
        while (enough - too_small > 1 && !budget_.over()) {
            const std::uint32_t middle = too_small + (enough - too_small) / 2;
            RunPlan candidate = best_;
            number(candidate.scenario) = middle;
            (attempt(std::move(candidate)) ? enough : too_small) = middle;
        }
    }

    [[nodiscard]] std::optional<ShrunkRun> report() const {
        const auto setting = make_setting(best_.scenario);
        AIVM_CHECK(setting.has_value());  // it has just run
        const sim::Participants participants =
            sim::make_participants(*setting, *setting->strategies);
        return ShrunkRun{best_, violation_, digest_,
                         describe_run(best_.scenario, best_.choices, participants), actions(best_)};
    }

    RunPlan best_;
    sim::Violation violation_;
    std::string digest_;
    const sim::Violation& found_;
    const Rerun& rerun_;
    sim::ShrinkBudget& budget_;
};

}  // namespace

Result<sim::Outcome> run_plan(const RunPlan& plan, const Rerun& rerun,
                              const std::function<bool()>& keep_going) {
    const std::unique_ptr<Kernels> kernels = rerun.make_kernels ? rerun.make_kernels() : nullptr;
    RunOptions options;
    options.seed = plan.seed;
    options.paranoid = rerun.paranoid;
    options.kernels = kernels.get();
    options.choices = &plan.choices;
    if (keep_going) options.progress = [&](sim::SimTime, std::uint64_t) { return keep_going(); };
    return run_scenario(plan.scenario, options);
}

const sim::Violation* unexpected_violation(const sim::Outcome& outcome,
                                           std::string_view invariant) {
    const auto found = std::ranges::find_if(outcome.violations, [&](const sim::Violation& v) {
        return !v.expected && v.invariant == invariant;
    });
    return found == outcome.violations.end() ? nullptr : &*found;
}

std::optional<ShrunkRun> shrink_run(const RunPlan& whole, const sim::Violation& found,
                                    const Rerun& rerun, sim::ShrinkBudget& budget) {
    return RunShrinker(whole, found, rerun, budget).shrink();
}

}  // namespace aivm::scenarios
