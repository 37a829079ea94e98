// The messages of snowman besides those for bootstrapping (bootstrap_messages.h).
#pragma once

#include "sim/consensus/consensus.h"
#include "sim/consensus/snowman/shared_vote.h"

namespace aivm::sim {

// Asks for a vote. With `push` the sender attaches the body of the block that it prefers.
struct Query {
    static constexpr std::uint8_t kKind = 0;
    RequestId poll = 0;
    PollQuestion question;
    bool push = false;

    static constexpr auto fields() {
        return std::tuple{field<&Query::poll>(), field<&Query::question>(), field<&Query::push>()};
    }
    [[nodiscard]] std::optional<Hash32> attached_item() const {
        return push ? std::optional(question.block.id) : std::nullopt;
    }
};

struct Chits {
    static constexpr std::uint8_t kKind = 1;
    RequestId poll = 0;
    SharedVote vote;

    static constexpr auto fields() {
        return std::tuple{field<&Chits::poll>(), field<&Chits::vote>()};
    }
};

// Fails on bytes that are not a message of this engine in canonical form.
Result<Message> decode_snowman_message(ByteView bytes);

}  // namespace aivm::sim
