// Exhaustive search over everything that can happen to a few engines: which message arrives next,
// which is lost, which timer fires, who crashes and returns. Depth first, to a bound on the number
// of events, with budgets of losses, timers and crashes.
//
// Engines are deterministic, so that a node's state follows from the sequence of its inputs. Two
// states of the world are equal when every node has had the same inputs and the same messages are
// under way; a state that was reached before, in whichever order, is not searched again. A branch
// begins with the events that led to it, repeated on new engines.
//
// The number of states grows so fast with the depth that a search from the start ends before
// anything is decided. So a search may begin later, after a prefix of events without faults:
// shortly_before_a_decision() makes one.
//
// What is checked at every event: items are verified and accepted after their parents, decided
// once; on a chain one item per height is accepted anywhere, on a DAG no two that share a key,
// unless one is an ancestor of the other; a validator signs one message per slot.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/consensus/consensus.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim::test {

class SmallWorld;

class SmallNode final : public EngineHost {
public:
    SmallNode(SmallWorld& world, VoterIndex self, VoterIndex identity);

    [[nodiscard]] std::optional<Hash32> accepted_at(Height height) const override;
    [[nodiscard]] bool is_accepted(const Hash32& id) const override {
        return accepted.contains(id);
    }
    [[nodiscard]] bool signed_by(VoterIndex validator, const SigningSlot& slot,
                                 const Hash32& message, const Bytes& given) const override;

    SmallWorld& world;
    VoterIndex self;      // the instance
    VoterIndex identity;  // the validator that it is; two instances of one are twins
    bool up = true;
    std::uint32_t incarnation = 0;
    SimTime now = 0;
    RandomStream stream;
    std::unique_ptr<ConsensusEngine> engine;
    std::map<Hash32, Item> bodies;
    std::set<Hash32> accepted;
    std::vector<Hash32> chain;  // accepted, in order
    std::set<Hash32> processing;
    std::map<Hash32, Item> own;
    std::vector<Hash32> preferred;
    std::map<Bytes, Bytes> records;
    std::map<SigningSlot, Hash32> signed_slots;
    std::uint32_t built = 0;
    std::uint64_t history = 0;  // a digest of its inputs
    struct Timer {
        SimTime due = 0;
        TimerId id;
        friend auto operator<=>(const Timer&, const Timer&) = default;
    };
    std::set<Timer> timers;
};

enum class SmallEventKind : std::uint8_t { kDeliver, kDrop, kTimer, kCrash, kRestart, kBuild };
struct SmallEvent {
    SmallEventKind kind = SmallEventKind::kDeliver;
    std::uint64_t which = 0;  // the digest of a parcel, or a node
};

struct SmallScope {
    // The validator that each instance is. Usually 0, 1, 2, ...
    std::vector<VoterIndex> identities;
    bool is_chain = true;
    std::function<std::unique_ptr<ConsensusEngine>(SmallNode&)> make;
    // What has happened before the search begins.
    std::function<void(SmallWorld&)> begin = [](SmallWorld&) {};
    // Then these events, which use up no budget.
    std::vector<SmallEvent> prefix = {};
    // Nodes may build when their engine wants a block, each at most so often.
    std::uint32_t builds = 0;
    std::uint32_t depth = 10;  // events
    std::uint32_t drops = 0;
    std::uint32_t timers = 0;
    std::uint32_t crashes = 0;
    std::uint64_t states_max = 1'000'000;
    // Whether twins or others break the protocol: their decisions are not compared.
    std::set<VoterIndex> byzantine = {};
};

class SmallWorld {
public:
    explicit SmallWorld(const SmallScope& scope);

    // A message under way, or a request for a body, or a body.
    struct Parcel {
        VoterIndex from = 0;
        VoterIndex to = 0;
        std::optional<Message> message;
        std::optional<Fetch> fetch;
        std::vector<Item> bodies;
        std::uint64_t digest = 0;
    };
    using Kind = SmallEventKind;
    using Event = SmallEvent;

    [[nodiscard]] std::vector<Event> possible() const;
    void happen(const Event& event);
    [[nodiscard]] std::uint64_t digest() const;

    // A vertex or block of this node on what it prefers; `number` makes its id unique.
    Item build(VoterIndex node, std::uint64_t number, std::vector<Hash32> keys = {});
    void step(SmallNode& node, const Input& input);

    const SmallScope& scope;
    std::vector<std::unique_ptr<SmallNode>> nodes;
    std::multimap<std::uint64_t, Parcel> under_way;  // by digest
    std::map<Height, Hash32> decided;                // of a chain
    std::map<Hash32, std::set<Hash32>> holders;      // of a DAG: accepted, by key
    std::map<Hash32, Item> all;
    std::uint32_t dropped = 0;
    std::uint32_t timers_fired = 0;
    std::uint32_t crashed = 0;
    std::uint64_t decisions = 0;
    std::string violation;

private:
    void start(SmallNode& node, bool bootstrap);
    void carry_out(SmallNode& node, Actions actions);
    void perform(SmallNode& node, const Action& action, Actions& more);
    void accept(SmallNode& node, const Hash32& id);
    void post(Parcel parcel);
    void deliver(const Parcel& parcel);
    void send(SmallNode& node, const Send& action);
    [[nodiscard]] bool is_ancestor(const Hash32& ancestor, const Hash32& id) const;
    [[nodiscard]] bool conflicts(const SmallNode& node, const Item& vertex) const;
    void violate(std::string what) {
        if (violation.empty()) violation = std::move(what);
    }
};

Item small_genesis();

struct ScopeResult {
    std::uint64_t states = 0;           // different ones
    std::uint64_t met_again = 0;        // reached in another order
    std::uint64_t events = 0;           // carried out, repetitions included, prefixes left out
    std::uint64_t states_deciding = 0;  // in which some node has accepted something
    bool complete = true;               // all states up to the depth; not if states_max was reached
    std::string violation;              // the first one found; empty if there is none
    std::vector<SmallWorld::Event> trace;  // that led to it
};
ScopeResult search(const SmallScope& scope);

// The scope with a prefix that ends `events` before a node accepts something: messages arrive one
// by one in the order in which they were sent, a block is built when none is under way, and a timer
// fires when nothing else happens. Requires that the engines decide in this way.
SmallScope shortly_before_a_decision(SmallScope scope, std::uint32_t events);

}  // namespace aivm::sim::test
