// A store's record of the rules that it was made under, which a node reads before it trusts the
// store. The record of these rules is accepted, and no other bytes are: so what is read would be
// written as the same bytes. Everything else is refused with a reason.
//
//   input := a record, compared with three sets of rules; and
//   input := at:u16 bytes, which replace those of a true record from there on
#include <algorithm>
#include <cstdint>

#include "core/base/check.h"
#include "core/config/parameter_record.h"

namespace {

using namespace aivm;

constexpr Address kVendor{{1, 2, 3}};

VmParameters of_chain() {
    VmParameters out;
    out.quote_measurements = {Hash32{{4}}, Hash32{{5}}};
    return out;
}
VmParameters of_permissioned_chain() {
    VmParameters out;
    out.config = default_permissioned_config();
    return out;
}
VmParameters of_dag() {
    VmParameters out;
    out.dag.emplace();
    return out;
}

// Whether the record is that of the rules.
void check(ByteView record, const VmParameters& rules) {
    const Bytes own = parameter_record(rules, kVendor);
    const Status status = check_same_parameters(record, rules, kVendor);
    AIVM_CHECK(status.has_value() == std::ranges::equal(record, own));
    if (status) return;
    const ErrorCode code = status.error().code;
    AIVM_CHECK(code == ErrorCode::kConfig || code == ErrorCode::kMalformed);
    AIVM_CHECK(!status.error().context.empty());
}

Bytes changed(Bytes record, ByteView input) {
    const std::size_t at = (std::size_t{input[0]} << 8 | input[1]) % (record.size() + 1);
    const ByteView bytes = input.subspan(2);
    record.resize(std::max(record.size(), at + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), record.begin() + static_cast<std::ptrdiff_t>(at));
    return record;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    for (const VmParameters& rules : {of_chain(), of_permissioned_chain(), of_dag()}) {
        const Bytes own = parameter_record(rules, kVendor);
        check(own, rules);
        check(input, rules);
        if (size < 2) continue;
        check(changed(own, input), rules);
        check(ByteView(own).first((std::size_t{input[0]} << 8 | input[1]) % own.size()), rules);
    }
    return 0;
}
