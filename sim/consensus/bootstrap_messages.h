// How a node learns what the others decided: messages that engines share, because Bootstrapper and
// PendingBlocks do. An engine that uses them numbers its own messages apart from these.
#pragma once

#include <vector>

#include "sim/consensus/consensus.h"

namespace aivm::sim {

// "Which block did you accept last?"
struct FrontierRequest {
    static constexpr std::uint8_t kKind = 2;
    RequestId request = 0;

    static constexpr auto fields() { return std::tuple{field<&FrontierRequest::request>()}; }
};
struct Frontier {
    static constexpr std::uint8_t kKind = 3;
    RequestId request = 0;
    BlockRef last_accepted;

    static constexpr auto fields() {
        return std::tuple{field<&Frontier::request>(), field<&Frontier::last_accepted>()};
    }
};

constexpr std::size_t kConfirmMax = 64;

// "Which of these did you accept?"
struct ConfirmRequest {
    static constexpr std::uint8_t kKind = 4;
    RequestId request = 0;
    std::vector<BlockRef> blocks;

    static constexpr auto fields() {
        return std::tuple{field<&ConfirmRequest::request>(),
                          field<&ConfirmRequest::blocks, kConfirmMax>()};
    }
};
struct Confirm {
    static constexpr std::uint8_t kKind = 5;
    RequestId request = 0;
    std::uint64_t accepted_mask = 0;  // bit i: the responder accepted the i-th block

    static constexpr auto fields() {
        return std::tuple{field<&Confirm::request>(), field<&Confirm::accepted_mask>()};
    }
};

}  // namespace aivm::sim
