#include "sim/world/tied_capital.h"

#include <algorithm>
#include <limits>

namespace aivm::sim {

TiedCapital::TiedCapital(const Participants& participants)
    : participants_(participants),
      tied_(participants.principals.size()),
      sums_(participants.principals.size()) {}

void TiedCapital::accept(const Executed& block) {
    const State& state = block.state;
    if (!block.block) {  // genesis touches nothing and has everything
        for (std::uint32_t i = 0; i < state.providers.size(); ++i) set_provider(state, i);
        for (std::uint32_t i = 0; i < state.validators.size(); ++i) set_validator(state, i);
        return;
    }
    for (const std::uint32_t i : block.touched.providers) set_provider(state, i);
    for (const std::uint32_t i : block.touched.validators) set_validator(state, i);
    for (const std::uint32_t i : block.touched.disputes) {
        const Dispute& dispute = state.dispute(DisputeIndex{i});
        set(disputes_, i, dispute.challenger, dispute.bond.nlux());
    }
    for (const std::uint32_t i : block.touched.tasks) {
        const Task& task = state.task(TaskIndex{i});
        set(tasks_, i, task.requester, task.terminal() ? 0 : task.escrow.nlux());
    }
    for (const std::uint32_t i : block.touched.models) {
        const ModelStatus& model = state.model_status[i];
        set(models_, i, model.owner, model.deposit.nlux());
    }
    for (std::size_t i = 0; i < tied_.size(); ++i) sums_[i] += tied_[i];
}

std::uint64_t TiedCapital::nlux_blocks(std::uint32_t principal) const {
    constexpr Wide kMost = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::uint64_t>(std::min(sums_.at(principal), kMost));
}

void TiedCapital::set(Parts& parts, std::uint32_t row, const Address& owner, std::uint64_t nlux) {
    if (row >= parts.size()) parts.resize(row + std::size_t{1});
    Part& part = parts[row];
    if (part.principal == kNobody) {
        const auto agent = participants_.find(owner);
        if (!agent) return;
        part.principal = participants_.all[*agent].principal;
    }
    tied_[part.principal] += nlux - part.nlux;
    part.nlux = nlux;
}

void TiedCapital::set_provider(const State& state, std::uint32_t row) {
    const Provider& provider = state.provider(ProviderIndex{row});
    set(providers_, row, provider.owner, provider.bond.nlux());
}

void TiedCapital::set_validator(const State& state, std::uint32_t row) {
    const aivm::Validator& validator = state.validator(ValidatorIndex{row});
    set(validators_, row, validator.address, validator.stake.nlux());
}

}  // namespace aivm::sim
