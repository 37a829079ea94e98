// The choice source: the one place where a run asks "does this go wrong?", and how badly. The same
// questions are answered by the seed's random streams, by a recorded list (replay, shrinking) or by
// a fuzzer's bytes. The answer 0, "nothing happens" or "as mildly as possible", is the default
// everywhere; a run is described by its other answers alone.
//
// A question is identified by (kind, actor, ordinal): the ordinal counts the questions of this kind
// by this actor. So a shrinker can remove one answer and the others still belong to the same
// questions. A chance of 0 ppm is not a question: it is answered without being counted, so that
// switching a fault off does not renumber the others.
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
    kMessageCorrupt,
    kResendLoss,  // of a message that is sent again
    // the same four while a scheduled fault is in force
    kFaultLoss,
    kFaultDuplicate,
    kFaultReorder,
    kFaultCorrupt,
    // Faults drawn from the seed (sim/faults/swarm.h). The actor is the number of the fault's kind.
    // The strength of a byzantine fault is which strategy its validators follow.
    kSwarmPresent,
    kSwarmCount,
    kSwarmTarget,
    kSwarmBegin,
    kSwarmDuration,
    kSwarmStrength,
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

// To be answered 0 or 1, where 1 has probability ppm / kPpm; or, with `options`, by a number below
// `options`, each with the same probability.
struct ChoiceQuestion {
    ChoiceId id;
    std::uint32_t ppm = 0;
    std::uint32_t options = 0;

    [[nodiscard]] std::uint64_t largest_answer() const { return options == 0 ? 1 : options - 1; }
};

class ChoiceSource {
public:
    virtual ~ChoiceSource() = default;
    ChoiceSource() = default;
    ChoiceSource(const ChoiceSource&) = delete;
    ChoiceSource& operator=(const ChoiceSource&) = delete;

    // Whether it happens, with probability ppm / kPpm. 0 ppm never happens, in any source.
    bool chance(ChoiceKind kind, std::uint32_t actor, std::uint32_t ppm) {
        return ppm != 0 && answer({{kind, actor, next_ordinal(kind, actor)}, ppm}) != 0;
    }

    // A number below `options`. With fewer than two options it is 0, and no question.
    std::uint32_t pick(ChoiceKind kind, std::uint32_t actor, std::uint32_t options) {
        if (options < 2) return 0;
        return static_cast<std::uint32_t>(
            answer({{kind, actor, next_ordinal(kind, actor)}, 0, options}));
    }

    // Answers one question whose ordinal the caller has assigned: for chance(), and for sources
    // that forward to another.
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

// In the order of the answers. Encoded as: u8 version (1), list of {u8 kind, u32 actor,
// u64 ordinal, u64 answer}; answers are not 0.
using ChoiceList = std::vector<ChoiceAnswer>;
void encode_choices(Writer& out, const ChoiceList& choices);
Result<ChoiceList> decode_choices(ByteView bytes);

}  // namespace aivm::sim
