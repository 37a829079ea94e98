// The published configuration and genesis from arbitrary text. An accepted configuration is in its
// ranges and survives a round trip; the models of an accepted genesis can be run by the kernels;
// every refusal has a message.
#include <cstdint>
#include <cstring>

#include "core/base/check.h"
#include "core/config/check_parameters.h"
#include "core/config/config_json.h"
#include "core/service/genesis_json.h"

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
    if (const auto file = genesis_from_json(text)) {
        for (const Model& model : file->genesis.models) {
            AIVM_CHECK(model.row_count() > 0 && model.rows.size() % kInputBytes == 0);
            AIVM_CHECK(std::memcmp(model.weights.model_hash, weights_digest(model.weights).data(),
                                   32) == 0);
        }
    } else {
        AIVM_CHECK(!file.error().context.empty());
    }
    return 0;
}
