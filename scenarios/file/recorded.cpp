#include "scenarios/file/recorded.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "scenarios/file/field.h"

namespace aivm::scenarios {
namespace {

constexpr std::array<std::string_view, sim::kChoiceKinds> kWords{
    "message_loss", "message_duplicate", "message_reorder", "message_corrupt", "resend_loss",
    "fault_loss",   "fault_duplicate",   "fault_reorder",   "fault_corrupt",   "swarm_present",
    "swarm_count",  "swarm_target",      "swarm_begin",     "swarm_duration",  "swarm_strength"};
static_assert(!kWords.back().empty());

constexpr std::size_t kNumbers = 3;  // actor, ordinal, answer

Problem malformed(std::string_view text) {
    return {fmt::format("\"{}\" is not a recorded choice", text),
            "write kind, actor, ordinal and answer, such as \"message_loss 3 17 1\""};
}

}  // namespace

std::string choice_text(const sim::ChoiceAnswer& choice) {
    return fmt::format("{} {} {} {}", kWords.at(static_cast<std::size_t>(choice.id.kind)),
                       choice.id.actor, choice.id.ordinal, choice.answer);
}

Parsed<sim::ChoiceAnswer> parse_recorded_choice(std::string_view text) {
    std::string_view rest = text;
    const auto next = [&rest] {
        const std::string_view out = rest.substr(0, rest.find(' '));
        rest.remove_prefix(std::min(out.size() + 1, rest.size()));
        return out;
    };
    const auto kind = std::ranges::find(kWords, next());
    std::array<std::uint64_t, kNumbers> numbers{};
    for (std::uint64_t& number : numbers) {
        const auto parsed = parse_integer(next());
        if (!parsed) return tl::unexpected(malformed(text));
        number = *parsed;
    }
    const auto& [actor, ordinal, answer] = numbers;
    if (kind == kWords.end() || !rest.empty() || actor > UINT32_MAX || answer == 0)
        return tl::unexpected(malformed(text));
    return sim::ChoiceAnswer{{static_cast<sim::ChoiceKind>(kind - kWords.begin()),
                              static_cast<std::uint32_t>(actor), ordinal},
                             answer};
}

std::string recorded_text(const Recorded& recorded) {
    std::string out = fmt::format(
        "\n[recorded]\nseed = \"{}\"\nviolates = {}\ndigest = {}\nprogram = {}\n{}choices = [",
        recorded.seed, quote(recorded.violates), quote(recorded.digest), quote(recorded.program),
        recorded.paranoid ? "paranoid = true\n" : "");
    for (const sim::ChoiceAnswer& choice : recorded.choices)
        out += fmt::format("\n  \"{}\",", choice_text(choice));
    return out + (recorded.choices.empty() ? "]\n" : "\n]\n");
}

std::size_t binding_choices(const sim::ChoiceList& recorded, const sim::ChoiceList& used) {
    std::set<sim::ChoiceId> asked;
    for (const sim::ChoiceAnswer& choice : used) asked.insert(choice.id);
    return static_cast<std::size_t>(std::ranges::count_if(
        recorded, [&](const sim::ChoiceAnswer& choice) { return asked.contains(choice.id); }));
}

}  // namespace aivm::scenarios
