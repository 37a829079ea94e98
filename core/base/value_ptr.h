// A value on the heap, so that the object that has it stays small: for a large member that few
// objects use.
#pragma once

#include <memory>
#include <utility>

namespace aivm {

// A copy copies the value. An object that was moved from may only be assigned to or destroyed.
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
