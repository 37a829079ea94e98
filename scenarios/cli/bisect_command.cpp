// `trace` writes what is needed to compare a run with another one, and `bisect-digest` compares.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "scenarios/campaign/trace_bisect.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/run_spec.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::uint64_t kContextBefore = 6;
constexpr std::uint64_t kContextAfter = 4;

// One of the two runs: made here, or read from a file of `aivmsim trace`.
struct Side {
    std::string text;  // as the user wrote it
    std::optional<RunSpec> spec;
    RunTrace trace;
};

bool is_trace_file(const std::string& text) { return text.ends_with(".json"); }

Result<RunTrace> read_trace(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::kNotFound, path + " cannot be read");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto trace = trace_from_json(text);
    if (trace) return trace;
    return fail(trace.error().code,
                fmt::format("{}: {}; write it with aivmsim trace", path, trace.error().context));
}

// False: the reason has been written to stderr.
bool open(Side& side) {
    if (is_trace_file(side.text)) {
        auto trace = read_trace(side.text);
        if (!trace) {
            complain(trace.error().context);
            return false;
        }
        side.trace = std::move(*trace);
        return true;
    }
    side.spec = read_run_spec(side.text);
    return side.spec.has_value();
}

bool make_trace(Side& side, sim::TraceInterval window) {
    if (!side.spec) return true;
    auto trace = trace_run(*side.spec, window);
    if (!trace) {
        complain(trace.error().text());
        return false;
    }
    side.trace = std::move(*trace);
    return true;
}

bool covers(const RunTrace& trace, sim::TraceInterval interval) {
    return trace.window.first <= interval.first && trace.window.last >= interval.last;
}

std::string context_text(const RunTrace& trace, std::uint64_t position, bool colour) {
    std::string out = fmt::format("  {}, aivmsim {}\n", trace.label, trace.program);
    bool there = false;
    for (const TraceLine& line : trace.lines) {
        if (line.position + kContextBefore < position || line.position > position + kContextAfter)
            continue;
        const bool first = line.position == position;
        there = there || first;
        const std::string text =
            fmt::format("  {} {:>9}  {}", first ? '>' : ' ', grouped(line.position), line.text);
        out += (first ? styled(Style::kBad, text, colour) : text) + "\n";
    }
    return there ? out : out + "  >            the run has ended\n";
}

// The text, and the lines that both must hold for it.
int show_difference(const Side& a, const Side& b, sim::TraceInterval interval) {
    const bool colour = has_colour(stdout);
    for (const Side* side : {&a, &b}) {
        if (covers(side->trace, interval)) continue;
        const std::string text = fmt::format(
            "{} records {} to {} hold the first difference; to see it, write the trace of {} "
            "again with its program: aivmsim trace RUN --from {} --to {} > {}\n",
            styled(Style::kBad, "DIFFERS", colour), grouped(interval.first), grouped(interval.last),
            side->trace.label, interval.first, interval.last, side->text);
        return print_result(text) ? kExitNotDeterministic : kExitHarnessFailed;
    }
    const auto position = first_differing_line(a.trace, b.trace);
    if (!position) {
        const std::string text =
            fmt::format("{} the digests differed, and do not differ when the runs are repeated\n",
                        styled(Style::kBad, "DIFFERS", colour));
        return print_result(text) ? kExitNotDeterministic : kExitHarnessFailed;
    }
    const std::string text =
        fmt::format("{} first at record {}\n\n{}\n{}", styled(Style::kBad, "DIFFERS", colour),
                    grouped(*position), context_text(a.trace, *position, colour),
                    context_text(b.trace, *position, colour));
    return print_result(text) ? kExitNotDeterministic : kExitHarnessFailed;
}

}  // namespace

int bisect_command(const BisectRequest& request) {
    Side a{request.first, {}, {}};
    Side b{request.second, {}, {}};
    if (!open(a) || !open(b)) return kExitBadRequest;
    if (!make_trace(a, {}) || !make_trace(b, {})) return kExitHarnessFailed;
    const auto interval = first_difference(a.trace, b.trace);
    if (!interval) {
        const std::string text = fmt::format(
            "{} digest={}, {} records\n", styled(Style::kGood, "SAME", has_colour(stdout)),
            a.trace.checkpoints.back().digest.hex(), grouped(a.trace.checkpoints.back().position));
        return print_result(text) ? kExitClean : kExitHarnessFailed;
    }
    if (!make_trace(a, *interval) || !make_trace(b, *interval)) return kExitHarnessFailed;
    return show_difference(a, b, *interval);
}

int trace_command(const TraceRequest& request) {
    const auto spec = read_run_spec(request.run);
    if (!spec) return kExitBadRequest;
    if (request.from > request.to) {
        complain(fmt::format("--from {} lies after --to {}", request.from, request.to));
        return kExitBadRequest;
    }
    const auto trace = trace_run(*spec, {request.from, request.to});
    if (!trace) {
        complain(trace.error().text());
        return kExitHarnessFailed;
    }
    return print_result(trace_to_json(*trace)) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
