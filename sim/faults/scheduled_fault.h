// A scheduled fault: what its kind does to the world when it begins, and how that is undone when it
// ends. One object per plan; begin() and end() are each called once, in that order.
//
// To add a kind: its row in sim/scenario/fault.h, a file here, and its row in registry.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/faults/machines.h"
#include "sim/faults/message_faults.h"
#include "sim/network/network.h"
#include "sim/scenario/fault.h"

namespace aivm::sim {

// What a fault may act on, in the full fidelity.
struct FaultSite {
    const std::vector<ActorId>& targets;  // by ascending id
    Network& network;
    MessageFaults& message_faults;
    Machines& machines;
    SimTime now = 0;
    std::uint64_t run_seed = 0;
    // Of a partition into groups; empty: the targets are one side.
    const std::vector<std::vector<ActorId>>* sides = nullptr;
};

class ScheduledFault {
public:
    explicit ScheduledFault(const FaultPlan& plan) : plan_(plan) {}
    ScheduledFault(const ScheduledFault&) = delete;
    ScheduledFault& operator=(const ScheduledFault&) = delete;
    virtual ~ScheduledFault() = default;
    virtual void begin(FaultSite& site) = 0;
    virtual void end(FaultSite& site) = 0;

protected:
    [[nodiscard]] const FaultPlan& plan() const { return plan_; }

private:
    const FaultPlan& plan_;
};

// A fault of links that the network itself knows.
class LinkFault : public ScheduledFault {
public:
    using ScheduledFault::ScheduledFault;
    void begin(FaultSite& site) final { in_force_ = impose(site); }
    void end(FaultSite& site) final { site.network.clear(in_force_); }

private:
    [[nodiscard]] virtual NetworkFault impose(FaultSite& site) = 0;

    NetworkFault in_force_{};
};

// A fault of each message from or to a target.
class TargetMessageFault : public ScheduledFault, public MessageFault {
public:
    using ScheduledFault::ScheduledFault;
    void begin(FaultSite& site) override;
    void end(FaultSite& site) override;

protected:
    [[nodiscard]] bool hits(NodeId node) const;
    [[nodiscard]] SimTime begun_at() const { return begun_at_; }

private:
    std::vector<NodeId> targets_;
    SimTime begun_at_ = 0;
};

// A fault that hits some messages from or to a target, by the plan's rate.
class RandomMessageFault : public TargetMessageFault {
public:
    using TargetMessageFault::TargetMessageFault;

private:
    void apply(MessageInFlight& message) const final;
    // The kind of its question to the choice source, and what happens if the answer is yes.
    [[nodiscard]] virtual ChoiceKind choice() const = 0;
    virtual void hit(Fate& fate) const = 0;
};

// A fault of each target's machine.
class MachineFault : public ScheduledFault {
public:
    using ScheduledFault::ScheduledFault;
    void begin(FaultSite& site) final;
    void end(FaultSite& site) final;

private:
    virtual void hit(FaultSite& site, ActorId node) = 0;
    virtual void repair(FaultSite& site, ActorId node) = 0;
};

// `plan` must outlive the fault.
std::unique_ptr<ScheduledFault> make_fault(const FaultPlan& plan);

// The fault as a sentence, such as "crash of validator[2] at 5m"; `targets` and `when` are inserted
// as they are.
std::string describe_fault(const FaultPlan& plan, const std::string& targets,
                           const std::string& when);

}  // namespace aivm::sim
