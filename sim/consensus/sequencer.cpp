#include "sim/consensus/sequencer.h"

#include <map>
#include <optional>

#include "core/base/check.h"
#include "sim/consensus/block_tree.h"
#include "sim/consensus/pending_blocks.h"
#include "sim/consensus/timers.h"

namespace aivm::sim {
namespace {

// A follower's gap is fetched block by block, newest first; this bounds what it holds meanwhile.
constexpr std::uint32_t kGapMax = 1U << 20;

class Sequencer final : public ConsensusEngine {
public:
    explicit Sequencer(const SequencerConfig& config) : config_(config) {}

    void start(const BlockInfo& last_accepted, const StartOptions& options, Actions& out) override;
    void on_body(VoterIndex from, const BlockInfo& block, Actions& out) override;
    void on_verified(const BlockInfo& block, Actions& out) override;
    void on_invalid(const Hash32& id, Actions& out) override {
        state().pending_blocks.invalid(id, out);
    }
    void on_own_block(const BlockInfo& block, Actions& out) override;
    void on_message(VoterIndex from, const Message& message, Actions& out) override;
    void on_timer(TimerId timer, Actions& out) override;

    [[nodiscard]] BlockRef last_accepted() const override { return state().tree.root(); }
    [[nodiscard]] BlockRef preferred() const override { return state().tree.preferred_tip(); }
    [[nodiscard]] std::size_t processing() const override { return state().tree.size(); }
    [[nodiscard]] bool catching_up() const override { return state().frontier_unknown; }
    [[nodiscard]] bool wants_block() const override { return orders(); }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

private:
    struct State {
        State(Sequencer& engine, const BlockRef& last_accepted, std::uint64_t serial);
        BlockTree tree;
        PendingBlocks pending_blocks;
        std::uint64_t next_serial;
        std::map<std::uint64_t, Hash32> final_later;  // by the timer's serial number
        BlockRef preferred;
        bool frontier_unknown = false;
        bool heard_sequencer = true;
    };

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

void Sequencer::start(const BlockInfo& last_accepted, const StartOptions& options, Actions& out) {
    AIVM_CHECK(!state_.has_value());
    state_.emplace(*this, last_accepted.ref(), first_serial(options.incarnation));
    out.push_back(Prefer{last_accepted.id});
    if (orders()) return;
    if (options.catch_up) {
        ++counters_.catch_ups;
        state().frontier_unknown = true;
        state().heard_sequencer = false;
    }
    probe_if_idle(out);
}

// Only what the sequencer sends of itself, or what was asked for by id, is looked at.
void Sequencer::on_body(VoterIndex from, const BlockInfo& block, Actions& out) {
    State& s = state();
    if (s.pending_blocks.holds(block.id)) return;
    if (!orders() && (from == config_.sequencer || s.pending_blocks.awaits(block.id)))
        return s.pending_blocks.body(from, block, out);
    ++counters_.bodies_discarded;
    out.push_back(Discard{block.id});
}

void Sequencer::on_verified(const BlockInfo& block, Actions& out) {
    State& s = state();
    s.pending_blocks.end_verification(block.id);
    if (block.parent !=
        s.tree.root()
            .id) {  // a second block for a decided height: the sequencer contradicts itself
        out.push_back(Reject{block.id});
        return s.pending_blocks.refused(block.ref(), out);
    }
    s.tree.add(block);
    accept(block.id, out);
    s.pending_blocks.verified(block.id, out);
}

void Sequencer::on_own_block(const BlockInfo& block, Actions& out) {
    AIVM_CHECK(orders());
    State& s = state();
    s.tree.add(block);
    tell_preference(out);
    if (config_.finality_delay_ns == 0) {
        accept(block.id, out);
        return announce(block.ref(), out);
    }
    const std::uint64_t serial = s.next_serial++;
    s.final_later[serial] = block.id;
    out.push_back(SetTimer{timer_id(TimerKind::kFinality, serial), config_.finality_delay_ns});
}

void Sequencer::accept(const Hash32& id, Actions& out) {
    State& s = state();
    for (const BlockRef& each : s.tree.accept(id, AcceptedBy::kSequencer, out))
        s.pending_blocks.refused(each, out);
    s.pending_blocks.root_moved(out);
    tell_preference(out);
}

void Sequencer::announce(const BlockRef& block, Actions& out) {
    for (VoterIndex each = 0; each < config_.validators; ++each) {
        if (each != config_.self) out.push_back(Send{each, Ordered{block}});
    }
}

void Sequencer::tell_preference(Actions& out) {
    State& s = state();
    const BlockRef tip = s.tree.preferred_tip();
    if (tip == s.preferred) return;
    s.preferred = tip;
    out.push_back(Prefer{tip.id});
}

void Sequencer::ask_frontier(Actions& out) {
    out.push_back(Send{config_.sequencer, FrontierRequest{state().next_serial++}});
}

void Sequencer::probe_if_idle(Actions& out) {
    State& s = state();
    if (!s.heard_sequencer) ask_frontier(out);
    s.heard_sequencer = false;
    if (config_.idle_probe_ns == 0) return;
    out.push_back(SetTimer{timer_id(TimerKind::kProbe, s.next_serial++), config_.idle_probe_ns});
}

void Sequencer::on_message(VoterIndex from, const Message& message, Actions& out) {
    State& s = state();
    if (const auto* request = std::get_if<FrontierRequest>(&message)) {
        out.push_back(Send{from, Frontier{request->request, s.tree.root()}});
        return;
    }
    if (from != config_.sequencer || orders()) return;
    s.heard_sequencer = true;
    if (const auto* ordered = std::get_if<Ordered>(&message))
        s.pending_blocks.want(from, ordered->block, out);
    if (const auto* frontier = std::get_if<Frontier>(&message)) {
        s.frontier_unknown = false;
        s.pending_blocks.want(from, frontier->last_accepted, out);
    }
}

void Sequencer::on_timer(TimerId timer, Actions& out) {
    State& s = state();
    const std::uint64_t serial = serial_of(timer);
    if (kind_of(timer) == TimerKind::kFetch) return s.pending_blocks.on_timer(serial, out);
    if (kind_of(timer) == TimerKind::kProbe) return probe_if_idle(out);
    if (kind_of(timer) != TimerKind::kFinality) return;
    const auto due = s.final_later.find(serial);
    if (due == s.final_later.end()) return;  // of an earlier incarnation
    const BlockRef block{due->second, s.tree.root().height + 1};
    s.final_later.erase(due);
    if (!s.tree.find(block.id)) return;  // a sibling was first
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

}  // namespace aivm::sim
