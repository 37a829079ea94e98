#include "sim/engine/choice_sources.h"

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "core/base/encode.h"

namespace aivm::sim {
namespace {

// The purposes of choice streams start here, far from those that actors number for themselves.
constexpr std::uint32_t kPurposeBase = 0xC401'0000;

constexpr std::uint8_t kEncodingVersion = 1;
constexpr std::size_t kChoicesMax = 50'000'000;

}  // namespace

void encode_choices(Writer& out, const ChoiceList& choices) {
    out.u8(kEncodingVersion);
    encode(out, choices);
}

Result<ChoiceList> decode_choices(ByteView bytes) {
    Reader in(bytes);
    if (in.u8() != kEncodingVersion) in.set_fault("unknown version of a list of choices");
    auto choices = decode<ChoiceList, kChoicesMax>(in);
    const auto unrecorded = [](const ChoiceAnswer& choice) { return choice.answer == 0; };
    if (std::ranges::any_of(choices, unrecorded)) in.set_fault("a choice of 0 is not recorded");
    AIVM_TRY(in.finish());
    return choices;
}

std::uint64_t StreamChoices::answer(const ChoiceQuestion& question) {
    const auto kind = static_cast<std::uint32_t>(question.id.kind);
    const std::size_t index = std::size_t{question.id.actor} * kChoiceKinds + kind;
    if (index >= streams_.size()) streams_.resize(index + kChoiceKinds);
    auto& stream = streams_[index];
    if (!stream) stream.emplace(StreamName{seed_, question.id.actor, kPurposeBase + kind});
    if (question.options != 0) return stream->below(question.options);
    return stream->bernoulli_ppm(question.ppm) ? 1 : 0;
}

std::uint64_t RecordingChoices::answer(const ChoiceQuestion& question) {
    const std::uint64_t given = source_.answer(question);
    if (given != 0) choices_.push_back({question.id, given});
    return given;
}

ReplayChoices::ReplayChoices(const ChoiceList& choices) {
    for (const ChoiceAnswer& choice : choices) answers_.insert_or_assign(choice.id, choice.answer);
    for (auto entry = answers_.cbegin(); entry != answers_.cend(); ++entry) {
        unused_.try_emplace({entry->first.kind, entry->first.actor}, entry);
    }
}

std::uint64_t ReplayChoices::answer(const ChoiceQuestion& question) {
    const auto next = unused_.find({question.id.kind, question.id.actor});
    if (next == unused_.end() || next->second == answers_.cend() ||
        question.id < next->second->first)
        return 0;
    // Ordinals rise one by one, so the next entry is this question's or belongs to another actor or
    // kind.
    if (next->second->first != question.id) return 0;
    const std::uint64_t recorded = next->second->second;
    ++next->second;
    return std::min(recorded, question.largest_answer());
}

}  // namespace aivm::sim
