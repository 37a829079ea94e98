// One identity run twice, as by an operator whose failed node was replaced and came back: two
// replicas with one key, each with a disk of its own. One talks to the validators and clients with
// an even id, the other to those with an odd one; neither knows what the other signs.
//
// The observer sees the first replica alone.
#pragma once

#include <array>
#include <map>
#include <memory>

#include "sim/actors/validator.h"

namespace aivm::sim {

class TwinValidator final : public Actor {
public:
    // `setup` is that of the only replica that an honest validator would have. Each replica has a
    // strategy of its own.
    TwinValidator(const ValidatorSetup& setup, const Signer& signer,
                  std::unique_ptr<ValidatorStrategy> first,
                  std::unique_ptr<ValidatorStrategy> second);
    ~TwinValidator() override;

    void start() override;
    void receive(ActorId from, const Packet& packet) override;
    void receive_corrupted(ActorId from, const Packet& packet,
                           const Corruption& corruption) override;
    void wake(std::uint64_t tag) override;
    void crash() override;
    void restart() override;

    [[nodiscard]] ValidatorActor& first() { return *replicas_[0]; }
    [[nodiscard]] ValidatorActor& second() { return *replicas_[1]; }

private:
    // What one replica can reach: its half of the others, and timers apart from the other's.
    class Half;

    struct Timer {
        std::size_t replica = 0;
        std::uint64_t tag = 0;
    };

    static std::size_t half_of(ActorId other) { return other % 2; }

    Environment& environment_;
    ActorId self_;
    SimDisk second_disk_;
    std::map<std::uint64_t, Timer> timers_;
    std::uint64_t next_timer_ = 0;
    std::unique_ptr<NodeObserver> unobserved_;
    std::array<std::unique_ptr<Half>, 2> halves_;
    std::array<std::unique_ptr<ValidatorActor>, 2> replicas_;
};

}  // namespace aivm::sim
