// What happened around the violation of a run, to look at: a trace for Perfetto and Chrome
// (https://ui.perfetto.dev), and a space-time page, one HTML file without anything outside it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/campaign/trace_bisect.h"
#include "sim/world/outcome.h"

namespace aivm::scenarios {

struct TimelineMessage {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
    sim::SimTime sent = 0;
    std::optional<sim::SimTime> arrives;  // empty: lost
};

struct TimelineBlock {  // of the accepted chain, when it was accepted first
    Height height = 0;
    sim::SimTime time = 0;
    std::uint32_t proposer = 0;
    std::uint64_t operations = 0;
};

struct TimelineFault {
    std::string text;
    sim::SimTime begin = 0;
    sim::SimTime end = 0;
};

struct Timeline {
    std::string title;
    std::vector<std::string> actors;  // by id; validators first
    sim::SimTime begin = 0;           // what is shown: [begin, end]
    sim::SimTime end = 0;
    std::vector<TimelineMessage> messages;  // sent between begin and end
    std::uint64_t messages_left_out = 0;    // beyond the most that are kept
    std::vector<TimelineBlock> blocks;
    std::vector<TimelineFault> faults;
    std::optional<sim::Violation> violation;
};

inline constexpr std::size_t kTimelineMessagesMax = 20'000;

// Makes the run twice: to find its end or its violation, and to keep the last `span_ns` before it.
Result<Timeline> timeline_of(const RunSpec& run, std::uint64_t span_ns);

// The Chrome trace format: one process per actor, a message as a flow from a slice of its sender to
// one of its receiver, blocks and the violation as instant events, faults as slices.
std::string chrome_trace(const Timeline& timeline);

// One line per actor, messages as arrows, the violated moment in red.
std::string space_time_page(const Timeline& timeline);

}  // namespace aivm::scenarios
