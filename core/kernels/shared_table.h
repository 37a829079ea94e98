// A registry table and its epoch cache, shared between snapshots and copied before one of them
// changes. A copy costs one reference count. A table and all its copies belong to one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/base/check.h"
#include "core/kernels/epoch_cache.h"

namespace aivm {

template <class Entry>
class SharedTable {
public:
    // All slots free.
    explicit SharedTable(std::uint32_t slot_count) : body_(std::make_shared<Body>()) {
        grow(slot_count);
    }

    [[nodiscard]] std::uint32_t count() const {
        return static_cast<std::uint32_t>(body_->slots.size());
    }
    [[nodiscard]] std::span<const Entry> slots() const { return body_->slots; }
    [[nodiscard]] const EpochCache& cache() const { return body_->cache; }

    // Adds free slots up to this count, which is never smaller than before.
    void grow(std::uint32_t slot_count) {
        Body& own = unshared();
        own.slots.resize(slot_count, Entry{});
        own.cache.grow(slot_count);
    }

    // For writing slots; mark_dirty must then be called for each written slot.
    Entry* writable() { return unshared().slots.data(); }
    void mark_dirty(std::uint32_t index) {
        AIVM_CHECK(index < count());
        unshared().cache.mark_dirty(index);
    }

    // See EpochCache. A clean table is neither copied nor touched.
    [[nodiscard]] EpochCache::Fold begin_refresh(const BatchHasher& hasher) {
        if (cache().is_clean()) return {};
        Body& own = unshared();
        return own.cache.begin_refresh(own.slots.data(), hasher);
    }
    void end_refresh(const EpochCache::Fold& fold) {
        if (!cache().is_clean()) unshared().cache.end_refresh(fold);
    }

private:
    struct Body {
        std::vector<Entry> slots;
        EpochCache cache;
    };

    Body& unshared() {
        if (body_.use_count() > 1) body_ = std::make_shared<Body>(*body_);
        return *body_;
    }

    std::shared_ptr<Body> body_;
};

}  // namespace aivm
