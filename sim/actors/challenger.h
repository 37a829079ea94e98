// A challenger: looks at posted answers as its strategy tells it to, and sees every challenge through to its reveal.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "sim/actors/chain_client.h"
#include "sim/actors/strategy.h"

namespace aivm::sim {

struct ChallengerSetup {
    std::uint64_t speed_ppm = 1'000'000;
    std::uint64_t step_time_ns = 0;  // of re-running one inference step at speed 1
    bool in_clear = false;           // the policy challenge_in_clear
    Kernels* kernels = nullptr;
    // Hears of every answer that was looked at; for the books only.
    std::function<void(TaskIndex task, std::uint32_t assignment)> on_checked;
    // Hears of the inference steps it re-ran; for the books only.
    std::function<void(std::uint32_t steps)> on_computed;
};

class ChallengerActor final : public ChainClient {
public:
    ChallengerActor(const ClientSetup& client, Signer signer, const ChallengerSetup& setup,
                    std::unique_ptr<ChallengerStrategy> strategy);

protected:
    void on_block(const Executed& block, bool complete) override;
    void on_timer(std::uint64_t tag) override;

private:
    struct Claim {
        Answer answer = 0;
        Hash32 salt;
    };

    void consider(TaskIndex task);
    void find_missed_answers();
    void check_next();
    [[nodiscard]] TaskView view(TaskIndex task) const;
    [[nodiscard]] DisputeView view(DisputeIndex dispute) const;
    void judge(TaskIndex task);
    void challenge_or_wait(TaskIndex task, Answer claim);
    void challenge_waiting();
    void challenge(const Task& task, Answer claim);
    void reveal(DisputeIndex dispute);
    void reveal_held_back();
    void look_again(DisputeIndex closed);

    ChallengerSetup setup_;
    std::unique_ptr<ChallengerStrategy> strategy_;
    RandomStream salts_;
    std::deque<TaskIndex> queue_;          // the front one is being checked
    std::map<TaskIndex, Answer> waiting_;  // claims that the strategy holds back
    std::set<DisputeIndex> held_back_;     // open challenges of its own whose reveal the strategy holds back
    std::map<Hash32, Claim> claims_;       // by commitment
    std::map<TaskIndex, Height> judged_;   // answers already looked at, by the block of their posting
};

}  // namespace aivm::sim
