#include "scenarios/cli/campaign_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/python_program.h"
#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::string_view kDask = "dask";

// python -m aivmsim.campaigns, which passes on to each shard what it does not know.
std::vector<std::string> command_line(const CampaignArguments& arguments, std::uint32_t shards) {
    std::vector<std::string> out{python_program(), "-m", "aivmsim.campaigns"};
    out.insert(out.end(), arguments.scenarios.begin(), arguments.scenarios.end());
    if (arguments.scenarios.empty()) out.emplace_back("swarm");
    const auto add = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) out.push_back(fmt::format("--{}={}", name, value));
    };
    add("seed", fmt::format("{}", *arguments.seed));
    add("out", *arguments.out);
    add("shards", fmt::format("{}", shards));
    if (arguments.executor.size() > kDask.size())
        add("scheduler", arguments.executor.substr(kDask.size() + 1));
    for (const std::string& assignment : arguments.assignments) add("set", assignment);
    add("budget", arguments.budget);
    if (arguments.runs != 0) add("runs", fmt::format("{}", (arguments.runs + shards - 1) / shards));
    if (arguments.unseen_max > 0) add("until-unseen", fmt::format("{}", arguments.unseen_max));
    add("repeat", arguments.repeat);
    add("run-limit", arguments.run_limit);
    add("memory", fmt::format("{}", arguments.memory_mib));
    add("shrink-tries", fmt::format("{}", arguments.shrink_tries));
    add("shrink-limit", arguments.shrink_limit);
    add("junit", arguments.junit.value_or(""));
    add("sarif", arguments.sarif.value_or(""));
    if (arguments.fail_fast) out.emplace_back("--fail-fast");
    if (arguments.probes) out.emplace_back("--probes");
    if (arguments.paranoid) out.emplace_back("--paranoid");
    return out;
}

}  // namespace

int campaign_on_executor(const CampaignArguments& arguments) {
    const std::string& executor = arguments.executor;
    if (executor != kDask && !executor.starts_with(std::string(kDask) + ":")) {
        complain(
            fmt::format("--executor {}: write dask, or dask:ADDRESS of a scheduler", executor));
        return kExitBadRequest;
    }
    if (!arguments.seed || !arguments.out || arguments.shard != "1/1") {
        complain("--executor needs --seed and --out, and chooses the shards itself");
        return kExitBadRequest;
    }
    const std::uint32_t shards =
        arguments.shards > 0 ? arguments.shards : std::max(1U, std::thread::hardware_concurrency());
    const std::vector<std::string> command = command_line(arguments, shards);
    replace_process(command);
    complain(
        fmt::format("{} cannot be started; name a Python with aivmsim and dask[distributed] in "
                    "AIVMSIM_PYTHON",
                    command.front()));
    return kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
