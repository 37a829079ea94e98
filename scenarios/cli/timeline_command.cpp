#include <fmt/format.h>

#include "scenarios/campaign/timeline.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/run_spec.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/text_file.h"
#include "scenarios/file/units.h"

namespace aivm::scenarios::cli {
int timeline_command(const TimelineRequest& request) {
    if (!request.html && !request.chrome) {
        complain("name a file: --html FILE.html, or --chrome FILE.json for Perfetto");
        return kExitBadRequest;
    }
    const auto span = parse_duration_ns(request.span);
    if (!span || *span == 0) {
        complain(fmt::format("--span {}: give it some time, such as 10s", request.span));
        return kExitBadRequest;
    }
    const auto run = read_run_spec(request.run);
    if (!run) return kExitBadRequest;
    const auto timeline = timeline_of(*run, *span);
    if (!timeline) {
        complain(timeline.error().text());
        return kExitHarnessFailed;
    }
    const bool html = write_text_file(request.html, space_time_page(*timeline));
    if (!html || !write_text_file(request.chrome, chrome_trace(*timeline)))
        return kExitHarnessFailed;
    std::string out = fmt::format("{}: {} and {} from {} to {}\n", timeline->title,
                                  counted(timeline->messages.size(), "message"),
                                  counted(timeline->blocks.size(), "block"),
                                  moment_text(timeline->begin), moment_text(timeline->end));
    for (const auto& path : {request.html, request.chrome})
        if (path) out += fmt::format("  saved  {}\n", *path);
    return print_result(out) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
