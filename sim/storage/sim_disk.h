// A node's disk in the simulation: it survives crashes of its node, and can be made to fail.
//
// Batches are kept as they were written and shared between the disks of replicas that wrote the
// same ones; an index points into them. A write is atomic: a restarted node finds the state before
// it or after it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "core/state/store.h"

namespace aivm::sim {

enum class WriteFault : std::uint8_t {
    kNone,
    kFail,         // an I/O error: nothing is written, and write() returns the error
    kCrashBefore,  // the node dies with nothing written
    kCrashAfter,   // the node dies with everything written
};

class SimDisk final : public KeyValueStore {
public:
    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override;
    [[nodiscard]] Status write(std::shared_ptr<const WriteBatch> batch) override;
    [[nodiscard]] Status scan(
        ByteView prefix,
        const std::function<bool(ByteView key, ByteView value)>& visit) const override;

    // The write number `index`, counting from 0 over the disk's life, meets `fault`. After a crash
    // every call fails until power_on().
    void set_fault(std::uint64_t index, WriteFault fault);
    void power_on() { down_ = false; }
    // The next write meets `fault`.
    void fail_next_write(WriteFault fault) { set_fault(writes_, fault); }
    // The stored value number `which` modulo their count, by key, can no longer be read: get()
    // returns a checksum error, never "nothing". Does nothing on an empty disk. Writing the value
    // again repairs it.
    void rot(std::uint64_t which);
    // Whether everything on it can be read.
    [[nodiscard]] bool is_sound() const { return rotten_.empty(); }
    [[nodiscard]] std::size_t entries() const { return index_.size(); }
    // Removes the faults set for later writes.
    void forget_faults() { faults_.clear(); }
    // Replaces the disk by a new one, empty and without faults.
    void replace();
    [[nodiscard]] bool down() const { return down_; }
    [[nodiscard]] std::uint64_t writes() const { return writes_; }

private:
    void apply(const std::shared_ptr<const WriteBatch>& batch);

    std::map<Bytes, ByteView, ByteOrder> index_;  // values point into batches_
    std::vector<std::shared_ptr<const WriteBatch>> batches_;
    std::map<std::uint64_t, WriteFault> faults_;
    std::set<Bytes, ByteOrder> rotten_;  // keys
    std::uint64_t writes_ = 0;
    bool down_ = false;
};

}  // namespace aivm::sim
