// Sources of choices that look for bugs of order in other ways than by independent chance. Those of
// the first two kinds decide which messages are held back (kMessageReorder and kFaultReorder, with
// any probability above 0) and leave every other question to the streams of the seed. All are
// functions of the seed, or of the seed and a branch point, and their answers are recorded,
// replayed and shrunk like others.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/engine/choice_source.h"
#include "sim/engine/choice_sources.h"

namespace aivm::sim {

// Delay bounding (M. Emmi, S. Qadeer, Z. Rakamaric: "Delay-bounded scheduling", POPL 2011): a few
// messages, at numbers drawn from the seed, are held back, and no other. The number of delays and
// the range of their numbers, a power of two, are drawn first.
class DelayBoundingChoices final : public ChoiceSource {
public:
    static constexpr std::size_t kDelaysMax = 8;

    explicit DelayBoundingChoices(std::uint64_t seed);
    std::uint64_t answer(const ChoiceQuestion& question) override;
    // Of the questions about order, from 0 and ascending.
    [[nodiscard]] const std::vector<std::uint64_t>& delayed() const { return delayed_; }

private:
    StreamChoices streams_;
    std::vector<std::uint64_t> delayed_;
    std::uint64_t asked_ = 0;
};

// PCT (S. Burckhardt, P. Kothari, M. Musuvathi, S. Nagarakatte: "A randomized scheduler with
// probabilistic guarantees of finding bugs", ASPLOS 2010), with senders in the place of threads:
// each sender has a random priority, and all messages of those with the lowest are held back. At a
// few change points the sender of the message gets a priority below all others, which sets the
// highest of those held back free.
class PctChoices final : public ChoiceSource {
public:
    static constexpr std::size_t kChangesMax = 4;
    static constexpr std::size_t kHeldBackMax = 3;

    explicit PctChoices(std::uint64_t seed);
    std::uint64_t answer(const ChoiceQuestion& question) override;
    [[nodiscard]] const std::vector<std::uint64_t>& change_points() const { return changes_; }
    // How many senders are held back at a time, of those that have sent anything.
    [[nodiscard]] std::size_t held_back() const { return held_back_; }

private:
    struct Sender {
        std::optional<std::uint64_t> priority;  // absent until it sends
        bool is_held_back = false;
    };
    void choose_held_back();

    std::uint64_t seed_;
    StreamChoices streams_;
    std::size_t held_back_ = 0;
    std::vector<std::uint64_t> changes_;  // numbers of questions about order, ascending
    std::size_t changes_made_ = 0;
    std::uint64_t asked_ = 0;
    std::vector<Sender> senders_;  // by actor
};

// Where a run leaves the streams of its seed.
struct BranchPoint {
    std::uint64_t asked = 0;   // the number of questions that were answered before
    std::uint32_t branch = 1;  // which of the other streams answer the rest; from 1

    friend auto operator<=>(const BranchPoint&, const BranchPoint&) = default;
};

// The streams of the seed up to the branch point, if there is one, and others from there on.
class BranchedChoices final : public ChoiceSource {
public:
    explicit BranchedChoices(std::uint64_t seed, std::optional<BranchPoint> point = {});
    std::uint64_t answer(const ChoiceQuestion& question) override;
    // Questions answered so far.
    [[nodiscard]] std::uint64_t asked() const { return asked_; }
    // Makes the next question the branch point. Requires that there is none yet.
    void branch_here(std::uint32_t branch);

private:
    std::uint64_t seed_;
    std::optional<BranchPoint> point_;
    StreamChoices trunk_;
    std::optional<StreamChoices> branch_;
    std::uint64_t asked_ = 0;
};

}  // namespace aivm::sim
