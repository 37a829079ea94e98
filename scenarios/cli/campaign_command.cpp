#include <fmt/format.h>

#include <filesystem>
#include <random>
#include <thread>

#include "scenarios/cli/campaign_executor.h"
#include "scenarios/cli/campaign_shown.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/loading.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/cli/wall_clock.h"
#include "scenarios/file/print.h"
#include "scenarios/file/units.h"
#include "scenarios/run/build_info.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kRunsDefault = 100;

std::uint64_t drawn_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

// "I/N" with 1 <= I <= N.
bool read_pair(const std::string& text, std::uint32_t& part, std::uint32_t& whole) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos) return false;
    const auto first = parse_integer(text.substr(0, slash));
    const auto second = parse_integer(text.substr(slash + 1));
    if (!first || !second || *first == 0 || *first > *second || *second > UINT32_MAX) return false;
    part = static_cast<std::uint32_t>(*first);
    whole = static_cast<std::uint32_t>(*second);
    return true;
}

// A duration above zero.
bool read_duration(const char* flag, const std::string& text, std::uint64_t& out) {
    const auto parsed = parse_duration_ns(text);
    if (!parsed) {
        complain(fmt::format("{} {}: {}; {}", flag, text, parsed.error().message,
                             parsed.error().remedy));
        return false;
    }
    if (*parsed == 0) {
        complain(fmt::format("{} {}: nothing can be done in no time; give it some, such as 10m",
                             flag, text));
        return false;
    }
    out = *parsed;
    return true;
}

std::optional<CampaignPlan> plan_of(const CampaignArguments& arguments) {
    CampaignPlan plan;
    std::vector<std::string> names = arguments.scenarios;
    if (names.empty()) names.emplace_back("swarm");
    for (const std::string& name : names) {
        const auto given = load_given(name, arguments.assignments);
        if (!given) return std::nullopt;
        plan.scenarios.push_back(
            {given->loaded.scenario.name, canonical_text(given->loaded.scenario)});
    }
    plan.program = build_info().version;
    plan.paranoid = arguments.paranoid;
    if (!read_pair(arguments.shard, plan.shard, plan.shards)) {
        complain(
            fmt::format("--shard {}: write I/N with I from 1 to N, such as 2/8", arguments.shard));
        return std::nullopt;
    }
    if (plan.shards > 1 && !arguments.seed) {
        complain("--shard needs --seed: all shards of a campaign have one seed");
        return std::nullopt;
    }
    std::uint32_t one = 0;
    plan.repeat_one_in = 0;
    if (arguments.repeat != "0" &&
        (!read_pair(arguments.repeat, one, plan.repeat_one_in) || one != 1)) {
        complain(fmt::format("--repeat {}: write 1/N, such as 1/16, or 0", arguments.repeat));
        return std::nullopt;
    }
    return plan;
}

// The seed: as given; else that of the campaign in the folder, which then goes on; else drawn.
std::uint64_t seed_of(const CampaignArguments& arguments) {
    if (arguments.seed) return *arguments.seed;
    if (arguments.out) {
        if (const auto there = read_campaign(*arguments.out)) return there->plan.seed;
    }
    return drawn_seed();
}

std::optional<CampaignOptions> options_of(const CampaignArguments& arguments, StatusLine& line) {
    CampaignOptions options;
    options.jobs =
        arguments.jobs > 0 ? arguments.jobs : std::max(1U, std::thread::hardware_concurrency());
    options.runs_max = arguments.runs;
    if (!arguments.budget.empty() &&
        !read_duration("--budget", arguments.budget, options.budget_ns))
        return std::nullopt;
    options.unseen_max = arguments.unseen_max;
    if (options.runs_max == 0 && options.budget_ns == 0 && options.unseen_max == 0)
        options.runs_max = kRunsDefault;
    if (!read_duration("--run-limit", arguments.run_limit, options.run_limit_ns))
        return std::nullopt;
    if (!read_duration("--shrink-limit", arguments.shrink_limit, options.shrink_limit_ns))
        return std::nullopt;
    options.run_memory_bytes = arguments.memory_mib << 20;
    options.shrink_tries = arguments.shrink_tries;
    options.fail_fast = arguments.fail_fast;
    options.stop = interrupted;
    options.wall_clock_ns = wall_clock_ns;
    options.progress = [&line](const CampaignProgress& at) {
        line.show([&] {
            const double seconds = static_cast<double>(at.elapsed_ns) / 1e9;
            return fmt::format("{} runs  {:.1f} a second  {} kinds of violation", grouped(at.runs),
                               static_cast<double>(at.runs) / seconds, at.defects);
        });
    };
    return options;
}

int exit_code_of(const Error& error) {
    const bool request = error.code == ErrorCode::kConflict || error.code == ErrorCode::kConfig ||
                         error.code == ErrorCode::kMalformed ||
                         error.code == ErrorCode::kWrongState;
    return request ? kExitBadRequest : kExitHarnessFailed;
}

}  // namespace

int campaign_command(const CampaignArguments& arguments) {
    if (!arguments.executor.empty()) return campaign_on_executor(arguments);
    if (arguments.shards != 0) {
        complain("--shards needs --executor; --shard I/N makes one part here");
        return kExitBadRequest;
    }
    StatusLine line(progress_mode(arguments.quiet, arguments.progress));
    const auto options = options_of(arguments, line);
    if (!options) return kExitBadRequest;
    auto plan = plan_of(arguments);
    if (!plan) return kExitBadRequest;
    plan->seed = seed_of(arguments);
    const std::string folder =
        arguments.out.value_or(fmt::format("{}/campaign-{}", kOutputFolder, plan->seed));
    if (!arguments.quiet)
        say(fmt::format("campaign seed {}, folder {}, {}", plan->seed, folder,
                        counted(options->jobs, "worker")));
    catch_interrupts();
    const std::uint64_t started = wall_clock_ns();
    auto result = run_campaign(*plan, folder, *options);
    line.clear();
    if (!result) {
        complain(result.error().context);
        return exit_code_of(result.error());
    }
    CampaignShown shown{std::move(*result), {}, folder, wall_clock_ns() - started, {}};
    shown.summary = summarise(shown.result.contents, arguments.probes);
    return show_campaign(shown,
                         {arguments.json, arguments.quiet, arguments.junit, arguments.sarif});
}

}  // namespace aivm::scenarios::cli
