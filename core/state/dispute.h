// A challenge against a provisional answer, from its hidden commitment to its end.
#pragma once

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/state/task.h"

namespace aivm {

enum class DisputeStatus : std::uint8_t {
    kCommitted = 0,  // the claim is hidden; ChallengeReveal is due
    kPlaying = 1,    // bisection: a move is due
    kWon = 2,        // the claim was true and the answer was not
    kLost = 3        // the claim was false, or a deadline was missed
};
constexpr auto enum_words(DisputeStatus) {
    return std::to_array<std::string_view>({"committed", "playing", "won", "lost"});
}

struct Dispute {
    TaskIndex task;
    std::uint32_t assignment = 0;  // the number of the task's assignment that it disputes
    Address challenger;
    Hash32 commitment;  // keccak(claimed output || salt || challenger)
    Amount bond;
    DisputeStatus status = DisputeStatus::kCommitted;
    Answer claim = 0;  // valid once revealed
    bool revealed = false;
    Height opened_at = 0;
    Height deadline = 0;  // last block in which the side that is due may act
    Height closed_at = 0;
    // Bisection: steps [low, high) hold the first difference. Step `middle` is the one that the
    // provider must open next or has opened last; its opening awaits a verdict when the provider is
    // not to move.
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::uint32_t middle = 0;
    bool provider_to_move = false;
    FixedBytes<32> low_input;     // the input of step `low`, on which both agree
    FixedBytes<32> opened_input;  // step `middle` as the provider opened it
    Answer opened_output = 0;
    FixedBytes<32> high_input;  // step `high - 1` as the provider opened it, with which the
                                // challenger disagrees
    Answer high_output = 0;

    [[nodiscard]] bool open() const { return status < DisputeStatus::kWon; }

    static constexpr auto fields() {
        return std::tuple{field<&Dispute::task>(),
                          field<&Dispute::assignment>(),
                          field<&Dispute::challenger>(),
                          field<&Dispute::commitment>(),
                          field<&Dispute::bond>(),
                          field<&Dispute::status>(),
                          field<&Dispute::claim>(),
                          field<&Dispute::revealed>(),
                          field<&Dispute::opened_at>(),
                          field<&Dispute::deadline>(),
                          field<&Dispute::closed_at>(),
                          field<&Dispute::low>(),
                          field<&Dispute::high>(),
                          field<&Dispute::middle>(),
                          field<&Dispute::provider_to_move>(),
                          field<&Dispute::low_input>(),
                          field<&Dispute::opened_input>(),
                          field<&Dispute::opened_output>(),
                          field<&Dispute::high_input>(),
                          field<&Dispute::high_output>()};
    }
};

}  // namespace aivm
