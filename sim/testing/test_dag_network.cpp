#include "sim/testing/test_dag_network.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sim/consensus/avalanche/messages.h"

namespace aivm::sim::test {

Item dag_genesis() { return {sha256(as_bytes("dag genesis")), {}, 0, {}, std::nullopt}; }

DagNode::DagNode(DagNetwork& owner, VoterIndex index)
    : network(owner), self(index), random({owner.options_.seed, index, 1}) {
    const Item genesis = dag_genesis();
    bodies.emplace(genesis.id, genesis);
    accepted.insert(genesis.id);
}

BlockStatus DagNode::status(const Hash32& id) const {
    if (accepted.contains(id)) return BlockStatus::kAccepted;
    if (rejected.contains(id)) return BlockStatus::kRejected;
    return processing.contains(id) ? BlockStatus::kProcessing : BlockStatus::kUnknown;
}

std::vector<BlockRef> DagNode::frontier() const {
    std::set<Hash32> tips = accepted;
    for (const Hash32& id : accepted)
        for (const Hash32& parent : bodies.at(id).parents) tips.erase(parent);
    std::vector<BlockRef> out;
    for (const Hash32& id : tips) out.push_back(bodies.at(id).ref());
    return out;
}

void DagNode::step(const Input& input) {
    Actions out;
    engine->step(static_cast<SimTime>(network.now_ns), input, out);
    carry_out(std::move(out));
}

void DagNode::carry_out(Actions actions) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
        Actions more;
        perform(Action(actions[i]), more);
        actions.insert(actions.end(), more.begin(), more.end());
    }
}

std::vector<Hash32> DagNode::tips() const {
    std::set<Hash32> tips(preferred.begin(), preferred.end());
    for (const BlockRef& each : frontier()) tips.insert(each.id);
    for (const Hash32& id : preferred)
        for (const Hash32& ancestor : ancestors_of(bodies.at(id))) tips.erase(ancestor);
    std::vector<Hash32> parents(tips.begin(), tips.end());
    if (parents.size() > 5) parents.resize(5);
    return parents;
}

Item DagNode::build(std::uint64_t number, std::vector<Hash32> keys) {
    return build_on(number, tips(), std::move(keys));
}

Item DagNode::build_cut(Height number) {
    const Hash32 key = sha256(as_bytes("cut:" + std::to_string(number)));
    return build_on(number, tips(), {key}, number);
}

std::optional<Height> DagNode::cut_number(const Hash32& id) const {
    const auto found = network.cuts.find(id);
    return found == network.cuts.end() ? std::nullopt : std::optional(found->second);
}

Item DagNode::build_on(std::uint64_t number, std::vector<Hash32> parents, std::vector<Hash32> keys,
                       std::optional<Height> cut) {
    Item vertex;
    Writer writer;
    writer.u64(number).u32(self);
    for (const Hash32& parent : parents) {
        writer.fixed(parent);
        vertex.height = std::max(vertex.height, bodies.at(parent).height + 1);
    }
    vertex.id = sha256(writer.view());
    vertex.parents = std::move(parents);
    vertex.keys = std::move(keys);
    vertex.proposer = self;
    network.all.emplace(vertex.id, vertex);
    if (cut) network.cuts.emplace(vertex.id, *cut);
    own.emplace(vertex.id, vertex);
    bodies.emplace(vertex.id, vertex);
    processing.insert(vertex.id);
    step(ItemBuilt{vertex});
    return vertex;
}

std::set<Hash32> DagNode::ancestors_of(const Item& vertex) const {
    std::set<Hash32> out;
    std::vector<Hash32> open = vertex.parents;
    while (!open.empty()) {
        const Hash32 id = open.back();
        open.pop_back();
        if (!out.insert(id).second) continue;
        const auto& parents = bodies.at(id).parents;
        open.insert(open.end(), parents.begin(), parents.end());
    }
    return out;
}

bool DagNode::conflicts_with_accepted(const Item& vertex) const {
    const std::set<Hash32> past = ancestors_of(vertex);
    return std::ranges::any_of(accepted, [&](const Hash32& id) {
        if (past.contains(id)) return false;
        const auto& keys = bodies.at(id).keys;
        return std::ranges::any_of(vertex.keys, [&](const Hash32& key) {
            return std::ranges::find(keys, key) != keys.end();
        });
    });
}

void DagNode::accept(const Hash32& id) {
    EXPECT_EQ(status(id), BlockStatus::kProcessing) << "decided unverified or twice";
    const Item vertex = bodies.at(id);
    for (const Hash32& parent : vertex.parents)
        EXPECT_TRUE(accepted.contains(parent)) << "S4: accepted before a parent";
    EXPECT_FALSE(conflicts_with_accepted(vertex)) << "S2: against what is accepted here";
    processing.erase(id);
    accepted.insert(id);
    own.erase(id);
    for (const Hash32& key : vertex.keys) {
        for (const Hash32& other : network.accepted_with[key]) {
            const bool follows =
                other == id || network.is_ancestor(other, id) || network.is_ancestor(id, other);
            EXPECT_TRUE(follows) << "S2: two vertices with one key, accepted by different nodes";
        }
        network.accepted_with[key].insert(id);
    }
}

void DagNode::reject(const Hash32& id) {
    EXPECT_EQ(status(id), BlockStatus::kProcessing) << "decided unverified or twice";
    processing.erase(id);
    rejected.insert(id);
    own.erase(id);
}

void DagNode::serve(VoterIndex asker, const Fetch& wanted) {
    std::vector<Item> served;
    std::vector<Hash32> open{wanted.id};
    std::set<Hash32> seen;
    for (std::size_t i = 0; i < open.size() && served.size() < wanted.count; ++i) {
        const BlockStatus known = status(open[i]);
        const bool is_here = known == BlockStatus::kProcessing || known == BlockStatus::kAccepted;
        if (!is_here || !seen.insert(open[i]).second || bodies.at(open[i]).height == 0) continue;
        served.push_back(bodies.at(open[i]));
        open.insert(open.end(), served.back().parents.begin(), served.back().parents.end());
    }
    if (served.empty()) return;
    network.transmit(self, asker, [served, from = self](DagNode& node) {
        for (const Item& vertex : served) {
            node.bodies.emplace(vertex.id, vertex);
            node.step(ItemReceived{from, vertex});
        }
    });
}

void DagNode::sign(const Sign& wanted, Actions& more) {
    const auto [claimed, is_new] = signed_slots.try_emplace(wanted.slot, wanted.message);
    SlotSigned answer{wanted.slot, wanted.message, std::nullopt};
    if (is_new || claimed->second == wanted.message)
        answer.signature = TestNode::signature(self, wanted.slot, wanted.message);
    engine->step(static_cast<SimTime>(network.now_ns), answer, more);
}

void DagNode::perform(const Action& action, Actions& more) {
    if (const auto* wanted = std::get_if<Sign>(&action)) return sign(*wanted, more);
    if (const auto* published = std::get_if<PublishCertificate>(&action))
        return certificates.push_back(*published);
    if (const auto* persist = std::get_if<Persist>(&action)) {
        const auto& [key, value] = persist->record;
        if (value.empty()) {
            records.erase(key);
        } else {
            records[key] = value;
        }
        return engine->step(static_cast<SimTime>(network.now_ns), Persisted{persist->number}, more);
    }
    if (const auto* decided = std::get_if<Accept>(&action)) return accept(decided->id);
    if (const auto* decided = std::get_if<Reject>(&action)) return reject(decided->id);
    if (const auto* prefer = std::get_if<Prefer>(&action)) {
        for (const Hash32& id : prefer->tips) EXPECT_EQ(status(id), BlockStatus::kProcessing);
        preferred = prefer->tips;
    } else if (const auto* discard = std::get_if<Discard>(&action)) {
        if (status(discard->id) == BlockStatus::kUnknown) bodies.erase(discard->id);
    } else if (const auto* asked = std::get_if<Verify>(&action)) {
        ASSERT_TRUE(bodies.contains(asked->id)) << "verify without a body";
        const Item vertex = bodies.at(asked->id);
        EXPECT_EQ(status(vertex.id), BlockStatus::kUnknown) << "verified twice";
        for (const Hash32& parent : vertex.parents) {
            const BlockStatus above = status(parent);
            EXPECT_TRUE(above == BlockStatus::kProcessing || above == BlockStatus::kAccepted);
        }
        const bool valid = !conflicts_with_accepted(vertex);
        if (valid) processing.insert(vertex.id);
        engine->step(static_cast<SimTime>(network.now_ns),
                     Verdict{vertex.id, valid ? Validity::kValid : Validity::kInvalid}, more);
    } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
        network.at(timer->delay_ns, [this, id = timer->id] {
            if (up) step(TimerFired{id});
        });
    } else if (const auto* fetch = std::get_if<Fetch>(&action)) {
        network.transmit(self, fetch->from, [asker = self, wanted = *fetch](DagNode& server) {
            server.serve(asker, wanted);
        });
    } else if (const auto* send = std::get_if<Send>(&action)) {
        queries_sent += send->message.get_if<VertexQuery>() != nullptr ? 1 : 0;
        std::optional<Item> body;
        if (const auto id = send->message.attached_item(); id && bodies.contains(*id))
            body = bodies.at(*id);
        network.transmit(self, send->to,
                         [message = send->message, body, from = self](DagNode& node) {
                             if (body) {
                                 node.bodies.emplace(body->id, *body);
                                 node.step(ItemReceived{from, *body});
                             }
                             node.step(MessageReceived{from, message});
                         });
    }
}

DagNetwork::DagNetwork(std::uint32_t count, NetworkOptions options, Factory factory)
    : TestWire(count, options), factory_(std::move(factory)) {
    const Item genesis = dag_genesis();
    all.emplace(genesis.id, genesis);
    for (VoterIndex i = 0; i < count; ++i) nodes.push_back(std::make_unique<DagNode>(*this, i));
    for (auto& node : nodes) start(*node, false);
}

void DagNetwork::start(DagNode& node, bool bootstrap) {
    node.engine = factory_(node);
    const std::vector<BlockRef> frontier = node.frontier();
    const auto top = std::ranges::max_element(frontier, {}, &BlockRef::height);
    Started started{node.bodies.at(top->id), node.incarnation, bootstrap, {}, {}, frontier};
    for (const auto& [id, vertex] : node.own) {
        node.bodies.emplace(id, vertex);
        started.own_items.push_back(vertex);
    }
    std::ranges::sort(started.own_items, {}, &Item::height);
    for (const auto& [key, value] : node.records) started.records.push_back({key, value});
    node.step(started);
}

void DagNetwork::crash(VoterIndex index) {
    DagNode& node = *nodes[index];
    node.up = false;
    node.processing.clear();
    node.preferred.clear();
    std::erase_if(node.bodies, [&](const auto& entry) { return !node.is_accepted(entry.first); });
}

void DagNetwork::restart(VoterIndex index) {
    DagNode& node = *nodes[index];
    node.up = true;
    ++node.incarnation;
    start(node, true);
}

void DagNetwork::transmit(VoterIndex from, VoterIndex to,
                          const std::function<void(DagNode&)>& arrive) {
    deliver(from, to, [this, to, arrive] {
        if (nodes[to]->up) arrive(*nodes[to]);
    });
}

bool DagNetwork::all_accepted(const Item& vertex) const {
    return std::ranges::all_of(
        nodes, [&](const auto& node) { return !node->up || node->has_accepted(vertex); });
}

bool DagNetwork::is_quiet() const {
    return std::ranges::all_of(nodes, [](const auto& node) {
        return !node->up || (node->processing.empty() && !node->engine->bootstrapping());
    });
}

bool DagNetwork::is_ancestor(const Hash32& ancestor, const Hash32& id) const {
    std::vector<Hash32> open = all.at(id).parents;
    std::set<Hash32> seen;
    while (!open.empty()) {
        const Hash32 at = open.back();
        open.pop_back();
        if (at == ancestor) return true;
        if (!seen.insert(at).second) continue;
        const auto& parents = all.at(at).parents;
        open.insert(open.end(), parents.begin(), parents.end());
    }
    return false;
}

}  // namespace aivm::sim::test
