#include "sim/record/writer_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace aivm::sim {
namespace {

// Whether the path still names the open file: the writer before may have renamed or removed it
// after it was opened here and before it was locked.
bool is_named(const std::string& path, int file) {
    struct stat open{};
    struct stat named{};
    return fstat(file, &open) == 0 && stat(path.c_str(), &named) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

}  // namespace

Error file_error(const std::string& path, std::string_view what) {
    return {ErrorCode::kStorage, fmt::format("{}: {} ({})", path, what, std::strerror(errno))};
}

Result<WriterLock> WriterLock::take(const std::string& path) {
    for (;;) {
        struct stat there{};
        if (stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) {
            return fail(ErrorCode::kStorage,
                        fmt::format("{} is in the way and is not a plain file", path));
        }
        constexpr int kForAll = 0666;  // less the umask
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kForAll);
        if (file < 0) return tl::unexpected<Error>(file_error(path, "cannot be opened"));
        WriterLock lock(file);
        if (flock(file, LOCK_EX | LOCK_NB) != 0) {
            if (errno == EINTR) continue;
            if (errno == EWOULDBLOCK) return fail(ErrorCode::kWrongState, path);
            return tl::unexpected<Error>(file_error(path, "cannot be locked"));
        }
        if (is_named(path, file)) return lock;
    }
}

WriterLock::~WriterLock() {
    if (file_ >= 0) ::close(file_);
}

Status WriterLock::clear(const std::string& path) {
    if (ftruncate(file_, 0) != 0)
        return tl::unexpected<Error>(file_error(path, "cannot be emptied"));
    return {};
}

}  // namespace aivm::sim
