#include "core/registry/kernel_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <set>

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/base/mutant.h"
#include "core/config/limits.h"
#include "core/ledger/ledger.h"
#include "core/registry/attestation.h"

namespace aivm {
namespace {

constexpr std::uint32_t kRegister = 0;  // ModelOp kinds, see kernels/provenance_apply.cpp
constexpr std::uint32_t kUpdateWeights = 1;
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
Result<DeviceStatus> check_new_evidence(const Transition& t, const op::Attest& a,
                                        const Provider& provider) {
    const Hash32 digest = keccak256(a.evidence);
    if (std::memcmp(digest.data(), a.attestation->tee_quote_digest, digest.size()) != 0) {
        return fail(ErrorCode::kInvalidArgument,
                    "the quote digest is not the keccak of the evidence");
    }
    AIVM_ASSIGN(const DeviceStatus status,
                check_encoded_evidence(a.evidence, a.provider_id,
                                       attestation_check(t.rules(), t.block().timestamp_ns)));
    if (status.last_seen_ns <= provider.attested_at_ns) {
        return fail(ErrorCode::kDuplicate, a.provider_id + " has shown this or newer evidence");
    }
    return status;
}

// The provider's slot for the device with this key: renewals of one device share a slot.
Hash32 attestation_key(const op::Attest& a) {
    const auto& key = a.attestation->attesting_key;
    Writer out;
    out.string("aivm-attestation").string(a.provider_id).raw(ByteView(key));
    if (AIVM_MUTANT(F6)) out.raw(a.evidence);
    return keccak256(out.view());
}

// A provider may use a slot that it has, or a new one while it has fewer than it is allowed.
Status check_slot(const Transition& t, const Provider& provider, const Hash32& key) {
    if (std::ranges::find(provider.attestation_keys, key) != provider.attestation_keys.end())
        return {};
    if (provider.attestation_keys.size() < t.policy().attestation_slots_per_provider) return {};
    return fail(ErrorCode::kLimitReached, fmt::format("{} attests {} devices already", provider.id,
                                                      provider.attestation_keys.size()));
}

// The model's first version, by its root; checks that it is registered, not retired, and the
// sender's.
Result<ModelIndex> find_updatable(const Transition& t, const Address& sender, const Hash32& root) {
    for (std::size_t i = 0; i < t.state().model_status.size(); ++i) {
        const ModelStatus& status = t.state().model_status[i];
        if (status.root != root || status.first.value != i) continue;
        if (status.retired) return fail(ErrorCode::kWrongState, "the model is retired");
        if (status.owner != sender)
            return fail(ErrorCode::kNotAuthorized, "only a model's owner may update it");
        return status.first;
    }
    return fail(ErrorCode::kNotFound, "model root");
}

// New weights come with an update of weights and with nothing else, and are those that it names.
Result<std::optional<abi::InferenceWeights>> new_weights(const op::ModelUpdate& u) {
    std::optional<abi::InferenceWeights> weights;
    const std::size_t wanted = u.update->kind == kUpdateWeights ? sizeof(abi::InferenceWeights) : 0;
    if (u.weights.size() != wanted)
        return fail(ErrorCode::kInvalidArgument,
                    "an update of weights carries them, no other does");
    if (u.weights.empty()) return weights;
    std::memcpy(&weights.emplace(), u.weights.data(), u.weights.size());
    const Hash32 digest = weights_digest(*weights);
    if (std::memcmp(digest.data(), u.update->weight_hash, digest.size()) != 0)
        return fail(ErrorCode::kInvalidArgument, "weight_hash is not the digest of the weights");
    return weights;
}

Hash32 hash_from(const std::uint8_t (&bytes)[32]) {
    Hash32 out;
    std::memcpy(out.data(), bytes, out.size());
    return out;
}

// Frees the places of providers whose attestations are no longer in the table.
void forget_dropped_keys(Transition& t, const std::set<Hash32>& kept) {
    for (std::uint32_t i = 0; i < t.state().providers.size(); ++i) {
        const auto& keys = t.read_provider(ProviderIndex{i}).attestation_keys;
        const auto is_kept = [&](const Hash32& key) { return kept.contains(key); };
        if (std::ranges::all_of(keys, is_kept)) continue;
        decltype(Provider::attestation_keys) left;
        std::ranges::copy_if(keys, std::back_inserter(left), is_kept);
        t.edit_provider(ProviderIndex{i}).attestation_keys = left;
    }
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
    const Address owner = model.owner;
    ModelStatus& status = t.edit_model_status(t.add_model(std::move(model)));
    status.root = root;
    status.owner = owner;
    return {};
}

Status register_model(Transition& t, const Address& sender, const op::RegisterModel& r) {
    Model model = *r.model;
    model.owner = sender;
    const Amount fee = t.policy().model_fee;
    const Amount deposit = t.policy().model_deposit;
    const auto price = fee.checked_plus(deposit);
    if (!price) return fail(ErrorCode::kOverflow, "model_fee and model_deposit");
    AIVM_TRY(ledger::check_balance(t.state(), sender, *price));
    AIVM_TRY(add_model(t, std::move(model), r.license_root));
    const ModelIndex index = *t.state().find_model(r.model->id);
    if (!AIVM_MUTANT(F5)) ledger::burn_from(t, sender, fee);
    ledger::lock(t, sender, ledger::Pot::kModelDeposits, deposit);
    t.edit_model_status(index).deposit = deposit;
    t.emit(event::ModelRegistered{index, fee, deposit});
    return {};
}

Status retire_model(Transition& t, const Address& sender, const op::RetireModel& r) {
    const auto index = t.state().find_model(r.model_id);
    if (!index) return fail(ErrorCode::kNotFound, "model " + r.model_id);
    const ModelStatus& status = t.read_model_status(*index);
    if (status.owner != sender)
        return fail(ErrorCode::kNotAuthorized, "only a model's owner may retire it");
    if (status.retired) return fail(ErrorCode::kWrongState, r.model_id + " is retired already");
    const Amount deposit = status.deposit;
    ModelStatus& retired = t.edit_model_status(*index);
    retired.retired = true;
    retired.deposit = Amount();
    ledger::release(t, ledger::Pot::kModelDeposits, sender, deposit);
    t.emit(event::ModelRetired{*index, deposit});
    return {};
}

Status update_model(Transition& t, const Address& sender, const op::ModelUpdate& u) {
    if (u.update->kind == kRegister || u.update->kind > kTransfer) {
        return fail(ErrorCode::kInvalidArgument, "an update is of kind 1, 2 or 3");
    }
    AIVM_TRY(status_of(t.state().kernels.check(*u.update)));
    Hash32 root;
    std::memcpy(root.data(), u.update->model_root, root.size());
    AIVM_ASSIGN(const ModelIndex first, find_updatable(t, sender, root));
    AIVM_ASSIGN(const auto weights, new_weights(u));
    if (weights) AIVM_TRY(ledger::check_balance(t.state(), sender, t.policy().model_fee));
    apply(t, *u.update);
    if (weights) {
        // The state keeps the whole model again, so that this costs what a registration does.
        Model next = t.read_model(t.read_model_status(first).newest);
        next.weights = *weights;
        const ModelIndex version = t.add_model(std::move(next), first);
        ledger::burn_from(t, sender, t.policy().model_fee);
        t.emit(event::ModelRegistered{version, t.policy().model_fee, Amount()});
    }
    if (u.update->kind == kTransfer) {
        Address& owner = t.edit_model_status(first).owner;
        std::memcpy(owner.data(), u.update->owner_addr, owner.size());
    }
    return {};
}

Status attest(Transition& t, const Address& sender, const op::Attest& a) {
    const auto provider = t.state().find_provider(a.provider_id);
    if (!provider) return fail(ErrorCode::kProviderNotFound, a.provider_id);
    if (t.read_provider(*provider).owner != sender)
        return fail(ErrorCode::kNotAuthorized, a.provider_id);
    if (t.read_provider(*provider).status == ProviderStatus::kLeft)
        return fail(ErrorCode::kWrongState, a.provider_id + " has left");
    AIVM_ASSIGN(const DeviceStatus trust, check_new_evidence(t, a, t.read_provider(*provider)));
    const Hash32 key = attestation_key(a);
    AIVM_TRY(check_slot(t, t.read_provider(*provider), key));
    abi::AttestationOp update = *a.attestation;
    std::memcpy(update.tee_quote_digest, key.data(), key.size());
    AIVM_TRY(status_of(t.state().kernels.check(update)));
    const KernelOutcome outcome =
        t.edit_kernels().apply_attestations(*t.rules().kernels, descriptor(t), {&update, 1});
    AIVM_CHECK(outcome.code == abi::kOk && outcome.applied == 1);
    t.record_kernel_operation(KernelTable::kAttestations, outcome.changed);
    Provider& attested = t.edit_provider(*provider);
    if (std::ranges::find(attested.attestation_keys, key) == attested.attestation_keys.end())
        attested.attestation_keys.push_back(key);
    set_trust(attested, trust);
    t.emit(event::ProviderAttested{*provider, trust.trust_score,
                                   trust.mode == AttestationMode::kHardware});
    return {};
}

void rebuild_registries(Transition& t) {
    const TimestampNs now = t.block().timestamp_ns;
    std::set<Hash32> live_keys;
    for (std::uint32_t i = 0; i < t.state().providers.size(); ++i) {
        const Provider& p = t.read_provider(ProviderIndex{i});
        if (p.status == ProviderStatus::kLeft) continue;
        live_keys.insert(p.attestation_keys.begin(), p.attestation_keys.end());
    }
    std::set<Hash32> retired_roots;
    t.state().model_status.for_each([&](std::size_t, const ModelStatus& status) {
        if (status.retired) retired_roots.insert(status.root);
    });
    std::set<Hash32> kept;
    const auto keep_attestation = [&](const abi::Attestation& slot) {
        const Hash32 key = hash_from(slot.tee_quote_digest);
        const bool expired = slot.expiry_ns != 0 && slot.expiry_ns <= now;
        if (expired || !live_keys.contains(key)) return false;
        kept.insert(key);
        return true;
    };
    t.touch_kernel_slots(KernelTable::kAttestations,
                         t.edit_kernels().rebuild_attestations(keep_attestation));
    t.touch_kernel_slots(KernelTable::kModels,
                         t.edit_kernels().rebuild_models([&](const abi::ModelRegistryEntry& slot) {
                             return !retired_roots.contains(hash_from(slot.model_root));
                         }));
    forget_dropped_keys(t, kept);
}

}  // namespace aivm
