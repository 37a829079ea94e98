#include "core/vm/mempool.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "core/vm/mempool_selection.h"

namespace aivm {
namespace {

// The blocks for which an operation is held back after a refusal that can pass double with each
// one, up to 2^kDoublingsMax, so that a builder does not try it in every block.
constexpr std::uint8_t kDoublingsMax = 3;

std::uint64_t hash_of(const Address& sender) { return table_hash(sender.view()); }
std::uint64_t hash_of(std::string_view job_id) { return table_hash(as_bytes(job_id)); }

// What an operation offers for its place in the rest.
Amount fee_of(const SignedOperation& operation) {
    const auto* task = std::get_if<op::SubmitTask>(&operation.body());
    if (task == nullptr) return operation.inclusion_fee();
    const auto sum = operation.inclusion_fee().checked_plus(task->fee);
    return sum.value_or(Amount(~std::uint64_t{0}));
}

bool is_included(const SignedOperation& operation, const State& preferred) {
    if (AIVM_MUTANT(claim_kept)) return false;
    return operation.nonce() <= preferred.nonce(operation.sender(), operation.lane());
}

std::string_view provider_of(const OperationBody& body) {
    return std::visit(
        [](const auto& b) -> std::string_view {
            if constexpr (requires { b.provider_id; }) {
                return b.provider_id;
            } else {
                return {};
            }
        },
        body);
}

}  // namespace

bool Mempool::Bid::is_before(const Bid& other) const {
    __extension__ using Wide = unsigned __int128;
    const Wide mine = Wide{fee.nlux()} * other.bytes;
    const Wide theirs = Wide{other.fee.nlux()} * bytes;
    return mine != theirs ? mine > theirs : arrival < other.arrival;
}

// --- Looking things up ---

std::size_t Mempool::place_of(const Fifo<Waiting>& queue, std::uint64_t nonce) {
    if (queue.empty() || queue.back().nonce < nonce) return queue.size();  // the common case
    return static_cast<std::size_t>(std::ranges::lower_bound(queue, nonce, {}, &Waiting::nonce) -
                                    queue.begin());
}

std::optional<std::uint32_t> Mempool::find_sender(const Address& address) const {
    return index_.find(hash_of(address),
                       [&](std::uint32_t row) { return senders_[row].address == address; });
}

std::uint32_t Mempool::sender_or_new(const Address& address) {
    if (const auto known = find_sender(address)) return *known;
    const auto row = static_cast<std::uint32_t>(senders_.size());
    senders_.emplace_back().address = address;
    index_.add(hash_of(address), row);
    return row;
}

Mempool::Handle Mempool::find(const SignedOperation& operation) const {
    const auto row = find_sender(operation.sender());
    return row ? find(*row, operation) : kNone;
}

Mempool::Handle Mempool::find(std::uint32_t sender, const SignedOperation& operation) const {
    const Fifo<Waiting>& queue = senders_[sender].queues[index_of(operation.lane())];
    const std::size_t place = place_of(queue, operation.nonce());
    return has_at(queue, place, operation.nonce()) ? queue[place].handle : kNone;
}

bool Mempool::contains(const SignedOperation& operation) const { return find(operation) != kNone; }

std::size_t Mempool::size() const { return counts_[0] + counts_[1] + counts_[2]; }

bool Mempool::has_work() const {
    return !proofs_.empty() || size(Lane::kWork) != 0 || !heads_.empty() || !due_.empty();
}

Mempool::Bid Mempool::bid_of(Handle handle) const {
    const Entry& entry = entries_[handle];
    return {entry.fee, entry.operation->size_bytes(), entry.arrival, handle};
}

Lane Mempool::lane_of(const Entry& entry) {
    return entry.place == Place::kInLane ? entry.operation->lane() : Lane::kRest;
}

Mempool::ProofClaim Mempool::claim_of(const SignedOperation& operation) {
    const std::string_view job = job_of(operation.body());
    ProofClaim claim{hash_of(job), job, operation.body().index(), operation.sender().bytes};
    if (const auto* move = std::get_if<op::DisputeMove>(&operation.body()))
        claim.whose = move->challenger.bytes;
    if (const auto* evidence = std::get_if<op::Evidence>(&operation.body())) {
        // No bond limits evidence, and a validator may sign for any number of slots: one operation
        // for each accused waits in the lane.
        claim.whose = {};
        std::memcpy(claim.whose.data(), &evidence->validator, sizeof evidence->validator);
    }
    return claim;
}

Mempool::TurnKey Mempool::turn_key(const SignedOperation& operation) {
    return {hash_of(job_of(operation.body())), operation.sender()};
}

// --- Taking an operation ---

bool Mempool::is_fundable(std::uint32_t sender, const Offer& offer) const {
    if (offer.cost.is_zero()) return true;
    WideNlux sum = senders_[sender].reserved + offer.cost.nlux();
    for (const Lane lane : kLanes) {  // what the preferred tip has included is paid already
        for (const Waiting& waiting : senders_[sender].queues[index_of(lane)]) {
            if (waiting.nonce > offer.nonces.of(lane)) break;
            sum -= entries_[waiting.handle].cost.nlux();
        }
    }
    return sum <= offer.balance.nlux();
}

bool Mempool::is_fundable(const Address& sender, const Offer& offer) const {
    const auto row = find_sender(sender);
    return row ? is_fundable(*row, offer) : offer.cost <= offer.balance;
}

std::size_t Mempool::in_rest(const Address& sender) const {
    const auto row = find_sender(sender);
    return row ? senders_[*row].in_rest : 0;
}

bool Mempool::is_claimed(const SignedOperation& operation, std::uint32_t sender,
                         const State& preferred) const {
    if (operation.lane() == Lane::kRest) return false;
    if (operation.lane() == Lane::kProofs) {
        const auto [first, last] = claims_.equal_range(claim_of(operation));
        return std::any_of(first, last, [&](const auto& claim) {
            return !is_included(*entries_[claim.second].operation, preferred);
        });
    }
    const auto same_claim = [&](const Waiting& waiting) {
        const Entry& entry = entries_[waiting.handle];
        const OperationBody& body = entry.operation->body();
        return entry.place == Place::kInLane && body.index() == operation.body().index() &&
               job_of(body) == job_of(operation.body()) &&
               provider_of(body) == provider_of(operation.body()) &&
               !is_included(*entry.operation, preferred);
    };
    return std::ranges::any_of(senders_[sender].queues[index_of(Lane::kWork)], same_claim);
}

Status Mempool::make_room(Lane lane, std::uint32_t sender, const Bid& bid) {
    const bool full = size(lane) >= limits_.lane;
    if (lane != Lane::kRest) {
        if (!full) return {};
        return fail(ErrorCode::kQueueFull, fmt::format("{} {} wait", size(lane), word(lane)));
    }
    if (senders_[sender].in_rest >= limits_.per_sender) {
        return fail(ErrorCode::kLimitReached,
                    fmt::format("{} operations of this sender wait", limits_.per_sender));
    }
    if (!full) return {};
    const Handle least = least_paying();
    if (least == kNone || !bid.is_before(bid_of(least))) {
        return fail(ErrorCode::kQueueFull,
                    fmt::format("{} operations that pay as much wait", size(lane)));
    }
    erase(least);
    return {};
}

Status Mempool::add(const OperationPtr& operation, const Offer& offer, const State& preferred) {
    using Verdict = Fitness::Verdict;
    if (offer.fitness.verdict == Verdict::kNever) return fail(offer.fitness.reason);
    const std::uint32_t sender = sender_or_new(operation->sender());
    if (find(sender, *operation) != kNone)
        return fail(ErrorCode::kDuplicate, "an operation with this nonce waits already");
    if (!is_fundable(sender, offer)) {
        return fail(ErrorCode::kInsufficientFunds,
                    fmt::format("{} nLUX beside what waits already", offer.cost.nlux()));
    }
    const bool in_lane =
        offer.fitness.verdict == Verdict::kFit && !is_claimed(*operation, sender, preferred);
    const Lane lane = in_lane ? operation->lane() : Lane::kRest;
    AIVM_TRY(
        make_room(lane, sender, {fee_of(*operation), operation->size_bytes(), arrivals_, kNone}));
    const Handle handle = store(operation, offer, sender);
    if (in_lane) {
        enter(handle, Place::kInLane);
    } else {
        enter(handle, Place::kUnfit, offer.fitness.not_before);
    }
    return {};
}

Mempool::Handle Mempool::store(const OperationPtr& operation, const Offer& offer,
                               std::uint32_t sender) {
    Handle handle = 0;
    if (free_.empty()) {
        handle = static_cast<Handle>(entries_.size());
        entries_.emplace_back();
    } else {
        handle = free_.back();
        free_.pop_back();
    }
    Entry& entry = entries_[handle];
    entry.operation = operation;
    entry.arrival = arrivals_++;
    entry.cost = offer.cost;
    entry.fee = fee_of(*operation);
    entry.sender = sender;
    entry.refusals = 0;
    entry.expires = offer.height + limits_.ttl_blocks;
    Sender& owner = senders_[sender];
    Fifo<Waiting>& queue = owner.queues[index_of(operation->lane())];
    queue.emplace(place_of(queue, operation->nonce()), operation->nonce(), handle);
    owner.reserved += offer.cost.nlux();
    by_arrival_.push_back({handle, entry.arrival});
    return handle;
}

// --- Places ---

void Mempool::enter(Handle handle, Place place, Height due) {
    Entry& entry = entries_[handle];
    AIVM_CHECK(entry.place == Place::kGone && place != Place::kGone);
    entry.place = place;
    entry.due = due;
    if (due != 0) due_.insert({due, handle});
    if (place == Place::kUnfit) waiting_.insert({job_of(entry.operation->body()), handle});
    const Lane lane = lane_of(entry);
    counts_[index_of(lane)] += 1;
    bytes_[index_of(lane)] += entry.operation->size_bytes();
    if (lane == Lane::kRest) {
        senders_[entry.sender].in_rest += 1;
        if (!least_.empty()) {
            least_.push_back(bid_of(handle));
            std::push_heap(least_.begin(), least_.end());
        }
    }
    if (place == Place::kInLane) enter_lane(handle);
}

void Mempool::leave(Handle handle) {
    Entry& entry = entries_[handle];
    AIVM_CHECK(entry.place != Place::kGone);
    const Lane lane = lane_of(entry);
    counts_[index_of(lane)] -= 1;
    bytes_[index_of(lane)] -= entry.operation->size_bytes();
    if (lane == Lane::kRest) {
        senders_[entry.sender].in_rest -= 1;
        if (size(lane) < limits_.lane - limits_.lane / 4) least_.clear();
    }
    if (entry.place == Place::kInLane) leave_lane(entry);
    if (entry.place == Place::kUnfit) waiting_.erase({job_of(entry.operation->body()), handle});
    if (entry.due != 0) due_.erase({entry.due, handle});
    entry.due = 0;
    entry.place = Place::kGone;
}

void Mempool::enter_lane(Handle handle) {
    Entry& entry = entries_[handle];
    entry.order = order_++;
    entry.turn = 0;
    switch (entry.operation->lane()) {
        case Lane::kProofs:
            return enter_turns(handle);
        case Lane::kWork:
            work_.push_back({entry.order, handle});
            return;
        case Lane::kRest:
            return set_head(senders_[entry.sender]);
    }
}

void Mempool::leave_lane(Entry& entry) {
    if (entry.operation->lane() == Lane::kProofs) leave_turns(entry);
}

// Removes the places that were left, from the front, and all of them when they are the most.
void Mempool::trim_work() {
    while (!work_.empty() && !is_taken(work_.front())) static_cast<void>(work_.pop_front());
    if (work_.size() <= kIdleMax + 2 * size(Lane::kWork)) return;
    Fifo<WorkPlace> taken;
    for (const WorkPlace& place : work_) {
        if (is_taken(place)) taken.push_back(place);
    }
    work_ = std::move(taken);
}

// A sender's next proof on a result has its turn after everybody's present ones.
void Mempool::enter_turns(Handle handle) {
    Entry& entry = entries_[handle];
    entry.proof.turns = turns_.try_emplace(turn_key(*entry.operation)).first;
    Turns& turns = entry.proof.turns->second;
    entry.turn = turns.waiting == 0 ? turn_ : std::max(turn_, turns.last + 1);
    turns.last = entry.turn;
    turns.waiting += 1;
    entry.proof.place = proofs_.insert({entry.turn, entry.order, entry.sender, handle}).first;
    entry.proof.claim = claims_.emplace(claim_of(*entry.operation), handle);
}

void Mempool::leave_turns(Entry& entry) {
    turn_ = std::max(turn_, entry.turn);
    proofs_.erase(entry.proof.place);
    claims_.erase(entry.proof.claim);
    if (--entry.proof.turns->second.waiting == 0) turns_.erase(entry.proof.turns);
    entry.proof = {};
}

void Mempool::clear_head(Sender& sender) {
    if (sender.head == kNone) return;
    heads_.erase(bid_of(sender.head));
    sender.head = kNone;
}

void Mempool::set_head(Sender& sender) {
    const Fifo<Waiting>& queue = sender.queues[index_of(Lane::kRest)];
    const bool is_offered =
        !queue.empty() && entries_[queue.front().handle].place == Place::kInLane;
    const Handle head = is_offered ? queue.front().handle : kNone;
    if (head == sender.head) return;
    clear_head(sender);
    sender.head = head;
    if (head != kNone) heads_.insert(bid_of(head));
}

// --- What a block changes ---

void Mempool::note_changed(std::string_view job_id) {
    if (waiting_.empty()) return;
    for (auto at = waiting_.lower_bound({job_id, 0}); at != waiting_.end(); ++at) {
        if (at->first != job_id) return;
        changed_.insert({entries_[at->second].arrival, at->second});
    }
}

void Mempool::note_returned(std::string_view job_id) {
    if (claims_.empty()) return;
    const ProofClaim first{hash_of(job_id), job_id, 0, {}};
    for (auto at = claims_.lower_bound(first); at != claims_.end(); ++at) {
        if (at->first.job != job_id) return;
        changed_.insert({entries_[at->second].arrival, at->second});
    }
}

void Mempool::note_all_changed() {
    for (const auto& [job, handle] : waiting_) changed_.insert({entries_[handle].arrival, handle});
}

void Mempool::refresh(const State& preferred, const Judge& judge) {
    const Height height = preferred.head.height;
    expire(height);
    take_due(height);
    trim_work();
    for (const auto& [arrival, handle] : std::exchange(changed_, {}))
        judge_again(handle, judge, preferred);
}

void Mempool::take_due(Height height) {
    while (!due_.empty() && due_.begin()->first <= height + 1) {
        const Handle handle = due_.begin()->second;
        if (entries_[handle].place == Place::kDelayed) {
            leave(handle);
            enter(handle, Place::kInLane);
        } else {
            due_.erase(due_.begin());
            entries_[handle].due = 0;
            changed_.insert({entries_[handle].arrival, handle});
        }
    }
}

void Mempool::judge_again(Handle handle, const Judge& judge, const State& preferred) {
    if (entries_[handle].place == Place::kGone) return;
    const OperationPtr operation = entries_[handle].operation;
    const bool waits_for_another = entries_[handle].place == Place::kUnfit &&
                                   std::holds_alternative<op::Evidence>(operation->body()) &&
                                   is_claimed(*operation, entries_[handle].sender, preferred);
    if (waits_for_another) return;  // its signatures need not be verified again and again
    const Fitness fitness = judge(*operation);
    if (fitness.verdict == Fitness::Verdict::kNever) return erase(handle);
    if (entries_[handle].place == Place::kInLane) return judge_proof_again(handle, fitness);
    if (fitness.verdict == Fitness::Verdict::kFit) {
        if (is_claimed(*operation, entries_[handle].sender, preferred)) return;
        const bool full = size(operation->lane()) >= limits_.lane;
        leave(handle);
        return full ? enter(handle, Place::kUnfit, preferred.head.height + 2)
                    : enter(handle, Place::kInLane);
    }
    if (fitness.not_before == entries_[handle].due) return;
    leave(handle);
    enter(handle, Place::kUnfit, fitness.not_before);
}

void Mempool::judge_proof_again(Handle handle, const Fitness& fitness) {
    if (fitness.verdict == Fitness::Verdict::kFit) return;
    // Its result is gone. Included against the job's next result, it would cost an honest
    // challenger its bond.
    if (std::holds_alternative<op::Challenge>(entries_[handle].operation->body()))
        return erase(handle);
    put_back(handle, fitness.not_before);
}

void Mempool::put_back(Handle handle, Height due) {
    const Entry& entry = entries_[handle];
    if (!make_room(Lane::kRest, entry.sender, bid_of(handle))) return erase(handle);
    leave(handle);
    note_changed(job_of(entry.operation->body()));  // others that wait for its claim
    enter(handle, Place::kUnfit, due);
}

void Mempool::expire(Height height) {
    while (!by_arrival_.empty()) {
        const Arrival& oldest = by_arrival_.front();
        const Entry& entry = entries_[oldest.handle];
        const bool waits = entry.place != Place::kGone && entry.arrival == oldest.arrival;
        if (waits && entry.expires > height) return;
        if (waits) erase(oldest.handle);
        static_cast<void>(by_arrival_.pop_front());
    }
}

void Mempool::note_refused(const SignedOperation& operation, ErrorCode reason, Height height) {
    const Handle handle = find(operation);
    if (handle == kNone) return;
    Entry& entry = entries_[handle];
    const bool forgets = AIVM_MUTANT(F15) && reason == ErrorCode::kQueueFull;
    if (refusal_of(reason) == Refusal::kFinal || forgets) return erase(handle);
    if (entry.place != Place::kInLane) return;
    const Height due = height + (Height{1} << std::min(entry.refusals, kDoublingsMax));
    if (entry.refusals < kDoublingsMax) ++entry.refusals;
    if (operation.lane() == Lane::kRest) {
        leave(handle);
        enter(handle, Place::kDelayed, due);
        return set_head(senders_[entry.sender]);
    }
    put_back(handle, due);
}

void Mempool::remove_stale(const State& state, const std::vector<OperationPtr>& included) {
    const SignedOperation* before = nullptr;
    for (const OperationPtr& operation : included) {
        const SignedOperation* last = std::exchange(before, operation.get());
        if (last != nullptr && last->sender() == operation->sender() &&
            last->lane() == operation->lane()) {
            continue;
        }
        const auto row = find_sender(operation->sender());
        if (!row) continue;
        const Lane lane = operation->lane();
        if (senders_[*row].queues[index_of(lane)].empty()) continue;
        drop_prefix(*row, lane, state.nonce(operation->sender(), lane));
    }
    if (senders_.size() > kIdleMax + 2 * size()) tidy();
}

void Mempool::drop_prefix(std::uint32_t sender, Lane lane, std::uint64_t nonce) {
    Sender& owner = senders_[sender];
    Fifo<Waiting>& queue = owner.queues[index_of(lane)];
    if (lane == Lane::kRest && !queue.empty() && queue.front().nonce <= nonce) clear_head(owner);
    while (!queue.empty() && queue.front().nonce <= nonce) detach(queue.front().handle);
    if (lane == Lane::kRest) set_head(owner);
}

void Mempool::remove(const SignedOperation& operation) {
    const Handle handle = find(operation);
    // A different operation with the same nonce stays.
    if (handle != kNone && entries_[handle].operation->id() == operation.id()) erase(handle);
}

void Mempool::erase(Handle handle) {
    Sender& sender = senders_[entries_[handle].sender];
    if (sender.head == handle) clear_head(sender);
    const bool of_rest = entries_[handle].operation->lane() == Lane::kRest;
    detach(handle);
    if (of_rest) set_head(sender);
}

void Mempool::detach(Handle handle) {
    Entry& entry = entries_[handle];
    const bool held_claim = entry.place == Place::kInLane && entry.operation->lane() != Lane::kRest;
    leave(handle);
    if (held_claim) note_changed(job_of(entry.operation->body()));
    changed_.erase({entry.arrival, handle});
    Sender& sender = senders_[entry.sender];
    Fifo<Waiting>& queue = sender.queues[index_of(entry.operation->lane())];
    queue.erase(place_of(queue, entry.operation->nonce()));
    sender.reserved -= entry.cost.nlux();
    entry.operation.reset();
    free_.push_back(handle);
}

Mempool::Handle Mempool::least_paying() {
    if (least_.empty()) {
        for (Handle handle = 0; handle < entries_.size(); ++handle) {
            const Entry& entry = entries_[handle];
            if (entry.place != Place::kGone && lane_of(entry) == Lane::kRest)
                least_.push_back(bid_of(handle));
        }
        std::make_heap(least_.begin(), least_.end());
    }
    while (!least_.empty()) {
        const Bid& bid = least_.front();
        const Entry& entry = entries_[bid.handle];
        const bool waits = entry.place != Place::kGone && entry.arrival == bid.arrival &&
                           lane_of(entry) == Lane::kRest;
        if (waits) return bid.handle;
        std::pop_heap(least_.begin(), least_.end());
        least_.pop_back();
    }
    return kNone;
}

std::vector<OperationPtr> Mempool::candidates(
    std::size_t count, const std::function<bool(const OperationPtr&)>& include) const {
    MempoolSelection selection(*this, {count, std::numeric_limits<std::size_t>::max()}, include);
    std::vector<OperationPtr> out;
    for (auto batch = selection.next_batch(); !batch.empty(); batch = selection.next_batch())
        out.insert(out.end(), batch.begin(), batch.end());
    return out;
}

// --- Forgetting idle senders ---

void Mempool::tidy() {
    std::vector<Sender> kept;
    std::vector<std::uint32_t> new_rows(senders_.size());
    index_ = {};
    for (std::size_t row = 0; row < senders_.size(); ++row) {
        Sender& sender = senders_[row];
        if (std::ranges::all_of(sender.queues, &Fifo<Waiting>::empty)) continue;
        new_rows[row] = static_cast<std::uint32_t>(kept.size());
        index_.add(hash_of(sender.address), new_rows[row]);
        kept.push_back(std::move(sender));
    }
    senders_ = std::move(kept);
    for (Entry& entry : entries_) {
        if (entry.place != Place::kGone) entry.sender = new_rows[entry.sender];
    }
    Proofs proofs(pool_.get());
    for (const LanePlace& place : proofs_) {
        const auto moved = proofs.insert(
            proofs.end(), {place.turn, place.order, new_rows[place.sender], place.handle});
        entries_[place.handle].proof.place = moved;
    }
    proofs_ = std::move(proofs);
}

}  // namespace aivm
