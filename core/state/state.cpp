#include "core/state/state.h"

#include <array>
#include <cstring>

#include "core/base/check.h"

namespace aivm {
namespace {

// The hash under which something of one result is found.
std::uint64_t result_hash(TaskIndex task, std::uint32_t assignment, ByteView part) {
    std::array<std::uint8_t, 8 + Address::size_bytes> key{};
    AIVM_CHECK(part.size() <= key.size() - 8);
    std::memcpy(key.data(), &task.value, 4);
    std::memcpy(key.data() + 4, &assignment, 4);
    std::memcpy(key.data() + 8, part.data(), part.size());
    return table_hash({key.data(), 8 + part.size()});
}
std::uint64_t step_hash(TaskIndex task, std::uint32_t assignment, std::uint32_t step) {
    return result_hash(task, assignment, {reinterpret_cast<const std::uint8_t*>(&step), 4});
}

}  // namespace

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
    const auto row = model_ids.find(name_hash(id), [&](std::uint32_t i) {
        return i < models.size() && models[i]->id == id && model_status[i].first.value == i;
    });
    return row ? std::optional(ModelIndex{*row}) : std::nullopt;
}

void State::index_dispute(DisputeIndex index) {
    const Dispute& d = dispute(index);
    if (d.attempt == 1)
        first_disputes.add(result_hash(d.task, d.assignment, d.challenger.view()), index.value);
}

void State::index_trace_node(TraceNodeIndex index) {
    const TraceNode& node = trace_node(index);
    steps_asked.add(step_hash(node.task, node.assignment, node.step), index.value);
}

std::optional<DisputeIndex> State::find_first_dispute(TaskIndex index,
                                                      const Address& challenger) const {
    const std::uint32_t assignment = task(index).assignments;
    const auto row = first_disputes.find(result_hash(index, assignment, challenger.view()),
                                         [&](std::uint32_t i) {
                                             if (i >= disputes.size()) return false;
                                             const Dispute& d = disputes[i];
                                             return d.task == index && d.assignment == assignment &&
                                                    d.challenger == challenger && d.attempt == 1;
                                         });
    return row ? std::optional(DisputeIndex{*row}) : std::nullopt;
}

std::optional<DisputeIndex> State::find_dispute(TaskIndex index, const Address& challenger) const {
    const auto first = find_first_dispute(index, challenger);
    return first ? std::optional(dispute(*first).latest) : std::nullopt;
}

std::optional<TraceNodeIndex> State::find_trace_node(TaskIndex index, std::uint32_t step) const {
    const std::uint32_t assignment = task(index).assignments;
    const auto row = steps_asked.find(step_hash(index, assignment, step), [&](std::uint32_t i) {
        return i < trace_nodes.size() && trace_nodes[i].task == index &&
               trace_nodes[i].assignment == assignment && trace_nodes[i].step == step;
    });
    return row ? std::optional(TraceNodeIndex{*row}) : std::nullopt;
}

}  // namespace aivm
