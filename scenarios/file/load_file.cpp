#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include "scenarios/file/load.h"
#include "scenarios/file/source_text.h"

namespace aivm::scenarios {
namespace {

tl::unexpected<Diagnostics> refuse(const std::string& source, std::string message,
                                   std::string remedy) {
    return tl::unexpected(
        Diagnostics{SourceText(source, {}).error(std::move(message), std::move(remedy))});
}

}  // namespace

Loaded load_scenario_file(const std::filesystem::path& path, std::span<const Override> overrides,
                          const FurtherRules& further) {
    const auto source = path.string();
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status))
        return refuse(source, "there is no such file",
                      "name a scenario file, such as scenarios/catalog/quickstart.toml");
    if (std::filesystem::is_directory(status))
        return refuse(source, "this is a directory, not a scenario file",
                      "name one of the .toml files in it");

    // Reading one byte more than allowed detects a file that is too large, even if it grows or is a
    // pipe without a size.
    std::ifstream file(path, std::ios::binary);
    std::string text(kMaxFileBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.eof() && file.fail())
        return refuse(source, "the file cannot be read", "check its permissions");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxFileBytes) {
        return refuse(source, fmt::format("the file has more than {} bytes", kMaxFileBytes),
                      "a scenario file is much smaller; is this one?");
    }
    return load_scenario_text(text, source, overrides, further);
}

}  // namespace aivm::scenarios
