#include "sim/consensus/snowman/snowman.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/base/check.h"
#include "sim/consensus/block_tree.h"
#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/bootstrapper.h"
#include "sim/consensus/pending_blocks.h"
#include "sim/consensus/snowman/messages.h"
#include "sim/consensus/snowman/poll.h"
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
        : config_(config), host_(host), random_(random), sampler_(config.stakes) {}

    void start(const BlockInfo& last_accepted, const StartOptions& options, Actions& out) override;
    void on_body(VoterIndex from, const BlockInfo& block, Actions& out) override;
    void on_verified(const BlockInfo& block, Actions& out) override;
    void on_invalid(const Hash32& id, Actions& out) override;
    void on_own_block(const BlockInfo& block, Actions& out) override;
    void on_message(VoterIndex from, const Message& message, Actions& out) override;
    void on_timer(TimerId timer, Actions& out) override;

    [[nodiscard]] BlockRef last_accepted() const override { return state().tree.root(); }
    [[nodiscard]] BlockRef preferred() const override { return state().tree.preferred_tip(); }
    [[nodiscard]] std::size_t processing() const override { return state().tree.size(); }
    [[nodiscard]] bool bootstrapping() const override { return state().bootstrapper.active(); }
    [[nodiscard]] bool wants_block() const override {
        return !bootstrapping() && processing() < config_.snow.optimal_processing;
    }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

private:
    // Uses of timers; their numbers are part of the trace digest.
    static constexpr TimerUse kPollTimer = 1;
    static constexpr TimerUse kCooldownTimer = 4;
    static constexpr TimerUse kProbeTimer = 5;

    // State that exists once the last accepted block is known.
    struct State {
        State(Snowman& engine, const BlockRef& last_accepted, std::uint64_t serial);
        BlockTree tree;
        PendingBlocks pending_blocks;
        Bootstrapper bootstrapper;
        PollSet polls;
        std::uint64_t next_serial;
        BlockRef preferred;            // as reported to the node
        std::optional<Hash32> unsent;  // an own block no poll has carried yet
        bool may_bootstrap = true;
        bool was_bootstrapping = false;  // and has not returned to normal yet
        bool heard_from_others = false;
    };

    void on(VoterIndex from, const Query& query, Actions& out);
    void on(VoterIndex from, const Chits& answer, Actions& out);
    void on(VoterIndex from, const FrontierRequest& request, Actions& out);
    void on(VoterIndex from, const Frontier& frontier, Actions& out);
    void on(VoterIndex from, const ConfirmRequest& request, Actions& out);
    void on(VoterIndex from, const Confirm& confirm, Actions& out);

    bool add_to_tree(const BlockInfo& block, Actions& out);
    void accept(const Hash32& id, AcceptedBy by, Actions& out);
    void tell_preference(Actions& out);

    void start_poll(Actions& out);
    void keep_polling(Actions& out);
    void count_finished_polls(Actions& out);
    void finish_poll(Poll& poll, Actions& out);
    [[nodiscard]] std::optional<BlockTree::Handle> choice_of(const Vote& vote) const;
    [[nodiscard]] Hash32 block_at(Height height) const;
    [[nodiscard]] bool accepted_here(const BlockRef& block) const;

    void bootstrap_if_behind(Height others, bool nothing_to_vote_on, Actions& out);
    void begin_bootstrap(Actions& out);
    void advance_bootstrap(Actions& out);
    void probe_if_idle(Actions& out);

    [[nodiscard]] State& state() {
        AIVM_CHECK(state_.has_value());
        return *state_;
    }
    [[nodiscard]] const State& state() const {
        AIVM_CHECK(state_.has_value());
        return *state_;
    }

    SnowmanConfig config_;
    EngineHost& host_;
    RandomStream& random_;
    StakeSampler sampler_;
    EngineCounters counters_;
    std::vector<VoterIndex> sample_;  // of the poll being begun
    std::optional<State> state_;
};

Snowman::State::State(Snowman& engine, const BlockRef& last_accepted, std::uint64_t serial)
    : tree(last_accepted),
      pending_blocks({.validators = static_cast<std::uint32_t>(engine.config_.stakes.size()),
                      .self = engine.config_.self,
                      .waiting_max = engine.config_.snow.max_processing,
                      .fetch_timeout_ns = engine.config_.bootstrap.timeout_ns},
                     tree, engine.counters_, serial),
      bootstrapper({.self = engine.config_.self,
                    .sample = effective_k(engine.config_.snow, engine.config_.stakes.size()),
                    .timeout_ns = engine.config_.bootstrap.timeout_ns,
                    .blocks_per_fetch = engine.config_.bootstrap.blocks_per_fetch},
                   tree, engine.sampler_, engine.random_, engine.counters_, serial),
      polls(serial),
      next_serial(serial),
      preferred(last_accepted) {}

void Snowman::start(const BlockInfo& last_accepted, const StartOptions& options, Actions& out) {
    AIVM_CHECK(!state_.has_value());
    state_.emplace(*this, last_accepted.ref(), first_serial(options.incarnation));
    out.push_back(Prefer{last_accepted.id});
    // the first probe comes a whole interval after the first silence
    state().heard_from_others = true;
    probe_if_idle(out);
    if (options.bootstrap) begin_bootstrap(out);
}

// --- Blocks ---

void Snowman::on_body(VoterIndex from, const BlockInfo& block, Actions& out) {
    State& s = state();
    if (!s.bootstrapper.active()) return s.pending_blocks.body(from, block, out);
    if (s.bootstrapper.body(block, out)) return advance_bootstrap(out);
    // While bootstrapping, bodies that were not asked for are ignored: they could only be voted on,
    // and there is no voting now.
    if (s.bootstrapper.holds(block.id) || s.pending_blocks.verifying(block.id)) return;
    ++counters_.bodies_discarded;
    out.push_back(Discard{block.id});
}

// False when the block came too late: its place is decided, and so is it.
bool Snowman::add_to_tree(const BlockInfo& block, Actions& out) {
    State& s = state();
    s.pending_blocks.end_verification(block.id);
    if (block.parent != s.tree.root().id && !s.tree.find(block.parent)) {
        out.push_back(Reject{block.id});
        s.pending_blocks.refused(block.ref(), out);
        return false;
    }
    s.tree.add(block);
    s.pending_blocks.verified(block.id, out);
    return true;
}

void Snowman::on_verified(const BlockInfo& block, Actions& out) {
    add_to_tree(block, out);
    tell_preference(out);
    advance_bootstrap(out);
    keep_polling(out);
}

void Snowman::on_own_block(const BlockInfo& block, Actions& out) {
    State& s = state();
    if (!add_to_tree(block, out)) return;
    tell_preference(out);
    s.unsent = block.id;
    // One poll, beyond the usual number if need be: it carries the block to the others. Further
    // polls begin when it or another ends; begun now they would ask about a block that nobody has
    // yet.
    if (!s.bootstrapper.active() && s.preferred.id == block.id) start_poll(out);
}

void Snowman::on_invalid(const Hash32& id, Actions& out) {
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
    for (const BlockRef& each : s.tree.accept(id, by, out)) s.pending_blocks.refused(each, out);
    s.pending_blocks.root_moved(out);
}

void Snowman::tell_preference(Actions& out) {
    State& s = state();
    const BlockRef tip = s.tree.preferred_tip();
    if (tip == s.preferred) return;
    s.preferred = tip;
    out.push_back(Prefer{tip.id});
}

// --- Polls: asking ---

void Snowman::start_poll(Actions& out) {
    State& s = state();
    const auto below = [this](std::uint64_t bound) { return random_.below(bound); };
    const auto validators = config_.stakes.size();
    sampler_.sample(effective_k(config_.snow, validators), config_.self, below, sample_);
    const bool push = s.unsent == s.preferred.id;
    if (push) s.unsent.reset();
    const RequestId id = s.polls.next_id();
    const PollQuestion question{s.preferred, s.tree.root().height + 1};
    const Message query = Query{id, question, push};
    for (const VoterIndex each : sample_) out.push_back(Send{each, query});
    s.polls.open(question.next_height, sample_);
    out.push_back(SetTimer{timer_id(kPollTimer, id), config_.snow.poll_timeout_ns});
}

void Snowman::keep_polling(Actions& out) {
    State& s = state();
    if (s.tree.size() == 0) return s.polls.abandon_all();
    if (s.bootstrapper.active()) return;
    while (s.polls.outstanding() < config_.snow.concurrent_polls) start_poll(out);
}

void Snowman::finish_poll(Poll& poll, Actions& out) {
    state().polls.finish(poll);
    count_finished_polls(out);
    keep_polling(out);
}

void Snowman::count_finished_polls(Actions& out) {
    State& s = state();
    while (const Poll* poll = s.polls.oldest_finished()) {
        ++counters_.polls;
        if (poll->apply(s.tree, config_.snow)) ++counters_.polls_successful;
        s.polls.pop();
        while (const auto child = s.tree.finalized_child(config_.snow.beta))
            accept(*child, AcceptedBy::kPolls, out);
    }
    tell_preference(out);
}

// --- Polls: answering, and being answered ---

Hash32 Snowman::block_at(Height height) const {
    const State& s = state();
    if (height >= s.tree.root().height)
        return s.tree.preferred_at(std::min(height, s.preferred.height));
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
    if (question.next_height == 0 || s.bootstrapper.active()) return;
    bootstrap_if_behind(question.next_height - 1, s.tree.size() == 0, out);
    if (!s.bootstrapper.active()) s.pending_blocks.want(from, question.block, out);
}

std::optional<BlockTree::Handle> Snowman::choice_of(const Vote& vote) const {
    const BlockTree& tree = state().tree;
    for (const Hash32& choice : {vote.preferred.id, vote.at_height, vote.last_accepted.id}) {
        if (const auto handle = tree.find(choice)) return handle;
    }
    return std::nullopt;
}

void Snowman::on(VoterIndex from, const Chits& chits, Actions& out) {
    State& s = state();
    const Vote& answer = chits.vote;
    Poll* poll = s.polls.find(chits.poll);
    if (poll == nullptr || !poll->take_answer_of(from)) {
        ++counters_.answers_ignored;
        return;
    }
    const BlockRef next{answer.at_height, std::min(poll->next_height(), answer.preferred.height)};
    const bool next_unknown = next.id != s.tree.root().id && !s.tree.find(next.id);
    if (const auto choice = choice_of(answer)) {
        poll->vote(s.tree, *choice);
    } else {
        ++counters_.votes_unusable;
    }
    if (poll->settled(s.tree, config_.snow)) finish_poll(*poll, out);

    bootstrap_if_behind(answer.last_accepted.height, next_unknown, out);
    if (s.bootstrapper.active()) return;
    s.pending_blocks.want(from, answer.preferred, out);
    s.pending_blocks.want(from, next, out);
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
    if (s.bootstrapper.active()) return;
    bootstrap_if_behind(frontier.last_accepted.height, s.tree.size() == 0, out);
    if (!s.bootstrapper.active()) s.pending_blocks.want(from, frontier.last_accepted, out);
}

void Snowman::on(VoterIndex from, const Confirm& confirm, Actions& out) {
    if (state().bootstrapper.on_confirm(from, confirm, out)) advance_bootstrap(out);
}

void Snowman::bootstrap_if_behind(Height others, bool nothing_to_vote_on, Actions& out) {
    State& s = state();
    if (s.bootstrapper.active() || !s.may_bootstrap || !nothing_to_vote_on) return;
    const Height own = s.tree.root().height;
    if (others > own && others - own >= config_.bootstrap.gap) begin_bootstrap(out);
}

void Snowman::begin_bootstrap(Actions& out) {
    State& s = state();
    s.polls.abandon_all();
    s.pending_blocks.clear(out);
    s.bootstrapper.begin(out);
    s.was_bootstrapping = true;
    s.may_bootstrap = false;  // until it has succeeded, or the cool-down is over
    advance_bootstrap(out);
}

// Hands the node the next block of the confirmed history, and returns to normal after the last.
void Snowman::advance_bootstrap(Actions& out) {
    State& s = state();
    while (const BlockInfo* next = s.bootstrapper.deliverable()) {
        if (!s.tree.find(next->id)) {
            if (!s.pending_blocks.verifying(next->id)) s.pending_blocks.verify(*next, out);
            return tell_preference(out);
        }
        accept(next->id, AcceptedBy::kBootstrap, out);
        s.bootstrapper.delivered();
    }
    tell_preference(out);
    if (s.bootstrapper.active() || !s.was_bootstrapping) return;
    s.was_bootstrapping = false;
    if (s.bootstrapper.progressed()) {
        s.may_bootstrap = true;
    } else {
        out.push_back(
            SetTimer{timer_id(kCooldownTimer, s.next_serial++), config_.bootstrap.cooldown_ns});
    }
    keep_polling(out);
}

void Snowman::probe_if_idle(Actions& out) {
    State& s = state();
    if (config_.bootstrap.idle_probe_ns == 0) return;
    const std::uint64_t serial = s.next_serial++;
    if (!s.heard_from_others && !s.bootstrapper.active()) {
        const auto below = [this](std::uint64_t bound) { return random_.below(bound); };
        sampler_.sample(1, config_.self, below, sample_);
        for (const VoterIndex each : sample_) out.push_back(Send{each, FrontierRequest{serial}});
    }
    s.heard_from_others = false;
    out.push_back(SetTimer{timer_id(kProbeTimer, serial), config_.bootstrap.idle_probe_ns});
}

// --- Dispatch ---

void Snowman::on_message(VoterIndex from, const Message& message, Actions& out) {
    AIVM_CHECK(from < config_.stakes.size());
    state().heard_from_others = true;
    if (const auto* query = message.get_if<Query>()) return on(from, *query, out);
    if (const auto* chits = message.get_if<Chits>()) return on(from, *chits, out);
    if (const auto* request = message.get_if<FrontierRequest>()) return on(from, *request, out);
    if (const auto* frontier = message.get_if<Frontier>()) return on(from, *frontier, out);
    if (const auto* request = message.get_if<ConfirmRequest>()) return on(from, *request, out);
    if (const auto* confirm = message.get_if<Confirm>()) return on(from, *confirm, out);
}

void Snowman::on_timer(TimerId timer, Actions& out) {
    State& s = state();
    const std::uint64_t serial = serial_of(timer);
    switch (use_of(timer)) {
        case kPollTimer:
            if (Poll* poll = s.polls.find(serial)) finish_poll(*poll, out);
            return;
        case kFetchTimer:
            return s.pending_blocks.on_timer(serial, out);
        case kBootstrapTimer:
            s.bootstrapper.on_timer(serial, out);
            return advance_bootstrap(out);
        case kCooldownTimer:
            s.may_bootstrap = true;
            return;
        case kProbeTimer:
            return probe_if_idle(out);
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
    snow.alpha_preference = chain.alpha_preference;
    snow.alpha_confidence = chain.alpha_confidence;
    snow.beta = chain.beta;
    snow.concurrent_polls = chain.concurrent_polls;
    snow.poll_timeout_ns = chain.poll_timeout_ns;
    return snow;
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

const EngineRow kSnowmanEngine{
    .polls = true, .check = check_snowman_chain, .make = make_snowman_engine};

}  // namespace aivm::sim
