// The codec of blocks and operations on arbitrary bytes. A decoded value must encode to the same
// bytes, keep its id, and survive a second round trip; all other bytes must fail with kMalformed.
//
// The first byte chooses the parser, so that operations are reached without a surrounding block:
//   even: the rest is a sealed block      odd: the rest is an operation
#include <cstdint>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/chain/block.h"

namespace {

using namespace aivm;

void try_block(ByteView sealed) {
    const auto block = Block::decode(sealed);
    if (!block) {
        AIVM_CHECK(block.error().code == ErrorCode::kMalformed);
        return;
    }
    const Bytes again = (*block)->encode();
    AIVM_CHECK(ByteView(again).size() == sealed.size());
    AIVM_CHECK(std::equal(again.begin(), again.end(), sealed.begin()));
    AIVM_CHECK((*block)->size_bytes() == sealed.size());
    const auto second = Block::decode(again);
    AIVM_CHECK(second.has_value() && (*second)->id() == (*block)->id());
    // The signature is not part of the id.
    AIVM_CHECK((*block)->with_authorization({}).id() == (*block)->id());
}

void try_operation(ByteView bytes) {
    const auto operation = Operation::decode(bytes);
    if (!operation) {
        AIVM_CHECK(operation.error().code == ErrorCode::kMalformed);
        return;
    }
    const Bytes again = operation->encode();
    AIVM_CHECK(again.size() == bytes.size() &&
               std::equal(again.begin(), again.end(), bytes.begin()));
    AIVM_CHECK(!operation_name(operation->body).empty());
    (void)job_of(operation->body);
    AIVM_CHECK(SignedOperation(*operation, {}).id() == sha256(bytes));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView rest{data + 1, size - 1};
    if (data[0] % 2 == 0) {
        try_block(rest);
    } else {
        try_operation(rest);
    }
    return 0;
}
