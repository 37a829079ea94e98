// Which sanitizer the program is built with: gcc says it by a macro, clang by a feature.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define AIVM_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define AIVM_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define AIVM_ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define AIVM_THREAD_SANITIZER 1
#endif
#endif
