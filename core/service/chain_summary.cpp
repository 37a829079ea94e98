#include "core/service/chain_summary.h"

#include <limits>

namespace aivm {

ChainSummary::ChainSummary(const State& state,
                           const std::function<TimestampNs(Height)>& timestamp_of) {
    state.tasks.for_each([&](std::size_t i, const Task& task) {
        count_seats(TaskIndex{static_cast<std::uint32_t>(i)}, task, Sign::kAdd);
    });
    state.providers.for_each([&](std::size_t i, const Provider& provider) {
        active_providers_ += provider.active() ? 1 : 0;
        set_provider(ProviderIndex{static_cast<std::uint32_t>(i)}, provider);
    });
    state.model_status.for_each([&](std::size_t i, const ModelStatus& status) {
        set_model(ModelIndex{static_cast<std::uint32_t>(i)}, status);
    });
    add_disputes(state, 0);
    // Receipts are in order of height, so those of the epoch are the last ones.
    for (std::size_t i = state.receipts.size(); i-- > 0;) {
        const Receipt& receipt = state.receipts[i];
        if (timestamp_of(receipt.height) < state.head.epoch_started_ns) break;
        add_payment(receipt.paid);
    }
}

void ChainSummary::add_block(const State& parent, const Executed& block) {
    const State& state = block.state;
    for (const std::uint32_t i : block.touched.tasks) {
        if (i < parent.tasks.size()) count_seats(TaskIndex{i}, parent.tasks[i], Sign::kRemove);
        count_seats(TaskIndex{i}, state.tasks[i], Sign::kAdd);
    }
    for (const std::uint32_t i : block.touched.providers) {
        if (i < parent.providers.size() && parent.providers[i].active()) --active_providers_;
        if (state.providers[i].active()) ++active_providers_;
        set_provider(ProviderIndex{i}, state.providers[i]);
    }
    for (const std::uint32_t i : block.touched.models)
        set_model(ModelIndex{i}, state.model_status[i]);
    add_disputes(state, parent.disputes.size());
    if (state.head.epoch_started_ns != parent.head.epoch_started_ns) epoch_rewards_ = Amount();
    for (std::size_t i = parent.receipts.size(); i < state.receipts.size(); ++i)
        add_payment(state.receipts[i].paid);
}

WorkRecord ChainSummary::work_of(ProviderIndex provider) const {
    return provider.value < work_.size() ? work_[provider.value] : WorkRecord{};
}

std::vector<std::string> ChainSummary::job_history(const State& state,
                                                   ProviderIndex provider) const {
    std::vector<std::string> ids;
    const auto found = jobs_.find(provider);
    if (found == jobs_.end()) return ids;
    for (auto job = found->second.rbegin(); job != found->second.rend(); ++job) {
        if (ids.size() == kJobHistoryMax) break;
        ids.push_back(state.task(*job).job_id);
    }
    return ids;
}

std::vector<DisputeIndex> ChainSummary::disputes_of(TaskIndex task) const {
    const auto found = disputes_.find(task);
    return found == disputes_.end() ? std::vector<DisputeIndex>{} : found->second;
}

// All sums are modulo 2^64, so that removing undoes adding exactly.
void ChainSummary::count_seats(TaskIndex index, const Task& task, Sign sign) {
    const std::uint64_t one = sign == Sign::kAdd ? 1 : ~std::uint64_t{0};
    for (const Seat& seat : task.seats) {
        if (seat.provider.value >= work_.size()) work_.resize(seat.provider.value + 1);
        WorkRecord& record = work_[seat.provider.value];
        if (seat.status == SeatStatus::kSlashed) record.slashed += one;
        if (seat.posted_at == 0) continue;
        record.answered += one;
        if (sign == Sign::kAdd) {
            jobs_[seat.provider].insert(index);
        } else {
            jobs_[seat.provider].erase(index);
        }
        record.compute_time_ms += one * seat.compute_time_ms;
    }
}

void ChainSummary::set_provider(ProviderIndex index, const Provider& provider) {
    if (provider.status == ProviderStatus::kLeft) {
        present_.erase(index);
    } else {
        present_.insert(index);
    }
}

void ChainSummary::set_model(ModelIndex index, const ModelStatus& status) {
    if (status.first != index || status.retired) {
        open_models_.erase(index);
    } else {
        open_models_.insert(index);
    }
}

void ChainSummary::add_disputes(const State& state, std::size_t first) {
    for (std::size_t i = first; i < state.disputes.size(); ++i)
        disputes_[state.disputes[i].task].push_back(DisputeIndex{static_cast<std::uint32_t>(i)});
}

void ChainSummary::add_payment(Amount paid) {
    epoch_rewards_ = epoch_rewards_.checked_plus(paid).value_or(
        Amount(std::numeric_limits<std::uint64_t>::max()));
}

}  // namespace aivm
