// The objects that all parts of a world share, and the numbers with which they mark events and
// trace notes.
#pragma once

#include <memory>
#include <vector>

#include "sim/actors/strategy.h"
#include "sim/engine/choice_sources.h"
#include "sim/engine/engine.h"
#include "sim/scenario/participants.h"
#include "sim/scenario/price.h"
#include "sim/world/last_second.h"
#include "sim/world/world.h"

namespace aivm::sim {

enum class EventKind : std::uint16_t {
    kDelivery,
    kTimer,
    kFaultBegins,
    kFaultEnds,
    kSample,
    kOutageEnds,
    kResend
};

// "delivery", "timer", ...; of the number of an EventKind.
std::string_view event_name(std::uint32_t kind);

// The tags of notes in the trace digest.
enum class TraceTag : std::uint64_t {
    kStateRoot = 1,     // of an accepted block
    kSetting = 2,       // the seed and the genesis block, before the first event
    kVirtualBlock = 3,  // economic fidelity: what stands for the state root
};

// The actor number of events that belong to the world itself.
constexpr ActorId kWorldItself = 0xFFFF'FFFF;

struct RunContext {
    RunContext(const Setting& run_setting, const WorldOptions& run_options)
        : setting(run_setting),
          options(run_options),
          participants(make_participants(setting, *setting.strategies)),
          price(setting.scenario.price, stream(kWorldItself, Purpose::kPrice)),
          answers(options.choices != nullptr
                      ? std::unique_ptr<ChoiceSource>(new ReplayChoices(*options.choices))
                      : std::unique_ptr<ChoiceSource>(new StreamChoices(options.seed))),
          choices(*answers),
          last_second(participants.all.size()) {}

    [[nodiscard]] const Scenario& scenario() const { return setting.scenario; }
    [[nodiscard]] RandomStream stream(ActorId actor, Purpose purpose) const {
        return RandomStream({options.seed, actor, static_cast<std::uint32_t>(purpose)});
    }
    [[nodiscard]] std::vector<std::uint64_t> stakes_nlux() const {
        std::vector<std::uint64_t> out;
        for (const Amount stake : setting.stakes) out.push_back(stake.nlux());
        return out;
    }
    void note(TraceTag tag, ByteView bytes) { trace.note(static_cast<std::uint64_t>(tag), bytes); }

    Setting setting;
    WorldOptions options;
    Participants participants;
    PricePath price;
    Engine engine;
    TraceDigest trace;
    std::unique_ptr<ChoiceSource> answers;
    RecordingChoices choices;
    LastSecond last_second;
};

}  // namespace aivm::sim
