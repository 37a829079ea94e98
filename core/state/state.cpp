#include "core/state/state.h"

namespace aivm {

Amount State::balance(const Address& address) const {
    const Account* account = accounts.find(address);
    return account ? account->balance : Amount();
}

Nonces State::nonces(const Address& address) const {
    const Account* account = accounts.find(address);
    return account ? account->nonces : Nonces();
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
