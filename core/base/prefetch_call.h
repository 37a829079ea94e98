// For functions that do nothing but ask for memory (core/base/prefetch.h).
#pragma once

namespace aivm {

// To be called at the end of such a function: g++ 12 takes a function with prefetches alone for one
// without any effect, and drops the calls that it has not inlined before it finds out.
inline void keep_prefetches() { __asm__ volatile(""); }

}  // namespace aivm
