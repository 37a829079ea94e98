#include "sim/storage/shared_writes.h"

#include <algorithm>

namespace aivm::sim {
namespace {

bool is_equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

bool is_equal(const WriteBatch::Entry& a, const WriteBatch::Entry& b) {
    if (a.value.has_value() != b.value.has_value() || !is_equal(a.key, b.key)) return false;
    return !a.value || is_equal(*a.value, *b.value);
}

}  // namespace

bool SharedWrites::is_same(std::uint32_t index, const WriteBatch& batch) const {
    const WriteBatch& known = *batches_.at(index);
    if (&known == &batch) return true;
    if (known.size() != batch.size()) return false;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        if (!is_equal(known.entry(i), batch.entry(i))) return false;
    }
    return true;
}

void SharedWrites::append(std::shared_ptr<const WriteBatch> batch) {
    batches_.push_back(std::move(batch));
    const WriteBatch& added = *batches_.back();
    for (std::size_t i = 0; i < added.size(); ++i) {
        const auto [key, value] = added.entry(i);
        auto found = index_.find(key);
        if (found == index_.end())
            found = index_.emplace(Bytes(key.begin(), key.end()), std::vector<Version>()).first;
        std::vector<Version>& versions = found->second;
        if (!versions.empty() && versions.back().number == size()) {
            versions.back().value = value;  // the batch writes the key twice
        } else {
            versions.push_back({size(), value});
        }
    }
}

const SharedWrites::Version* SharedWrites::find(ByteView key, std::uint32_t count) const {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : last_of(found->second, count);
}

const SharedWrites::Version* SharedWrites::last_of(const std::vector<Version>& versions,
                                                   std::uint32_t count) {
    if (!versions.empty() && versions.back().number <= count) return &versions.back();
    const auto after = std::ranges::upper_bound(versions, count, {}, &Version::number);
    return after == versions.begin() ? nullptr : &*std::prev(after);
}

}  // namespace aivm::sim
