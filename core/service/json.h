// JSON as the service reads and writes it. Only the .cpp files of this folder include this header,
// so that the parser does not slow down other builds.
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/error.h"

namespace aivm {

using Json = nlohmann::ordered_json;

constexpr std::size_t kJsonDepthMax = 32;  // bounds the stack of recursive walks

// Fails on a syntax error (with its position), on a byte order mark, on a name that an object has
// twice, and on nesting deeper than kJsonDepthMax.
Result<Json> parse_json(std::string_view text);

// One line. Bytes that are not UTF-8 become the replacement character.
std::string print_json(const Json& json);

std::string to_text(Amount amount);           // decimal nLUX
std::string to_text(const Hash32& hash);      // 0x and 64 digits
std::string to_text(const Address& address);  // 0x and 40 digits
std::string to_base64(ByteView bytes);
std::optional<Bytes> from_base64(std::string_view text);

// Reads the members of one object. A member that is wrong or missing is read as an empty value, and
// finish() fails with all that was found, one mistake for each member, members that were not read
// included.
class ObjectReader {
public:
    // `where` names the object in errors: "gpu_attestation", or empty for the document itself.
    ObjectReader(const Json& json, std::string_view where);

    [[nodiscard]] bool has(std::string_view key) const;

    std::string string(std::string_view key);
    bool boolean(std::string_view key);
    std::uint64_t number(std::string_view key, std::uint64_t most);
    void any_number(std::string_view key);  // only checks that it is one
    Amount amount(std::string_view key);    // nLUX: a whole number, or a string of decimal digits
    Bytes base64(std::string_view key);
    Hash32 hash(std::string_view key);
    Address address(std::string_view key);
    TimestampNs time(std::string_view key);
    const Json& any(std::string_view key);

    void set_fault(std::string_view key, std::string_view wanted);
    [[nodiscard]] Status finish() const;

private:
    template <class T>
    T parsed(std::string_view key, std::optional<T> value, std::string_view wanted);

    const Json& json_;
    std::string where_;
    std::set<std::string, std::less<>> read_;
    std::vector<std::string> faults_;  // in the order in which they were found
    std::set<std::string, std::less<>> faulty_;
};

}  // namespace aivm
