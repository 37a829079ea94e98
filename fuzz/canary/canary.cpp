// The canary of fuzzing: a bug that must be found. An input that spells a word fails, which random
// bytes do not hit by chance and libFuzzer reaches by comparing.
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr char kWord[] = "AIVM!";
    constexpr std::size_t kLetters = sizeof kWord - 1;
    std::size_t right = 0;
    while (right < kLetters && right < size && data[right] == kWord[right]) ++right;
    if (right == kLetters) std::abort();
    return 0;
}
