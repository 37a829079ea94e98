// A campaign as JUnit XML, in the dialect that GitHub, GitLab and Jenkins read: <testsuites> with
// one <testsuite> of <testcase> elements, each with at most one <failure> or <error>.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/cli/campaign_shown.h"

namespace aivm::scenarios::cli {
namespace {

// Text for an attribute or an element: markup is escaped, and characters that XML 1.0 does not
// allow become spaces.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return out;
}

struct Cases {
    std::string text;
    std::size_t tests = 0;
    std::size_t failures = 0;
    std::size_t errors = 0;

    void pass(std::string_view name) {
        ++tests;
        text += fmt::format("    <testcase classname=\"campaign\" name=\"{}\"/>\n", escaped(name));
    }
    void fail(std::string_view name, std::string_view message, std::string_view details) {
        ++failures;
        add("failure", name, message, details);
    }
    void error(std::string_view name, std::string_view message, std::string_view details) {
        ++errors;
        add("error", name, message, details);
    }

private:
    void add(std::string_view element, std::string_view name, std::string_view message,
             std::string_view details) {
        ++tests;
        text += fmt::format(
            "    <testcase classname=\"campaign\" name=\"{}\">\n"
            "      <{} message=\"{}\">{}</{}>\n"
            "    </testcase>\n",
            escaped(name), element, escaped(message), escaped(details), element);
    }
};

void add_scenarios(const CampaignShown& shown, Cases& cases) {
    const CampaignSummary& s = shown.summary;
    for (const CampaignScenario& scenario : shown.plan().scenarios) {
        const auto of_it = [&](const auto& row) { return row.scenario == scenario.name; };
        if (std::ranges::none_of(s.defects, of_it) && std::ranges::none_of(s.failures, of_it))
            cases.pass(scenario.name);
    }
}

}  // namespace

std::string campaign_junit(const CampaignShown& shown) {
    const CampaignSummary& s = shown.summary;
    Cases cases;
    add_scenarios(shown, cases);
    for (const Defect& d : s.defects) {
        cases.fail(fmt::format("{} {} {}", d.scenario, d.invariant, d.name), d.message,
                   command_of(shown, d));
    }
    for (const Failure& f : s.failures) {
        cases.error(fmt::format("{} {}", f.scenario, run_end_word(f.end)), f.message,
                    command_of(shown, f));
    }
    for (const ProbeShare& probe : s.probes) {
        if (probe.target == 0) continue;
        const std::string name = "probe " + probe.name;
        if (!probe.missed()) {
            cases.pass(name);
        } else {
            cases.fail(name, "reached too rarely",
                       fmt::format("{} of {} runs, at most {:.3f} with confidence, target {:.3f}",
                                   probe.runs, s.runs, probe.share_max, probe.target));
        }
    }
    const std::string counts = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\"",
                                           cases.tests, cases.failures, cases.errors);
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites {} time=\"{:.3f}\">\n"
        "  <testsuite name=\"aivmsim campaign, seed {}\" {} skipped=\"0\" time=\"{:.3f}\">\n"
        "{}  </testsuite>\n</testsuites>\n",
        counts, static_cast<double>(shown.wall_ns) / 1e9, shown.plan().seed, counts,
        static_cast<double>(shown.wall_ns) / 1e9, cases.text);
}

}  // namespace aivm::scenarios::cli
