#include "sim/actors/chain_client.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kWatchTag = std::uint64_t{1} << 63;
constexpr Height kResendAfterBlocks = 3;
constexpr std::uint32_t kTriesMax = 12;
constexpr std::size_t kEarlyMax = 64;   // with so many in waiting the gap will not close: go on from the newest
constexpr SimTime kWatchIntervals = 3;  // without news for so many block intervals the client asks

}  // namespace

Hash32 draw_hash(RandomStream& random) {
    Hash32 out;
    for (std::size_t i = 0; i < out.size(); i += sizeof(std::uint64_t)) {
        const std::uint64_t word = random.next_u64();
        std::memcpy(out.data() + i, &word, sizeof word);
    }
    return out;
}

ChainClient::ChainClient(const ClientSetup& setup, Signer signer, ClientStrategy* strategy)
    : setup_(setup), signer_(signer), strategy_(strategy) {
    AIVM_CHECK(!setup.sources.empty() && setup.environment != nullptr && setup.block_interval > 0);
}

void ChainClient::start() { watch(); }

void ChainClient::receive(ActorId from, const Packet& packet) {
    if (std::find(setup_.sources.begin(), setup_.sources.end(), from) == setup_.sources.end()) return;
    if (const auto* accepted = std::get_if<AcceptedPacket>(&packet)) hear(from, accepted->executed);
    if (const auto* pending = std::get_if<PendingPacket>(&packet)) hear_pending(pending->operation);
}

void ChainClient::wake(std::uint64_t tag) {
    if (tag != kWatchTag) return on_timer(tag);
    watch();
    if (environment().now() - last_news_ < kWatchIntervals * setup_.block_interval) return;
    ask_for_news();
    for (const auto& [nonce, pending] : pending_) send(pending.operation);
}

void ChainClient::watch() { environment().set_timer(kWatchIntervals * setup_.block_interval, kWatchTag); }

void ChainClient::set_timer(SimTime delay, std::uint64_t tag) {
    AIVM_CHECK((tag & kWatchTag) == 0);
    environment().set_timer(delay, tag);
}

void ChainClient::ask_for_news() {
    const ActorId source = setup_.sources[next_source_++ % setup_.sources.size()];
    environment().send(source, FollowRequest{tip_ ? tip_->state.head.height + 1 : 1});
}

void ChainClient::hear(ActorId from, const ExecutedPtr& executed) {
    const Height height = executed->state.head.height;
    const Height next = tip_ ? tip_->state.head.height + 1 : 1;
    if (height < next) return;
    last_news_ = environment().now();
    if (height > next) {
        const bool first_sign_of_gap = early_.empty();
        early_.emplace(height, executed);
        if (early_.size() > kEarlyMax) {
            const ExecutedPtr newest = early_.rbegin()->second;
            early_.clear();
            process(newest, false);
        } else if (first_sign_of_gap) {
            environment().send(from, FollowRequest{next});
        }
        return;
    }
    process(executed, true);
    while (!early_.empty() && early_.begin()->first <= tip_->state.head.height + 1) {
        const ExecutedPtr following = early_.begin()->second;
        early_.erase(early_.begin());
        if (following->state.head.height == tip_->state.head.height + 1) process(following, true);
    }
}

// Several validators tell of the same operation, and a block may have been faster than they.
void ChainClient::hear_pending(const OperationPtr& operation) {
    const Address& sender = operation->sender();
    if (strategy_ == nullptr || !tip_ || sender == address()) return;
    const std::uint64_t done = tip_->state.nonce(sender);
    std::set<std::uint64_t>& known = overheard_[sender];
    known.erase(known.begin(), known.upper_bound(done));
    if (operation->nonce() <= done || !known.insert(operation->nonce()).second) return;
    for (OperationBody& body : strategy_->on_pending(newest(), *operation)) submit(std::move(body));
}

NodeView ChainClient::newest(bool complete) const {
    AIVM_CHECK(tip_ != nullptr);
    return {*tip_, complete, environment().now(), environment().clock()};
}

void ChainClient::ask_strategy(bool complete) {
    if (strategy_ == nullptr) return;
    for (OperationBody& body : strategy_->on_block(newest(complete))) submit(std::move(body));
}

void ChainClient::process(const ExecutedPtr& executed, bool complete) {
    tip_ = executed;
    see_operations_through(*executed);
    on_block(*executed, complete);
}

void ChainClient::submit(OperationBody body) {
    const std::uint64_t known = tip_ ? tip_->state.nonce(address()) : 0;
    nonce_ = std::max(nonce_, known) + 1;
    const OperationPtr made = make({address(), nonce_, std::move(body)});
    pending_[nonce_] = {made, tip_ ? tip_->state.head.height : 0, 1};
    send(made);
}

OperationPtr ChainClient::make(Operation operation) const {
    if (setup_.unsealed) return SignedOperation::unsealed(std::move(operation));
    const Hash32 id = SignedOperation(operation, {}).id();
    return std::make_shared<const SignedOperation>(std::move(operation), signer_.sign(id));
}

void ChainClient::send(const OperationPtr& operation) {
    for (const ActorId validator : setup_.validators) environment().send(validator, OperationPacket{operation});
}

void ChainClient::see_operations_through(const Executed& block) {
    for (const OperationPtr& operation : block.block->operations()) {
        if (operation->sender() != address()) continue;
        const auto mine = pending_.find(operation->nonce());
        if (mine != pending_.end()) pending_.erase(mine);
    }
    const Height height = block.state.head.height;
    const std::uint64_t nonce = block.state.nonce(address());
    std::vector<OperationBody> overtaken;
    for (auto it = pending_.begin(); it != pending_.end();) {
        Pending& pending = it->second;
        const bool stale = it->first <= nonce;  // a later operation of ours came first: sign it anew
        if (!stale && height < pending.sent_at + kResendAfterBlocks) {
            ++it;
        } else if (!stale && pending.tries < kTriesMax) {
            ++pending.tries;
            pending.sent_at = height;
            send(pending.operation);
            ++it;
        } else {
            OperationBody body = pending.operation->body();
            it = pending_.erase(it);
            if (stale) {
                overtaken.push_back(std::move(body));
            } else {
                on_given_up(body);
            }
        }
    }
    for (OperationBody& body : overtaken) submit(std::move(body));
}

}  // namespace aivm::sim
