#include "sim/consensus/avalanche/avalanche.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/dag/conflict_graph.h"
#include "sim/consensus/answer_latency.h"
#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/avalanche/pending_vertices.h"
#include "sim/consensus/avalanche/vertex_history.h"
#include "sim/consensus/snowman/fork_chance.h"
#include "sim/consensus/stake.h"
#include "sim/consensus/stake_sampler.h"
#include "sim/consensus/timers.h"
#include "sim/engine/random_stream.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

// The validators drawn, each as often as it was.
std::vector<VoterIndex> units_of(const std::vector<Drawn>& sample) {
    std::vector<VoterIndex> out;
    for (const Drawn& each : sample) out.insert(out.end(), each.times, each.voter);
    return out;
}

ConflictKey graph_key(const Hash32& key) { return {key.bytes.begin(), key.bytes.end()}; }

class Avalanche final : public ConsensusEngine {
public:
    Avalanche(const AvalancheConfig& config, EngineHost& host, RandomStream& random)
        : config_(config),
          host_(host),
          random_(random),
          sampler_(share_sampler(config.stakes)),
          latency_(config.poll_timeout_initial_ns, config.poll_timeout_min_ns,
                   config.poll_timeout_max_ns) {
        config_.stakes = {};  // the sampler has them
    }

    void step(SimTime now, const Input& input, Actions& out) override {
        now_ = now;
        if (state_) forget_carried_out();
        const auto before = static_cast<std::ptrdiff_t>(out.size());
        std::visit([&](const auto& each) { on(each, out); }, input);
        keep_needed_bodies(out, before);
    }

    [[nodiscard]] BlockRef last_accepted() const override { return state().last_accepted; }
    [[nodiscard]] BlockRef preferred() const override {
        const State& s = state();
        return s.preferred.empty() ? s.last_accepted : ref_of(s.preferred.front());
    }
    [[nodiscard]] std::size_t processing() const override { return state().votes.size(); }
    [[nodiscard]] bool bootstrapping() const override { return state().history.active(); }
    [[nodiscard]] bool wants_block() const override {
        return !bootstrapping() && processing() < config_.optimal_processing;
    }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

private:
    // Uses of timers; their numbers are part of the trace digest.
    static constexpr TimerUse kPollTimer = 1;
    static constexpr TimerUse kProbeTimer = 5;

    static constexpr std::uint32_t kVerticesPerFetch = 64;

    struct Answer {
        VoterIndex from = 0;
        std::uint32_t weight = 1;
        std::vector<Hash32> endorsed;
    };
    struct VertexPoll {
        RequestId id = 0;
        SimTime opened_at = 0;
        std::vector<Drawn> asked;
        std::vector<Drawn> waiting;  // for answers
        std::vector<Answer> answers;
        bool finished = false;
    };
    struct State {
        State(Avalanche& engine, std::uint64_t serial);
        VertexVotes votes;
        ConflictGraph conflicts;  // of the undecided vertices and those in `accepting`
        std::map<Hash32, Item> undecided;
        std::map<Hash32, Height> frontier;  // accepted, without accepted children
        // As of the last change of votes, undecided or frontier.
        std::optional<std::vector<BlockRef>> endorsed;
        BlockRef last_accepted;  // the highest
        PendingVertices pending;
        VertexHistory history;
        std::deque<VertexPoll> polls;  // in the order in which they count
        std::uint64_t next_serial;
        std::vector<Item> own_items;       // built before the start, to be issued again
        std::deque<Hash32> unsent;         // own vertices that no poll has carried yet
        std::vector<Hash32> preferred;     // as reported to the node
        std::set<Hash32> accepting;        // the node has not carried that out yet
        std::optional<Hash32> delivering;  // of the history, being verified
        std::uint64_t pending_changes = 0;
        bool heard_from_others = true;
    };

    void on(const Started& start, Actions& out);
    void on(const MessageReceived& received, Actions& out);
    void on(const TimerFired& fired, Actions& out);
    void on(const ItemReceived& received, Actions& out);
    void on(const ItemBuilt& built, Actions& out);
    void on(const Verdict& verdict, Actions& out);
    void on(const Persisted&, Actions&) {}
    void on(const SlotSigned&, Actions&) {}
    void on(const EpochBegun& begun, Actions&) { sampler_ = share_sampler(begun.stakes); }

    void on(VoterIndex from, const VertexQuery& query, Actions& out);
    void on(VoterIndex from, const VertexChits& chits, Actions& out);
    void on(VoterIndex from, const FrontierRequest& request, Actions& out);
    void on(VoterIndex from, const AcceptedFrontier& frontier, Actions& out);
    void on(VoterIndex from, const ConfirmRequest& request, Actions& out);
    void on(VoterIndex from, const Confirm& confirm, Actions& out);

    // It waits to be verified, to be issued again, or is a part of the history: what one part of
    // the engine has no use for may be what another part waits for.
    [[nodiscard]] bool needs_body(const Hash32& id) const;
    // Takes the Discards of such bodies out of the actions from this one on.
    void keep_needed_bodies(Actions& out, std::ptrdiff_t from) const;
    // The node has carried out some of what it was asked to accept.
    void forget_carried_out();
    // False, and nothing is added, if a rival has just been accepted or a parent rejected: the node
    // found the vertex valid, or built it, before it carried that out.
    [[nodiscard]] bool add(const Item& vertex);
    void reject_new(const Hash32& id, Actions& out);
    void verified(const Item& vertex, Actions& out);
    void apply(const VertexVotes::Decisions& decisions, AcceptedBy by, Actions& out);
    void accept(const Hash32& id, AcceptedBy by, Actions& out);
    void tell_preference(Actions& out);
    void issue_own_items(Actions& out);

    void keep_polling(Actions& out);
    void start_poll(Actions& out);
    void settle_polls(std::optional<RequestId> timed_out, Actions& out);
    void count_finished_polls(Actions& out);
    [[nodiscard]] bool is_settled(const VertexPoll& poll) const;
    // What an answer endorses of the undecided vertices, ascending; their ancestors left out.
    [[nodiscard]] std::vector<Hash32> endorsed_by(const Answer& answer) const;
    [[nodiscard]] std::vector<std::vector<Hash32>> responses_of(const VertexPoll& poll) const;
    [[nodiscard]] VertexPollRecord record_of(const VertexPoll& poll) const;
    // The vertex, if it is undecided here; else, if its body is here, its nearest ancestors that
    // are: whoever endorses a vertex endorses them.
    void add_nearest(const Hash32& id, std::set<Hash32>& out) const;
    [[nodiscard]] VertexPoll* find_poll(RequestId id);

    void learn(VoterIndex from, const std::vector<BlockRef>& vertices, Actions& out);
    void advance_history(Actions& out);
    void probe_if_idle(Actions& out);

    // Here, or as soon as the node has carried out what it was asked to.
    [[nodiscard]] bool is_accepted(const Hash32& id) const {
        const State& s = state();
        return s.frontier.contains(id) || s.accepting.contains(id) || host_.is_accepted(id);
    }
    [[nodiscard]] bool is_known(const Hash32& id) const {
        return state().undecided.contains(id) || is_accepted(id);
    }
    [[nodiscard]] BlockRef ref_of(const Hash32& id) const { return state().undecided.at(id).ref(); }
    // What has no endorsed child: preferred vertices, and accepted ones.
    [[nodiscard]] const std::vector<BlockRef>& endorsed();
    [[nodiscard]] std::vector<BlockRef> find_endorsed() const;
    [[nodiscard]] std::vector<BlockRef> accepted_frontier() const;

    [[nodiscard]] State& state() {
        AIVM_CHECK(state_.has_value());
        return *state_;
    }
    [[nodiscard]] const State& state() const {
        AIVM_CHECK(state_.has_value());
        return *state_;
    }

    AvalancheConfig config_;
    EngineHost& host_;
    RandomStream& random_;
    std::shared_ptr<StakeSampler> sampler_;  // shared with the other nodes
    EngineCounters counters_;
    std::vector<Drawn> sample_;
    SimTime now_ = 0;
    AnswerLatency latency_;
    std::optional<State> state_;
};

Avalanche::State::State(Avalanche& engine, std::uint64_t serial)
    : votes(engine.config_.votes),
      pending({.validators = static_cast<std::uint32_t>(engine.sampler_->size()),
               .self = engine.config_.self,
               .fetch_timeout_ns = engine.config_.fetch_timeout_ns,
               .is_known = [&engine](const Hash32& id) { return engine.is_known(id); }},
              engine.counters_, serial),
      history({.self = engine.config_.self,
               .sample = engine.config_.k,
               .timeout_ns = engine.config_.fetch_timeout_ns,
               .vertices_per_fetch = kVerticesPerFetch,
               .is_accepted = [&engine](const Hash32& id) { return engine.is_accepted(id); }},
              engine.sampler_, engine.random_, engine.counters_, serial),
      next_serial(serial) {}

void Avalanche::on(const Started& start, Actions& out) {
    AIVM_CHECK(!state_.has_value());
    state_.emplace(*this, first_serial(start.incarnation));
    State& s = state();
    s.last_accepted = start.last_accepted.ref();
    for (const BlockRef& vertex : start.frontier) {
        s.frontier.emplace(vertex.id, vertex.height);
        if (vertex.height > s.last_accepted.height) s.last_accepted = vertex;
    }
    if (s.frontier.empty()) s.frontier.emplace(s.last_accepted.id, s.last_accepted.height);
    s.own_items = start.own_items;
    out.push_back(Prefer{});
    probe_if_idle(out);
    if (start.bootstrap) {
        s.history.begin(out);
        advance_history(out);
    } else {
        issue_own_items(out);
    }
}

// What this node built before it stopped is sent again: the others may not have it, and it signs no
// other vertex for these slots.
void Avalanche::issue_own_items(Actions& out) {
    for (const Item& item : std::exchange(state().own_items, {}))
        state().pending.body(config_.self, item, out);
}

// --- Vertices ---

void Avalanche::on(const ItemReceived& received, Actions& out) {
    State& s = state();
    if (!s.history.active()) {
        s.pending.body(received.from, received.item, out);
        return settle_polls(std::nullopt, out);
    }
    if (s.history.body(received.item, out)) return advance_history(out);
    if (s.undecided.contains(received.item.id)) return;
    ++counters_.bodies_discarded;
    out.push_back(Discard{received.item.id});
}

void Avalanche::on(const Verdict& verdict, Actions& out) {
    State& s = state();
    switch (verdict.validity) {
        case Validity::kValid:
            if (s.delivering == verdict.id) s.delivering.reset();
            if (const auto vertex = s.pending.end_verification(verdict.id)) {
                verified(*vertex, out);
            } else if (const Item* held = s.history.find(verdict.id)) {
                if (add(*held)) {
                    accept(verdict.id, AcceptedBy::kBootstrap, out);
                } else {
                    reject_new(verdict.id, out);
                    s.history.conflict(out);
                }
            }
            break;
        case Validity::kInvalid:
            s.pending.end_verification(verdict.id);
            if (s.history.find(verdict.id) != nullptr) {
                s.delivering.reset();
                s.history.conflict(out);
                break;
            }
            s.pending.refused(verdict.id, out);
            break;
        case Validity::kNotBefore:
            s.pending.not_before(verdict.id, delay_until(verdict.not_before, now_), out);
            break;
        case Validity::kUnknownParent:
            s.pending.park(verdict.id, out);
            break;
    }
    advance_history(out);
    settle_polls(std::nullopt, out);
}

bool Avalanche::needs_body(const Hash32& id) const {
    const State& s = state();
    return s.history.find(id) != nullptr || s.pending.find(id) != nullptr ||
           std::ranges::find(s.own_items, id, &Item::id) != s.own_items.end();
}

void Avalanche::keep_needed_bodies(Actions& out, std::ptrdiff_t from) const {
    const auto is_needed = [&](const Action& action) {
        const auto* discard = std::get_if<Discard>(&action);
        return discard != nullptr && needs_body(discard->id);
    };
    out.erase(std::remove_if(out.begin() + from, out.end(), is_needed), out.end());
}

void Avalanche::forget_carried_out() {
    State& s = state();
    std::erase_if(s.accepting, [&](const Hash32& id) {
        if (!host_.is_accepted(id)) return false;
        s.conflicts.remove(id);
        return true;
    });
}

bool Avalanche::add(const Item& vertex) {
    State& s = state();
    const auto known = [&](const Hash32& id) { return is_known(id); };
    if (!AIVM_MUTANT(parent_rejected) && !std::ranges::all_of(vertex.parents, known)) return false;
    ConflictGraph::Node node{vertex.id, vertex.height, vertex.parents, {}};
    for (const Hash32& key : vertex.keys) node.keys.push_back(graph_key(key));
    s.endorsed.reset();
    s.conflicts.add(node);
    std::vector<Hash32> rivals = s.conflicts.conflicts_of(vertex.id);
    if (std::ranges::any_of(rivals, [&](const Hash32& id) { return s.accepting.contains(id); })) {
        s.conflicts.remove(vertex.id);
        return false;
    }
    s.votes.add({vertex.id, vertex.height, vertex.parents, std::move(rivals)});
    s.undecided.emplace(vertex.id, vertex);
    return true;
}

void Avalanche::reject_new(const Hash32& id, Actions& out) {
    out.push_back(Reject{id});
    state().pending.refused(id, out);
}

void Avalanche::verified(const Item& vertex, Actions& out) {
    State& s = state();
    if (!add(vertex)) return reject_new(vertex.id, out);
    if (vertex.proposer == config_.self) s.unsent.push_back(vertex.id);
    s.pending.known(vertex.id, out);
    tell_preference(out);
    keep_polling(out);
}

void Avalanche::on(const ItemBuilt& built, Actions& out) {
    State& s = state();
    if (!add(built.item)) return reject_new(built.item.id, out);
    s.unsent.push_back(built.item.id);
    s.pending.known(built.item.id, out);
    tell_preference(out);
    // One poll, beyond the usual number if need be: it carries the vertex to the others.
    if (!s.history.active()) start_poll(out);
}

void Avalanche::apply(const VertexVotes::Decisions& decisions, AcceptedBy by, Actions& out) {
    State& s = state();
    s.endorsed.reset();
    for (const Hash32& id : decisions.accepted) {
        const Item vertex = s.undecided.at(id);
        out.push_back(Accept{id, by});
        s.accepting.insert(id);
        s.undecided.erase(id);
        for (const Hash32& parent : vertex.parents) s.frontier.erase(parent);
        s.frontier.emplace(id, vertex.height);
        if (vertex.height > s.last_accepted.height) s.last_accepted = vertex.ref();
    }
    for (const Hash32& id : decisions.rejected) {
        out.push_back(Reject{id});
        s.conflicts.remove(id);
        s.undecided.erase(id);
        s.pending.refused(id, out);
    }
    std::erase_if(s.unsent, [&](const Hash32& id) { return !s.undecided.contains(id); });
}

void Avalanche::accept(const Hash32& id, AcceptedBy by, Actions& out) {
    apply(state().votes.accept(id), by, out);
    state().pending.retry(out);
    state().pending.known(id, out);
    state().history.delivered(id);
}

void Avalanche::tell_preference(Actions& out) {
    State& s = state();
    std::vector<Hash32> tips = s.votes.preferred_frontier();
    if (tips == s.preferred) return;
    s.preferred = std::move(tips);
    out.push_back(Prefer{s.preferred});
}

// --- Polls: asking ---

void Avalanche::keep_polling(Actions& out) {
    State& s = state();
    if (s.history.active()) return;
    if (s.votes.size() == 0) return s.polls.clear();
    // Finished polls that wait for the turn of an older one too: snowman.cpp says why.
    while (s.polls.size() < config_.concurrent_polls) start_poll(out);
}

void Avalanche::start_poll(Actions& out) {
    State& s = state();
    sampler_->sample_units(
        config_.k, config_.self, [this](std::uint64_t n) { return random_.below(n); }, sample_);
    if (host_.observes_polls()) host_.poll_begun(units_of(sample_));
    VertexPoll poll{s.next_serial++, now_, sample_, sample_, {}, false};
    VertexQuery query{poll.id, endorsed(), std::nullopt};
    if (!s.unsent.empty()) {
        query.push = s.unsent.front();
        s.unsent.pop_front();
    }
    const Message message = query;
    for (const Drawn& each : sample_) out.push_back(Send{each.voter, message});
    out.push_back(SetTimer{timer_id(kPollTimer, poll.id), latency_.timeout_ns()});
    s.polls.push_back(std::move(poll));
}

Avalanche::VertexPoll* Avalanche::find_poll(RequestId id) {
    const auto found = std::ranges::find(state().polls, id, &VertexPoll::id);
    return found == state().polls.end() ? nullptr : &*found;
}

void Avalanche::add_nearest(const Hash32& id, std::set<Hash32>& out) const {
    if (state().undecided.contains(id)) return void(out.insert(id));
    if (state().pending.find(id) == nullptr) return;
    std::vector<Hash32> open{id};
    std::set<Hash32> seen;
    while (!open.empty()) {
        const Hash32 at = open.back();
        open.pop_back();
        if (!seen.insert(at).second) continue;
        if (state().undecided.contains(at)) {
            out.insert(at);
        } else if (const Item* pending = state().pending.find(at)) {
            open.insert(open.end(), pending->parents.begin(), pending->parents.end());
        }
    }
}

std::vector<Hash32> Avalanche::endorsed_by(const Answer& answer) const {
    std::set<Hash32> nearest;
    for (const Hash32& id : answer.endorsed) add_nearest(id, nearest);
    return {nearest.begin(), nearest.end()};
}

VertexPollRecord Avalanche::record_of(const VertexPoll& poll) const {
    VertexPollRecord out;
    out.id = poll.id;
    out.asked = units_of(poll.asked);
    for (const Answer& each : poll.answers)
        out.answers.push_back({each.from, each.weight, endorsed_by(each)});
    for (const auto& [id, votes] : state().votes.support(responses_of(poll)))
        out.support.push_back({id, votes});
    return out;
}

std::vector<std::vector<Hash32>> Avalanche::responses_of(const VertexPoll& poll) const {
    std::vector<std::vector<Hash32>> out;
    for (const Answer& each : poll.answers) {
        // Whoever endorses nothing that is undecided here has answered all the same.
        std::vector<Hash32> endorsed = endorsed_by(each);
        if (endorsed.empty()) endorsed = each.endorsed;
        out.insert(out.end(), each.weight, endorsed);
    }
    return out;
}

bool Avalanche::is_settled(const VertexPoll& poll) const {
    const State& s = state();
    std::uint32_t missing = 0;
    for (const Drawn& each : poll.waiting) missing += each.times;
    std::uint32_t given = 0;
    for (const Answer& each : poll.answers) {
        if (!each.endorsed.empty()) given += each.weight;
        // It may still turn out to be for something.
        if (std::ranges::any_of(each.endorsed,
                                [&](const Hash32& id) { return s.pending.expects_soon(id); }))
            missing += each.weight;
    }
    if (const auto settled = s.votes.settled_by_number(given, missing)) return *settled;
    return s.votes.settled(responses_of(poll), missing);
}

// Finishes the polls that nothing can change any more, and the one that timed out.
void Avalanche::settle_polls(std::optional<RequestId> timed_out, Actions& out) {
    State& s = state();
    if (!timed_out && s.pending_changes == s.pending.changes()) return;
    s.pending_changes = s.pending.changes();
    for (VertexPoll& poll : s.polls)
        if (!poll.finished && (poll.id == timed_out || is_settled(poll))) poll.finished = true;
    count_finished_polls(out);
    keep_polling(out);
}

void Avalanche::count_finished_polls(Actions& out) {
    State& s = state();
    bool has_decided = false;
    while (!s.polls.empty() && s.polls.front().finished) {
        const VertexPoll poll = std::move(s.polls.front());
        s.polls.pop_front();
        ++counters_.polls;
        if (host_.observes_polls()) host_.vertices_polled(record_of(poll));
        const VertexVotes::Decisions decided = s.votes.poll(responses_of(poll));
        has_decided |= !decided.accepted.empty() || !decided.rejected.empty();
        apply(decided, AcceptedBy::kPolls, out);
    }
    if (has_decided) s.pending.retry(out);
    tell_preference(out);
}

// --- Polls: answering, and being answered ---

const std::vector<BlockRef>& Avalanche::endorsed() {
    State& s = state();
    if (!s.endorsed) s.endorsed = find_endorsed();
    return *s.endorsed;
}

std::vector<BlockRef> Avalanche::find_endorsed() const {
    const State& s = state();
    std::map<Hash32, Height> uncovered = s.frontier;
    for (const Hash32& id : s.votes.strongly_preferred()) {
        const Item& vertex = s.undecided.at(id);
        for (const Hash32& parent : vertex.parents) uncovered.erase(parent);
        uncovered.emplace(id, vertex.height);
    }
    std::vector<BlockRef> out;
    for (const auto& [id, height] : uncovered) out.push_back({id, height});
    if (out.size() > kTipsMax) out.resize(kTipsMax);
    return out;
}

std::vector<BlockRef> Avalanche::accepted_frontier() const {
    std::vector<BlockRef> out;
    for (const auto& [id, height] : state().frontier) out.push_back({id, height});
    if (out.size() > kTipsMax) out.resize(kTipsMax);
    return out;
}

void Avalanche::on(VoterIndex from, const VertexQuery& query, Actions& out) {
    const bool learns = !state().history.active();
    out.push_back(Send{from, VertexChits{query.poll, learns ? endorsed() : accepted_frontier()}});
    if (learns) learn(from, query.tips, out);
}

void Avalanche::on(VoterIndex from, const VertexChits& chits, Actions& out) {
    VertexPoll* const poll = find_poll(chits.poll);
    const auto asked = poll == nullptr ? std::vector<Drawn>::iterator()
                                       : std::ranges::find(poll->waiting, from, &Drawn::voter);
    if (poll == nullptr || asked == poll->waiting.end()) {
        ++counters_.answers_ignored;
        return;
    }
    latency_.note(delay_until(now_, poll->opened_at));
    Answer answer{from, asked->times, {}};
    for (const BlockRef& each : chits.endorsed) answer.endorsed.push_back(each.id);
    poll->waiting.erase(asked);
    poll->answers.push_back(std::move(answer));
    const RequestId id = poll->id;
    learn(from, chits.endorsed, out);
    VertexPoll* const still = find_poll(id);
    if (still != nullptr && !still->finished && is_settled(*still)) {
        still->finished = true;
        count_finished_polls(out);
        keep_polling(out);
    }
    settle_polls(std::nullopt, out);
}

// --- What the others have ---

void Avalanche::learn(VoterIndex from, const std::vector<BlockRef>& vertices, Actions& out) {
    State& s = state();
    for (const BlockRef& each : vertices) {
        if (each.height > s.last_accepted.height + config_.gap && !is_known(each.id) &&
            s.votes.size() == 0 && !s.history.active()) {
            s.history.begin(out);
            s.polls.clear();
        }
    }
    if (s.history.active()) return advance_history(out);
    for (const BlockRef& each : vertices) s.pending.want(from, each.id, out);
}

void Avalanche::on(VoterIndex from, const FrontierRequest& request, Actions& out) {
    out.push_back(Send{from, AcceptedFrontier{request.request, accepted_frontier()}});
}

void Avalanche::on(VoterIndex from, const AcceptedFrontier& frontier, Actions& out) {
    if (state().history.on_frontier(from, frontier, out)) return advance_history(out);
    if (!state().history.active()) learn(from, frontier.vertices, out);
}

void Avalanche::on(VoterIndex from, const ConfirmRequest& request, Actions& out) {
    Confirm confirm{request.request, 0};
    for (std::size_t i = 0; i < std::min(request.blocks.size(), kConfirmMax); ++i)
        if (host_.is_accepted(request.blocks[i].id)) confirm.accepted_mask |= std::uint64_t{1} << i;
    out.push_back(Send{from, confirm});
}

void Avalanche::on(VoterIndex from, const Confirm& confirm, Actions& out) {
    if (state().history.on_confirm(from, confirm, out)) advance_history(out);
}

// Hands the node the next vertex that the others have accepted, and returns to normal after the
// last.
void Avalanche::advance_history(Actions& out) {
    State& s = state();
    if (s.history.active()) {
        if (const Item* next = s.history.next()) {
            if (is_accepted(next->id)) {  // together with an ancestor
                s.history.delivered(Hash32(next->id));
                return advance_history(out);
            }
            if (s.undecided.contains(next->id)) {
                accept(Hash32(next->id), AcceptedBy::kBootstrap, out);
                return advance_history(out);
            }
            if (!s.delivering && s.pending.hand_over(next->id)) {
                s.delivering = next->id;
                out.push_back(Verify{next->id});
            }
        }
        return tell_preference(out);
    }
    tell_preference(out);
    issue_own_items(out);
    keep_polling(out);
}

void Avalanche::probe_if_idle(Actions& out) {
    State& s = state();
    if (config_.idle_probe_ns == 0) return;
    const std::uint64_t serial = s.next_serial++;
    if (!s.heard_from_others && !s.history.active()) {
        std::vector<VoterIndex> probed;
        sampler_->sample(
            1, config_.self, [this](std::uint64_t n) { return random_.below(n); }, probed);
        for (const VoterIndex each : probed) out.push_back(Send{each, FrontierRequest{serial}});
    }
    s.heard_from_others = false;
    out.push_back(SetTimer{timer_id(kProbeTimer, serial), config_.idle_probe_ns});
}

// --- Dispatch ---

void Avalanche::on(const MessageReceived& received, Actions& out) {
    const auto& [from, message] = received;
    AIVM_CHECK(from < sampler_->size());
    state().heard_from_others = true;
    if (const auto* query = message.get_if<VertexQuery>()) return on(from, *query, out);
    if (const auto* chits = message.get_if<VertexChits>()) return on(from, *chits, out);
    if (const auto* request = message.get_if<FrontierRequest>()) return on(from, *request, out);
    if (const auto* frontier = message.get_if<AcceptedFrontier>()) return on(from, *frontier, out);
    if (const auto* request = message.get_if<ConfirmRequest>()) return on(from, *request, out);
    if (const auto* confirm = message.get_if<Confirm>()) return on(from, *confirm, out);
}

void Avalanche::on(const TimerFired& fired, Actions& out) {
    State& s = state();
    const std::uint64_t serial = serial_of(fired.timer);
    switch (use_of(fired.timer)) {
        case kPollTimer:
            if (const VertexPoll* late = find_poll(serial); late != nullptr && !late->finished) {
                latency_.note(delay_until(now_, late->opened_at));
                settle_polls(serial, out);
            }
            return;
        case kFetchTimer:
            s.pending.on_fetch_timer(serial, out);
            return settle_polls(std::nullopt, out);
        case kDueTimer:
            return s.pending.on_due_timer(serial, out);
        case kBootstrapTimer:
            s.history.on_timer(serial, out);
            return advance_history(out);
        case kProbeTimer:
            return probe_if_idle(out);
        default:
            return;
    }
}

}  // namespace

Result<Message> decode_avalanche_message(ByteView bytes) {
    return decode_message_of<VertexQuery, VertexChits, FrontierRequest, AcceptedFrontier,
                             ConfirmRequest, Confirm>(bytes);
}

Result<std::unique_ptr<ConsensusEngine>> make_avalanche(const AvalancheConfig& config,
                                                        EngineHost& host, RandomStream& random) {
    AIVM_TRY(total_stake(config.stakes).map([](std::uint64_t) {}));
    const AvalancheThresholds& votes = config.votes;
    if (config.self >= config.stakes.size())
        return fail(ErrorCode::kConfig, "the node's own index is outside the list of validators");
    if (2 * votes.alpha <= config.k || votes.alpha > config.k)
        return fail(ErrorCode::kConfig, "alpha must be above half of k, and at most k");
    if (votes.beta_virtuous == 0 || votes.beta_rogue < votes.beta_virtuous)
        return fail(ErrorCode::kConfig, "beta_rogue must be at least beta_virtuous, and that 1");
    if (config.concurrent_polls == 0 || config.concurrent_polls > votes.beta_virtuous)
        return fail(ErrorCode::kConfig, "at least one poll at a time, and at most beta_virtuous");
    if (config.fetch_timeout_ns == 0 || config.poll_timeout_min_ns == 0 ||
        config.poll_timeout_max_ns < config.poll_timeout_min_ns)
        return fail(ErrorCode::kConfig, "the timeouts of avalanche must be above zero");
    return std::make_unique<Avalanche>(config, host, random);
}

namespace {

// In betas of a rogue vertex. Where some node has accepted one of the rivals, it has so much
// support that this many polls in a row do not all fail: it is not taken for a stalemate.
constexpr std::uint32_t kStalematePolls = 4;

AvalancheConfig config_of(const ChainSettings& chain) {
    AvalancheConfig config;
    config.k = chain.k;
    config.votes = {.alpha = chain.alpha_confidence,
                    .beta_virtuous = chain.beta_virtuous,
                    .beta_rogue = chain.beta_rogue,
                    .stalemate_polls = kStalematePolls * chain.beta_rogue};
    config.concurrent_polls = chain.concurrent_polls;
    config.poll_timeout_min_ns = chain.poll_timeout_min_ns;
    config.poll_timeout_max_ns = chain.poll_timeout_max_ns;
    return config;
}

}  // namespace

FaultTolerance tolerance_of_avalanche(const ChainSettings& chain, std::uint32_t validators,
                                      std::uint64_t cuts) {
    SnowParameters rogue;
    rogue.k = chain.k;
    rogue.alpha_preference = rogue.alpha_confidence = chain.alpha_confidence;
    rogue.beta = chain.beta_rogue;
    rogue.concurrent_polls = chain.concurrent_polls;
    SnowParameters virtuous = rogue;
    virtuous.alpha_confidence = chain.k;
    virtuous.beta = chain.beta_virtuous;
    const std::uint64_t vertices_per_cut =
        validators *
        (chain.block_interval_ns / std::max<std::uint64_t>(chain.vertex_interval_ns, 1));
    FaultTolerance out =
        snow_tolerance(rogue, validators, cuts * (1 + vertices_per_cut / 2), virtuous);
    if (chain.cut_finality == CutFinality::kBft)
        out.faulty = std::min(out.faulty, (std::max(validators, 1U) - 1) / 3);
    return out;
}

namespace {

std::vector<EngineProblem> check_avalanche_chain(const ChainSettings& chain) {
    std::vector<EngineProblem> out;
    if (chain.finality_delay_ns > 0) {
        out.push_back({{"chain.finality_delay", "chain.consensus"},
                       "avalanche's polls decide when a vertex is final",
                       "drop chain.finality_delay, or set chain.consensus to \"sequencer\""});
    }
    if (chain.censorship != CensorshipModel::kNone) {
        out.push_back({{"chain.censorship", "chain.consensus"},
                       "the models of censorship are about proposers of blocks",
                       "set chain.censorship to \"none\", or chain.consensus to \"sequencer\""});
    }
    if (chain.validators < 2) {
        out.push_back({{"chain.validators"},
                       "avalanche needs somebody to poll",
                       "set chain.validators to at least 2, or chain.consensus to \"sequencer\""});
    }
    if (2 * chain.alpha_confidence <= chain.k || chain.alpha_confidence > chain.k) {
        out.push_back({{"chain.alpha_confidence", "chain.k"},
                       fmt::format("a poll of {} cannot succeed with {} votes and be a majority",
                                   chain.k, chain.alpha_confidence),
                       "set chain.alpha_confidence above half of chain.k, and at most to it"});
    }
    if (chain.beta_rogue < chain.beta_virtuous) {
        out.push_back({{"chain.beta_rogue", "chain.beta_virtuous"},
                       "a vertex with rivals would be decided sooner than one without",
                       "set chain.beta_rogue to at least chain.beta_virtuous"});
    }
    if (chain.concurrent_polls > chain.beta_virtuous) {
        out.push_back(
            {{"chain.concurrent_polls", "chain.beta_virtuous"},
             fmt::format("{} polls at a time, but {} decide", chain.concurrent_polls,
                         chain.beta_virtuous),
             fmt::format("set chain.concurrent_polls to at most {}", chain.beta_virtuous)});
    }
    return out;
}

Result<std::unique_ptr<ConsensusEngine>> make_avalanche_engine(const EngineSetup& setup) {
    AvalancheConfig config = config_of(setup.chain);
    config.stakes = {setup.stakes.begin(), setup.stakes.end()};
    config.self = setup.self;
    return make_avalanche(config, setup.host, setup.random);
}

}  // namespace

const EngineRow kAvalancheEngine{.tolerance = tolerance_of_avalanche,
                                 .of_dag = true,
                                 .check = check_avalanche_chain,
                                 .make = make_avalanche_engine,
                                 .decode = decode_avalanche_message};

}  // namespace aivm::sim
