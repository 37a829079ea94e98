// The canary of fuzzing: a bug that must be found. An input that spells a word fails, which random
// bytes do not hit by chance and libFuzzer reaches by comparing.
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr char kWord[] = "AIVM!";
    if (size >= sizeof kWord - 1 && std::memcmp(data, kWord, sizeof kWord - 1) == 0) std::abort();
    return 0;
}
