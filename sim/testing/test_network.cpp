#include "sim/testing/test_network.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sim/consensus/snowman/messages.h"

namespace aivm::sim::test {

BlockInfo genesis() { return {sha256(as_bytes("genesis")), {}, 0}; }

BlockInfo test_block(const BlockInfo& parent, std::uint64_t number) {
    Writer writer;
    writer.fixed(parent.id).u64(number);
    return {sha256(writer.view()), parent.id, parent.height + 1};
}

TestNode::TestNode(TestNetwork& owner, VoterIndex index)
    : network(owner),
      self(index),
      random({owner.options_.seed, index, 1}),
      preferred(genesis().id) {}

BlockStatus TestNode::status(const Hash32& id) const {
    const auto found = statuses.find(id);
    return found == statuses.end() ? BlockStatus::kUnknown : found->second;
}

void TestNode::step(const Input& input) {
    Actions out;
    engine->step(static_cast<SimTime>(network.now_ns), input, out);
    carry_out(std::move(out));
}

void TestNode::carry_out(Actions actions) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
        Actions more;
        perform(Action(actions[i]), more);
        actions.insert(actions.end(), more.begin(), more.end());
    }
}

BlockInfo TestNode::build(std::uint64_t number) {
    const BlockInfo& parent = preferred == chain.back().id ? chain.back() : bodies.at(preferred);
    BlockInfo block = test_block(parent, number);
    block.proposer = self;
    own[block.height] = block;
    bodies[block.id] = block;
    statuses[block.id] = BlockStatus::kProcessing;
    step(ItemBuilt{item_of(block)});
    return block;
}

void TestNode::verify(const Hash32& id, Actions& more) {
    ASSERT_TRUE(bodies.contains(id)) << "verify without a body";
    const BlockInfo block = bodies.at(id);
    EXPECT_EQ(status(id), BlockStatus::kUnknown) << "verified twice";
    EXPECT_TRUE(executed.insert(id).second);
    const BlockStatus above = status(block.parent);
    EXPECT_TRUE(above == BlockStatus::kProcessing || above == BlockStatus::kAccepted ||
                block.parent == genesis().id);
    const auto now = static_cast<SimTime>(network.now_ns);
    if (network.invalid.contains(id))
        return engine->step(now, Verdict{id, Validity::kInvalid}, more);
    const auto report = [this, block](Actions& out) {
        statuses[block.id] = BlockStatus::kProcessing;
        engine->step(static_cast<SimTime>(network.now_ns), Verdict{block.id}, out);
    };
    if (network.options_.verify_ns == 0) return report(more);
    network.at(network.options_.verify_ns, [this, report, born = incarnation] {
        if (!up || born != incarnation) return;
        Actions out;
        report(out);
        carry_out(std::move(out));
    });
}

void TestNode::decide(const Hash32& id, BlockStatus verdict) {
    EXPECT_EQ(status(id), BlockStatus::kProcessing) << "decided unverified or twice";
    statuses[id] = verdict;
    const BlockInfo block = bodies.at(id);
    if (verdict == BlockStatus::kRejected) {
        const BlockStatus above = status(block.parent);
        EXPECT_TRUE(above == BlockStatus::kRejected || above == BlockStatus::kAccepted ||
                    block.parent == genesis().id);
        return;
    }
    EXPECT_EQ(block.parent, chain.back().id) << "accepted out of order";
    chain.push_back(block);
    const auto [first, fresh] = network.decided.emplace(block.height, id);
    EXPECT_EQ(first->second, id) << "S1: two blocks accepted at height " << block.height;
}

Bytes TestNode::signature(VoterIndex validator, const SigningSlot& slot, const Hash32& message) {
    Writer out;
    out.u32(validator).u8(slot.kind).u64(slot.height).u32(slot.round).fixed(message);
    const Hash32 digest = sha256(out.view());
    return {digest.bytes.begin(), digest.bytes.end()};
}

void TestNode::sign(const Sign& wanted, Actions& more) {
    const auto [claimed, is_new] = signed_slots.try_emplace(wanted.slot, wanted.message);
    SlotSigned answer{wanted.slot, wanted.message, std::nullopt};
    if (is_new || claimed->second == wanted.message)
        answer.signature = signature(self, wanted.slot, wanted.message);
    engine->step(static_cast<SimTime>(network.now_ns), answer, more);
}

void TestNode::perform(const Action& action, Actions& more) {
    if (const auto* wanted = std::get_if<Sign>(&action)) return sign(*wanted, more);
    if (const auto* persist = std::get_if<Persist>(&action)) {
        const auto& [key, value] = persist->record;
        if (value.empty()) {
            records.erase(key);
        } else {
            records[key] = value;
        }
        return engine->step(static_cast<SimTime>(network.now_ns), Persisted{persist->number}, more);
    }
    if (const auto* certificate = std::get_if<PublishCertificate>(&action))
        return certificates.push_back(*certificate);
    if (const auto* accept = std::get_if<Accept>(&action))
        return decide(accept->id, BlockStatus::kAccepted);
    if (const auto* reject = std::get_if<Reject>(&action))
        return decide(reject->id, BlockStatus::kRejected);
    if (const auto* prefer = std::get_if<Prefer>(&action)) {
        const Hash32& tip = prefer->tips.at(0);
        EXPECT_TRUE(status(tip) == BlockStatus::kProcessing || tip == chain.back().id);
        preferred = tip;
    } else if (const auto* discard = std::get_if<Discard>(&action)) {
        if (status(discard->id) == BlockStatus::kUnknown) bodies.erase(discard->id);
    } else if (const auto* asked = std::get_if<Verify>(&action)) {
        verify(asked->id, more);
    } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
        network.at(timer->delay_ns, [this, id = timer->id] {
            if (!up)
                return;  // one that crashed and came back gets its old timers: they must not matter
            step(TimerFired{id});
        });
    } else if (const auto* fetch = std::get_if<Fetch>(&action)) {
        const Fetch wanted = *fetch;
        network.transmit(self, wanted.from, [this, wanted](TestNode& server) {
            std::vector<BlockInfo> served;
            Hash32 id = wanted.id;
            while (served.size() < wanted.count && server.status(id) != BlockStatus::kUnknown &&
                   server.status(id) != BlockStatus::kRejected) {
                served.push_back(server.bodies.at(id));
                id = served.back().parent;
            }
            network.transmit(wanted.from, self, [served, from = wanted.from](TestNode& node) {
                for (const BlockInfo& block : served) {
                    node.bodies.emplace(block.id, block);
                    node.step(ItemReceived{from, item_of(block)});
                }
            });
        });
    } else if (const auto* send = std::get_if<Send>(&action)) {
        queries_sent += send->message.get_if<Query>() != nullptr ? 1 : 0;
        std::optional<BlockInfo> body;
        if (const auto id = send->message.attached_item()) body = bodies.at(*id);
        network.transmit(self, send->to,
                         [message = send->message, body, from = self](TestNode& node) {
                             if (body) {
                                 node.bodies.emplace(body->id, *body);
                                 node.step(ItemReceived{from, item_of(*body)});
                             }
                             node.step(MessageReceived{from, message});
                         });
    }
}

TestNetwork::TestNetwork(std::uint32_t count, NetworkOptions options, Factory factory)
    : TestWire(count, options), factory_(std::move(factory)) {
    for (VoterIndex i = 0; i < count; ++i) nodes.push_back(std::make_unique<TestNode>(*this, i));
    for (auto& node : nodes) start(*node, false);
}

void TestNetwork::start(TestNode& node, bool bootstrap) {
    node.engine = factory_(node);
    Started started{item_of(node.chain.back()), node.incarnation, bootstrap};
    for (const auto& [height, block] : node.own) {
        if (height <= node.height()) continue;
        node.bodies[block.id] = block;
        started.own_items.push_back(item_of(block));
    }
    for (const auto& [key, value] : node.records) started.records.push_back({key, value});
    node.step(started);
}

void TestNetwork::crash(VoterIndex index) {
    TestNode& node = *nodes[index];
    node.up = false;
    node.executed.clear();
    std::erase_if(node.statuses,
                  [](const auto& entry) { return entry.second == BlockStatus::kProcessing; });
    std::erase_if(node.bodies, [&](const auto& entry) {
        return node.status(entry.first) == BlockStatus::kUnknown;
    });
}

void TestNetwork::lose_disk(VoterIndex index) {
    TestNode& node = *nodes[index];
    node.chain = {genesis()};
    node.statuses.clear();
    node.bodies.clear();
    node.own.clear();
    node.preferred = genesis().id;
}

void TestNetwork::restart(VoterIndex index) {
    TestNode& node = *nodes[index];
    node.up = true;
    ++node.incarnation;
    start(node, true);
}

void TestNetwork::transmit(VoterIndex from, VoterIndex to,
                           const std::function<void(TestNode&)>& arrive) {
    deliver(from, to, [this, to, arrive] {
        if (nodes[to]->up) arrive(*nodes[to]);
    });
}

bool TestNetwork::all_at(Height height) const {
    for (const auto& node : nodes) {
        if (node->up && node->height() < height) return false;
    }
    return true;
}

SnowmanConfig small_config(std::uint32_t nodes) {
    SnowmanConfig config;
    config.stakes.assign(nodes, 100);
    config.snow.k = nodes < 21 ? nodes - 1 : 20;
    config.snow.alpha_preference = config.snow.k / 2 + 1;
    config.snow.alpha_confidence = std::max(config.snow.alpha_preference, config.snow.k * 3 / 4);
    config.snow.beta = 4;
    config.snow.poll_timeout_initial_ns = kSecond;
    config.snow.poll_timeout_min_ns = kSecond;
    config.snow.poll_timeout_max_ns = 4 * kSecond;
    config.bootstrap.timeout_ns = kSecond;
    config.bootstrap.cooldown_ns = 2 * kSecond;
    config.bootstrap.idle_probe_ns = 5 * kSecond;
    return config;
}

TestNetwork snowman_network(const SnowmanConfig& config, const NetworkOptions& options) {
    return {static_cast<std::uint32_t>(config.stakes.size()), options, [config](TestNode& node) {
                SnowmanConfig own = config;
                own.self = node.self;
                auto engine = make_snowman(own, node, node.random);
                EXPECT_TRUE(engine.has_value());
                return std::move(engine).value();
            }};
}

}  // namespace aivm::sim::test
