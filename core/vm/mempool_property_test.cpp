// Mempool compared with a model: one plain list that every call walks from the front.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/vm/mempool.h"

namespace aivm::plain_mempool {
namespace {

using Verdict = Fitness::Verdict;

constexpr std::size_t kJobs = 3;
constexpr MempoolLimits kLimits{.lane = 6, .per_sender = 3, .ttl_blocks = 6};

Address queue_sender(std::uint32_t number) {
    Address out;
    out.bytes[19] = static_cast<std::uint8_t>(number);
    return out;
}

std::string job_name(std::uint32_t number) { return std::string(1 + number, 'j'); }

// One of the kinds of each lane.
OperationPtr make(std::uint32_t sender, std::uint32_t kind, std::uint64_t nonce, std::uint32_t job,
                  std::uint64_t fee) {
    const std::string name = job_name(job);
    Operation out{queue_sender(sender), nonce, op::DeregisterProvider{name}, Amount(fee)};
    if (kind == 0) out.body = op::Challenge{name, {}, {}};
    if (kind == 1) out.body = op::ChallengeReveal{name, 0, {}};
    if (kind == 2) out.body = op::SubmitResult{name, "p", 0, {}, 0};
    if (kind == 3) out.body = op::SubmitTask{name, {}, {}, "m", 0, Amount(7 * fee)};
    return SignedOperation::unsealed(std::move(out));
}

enum class Where { kLane, kDelayed, kUnfit };

struct Item {
    OperationPtr operation;
    Amount cost;
    Where where = Where::kLane;
    Height expires = 0;
    Height due = 0;
    unsigned refusals = 0;
    std::uint64_t turn = 0;
    std::uint64_t order = 0;
    bool changed = false;

    [[nodiscard]] const Address& sender() const { return operation->sender(); }
    [[nodiscard]] Lane kind() const { return operation->lane(); }
    [[nodiscard]] Lane lane() const { return where == Where::kLane ? kind() : Lane::kRest; }
    [[nodiscard]] std::string_view job() const { return job_of(operation->body()); }
    [[nodiscard]] double rate() const {
        const auto* task = std::get_if<op::SubmitTask>(&operation->body());
        const double fee = static_cast<double>(operation->inclusion_fee().nlux() +
                                               (task != nullptr ? task->fee.nlux() : 0));
        return fee / static_cast<double>(operation->size_bytes());
    }
};

bool is_same(const SignedOperation& a, const SignedOperation& b) {
    return a.sender() == b.sender() && a.nonce() == b.nonce() && a.lane() == b.lane();
}

class PlainMempool {
public:
    std::vector<Item> items;  // by arrival

    Item* find(const SignedOperation& operation) {
        for (Item& item : items) {
            if (is_same(*item.operation, operation)) return &item;
        }
        return nullptr;
    }
    [[nodiscard]] std::size_t count(Lane lane) const {
        return static_cast<std::size_t>(std::ranges::count(items, lane, &Item::lane));
    }

    bool add(const OperationPtr& operation, const Mempool::Offer& offer, const State& preferred) {
        if (offer.fitness.verdict == Verdict::kNever || find(*operation) != nullptr) return false;
        if (!is_funded(*operation, offer)) return false;
        Item item{operation, offer.cost};
        item.expires = offer.height + kLimits.ttl_blocks;
        const bool fit = offer.fitness.verdict == Verdict::kFit && !is_claimed(item, preferred);
        if (!fit) item.where = Where::kUnfit;
        if (!fit) item.due = offer.fitness.not_before;
        if (!make_room(item)) return false;
        items.push_back(item);
        if (fit) enter(items.back());
        return true;
    }
    void refuse(const SignedOperation& operation, ErrorCode reason, Height height) {
        Item* item = find(operation);
        if (item == nullptr) return;
        if (refusal_of(reason) == Refusal::kFinal) return erase(operation);
        if (item->where != Where::kLane) return;
        const Height due = height + (Height{1} << std::min(item->refusals++, 3U));
        const bool of_rest = item->kind() == Lane::kRest;
        if (!of_rest) return put_back(operation, due);
        item->where = Where::kDelayed;
        item->due = due;
    }
    void erase(const SignedOperation& operation) {
        Item* item = find(operation);
        if (item == nullptr) return;
        const bool held_claim = item->where == Where::kLane && item->kind() != Lane::kRest;
        if (held_claim) leave(*item);
        const std::string job(item->job());
        items.erase(items.begin() + (item - items.data()));
        if (held_claim) change(job);
    }
    void drop_up_to(const Address& sender, Lane lane, std::uint64_t nonce) {
        for (std::size_t i = 0; i < items.size();) {
            const SignedOperation& o = *items[i].operation;
            const bool stale = o.sender() == sender && o.lane() == lane && o.nonce() <= nonce;
            stale ? erase(o) : static_cast<void>(++i);
        }
    }
    void change(std::string_view job) {
        for (Item& item : items) {
            if (item.where == Where::kUnfit && item.job() == job) item.changed = true;
        }
    }
    void return_job(std::string_view job) {
        for (Item& item : items) {
            const bool proof = item.where == Where::kLane && item.kind() == Lane::kProofs;
            if (proof && item.job() == job) item.changed = true;
        }
    }
    void refresh(const State& preferred, const Mempool::Judge& judge) {
        const Height height = preferred.head.height;
        for (std::size_t i = 0; i < items.size();) {
            items[i].expires <= height ? erase(*items[i].operation) : static_cast<void>(++i);
        }
        for (Item& item : items) {
            if (item.due == 0 || item.due > height + 1) continue;
            item.due = 0;
            if (item.where == Where::kUnfit) item.changed = true;
            if (item.where == Where::kDelayed) item.where = Where::kLane;
        }
        std::vector<OperationPtr> changed;
        for (Item& item : items) {
            if (std::exchange(item.changed, false)) changed.push_back(item.operation);
        }
        for (const OperationPtr& operation : changed) judge_again(*operation, judge, preferred);
    }
    [[nodiscard]] std::vector<OperationPtr> candidates() const {
        std::vector<OperationPtr> out;
        for (const Lane lane : {Lane::kProofs, Lane::kWork}) offer_in_order(lane, out);
        offer_rest(out);
        return out;
    }

private:
    [[nodiscard]] bool is_funded(const SignedOperation& operation,
                                 const Mempool::Offer& offer) const {
        std::uint64_t sum = offer.cost.nlux();
        for (const Item& item : items) {
            const bool paid = item.operation->nonce() <= offer.nonces.of(item.kind());
            if (item.sender() == operation.sender() && !paid) sum += item.cost.nlux();
        }
        return offer.cost.is_zero() || sum <= offer.balance.nlux();
    }
    [[nodiscard]] bool is_claimed(const Item& wanted, const State& preferred) const {
        return wanted.kind() != Lane::kRest && std::ranges::any_of(items, [&](const Item& item) {
                   const bool included =
                       item.operation->nonce() <= preferred.nonce(item.sender(), item.kind());
                   return item.where == Where::kLane && !included &&
                          item.sender() == wanted.sender() && item.job() == wanted.job() &&
                          item.operation->body().index() == wanted.operation->body().index();
               });
    }
    bool make_room(const Item& wanted) {
        if (wanted.lane() != Lane::kRest) return count(wanted.lane()) < kLimits.lane;
        const auto of_sender = std::ranges::count_if(items, [&](const Item& item) {
            return item.sender() == wanted.sender() && item.lane() == Lane::kRest;
        });
        if (of_sender >= static_cast<std::ptrdiff_t>(kLimits.per_sender)) return false;
        if (count(Lane::kRest) < kLimits.lane) return true;
        const Item* least = nullptr;
        for (const Item& item : items) {
            if (item.lane() != Lane::kRest) continue;
            if (least == nullptr || item.rate() <= least->rate()) least = &item;
        }
        const bool came_earlier = std::ranges::any_of(items, [&](const Item& item) {
            return item.operation == wanted.operation && &item < least;
        });
        const bool better =
            wanted.rate() > least->rate() || (wanted.rate() == least->rate() && came_earlier);
        if (better) erase(*OperationPtr(least->operation));
        return better;
    }
    void put_back(const SignedOperation& operation, Height due) {
        Item moved = *find(operation);
        moved.where = Where::kUnfit;
        if (!make_room(moved)) return erase(operation);
        Item* item = find(operation);
        leave(*item);
        change(item->job());
        item->where = Where::kUnfit;
        item->due = due;
    }
    void enter(Item& item) {
        item.where = Where::kLane;
        item.order = order_++;
        if (item.kind() != Lane::kProofs) return;
        auto& [last, waiting] = turns_[{std::string(item.job()), item.sender()}];
        item.turn = waiting++ == 0 ? turn_ : std::max(turn_, last + 1);
        last = item.turn;
    }
    void leave(const Item& item) {
        if (item.kind() != Lane::kProofs) return;
        turn_ = std::max(turn_, item.turn);
        --turns_[{std::string(item.job()), item.sender()}].second;
    }
    void judge_again(const SignedOperation& operation, const Mempool::Judge& judge,
                     const State& preferred) {
        Item* item = find(operation);
        if (item == nullptr) return;
        const Fitness fitness = judge(operation);
        if (fitness.verdict == Verdict::kNever) return erase(operation);
        if (item->where == Where::kLane) {
            if (fitness.verdict == Verdict::kFit) return;
            const bool challenges = std::holds_alternative<op::Challenge>(operation.body());
            return challenges ? erase(operation) : put_back(operation, fitness.not_before);
        }
        if (fitness.verdict == Verdict::kWaits) {
            item->due = fitness.not_before;
        } else if (!is_claimed(*item, preferred)) {
            const bool full = count(item->kind()) >= kLimits.lane;
            item->due = full ? preferred.head.height + 2 : 0;
            if (!full) enter(*item);
        }
    }
    // The first of the sender's that is not offered yet.
    [[nodiscard]] const Item* next_of(const Address& sender, Lane lane,
                                      const std::vector<OperationPtr>& out) const {
        const Item* next = nullptr;
        for (const Item& item : items) {
            const bool held_back = item.where != Where::kLane && lane != Lane::kRest;
            if (item.sender() != sender || item.kind() != lane || held_back) continue;
            if (std::ranges::find(out, item.operation) != out.end()) continue;
            if (next == nullptr || item.operation->nonce() < next->operation->nonce()) next = &item;
        }
        return next != nullptr && next->where == Where::kLane ? next : nullptr;
    }
    void offer_in_order(Lane lane, std::vector<OperationPtr>& out) const {
        std::vector<const Item*> places;
        for (const Item& item : items) {
            if (item.where == Where::kLane && item.kind() == lane) places.push_back(&item);
        }
        std::ranges::sort(places, [](const Item* a, const Item* b) {
            return std::pair(a->turn, a->order) < std::pair(b->turn, b->order);
        });
        for (const Item* place : places)
            out.push_back(next_of(place->sender(), lane, out)->operation);
    }
    void offer_rest(std::vector<OperationPtr>& out) const {
        for (;;) {
            const Item* best = nullptr;
            for (const Item& item : items) {
                const Item* next = next_of(item.sender(), Lane::kRest, out);
                if (next != &item) continue;
                if (best == nullptr || next->rate() > best->rate()) best = next;
            }
            if (best == nullptr) return;
            out.push_back(best->operation);
        }
    }

    std::uint64_t order_ = 0;
    std::uint64_t turn_ = 0;
    std::map<std::pair<std::string, Address>, std::pair<std::uint64_t, std::uint32_t>> turns_;
};

struct Step {
    std::uint32_t action;
    std::uint32_t sender;
    std::uint32_t kind;
    std::uint64_t nonce;
    std::uint32_t job;
    std::uint64_t amount;
};

rc::Gen<Step> any_step() {
    using rc::gen::inRange;
    return rc::gen::construct<Step>(inRange<std::uint32_t>(0, 16), inRange<std::uint32_t>(0, 4),
                                    inRange<std::uint32_t>(0, 5), inRange<std::uint64_t>(1, 9),
                                    inRange<std::uint32_t>(0, kJobs), inRange<std::uint64_t>(0, 4));
}

struct Both {
    Mempool tested{kLimits};
    PlainMempool model;
    State preferred;
    std::array<Fitness, kJobs> fitness{};

    [[nodiscard]] Height height() const { return preferred.head.height; }
    Mempool::Judge judge() {
        return [this](const SignedOperation& operation) {
            return fitness[job_of(operation.body()).size() - 1];
        };
    }
    void play(const Step& step) {
        const OperationPtr operation =
            make(step.sender, step.kind, step.nonce, step.job, step.amount);
        if (step.action < 8) return add(operation, step);
        switch (step.action) {
            case 8:
            case 9:
                return refuse(*operation, ErrorCode::kQueueFull);
            case 10:
                return refuse(*operation, ErrorCode::kDuplicate);
            case 11:
                tested.remove(*operation);
                return model.erase(*operation);
            case 12:
                return include(operation, step.amount % 2 == 0);
            case 13:
                return change(step);
            default:
                preferred.head.height += step.amount % 2;
                tested.refresh(preferred, judge());
                model.refresh(preferred, judge());
        }
    }
    void add(const OperationPtr& operation, const Step& step) {
        Mempool::Offer offer;
        if (operation->lane() != Lane::kRest) offer.fitness = fitness[step.job];
        offer.cost = Amount(step.amount);
        offer.balance = Amount(6);
        offer.nonces.rest = step.nonce / 4;
        offer.height = height();
        RC_ASSERT(tested.add(operation, offer, preferred).has_value() ==
                  model.add(operation, offer, preferred));
    }
    void refuse(const SignedOperation& operation, ErrorCode reason) {
        tested.note_refused(operation, reason, height() + 1);
        model.refuse(operation, reason, height() + 1);
    }
    void include(const OperationPtr& operation, bool decided) {
        preferred.accounts.insert_or_edit(operation->sender()).nonces.edit(operation->lane()) =
            operation->nonce();
        if (!decided) return;
        tested.remove_stale(preferred, {operation});
        model.drop_up_to(operation->sender(), operation->lane(), operation->nonce());
    }
    void change(const Step& step) {
        constexpr std::array kVerdicts{Verdict::kFit, Verdict::kFit, Verdict::kWaits,
                                       Verdict::kNever};
        fitness[step.job] = {kVerdicts[step.amount], step.nonce % 3 == 0 ? height() + 2 : 0};
        tested.note_changed(job_name(step.job));
        model.change(job_name(step.job));
        if (step.sender % 2 == 0) return;
        tested.note_returned(job_name(step.job));
        model.return_job(job_name(step.job));
    }
    void compare() {
        for (const Lane lane : kLanes) RC_ASSERT(tested.size(lane) == model.count(lane));
        const auto offered = tested.candidates(1'000'000, {});
        const auto expected = model.candidates();
        RC_ASSERT(std::ranges::equal(offered, expected,
                                     [](const auto& a, const auto& b) { return is_same(*a, *b); }));
        for (const Item& item : model.items) RC_ASSERT(tested.contains(*item.operation));
    }
};

RC_GTEST_PROP(Mempool, OffersWhatAPlainListWould, ()) {
    const auto program = *rc::gen::container<std::vector<Step>>(any_step());
    Both both;
    for (const Step& step : program) {
        both.play(step);
        both.compare();
    }
}

}  // namespace
}  // namespace aivm::plain_mempool
