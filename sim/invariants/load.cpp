// L5 and L7: a chain without work is quiet, and what a run has under way is bounded.
#include <fmt/format.h>

#include <algorithm>

#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

// L5. While no validator has an undecided block, work or something to catch up with, the validators
// exchange nothing but the probes of idle nodes: each asks one other every few seconds whether it
// has missed anything, and is answered.
class QuietWhenIdle final : public Invariant {
public:
    QuietWhenIdle()
        : Invariant({.id = "L5",
                     .name = "quiet-when-idle",
                     .meaning = "validators with nothing to decide exchange nothing but probes",
                     .reason = "Messages that never stop cost bandwidth and energy for "
                               "nothing. They also hide a loop that fills memory or queues "
                               "when there is work.",
                     .liveness = true,
                     .of_queues = true}) {}

    void on_offered(ActorId, const QueueView&, const OperationPtr&, const Status&) override {
        note_activity();
    }
    void on_built(ActorId, const QueueView&, const BuiltBlock&) override { note_activity(); }
    void on_verified(ActorId, const Vm&, const ExecutedPtr&) override { note_activity(); }
    void on_accepted(ActorId, const Vm&, const ExecutedPtr&) override { note_activity(); }
    void on_rejected(ActorId, const Vm&, const ExecutedPtr&) override { note_activity(); }
    void on_restarted(ActorId, const Vm&) override { note_activity(); }
    void on_disk_replaced(ActorId) override { note_activity(); }
    void on_faults_changed() override { note_activity(); }

    void on_sample() override {
        const std::uint64_t sent = watch().load().validator_messages;
        const SimTime now = watch().now();
        const bool idle = active_at_ < sampled_at_ && is_idle();
        if (idle && was_idle_) {
            const std::uint32_t validators = watch().scenario().chain.validators;
            const auto seconds = static_cast<std::uint64_t>((now - sampled_at_) / kSecond);
            // A probe and its answer, each perhaps twice.
            const std::uint64_t probes = validators * (seconds / kProbeSeconds + 1) * 4;
            expect(sent - sent_ <= probes, [&] {
                return fmt::format(
                    "{} messages between validators in {} s in which there was "
                    "nothing to decide",
                    sent - sent_, seconds);
            });
        }
        was_idle_ = idle;
        sent_ = sent;
        sampled_at_ = now;
    }

private:
    static constexpr std::uint64_t kProbeSeconds = 10;  // BootstrapParameters::idle_probe_ns

    void note_activity() { active_at_ = watch().now(); }
    // All validators run, stand at the same block, and have nothing to do.
    [[nodiscard]] bool is_idle() const {
        std::optional<Hash32> tip;
        for (ActorId node = 0; node < watch().scenario().chain.validators; ++node) {
            const Vm* vm = watch().vm(node);
            if (vm == nullptr || vm->processing_count() > 0 || vm->wants_block()) return false;
            if (tip && *tip != vm->last_accepted()) return false;
            tip = vm->last_accepted();
        }
        return tip.has_value();
    }

    SimTime active_at_ = 0;
    SimTime sampled_at_ = 0;
    std::uint64_t sent_ = 0;
    bool was_idle_ = false;  // all through the sample before
};

// L7. An actor's timers, the events that are pending for all actors, what one event causes, a
// node's undecided blocks and its queue stay within bounds that follow from the scenario. The
// memory of the process has a budget of its own (run.max_memory).
class LoadIsBounded final : public Invariant {
public:
    LoadIsBounded()
        : Invariant({.id = "L7",
                     .name = "load-is-bounded",
                     .meaning = "memory, work per step and timers are bounded",
                     .reason = "What grows without a bound ends in a node that runs out of "
                               "memory. An attacker that can cause the growth stops validators "
                               "at the price of a few messages.",
                     .liveness = true}) {}

    void on_sample() override {
        const Load load = watch().load();
        const Participants& participants = watch().participants();
        expect(load.timers_max <= timers_bound(),
               [&] {
                   return fmt::format("{} has {} timers set, where {} are plenty",
                                      participants.name(load.timers_of), load.timers_max,
                                      timers_bound());
               },
               {load.timers_of});
        expect(load.step_max <= step_bound(),
               [&] {
                   return fmt::format(
                       "one event made {} send or set {} messages and timers, where "
                       "{} are plenty",
                       participants.name(load.step_of), load.step_max, step_bound());
               },
               {load.step_of});
        expect(load.events_pending <= pending_bound(), [&] {
            return fmt::format("{} events are pending, where {} are plenty", load.events_pending,
                               pending_bound());
        });
        for (ActorId node = 0; node < watch().scenario().chain.validators; ++node) check_node(node);
    }

private:
    // Every poll sets a timer that outlives it, and polls follow each other as fast as answers
    // come.
    [[nodiscard]] std::uint64_t timers_bound() const {
        const ChainSettings& chain = watch().scenario().chain;
        const std::uint64_t polls = chain.poll_timeout_max_ns / kFastestAnswerNs + 1;
        return kTimersOfAnActor + chain.concurrent_polls * polls * kTimeoutGrowth;
    }
    // The timers of all, and as many messages under way.
    [[nodiscard]] std::uint64_t pending_bound() const {
        return 2 * timers_bound() * watch().participants().all.size();
    }
    // Blocks accepted in one step go to every follower; polls go to k others each.
    [[nodiscard]] std::uint64_t step_bound() const {
        const ChainSettings& chain = watch().scenario().chain;
        return kStep + kBlocksPerStep * watch().participants().all.size() +
               std::uint64_t{chain.k} * (chain.concurrent_polls + 1) * 4;
    }
    void check_node(ActorId node) {
        const Vm* vm = watch().vm(node);
        if (vm == nullptr) return;
        expect(vm->processing_count() <= kUndecided &&
                   vm->mempool().size() <= 3 * vm->mempool().limits().lane,
               [&] {
                   return fmt::format("{} has {} undecided blocks and {} queued operations",
                                      watch().participants().name(node), vm->processing_count(),
                                      vm->mempool().size());
               },
               {node});
    }

    static constexpr std::uint64_t kTimersOfAnActor = 10'000;
    static constexpr std::uint64_t kFastestAnswerNs = 50'000;  // one way on a LAN
    static constexpr std::uint64_t kTimeoutGrowth = 5;         // of time-outs that adapt
    static constexpr std::uint64_t kStep = 10'000;
    static constexpr std::uint64_t kBlocksPerStep = 256;
    static constexpr std::size_t kUndecided = 4096;
};

}  // namespace

void add_load_invariants(Invariants& out) {
    out.push_back(std::make_unique<QuietWhenIdle>());
    out.push_back(std::make_unique<LoadIsBounded>());
}

}  // namespace aivm::sim
