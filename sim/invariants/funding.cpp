// L9: who holds places in the queues of operations. Checked where a node offers an operation to its
// queue, with a price of each operation that is worked out here and not by the queue.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

__extension__ using Wide = unsigned __int128;

// What each kind locks or pays at least, whatever the state: the price of a challenge may rise. A
// kind that is not named here locks and pays nothing.
struct LeastLocked {
    const Policy& policy;

    Wide operator()(const op::SubmitTask& b) const { return b.fee.nlux(); }
    Wide operator()(const op::RegisterProvider& b) const { return b.bond.nlux(); }
    Wide operator()(const op::AddBond& b) const { return b.amount.nlux(); }
    Wide operator()(const op::JoinValidators& b) const { return b.stake.nlux(); }
    Wide operator()(const op::RegisterModel&) const {
        return Wide{policy.model_fee.nlux()} + policy.model_deposit.nlux();
    }
    Wide operator()(const op::ModelUpdate& b) const {
        return b.weights.empty() ? 0 : policy.model_fee.nlux();
    }
    Wide operator()(const op::Challenge&) const { return policy.challenger_bond.nlux(); }
    template <class Other>
    Wide operator()(const Other&) const {
        return 0;
    }
};

// L9. When a queue takes an operation, what waits in it of that sender costs no more than the
// sender has, so that nobody holds places for nothing. What costs nothing may wait in any number
// that the queue allows.
class PlacesAreFunded final : public Invariant {
public:
    PlacesAreFunded()
        : Invariant({.id = "L9",
                     .name = "places-are-funded",
                     .meaning = "a sender can pay for all its operations that a queue takes",
                     .reason = "A place in a queue that costs its holder nothing can be held "
                               "by anybody in any number. Then honest operations, challenges "
                               "included, are refused for want of room.",
                     .of_queues = true}) {}

    void on_offered(ActorId node, const QueueView& view, const OperationPtr& operation,
                    const Status& taken) override {
        const Wide cost = least_cost(*operation);
        if (!taken || cost == 0) return;
        const Address& sender = operation->sender();
        Places& places = nodes_[node][sender];
        const Place before = std::exchange(places.costs[{operation->lane(), operation->nonce()}],
                                           Place{operation, cost});
        places.sum = places.sum - before.cost + cost;
        const Wide balance = view.preferred.balance(sender).nlux();
        // Mostly all that was seen costs no more: then it does not matter which of it still waits.
        if (places.sum > balance || places.costs.size() > places.looked_through_at)
            forget_gone(places, view);
        expect(places.sum <= balance,
               [&] {
                   return fmt::format(
                       "{} took {} {} of {}, of whom operations for {} nLUX wait, and who has {}",
                       watch().participants().name(node), operation_name(operation->body()),
                       operation->nonce(), to_hex(sender.view()),
                       static_cast<std::uint64_t>(places.sum), static_cast<std::uint64_t>(balance));
               },
               {node});
    }
    void on_queue_lost(ActorId node) override { nodes_.erase(node); }

private:
    struct Place {
        OperationPtr operation;
        Wide cost = 0;
    };
    struct Places {
        std::map<std::pair<Lane, std::uint64_t>, Place> costs;
        Wide sum = 0;
        std::size_t looked_through_at = kKept;  // with more operations than that
    };
    static constexpr std::size_t kKept = 32;

    [[nodiscard]] Wide least_cost(const SignedOperation& operation) const {
        const Policy& policy = watch().rules().parameters.policy;
        const Wide fees = Wide{operation.inclusion_fee().nlux()} + policy.space_price_floor.nlux();
        return fees + std::visit(LeastLocked{policy}, operation.body());
    }
    // What the preferred block has included is paid already, even while it still waits.
    static void forget_gone(Places& places, const QueueView& view) {
        for (auto one = places.costs.begin(); one != places.costs.end();) {
            const SignedOperation& operation = *one->second.operation;
            const std::uint64_t used = view.preferred.nonce(operation.sender(), operation.lane());
            const bool waits = operation.nonce() > used && view.queue.contains(operation);
            if (!waits) places.sum -= one->second.cost;
            one = waits ? std::next(one) : places.costs.erase(one);
        }
        places.looked_through_at = kKept + 2 * places.costs.size();
    }

    std::map<ActorId, std::map<Address, Places>> nodes_;
};

}  // namespace

void add_funding_invariants(Invariants& out) { out.push_back(std::make_unique<PlacesAreFunded>()); }

}  // namespace aivm::sim
