#include "core/dag/operation_access.h"

#include <fmt/format.h>

#include "core/tasks/admission.h"

namespace aivm {
namespace {

std::string name_of(const Address& address) { return to_hex(address.view()); }

// The provider whose readiness to be drawn an operation may change; null if it is none.
const std::string* market_change_of(const OperationBody& body) {
    if (const auto* b = std::get_if<op::RegisterProvider>(&body)) return &b->provider_id;
    if (const auto* b = std::get_if<op::AddBond>(&body)) return &b->provider_id;
    if (const auto* b = std::get_if<op::DeregisterProvider>(&body)) return &b->provider_id;
    if (const auto* b = std::get_if<op::WithdrawBond>(&body)) return &b->provider_id;
    return nullptr;
}

}  // namespace

std::string StateEntry::text() const {
    return name.empty() ? std::string(word(kind)) : fmt::format("{} {}", word(kind), name);
}

// Collects the accesses of one operation.
class AccessCollector {
public:
    AccessCollector(const OperationAccess& among, const Address& sender)
        : among_(among), sender_(sender) {}

    void note(EntryKind kind, std::string name, Access access) {
        const auto [entry, fresh] = out_.try_emplace({kind, std::move(name)}, access);
        if (!fresh && entry->second != access) entry->second = Access::kWrite;
    }
    Accesses take() { return std::move(out_); }

    void operator()(const op::SubmitTask& b) {
        note(EntryKind::kJob, stored_job_id(among_.parameters_, sender_, b), Access::kWrite);
        note(EntryKind::kModel, b.model_id, Access::kRead);
        note(EntryKind::kModelVersions, {}, Access::kRead);
        if (among_.queue_matters_) note(EntryKind::kQueue, {}, Access::kWrite);
        if (is_surely_offered(b.model_id)) return;
        for (const std::string& provider : among_.market_changes_)
            note(EntryKind::kProvider, provider, Access::kRead);
    }
    void operator()(const op::RegisterProvider& b) {
        note(EntryKind::kProvider, b.provider_id, Access::kWrite);
        for (const std::string& model : b.models) note(EntryKind::kModel, model, Access::kRead);
    }
    void operator()(const op::RegisterModel& b) {
        note(EntryKind::kModel, b.model->id, Access::kWrite);
        note(EntryKind::kKernelTables, {}, Access::kWrite);
    }
    void operator()(const op::RetireModel& b) {
        note(EntryKind::kModel, b.model_id, Access::kWrite);
        note(EntryKind::kModelVersions, {}, Access::kWrite);
    }
    void operator()(const op::ModelUpdate&) {
        note(EntryKind::kModelVersions, {}, Access::kWrite);
        note(EntryKind::kKernelTables, {}, Access::kWrite);
    }
    void operator()(const op::Attest& b) {
        note(EntryKind::kProvider, b.provider_id, Access::kWrite);
        note(EntryKind::kKernelTables, {}, Access::kWrite);
    }
    void operator()(const op::ClaimRewards& b) {
        note(EntryKind::kProvider, b.provider_id, Access::kWrite);
        std::set<Address> wallets;
        if (const auto known = among_.new_wallets_.find(b.provider_id);
            known != among_.new_wallets_.end())
            wallets = known->second;
        if (const auto provider = among_.start_.find_provider(b.provider_id))
            wallets.insert(among_.start_.provider(*provider).wallet);
        for (const Address& wallet : wallets)
            note(EntryKind::kAccount, name_of(wallet), Access::kAdd);
    }
    void operator()(const op::Evidence&) { note_validators(); }
    void operator()(const op::JoinValidators&) { note_validators(); }
    void operator()(const op::WithdrawStake&) { note_validators(); }
    // All others name a provider, a job or both, and concern nothing else.
    template <class Body>
    void operator()(const Body& b) {
        if constexpr (requires { b.provider_id; })
            note(EntryKind::kProvider, b.provider_id, Access::kWrite);
        if constexpr (requires { b.job_id; }) note(EntryKind::kJob, b.job_id, Access::kWrite);
    }

private:
    void note_validators() { note(EntryKind::kValidators, {}, Access::kWrite); }

    // Whether a provider offers the model whatever the block does.
    [[nodiscard]] bool is_surely_offered(const std::string& model_id) const {
        if (among_.market_changes_.empty()) return true;
        const auto model = among_.start_.find_model(model_id);
        if (!model) return false;
        bool found = false;
        among_.start_.providers.for_each([&](std::size_t, const Provider& p) {
            found = found || (p.active() && p.offers(*model) &&
                              p.bond >= among_.parameters_.config.min_provider_bond &&
                              !among_.market_changes_.contains(p.id));
        });
        return found;
    }

    const OperationAccess& among_;
    const Address& sender_;
    Accesses out_;
};

OperationAccess::OperationAccess(const State& start, const VmParameters& parameters,
                                 const std::vector<OperationPtr>& operations)
    : start_(start), parameters_(parameters) {
    std::uint64_t submissions = 0;
    for (const OperationPtr& operation : operations) {
        if (std::holds_alternative<op::SubmitTask>(operation->body())) ++submissions;
        if (const std::string* provider = market_change_of(operation->body()))
            market_changes_.insert(*provider);
        if (const auto* b = std::get_if<op::RegisterProvider>(&operation->body()))
            new_wallets_[b->provider_id].insert(b->wallet);
    }
    // Submissions compete only where the length of the queue changes the price or reaches its end.
    const std::uint64_t waiting = start.waiting_tasks;
    const std::uint64_t after = waiting + submissions;
    queue_matters_ = after > parameters.config.max_task_queue_size ||
                     required_fee(parameters, waiting) != required_fee(parameters, after);
}

Accesses OperationAccess::of(const SignedOperation& operation, ValidatorIndex proposer) const {
    AccessCollector collector(*this, operation.sender());
    collector.note(EntryKind::kAccount, name_of(operation.sender()), Access::kWrite);
    if (!operation.inclusion_fee().is_zero()) {
        const bool is_known = proposer.value < start_.validators.size();
        const Address payee = is_known ? start_.validator(proposer).address : Address();
        collector.note(EntryKind::kAccount, name_of(payee), Access::kAdd);
        collector.note(EntryKind::kValidators, {}, Access::kRead);
    }
    std::visit(collector, operation.body());
    return collector.take();
}

Bytes job_contents(const State& state, TaskIndex index) {
    Task task = state.task(index);
    Writer out;
    for (DisputeList* list : {&task.disputes, &task.claims}) {
        state.for_each_dispute(*list, [&](DisputeIndex, Dispute dispute) {
            dispute.task = {};
            dispute.next = dispute.latest = dispute.next_asking = {};
            encode(out, dispute);
        });
        list->first = list->last = {};
    }
    encode(out, task);
    return out.take();
}

Bytes entry_contents(const State& state, const StateEntry& entry) {
    switch (entry.kind) {
        case EntryKind::kAccount: {
            const auto address = fixed_from_hex<Address::size_bytes>(entry.name);
            const Account* account = address ? state.accounts.find(*address) : nullptr;
            return account != nullptr ? contents_bytes(*account) : Bytes{};
        }
        case EntryKind::kProvider: {
            const auto provider = state.find_provider(entry.name);
            return provider ? contents_bytes(state.provider(*provider)) : Bytes{};
        }
        case EntryKind::kJob: {
            const auto task = state.find_task(entry.name);
            return task ? job_contents(state, *task) : Bytes{};
        }
        case EntryKind::kModel: {
            const auto model = state.find_model(entry.name);
            return model ? contents_bytes(state.status_of_model(*model)) : Bytes{};
        }
        case EntryKind::kQueue:
            return Writer().u32(state.waiting_tasks).take();
        case EntryKind::kValidators: {
            Writer out;
            state.validators.for_each(
                [&](std::size_t, const Validator& validator) { encode(out, validator); });
            return out.take();
        }
        case EntryKind::kModelVersions:
        case EntryKind::kKernelTables:
            return {};
    }
    AIVM_UNREACHABLE("unknown kind of entry");
}

}  // namespace aivm
