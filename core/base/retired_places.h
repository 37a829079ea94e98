// Debug builds: memory to which references may still point although they must not be used. It is
// filled with 0xdd, reported by AddressSanitizer when it is read, and returned with the object that
// keeps it.
#pragma once

#include <cstddef>
#include <cstring>
#include <deque>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/base/sanitizers.h"
#ifdef AIVM_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace aivm {

#ifdef NDEBUG
inline constexpr bool kCheckReferences = false;
#else
inline constexpr bool kCheckReferences = true;
#endif

// Keeps at most kBytesMax of the youngest places, so that a long run does not fill the memory.
template <class T>
class RetiredPlaces {
public:
    static constexpr unsigned char kFill = 0xdd;

    RetiredPlaces() = default;
    RetiredPlaces(const RetiredPlaces&) = delete;
    RetiredPlaces& operator=(const RetiredPlaces&) = delete;
    ~RetiredPlaces() {
        while (!places_.empty()) free_oldest();
    }

    // Takes over the memory for `count` elements, none of which is alive.
    void keep(T* place, std::size_t count) {
        std::memset(static_cast<void*>(place), kFill, count * sizeof(T));
#ifdef AIVM_ADDRESS_SANITIZER
        ASAN_POISON_MEMORY_REGION(place, count * sizeof(T));
#endif
        places_.push_back({place, count});
        bytes_ += count * sizeof(T);
        while (bytes_ > kBytesMax) free_oldest();
    }

private:
    static constexpr std::size_t kBytesMax = std::size_t{1} << 20;

    void free_oldest() {
        const auto [place, count] = places_.front();
        places_.pop_front();
        bytes_ -= count * sizeof(T);
#ifdef AIVM_ADDRESS_SANITIZER
        ASAN_UNPOISON_MEMORY_REGION(place, count * sizeof(T));
#endif
        std::allocator<T>().deallocate(place, count);
    }

    std::deque<std::pair<T*, std::size_t>> places_;
    std::size_t bytes_ = 0;
};

// Copies of elements, handed out instead of the elements so that they can be retired.
template <class T>
class Views {
public:
    Views() = default;
    Views(const Views&) = delete;
    Views& operator=(const Views&) = delete;
    ~Views() { retire(); }

    const T& add(const T& element) {
        T* copy = std::allocator<T>().allocate(1);
        try {
            std::construct_at(copy, element);
        } catch (...) {
            std::allocator<T>().deallocate(copy, 1);
            throw;
        }
        live_.push_back(copy);
        return *copy;
    }
    // Invalidates every reference that add has returned.
    void retire() {
        for (T* copy : live_) {
            std::destroy_at(copy);
            retired_.keep(copy, 1);
        }
        live_.clear();
    }
    RetiredPlaces<T>& retired() { return retired_; }

private:
    std::vector<T*> live_;
    RetiredPlaces<T> retired_;
};

struct NoViews {};
template <class T, bool Checked>
using ViewsOf = std::conditional_t<Checked, Views<T>, NoViews>;

}  // namespace aivm
