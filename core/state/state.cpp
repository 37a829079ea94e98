#include "core/state/state.h"

namespace aivm {

void ChainHead::encode(Writer& out) const {
    out.u64(height)
        .u64(timestamp_ns)
        .fixed(beacon)
        .u64(epoch)
        .u64(epoch_started_ns)
        .fixed(last_anchor);
    out.amount(totals.genesis).amount(totals.minted).amount(totals.burned).amount(totals.bonds);
    out.amount(totals.task_escrows).amount(totals.challenge_bonds).amount(totals.credits);
    out.u64(totals.tasks_completed).u64(totals.tasks_failed);
}

ChainHead ChainHead::decode(Reader& in) {
    ChainHead h;
    h.height = in.u64();
    h.timestamp_ns = in.u64();
    h.beacon = in.hash();
    h.epoch = in.u64();
    h.epoch_started_ns = in.u64();
    h.last_anchor = in.hash();
    h.totals.genesis = in.amount();
    h.totals.minted = in.amount();
    h.totals.burned = in.amount();
    h.totals.bonds = in.amount();
    h.totals.task_escrows = in.amount();
    h.totals.challenge_bonds = in.amount();
    h.totals.credits = in.amount();
    h.totals.tasks_completed = in.u64();
    h.totals.tasks_failed = in.u64();
    return h;
}

Amount State::balance(const Address& address) const {
    const Account* account = accounts.find(address);
    return account ? account->balance : Amount();
}

std::uint64_t State::nonce(const Address& address) const {
    const Account* account = accounts.find(address);
    return account ? account->nonce : 0;
}

std::optional<TaskIndex> State::find_task(std::string_view job_id) const {
    const auto row = jobs.find(name_hash(job_id), [&](std::uint32_t i) {
        return i < tasks.size() && tasks[i].job_id == job_id;
    });
    return row ? std::optional(TaskIndex{*row}) : std::nullopt;
}

std::optional<ProviderIndex> State::find_provider(std::string_view id) const {
    const auto row = provider_ids.find(name_hash(id), [&](std::uint32_t i) {
        return i < providers.size() && providers[i].id == id;
    });
    return row ? std::optional(ProviderIndex{*row}) : std::nullopt;
}

std::optional<ModelIndex> State::find_model(std::string_view id) const {
    const auto row = model_ids.find(
        name_hash(id), [&](std::uint32_t i) { return i < models.size() && models[i]->id == id; });
    return row ? std::optional(ModelIndex{*row}) : std::nullopt;
}

}  // namespace aivm
