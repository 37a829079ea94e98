#include "core/registry/kernel_operations.h"

#include <fmt/format.h>

#include <cstring>

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/config/limits.h"
#include "core/registry/attestation.h"

namespace aivm {
namespace {

constexpr std::uint32_t kRegister = 0;  // ModelOp kinds, see kernels/provenance_apply.cpp
constexpr std::uint32_t kTransfer = 3;
constexpr std::uint64_t kParameterCount =
    32 * 16 + 16 + 16 + 1;  // weights and biases of both layers

Status status_of(KernelVerdict verdict) {
    switch (verdict) {
        case KernelVerdict::kApplies:
            return {};
        case KernelVerdict::kMalformed:
            return fail(ErrorCode::kInvalidArgument, "a key, root or hash is zero");
        case KernelVerdict::kTableFull:
            return fail(ErrorCode::kTableFull);
        case KernelVerdict::kUnknownModel:
            return fail(ErrorCode::kNotFound, "model root");
        case KernelVerdict::kNotSuccessor:
            return fail(ErrorCode::kConflict, "not the successor of the last anchor");
    }
    AIVM_UNREACHABLE("unknown verdict");
}

abi::AIVMRoundDescriptor descriptor(const Transition& t) {
    abi::AIVMRoundDescriptor desc{};
    desc.timestamp_ns = t.block().timestamp_ns;
    return desc;
}

// Calls the kernel with one operation at a time, so that each is judged against the table that its
// predecessors left.
void apply(Transition& t, const abi::ModelOp& update) {
    const KernelOutcome outcome =
        t.edit_kernels().apply_models(*t.rules().kernels, descriptor(t), {&update, 1});
    AIVM_CHECK(outcome.code == abi::kOk && outcome.applied == 1);
    t.record_kernel_operation(KernelTable::kModels, outcome.changed);
}

// Evidence for the provider must match the operation's quote digest, verify, and be newer than the
// provider's last evidence, so that old evidence with a better score cannot be used again.
Result<std::optional<DeviceStatus>> check_new_evidence(const Transition& t, const op::Attest& a,
                                                       const Provider& provider) {
    if (a.evidence.empty()) return std::optional<DeviceStatus>();
    const Hash32 digest = keccak256(a.evidence);
    if (std::memcmp(digest.data(), a.attestation->tee_quote_digest, digest.size()) != 0) {
        return fail(ErrorCode::kInvalidArgument,
                    "the quote digest is not the keccak of the evidence");
    }
    AIVM_ASSIGN(const DeviceStatus status, check_evidence(t, a.evidence, a.provider_id));
    if (status.last_seen_ns <= provider.attested_at_ns) {
        return fail(ErrorCode::kDuplicate, a.provider_id + " has shown this or newer evidence");
    }
    return std::optional(status);
}

// Rows, steps and id within their limits, and an id not in use. Under a tolerance, disputes on the
// model must not need bisection.
Status check_model(const State& state, const Policy& policy, const Model& m) {
    if (m.id.empty() || m.id.size() > kModelIdBytesMax)
        return fail(ErrorCode::kInvalidArgument, "model id");
    if (state.find_model(m.id)) return fail(ErrorCode::kDuplicate, "model " + m.id);
    if (m.rows.empty() || m.rows.size() % kInputBytes != 0 || m.row_count() > kFeatureRowsMax) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("a model has 1 to {} feature rows", kFeatureRowsMax));
    }
    if (m.steps == 0 || m.steps > kStepsMax) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("a model has 1 to {} steps", kStepsMax));
    }
    if (policy.answer_tolerance > 0 && m.steps > policy.one_step_steps_max) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("under an answer_tolerance disputes run the whole model: it has at "
                                "most {} steps (one_step_steps_max), not {}",
                                policy.one_step_steps_max, m.steps));
    }
    return {};
}

}  // namespace

Hash32 model_root(const Model& model) {
    Writer encoding;
    encode(encoding, model);
    return keccak256(encoding.view());
}

Status add_model(Transition& t, Model model, const Hash32& license_root) {
    AIVM_TRY(check_model(t.state(), t.policy(), model));
    abi::ModelOp update{};
    const Hash32 root = model_root(model);
    const Hash32 weights = weights_digest(model.weights);
    std::memcpy(update.model_root, root.data(), root.size());
    std::memcpy(update.weight_hash, weights.data(), weights.size());
    std::memcpy(update.license_root, license_root.data(), license_root.size());
    std::memcpy(update.owner_addr, model.owner.data(), model.owner.size());
    update.parameter_count = kParameterCount;
    update.kind = kRegister;
    AIVM_TRY(status_of(t.state().kernels.check(update)));
    apply(t, update);
    t.add_model(std::move(model));
    return {};
}

Status register_model(Transition& t, const Address& sender, const op::RegisterModel& r) {
    Model model = *r.model;
    model.owner = sender;
    return add_model(t, std::move(model), r.license_root);
}

Status update_model(Transition& t, const Address& sender, const op::ModelUpdate& u) {
    if (u.update->kind == kRegister || u.update->kind > kTransfer) {
        return fail(ErrorCode::kInvalidArgument, "an update is of kind 1, 2 or 3");
    }
    AIVM_TRY(status_of(t.state().kernels.check(*u.update)));
    Hash32 root;
    std::memcpy(root.data(), u.update->model_root, root.size());
    const abi::ModelRegistryEntry* entry = t.state().kernels.find_model(root);
    if (std::memcmp(entry->owner_addr, sender.data(), sender.size()) != 0) {
        return fail(ErrorCode::kNotAuthorized, "only a model's owner may update it");
    }
    apply(t, *u.update);
    return {};
}

Status attest(Transition& t, const Address& sender, const op::Attest& a) {
    const auto provider = t.state().find_provider(a.provider_id);
    if (!provider) return fail(ErrorCode::kProviderNotFound, a.provider_id);
    if (t.read_provider(*provider).owner != sender)
        return fail(ErrorCode::kNotAuthorized, a.provider_id);
    AIVM_TRY(status_of(t.state().kernels.check(*a.attestation)));
    AIVM_ASSIGN(const auto trust, check_new_evidence(t, a, t.read_provider(*provider)));
    const KernelOutcome outcome = t.edit_kernels().apply_attestations(
        *t.rules().kernels, descriptor(t), {&*a.attestation, 1});
    AIVM_CHECK(outcome.code == abi::kOk && outcome.applied == 1);
    t.record_kernel_operation(KernelTable::kAttestations, outcome.changed);
    if (trust) {
        set_trust(t.edit_provider(*provider), *trust);
        t.emit(event::ProviderAttested{*provider, trust->trust_score,
                                       trust->mode == AttestationMode::kHardware});
    }
    return {};
}

}  // namespace aivm
