#include "sim/testing/small_scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sim/testing/test_network.h"

namespace aivm::sim::test {
namespace {

constexpr SimTime kTick = 1;

std::uint64_t digest_of(const Hash32& id) { return id.prefix64(); }

}  // namespace

Item small_genesis() { return {sha256(as_bytes("small genesis")), {}, 0, {}, std::nullopt}; }

// --- Nodes ---

SmallNode::SmallNode(SmallWorld& owner, VoterIndex index, VoterIndex validator)
    : world(owner), self(index), identity(validator), stream({7, index, 1}) {
    const Item genesis = small_genesis();
    bodies.emplace(genesis.id, genesis);
    accepted.insert(genesis.id);
    chain.push_back(genesis.id);
}

std::optional<Hash32> SmallNode::accepted_at(Height height) const {
    if (height >= chain.size()) return std::nullopt;
    return chain[height];
}

bool SmallNode::signed_by(VoterIndex validator, const SigningSlot& slot, const Hash32& message,
                          const Bytes& given) const {
    return given == TestNode::signature(validator, slot, message);
}

// --- The world ---

SmallWorld::SmallWorld(const SmallScope& given) : scope(given) {
    const Item genesis = small_genesis();
    all.emplace(genesis.id, genesis);
    for (VoterIndex i = 0; i < scope.identities.size(); ++i)
        nodes.push_back(std::make_unique<SmallNode>(*this, i, scope.identities[i]));
    for (auto& node : nodes) start(*node, false);
    scope.begin(*this);
    for (const Event& event : scope.prefix) happen(event);
    dropped = timers_fired = crashed = 0;
}

void SmallWorld::start(SmallNode& node, bool bootstrap) {
    node.engine = scope.make(node);
    Started started{node.bodies.at(node.chain.back()), node.incarnation, bootstrap, {}, {}, {}};
    for (const auto& [key, value] : node.records) started.records.push_back({key, value});
    for (const auto& [id, item] : node.own) {
        node.bodies.emplace(id, item);
        started.own_items.push_back(item);
    }
    std::ranges::sort(started.own_items, {}, &Item::height);
    if (!scope.is_chain) {
        std::set<Hash32> tips = node.accepted;
        for (const Hash32& id : node.accepted)
            for (const Hash32& parent : node.bodies.at(id).parents) tips.erase(parent);
        for (const Hash32& id : tips) started.frontier.push_back(node.bodies.at(id).ref());
    }
    step(node, started);
}

void SmallWorld::step(SmallNode& node, const Input& input) {
    Actions out;
    node.engine->step(node.now, input, out);
    carry_out(node, std::move(out));
}

void SmallWorld::carry_out(SmallNode& node, Actions actions) {
    for (std::size_t i = 0; i < actions.size(); ++i) {
        Actions more;
        perform(node, Action(actions[i]), more);
        actions.insert(actions.end(), more.begin(), more.end());
    }
}

Item SmallWorld::build(VoterIndex builder, std::uint64_t number, std::vector<Hash32> keys) {
    SmallNode& node = *nodes.at(builder);
    Item item;
    item.parents = node.preferred;
    if (item.parents.empty()) item.parents = {node.chain.back()};
    Writer writer;
    writer.u64(number).u32(builder);
    for (const Hash32& parent : item.parents) {
        writer.fixed(parent);
        item.height = std::max(item.height, node.bodies.at(parent).height + 1);
    }
    item.id = sha256(writer.view());
    item.keys = std::move(keys);
    item.proposer = node.identity;
    ++node.built;
    all.emplace(item.id, item);
    node.own.emplace(item.id, item);
    node.bodies.emplace(item.id, item);
    node.processing.insert(item.id);
    step(node, ItemBuilt{item});
    return item;
}

bool SmallWorld::is_ancestor(const Hash32& ancestor, const Hash32& id) const {
    std::vector<Hash32> open = all.at(id).parents;
    while (!open.empty()) {
        const Hash32 at = open.back();
        open.pop_back();
        if (at == ancestor) return true;
        const auto& parents = all.at(at).parents;
        open.insert(open.end(), parents.begin(), parents.end());
    }
    return false;
}

bool SmallWorld::conflicts(const SmallNode& node, const Item& vertex) const {
    if (scope.is_chain) return false;
    return std::ranges::any_of(node.accepted, [&](const Hash32& id) {
        const auto& keys = all.at(id).keys;
        const bool shares = std::ranges::any_of(vertex.keys, [&](const Hash32& key) {
            return std::ranges::find(keys, key) != keys.end();
        });
        return shares && !is_ancestor(id, vertex.id);
    });
}

// --- Actions ---

void SmallWorld::accept(SmallNode& node, const Hash32& id) {
    if (node.processing.erase(id) == 0) return violate("accepted what was not being decided");
    const Item& item = node.bodies.at(id);
    for (const Hash32& parent : item.parents)
        if (!node.accepted.contains(parent)) return violate("accepted before a parent");
    if (scope.is_chain && item.parents.front() != node.chain.back())
        return violate("accepted out of order");
    if (conflicts(node, item)) return violate("accepted against what it had accepted");
    node.accepted.insert(id);
    node.chain.push_back(id);
    node.own.erase(id);
    ++decisions;
    if (scope.byzantine.contains(node.identity)) return;
    if (scope.is_chain) {
        const auto [first, is_new] = decided.try_emplace(item.height, id);
        if (!is_new && first->second != id)
            violate(fmt::format("two items were accepted at height {}", item.height));
        return;
    }
    for (const Hash32& key : item.keys) {
        for (const Hash32& other : holders[key])
            if (other != id && !is_ancestor(other, id) && !is_ancestor(id, other))
                violate("two items that share a key were accepted");
        holders[key].insert(id);
    }
}

void SmallWorld::post(Parcel parcel) {
    std::uint64_t digest = mix_digest(parcel.from + 1, parcel.to + 1);
    if (parcel.message) digest = mix_digest(digest, parcel.message->digest());
    if (parcel.fetch)
        digest = mix_digest(digest, digest_of(parcel.fetch->id) + parcel.fetch->count);
    for (const Item& body : parcel.bodies) digest = mix_digest(digest, digest_of(body.id));
    parcel.digest = digest;
    under_way.emplace(digest, std::move(parcel));
}

void SmallWorld::send(SmallNode& node, const Send& action) {
    std::vector<Item> body;
    if (const auto id = action.message.attached_item(); id && node.bodies.contains(*id))
        body.push_back(node.bodies.at(*id));
    // To every instance of that validator but this one.
    for (const auto& other : nodes) {
        if (other->identity != action.to || other->self == node.self) continue;
        post({node.self, other->self, action.message, std::nullopt, body, 0});
    }
}

void SmallWorld::perform(SmallNode& node, const Action& action, Actions& more) {
    if (const auto* sent = std::get_if<Send>(&action)) return send(node, *sent);
    if (const auto* decision = std::get_if<Accept>(&action)) return accept(node, decision->id);
    if (const auto* decision = std::get_if<Reject>(&action)) {
        if (node.processing.erase(decision->id) == 0)
            violate("rejected what was not being decided");
        node.own.erase(decision->id);
    } else if (const auto* prefer = std::get_if<Prefer>(&action)) {
        node.preferred = prefer->tips;
    } else if (const auto* discard = std::get_if<Discard>(&action)) {
        if (!node.processing.contains(discard->id) && !node.accepted.contains(discard->id))
            node.bodies.erase(discard->id);
    } else if (const auto* verify = std::get_if<Verify>(&action)) {
        const auto body = node.bodies.find(verify->id);
        if (body == node.bodies.end()) return violate("verified without a body");
        const bool valid = !conflicts(node, body->second);
        if (valid && !node.processing.insert(verify->id).second) violate("verified twice");
        node.engine->step(node.now,
                          Verdict{verify->id, valid ? Validity::kValid : Validity::kInvalid}, more);
    } else if (const auto* timer = std::get_if<SetTimer>(&action)) {
        node.timers.insert({node.now + static_cast<SimTime>(timer->delay_ns), timer->id});
    } else if (const auto* fetch = std::get_if<Fetch>(&action)) {
        for (const auto& other : nodes)
            if (other->identity == fetch->from && other->self != node.self)
                post({node.self, other->self, std::nullopt, *fetch, {}, 0});
    } else if (const auto* persist = std::get_if<Persist>(&action)) {
        if (persist->record.value.empty()) {
            node.records.erase(persist->record.key);
        } else {
            node.records[persist->record.key] = persist->record.value;
        }
        node.engine->step(node.now, Persisted{persist->number}, more);
    } else if (const auto* wanted = std::get_if<Sign>(&action)) {
        const auto [claimed, is_new] = node.signed_slots.try_emplace(wanted->slot, wanted->message);
        SlotSigned answer{wanted->slot, wanted->message, std::nullopt};
        if (is_new || claimed->second == wanted->message) {
            answer.signature = TestNode::signature(node.identity, wanted->slot, wanted->message);
        } else if (!scope.byzantine.contains(node.identity)) {
            violate("asked for a second signature in one slot");
        }
        node.engine->step(node.now, answer, more);
    }
}

void SmallWorld::deliver(const Parcel& parcel) {
    SmallNode& node = *nodes[parcel.to];
    if (!node.up) return;
    node.history = mix_digest(node.history, parcel.digest);
    if (parcel.fetch) {
        std::vector<Item> served;
        std::vector<Hash32> open{parcel.fetch->id};
        for (std::size_t i = 0; i < open.size() && served.size() < parcel.fetch->count; ++i) {
            const bool is_here =
                node.processing.contains(open[i]) || node.accepted.contains(open[i]);
            if (!is_here || node.bodies.at(open[i]).height == 0) continue;
            served.push_back(node.bodies.at(open[i]));
            open.insert(open.end(), served.back().parents.begin(), served.back().parents.end());
        }
        if (!served.empty()) post({parcel.to, parcel.from, std::nullopt, std::nullopt, served, 0});
        return;
    }
    const VoterIndex from = nodes[parcel.from]->identity;
    for (const Item& body : parcel.bodies) {
        node.bodies.emplace(body.id, body);
        step(node, ItemReceived{from, body});
    }
    if (parcel.message) step(node, MessageReceived{from, *parcel.message});
}

// --- Events ---

std::vector<SmallWorld::Event> SmallWorld::possible() const {
    std::vector<Event> out;
    std::uint64_t last = 0;
    for (const auto& [digest, parcel] : under_way) {
        if (!out.empty() && digest == last) continue;  // one of two that are alike
        last = digest;
        out.push_back({Kind::kDeliver, digest});
        if (dropped < scope.drops) out.push_back({Kind::kDrop, digest});
    }
    for (const auto& node : nodes) {
        if (!node->up) {
            out.push_back({Kind::kRestart, node->self});
            continue;
        }
        if (timers_fired < scope.timers && !node->timers.empty())
            out.push_back({Kind::kTimer, node->self});
        if (crashed < scope.crashes) out.push_back({Kind::kCrash, node->self});
        if (node->built < scope.builds && node->engine->wants_block())
            out.push_back({Kind::kBuild, node->self});
    }
    return out;
}

void SmallWorld::happen(const Event& event) {
    if (event.kind == Kind::kDeliver || event.kind == Kind::kDrop) {
        const auto found = under_way.find(event.which);
        const Parcel parcel = found->second;
        under_way.erase(found);
        if (event.kind == Kind::kDeliver) return deliver(parcel);
        ++dropped;
        return;
    }
    SmallNode& node = *nodes[event.which];
    node.history = mix_digest(node.history, static_cast<std::uint64_t>(event.kind) + 1);
    switch (event.kind) {
        case Kind::kTimer: {
            const SmallNode::Timer timer = *node.timers.begin();
            node.timers.erase(node.timers.begin());
            ++timers_fired;
            node.now = std::max(node.now + kTick, timer.due);
            return step(node, TimerFired{timer.id});
        }
        case Kind::kCrash:
            ++crashed;
            node.up = false;
            node.engine.reset();
            node.timers.clear();
            node.processing.clear();
            node.preferred.clear();
            std::erase_if(node.bodies,
                          [&](const auto& each) { return !node.accepted.contains(each.first); });
            return;
        case Kind::kRestart:
            node.up = true;
            ++node.incarnation;
            return start(node, true);
        default:
            build(node.self, node.built);
    }
}

std::uint64_t SmallWorld::digest() const {
    std::uint64_t out = 0;
    for (const auto& node : nodes) out = mix_digest(out, node->history);
    for (const auto& [digest, parcel] : under_way) out = mix_digest(out, digest);
    return out;
}

// --- The search ---

namespace {

class Search {
public:
    explicit Search(const SmallScope& scope) : scope_(scope) {}

    ScopeResult run() {
        SmallWorld world(scope_);
        explore(world);
        return std::move(result_);
    }

private:
    // `world` is the one after path_.
    void explore(SmallWorld& world) {
        if (!world.violation.empty()) {
            result_.violation = world.violation;
            result_.trace = path_;
            return;
        }
        if (!seen_.insert(world.digest()).second) {
            ++result_.met_again;
            return;
        }
        ++result_.states;
        if (world.decisions != 0) ++result_.states_deciding;
        if (result_.states >= scope_.states_max) {
            result_.complete = false;
            return;
        }
        if (path_.size() >= scope_.depth) return;
        const std::vector<SmallWorld::Event> events = world.possible();
        for (std::size_t i = 0; i < events.size(); ++i) {
            if (!result_.violation.empty() || !result_.complete) return;
            path_.push_back(events[i]);
            if (i + 1 == events.size()) {  // nobody needs this world any more
                world.happen(events[i]);
                ++result_.events;
                explore(world);
            } else {
                SmallWorld branch(scope_);
                for (const SmallWorld::Event& event : path_) branch.happen(event);
                result_.events += path_.size();
                explore(branch);
            }
            path_.pop_back();
        }
    }

    const SmallScope& scope_;
    ScopeResult result_;
    std::vector<SmallWorld::Event> path_;
    std::unordered_set<std::uint64_t> seen_;  // order never reaches results: only looked up by key
};

}  // namespace

ScopeResult search(const SmallScope& scope) { return Search(scope).run(); }

namespace {

// What happens next when all goes well. Messages arrive in turn: those that are under way now come
// before all that they cause.
class WithoutFaults {
public:
    SmallEvent next(const SmallWorld& world) {
        if (due_.empty()) {
            for (const auto& [digest, parcel] : world.under_way) due_.push_back(digest);
            std::ranges::reverse(due_);
        }
        if (!due_.empty()) {
            const std::uint64_t digest = due_.back();
            due_.pop_back();
            return {SmallEventKind::kDeliver, digest};
        }
        for (const auto& node : world.nodes)
            if (node->built < world.scope.builds && node->engine->wants_block())
                return {SmallEventKind::kBuild, node->self};
        const SmallNode* first = nullptr;
        for (const auto& node : world.nodes) {
            if (node->timers.empty()) continue;
            if (first == nullptr || *node->timers.begin() < *first->timers.begin())
                first = node.get();
        }
        AIVM_CHECK(first != nullptr);
        return {SmallEventKind::kTimer, first->self};
    }

private:
    std::vector<std::uint64_t> due_;  // digests, the last one first
};

}  // namespace

SmallScope shortly_before_a_decision(SmallScope scope, std::uint32_t events) {
    constexpr std::size_t kMost = 1'000;
    std::vector<SmallEvent> way;
    SmallWorld world(scope);
    WithoutFaults course;
    while (world.decisions == 0) {
        AIVM_CHECK(way.size() < kMost && world.violation.empty());
        way.push_back(course.next(world));
        world.happen(way.back());
    }
    AIVM_CHECK(way.size() >= events);
    way.resize(way.size() - events);
    scope.prefix = std::move(way);
    return scope;
}

}  // namespace aivm::sim::test
