// aivmsim validate: compares simulation with theory, case by case.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/run/build_info.h"
#include "scenarios/validation/validate.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kOurCases = AIVM_SOURCE_DIR "/scenarios/validation/cases.json";

int refuse(ExitCode code, const std::string& what) {
    complain(what);
    return code;
}

std::string interval_text(const CaseResult& result) {
    if (!result.measured()) return "";
    return fmt::format("{:.5g} .. {:.5g}", result.interval.low, result.interval.high);
}

std::string line(const CaseResult& result, bool colour) {
    const bool agrees = result.verdict == Verdict::kAgrees;
    const std::string verdict =
        styled(agrees ? Style::kGood : Style::kBad, word(result.verdict), colour);
    if (!result.measured()) {
        return fmt::format("{}  {:>11} {:>11.6g}  {:<25}{:>6} {:>9}  {}\n", result.c.id, "-",
                           result.c.expected, "", "", "", verdict);
    }
    return fmt::format("{}  {:>11.6g} {:>11.6g}  {:<25}{:>6.2f} {:>9.0f}  {}\n", result.c.id,
                       result.simulated, result.c.expected, interval_text(result), result.z,
                       result.n, verdict);
}

std::string screen(const Validation& validation, bool colour) {
    std::string out = fmt::format(
        "{:<4} {:>11} {:>11}  {:<25}{:>6} {:>9}  verdict\n", "case", "simulated", "expected",
        fmt::format("interval ({:.2g} % margin)", validation.margin * 100), "z", "n");
    for (const CaseResult& result : validation.cases) out += line(result, colour);
    for (const CaseResult& result : validation.cases) {
        if (result.verdict == Verdict::kAgrees) continue;
        const std::string_view how =
            result.how.empty() ? "nothing simulates it" : std::string_view(result.how);
        out += fmt::format("\n{}: {}\n  {}\n", result.c.id, result.c.quantity, how);
        if (!result.reason.empty()) out += fmt::format("  failed: {}\n", result.reason);
    }
    const Style style =
        validation.agreeing() == validation.cases.size() ? Style::kGood : Style::kBad;
    return out + "\n" + styled(style, badge(validation, build_info().version), colour) + "\n";
}

Json json_of(const CaseResult& result) {
    return {{"id", result.c.id},
            {"quantity", result.c.quantity},
            {"expression", result.c.expression},
            {"parameters", result.c.parameters},
            {"kind", word(result.c.kind)},
            {"how", result.how},
            {"method", word(result.method)},
            {"runs", result.runs},
            {"n", result.n},
            {"simulated", result.simulated},
            {"expected", result.c.expected},
            {"low", result.interval.low},
            {"high", result.interval.high},
            {"z", result.z},
            {"p_value", result.p_value},
            {"verdict", word(result.verdict)},
            {"reason", result.reason}};
}

std::string document(const Validation& validation) {
    Json cases = Json::array();
    for (const CaseResult& result : validation.cases) cases.push_back(json_of(result));
    const Json out{{"badge", badge(validation, build_info().version)},
                   {"agree", validation.agreeing()},
                   {"of", validation.cases.size()},
                   {"passed", validation.passed()},
                   {"margin", validation.margin},
                   {"family_wise", kFamilyWiseLevel},
                   {"seed", validation.seed},
                   {"version", build_info().version},
                   {"cases", cases}};
    return out.dump(2) + "\n";
}

}  // namespace

int validate_command(const ValidateRequest& request) {
    const auto cases = load_cases(request.cases.value_or(kOurCases));
    if (!cases) return refuse(kExitBadRequest, cases.error().context);
    const auto wanted = choose_cases(*cases, request.only);
    if (!wanted) return refuse(kExitNothingMatched, wanted.error().context);
    std::unique_ptr<sim::Recorder> recorder;
    if (request.out) {
        auto made = record_to(*request.out, request.overwrite);
        if (!made)
            return refuse(exit_code_of_refusal(*request.out, made.error()), made.error().text());
        recorder = std::move(*made);
    }
    catch_interrupts();
    StatusLine status(progress_mode(request.json, false));
    std::size_t begun = 0;
    ValidateOptions options;
    options.seed = request.seed;
    options.margin = request.full ? kFullMargin : kQuickMargin;
    options.jobs = request.jobs;
    options.interrupted = interrupted;
    options.on_case = [&](const ValidationCase& c) {
        ++begun;
        status.show([&] {
            return fmt::format("{} of {}: {}, {}", begun, wanted->size(), c.id, c.quantity);
        });
    };
    const auto validation = validate(*wanted, options);
    status.clear();
    if (!validation) {
        if (interrupted()) return refuse(kExitInterrupted, "interrupted; nothing was recorded");
        return refuse(kExitHarnessFailed, validation.error().text());
    }
    if (recorder) {
        const Status kept =
            record_validation(*validation, *recorder).and_then([&] { return recorder->close(); });
        if (!kept) return refuse(kExitHarnessFailed, kept.error().text());
    }
    const std::string text =
        request.json ? document(*validation) : screen(*validation, has_colour(stdout));
    if (!print_result(text)) return kExitHarnessFailed;
    return validation->passed() ? kExitClean : kExitViolated;
}

}  // namespace aivm::scenarios::cli
