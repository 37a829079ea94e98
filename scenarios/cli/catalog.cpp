#include "scenarios/cli/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "scenarios/file/names.h"

namespace aivm::scenarios::cli {

namespace fs = std::filesystem;

fs::path catalog_folder() {
    const char* given = std::getenv("AIVMSIM_CATALOG");
    return given != nullptr && *given != '\0' ? fs::path(given)
                                              : fs::path(AIVM_SOURCE_DIR "/scenarios/catalog");
}

std::string built_in_cases() {
    const char* given = std::getenv("AIVMSIM_CASES");
    return given != nullptr && *given != '\0' ? given
                                              : AIVM_SOURCE_DIR "/scenarios/validation/cases.json";
}

std::vector<std::string> catalog_names() {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(catalog_folder(), error), end; !error && it != end;
         it.increment(error)) {
        if (it->path().extension() == ".toml") names.push_back(it->path().stem().string());
    }
    std::ranges::sort(names);
    return names;
}

fs::path scenario_path(const std::string& written) {
    std::error_code ignored;
    if (fs::is_regular_file(written, ignored) || !is_name(written)) return written;
    const fs::path known = catalog_folder() / (written + ".toml");
    return fs::is_regular_file(known, ignored) ? known : fs::path(written);
}

std::string missing_catalog() {
    if (!catalog_names().empty()) return {};
    std::error_code ignored;
    const fs::path folder = catalog_folder();
    const char* given = std::getenv("AIVMSIM_CATALOG");
    return fmt::format(
        "the catalogue of scenarios was looked for in {}, which {}; name its folder in "
        "AIVMSIM_CATALOG{}",
        folder.string(), fs::is_directory(folder, ignored) ? "holds no scenario" : "is not there",
        given != nullptr && *given != '\0'
            ? ""
            : ", or, if the source tree was moved, build the program again where it is now");
}

std::string unknown_scenario(const std::string& written) {
    std::error_code ignored;
    if (!is_name(written) || fs::exists(scenario_path(written), ignored)) return {};
    const std::vector<std::string> names = catalog_names();
    if (names.empty()) {
        return fmt::format("there is no file called \"{}\", and {}", written, missing_catalog());
    }
    const std::string near = nearest_name(written, names);
    return fmt::format(
        "there is no file and no catalogue scenario called \"{}\"{}\n"
        "  aivmsim list  names the {} scenarios of the catalogue\n",
        written, near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near), names.size());
}

}  // namespace aivm::scenarios::cli
