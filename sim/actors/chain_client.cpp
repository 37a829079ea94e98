#include "sim/actors/chain_client.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kWatchTag = std::uint64_t{1} << 63;
constexpr Height kResendAfterBlocks = 3;
constexpr std::uint32_t kTriesMax = 12;
constexpr std::size_t kEarlyMax =
    64;  // with this many waiting the gap will not close: continue from the newest block
constexpr SimTime kWatchIntervals = 3;  // silent block intervals before the client asks

// Whether a state has every entry of an earlier one under the same index, as every later state of
// its chain has. What clients keep are indexes of tasks, disputes and providers.
bool has_entries_of(const State& earlier, const State& state) {
    if (state.tasks.size() < earlier.tasks.size() ||
        state.disputes.size() < earlier.disputes.size() ||
        state.providers.size() < earlier.providers.size())
        return false;
    bool same = true;
    earlier.tasks.for_each([&](std::size_t i, const Task& task) {
        const Task& other = state.tasks[i];
        same = same && other.task_key == task.task_key && other.submitted_at == task.submitted_at;
    });
    earlier.disputes.for_each([&](std::size_t i, const Dispute& dispute) {
        const Dispute& other = state.disputes[i];
        same = same && other.commitment == dispute.commitment && other.task == dispute.task;
    });
    earlier.providers.for_each([&](std::size_t i, const Provider& provider) {
        same = same && state.providers[i].id == provider.id;
    });
    return same;
}

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
    if (std::find(setup_.sources.begin(), setup_.sources.end(), from) == setup_.sources.end())
        return;
    if (const auto* accepted = std::get_if<AcceptedPacket>(&packet))
        receive_block(from, accepted->executed);
    if (const auto* pending = std::get_if<PendingPacket>(&packet))
        receive_pending(pending->operation);
}

void ChainClient::wake(std::uint64_t tag) {
    if (tag != kWatchTag) return on_timer(tag);
    watch();
    if (environment().now() - last_news_ < kWatchIntervals * setup_.block_interval) return;
    ask_for_news();
    for (const Pending& pending : pending_) send(pending.operation);
}

void ChainClient::watch() {
    environment().set_timer(kWatchIntervals * setup_.block_interval, kWatchTag);
}

void ChainClient::set_timer(SimTime delay, std::uint64_t tag) {
    AIVM_CHECK((tag & kWatchTag) == 0);
    environment().set_timer(delay, tag);
}

void ChainClient::ask_for_news() {
    const ActorId source = setup_.sources[next_source_++ % setup_.sources.size()];
    environment().send(source, FollowRequest{next_height()});
}

void ChainClient::receive_block(ActorId from, const ExecutedPtr& executed) {
    const Height height = executed->state.head.height;
    const Height next = next_height();
    if (height < next) return;
    if (height > next) return receive_early(from, executed);
    if (!continues_mine(*executed)) return;
    last_news_ = environment().now();
    process(executed, true);
    while (!early_.empty() && early_.begin()->first <= next_height()) {
        const ExecutedPtr following = early_.begin()->second;
        early_.erase(early_.begin());
        if (following->state.head.height < next_height()) continue;
        // What waits above it is of the other chain too, or is asked for again.
        if (!continues_mine(*following)) return early_.clear();
        process(following, true);
    }
}

void ChainClient::receive_early(ActorId from, const ExecutedPtr& executed) {
    last_news_ = environment().now();
    const bool first_sign_of_gap = early_.empty();
    early_.emplace(executed->state.head.height, executed);
    if (early_.size() > kEarlyMax) {
        const ExecutedPtr newest = early_.rbegin()->second;
        early_.clear();
        if (continues_mine(*newest)) process(newest, false);
    } else if (first_sign_of_gap) {
        environment().send(from, FollowRequest{next_height()});
    }
}

// Where validators have lost agreement, some have accepted other blocks: there the indexes that the
// client keeps stand for other tasks, or for none. It stays on the chain whose first block it took.
// The ancestors of a block above a gap are unknown, so its state has to show that it is of the same
// chain.
bool ChainClient::continues_mine(const Executed& block) const {
    if (tip_ == nullptr) return true;
    if (block.state.head.height == next_height()) return block.block->parent() == tip_->id;
    return has_entries_of(tip_->state, block.state);
}

// Several validators announce the same operation, and a block may have arrived earlier.
void ChainClient::receive_pending(const OperationPtr& operation) {
    const Address& sender = operation->sender();
    if (strategy_ == nullptr || !tip_ || sender == address()) return;
    const std::uint64_t done = tip_->state.nonce(sender, operation->lane());
    std::set<std::uint64_t>& known = overheard_[{sender, operation->lane()}];
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

void ChainClient::submit(OperationBody&& body) { sign_and_send(std::move(body), 1); }

bool ChainClient::is_over(const OperationBody&) const { return false; }

void ChainClient::sign_and_send(OperationBody&& body, std::uint32_t tries) {
    if (pending_.empty() && tip_) known_nonces_ = tip_->state.nonces(address());
    nonce_ = next_nonce(nonce_, known_nonces_.greatest());
    const OperationPtr made = make(std::move(body));
    const Height height = tip_ ? tip_->state.head.height : 0;
    resend_at_ = pending_.empty() ? height + kResendAfterBlocks
                                  : std::min(resend_at_, height + kResendAfterBlocks);
    pending_.push_back({made, nonce_, height, tries});
    send(made);
}

// Signs with the current nonce.
OperationPtr ChainClient::make(OperationBody&& body) const {
    const Amount fee =
        strategy_ != nullptr && tip_ ? strategy_->inclusion_fee(tip_->state, body) : Amount();
    Operation operation{address(), nonce_, std::move(body), fee};
    if (setup_.unsealed) return SignedOperation::unsealed(std::move(operation));
    return signed_operation(signer_, std::move(operation));
}

void ChainClient::send(const OperationPtr& operation) {
    const Packet packet = OperationPacket{operation};
    for (const ActorId validator : setup_.validators) environment().send(validator, packet);
}

// Most blocks do not concern most clients: then neither the block nor the pending operations are
// examined.
void ChainClient::see_operations_through(const Executed& block) {
    const Height height = block.state.head.height;
    if (pending_.empty()) return;
    const Nonces before = std::exchange(known_nonces_, block.state.nonces(address()));
    const bool some_are_over = known_nonces_ != before;
    if (!some_are_over && height < resend_at_) return;
    if (some_are_over) forget_included(*block.block, before);
    resend_at_ = height + kResendAfterBlocks;
    std::vector<Pending> overtaken;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < pending_.size(); ++i) {  // on_given_up() may append to the list
        Pending pending = std::move(pending_[i]);
        if (pending.operation == nullptr) continue;
        // A later own operation of its lane came first: it is signed again.
        const bool stale = is_stale(*pending.operation);
        if (!stale && height < pending.sent_at + kResendAfterBlocks) {
            keep(std::move(pending), kept);
        } else if (pending.tries >= kTriesMax || is_over(pending.operation->body())) {
            on_given_up(pending.operation->body());
        } else if (stale) {
            overtaken.push_back(std::move(pending));
        } else {
            ++pending.tries;
            pending.sent_at = height;
            send(pending.operation);
            keep(std::move(pending), kept);
        }
    }
    pending_.resize(kept);
    for (const Pending& pending : overtaken)
        sign_and_send(OperationBody(pending.operation->body()), pending.tries + 1);
}

// Moves a pending operation to the front, among those that stay.
void ChainClient::keep(Pending pending, std::size_t& kept) {
    resend_at_ = std::min(resend_at_, pending.sent_at + kResendAfterBlocks);
    pending_[kept++] = std::move(pending);
}

// A sender's operations of a lane lie in a block in the order of their nonces, up to the one that
// its account has after it.
void ChainClient::forget_included(const Block& block, const Nonces& before) {
    std::size_t lanes = 0;  // with operations that are not found yet
    for (const Lane lane : kLanes) lanes += known_nonces_.of(lane) != before.of(lane) ? 1 : 0;
    for (const OperationPtr& operation : block.operations()) {
        if (lanes == 0) return;
        if (operation->sender() != address()) continue;
        const std::uint64_t nonce = operation->nonce();
        const auto mine = std::ranges::lower_bound(
            pending_, nonce, {}, [](const Pending& pending) { return pending.nonce; });
        if (mine != pending_.end() && mine->nonce == nonce) mine->operation.reset();
        if (nonce == known_nonces_.of(operation->lane())) --lanes;
    }
}

}  // namespace aivm::sim
