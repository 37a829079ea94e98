// The messages of avalanche besides those with which a node learns what the others decided
// (bootstrap_messages.h). A BlockRef names a vertex here.
#pragma once

#include <vector>

#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

// Vertices that a question or an answer names at most; a preferred frontier has a few for every
// validator.
constexpr std::size_t kTipsMax = 1024;

// Asks for the preferred frontier, and shows that of the asker. With `push` it attaches the body of
// a vertex.
struct VertexQuery {
    static constexpr std::uint8_t kKind = 0;
    RequestId poll = 0;
    std::vector<BlockRef> tips;
    std::optional<Hash32> push;

    static constexpr auto fields() {
        return std::tuple{field<&VertexQuery::poll>(), field<&VertexQuery::tips, kTipsMax>(),
                          field<&VertexQuery::push>()};
    }
    [[nodiscard]] std::optional<Hash32> attached_item() const { return push; }
};

// The vertices that the responder endorses: its preferred and accepted vertices that have no
// preferred or accepted child. It endorses all their ancestors too.
struct VertexChits {
    static constexpr std::uint8_t kKind = 1;
    RequestId poll = 0;
    std::vector<BlockRef> endorsed;

    static constexpr auto fields() {
        return std::tuple{field<&VertexChits::poll>(), field<&VertexChits::endorsed, kTipsMax>()};
    }
};

// Answers a FrontierRequest: the accepted vertices without accepted children.
struct AcceptedFrontier {
    static constexpr std::uint8_t kKind = 6;
    RequestId request = 0;
    std::vector<BlockRef> vertices;

    static constexpr auto fields() {
        return std::tuple{field<&AcceptedFrontier::request>(),
                          field<&AcceptedFrontier::vertices, kTipsMax>()};
    }
};

// Fails on bytes that are not a message of this engine in canonical form.
Result<Message> decode_avalanche_message(ByteView bytes);

}  // namespace aivm::sim
