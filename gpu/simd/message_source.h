// Messages waiting to be hashed, in the order in which their digests are needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "gpu/simd/sponge_set.h"

namespace aivm::gpu {

class MessageSource {
public:
    static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

    MessageSource() = default;
    MessageSource(const MessageSource&) = delete;
    MessageSource& operator=(const MessageSource&) = delete;
    virtual ~MessageSource() = default;

    // The step of the fold that needs the next message's digest; kNever when there is no message.
    [[nodiscard]] virtual std::size_t next_deadline() const = 0;
    // The number of messages that a step before `deadline` needs.
    [[nodiscard]] virtual std::size_t count_before(std::size_t deadline) const = 0;
    // The blocks of the next message. Requires that there is one.
    [[nodiscard]] virtual std::size_t next_blocks() const = 0;
    // Removes the next message. Its bytes stay until the same sponge takes another one.
    virtual Message take(std::size_t sponge) = 0;

    [[nodiscard]] bool is_empty() const { return next_deadline() == kNever; }
};

}  // namespace aivm::gpu
