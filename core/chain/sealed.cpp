#include "core/chain/sealed.h"

#include "core/config/limits.h"

namespace aivm {
namespace {

constexpr std::size_t kSignedOperationBytesMin = 4 + 37 + 4;

}  // namespace

Result<Sealed> open_sealed(ByteView sealed, std::size_t body_bytes_max) {
    Reader in(sealed);
    Sealed out;
    out.body = in.bytes(body_bytes_max);
    out.authorization = in.bytes(kAuthorizationBytesMax);
    AIVM_TRY(in.finish());
    return out;
}

Bytes seal(ByteView body, ByteView authorization) {
    return Writer().bytes(body).bytes(authorization).take();
}

void encode_operations(Writer& out, const std::vector<OperationPtr>& operations) {
    out.u32(static_cast<std::uint32_t>(operations.size()));
    for (const OperationPtr& operation : operations) operation->encode(out);
}

Result<std::vector<OperationPtr>> decode_operations(Reader& in, std::size_t count_max) {
    const std::uint32_t count = in.list(count_max, kSignedOperationBytesMin);
    std::vector<OperationPtr> operations;
    operations.reserve(count);
    for (std::uint32_t i = 0; i < count; ++i) {
        AIVM_ASSIGN(OperationPtr operation, SignedOperation::decode(in));
        operations.push_back(std::move(operation));
    }
    return operations;
}

}  // namespace aivm
