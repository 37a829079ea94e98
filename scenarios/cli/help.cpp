#include "scenarios/cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/check.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::size_t kColumn = 28;  // of the descriptions

struct Example {
    std::string_view command;
    std::string_view lines;
};

constexpr std::array kExamples{
    Example{"run",
            "  aivmsim run quickstart\n"
            "  aivmsim run lazy_provider --set vm.slash_bps=5000 --seed 7 --counterfactual\n"},
    Example{"sweep",
            "  aivmsim sweep safe_window --over vm.challenge_window_blocks=5,20,60 \\\n"
            "    --over chain.censoring_share=10%..90%:20% --seeds 1..16 --out study.db\n"},
    Example{"merge", "  aivmsim merge part-1.db part-2.db --out study.db\n"},
    Example{"compare", "  aivmsim compare before.db after.db --metrics ttf_mean,attacker_net\n"},
    Example{"campaign", "  aivmsim campaign swarm --budget 10m --junit junit.xml\n"},
    Example{"replay",
            "  aivmsim replay aivmsim-out/findings/3f9a2c71\n"
            "  aivmsim replay study.db --run 1063844578498770052\n"},
    Example{"shrink", "  aivmsim shrink aivmsim-out/findings/3f9a2c71 --tries 5000\n"},
    Example{"emit-test", "  aivmsim emit-test aivmsim-out/findings/3f9a2c71 --out tests\n"},
    Example{"bisect-digest", "  aivmsim bisect-digest quickstart@1 trace-of-another-build.json\n"},
    Example{"trace", "  aivmsim trace quickstart@1 > trace.json\n"},
    Example{"timeline", "  aivmsim timeline aivmsim-out/findings/3f9a2c71 --html timeline.html\n"},
    Example{"fuzz", "  aivmsim fuzz kernels_fuzz --budget 5m\n"},
    Example{"mutants", "  build/mutants/bin/aivmsim mutants D22\n"},
    Example{"profit",
            "  aivmsim profit quorum_collusion --budget 1m\n"
            "  aivmsim profit --catalogue --budget 20m --table RESULTS.md\n"},
    Example{"check", "  aivmsim check my.toml\n  aivmsim check study.db\n"},
    Example{"list", "  aivmsim list keys\n"},
    Example{"reference", "  aivmsim reference schema > aivmsim.schema.json\n"},
    Example{"explain", "  aivmsim explain vm.slash_bps\n  aivmsim explain V31\n"},
    Example{"report", "  aivmsim report study.db -o report.html --figures figures\n"},
    Example{"validate", "  aivmsim validate --only V31,C02\n"},
    Example{"serve", "  aivmsim serve --dev &\n  curl http://127.0.0.1:8080/tasks\n"},
    Example{"sign",
            "  aivmsim sign key.hex --new\n"
            "  aivmsim sign key.hex --path /tasks/submit --nonce 1 --body task.json\n"},
    Example{"gpu", "  aivmsim gpu\n"},
    Example{"completion", "  source <(aivmsim completion bash)\n"},
    Example{"man", "  aivmsim man > aivmsim.1 && man ./aivmsim.1\n"},
    Example{"version", "  aivmsim version\n"},
};

// What CLI11 calls "UINT:INT in [1 - 2]" is a number from 1 to 2, "TEXT:{a,b}" one of a and b.
std::string type_text(const std::string& name) {
    const std::size_t colon = name.find(':');
    const std::string check = colon == std::string::npos ? "" : name.substr(colon + 1);
    if (check.starts_with('{')) return check;
    if (name.starts_with("UINT") || name.starts_with("INT")) return "N";
    if (name.starts_with("TEXT")) return "TEXT";
    return name.substr(0, colon);
}

class Help final : public CLI::Formatter {
public:
    std::string make_option_name(const CLI::Option* option, bool is_positional) const override {
        std::string name = CLI::Formatter::make_option_name(option, is_positional);
        // The value that a flag sets.
        if (const std::size_t brace = name.find('{'); brace != std::string::npos)
            name.resize(brace);
        return name;
    }

    std::string make_option_opts(const CLI::Option* option) const override {
        std::string out;
        if (option->get_type_size() != 0) out += " " + type_text(option->get_type_name());
        if (option->get_expected_max() == CLI::detail::expected_max_vector_size &&
            !out.ends_with("..."))
            out += " ...";
        return out;
    }

    std::string make_option_desc(const CLI::Option* option) const override {
        std::string out = option->get_description();
        if (!option->get_envname().empty())
            out += fmt::format("; also by {}", option->get_envname());
        for (const CLI::Option* needed : option->get_needs())
            out += fmt::format("; with {}", needed->get_name());
        return out;
    }

    std::string make_option(const CLI::Option* option, bool is_positional) const override {
        const std::string name =
            "  " + make_option_name(option, is_positional) + make_option_opts(option);
        const std::string text = make_option_desc(option);
        const std::size_t room = std::max(screen_width(), kColumn + 30) - kColumn;
        const std::string folded = wrapped(text, room, kColumn);
        if (name.size() + 2 <= kColumn) return fmt::format("{:<{}}{}\n", name, kColumn, folded);
        return fmt::format("{}\n{}{}\n", name, std::string(kColumn, ' '), folded);
    }
};

}  // namespace

OptionWords words_of(const CLI::Option& option) {
    const Help help;
    const bool is_positional = option.get_positional();
    std::string value = is_positional ? "" : help.make_option_opts(&option);
    if (value.starts_with(' ')) value.erase(0, 1);
    return {help.make_option_name(&option, is_positional), std::move(value),
            help.make_option_desc(&option)};
}

void set_help(CLI::App& app) {
    app.formatter(std::make_shared<Help>());
    for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        command->formatter(app.get_formatter());
        const auto example = std::ranges::find(kExamples, command->get_name(), &Example::command);
        AIVM_CHECK(example != kExamples.end());
        command->footer(fmt::format("{}\nExamples:\n{}", command->get_footer(), example->lines));
    }
}

}  // namespace aivm::scenarios::cli
