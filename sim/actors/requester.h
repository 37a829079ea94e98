// A requester: submits tasks at a rate per block interval until its share of the workload is
// submitted, unless its strategy decides otherwise. It is driven by time, not by blocks: an idle
// chain builds none.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/actors/chain_client.h"

namespace aivm::sim {

struct RequesterSetup {
    std::string name;         // prefix of its job ids
    std::uint32_t tasks = 0;  // in all
    std::uint64_t tasks_per_interval_ppm =
        1'000'000;         // a rate: millionths of a task per block interval
    SimTime interval = 0;  // the block interval
    // nanoseconds between two tasks of a Poisson process; 0: at the rate, every interval
    std::uint64_t mean_gap = 0;
    Amount fee;
    VerificationMode mode = VerificationMode::kOptimistic;
    std::string model_id;
    std::uint32_t model_rows = 1;
    // Its tasks as a trace has them, in order: when each is due, counted from the requester's
    // start. Empty: at the rate above.
    struct Due {
        SimTime at = 0;
        std::string model_id;
        Amount fee;
    };
    std::vector<Due> trace = {};
    // Called for every task that the chain refused, by the accounting.
    std::function<void()> on_refused;
};

class RequesterActor final : public ChainClient {
public:
    RequesterActor(const ClientSetup& client, Signer signer, RequesterSetup setup,
                   std::unique_ptr<RequesterStrategy> strategy);

    // Whether all of its share of the workload is in blocks, and whether it has submitted more than
    // that; for the decision whether a run is over.
    [[nodiscard]] bool has_submitted_its_share() const {
        return submitted_ >= setup_.tasks && pending_operations() == 0;
    }
    [[nodiscard]] bool exceeds_share() const { return submitted_ > setup_.tasks; }
    [[nodiscard]] const Address& account() const { return address(); }
    // It submits nothing from now on.
    void close() { closed_ = true; }

protected:
    void on_block(const Executed& block, bool complete) override;
    void on_timer(std::uint64_t tag) override;
    void on_given_up(const OperationBody& body) override;
    [[nodiscard]] bool is_over(const OperationBody& body) const override;

private:
    void submit_task(std::uint32_t number, const NodeView& node);
    void wait();
    void note_arrivals(SimTime now);

    RequesterSetup setup_;
    std::unique_ptr<RequesterStrategy> strategy_;
    RandomStream rows_;
    RandomStream gaps_;
    bool started_ = false;
    bool closed_ = false;
    std::uint32_t submitted_ = 0;
    std::uint64_t owed_ppm_ = 0;  // tasks due and not yet submitted
    SimTime started_at_ = 0;
    std::size_t arrived_ = 0;  // of the trace
};

}  // namespace aivm::sim
