// What a model of censorship does to the world besides what the chain's own blocks leave out: it
// costs somebody money, and it cuts off those who check.
#include <algorithm>

#include "sim/world/world_impl.h"

namespace aivm::sim {

// The payer's first identity stands for its owner. A purse buys the space in a block, which nobody
// in the run earns; a bribe goes to the proposer.
void World::Impl::pay_for_censorship(ActorId proposer, Amount amount) {
    const ChainSettings& chain = setting_.scenario.chain;
    const auto payer = std::ranges::find_if(cast_.members, [&](const CastMember& member) {
        return member.group.name == chain.censor_payer;
    });
    AIVM_CHECK(payer != cast_.members.end());
    const auto id = static_cast<ActorId>(payer - cast_.members.begin());
    if (chain.censorship == CensorshipModel::kBribe) {
        accounting_->paid_aside(cast_.directory.agents[id].address,
                                cast_.directory.agents[proposer].address, amount);
    } else {
        accounting_->spent(id, amount);
    }
}

void World::Impl::silence(const std::vector<ActorId>& actors) {
    for (const ActorId actor : actors) ++silenced_[actor];
}

void World::Impl::let_speak(const std::vector<ActorId>& actors) {
    for (const ActorId actor : actors) --silenced_[actor];
}

// The attacker times the outage: it begins in the instant in which its lie is on the chain, before
// anybody hears of it.
void World::Impl::consider_outage(const Executed& block) {
    if (!outages_ || !cut_off_clients_.empty()) return;
    const bool lie = std::ranges::any_of(block.events, [&](const VmEvent& e) {
        const auto* posted = std::get_if<event::ResultPosted>(&e);
        if (posted == nullptr) return false;
        const auto owner = cast_.directory.find(block.state.provider(posted->provider).owner);
        const Task& task = block.state.task(posted->task);
        return owner && !cast_.directory.principal_of(*owner).honest &&
               posted->answer != truth_.answer(block.state, task);
    });
    if (!lie) return;
    for (ActorId id = 0; id < cast_.members.size(); ++id) {
        if (cast_.members[id].group.role == "challenger") cut_off_clients_.push_back(id);
    }
    if (cut_off_clients_.empty()) return;
    if (economic()) {
        silence(cut_off_clients_);
    } else {
        outage_ = network_->take_down(cut_off_clients_);
    }
    engine_.post_in(static_cast<SimTime>(outages_->outage_ns()), Priority::kFault,
                    {kWorldItself, static_cast<std::uint16_t>(EventKind::kOutageEnds), 0});
}

void World::Impl::end_outage() {
    if (economic()) {
        let_speak(cut_off_clients_);
    } else {
        network_->heal(outage_);
    }
    cut_off_clients_.clear();
}

}  // namespace aivm::sim
