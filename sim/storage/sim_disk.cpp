#include "sim/storage/sim_disk.h"

#include <algorithm>

#include "core/base/mutant.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {
namespace {

// Writes that a disk without syncing may still lose: what its cache holds.
constexpr std::size_t kUnsyncedMax = 4;
constexpr std::uint32_t kLossPurpose = 0x4E5A'0000;

tl::unexpected<Error> bad_checksum() {
    return fail(ErrorCode::kStorage, "a stored value does not match its checksum");
}
tl::unexpected<Error> powered_off() { return fail(ErrorCode::kStorage, "the node is down"); }

bool has_prefix(ByteView key, ByteView prefix) {
    return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

}  // namespace

// --- Reading ---

Status SimDisk::readable() const {
    if (down_) return powered_off();
    if (reads_fail_) return fail(ErrorCode::kStorage, "injected read error");
    if (has_gap_)
        return fail(ErrorCode::kStorage, "a record is damaged, and complete ones follow it");
    return {};
}

std::optional<ByteView> SimDisk::value_of(ByteView key) const {
    const SharedWrites::Version* const shared = shared_->find(key, contents_.shared);
    const auto own = contents_.own.find(key);
    const bool own_is_last =
        own != contents_.own.end() && (shared == nullptr || own->second.after >= shared->number);
    if (own_is_last) return own->second.value;
    return shared == nullptr ? std::nullopt : shared->value;
}

Result<std::optional<Bytes>> SimDisk::get(ByteView key) const {
    AIVM_TRY(readable());
    if (!rotten_.empty() && rotten_.contains(key)) {
        if (AIVM_MUTANT(D18)) return std::optional<Bytes>();
        return bad_checksum();
    }
    const std::optional<ByteView> value = value_of(key);
    if (!value) return std::optional<Bytes>();
    return std::optional<Bytes>(Bytes(value->begin(), value->end()));
}

void SimDisk::for_each(ByteView first,
                       const std::function<bool(const Bytes& key, ByteView value)>& visit) const {
    const SharedWrites::Index& index = shared_->index();
    auto shared = index.lower_bound(first);
    auto own = contents_.own.lower_bound(first);
    const ByteOrder before;
    while (shared != index.end() || own != contents_.own.end()) {
        const bool take_shared = own == contents_.own.end() ||
                                 (shared != index.end() && !before(own->first, shared->first));
        const Bytes& key = take_shared ? shared->first : own->first;
        if (const auto value = value_of(key); value && !visit(key, *value)) return;
        const bool both = take_shared && own != contents_.own.end() && own->first == key;
        if (both || !take_shared) ++own;
        if (take_shared) ++shared;
    }
}

Status SimDisk::scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const {
    AIVM_TRY(readable());
    // A rotten key counts as one that is there, even if its value was lost.
    const auto rotten = rotten_.lower_bound(prefix);
    const bool meets_rot = rotten != rotten_.end() && has_prefix(*rotten, prefix);
    Status result;
    for_each(prefix, [&](const Bytes& key, ByteView value) {
        if (!has_prefix(key, prefix)) return false;
        if (meets_rot && !ByteOrder()(key, *rotten)) {
            result = bad_checksum();
            return false;
        }
        return visit(key, value);
    });
    return result;
}

std::size_t SimDisk::entries() const {
    std::size_t count = 0;
    for_each({}, [&](const Bytes&, ByteView) { return ++count != 0; });
    return count;
}

bool SimDisk::empty() const {
    if (contents_.shared == 0 && contents_.own.empty()) return true;
    bool found = false;
    for_each({}, [&](const Bytes&, ByteView) {
        found = true;
        return false;
    });
    return !found;
}

// --- Writing ---

Status SimDisk::write(std::shared_ptr<const WriteBatch> batch) {
    if (down_) return powered_off();
    const auto planned = faults_.find(writes_++);
    const WriteFault fault = planned == faults_.end() ? WriteFault::kNone : planned->second;
    if (fault == WriteFault::kFail) return fail(ErrorCode::kStorage, "injected write error");
    if (fault != WriteFault::kCrashBefore) {
        apply(batch, contents_, Extend::kIfShared);
        if (unsynced_) {
            unsynced_->batches.push_back(batch);
            if (unsynced_->batches.size() > kUnsyncedMax) {
                apply(unsynced_->batches.front(), unsynced_->base, Extend::kNever);
                unsynced_->batches.erase(unsynced_->batches.begin());
            }
        }
    }
    if (fault == WriteFault::kMisdirected) misdirect(*batch);
    down_ = fault == WriteFault::kCrashBefore || fault == WriteFault::kCrashAfter;
    if (down_) return powered_off();
    return {};
}

void SimDisk::apply(const Batch& batch, Contents& contents, Extend extend) {
    for (std::size_t i = 0; !rotten_.empty() && i < batch->size(); ++i) {
        if (const auto rotten = rotten_.find(batch->entry(i).key); rotten != rotten_.end())
            rotten_.erase(rotten);
    }
    // A batch that its writer keeps is a block's, and other replicas write it too.
    const bool is_kept = extend == Extend::kIfShared && batch.use_count() > 1;
    if (is_kept && contents.shared == shared_->size()) shared_->append(batch);
    if (contents.shared < shared_->size() && shared_->is_same(contents.shared, *batch)) {
        ++contents.shared;
        return;
    }
    own_batches_.push_back(batch);
    for (std::size_t i = 0; i < batch->size(); ++i) {
        const auto [key, value] = batch->entry(i);
        const auto found = contents.own.find(key);
        if (found == contents.own.end()) {
            contents.own.emplace(Bytes(key.begin(), key.end()), OwnWrite{contents.shared, value});
        } else {
            found->second = {contents.shared, value};
        }
    }
}

// --- Faults ---

void SimDisk::set_fault(std::uint64_t index, WriteFault fault) { faults_[index] = fault; }

void SimDisk::fail_next_write(WriteFault fault) {
    WriteFault& planned = faults_[writes_];
    planned = std::max(planned, fault);
}

std::optional<Bytes> SimDisk::key_number(std::uint64_t which) const {
    const std::size_t count = entries();
    if (count == 0) return std::nullopt;
    std::uint64_t left = which % count;
    std::optional<Bytes> found;
    for_each({}, [&](const Bytes& key, ByteView) {
        if (left-- != 0) return true;
        found = key;
        return false;
    });
    return found;
}

void SimDisk::rot(std::uint64_t which) {
    if (const auto key = key_number(which)) rotten_.insert(*key);
}

// The first value of the batch lands in the place of a key that it does not write.
void SimDisk::misdirect(const WriteBatch& batch) {
    if (batch.size() == 0) return;
    const ByteView stray = batch.entry(0).key;
    rotten_.emplace(stray.begin(), stray.end());
    const auto is_written = [&](const Bytes& key) {
        for (std::size_t i = 0; i < batch.size(); ++i) {
            if (std::ranges::equal(batch.entry(i).key, key)) return true;
        }
        return false;
    };
    for_each({}, [&](const Bytes& key, ByteView) {
        if (is_written(key)) return true;
        rotten_.insert(key);
        return false;
    });
}

void SimDisk::begin_unsynced(std::uint64_t seed) {
    if (!unsynced_) unsynced_ = Unsynced{contents_, {}, seed, 0};
}

bool SimDisk::lose_power() {
    if (!unsynced_ || unsynced_->batches.empty()) return false;
    RandomStream random(
        {unsynced_->seed, static_cast<std::uint32_t>(unsynced_->losses++), kLossPurpose});
    const std::vector<Batch> batches = std::exchange(unsynced_->batches, {});
    std::vector<bool> survives;
    for (std::size_t i = 0; i < batches.size(); ++i) survives.push_back(random.below(2) == 0);
    const auto first_lost = std::ranges::find(survives, false);
    if (first_lost == survives.end()) {
        unsynced_->base = contents_;
        return false;
    }
    has_gap_ = std::find(first_lost, survives.end(), true) != survives.end();
    Contents kept = unsynced_->base;
    for (auto one = survives.begin(); one != first_lost; ++one)
        apply(batches[static_cast<std::size_t>(one - survives.begin())], kept, Extend::kNever);
    contents_ = kept;
    unsynced_->base = std::move(kept);
    return true;
}

void SimDisk::replace() {
    contents_ = {};
    own_batches_.clear();
    faults_.clear();
    rotten_.clear();
    has_gap_ = false;
    down_ = false;
    if (unsynced_) unsynced_ = Unsynced{{}, {}, unsynced_->seed, unsynced_->losses};
}

}  // namespace aivm::sim
