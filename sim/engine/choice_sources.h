// The four sources of choices.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/engine/choice_source.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {

// Answers from the seed: one random stream per (actor, kind).
class StreamChoices final : public ChoiceSource {
public:
    explicit StreamChoices(std::uint64_t seed) : seed_(seed) {}
    std::uint64_t answer(const ChoiceQuestion& question) override;

private:
    std::uint64_t seed_;
    std::vector<std::optional<RandomStream>> streams_;  // [actor * kChoiceKinds + kind]
};

// Forwards every question and records the answers other than 0.
class RecordingChoices final : public ChoiceSource {
public:
    // `source` must outlive this.
    explicit RecordingChoices(ChoiceSource& source) : source_(source) {}
    std::uint64_t answer(const ChoiceQuestion& question) override;
    [[nodiscard]] const ChoiceList& choices() const { return choices_; }

private:
    ChoiceSource& source_;
    ChoiceList choices_;
};

// Answers from a list, and 0 where the list has no answer. An answer above the largest that the
// question allows counts as that one.
class ReplayChoices final : public ChoiceSource {
public:
    explicit ReplayChoices(const ChoiceList& choices);
    std::uint64_t answer(const ChoiceQuestion& question) override;

private:
    std::map<ChoiceId, std::uint64_t> answers_;
    std::map<std::pair<ChoiceKind, std::uint32_t>,
             std::map<ChoiceId, std::uint64_t>::const_iterator>
        unused_;
};

// Answers from a fuzzer's bytes. No caller yet: it is for the fuzz target that drives a whole World
// (design.md, "Rules of determinism", rule 4), which is still to be written.
//   input := { gap }
//   gap   := one byte below 0xC0, or two, (first & 0x3F) * 256 + second
// A gap is the number of questions answered 0 before the next one is answered otherwise: 1, or
// where a number is asked for, 1 plus the next byte of the input, in the range of the question.
// After the end of the input every answer is 0. So a few bytes reach deep into a run, bytes can be
// removed from the middle, and the empty input is a run without faults.
class ByteChoices final : public ChoiceSource {
public:
    // `input` must outlive this.
    explicit ByteChoices(ByteView input) : input_(input) { read_gap(); }
    std::uint64_t answer(const ChoiceQuestion& question) override;

private:
    void read_gap();

    ByteView input_;
    std::size_t position_ = 0;
    std::optional<std::uint32_t> gap_;  // nullopt: the input has ended
};

}  // namespace aivm::sim
