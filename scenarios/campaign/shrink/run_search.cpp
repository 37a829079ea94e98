#include "scenarios/campaign/shrink/run_search.h"

#include <algorithm>

#include "core/base/digest.h"
#include "scenarios/campaign/trace_key.h"
#include "scenarios/file/check.h"
#include "scenarios/file/print.h"
#include "scenarios/run/describe_run.h"

namespace aivm::scenarios {
namespace {

// A try without a violation is stopped after this multiple of the events that the violation took.
constexpr std::uint64_t kPatience = 4;
constexpr std::uint64_t kPatienceMin = 100'000;

// "1 task is" and "3 tasks are" are one message.
std::string singular(const std::string& text) {
    std::string out;
    std::string word;
    const auto end_word = [&] {
        if (word == "are") word = "is";
        if (word == "were") word = "was";
        if (word == "have") word = "has";
        if (word.size() > 3 && word.back() == 's') word.pop_back();
        out += word;
        word.clear();
    };
    for (const char c : text) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
            word += c;
            continue;
        }
        end_word();
        out += c;
    }
    end_word();
    return out;
}

}  // namespace

FailureKind failure_kind(const sim::Violation& violation) {
    return {violation.invariant, violation.liveness, singular(normalised(violation.message))};
}

RunSearch::RunSearch(const RunPlan& whole, const sim::Violation& found, const Rerun& rerun,
                     sim::ShrinkBudget& budget, OnSmallerRun on_smaller)
    : best_(whole),
      whole_time_ns_(whole.scenario.run.max_time_ns),
      found_(found),
      kind_(failure_kind(found)),
      rerun_(rerun),
      budget_(budget),
      on_smaller_(std::move(on_smaller)) {}

std::size_t RunSearch::size() const { return run_action_count(best_.scenario, best_.choices); }

bool RunSearch::begin() { return attempt(best_); }

bool RunSearch::is_new(const RunPlan& plan) {
    Writer all;
    all.string(canonical_text(plan.scenario)).u64(plan.seed).boolean(plan.draws);
    sim::encode_choices(all, plan.choices);
    return tried_.insert(to_hex(sha256(all.view()).view())).second;
}

std::optional<RunSearch::Failed> RunSearch::fails(const RunPlan& plan) {
    if (!budget_.take(size())) return std::nullopt;
    RunPlan limited = plan;
    // A run that ends on a limit says nothing about liveness, so the limit applies to violations of
    // safety only.
    if (!found_.liveness) {
        const std::uint64_t patience = std::max(kPatienceMin, found_.event * kPatience);
        limited.scenario.run.max_events = std::min(limited.scenario.run.max_events, patience);
    }
    const auto outcome = run_plan(limited, rerun_, [this] { return budget_.keep_going(size()); });
    if (!outcome || outcome->status == sim::RunStatus::kInterrupted) return std::nullopt;
    const sim::Violation* violation = unexpected_violation(*outcome, found_.invariant);
    if (violation == nullptr || failure_kind(*violation) != kind_) return std::nullopt;
    return Failed{*violation, outcome->digest.hex(), outcome->choices};
}

bool RunSearch::attempt(RunPlan candidate) {
    if (!std::ranges::all_of(check_with_profiles(candidate.scenario), is_note)) return false;
    if (!is_new(candidate)) return false;
    auto first = fails(candidate);
    if (!first) return false;
    candidate.choices = std::move(first->choices);
    candidate.draws = false;
    // Only what repeats is believed, and with the choices that are kept.
    const auto second = fails(candidate);
    if (!second || second->digest != first->digest) return false;
    best_ = std::move(candidate);
    violation_ = second->violation;
    digest_ = second->digest;
    if (on_smaller_) on_smaller_(best_, violation_, digest_);
    return true;
}

}  // namespace aivm::scenarios
