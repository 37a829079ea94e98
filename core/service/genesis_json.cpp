#include "core/service/genesis_json.h"

#include <fmt/format.h>

#include <limits>

#include "core/service/default_models.h"
#include "core/service/json.h"
#include "core/state/limits.h"
#include "core/vm/authorizer.h"

namespace aivm {
namespace {

constexpr std::uint64_t kSecondsMax = kDurationNsMax / kNsPerSecond;

Result<GenesisAllocation> read_allocation(const Json& json, const std::string& where) {
    ObjectReader in(json, where);
    GenesisAllocation allocation;
    allocation.address = in.has("key") ? address_of(in.hash("key")) : in.address("address");
    allocation.balance = in.amount("balance");
    AIVM_TRY(in.finish());
    return allocation;
}

Status read_allocations(const Json& json, Genesis& genesis) {
    if (!json.is_array()) return fail(ErrorCode::kInvalidArgument, "allocations must be a list");
    for (std::size_t i = 0; i < json.size(); ++i) {
        AIVM_ASSIGN(const GenesisAllocation one, read_allocation(json[i], fmt::format("allocations[{}]", i)));
        genesis.allocations.push_back(one);
    }
    return {};
}

}  // namespace

GenesisFile default_genesis() {
    GenesisFile file;
    file.genesis.message = "aivmsim node";
    file.genesis.models = default_models();
    return file;
}

Result<GenesisFile> genesis_from_json(std::string_view text) {
    AIVM_ASSIGN(const Json json, parse_json(text));
    GenesisFile file = default_genesis();
    ObjectReader in(json, "");
    file.genesis.version = static_cast<int>(in.number("version", std::numeric_limits<int>::max()));
    file.genesis.message = in.string("message");
    file.genesis.timestamp_ns = in.number("timestamp", kSecondsMax) * kNsPerSecond;
    if (in.has("chain_id")) file.genesis.chain_id = in.number("chain_id", std::numeric_limits<std::uint64_t>::max());
    if (in.has("vendor_root")) file.vendor_root = in.address("vendor_root");
    const Json* allocations = in.has("allocations") ? &in.any("allocations") : nullptr;
    AIVM_TRY(in.finish());
    if (allocations != nullptr) AIVM_TRY(read_allocations(*allocations, file.genesis));
    return file;
}

}  // namespace aivm
