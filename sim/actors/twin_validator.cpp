#include "sim/actors/twin_validator.h"

#include <utility>

#include "core/base/check.h"
#include "sim/storage/shared_writes.h"

namespace aivm::sim {
namespace {

// The streams of the second replica are apart from those of the first.
constexpr std::uint32_t kSecondReplica = 1U << 16;

class Unobserved final : public NodeObserver {
public:
    void on_verified(ActorId, const Vm&, const ExecutedPtr&) override {}
    void before_accept(ActorId, const Vm&, const ExecutedPtr&, AcceptedBy) override {}
    void on_accepted(ActorId, const Vm&, const ExecutedPtr&) override {}
    void before_reject(ActorId, const Vm&, const ExecutedPtr&) override {}
    void on_rejected(ActorId, const Vm&, const ExecutedPtr&) override {}
    void on_censored(ActorId, const ExecutedPtr&, const std::vector<OperationPtr>&) override {}
    void on_offered(ActorId, const QueueView&, const OperationPtr&, const Status&) override {}
    void on_built(ActorId, const QueueView&, const BuiltBlock&) override {}
    void on_queue_lost(ActorId) override {}
    void on_restarted(ActorId, const Vm&) override {}
    void on_stopped(ActorId, const Error&) override {}
};

}  // namespace

class TwinValidator::Half final : public Environment {
public:
    Half(TwinValidator& twin, std::size_t replica) : twin_(twin), replica_(replica) {}

    [[nodiscard]] SimTime now() const override { return twin_.environment_.now(); }
    [[nodiscard]] TimestampNs clock() const override { return twin_.environment_.clock(); }
    void send(ActorId to, const Packet& packet) override {
        if (half_of(to) == replica_ || to == twin_.self_) twin_.environment_.send(to, packet);
    }
    void set_timer(SimTime delay, std::uint64_t tag) override {
        twin_.environment_.set_timer(delay, twin_.next_timer_);
        twin_.timers_[twin_.next_timer_++] = {replica_, tag};
    }
    [[nodiscard]] RandomStream stream(Purpose purpose) const override {
        if (replica_ == 0) return twin_.environment_.stream(purpose);
        const auto number = static_cast<std::uint32_t>(purpose) + kSecondReplica;
        return twin_.environment_.stream(static_cast<Purpose>(number));
    }

private:
    TwinValidator& twin_;
    std::size_t replica_;
};

TwinValidator::TwinValidator(ActorId self, Environment& environment, SimDisk& disk,
                             NodeObserver& observer, const MakeReplica& make)
    : environment_(environment),
      self_(self),
      second_disk_(std::make_shared<SharedWrites>()),
      unobserved_(std::make_unique<Unobserved>()) {
    for (std::size_t i = 0; i < replicas_.size(); ++i) {
        halves_[i] = std::make_unique<Half>(*this, i);
        replicas_[i] =
            make({i, *halves_[i], i == 0 ? disk : second_disk_, i == 0 ? observer : *unobserved_});
    }
}

TwinValidator::~TwinValidator() = default;

void TwinValidator::start() {
    for (const auto& replica : replicas_) replica->start();
}

void TwinValidator::receive(ActorId from, const Packet& packet) {
    replicas_[half_of(from)]->receive(from, packet);
}

void TwinValidator::receive_corrupted(ActorId from, const Packet& packet,
                                      const Corruption& corruption) {
    replicas_[half_of(from)]->receive_corrupted(from, packet, corruption);
}

void TwinValidator::wake(std::uint64_t tag) {
    const auto timer = timers_.extract(tag);
    AIVM_CHECK(!timer.empty());
    replicas_[timer.mapped().replica]->wake(timer.mapped().tag);
}

void TwinValidator::crash() {
    timers_.clear();
    for (const auto& replica : replicas_) replica->crash();
}

void TwinValidator::restart() {
    for (const auto& replica : replicas_) replica->restart();
}

}  // namespace aivm::sim
