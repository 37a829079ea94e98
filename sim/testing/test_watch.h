// A world as invariants see it, made by hand.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim::test {

class FakeWatch final : public Watch {
public:
    FakeWatch() {
        for (ActorId id = 0; id < 4; ++id) {
            Participant participant;
            participant.id = id;
            participant.name = "validator[" + std::to_string(id) + "]";
            participant.opening_stake = lux(1);
            participants_.all.push_back(participant);
        }
        participants_.principals.push_back({"all", "honest", "", true});
        participants_.principals.push_back({"others", "liar", "", false});
    }

    [[nodiscard]] SimTime now() const override { return time; }
    [[nodiscard]] const Scenario& scenario() const override { return settings; }
    [[nodiscard]] const Participants& participants() const override { return participants_; }
    [[nodiscard]] const Rules& rules() const override { return known_rules; }
    [[nodiscard]] const Vm* vm(ActorId validator) const override {
        const auto found = vms.find(validator);
        return found == vms.end() ? nullptr : found->second;
    }
    [[nodiscard]] const DagVm* dag_vm(ActorId validator) const override {
        const auto found = dags.find(validator);
        return found == dags.end() ? nullptr : found->second;
    }
    [[nodiscard]] Status verify_again(ActorId, const VertexPtr&) const override {
        return answer_again;
    }
    [[nodiscard]] LastBlocks last_blocks() const override { return last; }
    [[nodiscard]] bool cut_off(ActorId validator) const override {
        return alone.contains(validator);
    }
    [[nodiscard]] bool correct(ActorId validator) const override {
        return !dishonest.contains(validator);
    }
    [[nodiscard]] TimestampNs clock(ActorId validator) const override {
        const auto found = clocks.find(validator);
        return found == clocks.end() ? ~TimestampNs{0} : found->second;
    }
    [[nodiscard]] std::optional<Hash32> preferred(ActorId) const override { return preference; }
    [[nodiscard]] const Recovery& recovery() const override { return recovering; }
    [[nodiscard]] Load load() const override { return known_load; }
    [[nodiscard]] bool paranoid() const override { return is_paranoid; }
    void violate(const InvariantInfo& invariant, std::string message,
                 std::vector<ActorId> actors) override {
        violations.push_back(
            {std::string(invariant.id), std::move(message), std::move(actors), invariant.liveness});
    }

    // Adds a participant of this address and name.
    void introduce(const Address& address, std::string name, std::uint32_t principal = 0) {
        Participant participant;
        participant.id = static_cast<ActorId>(participants_.all.size());
        participant.name = std::move(name);
        participant.address = address;
        participant.principal = principal;
        participants_.add(std::move(participant));
    }

    void set_address(ActorId id, const Address& address) {
        participants_.all.at(id).address = address;
    }

    struct Seen {
        std::string id;
        std::string message;
        std::vector<ActorId> actors;
        bool liveness = false;
    };
    SimTime time = 0;
    Scenario settings;
    Rules known_rules;
    std::map<ActorId, const Vm*> vms;
    std::map<ActorId, const DagVm*> dags;
    std::set<ActorId> alone;
    std::set<ActorId> dishonest;
    std::map<ActorId, TimestampNs> clocks;  // of those whose clock matters
    std::optional<Hash32> preference;       // of every engine
    Recovery recovering;
    bool is_paranoid = false;
    LastBlocks last;
    Status answer_again;  // of every node that is asked to verify again
    Load known_load;
    std::vector<Seen> violations;

private:
    Participants participants_;
};

// All invariants under one watch, and the violations that they reported.
struct Watched {
    FakeWatch watch;
    Invariants invariants = make_invariants();

    Watched() {
        for (const auto& one : invariants) one->attach(watch);
    }
    [[nodiscard]] Invariant& of(std::string_view id) {
        for (const auto& one : invariants) {
            if (one->info().id == id) return *one;
        }
        AIVM_CHECK(false);
        return *invariants.front();
    }
    // The violations so far as "ID message", in order of time.
    [[nodiscard]] std::vector<std::string> reported() const {
        std::vector<std::string> out;
        for (const auto& seen : watch.violations) out.push_back(seen.id + " " + seen.message);
        return out;
    }
};

}  // namespace aivm::sim::test
