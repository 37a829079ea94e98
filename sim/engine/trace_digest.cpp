#include "sim/engine/trace_digest.h"

#include <fmt/format.h>
#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

Digest128 xxh3(const void* data, std::size_t size) {
    const XXH128_hash_t hash = XXH3_128bits(data, size);
    return {hash.high64, hash.low64};
}

std::size_t block_size(std::uint64_t records) {
    return 4096 - (TraceDigest::kBlockRecords - records) * sizeof(TraceRecord);
}

}  // namespace

std::string Digest128::hex() const { return fmt::format("{:016x}{:016x}", high, low); }

std::optional<Digest128> Digest128::from_hex(std::string_view text) {
    if (text.size() != 32) return std::nullopt;
    const auto bytes = fixed_from_hex<16>(text);
    if (!bytes) return std::nullopt;
    Digest128 out;
    for (std::size_t i = 0; i < 8; ++i) {
        out.high = out.high << 8 | bytes->bytes[i];
        out.low = out.low << 8 | bytes->bytes[i + 8];
    }
    return out;
}

TraceDigest::TraceDigest(std::uint32_t checkpoint_blocks) : checkpoint_blocks_(checkpoint_blocks) {
    AIVM_CHECK(checkpoint_blocks > 0);
}

void TraceDigest::note(std::uint64_t tag, ByteView bytes) {
    const Digest128 hash = xxh3(bytes.data(), bytes.size());
    event(TraceRecord::kNoteTime, tag, static_cast<std::uint32_t>(hash.high),
          static_cast<std::uint32_t>(hash.high >> 32), hash.low);
}

Digest128 TraceDigest::digest() const {
    if (fill_ == 0) return block_.previous;
    Block copy = block_;
    copy.count = fill_;
    return xxh3(&copy, block_size(fill_));
}

void TraceDigest::keep_window(TraceInterval window) {
    AIVM_CHECK(window.first >= position() && window.first <= window.last);
    window_ = window;
    window_records_.clear();
}

std::vector<TraceRecord> TraceDigest::window() const {
    std::vector<TraceRecord> records = window_records_;
    append_window(records);
    return records;
}

void TraceDigest::append_window(std::vector<TraceRecord>& records) const {
    for (std::uint64_t i = std::max(window_.first, position_);
         i < std::min(window_.last, position()); ++i) {
        records.push_back(block_.records[i - position_]);
    }
}

void TraceDigest::absorb() {
    block_.count = kBlockRecords;
    append_window(window_records_);
    block_.previous = xxh3(&block_, sizeof block_);
    position_ += kBlockRecords;
    fill_ = 0;
    if (position_ / kBlockRecords % checkpoint_blocks_ == 0)
        checkpoints_.push_back({position_, block_.previous});
}

std::optional<TraceInterval> TraceDigest::first_difference(const TraceDigest& a,
                                                           const TraceDigest& b) {
    AIVM_CHECK(a.checkpoint_blocks_ == b.checkpoint_blocks_);
    const std::size_t common = std::min(a.checkpoints_.size(), b.checkpoints_.size());
    std::uint64_t first = 0;
    // Digests are chained: once different, always different. So the last equal one is found by
    // halving.
    const auto equal = [&](std::size_t i) { return a.checkpoints_[i] == b.checkpoints_[i]; };
    std::size_t low = 0;
    std::size_t high = common;
    while (low < high) {
        const std::size_t middle = low + (high - low) / 2;
        if (equal(middle)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low > 0) first = a.checkpoints_[low - 1].position;
    if (low < common) return TraceInterval{first, a.checkpoints_[low].position};
    if (a.position() == b.position() && a.digest() == b.digest()) return std::nullopt;
    // One of them ends before the next checkpoint of both, so they differ there at the latest: in
    // that one has ended.
    return TraceInterval{first, std::min(a.position(), b.position()) + 1};
}

}  // namespace aivm::sim
