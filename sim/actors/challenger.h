// A challenger: checks the posted answers that its strategy selects, of single providers and of
// committees, and conducts every challenge to its end: the reveal and, in bisections, the moves.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "sim/actors/accelerator.h"
#include "sim/actors/chain_client.h"
#include "sim/actors/strategy.h"

namespace aivm::sim {

struct ChallengerSetup {
    std::uint64_t speed_ppm = 1'000'000;
    std::uint64_t step_time_ns = 0;  // of re-running one inference step at speed 1
    bool in_clear = false;           // the policy challenge_in_clear
    Height window_blocks = 0;        // in which a result can be challenged
    Kernels* kernels = nullptr;
    ActorDevice on_device = {};
    // Called for every answer that was checked, by the accounting.
    std::function<void(TaskIndex task, std::uint32_t assignment)> on_checked;
    // Called with the inference steps re-run for a task, by the accounting.
    std::function<void(TaskIndex task, std::uint32_t steps)> on_computed;
};

class ChallengerActor final : public ChainClient {
public:
    ChallengerActor(const ClientSetup& client, Signer signer, const ChallengerSetup& setup,
                    std::unique_ptr<ChallengerStrategy> strategy);

protected:
    void on_block(const Executed& block, bool complete) override;
    void on_timer(std::uint64_t tag) override;
    [[nodiscard]] bool is_over(const OperationBody& body) const override;

private:
    struct Held {  // a claim that the strategy holds back
        Answer claim = 0;
        Height posted_at = 0;  // of the result it is about
    };
    struct Game {
        std::vector<InferenceTraceStep> trace;
        // low, high and middle (Dispute) of its last turn, which no other turn of the game shares
        std::array<std::uint32_t, 3> taken{};
    };
    struct Claim {
        Answer answer = 0;
        Hash32 salt;
        TaskIndex task;
        Height posted_at = 0;  // of the result it is about
    };

    void receive_event(const VmEvent& event);
    void consider(TaskIndex task);
    void find_missed_answers();
    void check_next();
    [[nodiscard]] TaskView view(TaskIndex task) const;
    // `trace` must outlive the view.
    [[nodiscard]] DisputeView view(DisputeIndex dispute,
                                   const std::vector<InferenceTraceStep>& trace) const;
    void judge(TaskIndex task);
    void challenge_or_wait(TaskIndex task, const Held& held);
    void challenge_waiting();
    void challenge(TaskIndex task, Answer claim);
    void reveal(DisputeIndex dispute);
    void reveal_held_back();
    void look_again(DisputeIndex closed);
    void join_game(DisputeIndex dispute);
    void play_games();

    ChallengerSetup setup_;
    std::unique_ptr<ChallengerStrategy> strategy_;
    RandomStream salts_;
    std::deque<TaskIndex> queue_;  // the front one is being checked
    std::map<TaskIndex, Held> waiting_;
    std::map<DisputeIndex, Game> games_;
    // open challenges of its own whose reveal the strategy holds back
    std::set<DisputeIndex> held_back_;
    std::map<Hash32, Claim> claims_;  // by commitment
    std::vector<Height> judged_;  // by task: the block in which the answer checked last was posted
};

}  // namespace aivm::sim
