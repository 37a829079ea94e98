// Operations that change the kernel tables: models and attestations. Operations that a kernel would
// silently ignore are refused here, so that the sender learns the reason.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// The digest by which the kernel's registry knows a model.
Hash32 model_root(const Model& model);

// Adds the model, with its owner, to the state and the kernel's registry. Refuses rows, steps or an
// id outside of their limits, an id in use, and a full registry.
Status add_model(Transition& t, Model model, const Hash32& license_root);
// As add_model; burns model_fee and holds model_deposit of the sender, so that nobody fills the
// registry for nothing.
Status register_model(Transition& t, const Address& sender, const op::RegisterModel& r);
// The model takes no more tasks, its deposit returns to its owner, and its slot in the registry is
// freed when the epoch closes. Its id stays taken.
Status retire_model(Transition& t, const Address& sender, const op::RetireModel& r);
// Only the owner of a registered root may update it. New weights (kind 1) come with the operation,
// burn model_fee, and are run by tasks submitted from then on; kind 3 changes the owner.
Status update_model(Transition& t, const Address& sender, const op::ModelUpdate& u);
// Updates the slot of this provider's device (its attesting key) in the kernel's table, or takes
// one of the attestation_slots_per_provider. Requires a provider that has not left and evidence
// that verifies, whose trust the provider gains.
Status attest(Transition& t, const Address& sender, const op::Attest& a);

// Rebuilds both registries without expired attestations, those of providers that have left, and
// retired models; at the end of an epoch.
void rebuild_registries(Transition& t);

}  // namespace aivm
