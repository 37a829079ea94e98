// Random play of the whole protocol: random parameters in every mode, and operations of every kind,
// kernel operations included, well-formed and malformed. What players must remember (traces, hidden
// answers and claims) is remembered here.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/registry/quote.h"
#include "core/testing/random_play.h"
#include "core/verification/reexecution.h"

namespace aivm::test {

// A small chain under random policies, with two models and a provider in genesis.
TestOptions random_options(const Choose& choose);

class EveryOperation {
public:
    EveryOperation(TestChain& chain, const Choose& choose) : chain_(chain), choose_(choose) {}

    // For the next block: mostly sensible, sometimes by the wrong account, too late, or damaged.
    std::vector<OperationPtr> for_a_block();

private:
    struct Hidden {
        Answer answer = 0;
        Hash32 salt;
    };

    [[nodiscard]] std::uint32_t pick(std::uint32_t bound) const { return choose_(bound); }
    [[nodiscard]] bool one_in(std::uint32_t n) const { return choose_(n) == 0; }
    [[nodiscard]] std::string someone() const;
    [[nodiscard]] std::string some_provider() const;
    [[nodiscard]] std::string some_job() const;
    [[nodiscard]] std::string some_model() const;
    [[nodiscard]] Answer some_answer(const Task& task) const;
    // The name behind an address; a stranger's if nobody has it.
    [[nodiscard]] std::string name_of(const Address& address) const;
    [[nodiscard]] std::string owner_of(ProviderIndex provider) const;

    void add(const std::string& name, OperationBody body);
    void add_damaged(const std::string& name, OperationBody body);
    void play_task(const Task& task, TaskIndex index);
    void play_seat(const Task& task, TaskIndex index, const Seat& seat);
    void play_disputes(const Task& task, TaskIndex index);
    void play_game(const Task& task, TaskIndex index, const Dispute& dispute);
    void challenge(const Task& task, const std::string& who);
    std::vector<InferenceTraceStep> trace_for(const Task& task, TaskIndex index) const;

    void submit();
    void provider_business();
    void attest();
    void model_business();
    void update_model();
    void equivocation();
    void validator_business();
    void stray();
    [[nodiscard]] Bytes some_evidence(const std::string& provider) const;

    TestChain& chain_;
    const Choose& choose_;
    std::vector<OperationPtr> out_;
    std::map<std::string, std::uint64_t> nonces_;
    std::map<Hash32, Hidden> hidden_;  // by commitment
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<InferenceTraceStep>> traces_;
};

}  // namespace aivm::test
