#include "core/chain/operation.h"

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/config/limits.h"

namespace aivm {
namespace {

// Reads the alternative with index `kind`; the recursion over indexes is resolved at compile time.
template <std::size_t I = 0>
OperationBody decode_body(Reader& in, std::size_t kind) {
    if constexpr (I < std::variant_size_v<OperationBody>) {
        if (kind != I) return decode_body<I + 1>(in, kind);
        return decode<std::variant_alternative_t<I, OperationBody>>(in);
    } else {
        in.set_fault("unknown operation kind");
        return {};
    }
}

constexpr std::size_t kOperationHeadBytes = Address::size_bytes + 8 + 8 + 1;
constexpr std::size_t kLengthsBytes = 8;  // of operation and authorisation

template <class... Kinds>
bool is_one_of(const OperationBody& body) {
    return (std::holds_alternative<Kinds>(body) || ...);
}

}  // namespace

void op::DisputeMove::encode(Writer& out) const {
    out.string(job_id).fixed(challenger).boolean(opens);
    if (!opens) {
        out.boolean(agrees);
        return;
    }
    out.fixed(input).u8(output);
    aivm::encode(out, proof);
}

std::size_t op::DisputeMove::encoded_size() const {
    const std::size_t head = aivm::encoded_size(job_id) + aivm::encoded_size(challenger) + 1;
    if (!opens) return head + 1;
    return head + aivm::encoded_size(input) + 1 + aivm::encoded_size(proof);
}

op::DisputeMove op::DisputeMove::decode(Reader& in) {
    DisputeMove move;
    move.job_id = in.string(kJobIdBytesMax);
    move.challenger = in.fixed<20>();
    move.opens = in.boolean();
    if (!move.opens) {
        move.agrees = in.boolean();
        return move;
    }
    move.input = in.hash();
    move.output = in.u8();
    move.proof = aivm::decode<decltype(proof), kProofNodesMax>(in);
    return move;
}

std::string_view operation_name(const OperationBody& body) {
    return std::visit([]<class Body>(const Body&) { return type_name<Body>(); }, body);
}

std::string_view job_of(const OperationBody& body) {
    return std::visit(
        [](const auto& b) -> std::string_view {
            if constexpr (requires { b.job_id; }) {
                return b.job_id;
            } else {
                return {};
            }
        },
        body);
}

Lane lane_of(const OperationBody& body) {
    if (is_one_of<op::Challenge, op::ChallengeReveal, op::DisputeMove, op::Evidence>(body))
        return Lane::kProofs;
    if (is_one_of<op::Commit, op::Reveal, op::SubmitResult>(body)) return Lane::kWork;
    return Lane::kRest;
}

std::string bound_job_id(const Address& requester, std::string_view client_id) {
    return to_hex(keccak256({requester.view(), as_bytes(client_id)}).view());
}

std::string stored_job_id(const VmParameters& parameters, const Address& requester,
                          const op::SubmitTask& submission) {
    return parameters.dag ? bound_job_id(requester, submission.job_id) : submission.job_id;
}

Bytes Operation::encode() const {
    Writer out;
    out.reserve(160);
    out.fixed(sender).u64(nonce).amount(inclusion_fee);
    out.u8(static_cast<std::uint8_t>(body.index()));
    std::visit([&out](const auto& b) { aivm::encode(out, b); }, body);
    return out.take();
}

Result<Operation> Operation::decode(ByteView bytes) {
    Reader in(bytes);
    Operation operation;
    operation.sender = in.fixed<20>();
    operation.nonce = in.u64();
    operation.inclusion_fee = in.amount();
    const std::size_t kind = in.u8();
    operation.body = decode_body(in, kind);
    AIVM_TRY(in.finish());
    return operation;
}

SignedOperation::SignedOperation(Operation operation, Bytes authorization)
    : operation_(std::move(operation)),
      lane_(lane_of(operation_.body)),
      bytes_(operation_.encode()),
      authorization_(std::move(authorization)),
      id_(sha256(bytes_)) {
    size_bytes_ = bytes_.size() + authorization_.size() + kLengthsBytes;
}

SignedOperation::SignedOperation(Unsealed, Operation&& operation)
    : operation_(std::move(operation)), lane_(lane_of(operation_.body)) {
    const std::size_t body_bytes =
        std::visit([](const auto& b) { return encoded_size(b); }, operation_.body);
    size_bytes_ = kOperationHeadBytes + body_bytes + kUnsealedAuthorizationBytes + kLengthsBytes;
}

OperationPtr SignedOperation::unsealed(Operation operation) {
    return std::make_shared<const SignedOperation>(Unsealed(), std::move(operation));
}

Result<OperationPtr> SignedOperation::decode(Reader& in) {
    const Bytes operation_bytes = in.bytes(kOperationBytesMax);
    Bytes authorization = in.bytes(kAuthorizationBytesMax);
    AIVM_TRY(in.status());
    AIVM_ASSIGN(Operation operation, Operation::decode(operation_bytes));
    auto out =
        std::make_shared<const SignedOperation>(std::move(operation), std::move(authorization));
    if (out->bytes() != operation_bytes)
        return fail(ErrorCode::kMalformed, "an operation is not in canonical form");
    return out;
}

}  // namespace aivm
