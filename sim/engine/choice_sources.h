// The sources of choices.
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

}  // namespace aivm::sim
