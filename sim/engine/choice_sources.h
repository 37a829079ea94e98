// The four sources of choices.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sim/engine/choice_source.h"
#include "sim/engine/random_stream.h"

namespace aivm::sim {

// Answers from the seed: one random stream for each (actor, kind).
class StreamChoices final : public ChoiceSource {
public:
    explicit StreamChoices(std::uint64_t seed) : seed_(seed) {}
    std::uint64_t answer(const ChoiceQuestion& question) override;

private:
    std::uint64_t seed_;
    std::vector<std::optional<RandomStream>> streams_;  // [actor * kChoiceKinds + kind]
};

// Passes every question on and writes down the answers other than 0.
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

// Answers from a list: what it has, and 0 for everything else. An answer too big for its question
// becomes the biggest.
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

// Answers from a fuzzer's bytes. A fault is one gap and, for a choice, one value:
//   input := { gap [value] }
//   gap   := one byte below 0xC0, or two, (first & 0x3F) * 256 + second: so many questions are
//         answered 0, and the
//            next one otherwise: a chance with 1, a choice with 1 + value % (options - 1)
// When the input ends everything is answered 0. So a few bytes reach deep into a run, bytes in the
// middle can be cut out and the empty input is a run without faults.
class ByteChoices final : public ChoiceSource {
public:
    // `input` must outlive this.
    explicit ByteChoices(ByteView input) : input_(input) { read_gap(); }
    std::uint64_t answer(const ChoiceQuestion& question) override;

private:
    void read_gap();

    ByteView input_;
    std::size_t position_ = 0;
    std::optional<std::uint32_t> gap_;  // nothing: the input is used up
};

}  // namespace aivm::sim
