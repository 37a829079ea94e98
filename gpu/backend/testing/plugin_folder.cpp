#include "gpu/backend/testing/plugin_folder.h"

#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace aivm::gpu {

namespace fs = std::filesystem;

PluginFolder::PluginFolder() {
    std::string pattern = testing::TempDir() + "/aivm_plugins_XXXXXX";
    root_ = mkdtemp(pattern.data());
}

PluginFolder::~PluginFolder() { fs::remove_all(root_); }

std::string PluginFolder::add(BackendKind kind, const std::string& behaviour,
                              const std::string& place) {
    const fs::path target = fs::path(root_) / place / plugin_file_name(kind);
    fs::create_directories(target.parent_path());
    const fs::path built = fs::path(AIVM_TEST_PLUGIN_DIR) / behaviour / plugin_file_name(kind);
    EXPECT_TRUE(fs::exists(built)) << built;
    fs::remove(target);
    fs::create_symlink(built, target);
    return place.empty() ? root_ + "/" + plugin_file_name(kind) : target.string();
}

std::string PluginFolder::write(BackendKind kind, const std::string& content) {
    const std::string path = root_ + "/" + plugin_file_name(kind);
    std::ofstream(path) << content;
    return path;
}

PluginStartsFailing::PluginStartsFailing() { setenv("AIVM_TEST_PLUGIN_FAILS", "1", 1); }

PluginStartsFailing::~PluginStartsFailing() { unsetenv("AIVM_TEST_PLUGIN_FAILS"); }

}  // namespace aivm::gpu
