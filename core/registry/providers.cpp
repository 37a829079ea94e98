#include "core/registry/providers.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mutant.h"
#include "core/config/limits.h"
#include "core/ledger/ledger.h"
#include "core/registry/attestation.h"

namespace aivm {
namespace {

using Models = decltype(Provider::models);

Result<Models> find_models(const State& state, const std::vector<std::string>& names) {
    Models models;
    for (const std::string& name : names) {
        const auto model = state.find_model(name);
        if (!model) return fail(ErrorCode::kInvalidArgument, "unknown model " + name);
        models.push_back(*model);
    }
    std::sort(models.begin(), models.end());
    if (std::adjacent_find(models.begin(), models.end()) != models.end()) {
        return fail(ErrorCode::kInvalidArgument, "a model is advertised twice");
    }
    return models;
}

// Without the obligation rule, one that has left may still owe.
bool may_return(const Provider& p, const Address& sender) {
    return p.status == ProviderStatus::kLeft && p.owner == sender && p.obligations == 0 &&
           !p.penalty_due;
}

Status check_registration(const Transition& t, const Address& sender,
                          const op::RegisterProvider& r) {
    if (r.provider_id.empty() || r.provider_id.size() > kProviderIdBytesMax) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("a provider's id has 1 to {} bytes", kProviderIdBytesMax));
    }
    if (r.endpoint.size() > kEndpointBytesMax || r.models.size() > kModelsPerProviderMax ||
        r.evidence.size() > kEvidenceBytesMax) {
        return fail(ErrorCode::kInvalidArgument,
                    "the endpoint, the models or the evidence are too long");
    }
    if (const auto known = t.state().find_provider(r.provider_id);
        known && !may_return(t.read_provider(*known), sender))
        return fail(ErrorCode::kDuplicate, "provider " + r.provider_id);
    if (r.wallet.is_zero() || r.wallet == escrow_address())
        return fail(ErrorCode::kInvalidArgument, "wallet");
    if (r.bond < t.config().min_provider_bond) {
        return fail(ErrorCode::kInsufficientFunds,
                    fmt::format("a bond of {} nLUX is below the minimum of {}", r.bond.nlux(),
                                t.config().min_provider_bond.nlux()));
    }
    std::uint32_t owned = 0;
    t.state().providers.for_each([&](std::size_t, const Provider& p) {
        if (p.owner == sender && p.status != ProviderStatus::kLeft) ++owned;
    });
    if (owned >= t.config().max_providers_per_node) {
        return fail(ErrorCode::kLimitReached,
                    fmt::format("one account runs at most {} providers", owned));
    }
    return ledger::check_balance(t.state(), sender, r.bond);
}

// The standing that the registration's evidence earns; unattested when it carries none and none is
// required.
Result<DeviceStatus> check_trust(const Transition& t, const op::RegisterProvider& r) {
    DeviceStatus status;
    if (!r.evidence.empty()) {
        AIVM_ASSIGN(status,
                    check_encoded_evidence(r.evidence, r.provider_id,
                                           attestation_check(t.rules(), t.block().timestamp_ns)));
    }
    if (!t.config().require_tee_attestation) return status;
    if (!status.attested || status.mode != AttestationMode::kHardware) {
        return fail(ErrorCode::kTrustTooLow,
                    r.provider_id + " brings no hardware attestation that verifies");
    }
    if (status.trust_score < t.config().min_trust_score) {
        return fail(ErrorCode::kTrustTooLow,
                    fmt::format("{} scores {}, the minimum is {}", r.provider_id,
                                status.trust_score, t.config().min_trust_score));
    }
    return status;
}

Result<ProviderIndex> find_owned(const State& state, const Address& sender, const std::string& id) {
    const auto index = state.find_provider(id);
    if (!index) return fail(ErrorCode::kProviderNotFound, id);
    if (state.provider(*index).owner != sender) return fail(ErrorCode::kNotAuthorized, id);
    return *index;
}

Provider named(const std::string& id) {
    Provider provider;
    provider.id = id;
    return provider;
}

}  // namespace

Status register_provider(Transition& t, const Address& sender, const op::RegisterProvider& r) {
    AIVM_TRY(check_registration(t, sender, r));
    AIVM_ASSIGN(Models models, find_models(t.state(), r.models));
    AIVM_ASSIGN(const DeviceStatus trust, check_trust(t, r));
    ledger::lock(t, sender, ledger::Pot::kBonds, r.bond);
    const auto known = t.state().find_provider(r.provider_id);
    const ProviderIndex index = known ? *known : t.add_provider(named(r.provider_id));
    Provider& provider = t.edit_provider(index);
    provider.status = ProviderStatus::kActive;
    provider.owner = sender;
    provider.wallet = r.wallet;
    provider.endpoint = r.endpoint;
    provider.models = std::move(models);
    provider.bond += r.bond;
    provider.registered_at = provider.bonded_since = t.block().height;
    if (trust.attested) set_trust(provider, trust);
    t.emit(event::ProviderRegistered{index});
    if (trust.attested)
        t.emit(event::ProviderAttested{index, trust.trust_score,
                                       trust.mode == AttestationMode::kHardware});
    return {};
}

Status add_bond(Transition& t, const Address& sender, const op::AddBond& a) {
    AIVM_ASSIGN(const ProviderIndex index, find_owned(t.state(), sender, a.provider_id));
    if (!t.read_provider(index).active())
        return fail(ErrorCode::kWrongState, a.provider_id + " is leaving");
    if (a.amount.is_zero()) return fail(ErrorCode::kInvalidArgument, "an amount of zero");
    AIVM_TRY(ledger::check_balance(t.state(), sender, a.amount));
    ledger::lock(t, sender, ledger::Pot::kBonds, a.amount);
    Provider& provider = t.edit_provider(index);
    const Amount minimum = t.config().min_provider_bond;
    const bool completes = provider.bond < minimum && provider.bond + a.amount >= minimum;
    provider.bond += a.amount;
    if (completes) provider.bonded_since = t.block().height;
    t.emit(event::BondAdded{index, a.amount});
    return {};
}

Status deregister_provider(Transition& t, const Address& sender, const op::DeregisterProvider& d) {
    AIVM_ASSIGN(const ProviderIndex index, find_owned(t.state(), sender, d.provider_id));
    if (!t.read_provider(index).active())
        return fail(ErrorCode::kWrongState, d.provider_id + " is leaving already");
    Provider& provider = t.edit_provider(index);
    provider.status = ProviderStatus::kUnbonding;
    provider.unbonding_since = t.block().height;
    t.emit(event::ProviderUnbonding{index});
    return {};
}

Status withdraw_bond(Transition& t, const Address& sender, const op::WithdrawBond& w) {
    AIVM_ASSIGN(const ProviderIndex index, find_owned(t.state(), sender, w.provider_id));
    const Provider& leaving = t.read_provider(index);
    if (leaving.status != ProviderStatus::kUnbonding)
        return fail(ErrorCode::kWrongState, w.provider_id);
    const auto free_at =
        checked_add(leaving.unbonding_since,
                    t.policy().unbond_cooldown_blocks / (AIVM_MUTANT(unbond_early) ? 2 : 1));
    if (!free_at) return fail(ErrorCode::kOverflow, "unbonding cooldown");
    if (t.block().height < *free_at) {
        return fail(ErrorCode::kBondLocked,
                    fmt::format("{} may withdraw from block {} on", w.provider_id, *free_at));
    }
    if (!AIVM_MUTANT(D22) && t.policy().obligation_rule && leaving.obligations != 0) {
        return fail(ErrorCode::kBondLocked,
                    fmt::format("{} has {} open obligations", w.provider_id, leaving.obligations));
    }
    if (t.policy().obligation_rule && leaving.penalty_due) {
        return fail(ErrorCode::kBondLocked,
                    fmt::format("a penalty of {} is due in block {}", w.provider_id,
                                leaving.offended_at + t.policy().correlation_window_blocks));
    }
    Provider& provider = t.edit_provider(index);
    const Amount amount = provider.bond;
    provider.bond = Amount();
    provider.status = ProviderStatus::kLeft;
    ledger::release(t, ledger::Pot::kBonds, sender, amount);
    t.emit(event::BondWithdrawn{index, amount});
    return {};
}

}  // namespace aivm
