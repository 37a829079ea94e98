// The published configuration from foreign text. What is taken is in its ranges and is the same after being written and
// read again; what is not taken says what is wrong.
#include <cstdint>

#include "core/base/check.h"
#include "core/vm/config_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aivm;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto config = config_from_json(text);
    if (!config) {
        AIVM_CHECK(config.error().code == ErrorCode::kConfig && !config.error().context.empty());
    } else {
        AIVM_CHECK(check_config(*config).has_value());
        const auto again = config_from_json(to_json(*config));
        AIVM_CHECK(again.has_value() && *again == *config);
    }
    if (const auto duration = parse_duration(text)) {
        const auto again = parse_duration(print_duration(*duration));
        AIVM_CHECK(again.has_value() && *again == *duration);
    }
    return 0;
}
