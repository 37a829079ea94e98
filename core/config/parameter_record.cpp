#include "core/config/parameter_record.h"

#include <fmt/format.h>

#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/codec.h"
#include "core/base/units.h"

namespace aivm {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kValueBytesMax = 1 << 10;

using NamedValue = std::pair<std::string, std::string>;

template <class T>
std::string print_value(const T& value) {
    if constexpr (std::is_same_v<T, Amount>) {
        return exact_amount(value);
    } else if constexpr (HasWords<T>) {
        return std::string(word(value));
    } else {
        return fmt::format("{}", value);  // an integer, a bool or a string
    }
}

std::vector<NamedValue> named_values(const VmParameters& parameters, const Address& vendor_root) {
    std::vector<NamedValue> out;
    const auto add = [&out](auto field, const auto& value) {
        out.emplace_back(field.name, print_value(value));
    };
    for_each_field(parameters.config, add);
    for_each_field(parameters.policy, add);
    out.emplace_back("vendor_root", to_hex(vendor_root.view()));
    for (const Hash32& measurement : parameters.quote_measurements)
        out.emplace_back("quote_measurement", to_hex(measurement.view()));
    if (parameters.dag) for_each_field(*parameters.dag, add);
    return out;
}

Result<std::vector<NamedValue>> decode(ByteView record) {
    std::vector<NamedValue> out;
    Reader in(record);
    const std::uint32_t count = in.list(record.size(), 2 * sizeof(std::uint32_t));
    for (std::uint32_t i = 0; i < count; ++i) {
        std::string name = in.string(kNameBytesMax);
        out.emplace_back(std::move(name), in.string(kValueBytesMax));
    }
    AIVM_TRY(in.finish());
    return out;
}

tl::unexpected<Error> other_rules(const std::string& difference) {
    return fail(ErrorCode::kConfig,
                "the store was made under other rules: " + difference +
                    "; start with the parameters of its genesis, or with a new store");
}

}  // namespace

Bytes parameter_record(const VmParameters& parameters, const Address& vendor_root) {
    const std::vector<NamedValue> values = named_values(parameters, vendor_root);
    Writer out;
    out.u32(static_cast<std::uint32_t>(values.size()));
    for (const auto& [name, value] : values) out.string(name).string(value);
    return out.take();
}

Status check_same_parameters(ByteView record, const VmParameters& parameters,
                             const Address& vendor_root) {
    AIVM_ASSIGN(const std::vector<NamedValue> stored, decode(record));
    const std::vector<NamedValue> ours = named_values(parameters, vendor_root);
    for (std::size_t i = 0; i < std::max(stored.size(), ours.size()); ++i) {
        if (i >= stored.size())
            return other_rules(fmt::format("it has no parameter {}", ours[i].first));
        if (i >= ours.size() || stored[i].first != ours[i].first)
            return other_rules(
                fmt::format("this version has no parameter {} there", stored[i].first));
        if (stored[i].second != ours[i].second)
            return other_rules(fmt::format("its {} is {}, here it is {}", ours[i].first,
                                           stored[i].second, ours[i].second));
    }
    return {};
}

}  // namespace aivm
