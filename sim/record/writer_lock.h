// Keeps two writers, in this process or another, out of one file, from before it has any contents
// until after it has its last name.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/base/error.h"

namespace aivm::sim {

// `what` failed at this path; kStorage, with the reason that errno has.
Error file_error(const std::string& path, std::string_view what);

// Holds a lock on a file, which is made if it is not there. The lock belongs to the file, whatever
// its name becomes, and ends with this object or with the process. Other programs need not heed it.
class WriterLock {
public:
    WriterLock() = default;
    // Errors: kWrongState when another writer holds it; kStorage when the file cannot be opened or
    // is not a plain one.
    static Result<WriterLock> take(const std::string& path);

    WriterLock(WriterLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
    WriterLock& operator=(WriterLock&& other) noexcept {
        std::swap(file_, other.file_);
        return *this;
    }
    ~WriterLock();

    // Empties the file.
    Status clear(const std::string& path);

private:
    explicit WriterLock(int file) : file_(file) {}

    int file_ = -1;
};

}  // namespace aivm::sim
