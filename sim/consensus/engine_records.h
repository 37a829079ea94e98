// How an engine writes what it keeps on the node's disk, and what it publishes.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/encode.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

inline Bytes record_key_of(std::string_view text) { return {text.begin(), text.end()}; }

template <class T>
Bytes encoded_record(const T& value) {
    Writer out;
    encode(out, value);
    return out.take();
}

// Fails on bytes that are not a value of this type in canonical form.
template <class T>
Result<T> decoded_record(ByteView bytes) {
    Reader in(bytes);
    T value = decode<T>(in);
    AIVM_TRY(in.finish());
    return value;
}

}  // namespace aivm::sim
