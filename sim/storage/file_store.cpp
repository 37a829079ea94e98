#include "sim/storage/file_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/base/codec.h"
#include "core/base/digest.h"

namespace aivm::sim {
namespace {

constexpr std::string_view kMagic = "aivmlog1";
constexpr std::size_t kRecordHeadBytes = 4 + Hash32::size_bytes;
constexpr std::size_t kPayloadBytesMax = std::size_t{1} << 30;
constexpr std::size_t kEntryBytesMin = 5;

std::string last_error() { return std::strerror(errno); }

Bytes encode_payload(const WriteBatch& batch) {
    Writer out;
    out.u32(static_cast<std::uint32_t>(batch.size()));
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto [key, value] = batch.entry(i);
        out.bytes(key).boolean(value.has_value());
        if (value) out.bytes(*value);
    }
    return out.take();
}

Result<WriteBatch> decode_payload(ByteView payload) {
    Reader in(payload);
    WriteBatch batch;
    const std::uint32_t count = in.list(kPayloadBytesMax, kEntryBytesMin);
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
        const Bytes key = in.bytes(kPayloadBytesMax);
        if (in.boolean()) {
            batch.put(key, in.bytes(kPayloadBytesMax));
        } else {
            batch.erase(key);
        }
    }
    AIVM_TRY(in.finish());
    return batch;
}

// The payload of the record at the front of `rest`; nothing if it is incomplete or its checksum is
// wrong.
std::optional<ByteView> whole_record(ByteView rest) {
    if (rest.size() < kRecordHeadBytes) return std::nullopt;
    Reader head(rest.first(kRecordHeadBytes));
    const std::size_t length = head.u32();
    const Hash32 checksum = head.hash();
    if (length > kPayloadBytesMax || length > rest.size() - kRecordHeadBytes) return std::nullopt;
    const ByteView payload = rest.subspan(kRecordHeadBytes, length);
    if (sha256(payload) != checksum) return std::nullopt;
    return payload;
}

// Whether the record at the front claims to end before the file does: then more was written after
// it, and an interrupted write cannot explain the damage. Some file systems show zeros for bytes
// that were allocated but never written.
bool has_successor(ByteView rest) {
    if (rest.size() < kRecordHeadBytes) return false;
    if (std::all_of(rest.begin(), rest.end(), [](std::uint8_t b) { return b == 0; })) return false;
    const std::size_t length = Reader(rest).u32();
    return length <= kPayloadBytesMax && length < rest.size() - kRecordHeadBytes;
}

Result<Bytes> read_all(int file, const std::string& path) {
    struct stat info{};
    if (::fstat(file, &info) != 0) return fail(ErrorCode::kStorage, path + ": " + last_error());
    if (!S_ISREG(info.st_mode)) return fail(ErrorCode::kStorage, path + ": not a regular file");
    Bytes bytes(static_cast<std::size_t>(info.st_size));
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t got =
            ::pread(file, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return fail(ErrorCode::kStorage,
                        path + ": " + (got < 0 ? last_error() : "shorter than it was"));
        at += static_cast<std::size_t>(got);
    }
    return bytes;
}

// A new file's name is on disk only after its folder is synced.
void sync_folder(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path();
    const int handle =
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle < 0) return;
    ::fsync(handle);
    ::close(handle);
}

}  // namespace

tl::unexpected<Error> FileStore::broken(const std::string& what) const {
    return fail(ErrorCode::kStorage, path_ + ": " + what);
}

Result<std::unique_ptr<FileStore>> FileStore::open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return fail(ErrorCode::kStorage, path + ": " + last_error());
    std::unique_ptr<FileStore> store(new FileStore(file, path));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) return store->broken("in use by another process");
    AIVM_TRY(store->load());
    return store;
}

FileStore::~FileStore() { ::close(file_); }

Status FileStore::load() {
    AIVM_ASSIGN(const Bytes bytes, read_all(file_, path_));
    const std::size_t magic_there = std::min(bytes.size(), kMagic.size());
    if (!std::equal(kMagic.begin(), kMagic.begin() + static_cast<std::ptrdiff_t>(magic_there),
                    bytes.begin())) {
        return broken("not a store of aivmsim");
    }
    if (bytes.size() < kMagic.size()) {  // new, or torn in its very first write
        AIVM_TRY(cut(0));
        AIVM_TRY(append(as_bytes(kMagic)));
        sync_folder(path_);
        return {};
    }
    size_ = kMagic.size();
    while (size_ < bytes.size()) {
        const ByteView rest = ByteView(bytes).subspan(size_);
        const auto payload = whole_record(rest);
        if (!payload && has_successor(rest))
            return broken(fmt::format("damaged at byte {}", size_));
        if (!payload) break;
        auto batch = decode_payload(*payload);
        if (!batch) return broken(fmt::format("no batch at byte {}", size_));
        AIVM_TRY(entries_.write(std::make_shared<const WriteBatch>(std::move(*batch))));
        size_ += kRecordHeadBytes + payload->size();
    }
    dropped_bytes_ = bytes.size() - size_;
    return dropped_bytes_ == 0 ? Status() : cut(size_);
}

Status FileStore::cut(std::uint64_t size) {
    if (::ftruncate(file_, static_cast<off_t>(size)) != 0 || ::fsync(file_) != 0)
        return broken(last_error());
    size_ = size;
    return {};
}

Status FileStore::append(ByteView bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t wrote = ::pwrite(file_, bytes.data() + done, bytes.size() - done,
                                       static_cast<off_t>(size_ + done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return broken(wrote < 0 ? last_error() : "nothing more can be written");
        done += static_cast<std::size_t>(wrote);
    }
    if (::fsync(file_) != 0) return broken(last_error());
    size_ += bytes.size();
    return {};
}

Result<std::optional<Bytes>> FileStore::get(ByteView key) const { return entries_.get(key); }

Status FileStore::write(std::shared_ptr<const WriteBatch> batch) {
    if (failed_) return broken("an earlier write failed; open it again");
    const Bytes payload = encode_payload(*batch);
    if (payload.size() > kPayloadBytesMax) return broken("a batch of more than 1 GiB");
    Writer record;
    record.u32(static_cast<std::uint32_t>(payload.size())).fixed(sha256(payload)).raw(payload);
    if (const Status written = append(record.view()); !written) {
        failed_ = true;
        static_cast<void>(cut(size_));  // best effort; opening would cut it as well
        return written;
    }
    return entries_.write(std::move(batch));
}

Status FileStore::scan(ByteView prefix,
                       const std::function<bool(ByteView, ByteView)>& visit) const {
    return entries_.scan(prefix, visit);
}

}  // namespace aivm::sim
