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
Status register_model(Transition& t, const Address& sender, const op::RegisterModel& r);
// Only the owner of a registered root may update it.
Status update_model(Transition& t, const Address& sender, const op::ModelUpdate& u);
// Adds the attestation to the kernel's table. Evidence is optional; it must verify, and sets the
// provider's trust.
Status attest(Transition& t, const Address& sender, const op::Attest& a);

}  // namespace aivm
