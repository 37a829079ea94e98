// Operations that end in the kernel tables: models and attestations. What a kernel would drop or
// ignore without a word is refused here, so that the sender hears of it.
#pragma once

#include "core/chain/operation.h"
#include "core/state/transition.h"

namespace aivm {

// The digest under which a model stands in the kernel's registry.
Hash32 model_root(const Model& model);

// Puts the model, owner included, into the state and the kernel's registry. Refuses rows, steps and
// an id out of their limits, an id in use, and a registry that is full.
Status add_model(Transition& t, Model model, const Hash32& license_root);
Status register_model(Transition& t, const Address& sender, const op::RegisterModel& r);
// Only the owner of a registered root may update it.
Status update_model(Transition& t, const Address& sender, const op::ModelUpdate& u);
// Puts the attestation into the kernel's table. Evidence, when there is some, must verify and sets
// the provider's trust.
Status attest(Transition& t, const Address& sender, const op::Attest& a);

}  // namespace aivm
