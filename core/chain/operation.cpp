#include "core/chain/operation.h"

#include <array>
#include <cstring>

#include "core/base/digest.h"
#include "core/config/limits.h"

namespace aivm {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<OperationBody>> kNames{
    "RegisterProvider", "DeregisterProvider", "WithdrawBond",
    "RegisterModel",    "SubmitTask",         "Commit",
    "Reveal",           "SubmitResult",       "Challenge",
    "ChallengeReveal",  "DisputeMove",        "ClaimRewards",
    "Attest",           "ModelUpdate",        "Evidence"};

// Every body has one `put` and one `get` below, which name the same fields in the same order.

template <class Struct>
void put_struct(Writer& out, const Struct& value) {
    out.raw({reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
}

template <class Struct>
Struct get_struct(Reader& in) {
    const auto raw = in.fixed<sizeof(Struct)>();
    Struct value{};
    std::memcpy(&value, raw.data(), sizeof value);
    return value;
}

void put(Writer& out, const op::RegisterProvider& b) {
    out.string(b.provider_id)
        .fixed(b.wallet)
        .string(b.endpoint)
        .u32(static_cast<std::uint32_t>(b.models.size()));
    for (const std::string& model : b.models) out.string(model);
    out.amount(b.bond).bytes(b.evidence);
}
void get(Reader& in, op::RegisterProvider& b) {
    b.provider_id = in.string(kProviderIdBytesMax);
    b.wallet = in.fixed<20>();
    b.endpoint = in.string(kEndpointBytesMax);
    const std::uint32_t count = in.list(kModelsPerProviderMax, 4);
    for (std::uint32_t i = 0; i < count; ++i) b.models.push_back(in.string(kModelIdBytesMax));
    b.bond = in.amount();
    b.evidence = in.bytes(kEvidenceBytesMax);
}

void put(Writer& out, const op::DeregisterProvider& b) { out.string(b.provider_id); }
void get(Reader& in, op::DeregisterProvider& b) { b.provider_id = in.string(kProviderIdBytesMax); }

void put(Writer& out, const op::WithdrawBond& b) { out.string(b.provider_id); }
void get(Reader& in, op::WithdrawBond& b) { b.provider_id = in.string(kProviderIdBytesMax); }

void put(Writer& out, const op::RegisterModel& b) {
    b.model->encode(out);
    out.fixed(b.license_root);
}
void get(Reader& in, op::RegisterModel& b) {
    b.model = Model::decode(in);
    b.license_root = in.hash();
}

void put(Writer& out, const op::SubmitTask& b) {
    out.string(b.job_id)
        .u8(static_cast<std::uint8_t>(b.type))
        .u8(static_cast<std::uint8_t>(b.mode));
    out.string(b.model_id).u32(b.input_row).amount(b.fee);
}
void get(Reader& in, op::SubmitTask& b) {
    b.job_id = in.string(kJobIdBytesMax);
    b.type = in.enumerator<TaskType>();
    b.mode = in.enumerator<VerificationMode>();
    b.model_id = in.string(kModelIdBytesMax);
    b.input_row = in.u32();
    b.fee = in.amount();
}

void put(Writer& out, const op::Commit& b) {
    out.string(b.job_id).string(b.provider_id).fixed(b.commitment);
}
void get(Reader& in, op::Commit& b) {
    b.job_id = in.string(kJobIdBytesMax);
    b.provider_id = in.string(kProviderIdBytesMax);
    b.commitment = in.hash();
}

void put(Writer& out, const op::Reveal& b) {
    out.string(b.job_id)
        .string(b.provider_id)
        .u8(b.answer)
        .fixed(b.embedding_digest)
        .fixed(b.nonce);
}
void get(Reader& in, op::Reveal& b) {
    b.job_id = in.string(kJobIdBytesMax);
    b.provider_id = in.string(kProviderIdBytesMax);
    b.answer = in.u8();
    b.embedding_digest = in.hash();
    b.nonce = in.hash();
}

void put(Writer& out, const op::SubmitResult& b) {
    out.string(b.job_id)
        .string(b.provider_id)
        .u8(b.answer)
        .fixed(b.trace_root)
        .u32(b.compute_time_ms);
}
void get(Reader& in, op::SubmitResult& b) {
    b.job_id = in.string(kJobIdBytesMax);
    b.provider_id = in.string(kProviderIdBytesMax);
    b.answer = in.u8();
    b.trace_root = in.hash();
    b.compute_time_ms = in.u32();
}

void put(Writer& out, const op::Challenge& b) {
    out.string(b.job_id).fixed(b.commitment).boolean(b.claim.has_value());
    if (b.claim) out.u8(*b.claim);
}
void get(Reader& in, op::Challenge& b) {
    b.job_id = in.string(kJobIdBytesMax);
    b.commitment = in.hash();
    if (in.boolean()) b.claim = in.u8();
}

void put(Writer& out, const op::ChallengeReveal& b) {
    out.string(b.job_id).u8(b.claim).fixed(b.salt);
}
void get(Reader& in, op::ChallengeReveal& b) {
    b.job_id = in.string(kJobIdBytesMax);
    b.claim = in.u8();
    b.salt = in.hash();
}

void put(Writer& out, const op::DisputeMove& b) {
    out.string(b.job_id).fixed(b.challenger).boolean(b.opens);
    if (!b.opens) {
        out.boolean(b.agrees);
        return;
    }
    out.fixed(b.input).u8(b.output).u32(static_cast<std::uint32_t>(b.proof.size()));
    for (const Hash32& node : b.proof) out.fixed(node);
}
void get(Reader& in, op::DisputeMove& b) {
    b.job_id = in.string(kJobIdBytesMax);
    b.challenger = in.fixed<20>();
    b.opens = in.boolean();
    if (!b.opens) {
        b.agrees = in.boolean();
        return;
    }
    b.input = in.hash();
    b.output = in.u8();
    const std::uint32_t count = in.list(kProofNodesMax, 32);
    for (std::uint32_t i = 0; i < count; ++i) b.proof.push_back(in.hash());
}

void put(Writer& out, const op::ClaimRewards& b) { out.string(b.provider_id); }
void get(Reader& in, op::ClaimRewards& b) { b.provider_id = in.string(kProviderIdBytesMax); }

void put(Writer& out, const op::Attest& b) {
    out.string(b.provider_id);
    put_struct(out, *b.attestation);
    out.bytes(b.evidence);
}
void get(Reader& in, op::Attest& b) {
    b.provider_id = in.string(kProviderIdBytesMax);
    b.attestation = get_struct<abi::AttestationOp>(in);
    b.evidence = in.bytes(kEvidenceBytesMax);
}

void put(Writer& out, const op::ModelUpdate& b) { put_struct(out, *b.update); }
void get(Reader& in, op::ModelUpdate& b) { b.update = get_struct<abi::ModelOp>(in); }

void put(Writer& out, const op::Evidence& b) {
    out.u32(b.validator).u64(b.slot).fixed(b.first_id).bytes(b.first_authorization);
    out.fixed(b.second_id).bytes(b.second_authorization);
}
void get(Reader& in, op::Evidence& b) {
    b.validator = in.u32();
    b.slot = in.u64();
    b.first_id = in.hash();
    b.first_authorization = in.bytes(kAuthorizationBytesMax);
    b.second_id = in.hash();
    b.second_authorization = in.bytes(kAuthorizationBytesMax);
}

// Reads the alternative with index `kind`; the recursion over indexes is resolved at compile time.
template <std::size_t I = 0>
OperationBody get_body(Reader& in, std::size_t kind) {
    if constexpr (I < std::variant_size_v<OperationBody>) {
        if (kind != I) return get_body<I + 1>(in, kind);
        std::variant_alternative_t<I, OperationBody> body;
        get(in, body);
        return body;
    } else {
        in.set_fault("unknown operation kind");
        return {};
    }
}

}  // namespace

std::string_view operation_name(const OperationBody& body) { return kNames.at(body.index()); }

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

Bytes Operation::encode() const {
    Writer out;
    out.reserve(160);
    out.fixed(sender).u64(nonce).u8(static_cast<std::uint8_t>(body.index()));
    std::visit([&out](const auto& b) { put(out, b); }, body);
    return out.take();
}

Result<Operation> Operation::decode(ByteView bytes) {
    Reader in(bytes);
    Operation operation;
    operation.sender = in.fixed<20>();
    operation.nonce = in.u64();
    const std::size_t kind = in.u8();
    operation.body = get_body(in, kind);
    AIVM_TRY(in.finish());
    return operation;
}

SignedOperation::SignedOperation(Operation operation, Bytes authorization)
    : operation_(std::move(operation)),
      bytes_(operation_.encode()),
      authorization_(std::move(authorization)),
      id_(sha256(bytes_)) {}

OperationPtr SignedOperation::unsealed(const Address& sender, std::uint64_t nonce,
                                       OperationBody&& body) {
    return std::make_shared<const SignedOperation>(Unsealed(), sender, nonce, std::move(body));
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
