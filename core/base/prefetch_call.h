// For functions that do nothing but ask for memory (core/base/prefetch.h).
#pragma once

namespace aivm {

// To be called at the end of such a function if it is called through a pointer or a virtual table:
// g++ 12 takes a function with prefetches alone for one without any effect, and drops the calls.
inline void keep_prefetches() { __asm__ volatile(""); }

}  // namespace aivm
