// Test support: a plugin as a file. What it exports, what it needs, and how it behaves on a machine
// that may lack its device.
#pragma once

#include <string>
#include <vector>

namespace aivm::gpu {

// The defined dynamic symbols of a shared object, sorted, without version suffixes (from nm).
std::vector<std::string> exported_symbols(const std::string& path);

// The libraries that the shared object names as needed (from readelf).
std::vector<std::string> needed_libraries(const std::string& path);

// The names of the six launchers of a kind, sorted.
std::vector<std::string> launcher_symbols(const std::string& kind);

// Opens the plugin, calls its proof_verify launcher and closes it again. "no device": it returned 3
// and wrote nothing. "works": it returned 0 and the canonical bytes. Anything else is a complaint.
std::string try_plugin(const std::string& path, const std::string& kind);

}  // namespace aivm::gpu
