// Signed operations, as in blocks and queues, from arbitrary bytes: decoded one after the other
// until the first malformed one. Each encodes to the same bytes, and its size_bytes() is their
// number.
#include <algorithm>
#include <cstdint>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/chain/operation.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace aivm;
    const ByteView input(data, size);
    Reader in(input);
    while (in.remaining() > 0) {
        const std::size_t begin = size - in.remaining();
        const auto operation = SignedOperation::decode(in);
        if (!operation) {
            AIVM_CHECK(operation.error().code == ErrorCode::kMalformed);
            break;
        }
        const ByteView read = input.subspan(begin, size - in.remaining() - begin);
        Writer out;
        (*operation)->encode(out);
        AIVM_CHECK(std::equal(read.begin(), read.end(), out.view().begin(), out.view().end()));
        AIVM_CHECK((*operation)->size_bytes() == read.size());
        AIVM_CHECK((*operation)->id() == sha256((*operation)->bytes()));
        AIVM_CHECK(!operation_name((*operation)->body()).empty());
    }
    return 0;
}
