// The text of a finding at the terminal.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/campaign/finding.h"

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

// One argument for a shell.
std::string quoted(const std::string& path) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("/._-+=:,@").find(c) != std::string_view::npos;
    };
    if (!path.empty() && std::ranges::all_of(path, plain)) return path;
    std::string out = "'";
    for (const char c : path) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
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

std::string finding_text(const SavedFinding& f) {
    const sim::Violation& v = f.violation;
    std::string out =
        fmt::format("FAIL  {} {}   {}   finding {}\n", v.invariant, v.name, f.scenario_name, f.id);
    out +=
        fmt::format("  t={}  block {}  event #{}", clock_text(v.time), v.block, grouped(v.event));
    out += v.actors.empty() ? "\n" : fmt::format("  {}\n", fmt::join(v.actors, ", "));
    out += fmt::format("  {}\n", v.message);
    out += shrunk_lines(f);
    out += fmt::format("  saved      {}/\n", f.folder);
    out += fmt::format("  reproduce  aivmsim replay {}\n", quoted(f.folder));
    return out;
}

}  // namespace aivm::scenarios
