// The messages of snowman besides those for bootstrapping (bootstrap_messages.h).
#pragma once

#include "sim/consensus/consensus.h"

namespace aivm::sim {

// Asks for a vote. With `push` the sender attaches the body of the block that it prefers.
struct Query {
    RequestId poll = 0;
    PollQuestion question;
    bool push = false;

    [[nodiscard]] std::uint64_t bytes() const { return kBlockRefBytes; }
    [[nodiscard]] std::uint64_t digest() const {
        const std::uint64_t contents = mix_digest(mix_digest(poll, digest_of(question.block)),
                                                  question.next_height * 2 + (push ? 1 : 0));
        return mix_digest(contents, 0);
    }
    [[nodiscard]] std::optional<Hash32> attached_block() const {
        return push ? std::optional(question.block.id) : std::nullopt;
    }
};

struct Chits {
    RequestId poll = 0;
    Vote vote;

    [[nodiscard]] std::uint64_t bytes() const { return 3 * kBlockRefBytes; }
    [[nodiscard]] std::uint64_t digest() const {
        const std::uint64_t preferred = mix_digest(poll, digest_of(vote.preferred));
        const std::uint64_t contents = mix_digest(mix_digest(preferred, vote.at_height.prefix64()),
                                                  digest_of(vote.last_accepted));
        return mix_digest(contents, 1);
    }
};

}  // namespace aivm::sim
