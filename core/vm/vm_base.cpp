#include "core/vm/vm_base.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/execution/block_run.h"
#include "core/state/keys.h"
#include "core/vm/offer.h"

namespace aivm {

VmBase::VmBase(const Rules& rules, KeyValueStore& store, const MempoolLimits& queue)
    : mempool_(queue), rules_(&rules), store_(&store) {}

Status VmBase::queue(const State& state, const OperationPtr& operation, Tried tried) {
    AIVM_ASSIGN(Mempool::Offer offer, offer_of(state, *rules_, *operation));
    if (tried == Tried::kOnNextBlock) offer.fitness = {};
    AIVM_TRY(check_authorized(*operation, *rules_));
    return mempool_.add(operation, offer);
}

void VmBase::refresh_queue(const State& state) {
    mempool_.refresh(state.head.height, [&](const SignedOperation& operation) {
        return fitness_of(state, *rules_, operation);
    });
}

Status VmBase::check_not_early(TimestampNs timestamp_ns, TimestampNs now_ns) const {
    const auto latest = checked_add(now_ns, rules_->parameters.policy.max_clock_skew_ns);
    if (latest && timestamp_ns > *latest) return fail(ErrorCode::kTooEarly);
    return {};
}

bool VmBase::has_work(const State& state) const {
    return mempool_.has_work() || !state.height_timers.empty() || !state.time_timers.empty();
}

Status VmBase::load_signed() {
    AIVM_ASSIGN(const auto record, store_->get(keys::single(keys::kSigned)));
    if (!record) return {};
    Reader in(*record);
    signed_slot_ = in.u64();
    AIVM_TRY(in.finish());
    return store_->scan(keys::single(keys::kSignedItem), [this](ByteView key, ByteView sealed) {
        Reader height(key.subspan(1));
        signed_items_.emplace(height.u64(), Bytes(sealed.begin(), sealed.end()));
        return true;
    });
}

Status VmBase::check_unsigned(Height height, std::string_view item) const {
    // A node that stores its items knows all those above the last accepted height, so that it may
    // sign for a height below another on a branch that was given up.
    const bool stores_items = signed_items_.contains(signed_slot_);
    const bool is_signed = stores_items ? signed_items_.contains(height) : height <= signed_slot_;
    if (!is_signed) return {};
    return fail(ErrorCode::kConflict,
                fmt::format("a {} of height {} is already signed", item, height));
}

Status VmBase::remember_signed(const SignedItem& item) {
    auto batch = std::make_shared<WriteBatch>();
    const Height greatest = std::max(signed_slot_, item.height);
    batch->put(keys::single(keys::kSigned), Writer().u64(greatest).view());
    const auto kept = signed_items_.upper_bound(item.decided);
    for (auto old = signed_items_.begin(); old != kept; ++old)
        batch->erase(keys::signed_item(old->first));
    if (!item.sealed.empty()) batch->put(keys::signed_item(item.height), item.sealed);
    AIVM_TRY(store_->write(std::move(batch)));
    signed_slot_ = greatest;
    signed_items_.erase(signed_items_.begin(), kept);
    if (!item.sealed.empty())
        signed_items_.emplace(item.height, Bytes(item.sealed.begin(), item.sealed.end()));
    return {};
}

Status VmBase::remember_signed(std::uint64_t slot, std::shared_ptr<WriteBatch> item) {
    item->put(keys::single(keys::kSigned), Writer().u64(slot).view());
    AIVM_TRY(store_->write(std::move(item)));
    signed_slot_ = slot;
    return {};
}

}  // namespace aivm
