// What the rest of the program needs to know about a type, written once, beside the type: the words
// of an enum and the fields of a struct. Codec, Python bindings, JSON, database, scenario files and
// the tables of core/chain/FORMAT.md all read these two lists.
//
//   enum class Shape : std::uint8_t { kRound, kFlat };
//   constexpr auto enum_words(Shape) { return std::to_array<std::string_view>({"round", "flat"}); }
//
//   struct Item {
//       std::string name;
//       Shape shape = Shape::kRound;
//       static constexpr auto fields() {
//           return std::tuple{field<&Item::name, kNameBytesMax>(), field<&Item::shape>()};
//       }
//   };
//
// Names of members and enumerators are taken from the compiler, so that none is written twice. The
// columns of database rows have their own list, with units and documentation: sim/record/tables.h.
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace aivm {

namespace spelling {

// The text of a template argument, as in "[with auto Argument = &aivm::Item::name]".
constexpr std::string_view argument_in(std::string_view function) {
    constexpr std::string_view kStart = "Argument = ";
    const std::size_t start = function.find(kStart) + kStart.size();
    return function.substr(start, function.rfind(']') - start);
}
template <auto Argument>
constexpr auto of_value() {
    return argument_in(__PRETTY_FUNCTION__);
}
template <class Argument>
constexpr auto of_type() {
    return argument_in(__PRETTY_FUNCTION__);
}
constexpr std::string_view unqualified(std::string_view name) {
    return name.substr(name.rfind(':') + 1);
}

// A value without an enumerator is spelled as a cast: "(aivm::Shape)7".
template <auto Value>
constexpr bool is_enumerator() {
    constexpr std::string_view text = of_value<Value>();
    constexpr std::size_t bracket = text.rfind(')');
    return bracket == text.npos || text[bracket + 1] < '0' || text[bracket + 1] > '9';
}
template <class Enum, std::size_t First = 0>
constexpr std::size_t count_enumerators() {
    if constexpr (is_enumerator<static_cast<Enum>(First)>()) {
        return count_enumerators<Enum, First + 1>();
    } else {
        return First;
    }
}

}  // namespace spelling

// The name of a type without its namespace, such as "SubmitTask".
template <class T>
constexpr std::string_view type_name() {
    return spelling::unqualified(spelling::of_type<T>());
}

// How many enumerators an enum has that counts up from 0 without a gap.
template <class Enum>
inline constexpr std::size_t enum_count = spelling::count_enumerators<Enum>();

// An enum with one word per enumerator: what users type and read, in every file and output.
template <class Enum>
concept HasWords = std::is_enum_v<Enum> && requires { enum_words(Enum{}); };

// The words in the order of the enumerators.
template <HasWords Enum>
inline constexpr auto words = [] {
    constexpr auto list = enum_words(Enum{});
    static_assert(list.size() == enum_count<Enum>, "an enumerator lacks a word");
    return list;
}();

template <HasWords Enum>
constexpr std::string_view word(Enum value) {
    return words<Enum>.at(static_cast<std::size_t>(value));
}

template <HasWords Enum>
constexpr std::optional<Enum> from_word(std::string_view text) {
    for (std::size_t i = 0; i < words<Enum>.size(); ++i) {
        if (words<Enum>[i] == text) return static_cast<Enum>(i);
    }
    return std::nullopt;
}

// In place of a length limit: the member is encoded as it lies in memory. For the fixed structs of
// core/kernels/abi.h, which have one layout everywhere.
inline constexpr std::size_t kAsInMemory = std::numeric_limits<std::size_t>::max();

// A member of a described struct. A string or byte string that is decoded has a limit in bytes; a
// list has one in elements and, if these are strings, one in bytes for each.
template <auto Member, std::size_t Max = 0, std::size_t ElementMax = 0>
struct Field {
    static constexpr auto member = Member;
    static constexpr std::string_view name = spelling::unqualified(spelling::of_value<Member>());
    static constexpr std::size_t max = Max;
    static constexpr std::size_t element_max = ElementMax;
};
template <auto Member, std::size_t Max = 0, std::size_t ElementMax = 0>
constexpr Field<Member, Max, ElementMax> field() {
    return {};
}

// A struct with a list of its fields.
template <class T>
concept Described = requires { T::fields(); };

// Calls visit(field, member) for every field of `object`, in order.
template <class T, class Visit>
    requires Described<std::remove_const_t<T>>
constexpr void for_each_field(T& object, Visit&& visit) {
    std::apply([&](auto... fields) { (visit(fields, object.*fields.member), ...); },
               std::remove_const_t<T>::fields());
}

}  // namespace aivm
