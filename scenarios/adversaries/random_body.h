// One operation of some kind, made at random from what a chain's state has: well formed, and mostly
// aimed where a rule decides whether it is allowed.
#pragma once

#include <string>
#include <vector>

#include "sim/actors/strategy.h"

namespace aivm::scenarios {

class RandomBody {
public:
    // All must outlive it.
    RandomBody(sim::RandomStream& random, const State& state, const sim::StrategyContext& context);

    // Of any kind.
    OperationBody any();
    // What a provider sends about a task that it is drawn for, or about its hardware.
    OperationBody of_provider();
    // Nothing as often as not; else from nothing to more than the account has.
    Amount inclusion_fee();

private:
    struct JobAndProvider {
        std::string job;
        std::string provider;
    };
    JobAndProvider some_seat();
    op::RegisterProvider provider();
    op::SubmitTask task();
    op::Commit commit();
    op::Reveal reveal();
    op::SubmitResult result();
    op::Challenge challenge();
    op::DisputeMove move();
    op::Evidence evidence();
    op::RegisterModel registration();
    op::ModelUpdate update();
    op::Attest attestation();
    OperationBody of_validator(std::uint64_t kind);

    [[nodiscard]] bool one_in(std::uint64_t count) { return random_.below(count) == 0; }
    std::string some_job();
    std::string some_job_to_challenge();
    // The provider that the account registered, or the name under which it would.
    [[nodiscard]] std::string own_provider() const;
    std::string some_provider();
    std::string some_model();
    [[nodiscard]] std::vector<ModelIndex> own_models() const;
    Hash32 some_root();
    VerificationMode some_mode();
    Answer some_answer() { return static_cast<Answer>(random_.below(256)); }
    std::uint32_t some_number() { return static_cast<std::uint32_t>(random_.below(12)); }
    Amount some_amount();
    Hash32 some_hash();
    Bytes some_bytes();
    Bytes some_hardware();

    sim::RandomStream& random_;
    const State& state_;
    const sim::StrategyContext& context_;
};

}  // namespace aivm::scenarios
