// E8b and L4: what the queues of operations owe to those who send them. Checked where a node offers
// an operation to its queue, builds a block, or decides one.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/config/limits.h"
#include "core/verification/reexecution.h"
#include "core/vm/fitness.h"
#include "core/vm/offer.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/truth.h"

namespace aivm::sim {
namespace {

using OperationKey = std::tuple<Address, Lane, std::uint64_t>;
OperationKey key_of(const SignedOperation& operation) {
    return {operation.sender(), operation.lane(), operation.nonce()};
}

bool is_stale(const State& state, const SignedOperation& operation) {
    return operation.nonce() <= state.nonce(operation.sender(), operation.lane());
}

std::string text_of(const SignedOperation& operation) {
    return fmt::format("{} {} of {}", operation_name(operation.body()), operation.nonce(),
                       to_hex(operation.sender().view()));
}

// E8b. A challenge of a wrong result by a sender that can pay for it is never refused for lack of
// room or for its price, and no more than proof_delay_max blocks of proposers that hold it in their
// queue and do not censor go by without it.
//
// Two policies exist to study what such refusals do, and excuse them: disputes_per_result_max those
// for a limit, challenge_escalation those for the price. A queue that is full is excused by
// neither.
class ChallengeIsReachable final : public Invariant {
public:
    ChallengeIsReachable()
        : Invariant({.id = "E8b",
                     .name = "challenge-is-reachable",
                     .meaning =
                         "a challenge of a wrong result is neither refused for room or price nor "
                         "kept waiting",
                     .reason = "A window protects only if a challenge gets through it. If "
                               "cheap operations or a limit can keep challenges out, a cheater "
                               "buys time until its wrong result is final.",
                     .of_queues = true}) {}

    void on_offered(ActorId node, const QueueView& view, const OperationPtr& operation,
                    const Status& taken) override {
        if (!std::holds_alternative<op::Challenge>(operation->body())) return;
        if (taken) {
            Waiting& waiting = waiting_.try_emplace(key_of(*operation)).first->second;
            if (waiting.operation == nullptr) waiting.since = view.preferred.head.height;
            waiting.operation = operation;
            waiting.delay_max = std::max(waiting.delay_max, delay_max(view.queue));
            if (can_succeed(view.preferred, *operation)) waiting.of_wrong_result = true;
        } else if (can_succeed(view.preferred, *operation) &&
                   can_pay(view, *operation, view.preferred) && !another_waits(view, *operation)) {
            check_refusal(node, *operation, taken.error().code);
        }
    }

    void on_built(ActorId node, const QueueView& view, const BuiltBlock& built) override {
        for (const LeftOut& left : built.refused) look_at_refused(node, view, built, left);
        if (!built.censored.empty()) return;
        const Height height = built.executed->state.head.height;
        for (const auto& [key, waiting] : waiting_) {
            const SignedOperation& operation = *waiting.operation;
            if (is_stale(built.executed->state, operation) || !view.queue.contains(operation))
                continue;
            if (!can_succeed(built.parent, operation) || !affords(built, operation)) continue;
            passed_over_[{height, built.executed->id}].push_back({key, delay_max(view.queue)});
        }
    }

    void on_chain(const Executed& block, const State&) override {
        const Height height = block.state.head.height;
        const auto passed = passed_over_.find({height, block.id});
        if (passed != passed_over_.end()) {
            for (const auto& [key, delay] : passed->second) pass_over(block, key, delay);
        }
        passed_over_.erase(passed_over_.begin(), passed_over_.lower_bound({height + 1, Hash32()}));
        for (auto one = waiting_.begin(); one != waiting_.end();)
            one = is_over(block.state, one->second) ? waiting_.erase(one) : std::next(one);
    }

private:
    struct Waiting {
        OperationPtr operation;
        Height since = 0;
        std::uint64_t blocks = 0;  // that went by without it, in a row
        std::uint64_t delay_max = 0;
        bool of_wrong_result = false;  // at some time while it waited
    };

    [[nodiscard]] const VmParameters& parameters() const { return watch().rules().parameters; }

    // Whether the challenge needs no further look on this state of the accepted chain.
    bool is_over(const State& state, Waiting& waiting) {
        if (is_stale(state, *waiting.operation)) {
            // It was included, or its sender has overtaken it.
            if (waiting.of_wrong_result) count_check();
            return true;
        }
        if (can_succeed(state, *waiting.operation)) {
            waiting.of_wrong_result = true;
        } else {
            waiting.blocks = 0;
        }
        return state.head.height > waiting.since + watch().scenario().chain.operation_ttl_blocks;
    }

    // For the limit of operations as well as that of bytes.
    [[nodiscard]] std::uint64_t delay_max(const Mempool& queue) const {
        const ChainSettings& chain = watch().scenario().chain;
        const std::size_t bytes = std::min<std::size_t>(chain.max_block_bytes, kBlockSpaceBytesMax);
        const std::size_t count = std::min<std::size_t>(chain.max_block_ops, kBlockOpsMax);
        return std::max(proof_delay_max(queue.bytes(Lane::kProofs), bytes),
                        proof_delay_max(queue.size(Lane::kProofs), count));
    }

    // Whether the rules let the challenge succeed in the block after this state, its price and
    // limits left aside, and the result is wrong. A committee's answer cannot be challenged where
    // its model has too many steps to be run again.
    [[nodiscard]] bool can_succeed(const State& state, const SignedOperation& operation) {
        const auto& challenge = std::get<op::Challenge>(operation.body());
        const auto index = state.find_task(challenge.job_id);
        if (!index) return false;
        const Task& task = state.task(*index);
        const bool open =
            (task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged) &&
            !task.proven_wrong && !task.truth_known;
        const Height next = state.head.height + 1;
        const Height last = task.posted_at + parameters().config.challenge_window_blocks;
        if (!open || next <= task.posted_at || next > last) return false;
        const Policy& policy = parameters().policy;
        if (challenge.claim.has_value() != policy.challenge_in_clear) return false;
        if (task.mode == VerificationMode::kRedundant &&
            state.model(task.model).steps > policy.one_step_steps_max)
            return false;
        const auto mine = state.find_dispute(*index, operation.sender());
        if (mine && state.dispute(*mine).open()) return false;
        return !answers_agree(policy, task.provisional, truth_.answer(state, task));
    }
    [[nodiscard]] Amount price(const SignedOperation& operation) const {
        const auto sum =
            parameters().policy.challenger_bond.checked_plus(operation.inclusion_fee());
        return sum.value_or(Amount(~std::uint64_t{0}));
    }
    // Beside everything of the sender that waits, at the price that is the same for everybody.
    [[nodiscard]] bool can_pay(const QueueView& view, const SignedOperation& operation,
                               const State& state) const {
        Mempool::Offer offer;
        offer.cost = price(operation);
        offer.balance = state.balance(operation.sender());
        offer.nonces = state.nonces(operation.sender());
        return view.queue.is_fundable(operation.sender(), offer);
    }
    // Whether the sender had the price before the block and after it.
    [[nodiscard]] bool affords(const BuiltBlock& built, const SignedOperation& operation) const {
        const Amount least = std::min(built.parent.balance(operation.sender()),
                                      built.executed->state.balance(operation.sender()));
        return least >= price(operation);
    }
    // Whether another challenge of this sender on this result waits that the preferred branch has
    // not included: the lane takes one.
    [[nodiscard]] bool another_waits(const QueueView& view,
                                     const SignedOperation& operation) const {
        const Address& sender = operation.sender();
        for (auto one = waiting_.lower_bound({sender, Lane::kProofs, 0});
             one != waiting_.end() && std::get<0>(one->first) == sender; ++one) {
            const SignedOperation& other = *one->second.operation;
            if (job_of(other.body()) == job_of(operation.body()) && view.queue.contains(other) &&
                !is_stale(view.preferred, other))
                return true;
        }
        return false;
    }
    [[nodiscard]] bool is_excused(ErrorCode reason) const {
        const Policy& policy = parameters().policy;
        if (reason == ErrorCode::kLimitReached) return policy.disputes_per_result_max != 0;
        if (reason == ErrorCode::kInsufficientFunds || reason == ErrorCode::kOverflow)
            return policy.challenge_escalation != ChallengeEscalation::kNone;
        return false;
    }

    // Refused by the queue. The other reasons concern the operation itself: its nonce, its
    // signature, or that it waits already.
    void check_refusal(ActorId node, const SignedOperation& operation, ErrorCode reason) {
        const bool own = reason == ErrorCode::kBadNonce || reason == ErrorCode::kDuplicate ||
                         reason == ErrorCode::kNotAuthorized;
        if (own) return;
        expect(is_excused(reason), [&] { return refusal_text(node, operation, reason); }, {node});
    }
    // Refused by the rules. An operation before it in the block may have changed the result or
    // spent the money.
    void look_at_refused(ActorId node, const QueueView& view, const BuiltBlock& built,
                         const LeftOut& left) {
        const SignedOperation& operation = *left.operation;
        if (!std::holds_alternative<op::Challenge>(operation.body())) return;
        const bool for_room = refusal_of(left.reason) == Refusal::kPassing;
        const bool for_price =
            left.reason == ErrorCode::kInsufficientFunds || left.reason == ErrorCode::kOverflow;
        if ((!for_room && !for_price) || !can_succeed(built.parent, operation)) return;
        if (!affords(built, operation) || !can_pay(view, operation, built.parent)) return;
        if (is_excused(left.reason)) waiting_.erase(key_of(operation));
        expect(is_excused(left.reason), [&] { return refusal_text(node, operation, left.reason); },
               {node});
    }
    [[nodiscard]] std::string refusal_text(ActorId node, const SignedOperation& operation,
                                           ErrorCode reason) const {
        return fmt::format("{} refused {} of the wrong result of {}: {}",
                           watch().participants().name(node), text_of(operation),
                           job_of(operation.body()), error_message(reason));
    }

    void pass_over(const Executed& block, const OperationKey& key, std::uint64_t delay) {
        const auto found = waiting_.find(key);
        if (found == waiting_.end()) return;
        Waiting& waiting = found->second;
        waiting.delay_max = std::max(waiting.delay_max, delay);
        ++waiting.blocks;
        expect(waiting.blocks <= waiting.delay_max, [&] {
            return fmt::format(
                "{} of the wrong result of {} waited in the queues of {} proposers that do not "
                "censor up to block {}, where at most {} may leave it out",
                text_of(*waiting.operation), job_of(waiting.operation->body()), waiting.blocks,
                block.state.head.height, waiting.delay_max);
        });
    }

    Truth truth_;
    std::map<OperationKey, Waiting> waiting_;
    struct PassedOver {
        OperationKey key;
        std::uint64_t delay_max;
    };
    // By blocks that were built, until their height is decided.
    std::map<std::pair<Height, Hash32>, std::vector<PassedOver>> passed_over_;
};

// L4. What a queue took waits in it until the chain has it, it expires, it can no longer succeed,
// or better bids push it out of a full rest. What a rejected block carried waits again. What was
// lost with the memory of a node that went down is sent again by its client, and is no loss if it
// is refused then. On a DAG a vertex stands for the block, and what an accepted vertex carries is
// as good as in the chain.
class NoWorkIsLost final : public Invariant {
public:
    NoWorkIsLost()
        : Invariant({.id = "L4",
                     .name = "no-work-is-lost",
                     .meaning =
                         "no accepted work is lost to a reject, a crash, a full queue or a passing "
                         "error",
                     .reason = "A sender believes that an operation which a node took will get "
                               "into a block. If it is dropped silently, a provider misses its "
                               "deadline, or a challenger its window, and loses money without "
                               "any fault of its own.",
                     .of_queues = true}) {}

    void on_offered(ActorId node, const QueueView& view, const OperationPtr& operation,
                    const Status& taken) override {
        Node& known = nodes_[node];
        note_full(known, view);
        if (!orphans_.empty()) orphans_.erase(key_of(*operation));
        if (taken) known.keep(record_of(view, operation));
    }
    void on_built(ActorId node, const QueueView& view, const BuiltBlock& built) override {
        std::set<OperationKey> refused;
        for (const LeftOut& left : built.refused) {
            if (refusal_of(left.reason) == Refusal::kFinal) refused.insert(key_of(*left.operation));
        }
        if (!refused.empty()) nodes_[node].drop(refused);
        look_through(node, view);
    }
    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr&) override {
        look_through(node, queue_view_of(vm));
    }
    void on_rejected(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        const QueueView view = queue_view_of(vm);
        note_full(nodes_[node], view);
        for (const OperationPtr& operation : executed->block->operations())
            look_at_rejected(node, view, operation);
    }
    void on_vertex_built(ActorId node, const DagVm& vm,
                         const std::vector<LeftOut>& refused) override {
        std::set<OperationKey> gone;
        for (const LeftOut& left : refused) {
            if (refusal_of(left.reason) == Refusal::kFinal) gone.insert(key_of(*left.operation));
        }
        if (!gone.empty()) nodes_[node].drop(gone);
        look_through(node, queue_view_of(vm));
    }
    // What an accepted vertex carries waits for no other; a cut settles it.
    void on_vertex_accepted(ActorId node, const DagVm& vm, const VertexPtr& vertex) override {
        std::set<OperationKey> carried;
        for (const OperationPtr& operation : vertex->operations()) {
            carried.insert(key_of(*operation));
            count_check();
        }
        nodes_[node].drop(carried);
        if (vertex->is_cut()) look_through(node, queue_view_of(vm));
    }
    void on_vertex_rejected(ActorId node, const DagVm& vm, const VertexPtr& vertex) override {
        note_full(nodes_[node], queue_view_of(vm));
        for (const OperationPtr& operation : vertex->operations()) {
            if (!is_carried(vm, *operation)) look_at_rejected(node, queue_view_of(vm), operation);
        }
    }
    void on_queue_lost(ActorId node) override {
        Node lost = std::exchange(nodes_[node], {});
        for (auto* records : {&lost.claims, &lost.rest}) {
            for (const Record& record : *records)
                orphans_.insert_or_assign(key_of(*record.operation), Orphan{record, watch().now()});
        }
    }
    void on_faults_changed() override { faults_changed_at_ = watch().now(); }
    void at_end() override {
        if (const Vm* vm = best_vm()) {
            for (const auto& [key, orphan] : orphans_)
                look_at_orphan(vm->state(), orphan,
                               [&] { return would_succeed(*vm, orphan.record.operation); });
        } else if (const DagVm* dag = best_dag_vm()) {
            for (const auto& [key, orphan] : orphans_) {
                const SignedOperation& operation = *orphan.record.operation;
                look_at_orphan(dag->state(), orphan, [&] {
                    return !is_carried(*dag, operation) && would_succeed(*dag, operation);
                });
            }
        }
    }

private:
    // The most operations of the lane rest that one pass looks at; the next one goes on from there.
    static constexpr std::size_t kLookedAt = 256;
    // In block intervals: within these a client has sent its operation again.
    static constexpr SimTime kResentWithin = 10;

    struct Record {
        OperationPtr operation;
        Height taken_at = 0;   // the height of the state that judged it
        bool in_rest = false;  // where it waited at first: claims that are not fit do so, too
    };
    struct Orphan {
        Record record;
        SimTime lost_at = 0;
    };
    struct Node {
        std::vector<Record> claims;  // proofs and work: always looked at
        std::vector<Record> rest;
        std::size_t next = 0;                // of the rest, to be looked at
        std::optional<Height> rest_full_at;  // the last time that the rest was seen full

        void keep(Record record) {
            const bool of_rest = record.operation->lane() == Lane::kRest;
            (of_rest ? rest : claims).push_back(std::move(record));
        }
        void drop(const std::set<OperationKey>& keys) {
            for (auto* records : {&claims, &rest}) {
                std::erase_if(*records, [&](const Record& one) {
                    return keys.contains(key_of(*one.operation));
                });
            }
        }
    };

    static void note_full(Node& node, const QueueView& view) {
        if (view.queue.size(Lane::kRest) >= view.queue.limits().lane)
            node.rest_full_at = view.preferred.head.height;
    }

    [[nodiscard]] Record record_of(const QueueView& view, const OperationPtr& operation) const {
        return {operation, view.preferred.head.height,
                operation->lane() == Lane::kRest ||
                    fitness_of(view.preferred, watch().rules(), *operation).verdict ==
                        Fitness::Verdict::kWaits};
    }

    void look_through(ActorId id, const QueueView& view) {
        Node& node = nodes_[id];
        note_full(node, view);
        std::erase_if(node.claims, [&](const Record& one) { return is_over(id, view, one); });
        for (std::size_t i = std::min(kLookedAt, node.rest.size()); i > 0; --i) {
            if (node.next >= node.rest.size()) node.next = 0;
            if (!is_over(id, view, node.rest[node.next])) {
                ++node.next;
            } else {
                node.rest[node.next] = std::move(node.rest.back());
                node.rest.pop_back();
            }
        }
    }
    // Whether the operation is where it belongs, and needs no further look. Reports it if it is
    // lost.
    bool is_over(ActorId id, const QueueView& view, const Record& record) {
        const SignedOperation& operation = *record.operation;
        if (is_stale(view.tip, operation)) {
            count_check();  // the chain has it, or a later one of its sender
            return true;
        }
        const bool waits = view.queue.contains(operation);
        expect(waits || may_have_left(nodes_[id], view, record),
               [&] {
                   return fmt::format("{} took {} at height {} and has lost it by height {}",
                                      watch().participants().name(id), text_of(operation),
                                      record.taken_at, view.preferred.head.height);
               },
               {id});
        return !waits;
    }
    [[nodiscard]] bool may_have_left(const Node& node, const QueueView& view,
                                     const Record& record) const {
        const SignedOperation& operation = *record.operation;
        if (view.preferred.head.height >= record.taken_at + view.queue.limits().ttl_blocks)
            return true;
        using Verdict = Fitness::Verdict;
        const Verdict verdict = fitness_of(view.preferred, watch().rules(), operation).verdict;
        if (verdict == Verdict::kNever) return true;
        // Its result is gone; it must not reach the job's next one.
        const bool challenge = std::holds_alternative<op::Challenge>(operation.body());
        if (challenge && verdict == Verdict::kWaits) return true;
        return (record.in_rest || verdict == Verdict::kWaits) &&
               node.rest_full_at >= record.taken_at;
    }

    void look_at_rejected(ActorId id, const QueueView& view, const OperationPtr& operation) {
        if (is_stale(view.tip, *operation) || is_stale(view.preferred, *operation)) return;
        const bool waits = view.queue.contains(*operation);
        if (waits) nodes_[id].keep(record_of(view, operation));
        expect(waits || has_no_place(view, *operation),
               [&] {
                   return fmt::format("{} rejected what carried it and has lost {}",
                                      watch().participants().name(id), text_of(*operation));
               },
               {id});
    }
    // Whether an accepted vertex that no cut has settled carries this operation or a later one of
    // its sender, or has taken its job.
    [[nodiscard]] bool is_carried(const DagVm& vm, const SignedOperation& operation) const {
        const auto overtakes = [&](const OperationPtr& other) {
            return other->sender() == operation.sender() && other->lane() == operation.lane() &&
                   other->nonce() >= operation.nonce();
        };
        for (const auto& [id, vertex] : vm.accepted().unsettled())
            if (std::ranges::any_of(vertex->operations(), overtakes)) return true;
        if (!std::holds_alternative<op::SubmitTask>(operation.body())) return false;
        const ConflictKeyPolicy policy = watch().rules().parameters.dag->conflict_key;
        const auto taken = vm.job_is_taken(conflict_key(operation.operation(), policy));
        return !taken || *taken;
    }
    // Whether the queue refuses an operation of a rejected block with reason: finally, because its
    // sender has not the money, or because the rest has no room for it.
    [[nodiscard]] bool has_no_place(const QueueView& view, const SignedOperation& operation) const {
        const auto offer = offer_of(view.preferred, watch().rules(), operation);
        if (!offer) return refusal_of(offer.error().code) == Refusal::kFinal;
        using Verdict = Fitness::Verdict;
        if (offer->fitness.verdict == Verdict::kNever) return true;
        if (!view.queue.is_fundable(operation.sender(), *offer)) return true;
        const bool in_rest =
            operation.lane() == Lane::kRest || offer->fitness.verdict == Verdict::kWaits;
        const MempoolLimits& limits = view.queue.limits();
        return in_rest && (view.queue.size(Lane::kRest) >= limits.lane ||
                           view.queue.in_rest(operation.sender()) >= limits.per_sender);
    }

    // Of the validators that run, one of the furthest.
    [[nodiscard]] const Vm* best_vm() const {
        const Vm* best = nullptr;
        for (ActorId node = 0; node < watch().scenario().chain.validators; ++node) {
            const Vm* vm = watch().vm(node);
            if (vm == nullptr) continue;
            if (best == nullptr || vm->last_accepted_height() > best->last_accepted_height())
                best = vm;
        }
        return best;
    }
    [[nodiscard]] const DagVm* best_dag_vm() const {
        const DagVm* best = nullptr;
        for (ActorId node = 0; node < watch().scenario().chain.validators; ++node) {
            const DagVm* vm = watch().dag_vm(node);
            if (vm == nullptr) continue;
            if (best == nullptr || vm->last_cut_number() > best->last_cut_number()) best = vm;
        }
        return best;
    }
    // An operation whose node went down, and which no node has been offered since: another holds
    // it, the chain has it, it has expired or would be refused, or its client is about to send it.
    template <class WouldSucceed>
    void look_at_orphan(const State& state, const Orphan& orphan, WouldSucceed would_succeed) {
        const SignedOperation& operation = *orphan.record.operation;
        const ChainSettings& chain = watch().scenario().chain;
        count_check();
        if (is_stale(state, operation) || is_held(operation)) return;
        if (state.head.height >= orphan.record.taken_at + chain.operation_ttl_blocks) return;
        const SimTime since = std::max(orphan.lost_at, faults_changed_at_);
        const SimTime grace = kResentWithin * static_cast<SimTime>(chain.block_interval_ns);
        if (watch().now() < since + grace || !would_succeed()) return;
        report(fmt::format("{} was lost when the last node that held it went down",
                           text_of(operation)));
    }
    [[nodiscard]] bool is_held(const SignedOperation& operation) const {
        for (ActorId node = 0; node < watch().scenario().chain.validators; ++node) {
            const Vm* vm = watch().vm(node);
            if (vm != nullptr && vm->mempool().contains(operation)) return true;
            const DagVm* dag = watch().dag_vm(node);
            if (dag != nullptr && dag->mempool().contains(operation)) return true;
        }
        return false;
    }
    // In the next slice.
    [[nodiscard]] bool would_succeed(const DagVm& vm, const SignedOperation& operation) const {
        BlockRun run = vm.forecast_run(vm.state().head.timestamp_ns +
                                       watch().scenario().chain.block_interval_ns);
        return run.apply(operation).has_value();
    }
    // In a block on the last accepted one.
    [[nodiscard]] bool would_succeed(const Vm& vm, const OperationPtr& operation) const {
        const ExecutedPtr tip = vm.executed(vm.last_accepted());
        const auto& validators = tip->state.validators;
        std::uint32_t proposer = 0;
        while (proposer < validators.size() && !validators[proposer].active) ++proposer;
        const UnsealedRequest request{.id = {},
                                      .proposer = ValidatorIndex{proposer},
                                      .timestamp_ns = tip->state.head.timestamp_ns +
                                                      watch().scenario().chain.block_interval_ns,
                                      .beacon = tip->state.head.beacon};
        const auto built = build_unsealed(*tip, request, {operation}, watch().rules());
        return built && built->left_out.empty();
    }

    std::map<ActorId, Node> nodes_;
    std::map<OperationKey, Orphan> orphans_;
    SimTime faults_changed_at_ = 0;
};

}  // namespace

void add_queue_invariants(Invariants& out) {
    out.push_back(std::make_unique<ChallengeIsReachable>());
    out.push_back(std::make_unique<NoWorkIsLost>());
}

}  // namespace aivm::sim
