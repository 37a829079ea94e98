// Planted bugs, to measure how fast the harness finds bugs (fuzz/mutants/README.md). A plant is one
// condition at the place of the bug:
//
//   if (!AIVM_MUTANT(D29) && balance < amount) return refuse();
//
// Builds with -DAIVM_MUTANTS=ON contain all of them and run with at most one, chosen by its id.
// Every other build contains none: there the macro is the constant false.
#pragma once

#include <cstdint>

#ifdef AIVM_MUTANTS

#include <string_view>
#include <type_traits>

namespace aivm::mutants {

// FNV-1a of the id.
constexpr std::uint64_t key_of(std::string_view id) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    return hash;
}

inline std::uint64_t active = 0;   // key of the chosen mutant; 0: none
inline std::uint64_t reached = 0;  // how often execution came to its place

inline bool is_active(std::uint64_t key) {
    if (key != active) return false;
    ++reached;
    return true;
}

}  // namespace aivm::mutants

namespace aivm {

// A number that differs between two runs in one process, as a host's clock or an address would.
inline std::uint64_t mutant_noise() {
    static std::uint64_t calls = 0;
    return ++calls * 0x9E3779B97F4A7C15 >> 40;
}

}  // namespace aivm

#define AIVM_MUTANT(id)          \
    (::aivm::mutants::is_active( \
        std::integral_constant<std::uint64_t, ::aivm::mutants::key_of(#id)>::value))

#else

namespace aivm {

constexpr std::uint64_t mutant_noise() { return 0; }

}  // namespace aivm

#define AIVM_MUTANT(id) false

#endif
