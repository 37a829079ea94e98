#include <array>

#include "scenarios/campaign/shrink/shrink_elements.h"
#include "scenarios/campaign/shrink/shrink_passes.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::array<std::uint64_t, 2> kRoundTimes{10 * kSecond, kSecond};

// Tries one change of one fault.
template <class Change>
bool change(RunSearch& search, std::size_t fault, const Change& change_fault) {
    RunPlan candidate = search.best();
    change_fault(candidate.scenario.faults[fault]);
    return search.attempt(std::move(candidate));
}

void shorten(RunSearch& search, std::size_t fault) {
    const auto duration = [&] { return search.best().scenario.faults[fault].duration_ns; };
    while (duration() > kSecond && !search.over()) {
        const bool works =
            change(search, fault, [](sim::FaultPlan& plan) { plan.duration_ns /= 2; });
        if (!works) break;
    }
}

// To whole tens of seconds, or to whole seconds.
void round_times(RunSearch& search, std::size_t fault) {
    for (std::uint64_t sim::FaultPlan::* time :
         {&sim::FaultPlan::at_ns, &sim::FaultPlan::duration_ns}) {
        for (const std::uint64_t unit : kRoundTimes) {
            const std::uint64_t now = search.best().scenario.faults[fault].*time;
            if (now % unit == 0) break;
            const auto to = [&](std::uint64_t value) {
                return change(search, fault, [&](sim::FaultPlan& plan) { plan.*time = value; });
            };
            if (to(now / unit * unit) || to((now / unit + 1) * unit)) break;
        }
    }
}

void drop_targets(RunSearch& search, std::size_t fault) {
    const auto whole = search.best().scenario.faults[fault].validators;
    if (whole.size() < 2) return;
    shrink_elements(search, whole.size(), [&](RunPlan& plan, const std::vector<std::size_t>& kept) {
        if (!kept.empty()) plan.scenario.faults[fault].validators = only(whole, kept);
    });
}

}  // namespace

void simplify_faults(RunSearch& search) {
    for (std::size_t i = 0; i < search.best().scenario.faults.size() && !search.over(); ++i) {
        drop_targets(search, i);
        shorten(search, i);
        round_times(search, i);
    }
}

}  // namespace aivm::scenarios
