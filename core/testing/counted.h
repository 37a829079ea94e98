// A number that counts its living instances and its copies, for tests of containers.
#pragma once

#include <utility>

namespace aivm {

class Counted {
public:
    Counted() { ++live; }
    explicit Counted(int value) : value_(value) { ++live; }
    Counted(const Counted& other) : value_(other.value_) {
        ++live;
        ++copies;
    }
    Counted(Counted&& other) noexcept : value_(std::exchange(other.value_, -1)) { ++live; }
    Counted& operator=(const Counted& other) {
        value_ = other.value_;
        ++copies;
        return *this;
    }
    Counted& operator=(Counted&& other) noexcept {
        value_ = std::exchange(other.value_, -1);
        return *this;
    }
    ~Counted() { --live; }

    [[nodiscard]] int value() const { return value_; }
    void set(int value) { value_ = value; }

    inline static int live = 0;
    inline static int copies = 0;

private:
    int value_ = 0;
};

}  // namespace aivm
