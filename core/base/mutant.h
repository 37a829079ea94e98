// Planted bugs, to measure how fast the harness finds bugs (fuzz/mutants/README.md). A plant is one
// condition at the place of the bug:
//
//   if (!AIVM_MUTANT(D29) && balance < amount) return refuse();
//
// Builds with -DAIVM_MUTANTS=ON contain all of them and run with at most one, chosen by its id.
// Every other build contains none: there the macro is the constant false.
#pragma once

#ifdef AIVM_MUTANTS

#include <atomic>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace aivm::mutants {

// FNV-1a of the id.
constexpr std::uint64_t key_of(std::string_view id) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    return hash;
}

inline std::uint64_t active = 0;  // key of the chosen mutant; 0: none
// How often execution came to its place; threads may run worlds side by side.
inline std::atomic<std::uint64_t> reached = 0;

inline bool is_active(std::uint64_t key) {
    if (key != active) return false;
    reached.fetch_add(1, std::memory_order_relaxed);
    return true;
}

}  // namespace aivm::mutants

#define AIVM_MUTANT(id)          \
    (::aivm::mutants::is_active( \
        std::integral_constant<std::uint64_t, ::aivm::mutants::key_of(#id)>::value))

#else

#define AIVM_MUTANT(id) false

#endif
