// The parts of a world that only the economic fidelity has: one actor in place of all validators,
// and no network.
#include "core/base/encode.h"
#include "sim/world/world_impl.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kBlockTag =
    3;  // of notes in the trace digest; world_watch.cpp and world_build.cpp have 1 and 2

constexpr std::size_t kHistoryForTheSilenced = 64;  // blocks, as a validator keeps

// What stands for a state root in the trace: the head with all its sums, what the block carried,
// and every account that it changed.
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

Status World::Impl::add_virtual_chain() {
    VirtualChainSetup setup;
    setup.run_seed = options_.seed;
    setup.genesis = genesis_;
    setup.rules = &rules_;
    setup.chain = setting_.scenario.chain;
    const bool some_miss_blocks = !setting_.scenario.faults.empty() || outages_.has_value();
    if (some_miss_blocks) setup.history_kept = kHistoryForTheSilenced;
    setup.on_block = [this](const ExecutedPtr& block, const auto& censored) {
        extend_virtual_chain(block, censored);
    };
    setup.on_paid = [this](ValidatorIndex proposer, Amount amount) {
        pay_for_censorship(proposer.value, amount);
    };
    setup.on_stopped = [this](const Error& error) { on_stopped(0, error); };
    for (ActorId id = 0; id < cast_.members.size(); ++id) {
        const CastMember& member = cast_.members[id];
        if (member.group.role != "validator") {
            setup.followers.push_back(id);
            if (setting_.strategies->watches_pending(member.group)) setup.watchers.push_back(id);
            continue;
        }
        // The strategies draw from the streams that they have in the full fidelity, one a
        // validator.
        desks_.push_back(std::make_unique<Desk>(*this, id));
        AIVM_ASSIGN(auto strategy,
                    setting_.strategies->validator(member.group,
                                                   context_of(member, cast_.directory.agents[id])));
        setup.strategies.push_back(std::move(strategy));
        setup.stakes.push_back(setting_.stakes.at(id).nlux());
    }
    setup.environment = desks_.front().get();
    actors_.resize(
        setup.strategies
            .size());  // validators but the first have no actor: nothing is ever sent to them
    actors_.front() = std::make_unique<VirtualChain>(std::move(setup));
    return {};
}

void World::Impl::extend_virtual_chain(const ExecutedPtr& block,
                                       const std::vector<OperationPtr>& censored) {
    const ExecutedPtr parent = std::exchange(chain_tip_, block);
    outcome_.clear();
    encode_outcome(*block, outcome_);
    trace_.note(kBlockTag, outcome_.view());
    if (!censored.empty()) accounting_->censored(block->id, censored);
    notify_invariants([&](Invariant& i) { i.on_chain(*block, parent->state); });
    accounting_->accept(*block, engine_.now());
    consider_outage(*block);
    if (options_.probe != nullptr) options_.probe->on_block(*block, engine_.now());
}

}  // namespace aivm::sim
