#include "core/vm/vm_base.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mutant.h"
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
    return mempool_.add(operation, offer, state);
}

void VmBase::refresh_queue(const State& state) {
    if (AIVM_MUTANT(queue_stale)) return;
    mempool_.refresh(state, [&](const SignedOperation& operation) {
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
    if (!record || AIVM_MUTANT(signed_forgotten)) return {};
    Reader in(*record);
    signed_number_ = in.u64();
    AIVM_TRY(in.finish());
    return store_->scan(keys::single(keys::kSignedItem), [this](ByteView key, ByteView sealed) {
        Reader slot(key.subspan(1));
        const std::uint64_t height = slot.u64();
        signed_items_.emplace(ProposalSlot{height, slot.hash()},
                              Bytes(sealed.begin(), sealed.end()));
        return true;
    });
}

Status VmBase::check_unsigned(const ProposalSlot& slot) const {
    const bool by_height = AIVM_MUTANT(B6) && slot.number <= signed_number_;
    if (!signed_items_.contains(slot) && !by_height) return {};
    return fail(ErrorCode::kConflict,
                fmt::format("a block of height {} on this parent is already signed", slot.number));
}

Status VmBase::remember_signed(const ProposalSlot& slot, ByteView sealed, Height decided) {
    auto batch = std::make_shared<WriteBatch>();
    const std::uint64_t greatest = std::max(signed_number_, slot.number);
    batch->put(keys::single(keys::kSigned), Writer().u64(greatest).view());
    auto kept = signed_items_.begin();
    for (; kept != signed_items_.end() && kept->first.number <= decided; ++kept)
        batch->erase(keys::signed_item(kept->first.number, kept->first.parent));
    batch->put(keys::signed_item(slot.number, slot.parent), sealed);
    AIVM_TRY(store_->write(std::move(batch)));
    signed_number_ = greatest;
    signed_items_.erase(signed_items_.begin(), kept);
    signed_items_.emplace(slot, Bytes(sealed.begin(), sealed.end()));
    return {};
}

Status VmBase::remember_signed(std::uint64_t sequence, std::shared_ptr<WriteBatch> item) {
    item->put(keys::single(keys::kSigned), Writer().u64(sequence).view());
    AIVM_TRY(store_->write(std::move(item)));
    signed_number_ = sequence;
    return {};
}

}  // namespace aivm
