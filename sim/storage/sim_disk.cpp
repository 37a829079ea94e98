#include "sim/storage/sim_disk.h"

#include <algorithm>

namespace aivm::sim {
namespace {

tl::unexpected<Error> bad_checksum() {
    return fail(ErrorCode::kStorage, "a stored value does not match its checksum");
}
tl::unexpected<Error> powered_off() { return fail(ErrorCode::kStorage, "the node is down"); }

}  // namespace

Result<std::optional<Bytes>> SimDisk::get(ByteView key) const {
    if (down_) return powered_off();
    const auto found = index_.find(key);
    if (found == index_.end()) return std::optional<Bytes>();
    if (rotten_.contains(key)) return bad_checksum();
    return std::optional<Bytes>(Bytes(found->second.begin(), found->second.end()));
}

Status SimDisk::write(std::shared_ptr<const WriteBatch> batch) {
    if (down_) return powered_off();
    const auto planned = faults_.find(writes_++);
    const WriteFault fault = planned == faults_.end() ? WriteFault::kNone : planned->second;
    if (fault == WriteFault::kFail) return fail(ErrorCode::kStorage, "injected write error");
    if (fault != WriteFault::kCrashBefore) apply(batch);
    down_ = fault == WriteFault::kCrashBefore || fault == WriteFault::kCrashAfter;
    if (down_) return powered_off();
    return {};
}

Status SimDisk::scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const {
    if (down_) return powered_off();
    for (auto it = index_.lower_bound(prefix); it != index_.end(); ++it) {
        const ByteView key{it->first};
        if (key.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), key.begin()))
            break;
        if (rotten_.contains(it->first)) return bad_checksum();
        if (!visit(key, it->second)) break;
    }
    return {};
}

void SimDisk::set_fault(std::uint64_t index, WriteFault fault) { faults_[index] = fault; }

void SimDisk::rot(std::uint64_t which) {
    if (index_.empty()) return;
    rotten_.insert(
        std::next(index_.begin(), static_cast<std::ptrdiff_t>(which % index_.size()))->first);
}

void SimDisk::replace() {
    index_.clear();
    batches_.clear();
    faults_.clear();
    rotten_.clear();
    down_ = false;
}

void SimDisk::apply(const std::shared_ptr<const WriteBatch>& batch) {
    batches_.push_back(batch);
    for (std::size_t i = 0; i < batch->size(); ++i) {
        const auto [key, value] = batch->entry(i);
        if (!rotten_.empty()) {
            if (const auto rotten = rotten_.find(key); rotten != rotten_.end())
                rotten_.erase(rotten);
        }
        const auto found = index_.find(key);
        if (!value) {
            if (found != index_.end()) index_.erase(found);
        } else if (found != index_.end()) {
            found->second = *value;
        } else {
            index_.emplace(Bytes(key.begin(), key.end()), *value);
        }
    }
}

}  // namespace aivm::sim
