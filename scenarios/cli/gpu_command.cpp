// aivmsim gpu: every plugin that was found, why it is or is not chosen, and how it did in its
// self-test.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "gpu/backend/candidates.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/json_version.h"
#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string screen(const std::vector<gpu::Candidate>& candidates, std::string_view effective) {
    std::string out =
        fmt::format("{:<8} {:<8} {:<28} {}\n", "kind", "state", "device", "self-test");
    for (const gpu::Candidate& one : candidates) {
        out +=
            fmt::format("{:<8} {:<8} {:<28} {}\n", gpu::name(one.kind), gpu::name(one.state),
                        one.device_name.empty() ? "-" : one.device_name, gpu::name(one.self_test));
        out += fmt::format("         {}\n", gpu::describe(one));
        out += fmt::format("         in the project's own tests: {}\n", gpu::tested_on(one.kind));
    }
    return out + fmt::format("\n--backend auto uses {}\n", effective);
}

Json document(const std::vector<gpu::Candidate>& candidates, std::string_view effective) {
    Json list = Json::array();
    for (const gpu::Candidate& one : candidates) {
        list.push_back({{"kind", gpu::name(one.kind)},
                        {"state", gpu::name(one.state)},
                        {"path", one.path},
                        {"reason", one.reason},
                        {"device", one.device_name},
                        {"self_test", gpu::name(one.self_test)},
                        {"tested_on", gpu::tested_on(one.kind)}});
    }
    return {{"schema_version", kJsonVersion}, {"effective", effective}, {"candidates", list}};
}

}  // namespace

int gpu_command(const GpuRequest& request) {
    const gpu::BackendRequest automatic;
    const auto candidates = gpu::list_candidates(gpu::PluginEnvironment::of_process(), automatic);
    const std::string effective(gpu::effective_name(candidates, automatic));
    const std::string text = request.json ? document(candidates, effective).dump(2) + "\n"
                                          : screen(candidates, effective);
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
