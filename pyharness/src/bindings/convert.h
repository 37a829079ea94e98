// Between the VM's values and Python's.
//
//   money          int, nLUX; also read from text with a unit, such as "1000 LUX"
//   hashes, addresses, fixed bytes     text "0x..."; also read from bytes of the right length
//   byte strings   bytes
//   enumerations   their word, such as "optimistic"; also read from their number
//   indexes        what they stand for: a job id, a provider's id, a model's id; disputes and
//                  validators stay numbers
//   structures     dict, by the tables of fields.h; ABI structures are bytes
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config/config.h"
#include "pyharness/src/bindings/fields.h"

namespace aivm::python {

namespace py = pybind11;

// Becomes aivmsim.VmError: what the VM refuses, with its code.
struct VmFault : std::runtime_error {
    explicit VmFault(const Error& error);
    ErrorCode code;
};
template <class T>
T must(Result<T> result) {
    if (!result) throw VmFault(result.error());
    return std::move(*result);
}
inline void must(const Status& status) {
    if (!status) throw VmFault(status.error());
}

// The words of an enumeration, by number.
template <class E>
struct Words;
#define AIVM_WORDS(E, ...)                                                      \
    template <>                                                                 \
    struct Words<E> {                                                           \
        static constexpr std::string_view list[] = {__VA_ARGS__};               \
        static_assert(std::size(list) == static_cast<std::size_t>(E::kCount_)); \
    }
AIVM_WORDS(VerificationMode, "optimistic", "redundant", "tee");
AIVM_WORDS(TaskType, "inference", "training", "embedding", "mining");
AIVM_WORDS(TaskStatus, "pending", "assigned", "posted", "challenged", "completed", "failed");
AIVM_WORDS(SeatStatus, "selected", "committed", "posted", "released", "slashed");
AIVM_WORDS(ProviderStatus, "active", "unbonding", "left");
AIVM_WORDS(DisputeStatus, "committed", "playing", "won", "lost");
AIVM_WORDS(DisputeGame, "one_step", "bisection");
AIVM_WORDS(RewardSchedule, "flat", "tiered");
AIVM_WORDS(MintCap, "per_burn", "uncapped");
AIVM_WORDS(AttestationMode, "hardware", "software");
#undef AIVM_WORDS
template <>
struct Words<SlashCause> {
    static constexpr auto list = slash_cause_words();
};

template <class S>
concept HasFields = requires { Fields<S>::list; };
template <class E>
concept HasWords = requires { Words<E>::list; };

// --- To Python. `state` resolves indexes; it must be the one they belong to.

py::str hex_text(ByteView bytes);
py::bytes raw_bytes(ByteView bytes);

template <class T>
py::object show(const State* state, const T& value);

template <HasFields S>
py::dict show_fields(const State* state, const S& object) {
    py::dict out;
    for_each_field(object, [&](std::string_view name, const auto& member) {
        out[py::str(name.data(), name.size())] = show(state, member);
    });
    return out;
}

py::object show_index(const State* state, TaskIndex index);
py::object show_index(const State* state, ProviderIndex index);
py::object show_index(const State* state, ModelIndex index);
inline py::object show_index(const State*, DisputeIndex index) { return py::int_(index.value); }
inline py::object show_index(const State*, ValidatorIndex index) { return py::int_(index.value); }

template <class T>
struct IsFixed : std::false_type {};
template <std::size_t N>
struct IsFixed<FixedBytes<N>> : std::true_type {};
template <class T>
struct IsIndex : std::false_type {};
template <class Tag>
struct IsIndex<Index<Tag>> : std::true_type {};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T, std::uint32_t Inline>
struct IsVector<SmallVector<T, Inline>> : std::true_type {};
template <class T>
struct IsBoxed : std::false_type {};
template <class T>
struct IsBoxed<ValuePtr<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
py::object show(const State* state, const T& value) {
    if constexpr (std::is_same_v<T, Amount>) {
        return py::int_(value.nlux());
    } else if constexpr (IsFixed<T>::value) {
        return hex_text(value.view());
    } else if constexpr (std::is_same_v<T, Bytes>) {
        return raw_bytes(value);
    } else if constexpr (HasWords<T>) {
        const std::string_view word = Words<T>::list[static_cast<std::size_t>(value)];
        return py::str(word.data(), word.size());
    } else if constexpr (IsIndex<T>::value) {
        return show_index(state, value);
    } else if constexpr (IsBoxed<T>::value) {
        return show(state, *value);
    } else if constexpr (IsOptional<T>::value) {
        return value ? show(state, *value) : py::object(py::none());
    } else if constexpr (IsVector<T>::value) {
        py::list out;
        for (const auto& item : value) out.append(show(state, item));
        return out;
    } else if constexpr (HasFields<T>) {
        return show_fields(state, value);
    } else if constexpr (std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) {
        return py::cast(value);
    } else {
        static_assert(std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>,
                      "an ABI structure");
        return raw_bytes({reinterpret_cast<const std::uint8_t*>(&value), sizeof value});
    }
}

// --- From Python. `where` names the value in errors, which are TypeError and ValueError.

std::uint64_t read_number(py::handle value, const std::string& where, std::uint64_t most);
Amount read_amount(py::handle value, const std::string& where);
// Any object with a contiguous buffer, or hexadecimal text.
Bytes read_bytes(py::handle value, const std::string& where);
void read_exactly(py::handle value, const std::string& where, std::span<std::uint8_t> out);
std::string read_text(py::handle value, const std::string& where);
std::uint64_t read_word(py::handle value, const std::string& where,
                        std::span<const std::string_view> words);
[[noreturn]] void refuse_field(std::string_view structure, const std::string& name,
                               const std::vector<std::string_view>& known);

template <HasFields S>
void read_fields(py::handle value, S& object);

template <class T>
void read(py::handle value, const std::string& where, T& out) {
    if constexpr (std::is_same_v<T, Amount>) {
        out = read_amount(value, where);
    } else if constexpr (IsFixed<T>::value) {
        read_exactly(value, where, out.bytes);
    } else if constexpr (std::is_same_v<T, Bytes>) {
        out = read_bytes(value, where);
    } else if constexpr (HasWords<T>) {
        out = static_cast<T>(read_word(value, where, Words<T>::list));
    } else if constexpr (IsBoxed<T>::value) {
        read(value, where, *out);
    } else if constexpr (IsOptional<T>::value) {
        if (value.is_none()) return out.reset();
        read(value, where, out.emplace());
    } else if constexpr (IsVector<T>::value) {
        out.clear();
        for (const py::handle item : value)
            read(item, fmt::format("{}[{}]", where, out.size()), out.emplace_back());
    } else if constexpr (HasFields<T>) {
        read_fields(value, out);
    } else if constexpr (std::is_same_v<T, std::string>) {
        out = read_text(value, where);
    } else if constexpr (std::is_same_v<T, bool>) {
        if (!PyBool_Check(value.ptr())) throw py::type_error(where + " must be True or False");
        out = value.cast<bool>();
    } else if constexpr (std::is_integral_v<T>) {
        out = static_cast<T>(read_number(value, where, std::numeric_limits<T>::max()));
    } else {
        static_assert(std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T>,
                      "an ABI structure");
        read_exactly(value, where, {reinterpret_cast<std::uint8_t*>(&out), sizeof out});
    }
}

// Sets the fields that the dict has and leaves the others; an unknown one is an error that names
// what there is.
template <HasFields S>
void read_fields(py::handle value, S& object) {
    if (!py::isinstance<py::dict>(value))
        throw py::type_error(fmt::format("{} must be a dict", Fields<S>::name));
    std::size_t used = 0;
    std::vector<std::string_view> known;
    const auto given = py::reinterpret_borrow<py::dict>(value);
    for_each_field(object, [&](std::string_view name, auto& member) {
        known.push_back(name);
        const py::str key(name.data(), name.size());
        if (!given.contains(key)) return;
        ++used;
        read(given[key], fmt::format("{}.{}", Fields<S>::name, name), member);
    });
    if (used == given.size()) return;
    for (const auto& [key, unused] : given) {
        const auto name = py::str(key).cast<std::string>();
        if (std::find(known.begin(), known.end(), name) == known.end())
            refuse_field(Fields<S>::name, name, known);
    }
}

// --- Operations and events

// The kinds by name, each with the names of its fields.
std::vector<std::pair<std::string, std::vector<std::string>>> operation_kinds();
OperationBody read_operation(const std::string& kind, const py::dict& fields);
py::dict show_operation(const OperationBody& body);
// (name, fields)
py::tuple show_event(const State& state, const VmEvent& event);

}  // namespace aivm::python
