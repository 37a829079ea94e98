// A provider: registers with its bond, computes what it is assigned in its order, one task a
// machine, and posts what its strategy answers: in the open, or behind a commitment that it reveals
// when the commit window is over. It defends what it posted in bisections, and keeps the
// attestation of its machine fresh where that gives early use. A slow machine computes slowly in
// virtual time; the answers come from the real kernel.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "sim/actors/chain_client.h"
#include "sim/actors/strategy.h"

namespace aivm::sim {

struct ProviderSetup {
    std::string id;
    Amount bond;
    std::vector<std::string> models;
    std::uint64_t speed_ppm = 1'000'000;
    std::uint64_t step_time_ns = 0;  // of one inference step at speed 1
    bool exponential_time = false;   // computing times are drawn, with that mean
    std::uint32_t machines = 1;      // tasks computed at a time
    Kernels* kernels = nullptr;
    VmParameters rules;
    std::optional<Device> device;
    // Hears of the inference steps it computed; for the books only.
    std::function<void(std::uint32_t steps)> on_computed;
    // Hears of every task when its computing begins, and how long it waited for a machine; for
    // whoever measures.
    std::function<void(TaskIndex task, SimTime waited)> on_started;
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
    };

    void hear(const std::vector<VmEvent>& events);
    void hear_of_result(const VmEvent& event);
    void find_missed();
    void join(const State* state);
    void take_work(TaskIndex task);
    void work_on_next();
    [[nodiscard]] SimTime work_time(std::uint32_t steps);
    [[nodiscard]] TaskView view(TaskIndex task) const;
    void answer_or_wait(TaskIndex task);
    void answer_waiting();
    void post(const TaskView& work);
    void commit(const TaskView& work, Answer answer);
    void reveal_committed();
    // Whether the commitment's time to be revealed may still come or is there.
    [[nodiscard]] bool is_awaited(TaskIndex task, const Committed& committed) const;
    void join_dispute(DisputeIndex dispute);
    void play_disputes();
    void renew_attestation();
    void claim_rewards(const Provider& self);

    ProviderSetup setup_;
    std::unique_ptr<ProviderStrategy> strategy_;
    std::optional<ProviderIndex> self_;
    bool joined_ = false;                              // has asked to register
    std::deque<std::pair<TaskIndex, SimTime>> queue_;  // waiting for a machine, since when
    std::vector<TaskIndex> computing_;
    std::set<TaskIndex> waiting_;  // computed, and held back by the strategy
    RandomStream times_;
    std::map<TaskIndex, Committed> committed_;
    std::map<TaskIndex, Posted> posted_;  // only where disputes are played
    // on them, with the deadline of the turn it has taken last
    std::map<DisputeIndex, Height> disputes_;
    RandomStream nonces_;
    TimestampNs renewed_at_ = 0;
    Height claimed_at_ = 0;
};

}  // namespace aivm::sim
