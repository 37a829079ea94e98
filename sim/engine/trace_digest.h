// The identity of a run: 128 bits of XXH3, chained over every event in the order of execution and
// over the notes of the run between them (state roots at blocks). Two runs are the same run iff
// their digests are equal.
//
// The hash covers a sequence of 32-byte little-endian records, event {i64 time, u64 priority << 61
// | sequence << 21, u32 actor, u32 kind, u64 payload} or note {i64 -1, u64 tag, u128 XXH3 of the
// bytes}. They are hashed 127 at a time, each block preceded by the digest so far and the number of
// its records, so the digest is a function of the records alone. After every `checkpoint_blocks`
// blocks the position and the digest are kept, for first_difference().
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "sim/engine/time.h"

namespace aivm::sim {

static_assert(std::endian::native == std::endian::little,
              "records are hashed as they lie in memory");

struct Digest128 {
    std::uint64_t high = 0;
    std::uint64_t low = 0;

    friend auto operator<=>(const Digest128&, const Digest128&) = default;
    // 32 lower-case hexadecimal digits.
    [[nodiscard]] std::string hex() const;
    // Nothing if the text is not 32 hexadecimal digits.
    static std::optional<Digest128> from_hex(std::string_view text);
};

// One record: an executed event, or a note (time is kNoteTime, order the tag, and the rest a hash
// of the bytes).
struct TraceRecord {
    static constexpr SimTime kNoteTime = -1;

    SimTime time = 0;
    std::uint64_t order = 0;
    std::uint32_t actor = 0;
    std::uint32_t kind = 0;
    std::uint64_t payload = 0;

    [[nodiscard]] bool is_note() const { return time == kNoteTime; }
    friend bool operator==(const TraceRecord&, const TraceRecord&) = default;
};
static_assert(sizeof(TraceRecord) == 32);

// The digest of the first `position` records.
struct TraceCheckpoint {
    std::uint64_t position = 0;
    Digest128 digest;

    friend bool operator==(const TraceCheckpoint&, const TraceCheckpoint&) = default;
};

// Records [first, last): where two runs first differ.
struct TraceInterval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

class TraceDigest {
public:
    static constexpr std::uint32_t kBlockRecords = 127;

    explicit TraceDigest(std::uint32_t checkpoint_blocks = 64);

    void event(SimTime time, std::uint64_t order, std::uint32_t actor, std::uint32_t kind,
               std::uint64_t payload) {
        block_.records[fill_] = {time, order, actor, kind, payload};
        if (++fill_ == kBlockRecords) absorb();
    }

    // Chains in something that is not an event: a state root, the parameters of the run.
    void note(std::uint64_t tag, ByteView bytes);

    // The digest of everything so far; the chain can be continued afterwards.
    [[nodiscard]] Digest128 digest() const;
    // Records so far: events and notes.
    [[nodiscard]] std::uint64_t position() const { return position_ + fill_; }
    [[nodiscard]] const std::vector<TraceCheckpoint>& checkpoints() const { return checkpoints_; }

    // Keeps the records [first, last). Call it before the run reaches them.
    void keep_window(TraceInterval window);
    // The records of the window that the run has reached.
    [[nodiscard]] std::vector<TraceRecord> window() const;

    // The interval in which the first differing record lies, if these two runs with equal
    // checkpoint_blocks differ. Pass the result to keep_window() of a repeated run to see the
    // records themselves.
    static std::optional<TraceInterval> first_difference(const TraceDigest& a,
                                                         const TraceDigest& b);

private:
    struct Block {
        Digest128 previous;
        std::uint64_t count = 0;
        std::uint64_t reserved = 0;
        std::array<TraceRecord, kBlockRecords> records{};
    };
    static_assert(sizeof(Block) == 4096);

    void absorb();
    // The records of the unfinished block that belong to the window.
    void append_window(std::vector<TraceRecord>& records) const;

    Block block_;
    std::uint32_t fill_ = 0;
    std::uint32_t checkpoint_blocks_;
    std::uint64_t position_ = 0;  // records in finished blocks
    std::vector<TraceCheckpoint> checkpoints_;
    TraceInterval window_;
    std::vector<TraceRecord> window_records_;
};

}  // namespace aivm::sim
