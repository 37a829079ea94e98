#include "sim/world/censorship_effects.h"

#include <algorithm>

namespace aivm::sim {

CensorshipEffects::CensorshipEffects(RunContext& context, Accounting& accounting, Truth& truth)
    : context_(context), accounting_(accounting), truth_(truth) {
    const ChainSettings& chain = context.scenario().chain;
    if (chain.censorship == CensorshipModel::kPartition) {
        outages_.emplace(chain, context.stream(kWorldItself, Purpose::kCensorship),
                         context.stream(kWorldItself, Purpose::kOrphaning));
    }
}

// The payer's first identity stands for its owner. The budget buys block space, which earns nobody
// in the run anything; a bribe goes to the proposer.
void CensorshipEffects::pay(ActorId proposer, Amount amount) {
    const ChainSettings& chain = context_.scenario().chain;
    const auto& all = context_.participants.all;
    const auto payer = std::ranges::find_if(
        all, [&](const Participant& one) { return one.group.name == chain.censor_payer; });
    AIVM_CHECK(payer != all.end());
    if (chain.censorship == CensorshipModel::kBribe) {
        accounting_.bribed(payer->address, all[proposer].address, amount, context_.engine.now());
    } else {
        accounting_.spent(payer->id, OutlayKind::kBlockSpace, std::nullopt, amount,
                          context_.engine.now());
    }
}

// The attacker times the outage: it begins in the instant in which the lie is on the chain, before
// any client learns of it.
void CensorshipEffects::on_chain(const Executed& block, Substrate& substrate) {
    if (!outages_ || !cut_off_.empty()) return;
    const Participants& participants = context_.participants;
    const bool lie = std::ranges::any_of(block.events, [&](const VmEvent& e) {
        const auto* posted = std::get_if<event::ResultPosted>(&e);
        if (posted == nullptr) return false;
        const auto owner = participants.find(block.state.provider(posted->provider).owner);
        const Task& task = block.state.task(posted->task);
        return owner && !participants.principal_of(*owner).honest &&
               posted->answer != truth_.answer(block.state, task);
    });
    if (!lie) return;
    for (const Participant& one : participants.all) {
        if (one.role == Role::kChallenger) cut_off_.push_back(one.id);
    }
    if (cut_off_.empty()) return;
    substrate.isolate(cut_off_);
    context_.engine.post_in(static_cast<SimTime>(outages_->outage_ns()), Priority::kFault,
                            {kWorldItself, static_cast<std::uint16_t>(EventKind::kOutageEnds), 0});
}

void CensorshipEffects::end_outage(Substrate& substrate) {
    substrate.rejoin(cut_off_);
    cut_off_.clear();
}

}  // namespace aivm::sim
