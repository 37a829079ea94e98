// A vector of at most Capacity elements that lie inside the object: the content of one node of a
// tree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "core/base/check.h"

namespace aivm {

// Indices are the caller's duty (the trees compute them); growing beyond Capacity is checked.
// Moving an element must not throw, or a shift could stop halfway.
template <class T, std::size_t Capacity>
class InlineVector {
    static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);

public:
    InlineVector() {}  // not defaulted: value-initialisation would clear the storage first
    InlineVector(const InlineVector& other) {
        std::uninitialized_copy_n(other.data(), other.size_, data());
        size_ = other.size_;
    }
    InlineVector& operator=(const InlineVector&) = delete;
    ~InlineVector() { std::destroy_n(data(), size_); }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool full() const { return size_ == Capacity; }
    T& operator[](std::size_t i) { return data()[i]; }
    const T& operator[](std::size_t i) const { return data()[i]; }
    [[nodiscard]] T* begin() { return data(); }
    [[nodiscard]] T* end() { return data() + size_; }
    [[nodiscard]] const T* begin() const { return data(); }
    [[nodiscard]] const T* end() const { return data() + size_; }

    T& push_back(T value) {
        AIVM_CHECK(!full());
        return *std::construct_at(data() + size_++, std::move(value));
    }

    // Puts `value` before the element at `position`, which may be size().
    void insert_at(std::size_t position, T value) {
        if (position == size_) {
            push_back(std::move(value));
            return;
        }
        AIVM_CHECK(!full() && position < size_);
        std::construct_at(end(), std::move(data()[size_ - 1]));
        std::move_backward(begin() + position, end() - 1, end());
        ++size_;
        data()[position] = std::move(value);
    }

    void erase_at(std::size_t position) {
        AIVM_CHECK(position < size_);
        std::move(begin() + position + 1, end(), begin() + position);
        std::destroy_at(data() + --size_);
    }

    // Moves the elements from `position` on to the end of `target`.
    void move_tail_to(InlineVector& target, std::size_t position) {
        AIVM_CHECK(position <= size_ && size_ - position <= Capacity - target.size_);
        const std::size_t count = size_ - position;
        std::uninitialized_move_n(begin() + position, count, target.end());
        std::destroy_n(begin() + position, count);
        target.size_ += static_cast<std::uint32_t>(count);
        size_ -= static_cast<std::uint32_t>(count);
    }

private:
    [[nodiscard]] T* data() { return std::launder(reinterpret_cast<T*>(storage_)); }
    [[nodiscard]] const T* data() const {
        return std::launder(reinterpret_cast<const T*>(storage_));
    }

    std::uint32_t size_ = 0;
    alignas(T) std::byte storage_[Capacity * sizeof(T)];
};

}  // namespace aivm
