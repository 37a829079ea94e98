// The kernel vector format (JSON) to and from ABI bytes, and one case run against any backend. Used
// by the vector tests of core and gpu.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/kernels/abi_layout.h"
#include "core/kernels/kernels.h"

namespace aivm::vectors {

using Json = nlohmann::json;

// Reads and checks the file. Throws std::runtime_error with the file's name and the error if it is
// missing, not JSON, of another format, has other structure sizes, or contains no case.
Json read_file(const std::string& path);

// $AIVM_KERNEL_VECTORS if it is set, otherwise `fallback`.
std::string path_or(const std::string& fallback);

// Runs one case and returns every difference from its expected output, one sentence each; empty if
// it passes.
std::vector<std::string> run_case(Kernels& kernels, const Json& vector_case);

// Writes the fields of one JSON object into a structure's bytes; absent fields keep their value.
void fill(std::uint8_t* bytes, std::span<const abi::Field> fields, const Json& object);

template <class S>
S struct_from(const Json& object) {
    S value{};
    fill(reinterpret_cast<std::uint8_t*>(&value), abi::fields_of<S>(), object);
    return value;
}

template <class S>
std::vector<S> structs_from(const Json& array) {
    std::vector<S> out;
    for (const Json& object : array) out.push_back(struct_from<S>(object));
    return out;
}

template <class S>
std::vector<S> table_from(const Json& table) {
    std::vector<S> slots(table.at("count").get<std::size_t>(), S{});
    for (const auto& [index, object] : table.at("slots").items())
        slots.at(std::stoul(index)) = struct_from<S>(object);
    return slots;
}

}  // namespace aivm::vectors
