// The consensus engines that a scenario can name in chain.consensus. Each defines its row in its
// own folder, sim/consensus/<engine>/; this is the list of them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/error.h"

namespace aivm::sim {

struct ChainSettings;
class Message;
class ConsensusEngine;  // sim/consensus/consensus.h, as is EngineSetup
struct EngineSetup;

enum class ConsensusKind : std::uint8_t { kSequencer, kSnowman };

constexpr auto enum_words(ConsensusKind) {
    return std::to_array<std::string_view>({"sequencer", "snowman"});
}

// What is wrong with the settings of a chain, and how to correct it.
struct EngineProblem {
    std::vector<std::string> keys;  // of the scenario, such as "chain.beta"
    std::string problem;
    std::string remedy;
    bool is_note = false;  // worth saying, but no reason to refuse the scenario
};

struct EngineRow {
    // Validator 0 builds every block. Otherwise all validators take turns (proposer_schedule.h).
    bool sole_proposer = false;
    // The engine says whose turn it is: a validator may build as soon as its engine wants a block.
    bool own_turns = false;
    // Validators ask each other for votes, which strategies may falsify.
    bool polls = false;
    // Everything wrong with the parameters that the engine reads from the settings.
    std::vector<EngineProblem> (*check)(const ChainSettings& chain) = nullptr;
    // Fails where check() reports more than notes.
    Result<std::unique_ptr<ConsensusEngine>> (*make)(const EngineSetup& setup) = nullptr;
    // The message that another node's engine of this kind encoded.
    Result<Message> (*decode)(ByteView bytes) = nullptr;
};

extern const EngineRow kSequencerEngine;
extern const EngineRow kSnowmanEngine;
// Not in the list below yet: no validator carries their signatures.
extern const EngineRow kBftEngine;
extern const EngineRow kHotstuffEngine;

// In the order of the enum.
inline constexpr std::array kEngines{&kSequencerEngine, &kSnowmanEngine};
static_assert(kEngines.size() == enum_count<ConsensusKind>);

constexpr const EngineRow& engine_row(ConsensusKind kind) {
    return *kEngines[static_cast<std::size_t>(kind)];
}

}  // namespace aivm::sim
