// A block's id as violations name it.
#pragma once

#include <string>

#include "core/base/bytes.h"

namespace aivm::sim {

inline std::string short_id(const Hash32& id) { return to_hex(id.view()).substr(0, 8); }

}  // namespace aivm::sim
