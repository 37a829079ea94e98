#include "sim/consensus/snowman/snowman.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/base/mutant_noise.h"
#include "core/base/prefetch_call.h"
#include "sim/consensus/answer_latency.h"
#include "sim/consensus/block_tree.h"
#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/bootstrapper.h"
#include "sim/consensus/pending_blocks.h"
#include "sim/consensus/snowman/fork_chance.h"
#include "sim/consensus/snowman/messages.h"
#include "sim/consensus/snowman/poll.h"
#include "sim/consensus/snowman/repoll_pause.h"
#include "sim/consensus/stake.h"
#include "sim/consensus/stake_sampler.h"
#include "sim/consensus/timers.h"
#include "sim/engine/random_stream.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

class Snowman final : public ConsensusEngine {
public:
    Snowman(const SnowmanConfig& config, EngineHost& host, RandomStream& random)
        : host_(host),
          sampler_(share_sampler(config.stakes)),
          latency_(config.snow.poll_timeout_initial_ns, config.snow.poll_timeout_min_ns,
                   config.snow.poll_timeout_max_ns),
          config_(config),
          random_(random) {
        config_.stakes = std::vector<std::uint64_t>();  // the sampler has them
    }

    void step(SimTime now, const Input& input, Actions& out) override {
        now_ = now;
        std::visit([&](const auto& each) { on(each, out); }, input);
    }

    [[nodiscard]] BlockRef last_accepted() const override { return state().tree.root(); }
    [[nodiscard]] BlockRef preferred() const override { return state().tree.preferred_tip(); }
    [[nodiscard]] std::size_t processing() const override { return state().tree.size(); }
    [[nodiscard]] bool bootstrapping() const override { return state().bootstrapper.takes_over(); }
    [[nodiscard]] bool wants_block() const override {
        return !bootstrapping() && processing() < config_.snow.optimal_processing;
    }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }
    void prefetch(const Message& message) const override {
        if (!started_) return;
        if (const auto* chits = message.get_if<Chits>()) state_->polls.prefetch(chits->poll);
        keep_prefetches();
    }

private:
    // Uses of timers; their numbers are part of the trace digest.
    static constexpr TimerUse kPollTimer = 1;
    static constexpr TimerUse kCooldownTimer = 4;
    static constexpr TimerUse kProbeTimer = 5;
    static constexpr TimerUse kRepollTimer = 6;

    // A node that has something to vote on bootstraps when it is this many gaps behind.
    static constexpr Height kGapsWhileVoting = 4;

    // An answer that names a block that is on its way; it counts once the block is here, or will
    // not come, or its poll times out.
    struct WaitingAnswer {
        RequestId poll = 0;
        VoterIndex from = 0;
        std::uint32_t weight = 0;
        SharedVote vote;
        Hash32 next;  // the block named at the queried height
    };

    // State that exists once the last accepted block is known.
    struct State {
        State(Snowman& engine, const BlockRef& last_accepted, std::uint64_t serial);
        // What every message reads comes first.
        bool heard_from_others = false;
        bool may_bootstrap = true;
        bool was_bootstrapping = false;  // and has not returned to normal yet
        bool stopped_polling = false;    // because of it
        BlockRef preferred;              // as reported to the node
        BlockTree tree;
        PollSet polls;
        Bootstrapper bootstrapper;
        PendingBlocks pending_blocks;
        RepollPause repoll_pause;
        RequestId next_poll;
        std::vector<WaitingAnswer> waiting_answers;
        std::uint64_t pending_changes = 0;  // as of the last look at the waiting answers
        std::uint64_t next_serial;
        std::vector<Item> own_items;   // built before the start, to be issued again
        std::optional<Hash32> unsent;  // an own block no poll has carried yet
    };

    void on(const Started& start, Actions& out);
    void on(const MessageReceived& received, Actions& out);
    void on(const TimerFired& fired, Actions& out);
    void on(const ItemReceived& received, Actions& out);
    void on(const ItemBuilt& built, Actions& out);
    void on(const Verdict& verdict, Actions& out);
    void on(const Persisted&, Actions&) {}
    void on(const SlotSigned&, Actions&) {}
    void on(const EpochBegun& begun, Actions& out);

    void on(VoterIndex from, const Query& query, Actions& out);
    void on(VoterIndex from, const Chits& answer, Actions& out);
    void on(VoterIndex from, const FrontierRequest& request, Actions& out);
    void on(VoterIndex from, const Frontier& frontier, Actions& out);
    void on(VoterIndex from, const ConfirmRequest& request, Actions& out);
    void on(VoterIndex from, const Confirm& confirm, Actions& out);

    void verified(const BlockInfo& block, Actions& out);
    void invalid(const Hash32& id, Actions& out);
    bool add_to_tree(const BlockInfo& block, Actions& out);
    void accept(const Hash32& id, AcceptedBy by, Actions& out);
    void tell_preference(Actions& out);

    void issue_own_items(Actions& out);
    void start_poll(Actions& out);
    void count(Poll& poll, const Drawn& voter, const Vote& vote, const Hash32& next);
    void count_waiting_answers(std::optional<RequestId> timed_out, Actions& out);
    [[nodiscard]] bool is_settled(const Poll& poll) const;
    void finish_if_settled(Poll& poll, Actions& out);
    void keep_polling(Actions& out);
    void poll_after_pause(Actions& out);
    void count_finished_polls(Actions& out);
    [[nodiscard]] bool teaches(const Poll& poll) const;
    void finish_poll(Poll& poll, Actions& out);
    void on_poll_timeout(RequestId id, Actions& out);
    [[nodiscard]] std::optional<Hash32> nearest_undecided(Hash32 id) const;
    [[nodiscard]] Hash32 block_at(Height height) const;
    [[nodiscard]] bool accepted_here(const BlockRef& block) const;

    void bootstrap_if_behind(Height others, bool nothing_to_vote_on, Actions& out);
    void begin_bootstrap(Bootstrapper::Reason reason, Actions& out);
    void stop_polling(Actions& out);
    void advance_bootstrap(Actions& out);
    void probe_if_idle(Actions& out);

    [[nodiscard]] State& state() {
        AIVM_CHECK(started_);
        return *state_;
    }
    [[nodiscard]] const State& state() const {
        AIVM_CHECK(started_);
        return *state_;
    }

    // What every message reads comes first; of these, the beginning of the state is the last.
    EngineHost& host_;
    SimTime now_ = 0;
    std::shared_ptr<StakeSampler> sampler_;  // shared with the other nodes
    AnswerLatency latency_;
    bool started_ = false;  // whether there is a state; its own flag lies far behind it
    std::optional<State> state_;

    SnowmanConfig config_;
    RandomStream& random_;
    EngineCounters counters_;
    std::vector<Drawn> sample_;       // of the poll being begun
    std::vector<VoterIndex> probed_;  // the sample of one of the idle probe
    std::vector<BlockRef> rejected_;
};

Snowman::State::State(Snowman& engine, const BlockRef& last_accepted, std::uint64_t serial)
    : preferred(last_accepted),
      tree(last_accepted, engine.config_.snow, engine.config_.snow.instance),
      polls(engine.host_.observes_polls()),
      bootstrapper({.self = engine.config_.self,
                    .sample = effective_k(engine.config_.snow, engine.sampler_->size()),
                    .timeout_ns = engine.config_.bootstrap.timeout_ns,
                    .blocks_per_fetch = engine.config_.bootstrap.blocks_per_fetch},
                   tree, engine.sampler_, engine.random_, engine.counters_, serial),
      pending_blocks({.validators = static_cast<std::uint32_t>(engine.sampler_->size()),
                      .self = engine.config_.self,
                      .waiting_max = engine.config_.snow.max_processing,
                      .per_proposer_max = engine.config_.snow.max_per_proposer,
                      .fetch_timeout_ns = engine.config_.bootstrap.timeout_ns},
                     tree, engine.counters_, serial),
      next_poll(serial),
      next_serial(serial) {}

void Snowman::on(const Started& start, Actions& out) {
    AIVM_CHECK(!started_);
    state_.emplace(*this, start.last_accepted.ref(), first_serial(start.incarnation));
    started_ = true;
    out.push_back(Prefer{{start.last_accepted.id}});
    // the first probe comes a whole interval after the first silence
    state().heard_from_others = true;
    probe_if_idle(out);
    state().own_items = start.own_items;
    if (start.bootstrap) return begin_bootstrap(Bootstrapper::Reason::kStart, out);
    issue_own_items(out);
}

// --- Blocks ---

void Snowman::on(const ItemReceived& received, Actions& out) {
    State& s = state();
    const VoterIndex from = received.from;
    const BlockInfo block = block_of(received.item);
    if (!s.bootstrapper.takes_over()) {
        s.pending_blocks.body(from, block, out);
        return count_waiting_answers(std::nullopt, out);
    }
    if (s.bootstrapper.body(block, out)) return advance_bootstrap(out);
    // While bootstrapping, bodies that were not asked for are ignored: they could only be voted on,
    // and there is no voting now.
    if (s.bootstrapper.holds(block.id) || s.pending_blocks.verifying(block.id)) return;
    ++counters_.bodies_discarded;
    out.push_back(Discard{block.id});
}

// What this node built before it stopped is sent again: the others may not have it, and this node
// signs no other block for these slots.
void Snowman::issue_own_items(Actions& out) {
    for (const Item& item : std::exchange(state().own_items, {}))
        state().pending_blocks.body(config_.self, block_of(item), out);
}

// False when the block came too late: its place is decided, and so is it.
bool Snowman::add_to_tree(const BlockInfo& block, Actions& out) {
    State& s = state();
    if (block.parent != s.tree.root().id && !s.tree.contains(block.parent)) {
        out.push_back(Reject{block.id});
        s.pending_blocks.refused(block.ref(), out);
        return false;
    }
    s.tree.add(block);
    s.repoll_pause.learned(now_);
    s.pending_blocks.verified(block.id, out);
    return true;
}

void Snowman::on(const Verdict& verdict, Actions& out) {
    PendingBlocks& pending = state().pending_blocks;
    switch (verdict.validity) {
        case Validity::kValid:
            if (const auto block = pending.end_verification(verdict.id)) verified(*block, out);
            break;
        case Validity::kInvalid:
            invalid(verdict.id, out);
            break;
        case Validity::kNotBefore:
            pending.not_before(verdict.id, delay_until(verdict.not_before, now_), out);
            break;
        case Validity::kUnknownParent:
            pending.unknown_parent(verdict.id, out);
            break;
    }
    count_waiting_answers(std::nullopt, out);
}

void Snowman::verified(const BlockInfo& block, Actions& out) {
    if (add_to_tree(block, out) && block.proposer == config_.self) state().unsent = block.id;
    tell_preference(out);
    advance_bootstrap(out);
    keep_polling(out);
}

void Snowman::on(const ItemBuilt& built, Actions& out) {
    State& s = state();
    const BlockInfo block = block_of(built.item);
    if (!add_to_tree(block, out)) return;
    tell_preference(out);
    s.unsent = block.id;
    // One poll, beyond the usual number if need be: it carries the block to the others. Further
    // polls begin when it or another ends; begun now they would ask about a block that nobody has
    // yet.
    if (!s.bootstrapper.takes_over() && s.preferred.id == block.id) start_poll(out);
}

void Snowman::invalid(const Hash32& id, Actions& out) {
    State& s = state();
    const BlockInfo* awaited = s.bootstrapper.deliverable();
    const bool of_history = awaited != nullptr && awaited->id == id;
    s.pending_blocks.invalid(id, out);
    if (!of_history) return;
    s.bootstrapper.conflict(out);
    advance_bootstrap(out);
}

void Snowman::accept(const Hash32& id, AcceptedBy by, Actions& out) {
    State& s = state();
    rejected_.clear();
    s.tree.accept(id, by, out, rejected_);
    for (const BlockRef& each : rejected_) s.pending_blocks.refused(each, out);
    s.pending_blocks.root_moved(out);
}

void Snowman::tell_preference(Actions& out) {
    State& s = state();
    const BlockRef tip = s.tree.preferred_tip();
    if (tip == s.preferred) return;
    s.preferred = tip;
    out.push_back(Prefer{{tip.id}});
}

// --- Polls: asking ---

void Snowman::start_poll(Actions& out) {
    State& s = state();
    const auto below = [this](std::uint64_t bound) { return random_.below(bound); };
    const std::uint32_t k = effective_k(config_.snow, sampler_->size());
    if (config_.snow.sampling == SnowSampling::kStakeUnits && !AIVM_MUTANT(D46)) {
        sampler_->sample_units(k, config_.self, below, sample_);
    } else {
        sampler_->sample(k, config_.self, below, probed_);
        sample_.clear();
        for (const VoterIndex each : probed_) sample_.push_back({each, 1});
    }
    if (AIVM_MUTANT(det_unordered)) mutants::order_by_hash(sample_);
    if (host_.observes_polls()) {
        std::vector<VoterIndex> asked;
        for (const Drawn& each : sample_) asked.insert(asked.end(), each.times, each.voter);
        host_.poll_begun(asked);
    }
    const bool push = s.unsent == s.preferred.id;
    if (push) s.unsent.reset();
    const RequestId id = s.next_poll++;
    const PollQuestion question{s.preferred, s.tree.root().height + 1};
    const Message query = Query{id, question, push};
    for (const Drawn& each : sample_) out.push_back(Send{each.voter, query});
    AIVM_CHECK(s.polls.open(id, now_, question.next_height, sample_) != nullptr);
    out.push_back(SetTimer{timer_id(kPollTimer, id), latency_.timeout_ns()});
}

void Snowman::keep_polling(Actions& out) {
    State& s = state();
    if (s.tree.size() == 0) {
        s.waiting_answers.clear();
        return s.polls.abandon_all();
    }
    if (s.bootstrapper.takes_over()) return;
    // A finished poll that waits for the turn of an older one is counted among them, as deployed:
    // else a node that waits for a lost answer would gather any number of polls of the past, and
    // decide by them alone, after the others have changed their minds.
    while (s.polls.size() < config_.snow.concurrent_polls) start_poll(out);
}

// One poll is enough to find out whether there is something to learn.
void Snowman::poll_after_pause(Actions& out) {
    State& s = state();
    if (s.tree.size() == 0 || s.bootstrapper.takes_over() || s.polls.size() > 0) return;
    start_poll(out);
}

void Snowman::finish_poll(Poll& poll, Actions& out) {
    State& s = state();
    const SimTime opened_at = poll.opened_at();
    poll.finish();
    count_finished_polls(out);
    const std::uint64_t pause_ns = s.repoll_pause.left_ns(opened_at, now_);
    if (pause_ns == 0 || s.tree.size() == 0) return keep_polling(out);
    out.push_back(SetTimer{timer_id(kRepollTimer, s.next_serial++), pause_ns});
}

// Whether a quorum of the answers names blocks that are undecided here.
bool Snowman::teaches(const Poll& poll) const {
    std::uint32_t votes = 0;
    for (const VoteCount& each : poll.votes()) {
        if (state().tree.contains(each.id)) votes += each.votes;
    }
    return votes >= config_.snow.alpha_preference;
}

void Snowman::count_finished_polls(Actions& out) {
    State& s = state();
    while (const Poll* poll = s.polls.oldest_finished()) {
        ++counters_.polls;
        if (teaches(*poll)) s.repoll_pause.learned(now_);
        if (host_.observes_polls()) host_.polled(poll->record(s.tree));
        rejected_.clear();
        const Height before = s.tree.root().height;
        if (s.tree.record_poll(poll->votes(), out, rejected_)) ++counters_.polls_successful;
        s.polls.pop();
        if (s.tree.root().height == before) continue;
        for (const BlockRef& each : rejected_) s.pending_blocks.refused(each, out);
        s.pending_blocks.root_moved(out);
    }
    tell_preference(out);
}

// --- Polls: answering, and being answered ---

Hash32 Snowman::block_at(Height height) const {
    const State& s = state();
    if (height >= s.preferred.height) return s.preferred.id;
    if (height >= s.tree.root().height) return s.tree.preferred_at(height);
    return host_.accepted_at(height).value_or(s.tree.root().id);
}

bool Snowman::accepted_here(const BlockRef& block) const {
    const BlockRef& root = state().tree.root();
    if (block.height >= root.height) return block == root;
    return host_.accepted_at(block.height) == block.id;
}

void Snowman::on(VoterIndex from, const Query& query, Actions& out) {
    State& s = state();
    const PollQuestion& question = query.question;
    Vote answer{s.preferred, block_at(question.next_height), s.tree.root()};
    host_.vote(question, answer);
    out.push_back(Send{from, Chits{query.poll, answer}});
    if (question.next_height == 0 || s.bootstrapper.takes_over()) return;
    bootstrap_if_behind(question.next_height - 1, s.tree.size() == 0, out);
    s.pending_blocks.want(from, question.block, out);
}

// The block itself if it is undecided here, else its nearest ancestor that is.
std::optional<Hash32> Snowman::nearest_undecided(Hash32 id) const {
    const State& s = state();
    while (!s.tree.contains(id)) {
        const auto parent = s.pending_blocks.parent_of(id);
        if (!parent) return std::nullopt;
        id = *parent;
    }
    return id;
}

void Snowman::on(VoterIndex from, const Chits& chits, Actions& out) {
    State& s = state();
    const Vote& vote = *chits.vote;
    Poll* const poll = s.polls.find(chits.poll);
    const std::uint32_t weight = poll == nullptr ? 0 : poll->take_answer_of(from);
    if (weight == 0) {
        ++counters_.answers_ignored;
        return;
    }
    latency_.note(delay_until(now_, poll->opened_at()));
    const BlockRef next{vote.at_height, std::min(poll->next_height(), vote.preferred.height)};
    const bool next_unknown = next.id != s.tree.root().id && !s.tree.contains(next.id);
    s.pending_blocks.want(from, vote.preferred, out);
    s.pending_blocks.want(from, next, out);
    const bool waits =
        s.pending_blocks.expects(vote.preferred.id) || s.pending_blocks.expects(next.id);
    if (waits && !poll->finished()) {
        s.waiting_answers.push_back({chits.poll, from, weight, chits.vote, next.id});
    } else {
        count(*poll, {from, weight}, vote, next.id);
        finish_if_settled(*poll, out);
    }
    bootstrap_if_behind(vote.last_accepted.height, next_unknown, out);
}

// `next` is the block that the vote names at the queried height.
void Snowman::count(Poll& poll, const Drawn& voter, const Vote& vote, const Hash32& next) {
    for (const Hash32* named : {&vote.preferred.id, &next, &vote.last_accepted.id}) {
        if (const auto block = nearest_undecided(*named))
            return poll.vote(voter.voter, *block, voter.times);
    }
    ++counters_.votes_unusable;
    poll.drop(voter.times);
}

bool Snowman::is_settled(const Poll& poll) const {
    return poll.settled(config_.snow,
                        [this](const Hash32& id) { return state().tree.parent_of(id); });
}

void Snowman::finish_if_settled(Poll& poll, Actions& out) {
    if (!poll.finished() && is_settled(poll)) finish_poll(poll, out);
}

// Counts the answers for which no block is expected any more, and all of a poll that timed out.
void Snowman::count_waiting_answers(std::optional<RequestId> timed_out, Actions& out) {
    State& s = state();
    if (!timed_out && s.pending_changes == s.pending_blocks.changes()) return;
    s.pending_changes = s.pending_blocks.changes();
    const auto still_waits = [&](const WaitingAnswer& each) {
        if (s.polls.find(each.poll) == nullptr) return false;
        return each.poll != timed_out && (s.pending_blocks.expects(each.vote->preferred.id) ||
                                          s.pending_blocks.expects(each.next));
    };
    std::vector<WaitingAnswer> answers;
    std::vector<WaitingAnswer> waiting;
    for (const WaitingAnswer& each : s.waiting_answers)
        (still_waits(each) ? waiting : answers).push_back(each);
    s.waiting_answers = std::move(waiting);
    for (const WaitingAnswer& each : answers) {
        Poll* const poll = s.polls.find(each.poll);
        if (poll == nullptr) continue;
        count(*poll, {each.from, each.weight}, *each.vote, each.next);
        finish_if_settled(*poll, out);
    }
}

void Snowman::on_poll_timeout(RequestId id, Actions& out) {
    Poll* poll = state().polls.find(id);
    if (poll == nullptr || poll->finished()) return;
    latency_.note(delay_until(now_, poll->opened_at()));
    count_waiting_answers(id, out);
    poll = state().polls.find(id);
    if (poll != nullptr && !poll->finished() && !AIVM_MUTANT(poll_once)) finish_poll(*poll, out);
}

// --- Others ask for what is decided ---

void Snowman::on(VoterIndex from, const FrontierRequest& request, Actions& out) {
    out.push_back(Send{from, Frontier{request.request, state().tree.root()}});
}

void Snowman::on(VoterIndex from, const ConfirmRequest& request, Actions& out) {
    Confirm confirm{request.request, 0};
    for (std::size_t i = 0; i < std::min(request.blocks.size(), kConfirmMax); ++i) {
        if (accepted_here(request.blocks[i])) confirm.accepted_mask |= std::uint64_t{1} << i;
    }
    out.push_back(Send{from, confirm});
}

// --- Bootstrapping ---

void Snowman::on(VoterIndex from, const Frontier& frontier, Actions& out) {
    State& s = state();
    if (s.bootstrapper.on_frontier(from, frontier, out)) return advance_bootstrap(out);
    if (s.bootstrapper.takes_over()) return;
    bootstrap_if_behind(frontier.last_accepted.height, s.tree.size() == 0, out);
    s.pending_blocks.want(from, frontier.last_accepted, out);
}

void Snowman::on(VoterIndex from, const Confirm& confirm, Actions& out) {
    if (state().bootstrapper.on_confirm(from, confirm, out)) advance_bootstrap(out);
}

void Snowman::bootstrap_if_behind(Height others, bool nothing_to_vote_on, Actions& out) {
    State& s = state();
    const Height own = s.tree.root().height;
    if (others <= own || s.bootstrapper.active() || !s.may_bootstrap) return;
    const Height gap = config_.bootstrap.gap * (nothing_to_vote_on ? 1 : kGapsWhileVoting);
    if (others - own >= gap) begin_bootstrap(Bootstrapper::Reason::kClaim, out);
}

void Snowman::begin_bootstrap(Bootstrapper::Reason reason, Actions& out) {
    State& s = state();
    s.bootstrapper.begin(reason, out);
    s.was_bootstrapping = true;
    s.may_bootstrap = false;  // until it has succeeded, or the cool-down is over
    advance_bootstrap(out);
}

void Snowman::stop_polling(Actions& out) {
    State& s = state();
    s.polls.abandon_all();
    s.waiting_answers.clear();
    s.pending_blocks.clear(out);
    s.stopped_polling = true;
}

// Hands the node the next block of the confirmed history, and returns to normal after the last.
void Snowman::advance_bootstrap(Actions& out) {
    State& s = state();
    if (s.bootstrapper.takes_over() && !s.stopped_polling) stop_polling(out);
    while (const BlockInfo* next = s.bootstrapper.deliverable()) {
        if (!s.tree.contains(next->id)) {
            if (!s.pending_blocks.verifying(next->id)) s.pending_blocks.verify(*next, out);
            return tell_preference(out);
        }
        accept(next->id, AcceptedBy::kBootstrap, out);
        s.bootstrapper.delivered();
    }
    tell_preference(out);
    if (s.bootstrapper.active() || !s.was_bootstrapping) return;
    s.was_bootstrapping = false;
    s.stopped_polling = false;
    if (s.bootstrapper.progressed()) {
        s.may_bootstrap = true;
    } else {
        out.push_back(
            SetTimer{timer_id(kCooldownTimer, s.next_serial++), config_.bootstrap.cooldown_ns});
    }
    issue_own_items(out);
    keep_polling(out);
}

void Snowman::probe_if_idle(Actions& out) {
    State& s = state();
    if (config_.bootstrap.idle_probe_ns == 0) return;
    const std::uint64_t serial = s.next_serial++;
    if (!s.heard_from_others && !s.bootstrapper.active()) {
        const auto below = [this](std::uint64_t bound) { return random_.below(bound); };
        sampler_->sample(1, config_.self, below, probed_);
        for (const VoterIndex each : probed_) out.push_back(Send{each, FrontierRequest{serial}});
    }
    s.heard_from_others = false;
    out.push_back(SetTimer{timer_id(kProbeTimer, serial), config_.bootstrap.idle_probe_ns});
}

// --- Dispatch ---

void Snowman::on(const EpochBegun& begun, Actions&) {
    AIVM_CHECK(begun.stakes.size() == sampler_->size());
    sampler_ = share_sampler(begun.stakes);
}

void Snowman::on(const MessageReceived& received, Actions& out) {
    const auto& [from, message] = received;
    AIVM_CHECK(from < sampler_->size());
    state().heard_from_others = true;
    if (const auto* query = message.get_if<Query>()) return on(from, *query, out);
    if (const auto* chits = message.get_if<Chits>()) return on(from, *chits, out);
    if (const auto* request = message.get_if<FrontierRequest>()) return on(from, *request, out);
    if (const auto* frontier = message.get_if<Frontier>()) return on(from, *frontier, out);
    if (const auto* request = message.get_if<ConfirmRequest>()) return on(from, *request, out);
    if (const auto* confirm = message.get_if<Confirm>()) return on(from, *confirm, out);
}

void Snowman::on(const TimerFired& fired, Actions& out) {
    State& s = state();
    const TimerId timer = fired.timer;
    const std::uint64_t serial = serial_of(timer);
    switch (use_of(timer)) {
        case kPollTimer:
            return on_poll_timeout(serial, out);
        case kFetchTimer:
            s.pending_blocks.on_timer(serial, out);
            return count_waiting_answers(std::nullopt, out);
        case kDueTimer:
            return s.pending_blocks.on_due(serial, out);
        case kBootstrapTimer:
            s.bootstrapper.on_timer(serial, out);
            return advance_bootstrap(out);
        case kCooldownTimer:
            s.may_bootstrap = true;
            return;
        case kProbeTimer:
            return probe_if_idle(out);
        case kRepollTimer:
            return poll_after_pause(out);
        default:
            return;
    }
}

}  // namespace

Result<std::unique_ptr<ConsensusEngine>> make_snowman(const SnowmanConfig& config, EngineHost& host,
                                                      RandomStream& random) {
    AIVM_TRY(total_stake(config.stakes).map([](std::uint64_t) {}));
    AIVM_TRY(check(config.snow, config.stakes.size()));
    if (config.self >= config.stakes.size()) {
        return fail(ErrorCode::kConfig, "the node's own index is outside the list of validators");
    }
    if (config.bootstrap.gap == 0 || config.bootstrap.timeout_ns == 0 ||
        config.bootstrap.blocks_per_fetch == 0) {
        return fail(
            ErrorCode::kConfig,
            "bootstrapping needs a gap, a timeout and a number of blocks per fetch above zero");
    }
    return std::make_unique<Snowman>(config, host, random);
}

namespace {

SnowParameters parameters_of(const ChainSettings& chain) {
    SnowParameters snow;
    snow.k = chain.k;
    snow.instance = chain.snow_instance;
    snow.sampling = chain.sampling;
    snow.alpha_preference = chain.alpha_preference;
    snow.alpha_confidence = chain.alpha_confidence;
    snow.beta = chain.beta;
    snow.concurrent_polls = chain.concurrent_polls;
    snow.optimal_processing = chain.optimal_processing;
    snow.max_processing = std::max(snow.max_processing, 4 * chain.optimal_processing);
    snow.max_per_proposer = std::max(snow.max_per_proposer, 2 * chain.optimal_processing);
    snow.poll_timeout_min_ns = chain.poll_timeout_min_ns;
    snow.poll_timeout_max_ns = chain.poll_timeout_max_ns;
    return snow;
}

FaultTolerance tolerance_of_snowman(const ChainSettings& chain, std::uint32_t validators,
                                    std::uint64_t heights) {
    return snow_tolerance(parameters_of(chain), validators, heights);
}

std::vector<EngineProblem> check_snowman_chain(const ChainSettings& chain) {
    std::vector<EngineProblem> out;
    if (chain.finality_delay_ns > 0) {
        out.push_back({{"chain.finality_delay", "chain.consensus"},
                       "snowman's polls decide when a block is final",
                       "drop chain.finality_delay, or set chain.consensus to \"sequencer\""});
    }
    if (chain.validators < 2) {
        out.push_back({{"chain.validators"},
                       "snowman needs somebody to poll",
                       "set chain.validators to at least 2, or chain.consensus to \"sequencer\""});
        return out;
    }
    const SnowParameters snow = parameters_of(chain);
    const std::uint32_t asked = effective_k(snow, chain.validators);
    if (asked < chain.k) {
        out.push_back({{"chain.k", "chain.validators"},
                       fmt::format("a poll asks {} validators, not {}: there are no more others",
                                   asked, chain.k),
                       fmt::format("set chain.k = {} to say so", asked),
                       true});
    }
    for (EngineProblem& each : problems(snow, chain.validators)) out.push_back(std::move(each));
    if (chain.concurrent_polls > chain.beta) {
        out.push_back(
            {{"chain.concurrent_polls", "chain.beta"},
             fmt::format("{} polls at a time, but {} decide", chain.concurrent_polls, chain.beta),
             fmt::format("set chain.concurrent_polls to at most {}", chain.beta)});
    } else if (2 * chain.concurrent_polls > chain.beta && chain.concurrent_polls > 1) {
        // synchronous_rounds_test.cpp has the numbers.
        out.push_back({{"chain.beta", "chain.concurrent_polls"},
                       fmt::format("{} polls at a time see one state of the network, so beta = {} "
                                   "is less than two looks at it, and a split can end in a fork",
                                   chain.concurrent_polls, chain.beta),
                       fmt::format("set chain.beta to at least {}", 2 * chain.concurrent_polls),
                       true});
    }
    return out;
}

Result<std::unique_ptr<ConsensusEngine>> make_snowman_engine(const EngineSetup& setup) {
    const SnowmanConfig config{.snow = parameters_of(setup.chain),
                               .bootstrap = {},
                               .stakes = {setup.stakes.begin(), setup.stakes.end()},
                               .self = setup.self};
    return make_snowman(config, setup.host, setup.random);
}

}  // namespace

Result<Message> decode_snowman_message(ByteView bytes) {
    return decode_message_of<Query, Chits, FrontierRequest, Frontier, ConfirmRequest, Confirm>(
        bytes);
}

const EngineRow kSnowmanEngine{.polls = true,
                               .tolerance = tolerance_of_snowman,
                               .check = check_snowman_chain,
                               .make = make_snowman_engine,
                               .decode = decode_snowman_message};

}  // namespace aivm::sim
