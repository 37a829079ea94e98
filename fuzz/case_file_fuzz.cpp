// Case files of `aivmsim validate` from arbitrary text: a file is refused as a whole with one
// sentence, or each case in it is read or says what is wrong with it. Expressions of any text end
// with a value or a fault, soon. The first byte chooses the reader.
#include <cmath>
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "scenarios/validation/case_file.h"

using namespace aivm;
using namespace aivm::scenarios;

namespace {

void read_cases(std::string_view text) {
    const auto cases = parse_cases(text);
    if (!cases) {
        AIVM_CHECK(cases.error().code == ErrorCode::kInvalidArgument);
        AIVM_CHECK(!cases.error().context.empty());
        return;
    }
    for (const ValidationCase& one : *cases) {
        AIVM_CHECK(!one.id.empty());
        AIVM_CHECK(!one.problem.empty() || std::isfinite(one.expected));
    }
}

void read_expression(std::string_view text) {
    const auto value = evaluate(text, {{"n", 20}, {"p", 0.25}, {"mu", 2}});
    if (value) {
        AIVM_CHECK(std::isfinite(value->value));
    } else {
        AIVM_CHECK(value.error().code == ErrorCode::kInvalidArgument);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    data[0] % 2 == 0 ? read_cases(text) : read_expression(text);
    return 0;
}
