// A client of the chain: it receives accepted blocks from a few validators, in order and without
// gaps, and resends its own operations until they are in a block, whatever the network and the
// proposers do with them. It takes no block of another chain than the one that it follows.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "sim/actors/actor.h"
#include "sim/actors/signing.h"
#include "sim/actors/strategy.h"

namespace aivm::sim {

struct ClientSetup {
    ActorId self = 0;
    // the validators it follows; blocks from other senders are ignored
    std::vector<ActorId> sources;
    std::vector<ActorId> validators;  // where operations go: all of them
    SimTime block_interval = 0;
    Environment* environment = nullptr;
    // operations are made without bytes and signatures (core/execution/build.h)
    bool unsealed = false;
};

// 32 random bytes: a salt or a nonce.
Hash32 draw_hash(RandomStream& random);

class ChainClient : public Actor {
public:
    // `strategy` must outlive the client; null: it has none.
    ChainClient(const ClientSetup& setup, Signer signer, ClientStrategy* strategy = nullptr);

    void start() override;
    void receive(ActorId from, const Packet& packet) final;
    void wake(std::uint64_t tag) final;

protected:
    // Called once per accepted block, in order. `complete` is false if blocks before it can no
    // longer be obtained: their events are lost, and their effects must be read off the state.
    virtual void on_block(const Executed& block, bool complete) = 0;
    // A timer of the subclass fired.
    virtual void on_timer(std::uint64_t tag) = 0;
    // Whether an operation of its own would have no effect in any later block. Called before it is
    // sent or signed again; if so, it is given up.
    [[nodiscard]] virtual bool is_over(const OperationBody& body) const;
    // The operation is given up: it can no longer succeed, or failed too many times.
    virtual void on_given_up(const OperationBody& body) { static_cast<void>(body); }

    // Signs the operation with the next nonce, sends it, and resends it until it is in a block.
    void submit(OperationBody&& body);
    // Submits what the strategy's on_block() returns. The subclass calls it from on_block(), at the
    // place where these operations belong.
    void ask_strategy(bool complete);
    // What the client knows now. Requires state() != nullptr.
    [[nodiscard]] NodeView newest(bool complete = true) const;
    void set_timer(SimTime delay, std::uint64_t tag);

    [[nodiscard]] Environment& environment() const { return *setup_.environment; }
    [[nodiscard]] const Address& address() const { return signer_.address(); }
    // The state after the last block received; null before the first.
    [[nodiscard]] const State* state() const { return tip_ ? &tip_->state : nullptr; }
    [[nodiscard]] std::size_t pending_operations() const { return pending_.size(); }
    [[nodiscard]] const Signer& signer() const { return signer_; }

private:
    struct Pending {
        OperationPtr operation;  // null: it is in a block
        std::uint64_t nonce = 0;
        Height sent_at = 0;
        std::uint32_t tries = 1;
    };

    // The height of the block that it waits for.
    [[nodiscard]] Height next_height() const { return tip_ ? tip_->state.head.height + 1 : 1; }
    void receive_block(ActorId from, const ExecutedPtr& executed);
    // A block above the one that it waits for.
    void receive_early(ActorId from, const ExecutedPtr& executed);
    // Whether a block at or above the next height is of the chain that the client follows.
    [[nodiscard]] bool continues_mine(const Executed& block) const;
    void receive_pending(const OperationPtr& operation);
    void process(const ExecutedPtr& executed, bool complete);
    void ask_for_news();
    [[nodiscard]] OperationPtr make(OperationBody&& body) const;
    [[nodiscard]] bool is_stale(const SignedOperation& operation) const {
        return operation.nonce() <= known_nonces_.of(operation.lane());
    }
    void send(const OperationPtr& operation);
    void sign_and_send(OperationBody&& body, std::uint32_t tries);
    void see_operations_through(const Executed& block);
    void forget_included(const Block& block, const Nonces& before);
    void keep(Pending pending, std::size_t& kept);
    void watch();

    ClientSetup setup_;
    Signer signer_;
    ClientStrategy* strategy_;
    ExecutedPtr tip_;
    std::map<Height, ExecutedPtr> early_;  // received before their parents
    std::vector<Pending> pending_;         // by nonce
    Height resend_at_ = 0;                 // no pending operation is due before this height
    // Nonces of others' operations that wait for a block, by sender and lane.
    std::map<std::pair<Address, Lane>, std::set<std::uint64_t>> overheard_;
    std::uint64_t nonce_ = 0;  // of the last operation made, in whatever lane
    Nonces known_nonces_;  // the account's in the last state heard of; kept while some are pending
    std::uint32_t next_source_ = 0;
    SimTime last_news_ = 0;
};

}  // namespace aivm::sim
