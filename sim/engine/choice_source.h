// The choice source: the one place where a run asks "does this go wrong?". The same questions are
// answered by the seed's random streams, by a recorded list (replay, shrinking) or by a fuzzer's
// bytes. The answer 0, "nothing happens", is the default everywhere; a run is described by its
// other answers alone.
//
// A question is known by (kind, actor, ordinal): the how-many-th of its kind by this actor. So a
// shrinker can take one answer away and the others still mean the same questions. A chance of 0 ppm
// and a choice among one are not questions: they are answered without being counted, so that
// switching a fault off does not renumber anything.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/describe.h"
#include "core/base/error.h"

namespace aivm::sim {

enum class ChoiceKind : std::uint8_t {
    kMessageLoss,
    kMessageDuplicate,
    kMessageReorder,
    kCrash,
    kRestartDelay,
};

inline constexpr std::size_t kChoiceKinds = enum_count<ChoiceKind>;
inline constexpr std::uint32_t kPpm = 1'000'000;

struct ChoiceId {
    ChoiceKind kind = ChoiceKind::kMessageLoss;
    std::uint32_t actor = 0;
    std::uint64_t ordinal = 0;

    friend auto operator<=>(const ChoiceId&, const ChoiceId&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&ChoiceId::kind>(), field<&ChoiceId::actor>(),
                          field<&ChoiceId::ordinal>()};
    }
};

// What a question may be answered: below `options`; a chance has two, of which 1 has probability
// ppm / kPpm.
struct ChoiceQuestion {
    ChoiceId id;
    std::uint64_t options = 2;
    std::uint32_t ppm = 0;  // 0: all options are equally likely
};

class ChoiceSource {
public:
    virtual ~ChoiceSource() = default;
    ChoiceSource() = default;
    ChoiceSource(const ChoiceSource&) = delete;
    ChoiceSource& operator=(const ChoiceSource&) = delete;

    // Whether it happens, at ppm in a million. 0 never happens, in any source.
    bool chance(ChoiceKind kind, std::uint32_t actor, std::uint32_t ppm) {
        return ppm != 0 && answer({{kind, actor, next_ordinal(kind, actor)}, 2, ppm}) != 0;
    }

    // A number below n; 0 is the mildest. Requires n > 0.
    std::uint64_t choose(ChoiceKind kind, std::uint32_t actor, std::uint64_t n);

    // For sources that ask another: one question passed on, numbering included. The answer is below
    // question.options.
    virtual std::uint64_t answer(const ChoiceQuestion& question) = 0;

private:
    std::uint64_t next_ordinal(ChoiceKind kind, std::uint32_t actor) {
        if (actor >= ordinals_.size()) ordinals_.resize(std::size_t{actor} + 1);
        return ordinals_[actor][static_cast<std::size_t>(kind)]++;
    }

    std::vector<std::array<std::uint64_t, kChoiceKinds>> ordinals_;
};

// An answer other than 0, as recorded.
struct ChoiceAnswer {
    ChoiceId id;
    std::uint64_t answer = 0;

    friend auto operator<=>(const ChoiceAnswer&, const ChoiceAnswer&) = default;

    static constexpr auto fields() {
        return std::tuple{field<&ChoiceAnswer::id>(), field<&ChoiceAnswer::answer>()};
    }
};

// In the order in which they were given. Encoded as: u8 version (1), list of {u8 kind, u32 actor,
// u64 ordinal, u64 answer}; answers are not 0.
using ChoiceList = std::vector<ChoiceAnswer>;
void encode_choices(Writer& out, const ChoiceList& choices);
Result<ChoiceList> decode_choices(ByteView bytes);

}  // namespace aivm::sim
