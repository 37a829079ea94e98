#include "scenarios/cli/man_page.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/help.h"

namespace aivm::scenarios::cli {
namespace {

struct Entry {
    std::string_view name;
    std::string_view meaning;
};

// What no option says; options with a variable of their own name it in their description.
constexpr auto kVariables = std::to_array<Entry>({
    {"AIVMSIM_SECTION__KEY",
     "the value of a scenario key, such as AIVMSIM_VM__SLASH_BPS=5000; --set wins over it, and it "
     "over the scenario file"},
    {"AIVMSIM_CATALOG", "folder of the scenarios that commands take by name"},
    {"AIVMSIM_CASES", "file of the validation cases of theory"},
    {"AIVMSIM_PYTHON", "the Python that runs the report"},
    {"LUX_GPU_PLUGIN_DIR", "folder in which GPU plugins are searched first"},
    {"LUXCPP_PREFIX", "installation prefix in which GPU plugins are searched next"},
    {"NO_COLOR", "if not empty, nothing is coloured"},
    {"COLUMNS", "the width of the screen"},
});

constexpr auto kFiles = std::to_array<Entry>({
    {"aivmsim-out/", "what commands write when no other place is named"},
    {"aivmsim-out/SCENARIO-SEED.db",
     "a run: an SQLite database with the scenario, the seed and all results"},
    {"aivmsim-out/SCENARIO-sweep.db", "a study: all runs of a sweep"},
    {"aivmsim-out/findings/ID/",
     "a run that violated an invariant: finding.json, report.txt, scenario.toml, and what replay "
     "needs"},
    {"FILE.partial", "a database that is being written, or was when the program was killed"},
});

// The text so that roff prints it as it is.
std::string roff_text(std::string_view text) {
    std::string out;
    bool line_begins = true;
    for (const char c : text) {
        if (line_begins && (c == '.' || c == '\'')) out += "\\&";
        line_begins = c == '\n';
        if (c == '\\') {
            out += "\\e";
        } else if (c == '-') {
            out += "\\-";
        } else {
            out += c;
        }
    }
    return out;
}

std::string entry(std::string_view name, std::string_view meaning) {
    return fmt::format(".TP\n\\fB{}\\fR\n{}\n", roff_text(name), roff_text(meaning));
}

std::string entry_of(const CLI::Option& option) {
    const OptionWords words = words_of(option);
    const std::string value =
        words.value.empty() ? "" : fmt::format(" \\fI{}\\fR", roff_text(words.value));
    return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", roff_text(words.names), value,
                       roff_text(words.about));
}

// Those of one command or, for the program itself, those before a command.
std::string options_text(const CLI::App& app) {
    std::string out;
    for (const CLI::Option* option : app.get_options()) {
        const bool is_help = option == app.get_help_ptr() || option == app.get_help_all_ptr();
        const bool is_of_every_command = app.get_parent() != nullptr && is_help;
        if (!option->get_group().empty() && !is_of_every_command) out += entry_of(*option);
    }
    return out;
}

// Lines that stay as they are.
std::string verbatim(std::string_view text) {
    while (text.starts_with('\n')) text.remove_prefix(1);
    while (text.ends_with('\n')) text.remove_suffix(1);
    return text.empty() ? "" : fmt::format(".PP\n.nf\n{}\n.fi\n", roff_text(text));
}

std::string command_text(const CLI::App& command) {
    return fmt::format(".SS aivmsim {}\n{}\n{}{}", roff_text(command.get_name()),
                       roff_text(command.get_description()), options_text(command),
                       verbatim(command.get_footer()));
}

template <class Entries>
std::string section(std::string_view title, const Entries& entries) {
    std::string out = fmt::format(".SH {}\n", title);
    for (const Entry& each : entries) out += entry(each.name, each.meaning);
    return out;
}

}  // namespace

std::string man_page(const CLI::App& app, const std::string& version) {
    // Left-aligned, and no word is cut: options and keys are to be found and copied.
    std::string out = fmt::format(
        ".TH AIVMSIM 1 \"\" \"aivmsim {}\" \"User Commands\"\n.nh\n.ad l\n.SH NAME\n"
        "aivmsim \\- deterministic simulator of the AIVM\n.SH SYNOPSIS\n"
        "\\fBaivmsim\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n.SH DESCRIPTION\n",
        roff_text(version));
    std::string about = app.get_description();
    while (about.ends_with('\n')) about.pop_back();
    out += roff_text(about) + "\n" + options_text(app) + ".SH COMMANDS\n";
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
        out += command_text(*command);
    out += ".SH EXIT STATUS\n";
    for (const ExitCodeRow& row : kExitCodeRows)
        out += entry(std::to_string(static_cast<int>(row.code)), row.meaning);
    return out + section("ENVIRONMENT", kVariables) + section("FILES", kFiles) +
           ".SH SEE ALSO\n\\fBaivmsim explain\\fR \\fINAME\\fR says what a scenario key, a "
           "strategy, an invariant, a metric, a table or a word of its output means.\n";
}

}  // namespace aivm::scenarios::cli
