// A value that lies on the heap, so that whoever holds it stays small: the rare large member of
// something common.
#pragma once

#include <memory>
#include <utility>

namespace aivm {

// Copies are copies of the value. Nothing but assignment and destruction may be asked of one that
// was moved from.
template <class T>
class ValuePtr {
public:
    ValuePtr() : value_(std::make_unique<T>()) {}
    ValuePtr(T value)
        : value_(std::make_unique<T>(std::move(value))) {
    }  // NOLINT(google-explicit-constructor): it is one
    ValuePtr(const ValuePtr& other)
        : value_(other.value_ ? std::make_unique<T>(*other.value_) : nullptr) {}
    ValuePtr(ValuePtr&&) noexcept = default;
    ValuePtr& operator=(ValuePtr other) noexcept {
        value_ = std::move(other.value_);
        return *this;
    }
    ~ValuePtr() = default;

    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    T* operator->() { return value_.get(); }
    const T* operator->() const { return value_.get(); }

private:
    std::unique_ptr<T> value_;
};

}  // namespace aivm
