// Between the VM's values and Python's.
//
//   money          int, nLUX; also read from text with a unit, such as "1000 LUX"
//   hashes, addresses, fixed bytes     text "0x..."; also read from bytes of the right length
//   byte strings   bytes
//   enumerations   their word, such as "optimistic"; also read from their number
//   indexes        what they stand for: a job id, a provider's id, a model's id; disputes and
//                  validators stay numbers
//   structures     dict, by their descriptions (core/base/describe.h); ABI structures are bytes
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

#include "core/base/encode.h"
#include "core/chain/block.h"
#include "core/chain/operation.h"
#include "core/config/config.h"
#include "core/registry/attestation.h"
#include "core/state/event.h"
#include "core/state/state.h"
#include "sim/consensus/consensus.h"

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

// What Python calls a structure.
template <class S>
inline constexpr std::string_view struct_name = type_name<S>();
template <>
inline constexpr std::string_view struct_name<sim::PollQuestion> = "Query";

// --- To Python. `state` resolves indexes; it must be the one they belong to.

py::str hex_text(ByteView bytes);
py::bytes raw_bytes(ByteView bytes);

template <class T>
py::object show(const State* state, const T& value);

template <Described S>
py::dict show_fields(const State* state, const S& object) {
    py::dict out;
    for_each_field(object, [&](auto field, const auto& member) {
        out[py::str(std::string(field.name))] = show(state, member);
    });
    return out;
}

py::object show_index(const State* state, TaskIndex index);
py::object show_index(const State* state, ProviderIndex index);
py::object show_index(const State* state, ModelIndex index);
inline py::object show_index(const State*, DisputeIndex index) { return py::int_(index.value); }
inline py::object show_index(const State*, ValidatorIndex index) { return py::int_(index.value); }

template <class T>
py::object show(const State* state, const T& value) {
    if constexpr (std::is_same_v<T, Amount>) {
        return py::int_(value.nlux());
    } else if constexpr (is_fixed_bytes<T>) {
        return hex_text(value.view());
    } else if constexpr (std::is_same_v<T, Bytes>) {
        return raw_bytes(value);
    } else if constexpr (HasWords<T>) {
        return py::str(std::string(word(value)));
    } else if constexpr (is_instance<T, Index>) {
        return show_index(state, value);
    } else if constexpr (is_instance<T, ValuePtr>) {
        return show(state, *value);
    } else if constexpr (is_instance<T, std::optional>) {
        return value ? show(state, *value) : py::object(py::none());
    } else if constexpr (ListOfValues<T>) {
        py::list out;
        for (const auto& item : value) out.append(show(state, item));
        return out;
    } else if constexpr (Described<T>) {
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

template <Described S>
void read_fields(py::handle value, S& object);

template <class T>
void read(py::handle value, const std::string& where, T& out) {
    if constexpr (std::is_same_v<T, Amount>) {
        out = read_amount(value, where);
    } else if constexpr (is_fixed_bytes<T>) {
        read_exactly(value, where, out.bytes);
    } else if constexpr (std::is_same_v<T, Bytes>) {
        out = read_bytes(value, where);
    } else if constexpr (HasWords<T>) {
        out = static_cast<T>(read_word(value, where, words<T>));
    } else if constexpr (is_instance<T, ValuePtr>) {
        read(value, where, *out);
    } else if constexpr (is_instance<T, std::optional>) {
        if (value.is_none()) return out.reset();
        read(value, where, out.emplace());
    } else if constexpr (ListOfValues<T>) {
        out.clear();
        for (const py::handle item : value)
            read(item, fmt::format("{}[{}]", where, out.size()), out.emplace_back());
    } else if constexpr (Described<T>) {
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
template <Described S>
void read_fields(py::handle value, S& object) {
    if (!py::isinstance<py::dict>(value))
        throw py::type_error(fmt::format("{} must be a dict", struct_name<S>));
    std::size_t used = 0;
    std::vector<std::string_view> known;
    const auto given = py::reinterpret_borrow<py::dict>(value);
    for_each_field(object, [&](auto field, auto& member) {
        known.push_back(field.name);
        const py::str key(std::string(field.name));
        if (!given.contains(key)) return;
        ++used;
        read(given[key], fmt::format("{}.{}", struct_name<S>, field.name), member);
    });
    if (used == given.size()) return;
    for (const auto& [key, unused] : given) {
        const auto name = py::str(key).cast<std::string>();
        if (std::find(known.begin(), known.end(), name) == known.end())
            refuse_field(struct_name<S>, name, known);
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
