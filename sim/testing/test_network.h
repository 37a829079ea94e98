// A network of engines for tests, with the faults of test_wire.h and crashes. Nodes carry out the
// engines' contract and check it: what is decided was verified, in topological order, once, and
// alike everywhere.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "sim/consensus/block_info.h"
#include "sim/consensus/snowman/snowman.h"
#include "sim/engine/random_stream.h"
#include "sim/engine/time.h"
#include "sim/testing/test_wire.h"

namespace aivm::sim::test {

// Block number `number` at a height: the id is made up, and unique if the number is.
BlockInfo test_block(const BlockInfo& parent, std::uint64_t number);
BlockInfo genesis();

enum class BlockStatus : std::uint8_t { kUnknown, kProcessing, kRejected, kAccepted };

class TestNetwork;

class TestNode final : public EngineHost {
public:
    TestNode(TestNetwork& network, VoterIndex self);

    [[nodiscard]] std::optional<Hash32> accepted_at(Height height) const override {
        if (height >= chain.size()) return std::nullopt;
        return chain[height].id;
    }
    // The ideal signature of the validator.
    static Bytes signature(VoterIndex validator, const SigningSlot& slot, const Hash32& message);
    [[nodiscard]] bool signed_by(VoterIndex validator, const SigningSlot& slot,
                                 const Hash32& message, const Bytes& given) const override {
        return given == signature(validator, slot, message);
    }
    [[nodiscard]] BlockStatus status(const Hash32& id) const;
    [[nodiscard]] Height height() const { return chain.size() - 1; }
    // Hands the engine an input and carries out what follows from it.
    void step(const Input& input);
    void carry_out(Actions actions);
    // Builds block `number` on the preference.
    BlockInfo build(std::uint64_t number);

    TestNetwork& network;
    VoterIndex self;
    bool up = true;
    std::uint32_t incarnation = 0;
    RandomStream random;
    std::unique_ptr<ConsensusEngine> engine;
    std::vector<BlockInfo> chain{genesis()};
    std::map<Hash32, BlockStatus> statuses;
    std::map<Hash32, BlockInfo> bodies;  // held, verified or not
    std::set<Hash32> executed;
    std::map<Height, BlockInfo> own;  // built by this node: on its disk
    Hash32 preferred;
    std::uint64_t queries_sent = 0;  // of snowman
    // On disk: they outlive a crash.
    std::map<Bytes, Bytes> records;              // of the engine
    std::map<SigningSlot, Hash32> signed_slots;  // what this node signed
    std::vector<PublishCertificate> certificates;

private:
    void perform(const Action& action, Actions& more);
    void sign(const Sign& wanted, Actions& more);
    void verify(const Hash32& id, Actions& more);
    void decide(const Hash32& id, BlockStatus status);
};

class TestNetwork : public TestWire {
public:
    using Factory = std::function<std::unique_ptr<ConsensusEngine>(TestNode&)>;
    TestNetwork(std::uint32_t nodes, NetworkOptions options, Factory factory);

    void crash(VoterIndex node);
    void restart(VoterIndex node);
    // Of a node that is down.
    void lose_disk(VoterIndex node);
    [[nodiscard]] bool all_at(Height height) const;

    std::set<Hash32> invalid;  // blocks every VM refuses
    std::vector<std::unique_ptr<TestNode>> nodes;
    std::map<Height, Hash32> decided;  // by the first node to decide

private:
    friend class TestNode;
    void transmit(VoterIndex from, VoterIndex to, const std::function<void(TestNode&)>& arrive);
    void start(TestNode& node, bool bootstrap);

    Factory factory_;
};

// Equal stakes, everybody asked, a simple majority to prefer, three quarters for confidence, beta
// 4.
SnowmanConfig small_config(std::uint32_t nodes);
TestNetwork snowman_network(const SnowmanConfig& config, const NetworkOptions& options);

}  // namespace aivm::sim::test
