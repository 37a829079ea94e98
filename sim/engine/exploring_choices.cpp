#include "sim/engine/exploring_choices.h"

#include <algorithm>

#include "core/base/check.h"

namespace aivm::sim {
namespace {

// The purposes of these streams, which belong to no actor.
constexpr std::uint32_t kNoActor = 0xFFFF'FFFF;
constexpr std::uint32_t kDelayPurpose = 0xC402'0000;
constexpr std::uint32_t kPctPurpose = 0xC403'0000;
constexpr std::uint32_t kPriorityPurpose = 0xC404'0000;
constexpr std::uint32_t kBranchPurpose = 0xC405'0000;

// A run asks about few messages or about many: the numbers of delays and change points are below
// 2^4 to 2^16, each power with the same probability.
constexpr std::uint32_t kRangeBitsMin = 4;
constexpr std::uint32_t kRangeBitsMax = 16;

bool is_about_order(ChoiceKind kind) {
    return kind == ChoiceKind::kMessageReorder || kind == ChoiceKind::kFaultReorder;
}

// `count` different numbers, ascending, below a power of two that is drawn first.
std::vector<std::uint64_t> draw_numbers(RandomStream& stream, std::size_t count) {
    const std::uint64_t range = std::uint64_t{1} << stream.uniform(kRangeBitsMin, kRangeBitsMax);
    AIVM_CHECK(count <= range / 2);
    std::vector<std::uint64_t> out;
    while (out.size() < count) {
        const std::uint64_t number = stream.below(range);
        const auto place = std::ranges::lower_bound(out, number);
        if (place == out.end() || *place != number) out.insert(place, number);
    }
    return out;
}

}  // namespace

DelayBoundingChoices::DelayBoundingChoices(std::uint64_t seed) : streams_(seed) {
    RandomStream stream({seed, kNoActor, kDelayPurpose});
    const std::size_t delays = stream.uniform(1, kDelaysMax);
    delayed_ = draw_numbers(stream, delays);
}

std::uint64_t DelayBoundingChoices::answer(const ChoiceQuestion& question) {
    if (!is_about_order(question.id.kind)) return streams_.answer(question);
    return std::ranges::binary_search(delayed_, asked_++) ? 1 : 0;
}

PctChoices::PctChoices(std::uint64_t seed) : seed_(seed), streams_(seed) {
    RandomStream stream({seed, kNoActor, kPctPurpose});
    held_back_ = stream.uniform(1, kHeldBackMax);
    const std::size_t changes = stream.below(kChangesMax + 1);
    changes_ = draw_numbers(stream, changes);
}

std::uint64_t PctChoices::answer(const ChoiceQuestion& question) {
    if (!is_about_order(question.id.kind)) return streams_.answer(question);
    const std::uint32_t actor = question.id.actor;
    if (actor >= senders_.size()) senders_.resize(std::size_t{actor} + 1);
    auto& priority = senders_[actor].priority;
    bool changed = !priority;
    // Change points take the priorities below kChangesMax, each lower than the one before.
    if (!priority)
        priority = random_block({seed_, actor, kPriorityPurpose}, 0)[0] | std::uint64_t{1} << 63;
    if (changes_made_ < changes_.size() && changes_[changes_made_] == asked_) {
        priority = kChangesMax - ++changes_made_;
        changed = true;
    }
    ++asked_;
    if (changed) choose_held_back();
    return senders_[actor].is_held_back ? 1 : 0;
}

void PctChoices::choose_held_back() {
    std::vector<Sender*> known;
    for (Sender& sender : senders_)
        if (sender.priority) known.push_back(&sender);
    std::ranges::sort(known, {}, [](const Sender* sender) { return *sender->priority; });
    // One sender at least is not held back: otherwise none would be late.
    const std::size_t held = std::min(held_back_, known.size() - 1);
    for (std::size_t i = 0; i < known.size(); ++i) known[i]->is_held_back = i < held;
}

BranchedChoices::BranchedChoices(std::uint64_t seed, std::optional<BranchPoint> point)
    : seed_(seed), point_(point), trunk_(seed) {}

std::uint64_t BranchedChoices::answer(const ChoiceQuestion& question) {
    if (point_ && !branch_ && asked_ >= point_->asked)
        branch_.emplace(random_block({seed_, point_->branch, kBranchPurpose}, 0)[0]);
    ++asked_;
    return branch_ ? branch_->answer(question) : trunk_.answer(question);
}

void BranchedChoices::branch_here(std::uint32_t branch) {
    AIVM_CHECK(!point_);
    point_ = BranchPoint{asked_, branch};
}

}  // namespace aivm::sim
