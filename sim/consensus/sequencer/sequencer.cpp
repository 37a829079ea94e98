#include "sim/consensus/sequencer/sequencer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "sim/consensus/block_tree.h"
#include "sim/consensus/bootstrap_messages.h"
#include "sim/consensus/pending_blocks.h"
#include "sim/consensus/timers.h"
#include "sim/scenario/engines.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

// A follower fetches the blocks that it missed one by one, newest first; this bounds how many it
// holds until it reaches its last accepted one.
constexpr std::uint32_t kGapMax = 1U << 20;

// The sequencer announces that `block` is next, and attaches its body.
struct Ordered {
    static constexpr std::uint8_t kKind = 6;
    BlockRef block;

    static constexpr auto fields() { return std::tuple{field<&Ordered::block>()}; }
    [[nodiscard]] std::optional<Hash32> attached_item() const { return block.id; }
};

class Sequencer final : public ConsensusEngine {
public:
    explicit Sequencer(const SequencerConfig& config) : config_(config) {}

    void step(SimTime now, const Input& input, Actions& out) override {
        now_ = now;
        std::visit([&](const auto& each) { on(each, out); }, input);
    }

    [[nodiscard]] BlockRef last_accepted() const override { return state().tree.root(); }
    [[nodiscard]] BlockRef preferred() const override { return state().tree.preferred_tip(); }
    [[nodiscard]] std::size_t processing() const override { return state().tree.size(); }
    [[nodiscard]] bool bootstrapping() const override { return state().frontier_unknown; }
    [[nodiscard]] bool wants_block() const override { return orders() && !bootstrapping(); }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

private:
    // Uses of timers; their numbers are part of the trace digest.
    static constexpr TimerUse kProbeTimer = 5;
    static constexpr TimerUse kFinalityTimer = 6;

    struct State {
        State(Sequencer& engine, const BlockRef& last_accepted, std::uint64_t serial);
        BlockTree tree;
        PendingBlocks pending_blocks;
        std::uint64_t next_serial;
        std::map<std::uint64_t, Hash32> final_later;  // by the timer's serial number
        BlockRef preferred;
        bool frontier_unknown = false;
        Height highest_heard = 0;
        std::set<VoterIndex> answered;  // the sequencer's own question for the frontier
        bool heard_from_sequencer = true;
    };

    void on(const Started& start, Actions& out);
    void on(const MessageReceived& received, Actions& out);
    void on(const TimerFired& fired, Actions& out);
    void on(const ItemReceived& received, Actions& out);
    void on(const ItemBuilt& built, Actions& out);
    void on(const Verdict& verdict, Actions& out);
    void on(const Persisted&, Actions&) {}
    void on(const SlotSigned&, Actions&) {}
    void on(const EpochBegun&, Actions&) {}

    void verified(const BlockInfo& block, Actions& out);
    // Accepts and announces the block after the finality delay.
    void order(const BlockInfo& block, Actions& out);
    // Ends the sequencer's search for the frontier if it has all that more than half know.
    void note_frontier(Actions& out);
    [[nodiscard]] bool orders() const { return config_.self == config_.sequencer; }
    void accept(const Hash32& id, Actions& out);
    void announce(const BlockRef& block, Actions& out);
    void ask_frontier(Actions& out);
    void probe_if_idle(Actions& out);
    void tell_preference(Actions& out);

    [[nodiscard]] State& state() {
        AIVM_CHECK(state_.has_value());
        return *state_;
    }
    [[nodiscard]] const State& state() const {
        AIVM_CHECK(state_.has_value());
        return *state_;
    }

    SequencerConfig config_;
    EngineCounters counters_;
    SimTime now_ = 0;
    std::optional<State> state_;
};

Sequencer::State::State(Sequencer& engine, const BlockRef& last_accepted, std::uint64_t serial)
    : tree(last_accepted),
      pending_blocks({.validators = engine.config_.validators,
                      .self = engine.config_.self,
                      .waiting_max = kGapMax,
                      .fetch_timeout_ns = engine.config_.fetch_timeout_ns},
                     tree, engine.counters_, serial),
      next_serial(serial),
      preferred(last_accepted) {}

void Sequencer::on(const Started& start, Actions& out) {
    AIVM_CHECK(!state_.has_value());
    state_.emplace(*this, start.last_accepted.ref(), first_serial(start.incarnation));
    out.push_back(Prefer{{start.last_accepted.id}});
    // A sequencer that starts again with nothing has lost its disk, or had accepted nothing.
    const bool may_have_forgotten =
        start.bootstrap && start.last_accepted.height == 0 && config_.validators > 1;
    if (orders()) {
        if (may_have_forgotten && !AIVM_MUTANT(B9)) {
            ++counters_.bootstraps;
            state().frontier_unknown = true;
            return probe_if_idle(out);
        }
        for (const Item& item : start.own_items)
            state().pending_blocks.body(config_.self, block_of(item), out);
        return;
    }
    if (start.bootstrap) {
        ++counters_.bootstraps;
        state().frontier_unknown = true;
        state().heard_from_sequencer = false;
    }
    probe_if_idle(out);
}

// Discards bodies that neither come from the sequencer nor were asked for by id.
void Sequencer::on(const ItemReceived& received, Actions& out) {
    State& s = state();
    const VoterIndex from = received.from;
    const BlockInfo block = block_of(received.item);
    if (s.pending_blocks.holds(block.id)) return;
    if ((!orders() && from == config_.sequencer) || s.pending_blocks.awaits(block.id))
        return s.pending_blocks.body(from, block, out);
    ++counters_.bodies_discarded;
    out.push_back(Discard{block.id});
}

void Sequencer::on(const Verdict& verdict, Actions& out) {
    PendingBlocks& pending = state().pending_blocks;
    switch (verdict.validity) {
        case Validity::kValid:
            if (const auto block = pending.end_verification(verdict.id)) verified(*block, out);
            return;
        case Validity::kInvalid:
            return pending.invalid(verdict.id, out);
        case Validity::kNotBefore:
            return pending.not_before(verdict.id, delay_until(verdict.not_before, now_), out);
        case Validity::kUnknownParent:
            return pending.unknown_parent(verdict.id, out);
    }
}

void Sequencer::verified(const BlockInfo& block, Actions& out) {
    State& s = state();
    const bool follows_own = orders() && s.tree.contains(block.parent);
    if (block.parent != s.tree.root().id && !follows_own) {
        // A second block for a decided height: the sequencer contradicts itself.
        out.push_back(Reject{block.id});
        return s.pending_blocks.refused(block.ref(), out);
    }
    s.tree.add(block);
    if (orders() && !s.frontier_unknown) {
        order(block, out);  // built before the start
    } else {
        accept(block.id, out);
    }
    s.pending_blocks.verified(block.id, out);
    note_frontier(out);
}

void Sequencer::on(const ItemBuilt& built, Actions& out) {
    AIVM_CHECK(orders());
    const BlockInfo block = block_of(built.item);
    state().tree.add(block);
    order(block, out);
}

void Sequencer::order(const BlockInfo& block, Actions& out) {
    State& s = state();
    tell_preference(out);
    if (config_.finality_delay_ns == 0) {
        accept(block.id, out);
        return announce(block.ref(), out);
    }
    const std::uint64_t serial = s.next_serial++;
    s.final_later[serial] = block.id;
    out.push_back(SetTimer{timer_id(kFinalityTimer, serial), config_.finality_delay_ns});
}

void Sequencer::accept(const Hash32& id, Actions& out) {
    State& s = state();
    std::vector<BlockRef> rejected;
    s.tree.accept(id, AcceptedBy::kSequencer, out, rejected);
    for (const BlockRef& each : rejected) s.pending_blocks.refused(each, out);
    s.pending_blocks.root_moved(out);
    tell_preference(out);
}

void Sequencer::announce(const BlockRef& block, Actions& out) {
    const Message ordered = Ordered{block};
    for (VoterIndex each = 0; each < config_.validators; ++each) {
        if (each != config_.self) out.push_back(Send{each, ordered});
    }
}

void Sequencer::tell_preference(Actions& out) {
    State& s = state();
    const BlockRef tip = s.tree.preferred_tip();
    if (tip == s.preferred) return;
    s.preferred = tip;
    out.push_back(Prefer{{tip.id}});
}

void Sequencer::ask_frontier(Actions& out) {
    if (orders()) {
        state().answered.clear();
        const Message request = FrontierRequest{state().next_serial++};
        for (VoterIndex each = 0; each < config_.validators; ++each) {
            if (each != config_.self) out.push_back(Send{each, request});
        }
        return;
    }
    out.push_back(Send{config_.sequencer, FrontierRequest{state().next_serial++}});
}

void Sequencer::probe_if_idle(Actions& out) {
    State& s = state();
    if (orders() && !s.frontier_unknown) return;
    if (orders() || !s.heard_from_sequencer) ask_frontier(out);
    s.heard_from_sequencer = false;
    if (config_.idle_probe_ns == 0) return;
    out.push_back(SetTimer{timer_id(kProbeTimer, s.next_serial++), config_.idle_probe_ns});
}

void Sequencer::on(const MessageReceived& received, Actions& out) {
    State& s = state();
    const auto& [from, message] = received;
    if (const auto* request = message.get_if<FrontierRequest>()) {
        out.push_back(Send{from, Frontier{request->request, s.tree.root()}});
        return;
    }
    if (orders()) {
        const auto* frontier = message.get_if<Frontier>();
        if (frontier == nullptr || !s.frontier_unknown) return;
        s.answered.insert(from);
        s.highest_heard = std::max(s.highest_heard, frontier->last_accepted.height);
        s.pending_blocks.want(from, frontier->last_accepted, out);
        return note_frontier(out);
    }
    if (from != config_.sequencer) return;
    s.heard_from_sequencer = true;
    if (const auto* ordered = message.get_if<Ordered>())
        s.pending_blocks.want(from, ordered->block, out);
    if (const auto* frontier = message.get_if<Frontier>()) {
        s.frontier_unknown = false;
        s.pending_blocks.want(from, frontier->last_accepted, out);
    }
}

void Sequencer::note_frontier(Actions& out) {
    State& s = state();
    if (!orders() || !s.frontier_unknown) return;
    const bool has_heard_most = 2 * s.answered.size() > config_.validators - 1;
    if (!has_heard_most || s.tree.root().height < s.highest_heard) return;
    s.frontier_unknown = false;
    tell_preference(out);
}

void Sequencer::on(const TimerFired& fired, Actions& out) {
    State& s = state();
    const TimerId timer = fired.timer;
    const std::uint64_t serial = serial_of(timer);
    if (use_of(timer) == kFetchTimer) return s.pending_blocks.on_timer(serial, out);
    if (use_of(timer) == kDueTimer) return s.pending_blocks.on_due(serial, out);
    if (use_of(timer) == kProbeTimer) return probe_if_idle(out);
    if (use_of(timer) != kFinalityTimer) return;
    const auto due = s.final_later.find(serial);
    if (due == s.final_later.end()) return;  // of an earlier incarnation
    const BlockRef block{due->second, s.tree.root().height + 1};
    s.final_later.erase(due);
    if (!s.tree.contains(block.id)) return;  // a sibling was first
    accept(block.id, out);
    announce(block, out);
}

}  // namespace

Result<std::unique_ptr<ConsensusEngine>> make_sequencer(const SequencerConfig& config) {
    if (config.sequencer >= config.validators || config.self >= config.validators) {
        return fail(ErrorCode::kConfig,
                    "the sequencer and the node itself must be among the validators");
    }
    if (config.fetch_timeout_ns == 0)
        return fail(ErrorCode::kConfig, "fetch_timeout must be positive");
    return std::make_unique<Sequencer>(config);
}

namespace {

// The ranges of the scenario's keys already exclude everything that could be wrong.
std::vector<EngineProblem> check_sequencer_chain(const ChainSettings&) { return {}; }

Result<std::unique_ptr<ConsensusEngine>> make_sequencer_engine(const EngineSetup& setup) {
    return make_sequencer({.validators = setup.chain.validators,
                           .sequencer = 0,
                           .self = setup.self,
                           .finality_delay_ns = setup.chain.finality_delay_ns});
}

}  // namespace

const EngineRow kSequencerEngine{.sole_proposer = true,
                                 .check = check_sequencer_chain,
                                 .make = make_sequencer_engine,
                                 .decode = decode_message_of<Ordered, FrontierRequest, Frontier>};

}  // namespace aivm::sim
