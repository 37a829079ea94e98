// The text of a finding at the terminal.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/campaign/finding.h"
#include "sim/invariants/invariant.h"

namespace aivm::scenarios {
namespace {

// 48 211
std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, " ");
    return digits;
}

// 4m 08.0s, 1h 02m 03.5s
std::string clock_text(sim::SimTime time) {
    const std::int64_t tenths = time / (sim::kSecond / 10);
    const std::int64_t hours = tenths / 36'000;
    const std::int64_t minutes = tenths / 600 % 60;
    const std::int64_t seconds = tenths / 10 % 60;
    if (hours > 0) return fmt::format("{}h {:02}m {:02}.{}s", hours, minutes, seconds, tenths % 10);
    if (minutes > 0) return fmt::format("{}m {:02}.{}s", minutes, seconds, tenths % 10);
    return fmt::format("{}.{}s", seconds, tenths % 10);
}

std::string real_time(std::uint64_t ms) {
    return ms < 10'000 ? fmt::format("{}.{} s", ms / 1000, ms / 100 % 10)
                       : grouped(ms / 1000) + " s";
}

std::string shrunk_lines(const SavedFinding& f) {
    if (f.reproducer == Reproducer::kNone) return fmt::format("  not shrunk: {}\n", f.note);
    const std::string tries =
        fmt::format("{} {}", grouped(f.tries), f.tries == 1 ? "try" : "tries");
    const std::string time = f.shrink_time_ms == 0 ? "" : ", " + real_time(f.shrink_time_ms);
    std::string out =
        fmt::format("  shrunk {} -> {} action{} ({}{})\n", grouped(f.actions_before),
                    grouped(f.actions_after), f.actions_after == 1 ? "" : "s", tries, time);
    for (std::size_t i = 0; i < f.actions.size(); ++i)
        out += fmt::format("  {:>3}  {}\n", i + 1, f.actions[i]);
    return out;
}

}  // namespace

std::string shell_argument(const std::string& text) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/._-+=:,@").find(c) != std::string_view::npos;
    };
    if (!text.empty() && std::ranges::all_of(text, plain)) return text;
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

std::string violation_actors(const sim::Violation& violation) {
    std::string out;
    for (std::size_t i = 0; i < violation.actors.size(); ++i) {
        out += (i == 0 ? "" : " ") + violation.actors[i];
        if (i < violation.owners.size()) out += fmt::format(" ({})", violation.owners[i]);
    }
    return out;
}

namespace {

// What happened, when and to whom.
std::string violation_text(const SavedFinding& f) {
    const sim::Violation& v = f.violation;
    std::string out =
        fmt::format("FAIL  {} {}   {}   finding {}\n", v.invariant, v.name, f.scenario_name, f.id);
    out +=
        fmt::format("  t={}  block {}  event #{}", clock_text(v.time), v.block, grouped(v.event));
    out += v.actors.empty() ? "\n" : fmt::format("  {}\n", violation_actors(v));
    return out + fmt::format("  {}\n", v.message);
}

// How to see it again.
std::string steps_text(const SavedFinding& f) {
    std::string out = shrunk_lines(f);
    out += fmt::format("  saved      {}/\n", f.folder);
    out += fmt::format("  reproduce  aivmsim replay {}\n", shell_argument(f.folder));
    return out;
}

std::string promise_text(const std::string& invariant) {
    const auto info = sim::invariant_info(invariant);
    if (!info) return {};  // of another version
    return fmt::format("  promised   {}\n  because    {}\n", info->meaning, info->reason);
}

}  // namespace

std::string finding_text(const SavedFinding& f) { return violation_text(f) + steps_text(f); }

std::string finding_report(const SavedFinding& f) {
    return violation_text(f) + promise_text(f.violation.invariant) + steps_text(f);
}

}  // namespace aivm::scenarios
