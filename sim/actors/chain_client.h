// Following the chain from outside: a client hears of accepted blocks from a few validators, in
// order and without gaps, and sees its own operations through, whatever the network and the
// proposers do with them.
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
    // validators it follows; a packet from anybody else is not believed
    std::vector<ActorId> sources;
    std::vector<ActorId> validators;  // where operations go: all of them
    SimTime block_interval = 0;
    Environment* environment = nullptr;
    // operations need neither bytes nor signatures: nobody stores or forges them
    bool unsealed = false;
};

// 32 random bytes: a salt or a nonce.
Hash32 draw_hash(RandomStream& random);

class ChainClient : public Actor {
public:
    // The strategy outlives the client's use of it; null for clients that have none.
    ChainClient(const ClientSetup& setup, Signer signer, ClientStrategy* strategy = nullptr);

    void start() override;
    void receive(ActorId from, const Packet& packet) final;
    void wake(std::uint64_t tag) final;

protected:
    // Every accepted block once, in order. When blocks were missed for good `complete` is false:
    // their events are lost, and what they did must be read off the state.
    virtual void on_block(const Executed& block, bool complete) = 0;
    // A timer of the subclass, with the tag it was set with.
    virtual void on_timer(std::uint64_t tag) = 0;
    // Whether an operation of its own can do nothing any more, in whatever block it comes. Asked
    // before it is sent or signed once more; it is given up then.
    [[nodiscard]] virtual bool is_over(const OperationBody& body) const;
    // The operation cannot succeed as it stands any more or was tried in vain for too long, and is
    // given up.
    virtual void on_given_up(const OperationBody& body) { static_cast<void>(body); }

    // Signs with the next nonce and sends; sends again until it is in a block.
    void submit(OperationBody&& body);
    // Submits what the strategy wants beyond its role. To be called from on_block, where in its
    // order it belongs.
    void ask_strategy(bool complete);
    // What its node knows now; only after the first block heard of.
    [[nodiscard]] NodeView newest(bool complete = true) const;
    void set_timer(SimTime delay, std::uint64_t tag);

    [[nodiscard]] Environment& environment() const { return *setup_.environment; }
    [[nodiscard]] const Address& address() const { return signer_.address(); }
    // The state after the last block heard of; null before the first.
    [[nodiscard]] const State* state() const { return tip_ ? &tip_->state : nullptr; }
    [[nodiscard]] std::size_t pending_operations() const { return pending_.size(); }
    [[nodiscard]] const Signer& signer() const { return signer_; }

private:
    struct Pending {
        OperationPtr operation;  // null: it is in a block
        Height sent_at = 0;
        std::uint32_t tries = 1;
    };

    void hear(ActorId from, const ExecutedPtr& executed);
    void hear_pending(const OperationPtr& operation);
    void process(const ExecutedPtr& executed, bool complete);
    void ask_for_news();
    [[nodiscard]] OperationPtr make(OperationBody&& body) const;
    void send(const OperationPtr& operation);
    void sign_and_send(OperationBody&& body, std::uint32_t tries);
    void see_operations_through(const Executed& block);
    void forget_included(const Block& block);
    void keep(Pending pending, std::size_t& kept);
    void watch();

    ClientSetup setup_;
    Signer signer_;
    ClientStrategy* strategy_;
    ExecutedPtr tip_;
    std::map<Height, ExecutedPtr> early_;  // heard of, but not their parents
    std::vector<Pending> pending_;         // by nonce
    Height resend_at_ = 0;                 // no pending operation is due before this height
    std::map<Address, std::set<std::uint64_t>>
        overheard_;                  // nonces of others' operations that wait for a block
    std::uint64_t nonce_ = 0;        // of the last operation made
    std::uint64_t known_nonce_ = 0;  // the account's in the last state heard of
    std::uint32_t next_source_ = 0;
    SimTime last_news_ = 0;
};

}  // namespace aivm::sim
