#include "sim/world/economic_substrate.h"

#include "core/base/encode.h"
#include "sim/actors/virtual_chain.h"
#include "sim/world/accounting.h"
#include "sim/world/chain_watch.h"
#include "sim/world/population.h"

namespace aivm::sim {
namespace {

// Stands for a state root in the trace: the head with all its sums, the block's operations, and
// every account that it changed.
void encode_outcome(const Executed& block, Writer& out) {
    encode(out, block.state.head);
    out.u32(block.block->header().proposer.value).u64(block.events.size());
    for (const OperationPtr& operation : block.block->operations()) {
        out.fixed(operation->sender()).u64(operation->nonce());
    }
    for (const Address& address : block.touched.accounts) {
        out.fixed(address).amount(block.state.balance(address));
    }
}

}  // namespace

Status EconomicSubstrate::add_validators(Population& population) {
    AIVM_ASSIGN(actors_[0], population.add_virtual_chain(
                                watch_, [this](const ExecutedPtr& block, const auto& censored) {
                                    on_block(block, censored);
                                }));
    return {};
}

TimestampNs EconomicSubstrate::clock(ActorId) const {
    return watch_.genesis_time() + static_cast<std::uint64_t>(context_.engine.now());
}

StopReason EconomicSubstrate::run(const RunLimits& limits, OnWorldEvent on_world_event) {
    on_world_event_ = std::move(on_world_event);
    return context_.engine.run(*this, limits);
}

void EconomicSubstrate::operator()(const Engine::Event& event) {
    if (context_.options.events != nullptr) record_event(context_, event);
    context_.last_second.note(event.time, event.payload.actor, event.payload.kind);
    if (static_cast<EventKind>(event.payload.kind) == EventKind::kTimer) {
        actors_[event.payload.actor]->wake(event.payload.payload);
    } else {
        on_world_event_(event);
    }
}

void EconomicSubstrate::on_block(const ExecutedPtr& block,
                                 const std::vector<OperationPtr>& censored) {
    outcome_.clear();
    encode_outcome(*block, outcome_);
    if (!censored.empty()) accounting_.censored(block->id, censored);
    watch_.extend(block, TraceTag::kVirtualBlock, outcome_.view());
}

}  // namespace aivm::sim
