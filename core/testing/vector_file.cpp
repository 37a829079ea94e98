#include "core/testing/vector_file.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <stdexcept>

namespace aivm::vectors {
namespace {

using abi::FieldType;

template <class T>
void put(std::uint8_t* at, T value) {
    std::memcpy(at, &value, sizeof value);
}

void put_bytes(std::uint8_t* at, const abi::Field& field, const Json& value) {
    const auto bytes = from_hex(value.get<std::string>());
    if (!bytes || bytes->size() != field.size_bytes) {
        throw std::runtime_error("field " + std::string(field.name) + " needs " +
                                 std::to_string(field.size_bytes) + " bytes of hex");
    }
    std::memcpy(at, bytes->data(), bytes->size());
}

void put_field(std::uint8_t* at, const abi::Field& field, const Json& value) {
    switch (field.type) {
        case FieldType::kU32:
            return put(at, value.get<std::uint32_t>());
        case FieldType::kU64:
            return put<std::uint64_t>(at, std::stoull(value.get<std::string>()));
        case FieldType::kI8:
            return put(at, value.get<std::int8_t>());
        case FieldType::kI32:
            return put(at, value.get<std::int32_t>());
        case FieldType::kI32Array:
            for (std::size_t i = 0; i < value.size() && i * 4 < field.size_bytes; ++i) {
                put(at + 4 * i, value[i].get<std::int32_t>());
            }
            return;
        case FieldType::kBytes:
            return put_bytes(at, field, value);
    }
}

const std::map<std::string, std::size_t>& struct_sizes() {
#define AIVM_ABI_SIZE_OF(NAME, SIZE) {#NAME, SIZE},
    static const std::map<std::string, std::size_t> sizes{AIVM_ABI_STRUCTS(AIVM_ABI_SIZE_OF)};
#undef AIVM_ABI_SIZE_OF
    return sizes;
}

}  // namespace

void fill(std::uint8_t* bytes, std::span<const abi::Field> fields, const Json& object) {
    std::size_t used = 0;
    for (const abi::Field& field : fields) {
        const auto found = object.find(field.name);
        if (found == object.end()) {
            if (!field.is_padding())
                throw std::runtime_error("field " + std::string(field.name) + " is missing");
            continue;
        }
        put_field(bytes + field.offset, field, *found);
        ++used;
    }
    if (used != object.size())
        throw std::runtime_error("unknown field in " + object.dump().substr(0, 200));
}

Json read_file(const std::string& path) {
    std::ifstream in(path);
    if (!in) throw std::runtime_error("kernel vectors: cannot open " + path);
    Json file = Json::parse(in, nullptr, false);
    if (file.is_discarded() || !file.is_object())
        throw std::runtime_error("kernel vectors: " + path + " is not JSON");
    const std::string format = file.value("format", "");
    if (!format.starts_with("aivm-vectors/1")) {
        throw std::runtime_error("kernel vectors: " + path + " has format '" + format +
                                 "', not aivm-vectors/1");
    }
    for (const auto& [name, size] : struct_sizes()) {
        if (!file.contains("sizes") || file["sizes"].value(name, std::size_t{0}) != size) {
            throw std::runtime_error("kernel vectors: " + path + " disagrees on the size of " +
                                     name);
        }
    }
    if (!file.contains("cases") || !file["cases"].is_array() || file["cases"].empty()) {
        throw std::runtime_error("kernel vectors: " + path + " holds no cases");
    }
    return file;
}

std::string path_or(const std::string& fallback) {
    const char* other = std::getenv("AIVM_KERNEL_VECTORS");
    return other && *other ? other : fallback;
}

}  // namespace aivm::vectors
