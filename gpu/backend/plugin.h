// One loaded shared object with all six launchers, checked on a fixed operation before a caller
// relies on it.
//
// Loading runs the file's own code in this process. A file of unknown quality is therefore probed
// in a child process first (plugin_probe.h).
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
    // again, and the error, kGpuNotAvailable, completes a sentence that begins with the path.
    // `kind` decides the symbols' names.
    static Result<Plugin> load(BackendKind kind, const std::string& path);

    [[nodiscard]] BackendKind kind() const { return kind_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const Launchers& launchers() const { return launchers_; }

    // From the plugin's optional symbol lux_<kind>_aivm_device_name, else from the driver; empty
    // when neither knows.
    [[nodiscard]] std::string device_name() const;

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

// Is `reason` the error of a bare file name that the system's own search does not find?
bool is_absent(const std::string& path, const std::string& reason);

}  // namespace aivm::gpu
