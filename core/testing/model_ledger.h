// A reference model of the optimistic rules, as simple as possible: plain maps, names instead of
// indexes, and a walk over everything in every block. It takes the operations that the VM included
// and computes the money of every account. It shares no code with the VM, except the answer of a
// model and the name of the drawn provider.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/chain/operation.h"
#include "core/config/config.h"

namespace aivm::test {

using Money = std::int64_t;  // nLUX; signed, so that an amount below zero is seen as an error

struct ModelDispute {
    std::string challenger;
    Money bond = 0;
    int claim = -1;
    Height deadline = 0;
    enum { kHidden, kTrue, kFalse } outcome = kHidden;
};
struct ModelTask {
    std::string requester, provider;
    Money fee = 0;
    std::string status = "pending";
    Height posted_at = 0, closed_at = 0;
    std::uint64_t waiting_since = 0;
    std::uint32_t assignments = 0, lost = 0;
    int truth = 0, answer = -1;
    bool proven_wrong = false, truth_known = false;
    std::vector<ModelDispute> disputes;  // in order of commitment
};
struct ModelProvider {
    std::string owner;
    Money bond = 0, credit = 0;
};

struct ModelStake {
    Money amount = 0;
    bool leaving = false;
};

class ModelLedger {
public:
    explicit ModelLedger(const VmParameters& parameters) : v_(parameters) {}

    std::map<std::string, Money> free;
    std::map<std::string, ModelProvider> providers;
    std::map<std::string, ModelTask> tasks;
    std::map<std::string, Money> deposits;     // of registered models
    std::map<std::string, ModelStake> stakes;  // of the players that became validators
    Money burned = 0, minted = 0;

    // The parts of a block, in their order. `drawn` names the provider of each task drawn in this
    // block.
    void start(Height height, const std::map<std::string, std::string>& drawn);
    void submit(const std::string& who, const std::string& job, Money fee, int truth,
                std::uint64_t now);
    void post(const std::string& job, int answer);
    void challenge(const std::string& who, const std::string& job, int claim);
    void reveal(const std::string& who, const std::string& job);
    void join(const std::string& owner, const std::string& provider, Money bond);
    void add_bond(const std::string& provider, Money amount);
    void register_model(const std::string& who, const std::string& model);
    void retire_model(const std::string& who, const std::string& model);
    void claim(const std::string& provider);
    void withdraw(const std::string& provider);
    void stake(const std::string& who, Money amount);
    // The first asks to leave, the next one takes the stake.
    void withdraw_stake(const std::string& who);
    void end(std::uint64_t now);

private:
    void settle(ModelTask& task);
    void refund(const ModelTask& task);
    void put_back(ModelTask& task, std::uint64_t now);
    // Empty names: nobody receives that share.
    void slash(const std::string& provider, Money due, const std::string& challenger,
               const std::string& requester);
    static bool quiet(const ModelTask& task);
    [[nodiscard]] Money bond_of(const ModelTask& task) const;

    VmParameters v_;
    Height height_ = 0;
};

}  // namespace aivm::test
