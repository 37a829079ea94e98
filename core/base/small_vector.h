// A vector of plain elements, the first few of which lie inside the object: no allocation until
// there are more.
//
// Kept instead of boost::container::small_vector: a Task with its three lists is 48 bytes smaller,
// and copying these lists, as the first change of a task in a block does, takes 52 instructions
// instead of 134 (callgrind, g++ 12 -O3). In time the copy was no faster: 7.6 ns, Boost's 6.4 ns,
// on a loaded machine; the size is the reason.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/base/check.h"

namespace aivm {

// Copying copies bytes. References are valid until the vector grows or is assigned to.
template <class T, std::uint32_t Inline>
class SmallVector {
    static_assert(std::is_trivially_copyable_v<T> && Inline > 0);

public:
    using value_type = T;

    SmallVector() {}  // not defaulted: value-initialisation would clear the storage first
    SmallVector(std::initializer_list<T> items) { append(items.begin(), items.size()); }
    SmallVector(const SmallVector& other) {
        if (other.on_heap()) {
            append(other.data(), other.size_);
        } else {
            copy_inline(other);
        }
    }
    SmallVector(SmallVector&& other) noexcept { take(other); }
    SmallVector& operator=(const SmallVector& other) {
        if (this == &other) return *this;
        size_ = 0;
        append(other.data(), other.size_);
        return *this;
    }
    SmallVector& operator=(SmallVector&& other) noexcept {
        if (this == &other) return *this;
        free_heap();
        take(other);
        return *this;
    }
    ~SmallVector() { free_heap(); }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    [[nodiscard]] T* data() { return on_heap() ? heap_ : reinterpret_cast<T*>(inline_); }
    [[nodiscard]] const T* data() const {
        return on_heap() ? heap_ : reinterpret_cast<const T*>(inline_);
    }
    [[nodiscard]] T* begin() { return data(); }
    [[nodiscard]] T* end() { return data() + size_; }
    [[nodiscard]] const T* begin() const { return data(); }
    [[nodiscard]] const T* end() const { return data() + size_; }

    // Element i < size(), which is checked.
    T& operator[](std::size_t i) {
        AIVM_CHECK(i < size_);
        return data()[i];
    }
    const T& operator[](std::size_t i) const {
        AIVM_CHECK(i < size_);
        return data()[i];
    }
    T& front() { return (*this)[0]; }
    const T& front() const { return (*this)[0]; }
    const T& back() const { return (*this)[size_ - 1]; }

    void push_back(T value) {
        if (size_ == capacity_) grow(std::size_t{capacity_} * 2);
        std::construct_at(data() + size_++, value);
    }
    // Puts `value` before the element at `position`, which may be size().
    void insert_at(std::size_t position, T value) {
        AIVM_CHECK(position <= size_);
        push_back(value);
        std::rotate(begin() + position, end() - 1, end());
    }
    void erase_at(std::size_t position) {
        AIVM_CHECK(position < size_);
        std::copy(begin() + position + 1, end(), begin() + position);
        --size_;
    }
    void clear() { size_ = 0; }
    void resize(std::size_t size) {
        AIVM_CHECK(size <= size_);  // shorter only
        size_ = static_cast<std::uint32_t>(size);
    }
    // Takes out every element that equals `value`; the others keep their order.
    void erase_value(const T& value) {
        resize(static_cast<std::size_t>(std::remove(begin(), end(), value) - begin()));
    }

    friend bool operator==(const SmallVector& a, const SmallVector& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    [[nodiscard]] bool on_heap() const { return capacity_ > Inline; }

    void append(const T* items, std::size_t count) {
        const std::size_t wanted = size_ + count;
        if (wanted > capacity_) grow(std::max<std::size_t>(wanted, std::size_t{capacity_} * 2));
        if (count != 0) std::memcpy(static_cast<void*>(data() + size_), items, count * sizeof(T));
        size_ = static_cast<std::uint32_t>(wanted);
    }

    void grow(std::size_t capacity) {
        AIVM_CHECK(capacity <= UINT32_MAX);
        T* larger = std::allocator<T>().allocate(capacity);
        if (size_ != 0) std::memcpy(static_cast<void*>(larger), data(), size_ * sizeof(T));
        free_heap();
        heap_ = larger;
        capacity_ = static_cast<std::uint32_t>(capacity);
    }

    void free_heap() {
        if (on_heap()) std::allocator<T>().deallocate(heap_, capacity_);
        capacity_ = Inline;
    }

    // Requires that this vector owns no memory.
    void take(SmallVector& other) {
        size_ = std::exchange(other.size_, 0);
        capacity_ = std::exchange(other.capacity_, Inline);
        if (on_heap()) {
            heap_ = other.heap_;
        } else if (size_ != 0) {
            std::memcpy(static_cast<void*>(inline_), other.inline_, sizeof inline_);
        }
    }

    // Copies all of the inline storage, whatever the size: a copy of known length.
    void copy_inline(const SmallVector& other) {
        size_ = other.size_;
        if (size_ != 0) std::memcpy(static_cast<void*>(inline_), other.inline_, sizeof inline_);
    }

    std::uint32_t size_ = 0;
    std::uint32_t capacity_ = Inline;
    union {
        alignas(T) std::byte inline_[Inline * sizeof(T)];
        T* heap_;
    };
};

}  // namespace aivm
