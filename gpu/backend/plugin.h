// One loaded shared object with all six launchers, checked on a fixed operation before anyone
// relies on it.
#pragma once

#include <memory>
#include <string>

#include "core/base/error.h"
#include "gpu/backend/backend_kind.h"
#include "gpu/backend/launchers.h"

namespace aivm::gpu {

class Plugin {
public:
    // Opens `path`, resolves the launchers and probes them. On any error the object is closed
    // again; the error, kGpuNotAvailable, says what is wrong with the file. `kind` decides the
    // symbols' names.
    static Result<Plugin> load(BackendKind kind, const std::string& path);

    [[nodiscard]] BackendKind kind() const { return kind_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const Launchers& launchers() const { return launchers_; }

private:
    struct Unload {
        void operator()(void* handle) const;
    };

    Plugin(BackendKind kind, std::string path, void* handle);
    Status resolve();
    [[nodiscard]] Status probe() const;

    BackendKind kind_;
    std::string path_;
    std::unique_ptr<void, Unload> handle_;
    Launchers launchers_;
};

}  // namespace aivm::gpu
