// A provider: registers with its bond, computes what it is assigned one task after the other, and posts what its strategy
// answers. A slow machine computes slowly in virtual time; the answers come from the real kernel.
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
    Kernels* kernels = nullptr;
    // Hears of the inference steps it computed; for the books only.
    std::function<void(std::uint32_t steps)> on_computed;
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
    void join(const State* state);
    void take_work(TaskIndex task);
    void find_missed_work();
    void work_on_next();
    [[nodiscard]] TaskView view(TaskIndex task) const;
    void answer_or_wait(TaskIndex task);
    void answer_waiting();
    void post(TaskIndex task);
    void claim_rewards(const Provider& self);

    ProviderSetup setup_;
    std::unique_ptr<ProviderStrategy> strategy_;
    std::optional<ProviderIndex> self_;
    bool joined_ = false;          // has asked to register
    std::deque<TaskIndex> queue_;  // the front one is being computed
    std::set<TaskIndex> waiting_;  // computed, and held back by the strategy
    Height claimed_at_ = 0;
};

}  // namespace aivm::sim
