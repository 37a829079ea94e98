#include "scenarios/campaign/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/kernels/kernels.h"
#include "scenarios/run/describe_run.h"
#include "scenarios/run/setting.h"
#include "sim/world/world.h"

namespace aivm::scenarios {
namespace {

class TimelineProbe final : public sim::Probe {
public:
    explicit TimelineProbe(Timeline& timeline) : timeline_(timeline) {}

    void on_message(sim::ActorId from, sim::ActorId to, sim::SimTime sent,
                    std::optional<sim::SimTime> arrives) override {
        if (sent < timeline_.begin || sent > timeline_.end) return;
        if (timeline_.messages.size() < kTimelineMessagesMax) {
            timeline_.messages.push_back({from, to, sent, arrives});
        } else {
            ++timeline_.messages_left_out;
        }
    }
    void on_block(const Executed& block, sim::SimTime now) override {
        if (now < timeline_.begin || now > timeline_.end || block.block == nullptr) return;
        timeline_.blocks.push_back({block.block->header().height, now,
                                    block.block->header().proposer.value,
                                    block.block->operations().size()});
    }

private:
    Timeline& timeline_;
};

sim::WorldOptions world_options(const RunSpec& run) {
    sim::WorldOptions options;
    options.seed = run.plan.seed;
    options.paranoid = run.paranoid;
    if (!run.draws) options.choices = &run.plan.choices;
    return options;
}

void add_faults(const sim::Scenario& scenario, Timeline& out) {
    for (const sim::FaultPlan& fault : scenario.faults) {
        const auto begin = static_cast<sim::SimTime>(fault.at_ns);
        const auto end = begin + static_cast<sim::SimTime>(sim::duration_of(fault, scenario.chain));
        if (begin > out.end || end < out.begin) continue;
        out.faults.push_back({describe(fault), std::max(begin, out.begin), std::min(end, out.end)});
    }
}

using Json = nlohmann::ordered_json;

// Events of the Chrome trace format.
class TraceWriter {
public:
    explicit TraceWriter(const Timeline& timeline) : t_(timeline), world_(timeline.actors.size()) {}

    Json events() {
        for (std::size_t i = 0; i < world_; ++i) add_process(i, t_.actors[i]);
        add_process(world_, "the world");
        for (const TimelineMessage& message : t_.messages) add_message(message);
        for (const TimelineBlock& block : t_.blocks) {
            add_instant(fmt::format("block {}", block.height), "block", block.proposer, block.time,
                        {{"operations", block.operations}});
        }
        for (const TimelineFault& fault : t_.faults)
            add_slice(fault.text, "fault", world_, fault.begin, fault.end);
        if (t_.violation) {
            add_instant(t_.violation->invariant + " violated", "violation", world_,
                        t_.violation->time, {{"message", t_.violation->message}});
        }
        return std::move(out_);
    }

private:
    static constexpr double kNsPerUs = 1000;  // times of the format are microseconds
    static constexpr sim::SimTime kMessageNs = 1000;

    static double us(sim::SimTime time) { return static_cast<double>(time) / kNsPerUs; }

    void add_process(std::size_t pid, const std::string& name) {
        out_.push_back({{"name", "process_name"},
                        {"ph", "M"},
                        {"pid", pid},
                        {"tid", 0},
                        {"args", {{"name", name}}}});
    }
    void add_slice(const std::string& name, const char* category, std::size_t pid,
                   sim::SimTime begin, sim::SimTime end) {
        out_.push_back({{"name", name},
                        {"cat", category},
                        {"ph", "X"},
                        {"pid", pid},
                        {"tid", 0},
                        {"ts", us(begin)},
                        {"dur", us(end - begin)}});
    }
    void add_instant(const std::string& name, const char* category, std::size_t pid,
                     sim::SimTime time, const Json& arguments) {
        out_.push_back({{"name", name},
                        {"cat", category},
                        {"ph", "i"},
                        {"s", "g"},
                        {"pid", pid},
                        {"tid", 0},
                        {"ts", us(time)},
                        {"args", arguments}});
    }
    // A slice at each end, and a flow from one to the other.
    void add_message(const TimelineMessage& message) {
        add_slice(message.arrives ? "send" : "send, lost", "message", message.from, message.sent,
                  message.sent + kMessageNs);
        if (!message.arrives) return;
        add_slice("receive", "message", message.to, *message.arrives,
                  *message.arrives + kMessageNs);
        Json flow{{"name", "message"},     {"cat", "message"},    {"ph", "s"},
                  {"id", ++flows_},        {"pid", message.from}, {"tid", 0},
                  {"ts", us(message.sent)}};
        out_.push_back(flow);
        flow["ph"] = "f";
        flow["bp"] = "e";
        flow["pid"] = message.to;
        flow["ts"] = us(*message.arrives);
        out_.push_back(std::move(flow));
    }

    const Timeline& t_;
    std::size_t world_;
    std::uint64_t flows_ = 0;
    Json out_ = Json::array();
};

}  // namespace

Result<Timeline> timeline_of(const RunSpec& run, std::uint64_t span_ns) {
    AIVM_ASSIGN(const sim::Setting setting, make_setting(run.plan.scenario));
    Timeline out;
    {
        AIVM_ASSIGN(const auto world, sim::World::make(setting, world_options(run)));
        const sim::Outcome outcome = world->run();
        out.end = outcome.virtual_time;
        for (const sim::Violation& violation : outcome.violations) {
            if (violation.expected || out.violation) continue;
            out.violation = violation;
            out.end = violation.time;
        }
    }
    out.begin = std::max<sim::SimTime>(0, out.end - static_cast<sim::SimTime>(span_ns));
    TimelineProbe probe(out);
    sim::WorldOptions options = world_options(run);
    options.probe = &probe;
    AIVM_ASSIGN(const auto world, sim::World::make(setting, options));
    (void)world->run();
    const auto& participants = world->chain_basis().participants;
    for (const auto& participant : participants.all) out.actors.push_back(participant.name);
    add_faults(run.plan.scenario, out);
    out.title = fmt::format("{} seed={}", run.plan.scenario.name, run.plan.seed);
    return out;
}

std::string chrome_trace(const Timeline& timeline) {
    const Json out = {{"displayTimeUnit", "ms"},
                      {"otherData", {{"run", timeline.title}}},
                      {"traceEvents", TraceWriter(timeline).events()}};
    return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace aivm::scenarios
