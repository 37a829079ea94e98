// A slot map: a pool of values identified by small numbers, which fit the payload of an event.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace aivm::sim {

template <class T>
class SlotMap {
public:
    std::uint32_t put(T&& value) {
        if (free_.empty()) {
            values_.push_back(std::move(value));
            return static_cast<std::uint32_t>(values_.size() - 1);
        }
        const std::uint32_t slot = free_.back();
        free_.pop_back();
        values_[slot] = std::move(value);
        return slot;
    }
    [[nodiscard]] const T& at(std::uint64_t slot) const { return values_[slot]; }
    void prefetch(std::uint64_t slot) const { __builtin_prefetch(&values_[slot]); }
    T take(std::uint64_t slot) {
        AIVM_CHECK(slot < values_.size());
        free_.push_back(static_cast<std::uint32_t>(slot));
        return std::move(values_[slot]);  // what stays there owns nothing
    }

private:
    std::vector<T> values_;
    std::vector<std::uint32_t> free_;
};

}  // namespace aivm::sim
