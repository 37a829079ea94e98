// Scripts recorded from the deployed Snow engines (sim/consensus/*/vectors), for the tests of ours.
#pragma once

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace aivm::sim::test {

// The scripts of a file in the folder $AIVM_SNOW_VECTORS, or else in `folder`. Throws
// std::runtime_error if the file is missing, not JSON or of another format.
inline nlohmann::json snow_scripts(const std::string& folder, const std::string& file,
                                   const std::string& format) {
    const char* other = std::getenv("AIVM_SNOW_VECTORS");
    const std::string path = (other != nullptr ? std::string(other) : folder) + "/" + file;
    std::ifstream in(path);
    if (!in) throw std::runtime_error("cannot open " + path);
    const auto content = nlohmann::json::parse(in, nullptr, false);
    if (content.is_discarded()) throw std::runtime_error(path + " is not JSON");
    const std::string found = content.at("about").at("format");
    if (found != format)
        throw std::runtime_error(path + " has format " + found + ", not " + format);
    return content.at("scripts");
}

}  // namespace aivm::sim::test
