#include "core/state/provider.h"

#include <algorithm>

#include "core/config/limits.h"

namespace aivm {

bool Provider::offers(ModelIndex model) const {
    return std::binary_search(models.begin(), models.end(), model);
}

void Provider::encode(Writer& out) const {
    out.string(id).fixed(owner).fixed(wallet).string(endpoint);
    out.u32(static_cast<std::uint32_t>(models.size()));
    for (const ModelIndex model : models) out.u32(model.value);
    out.u8(static_cast<std::uint8_t>(status)).amount(bond).amount(locked).amount(credit);
    out.u64(registered_at).u64(unbonding_since);
    out.u8(trust_score).boolean(hardware_attested).u64(attested_at_ns);
    out.u32(open_tasks)
        .u32(obligations)
        .u64(tasks_completed)
        .amount(rewards_total)
        .amount(slashed_total);
}

Provider Provider::decode(Reader& in) {
    Provider p;
    p.id = in.string(kProviderIdBytesMax);
    p.owner = in.fixed<20>();
    p.wallet = in.fixed<20>();
    p.endpoint = in.string(kEndpointBytesMax);
    const std::uint32_t count = in.list(kModelsPerProviderMax, 4);
    for (std::uint32_t i = 0; i < count; ++i) p.models.push_back(ModelIndex{in.u32()});
    p.status = in.enumerator<ProviderStatus>();
    p.bond = in.amount();
    p.locked = in.amount();
    p.credit = in.amount();
    p.registered_at = in.u64();
    p.unbonding_since = in.u64();
    p.trust_score = in.u8();
    p.hardware_attested = in.boolean();
    p.attested_at_ns = in.u64();
    p.open_tasks = in.u32();
    p.obligations = in.u32();
    p.tasks_completed = in.u64();
    p.rewards_total = in.amount();
    p.slashed_total = in.amount();
    return p;
}

}  // namespace aivm
