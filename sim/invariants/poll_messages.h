// What one node asked in its polls and what it was answered, taken from the messages that it sent
// and received. Knows nothing of the engine's books.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "core/base/bytes.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

class PollMessages {
public:
    struct Question {
        VoterIndex to = 0;
        bool answered = false;
        std::vector<Hash32> named;  // by the answer: blocks of a chain, or vertices
    };

    // A message to or from another validator. Only the first answer of a validator to a poll in
    // which it was asked counts.
    void sent(VoterIndex to, const Message& message);
    void received(VoterIndex from, const Message& message);
    // Null if the poll did not ask `whom`, or has been forgotten.
    [[nodiscard]] const Question* find(RequestId poll, VoterIndex whom) const;
    // Those whom the poll asked, ascending.
    [[nodiscard]] std::vector<VoterIndex> asked(RequestId poll) const;
    // The poll took effect, hence so did all before it or they were given up.
    void forget(RequestId poll);

private:
    struct Poll {
        RequestId id = 0;
        std::vector<Question> questions;
    };
    [[nodiscard]] Question* find_unanswered(RequestId poll, VoterIndex whom);

    std::deque<Poll> polls_;  // ascending
};

}  // namespace aivm::sim
