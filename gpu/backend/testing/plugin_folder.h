// Test support: a folder with plugins that were built for the tests (testing/plugin.cpp).
#pragma once

#include <string>

#include "gpu/backend/backend_kind.h"
#include "gpu/backend/plugin_search.h"

namespace aivm::gpu {

// A directory of its own, filled with links to the built plugins. Removed at the end.
class PluginFolder {
public:
    PluginFolder();
    ~PluginFolder();
    PluginFolder(const PluginFolder&) = delete;
    PluginFolder& operator=(const PluginFolder&) = delete;

    // Puts the plugin built as `behaviour` under `place`, "" for the folder itself. Returns its
    // path.
    std::string add(BackendKind kind, const std::string& behaviour, const std::string& place = "");
    // Writes a file of that name instead. Returns its path.
    std::string write(BackendKind kind, const std::string& content);

    [[nodiscard]] const std::string& root() const { return root_; }
    [[nodiscard]] PluginEnvironment environment() const { return {root_, std::nullopt}; }

private:
    std::string root_;
};

// As long as it lives, plugins built as "fails_later" fail.
class PluginStartsFailing {
public:
    PluginStartsFailing();
    ~PluginStartsFailing();
    PluginStartsFailing(const PluginStartsFailing&) = delete;
    PluginStartsFailing& operator=(const PluginStartsFailing&) = delete;
};

}  // namespace aivm::gpu
