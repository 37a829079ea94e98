// A provider: registers with its bond, computes what it is assigned one task after the other, and posts what its strategy
// answers. A slow machine computes slowly in virtual time; the answers come from the real kernel.
#pragma once

#include <deque>
#include <memory>

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
    void take_work(TaskIndex task);
    void find_missed_work();
    void work_on_next();
    void post(TaskIndex task);
    void claim_rewards(const Provider& self);

    ProviderSetup setup_;
    std::unique_ptr<ProviderStrategy> strategy_;
    std::optional<ProviderIndex> self_;
    std::deque<TaskIndex> queue_;  // the front one is being computed
    Height claimed_at_ = 0;
};

}  // namespace aivm::sim
