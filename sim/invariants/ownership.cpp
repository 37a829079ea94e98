// E9 and E10: nothing changes that its owner did not authorise, and a payer owes exactly what it
// signed. Checked on the accepted chain, block by block.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/tasks/admission.h"
#include "sim/invariants/invariant.h"

namespace aivm::sim {
namespace {

// A block's operations by sender, each sender's in the order of the block.
class BySender {
public:
    struct Sent {
        std::uint64_t start;  // the sender's first bytes: compared first, and close at hand
        std::uint32_t place;  // in the block
        const SignedOperation* operation;
    };
    // Replaces the block, unless it is the one that is there.
    void take(const BlockPtr& block) {
        if (block == block_) return;
        block_ = block;
        sent_.clear();
        for (const OperationPtr& operation : block->operations())
            sent_.push_back({start_of(operation->sender()),
                             static_cast<std::uint32_t>(sent_.size()), operation.get()});
        std::ranges::sort(sent_, {},
                          [](const Sent& one) { return std::pair(one.start, one.place); });
    }
    [[nodiscard]] bool has(const Address& account) const {
        return find(account, [](const SignedOperation&) { return true; }) != nullptr;
    }
    // The first operation of this sender for which `is_it` is true; null: there is none.
    template <class IsIt>
    [[nodiscard]] const SignedOperation* find(const Address& account, IsIt&& is_it) const {
        const std::uint64_t start = start_of(account);
        auto at = std::ranges::lower_bound(sent_, start, {}, &Sent::start);
        for (; at != sent_.end() && at->start == start; ++at) {
            if (at->operation->sender() == account && is_it(*at->operation)) return at->operation;
        }
        return nullptr;
    }
    // Calls `visit` with each sender and its operations; in parts, if another sender's address
    // begins with the same bytes.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (auto first = sent_.begin(); first != sent_.end();) {
            const Address& sender = first->operation->sender();
            const auto last = std::find_if(first, sent_.end(), [&](const Sent& one) {
                return one.operation->sender() != sender;
            });
            visit(sender, std::span(first, last));
            first = last;
        }
    }

private:
    static std::uint64_t start_of(const Address& account) {
        std::uint64_t start = 0;
        std::memcpy(&start, account.bytes.data(), sizeof start);
        return start;
    }
    BlockPtr block_;
    std::vector<Sent> sent_;
};

// E9. Free balances fall only by operations of their account, and a bond or a stake only by a slash
// or by its owner's withdrawal; every operation carries an authorisation that verifies.
class AuthorisedByItsOwner final : public Invariant {
public:
    explicit AuthorisedByItsOwner(std::shared_ptr<BySender> operations)
        : Invariant({.id = "E9",
                     .name = "authorised-by-its-owner",
                     .meaning = "money leaves an account or a bond only by its owner's "
                                "operation or a slash",
                     .reason = "Without it anybody could spend somebody else's balance, bond "
                               "or stake. The owner loses money without having signed "
                               "anything."}),
          operations_(std::move(operations)) {}

    void on_chain(const Executed& block, const State& parent) override {
        for (const OperationPtr& operation : block.block->operations()) look_at(block, *operation);
        operations_->take(block.block);
        for (const Address& account : block.touched.accounts) {
            if (account == escrow_address()) continue;  // holds what is not free
            const Amount before = parent.balance(account);
            const Amount after = block.state.balance(account);
            expect(after >= before || operations_->has(account), [&] {
                return fmt::format(
                    "account {} lost {} nLUX in block {}, which has no operation of its own",
                    to_hex(account.view()), (before - after).nlux(), block.state.head.height);
            });
        }
        for (const std::uint32_t index : block.touched.providers)
            look_at_bond(block, parent, ProviderIndex{index});
        for (const std::uint32_t index : block.touched.validators)
            look_at_stake(block, parent, ValidatorIndex{index});
    }

private:
    void look_at(const Executed& block, const SignedOperation& operation) {
        expect(watch().rules().authorizer->verify(operation.sender(), operation.id(),
                                                  operation.authorization()),
               [&] {
                   return fmt::format("block {} has an operation of {} that it did not sign",
                                      block.state.head.height, to_hex(operation.sender().view()));
               });
    }
    void look_at_bond(const Executed& block, const State& parent, ProviderIndex index) {
        if (index.value >= parent.providers.size()) return;
        const Provider& before = parent.provider(index);
        const Provider& after = block.state.provider(index);
        const bool explained =
            after.bond >= before.bond || operations_->has(before.owner) ||
            std::ranges::any_of(block.events, [&](const VmEvent& e) {
                const auto* slash = std::get_if<event::Slashed>(&e);
                return slash != nullptr && slash->provider == index &&
                       slash_cause(slash->cause).victim == SlashVictim::kProvider;
            });
        expect(explained, [&] {
            return fmt::format(
                "the bond of provider {} fell by {} nLUX in block {} without a "
                "slash or an operation of its owner",
                before.id, (before.bond - after.bond).nlux(), block.state.head.height);
        });
    }
    void look_at_stake(const Executed& block, const State& parent, ValidatorIndex index) {
        if (index.value >= parent.validators.size()) return;
        const Validator& before = parent.validator(index);
        const Validator& after = block.state.validator(index);
        const bool explained =
            after.stake >= before.stake || operations_->has(before.address) ||
            std::ranges::any_of(block.events, [&](const VmEvent& e) {
                const auto* slash = std::get_if<event::Slashed>(&e);
                return slash != nullptr && slash->account == before.address &&
                       slash_cause(slash->cause).victim == SlashVictim::kValidator;
            });
        expect(explained, [&] {
            return fmt::format(
                "the stake of validator {} fell by {} nLUX in block {} without a slash or an "
                "operation of its own",
                index.value, (before.stake - after.stake).nlux(), block.state.head.height);
        });
    }

    std::shared_ptr<BySender> operations_;  // shared with the other invariant of this file
};

// E10. The task of a submission has the terms that were signed, its key binds them, and the payer's
// balance is lower by the fee.
class TermsAreBound final : public Invariant {
public:
    explicit TermsAreBound(std::shared_ptr<BySender> operations)
        : Invariant({.id = "E10",
                     .name = "terms-are-bound",
                     .meaning = "every term that a payer relies on is bound, and its fee is "
                                "debited",
                     .reason = "A requester agrees to a model, an input and a price, and to "
                               "nothing else. If a term can change after signing, it pays for "
                               "work that it did not order, or the provider works for a fee "
                               "that was never put aside."}),
          operations_(std::move(operations)) {}

    void on_chain(const Executed& block, const State& parent) override {
        operations_->take(block.block);
        for (const VmEvent& e : block.events) {
            const auto* submitted = std::get_if<event::TaskSubmitted>(&e);
            if (submitted == nullptr) continue;
            const Task& task = block.state.task(submitted->task);
            const op::SubmitTask* terms = signed_terms(task);
            const bool same = terms != nullptr && same_terms(block.state, task, *terms) &&
                              (!hashes_next_key() || binds(block.state, task, *terms));
            expect(same, [&] {
                return fmt::format("task {} of block {} has other terms than its payer signed",
                                   task.job_id, block.state.head.height);
            });
        }
        look_at_payers(block, parent);
    }

private:
    // Whether the submission makes the task of this id: on a DAG ids are bound to the requester.
    [[nodiscard]] bool makes(const Address& requester, const op::SubmitTask& terms,
                             std::string_view job_id) const {
        return watch().rules().parameters.dag ? bound_job_id(requester, terms.job_id) == job_id
                                              : terms.job_id == job_id;
    }
    [[nodiscard]] bool has_succeeded(const State& state, const Address& requester,
                                     const op::SubmitTask& terms) const {
        return watch().rules().parameters.dag
                   ? state.find_task(bound_job_id(requester, terms.job_id)).has_value()
                   : state.find_task(terms.job_id).has_value();
    }
    [[nodiscard]] const op::SubmitTask* signed_terms(const Task& task) const {
        const auto submits_it = [&](const SignedOperation& operation) {
            const auto* submission = std::get_if<op::SubmitTask>(&operation.body());
            return submission != nullptr && makes(task.requester, *submission, task.job_id);
        };
        const SignedOperation* operation = operations_->find(task.requester, submits_it);
        return operation == nullptr ? nullptr : &std::get<op::SubmitTask>(operation->body());
    }
    static bool same_terms(const State& state, const Task& task, const op::SubmitTask& terms) {
        const ModelStatus& model = state.status_of_model(task.model);
        return task.fee == terms.fee && task.mode == terms.mode && task.type == terms.type &&
               task.input_row == terms.input_row && state.model(model.first).id == terms.model_id;
    }
    static bool binds(const State& state, const Task& task, const op::SubmitTask& terms) {
        const std::uint64_t version = state.status_of_model(task.model).version;
        return task.task_key == task_key(task.requester, terms, version);
    }
    // In the economic fidelity a hash costs as much as all other checks of the task.
    bool hashes_next_key() {
        constexpr std::uint64_t kOneIn = 16;
        if (watch().scenario().run.fidelity == Fidelity::kFull) return true;
        return submissions_++ % kOneIn == 0;
    }
    // Accounts that only submit tasks in this block, and receive nothing in it.
    void look_at_payers(const Executed& block, const State& parent) {
        operations_->for_each([&](const Address& account, std::span<const BySender::Sent> sent) {
            const Amount fees = fees_of_submissions(block, sent);
            if (fees.is_zero()) return;
            const Amount before = parent.balance(account);
            const Amount after = block.state.balance(account);
            const bool debited = before >= fees && after <= before - fees;
            expect(debited || receives(block, account), [&] {
                return fmt::format("account {} submitted tasks for {} nLUX in block {} and lost {}",
                                   to_hex(account.view()), fees.nlux(), block.state.head.height,
                                   before > after ? (before - after).nlux() : 0);
            });
        });
    }
    // What the tasks cost if all of these operations are submissions that succeeded; 0 otherwise.
    Amount fees_of_submissions(const Executed& block,
                               std::span<const BySender::Sent> operations) const {
        Amount fees;
        for (const BySender::Sent& sent : operations) {
            const auto* submission = std::get_if<op::SubmitTask>(&sent.operation->body());
            if (submission == nullptr ||
                !has_succeeded(block.state, sent.operation->sender(), *submission))
                return {};
            fees += submission->fee;
        }
        return fees;
    }
    // Whether the account could have been paid in the block.
    static bool receives(const Executed& block, const Address& account) {
        const auto requested = [&](TaskIndex task) {
            return block.state.task(task).requester == account;
        };
        const bool by_event = std::ranges::any_of(block.events, [&](const VmEvent& e) {
            if (const auto* refund = std::get_if<event::TaskRefunded>(&e))
                return requested(refund->task);
            if (const auto* done = std::get_if<event::TaskCompleted>(&e))
                return requested(done->task);  // the remainder of a fee that was shared
            if (const auto* claim = std::get_if<event::RewardsClaimed>(&e))
                return block.state.provider(claim->provider).wallet == account;
            if (const auto* slash = std::get_if<event::Slashed>(&e))
                return slash->challenger == account || requested(slash->task);
            if (const auto* share = std::get_if<event::ShareSettled>(&e))
                return share->challenger == account;
            return false;
        });
        // A challenge bond that returns.
        return by_event || std::ranges::any_of(block.touched.disputes, [&](std::uint32_t index) {
                   return block.state.dispute(DisputeIndex{index}).challenger == account;
               });
    }

    std::shared_ptr<BySender> operations_;  // shared with the other invariant of this file
    std::uint64_t submissions_ = 0;
};

}  // namespace

void add_ownership_invariants(Invariants& out) {
    const auto operations = std::make_shared<BySender>();
    out.push_back(std::make_unique<AuthorisedByItsOwner>(operations));
    out.push_back(std::make_unique<TermsAreBound>(operations));
}

}  // namespace aivm::sim
