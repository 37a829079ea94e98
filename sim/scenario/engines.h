// The consensus engines that a scenario can name in chain.consensus. Each defines its row in its
// own folder, sim/consensus/<engine>/; this is the list of them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/error.h"
#include "core/chain/vote_slot.h"

namespace aivm::sim {

struct ChainSettings;
class Message;
class ConsensusEngine;  // sim/consensus/consensus.h, as is EngineSetup
struct EngineSetup;
struct BlockRef;  // sim/consensus/message.h

// All engines: one row per engine, in the order of the enum. Name and word; its EngineRow, defined
// in its folder, is k<Name>Engine.
#define AIVM_ENGINES(ROW)       \
    ROW(Sequencer, "sequencer") \
    ROW(Snowman, "snowman")     \
    ROW(Bft, "bft")             \
    ROW(Hotstuff, "hotstuff")   \
    ROW(Avalanche, "avalanche")

#define AIVM_ENGINE_KIND(name, word) k##name,
#define AIVM_ENGINE_WORD(name, word) word,
#define AIVM_ENGINE_ROW(name, word) extern const EngineRow k##name##Engine;
#define AIVM_ENGINE_ADDRESS(name, word) &k##name##Engine,

enum class ConsensusKind : std::uint8_t { AIVM_ENGINES(AIVM_ENGINE_KIND) };

constexpr auto enum_words(ConsensusKind) {
    return std::to_array<std::string_view>({AIVM_ENGINES(AIVM_ENGINE_WORD)});
}

// How the cuts of a DAG become final for those outside it (chain.cut_finality).
enum class CutFinality : std::uint8_t { kNone, kBft };

constexpr auto enum_words(CutFinality) { return std::to_array<std::string_view>({"none", "bft"}); }

// What is wrong with the settings of a chain, and how to correct it.
struct EngineProblem {
    std::vector<std::string> keys;  // of the scenario, such as "chain.beta"
    std::string problem;
    std::string remedy;
    bool is_note = false;  // worth saying, but no reason to refuse the scenario
};

// A vote in a message: what its sender signed, for which slot.
struct SignedVote {
    VoteSlot slot;
    Hash32 item;
    Bytes signature;
};

// How those who are not part of the engine read the messages of an engine whose validators sign
// their votes.
struct VotingRules {
    // Nothing if the message is no vote.
    std::optional<SignedVote> (*vote_in)(const Message& message) = nullptr;
    // A message like this vote, for `other` or for no item in the same slot: what a validator that
    // votes twice sends besides. `sign` signs for the sender. Nothing if the message is no vote, or
    // one for nothing.
    std::optional<Message> (*contradict)(const Message& vote, const Hash32& other,
                                         const std::function<Bytes(const SignedVote&)>& sign) =
        nullptr;
    // Where a validator is free to propose another block each time that it leads: the block of the
    // proposal in the message, and its round; nothing if the message is no proposal. Null
    // elsewhere.
    std::optional<BlockRef> (*proposed_in)(const Message& message) = nullptr;
    std::optional<std::uint32_t> (*proposed_round_in)(const Message& message) = nullptr;
    // The proposal `later` with this block in the place of its own, on the parent and with the
    // certificates of `earlier`: what a validator sends that insists on an earlier block. Requires
    // two proposals. Set with the two above.
    Message (*propose_instead)(const BlockRef& block, const Message& earlier,
                               const Message& later) = nullptr;
    // Where rounds go on through all heights: the round in which the sender says that it is, if the
    // message says so.
    std::optional<std::uint32_t> (*round_in)(const Message& message) = nullptr;
    // The least time of a round in which all is well but for its proposer.
    std::uint64_t round_timeout_ns = 0;
    // A vote goes to one validator, not to all.
    bool to_one = false;
};

// How much of the stake may be faulty at the same time, for validators of equal stake.
struct FaultTolerance {
    std::uint32_t faulty = 0;  // validators, the most
    // Of an engine that decides by chance: that it accepts two blocks at one height in a run, with
    // that many faulty validators and with one more (sim/consensus/snowman/fork_chance.h).
    double fork_chance = 0;
    double fork_chance_beyond = 0;
    // The same: the expected number of polls until a decision, and the most that is accepted.
    double polls = 0;
    double polls_max = 0;
};

struct EngineRow {
    // Validator 0 builds every block. Otherwise all validators take turns (proposer_schedule.h).
    bool sole_proposer = false;
    // The engine says whose turn it is: a validator may build as soon as its engine wants a block.
    bool own_turns = false;
    // Validators ask each other for votes, which strategies may falsify.
    bool polls = false;
    // What it tolerates in a run of `heights` blocks; null: less than a third of the stake.
    FaultTolerance (*tolerance)(const ChainSettings& chain, std::uint32_t validators,
                                std::uint64_t heights) = nullptr;
    // It decides vertices of a DAG, and cuts, instead of blocks.
    bool of_dag = false;
    // Everything wrong with the parameters that the engine reads from the settings.
    std::vector<EngineProblem> (*check)(const ChainSettings& chain) = nullptr;
    // Fails where check() reports more than notes.
    Result<std::unique_ptr<ConsensusEngine>> (*make)(const EngineSetup& setup) = nullptr;
    // The message that another node's engine of this kind encoded.
    Result<Message> (*decode)(ByteView bytes) = nullptr;
    // Null unless validators sign their votes, so that blocks get certificates.
    const VotingRules* voting = nullptr;

    // Validators of a chain exchange votes of some kind.
    [[nodiscard]] constexpr bool is_decided_together() const { return polls || voting != nullptr; }
};

AIVM_ENGINES(AIVM_ENGINE_ROW)
// Avalanche, whose cuts get certificates: with cut_finality = "bft" in the place of
// kAvalancheEngine.
extern const EngineRow kCutVotesEngine;

// In the order of the enum.
inline constexpr std::array<const EngineRow*, enum_count<ConsensusKind>> kEngines{
    AIVM_ENGINES(AIVM_ENGINE_ADDRESS)};

#undef AIVM_ENGINE_KIND
#undef AIVM_ENGINE_WORD
#undef AIVM_ENGINE_ROW
#undef AIVM_ENGINE_ADDRESS

constexpr const EngineRow& engine_row(ConsensusKind kind) {
    return *kEngines[static_cast<std::size_t>(kind)];
}

}  // namespace aivm::sim
