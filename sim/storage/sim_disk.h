// A node's disk in the simulation: it survives crashes of its node, and can be made to fail.
//
//   1. A write is atomic: a restarted node finds the state before it or after it.
//   2. What was written is found again, or reading it is an error. A value that was written is
//   never
//      reported as "nothing", whatever happens to the disk.
//   3. Disks that are made with the same SharedWrites keep what they write alike once: a disk holds
//      how far it follows the shared sequence, and an index of what it alone has written.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "core/state/store.h"
#include "sim/storage/shared_writes.h"

namespace aivm::sim {

enum class WriteFault : std::uint8_t {
    kNone,
    kMisdirected,  // one of the values lands in the place of another, and neither can be read
    kFail,         // an I/O error: nothing is written, and write() returns the error
    kCrashBefore,  // the node dies with nothing written
    kCrashAfter,   // the node dies with everything written
};

class SimDisk final : public KeyValueStore {
public:
    SimDisk() : SimDisk(std::make_shared<SharedWrites>()) {}
    explicit SimDisk(std::shared_ptr<SharedWrites> shared) : shared_(std::move(shared)) {}

    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override;
    [[nodiscard]] Status write(std::shared_ptr<const WriteBatch> batch) override;
    [[nodiscard]] Status scan(
        ByteView prefix,
        const std::function<bool(ByteView key, ByteView value)>& visit) const override;

    // The write number `index`, counting from 0 over the disk's life, meets `fault`. After a crash
    // every call fails until power_on().
    void set_fault(std::uint64_t index, WriteFault fault);
    void power_on() { down_ = false; }
    // The next write meets `fault`, or a worse one that it was to meet already.
    void fail_next_write(WriteFault fault);
    // Removes the faults set for later writes.
    void forget_faults() { faults_.clear(); }
    // Whether reads fail.
    void set_reads_fail(bool fail) { reads_fail_ = fail; }
    // The stored value number `which` modulo their count, by key, can no longer be read: get()
    // returns a checksum error, never "nothing". Does nothing on an empty disk. Writing the value
    // again repairs it.
    void rot(std::uint64_t which);

    // From now on the last few writes are not safe from a loss of power. `seed` decides which of
    // them are lost. Does nothing if that is so already.
    void begin_unsynced(std::uint64_t seed);
    // Everything is synced, and so are later writes.
    void end_unsynced() { unsynced_.reset(); }
    // The machine loses its power: any subset of the unsynced writes is lost. If those that survive
    // are the first ones, the disk is as it was after them; otherwise its log has a gap, and every
    // read fails. Returns whether anything was lost.
    bool lose_power();

    // Whether everything on it can be read.
    [[nodiscard]] bool is_sound() const { return rotten_.empty() && !has_gap_; }
    [[nodiscard]] std::size_t entries() const;
    [[nodiscard]] bool empty() const;
    // Replaces the disk by a new one, empty and without faults. The faults of reads stay: they are
    // the controller's.
    void replace();
    [[nodiscard]] bool down() const { return down_; }
    [[nodiscard]] std::uint64_t writes() const { return writes_; }
    // Entries that are kept for this disk alone.
    [[nodiscard]] std::size_t own_entries() const { return contents_.own.size(); }

private:
    // A write of this disk alone, after it had followed `after` batches of the shared sequence.
    struct OwnWrite {
        std::uint32_t after = 0;
        std::optional<ByteView> value;
    };
    struct Contents {
        std::uint32_t shared = 0;                  // how many of the shared batches it has
        std::map<Bytes, OwnWrite, ByteOrder> own;  // values point into own_batches_
    };
    using Batch = std::shared_ptr<const WriteBatch>;
    struct Unsynced {
        Contents base;               // what is synced
        std::vector<Batch> batches;  // since then
        std::uint64_t seed = 0;
        std::uint64_t losses = 0;  // of power so far
    };

    [[nodiscard]] Status readable() const;
    [[nodiscard]] std::optional<ByteView> value_of(ByteView key) const;
    // Calls `visit` for every key with a value from `first` on, until it returns false.
    void for_each(ByteView first,
                  const std::function<bool(const Bytes& key, ByteView value)>& visit) const;
    // Only a batch that is written for the first time may extend the shared sequence.
    enum class Extend : std::uint8_t { kNever, kIfShared };
    void apply(const Batch& batch, Contents& contents, Extend extend);
    void misdirect(const WriteBatch& batch);
    [[nodiscard]] std::optional<Bytes> key_number(std::uint64_t which) const;

    std::shared_ptr<SharedWrites> shared_;
    Contents contents_;
    std::vector<Batch> own_batches_;
    std::map<std::uint64_t, WriteFault> faults_;
    std::set<Bytes, ByteOrder> rotten_;  // keys
    std::optional<Unsynced> unsynced_;
    std::uint64_t writes_ = 0;
    bool down_ = false;
    bool reads_fail_ = false;
    bool has_gap_ = false;
};

}  // namespace aivm::sim
