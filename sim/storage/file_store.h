// A key-value store in one file, for nodes that outlive their process: an append-only log of
// batches, with everything that is current kept in memory as well.
//
//   file    := magic:8="aivmlog1" record*
//   record  := length:u32 checksum:32 payload      length is the payload's in bytes, checksum its
//           sha256
//   payload := list of entries: u32 count, then each: bytes(key) bool present [bytes(value)]
//
//   1. write() returns after fsync, so what it accepted survives a crash of the machine.
//   2. Only complete records count. A last record that a crash tore is cut off when the file is
//      opened, so a batch is stored completely or not at all.
//   3. A damaged record before complete ones is not a torn write but a corrupt file, which is
//      refused.
//   4. One process at a time: the file is locked while it is open.
// The log only grows; a store is meant for the life of one chain, not for data that is rewritten
// for years.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/state/store.h"

namespace aivm::sim {

class FileStore final : public KeyValueStore {
public:
    // Opens the file, or creates it. Fails with an error that names the file and what is wrong
    // with it.
    static Result<std::unique_ptr<FileStore>> open(const std::string& path);
    ~FileStore() override;
    FileStore(const FileStore&) = delete;
    FileStore& operator=(const FileStore&) = delete;

    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override;
    // After an error the batch is not stored, and every later write fails too: what a failed fsync
    // left on the disk is known only after the file has been opened again.
    [[nodiscard]] Status write(std::shared_ptr<const WriteBatch> batch) override;
    [[nodiscard]] Status scan(
        ByteView prefix,
        const std::function<bool(ByteView key, ByteView value)>& visit) const override;

    // Bytes of a torn last record that opening cut off.
    [[nodiscard]] std::uint64_t dropped_bytes() const { return dropped_bytes_; }

private:
    FileStore(int file, std::string path) : file_(file), path_(std::move(path)) {}
    [[nodiscard]] Status load();
    [[nodiscard]] Status cut(std::uint64_t size);
    [[nodiscard]] Status append(ByteView bytes);
    [[nodiscard]] tl::unexpected<Error> broken(const std::string& what) const;

    int file_;
    std::string path_;
    MemoryStore entries_;
    std::uint64_t size_ = 0;
    std::uint64_t dropped_bytes_ = 0;
    bool failed_ = false;
};

}  // namespace aivm::sim
