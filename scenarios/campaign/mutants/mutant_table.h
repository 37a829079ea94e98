// The planted bugs: what each of them is, and what should find it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace aivm::scenarios {

enum class MutantSubject : std::uint8_t {
    kVm,
    kMoney,
    kKernels,
    kStorage,
    kQueue,
    kNetwork,
    kConsensus,
    kDag,
    kDeterminism,
    kControl,  // no bug: nothing may be detected
};
std::string_view subject_word(MutantSubject subject);

struct MutantRow {
    std::string_view id;  // as in AIVM_MUTANT
    MutantSubject subject;
    std::string_view sentence;
    std::string_view expected;  // the invariants that should report it, separated by spaces
};
std::span<const MutantRow> mutant_rows();

// The control that changes nothing at all.
inline constexpr std::string_view kNeutralControl = "control_neutral";

// Null if there is no such mutant.
const MutantRow* find_mutant(std::string_view id);

}  // namespace aivm::scenarios
