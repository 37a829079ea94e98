#include "core/vm/vm_base.h"

#include <fmt/format.h>

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

Status VmBase::load_signed_height() {
    AIVM_ASSIGN(const auto record, store_->get(keys::single(keys::kSigned)));
    if (!record) return {};
    Reader in(*record);
    signed_height_ = in.u64();
    return in.finish();
}

Status VmBase::check_unsigned(Height height, std::string_view item) const {
    if (height > signed_height_) return {};
    return fail(ErrorCode::kConflict,
                fmt::format("a {} of height {} is already signed", item, height));
}

Status VmBase::remember_signed(Height height) {
    auto batch = std::make_shared<WriteBatch>();
    batch->put(keys::single(keys::kSigned), Writer().u64(height).view());
    AIVM_TRY(store_->write(std::move(batch)));
    signed_height_ = height;
    return {};
}

}  // namespace aivm
