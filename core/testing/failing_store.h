// A store that fails or crashes at its n-th write and keeps only what a disk would.
#pragma once

#include "core/state/store.h"

namespace aivm::test {

enum class Failure { kRefuses, kLosesBefore, kCrashesAfter };

// Shares its contents with its successors: after a "crash" open another store over the same disk.
class FailingStore final : public KeyValueStore {
public:
    explicit FailingStore(MemoryStore& disk) : disk_(disk) {}

    // Write number `at` (from 0) and every later one fail as `how` says: the node is down.
    void fail_at(std::uint64_t at, Failure how) {
        at_ = at;
        how_ = how;
    }
    void fail_reads(bool fail) { reads_fail_ = fail; }
    // Only reads of keys that start with this byte (core/state/keys.h) fail.
    void fail_reads_of(std::uint8_t table) { failing_table_ = table; }
    [[nodiscard]] std::uint64_t writes() const { return writes_; }

    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override {
        if (read_fails(key)) return fail(ErrorCode::kStorage, "read");
        return disk_.get(key);
    }
    [[nodiscard]] Status write(std::shared_ptr<const WriteBatch> batch) override {
        const std::uint64_t number = writes_++;
        if (number < at_) return disk_.write(std::move(batch));
        if (number == at_ && how_ == Failure::kCrashesAfter)
            AIVM_TRY(disk_.write(std::move(batch)));
        return fail(ErrorCode::kStorage, "write");
    }
    [[nodiscard]] Status scan(
        ByteView prefix,
        const std::function<bool(ByteView key, ByteView value)>& visit) const override {
        if (read_fails(prefix)) return fail(ErrorCode::kStorage, "scan");
        return disk_.scan(prefix, visit);
    }

private:
    [[nodiscard]] bool read_fails(ByteView key) const {
        return reads_fail_ || (failing_table_ && !key.empty() && key[0] == *failing_table_);
    }

    MemoryStore& disk_;
    std::uint64_t writes_ = 0;
    std::uint64_t at_ = ~std::uint64_t{0};
    Failure how_ = Failure::kRefuses;
    bool reads_fail_ = false;
    std::optional<std::uint8_t> failing_table_;
};

}  // namespace aivm::test
