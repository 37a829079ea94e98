// A network of DAG engines for tests, as test_network.h is one of chain engines. Nodes carry out
// the engines' contract and check it: vertices are verified and accepted after their parents,
// rejected ones take their descendants with them, and of two that share a key at most one is
// accepted anywhere, unless the other is its ancestor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "sim/consensus/consensus.h"
#include "sim/engine/random_stream.h"
#include "sim/testing/test_network.h"

namespace aivm::sim::test {

class DagNetwork;

Item dag_genesis();

class DagNode final : public EngineHost {
public:
    DagNode(DagNetwork& network, VoterIndex self);

    [[nodiscard]] std::optional<Hash32> accepted_at(Height) const override { return std::nullopt; }
    [[nodiscard]] bool is_accepted(const Hash32& id) const override {
        return accepted.contains(id);
    }
    [[nodiscard]] std::optional<Height> cut_number(const Hash32& id) const override;
    [[nodiscard]] bool signed_by(VoterIndex validator, const SigningSlot& slot,
                                 const Hash32& message, const Bytes& given) const override {
        return given == TestNode::signature(validator, slot, message);
    }
    void step(const Input& input);
    // Builds vertex `number` with these keys on everything that is preferred or accepted.
    Item build(std::uint64_t number, std::vector<Hash32> keys = {});
    // Builds it on these parents; as a cut, if it has the number of one.
    Item build_on(std::uint64_t number, std::vector<Hash32> parents, std::vector<Hash32> keys = {},
                  std::optional<Height> cut = std::nullopt);
    // Builds the cut of this number on everything that is preferred or accepted.
    Item build_cut(Height number);
    [[nodiscard]] bool has_accepted(const Item& vertex) const { return is_accepted(vertex.id); }
    [[nodiscard]] BlockStatus status(const Hash32& id) const;
    [[nodiscard]] std::vector<BlockRef> frontier() const;

    DagNetwork& network;
    VoterIndex self;
    bool up = true;
    std::uint32_t incarnation = 0;
    RandomStream random;
    std::unique_ptr<ConsensusEngine> engine;
    std::map<Hash32, Item> bodies;  // held, verified or not
    std::set<Hash32> accepted;      // on disk, with their bodies
    std::set<Hash32> processing;
    std::set<Hash32> rejected;
    std::map<Hash32, Item> own;  // built by this node and undecided: on its disk
    std::vector<Hash32> preferred;
    std::uint64_t queries_sent = 0;
    // On disk: they outlive a crash.
    std::map<Bytes, Bytes> records;              // of the engine
    std::map<SigningSlot, Hash32> signed_slots;  // what this node signed
    std::vector<PublishCertificate> certificates;

private:
    friend class DagNetwork;
    void carry_out(Actions actions);
    void perform(const Action& action, Actions& more);
    [[nodiscard]] bool conflicts_with_accepted(const Item& vertex) const;
    [[nodiscard]] std::set<Hash32> ancestors_of(const Item& vertex) const;
    void accept(const Hash32& id);
    void reject(const Hash32& id);
    void sign(const Sign& wanted, Actions& more);
    [[nodiscard]] std::vector<Hash32> tips() const;
    void serve(VoterIndex asker, const Fetch& wanted);
};

class DagNetwork : public TestWire {
public:
    using Factory = std::function<std::unique_ptr<ConsensusEngine>(DagNode&)>;
    DagNetwork(std::uint32_t nodes, NetworkOptions options, Factory factory);

    void crash(VoterIndex node);
    void restart(VoterIndex node);
    [[nodiscard]] bool all_accepted(const Item& vertex) const;
    // Every node that runs has decided all that it knows.
    [[nodiscard]] bool is_quiet() const;

    std::vector<std::unique_ptr<DagNode>> nodes;
    std::map<Hash32, std::set<Hash32>> accepted_with;  // by key: vertices accepted anywhere
    std::map<Hash32, Item> all;                        // every vertex ever built
    std::map<Hash32, Height> cuts;                     // those of them that are cuts

    [[nodiscard]] bool is_ancestor(const Hash32& ancestor, const Hash32& id) const;

private:
    friend class DagNode;
    void transmit(VoterIndex from, VoterIndex to, const std::function<void(DagNode&)>& arrive);
    void start(DagNode& node, bool bootstrap);

    Factory factory_;
};

}  // namespace aivm::sim::test
