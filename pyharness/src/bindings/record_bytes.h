// A finished run as bytes, so that it can be pickled and travel between processes. The bytes are
// for the same program: they have a version and no other guarantee.
#pragma once

#include <string>
#include <string_view>

#include "pyharness/src/bindings/bindings.h"

namespace aivm::python {

std::string to_bytes(const RunRecord& record);
// Throws std::runtime_error for bytes of another version, or cut ones.
std::shared_ptr<RunRecord> record_from_bytes(std::string_view bytes);

}  // namespace aivm::python
