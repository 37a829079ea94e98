// A provider: registers with its bond, computes its assigned tasks in order, one at a time per
// machine, and posts its strategy's answers: openly, or by a commitment that it reveals when the
// commit window is over. It defends its answers in bisections, and renews the attestation of its
// machine where fresh evidence allows early use. A slow machine takes more virtual time; the
// answers come from the real kernel.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "sim/actors/accelerator.h"
#include "sim/actors/chain_client.h"
#include "sim/actors/sent_duty.h"
#include "sim/actors/strategy.h"

namespace aivm::sim {

struct ProviderSetup {
    std::string id;
    Amount bond;
    std::vector<std::string> models;
    std::uint64_t speed_ppm = 1'000'000;
    std::uint64_t step_time_ns = 0;  // of one inference step at speed 1
    bool exponential_time = false;   // computing times are drawn, with that mean
    std::uint32_t machines = 1;      // calls computed at a time
    std::uint32_t batch = 1;         // tasks computed in one call, if as many wait
    Kernels* kernels = nullptr;
    ActorDevice on_device = {};
    VmParameters rules;
    std::optional<Device> device;
    // Called with the inference steps computed for a task, by the accounting.
    std::function<void(TaskIndex task, std::uint32_t steps)> on_computed;
    // Called when the computing of a task begins, with the time that it waited for a machine; for
    // measurements.
    std::function<void(TaskIndex task, SimTime waited)> on_started;
    // Called with what it sends in order not to be slashed for silence, by the accounting.
    std::function<void(const SentDuty& duty)> on_sent = {};
};

class ProviderActor final : public ChainClient {
public:
    ProviderActor(const ClientSetup& client, Signer signer, ProviderSetup setup,
                  std::unique_ptr<ProviderStrategy> strategy);

    void start() override;

protected:
    void on_block(const Executed& block, bool complete) override;
    void on_timer(std::uint64_t tag) override;

private:
    struct Committed {  // redundant mode: to be revealed
        std::uint32_t assignment = 0;
        Answer answer = 0;
        Hash32 nonce;
    };
    struct Posted {  // may have to be defended step by step
        std::uint32_t assignment = 0;
        std::vector<InferenceTraceStep> trace;
        std::set<std::uint32_t> opened;  // the steps that it has opened, or is opening
    };

    void receive_events(const std::vector<VmEvent>& events);
    void receive_result_event(const VmEvent& event);
    void find_missed();
    void join(const State* state);
    void take_work(TaskIndex task);
    void work_on_next();
    [[nodiscard]] bool has_free_machine() const;
    // For one call that runs as many steps of each of `tasks` tasks.
    [[nodiscard]] SimTime work_time(std::uint32_t steps, std::uint32_t tasks);
    [[nodiscard]] TaskView view(TaskIndex task) const;
    void answer_or_wait(TaskIndex task);
    void answer_waiting();
    void post(const TaskView& work);
    void commit(const TaskView& work, Answer answer);
    void note_sent(const TaskView& work, SlashCause averts, Height last_block);
    void reveal_committed();
    // Whether the commitment can still be revealed, now or later.
    [[nodiscard]] bool is_awaited(TaskIndex task, const Committed& committed) const;
    void join_dispute(DisputeIndex dispute);
    void play_disputes();
    void renew_attestation();
    void claim_rewards(const Provider& self);
    void restore_bond(const Provider& self);

    ProviderSetup setup_;
    std::unique_ptr<ProviderStrategy> strategy_;
    std::optional<ProviderIndex> self_;
    bool joined_ = false;                              // has asked to register
    std::deque<std::pair<TaskIndex, SimTime>> queue_;  // waiting for a machine, since when
    struct Computing {
        TaskIndex task;
        std::uint64_t call = 0;
    };
    std::vector<Computing> computing_;
    std::uint64_t calls_ = 0;
    std::set<TaskIndex> waiting_;  // computed, and held back by the strategy
    RandomStream times_;
    std::map<TaskIndex, Committed> committed_;
    std::map<TaskIndex, Posted> posted_;  // only where disputes are played
    std::set<DisputeIndex> disputes_;     // that are played on these
    RandomStream nonces_;
    TimestampNs renewed_at_ = 0;
    Height claimed_at_ = 0;
    Height restored_at_ = 0;
};

}  // namespace aivm::sim
