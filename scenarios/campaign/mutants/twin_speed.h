// The oracle for planted bugs that break no rule and only make things slow: a mutant's runs are
// compared with those of its unmutated twin, which has the same seeds and so the same choices.
#pragma once

#include <string_view>

#include "scenarios/campaign/campaign_record.h"

namespace aivm::scenarios {

inline constexpr std::string_view kSlowerThanTwin = "slower than its twin";

// How often, at most, one mutant in one repeat is called slower than its twin although each run
// that differs is as likely to be faster, however many runs are made: the error of three sign tests
// (statistics/sign_test.h), of virtual time, latency and the number of events, together.
inline constexpr double kSlowErrorRate = 0.001;

// Counts a run. One that ends otherwise than clean is not compared, nor one within the margin: a
// tenth of the smaller of the two, or a millisecond, or 100 events.
void note_speed(const RunRecord& run, const RunRecord& twin, MutantRecord& record);

// Whether the runs counted are evidence that the mutant is slower.
bool is_slower_than_twin(const MutantRecord& record);

}  // namespace aivm::scenarios
