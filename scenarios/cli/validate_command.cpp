// aivmsim validate: compares simulation with theory, case by case.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "scenarios/cli/backend_choice.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/interrupt.h"
#include "scenarios/cli/json_version.h"
#include "scenarios/cli/output_file.h"
#include "scenarios/cli/progress.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/cli/text.h"
#include "scenarios/run/build_info.h"
#include "scenarios/validation/validate.h"

namespace aivm::scenarios::cli {
namespace {

using Json = nlohmann::ordered_json;

int refuse(ExitCode code, const std::string& what) {
    complain(what);
    return code;
}

std::string interval_text(const CaseResult& result) {
    if (!result.measured()) return "";
    return fmt::format("{:.5g} .. {:.5g}", result.interval.low, result.interval.high);
}

constexpr std::size_t kVerdictWidth = 9;                     // "disagrees"
constexpr std::size_t kTableWidth = 73 + kVerdictWidth + 2;  // with the blanks before a title

// What a case compares, cut at a word if the rest of the line is too short for it; empty if there
// is hardly any room.
std::string title(const std::string& quantity) {
    constexpr std::size_t kLeast = 12;
    constexpr std::string_view kCut = "...";
    const std::size_t room = screen_width() - std::min(screen_width(), kTableWidth);
    if (quantity.size() <= room) return quantity;
    if (room < kLeast) return {};
    const std::size_t end = quantity.rfind(' ', room - kCut.size());
    return quantity.substr(0, end == std::string::npos ? room - kCut.size() : end) +
           std::string(kCut);
}

std::string line(const CaseResult& result, bool colour) {
    const bool agrees = result.verdict == Verdict::kAgrees;
    const std::string verdict =
        styled(agrees ? Style::kGood : Style::kBad,
               fmt::format("{:<{}}", word(result.verdict), kVerdictWidth), colour);
    std::string out = result.measured()
                          ? fmt::format("{:<3}  {:>11.6g} {:>11.6g}  {:<25}{:>6.2f} {:>9.0f}",
                                        result.c.id, result.simulated, result.c.expected,
                                        interval_text(result), result.z, result.n)
                          : fmt::format("{:<3}  {:>11} {:>11.6g}  {:<25}{:>6} {:>9}", result.c.id,
                                        "-", result.c.expected, "", "", "");
    const std::string what = title(result.c.quantity);
    return out + fmt::format("  {}{}{}\n", verdict, what.empty() ? "" : "  ", what);
}

// Why a case does not agree.
std::string explanation(const CaseResult& result) {
    std::string out = fmt::format("\n{}: {}\n", result.c.id, result.c.quantity);
    if (!result.how.empty()) out += fmt::format("  {}\n", result.how);
    return out + fmt::format("  {}: {}\n", word(result.verdict), result.reason);
}

std::string screen(const Validation& validation, bool colour) {
    std::string out =
        fmt::format("{:<4} {:>11} {:>11}  {:<25}{:>6} {:>9}  {:<{}}  what\n", "case", "simulated",
                    "expected", fmt::format("interval ({:.2g} % margin)", validation.margin * 100),
                    "z", "n", "verdict", kVerdictWidth);
    for (const CaseResult& result : validation.cases) out += line(result, colour);
    for (const CaseResult& result : validation.cases) {
        if (result.verdict != Verdict::kAgrees) out += explanation(result);
    }
    const bool all = validation.count(Verdict::kAgrees) == validation.cases.size();
    return out + "\n" +
           styled(all ? Style::kGood : Style::kBad, badge(validation, build_info().version),
                  colour) +
           "\n";
}

// The keys are described in scenarios/validation/CASES.md. Numbers that were not measured are null.
Json json_of(const CaseResult& result) {
    const auto measured = [&](double number) { return result.measured() ? Json(number) : Json(); };
    return {{"id", result.c.id},
            {"quantity", result.c.quantity},
            {"expression", result.c.expression},
            {"parameters", result.c.parameters},
            {"kind", word(result.c.kind)},
            {"how", result.how},
            {"method", result.how.empty() ? std::string_view() : word(result.method)},
            {"runs", result.runs},
            {"n", measured(result.n)},
            {"simulated", measured(result.simulated)},
            {"expected", result.c.expected},
            {"low", measured(result.interval.low)},
            {"high", measured(result.interval.high)},
            {"z", measured(result.z)},
            {"p_value", measured(result.p_value)},
            {"margin", measured(result.margin.reach)},
            {"margin_rule", result.measured() ? word(result.margin.rule) : std::string_view()},
            {"verdict", word(result.verdict)},
            {"reason", result.reason}};
}

std::string document(const Validation& validation) {
    Json cases = Json::array();
    for (const CaseResult& result : validation.cases) cases.push_back(json_of(result));
    Json out{{"schema_version", kJsonVersion},
             {"badge", badge(validation, build_info().version)},
             {"of", validation.cases.size()}};
    for (const Verdict verdict :
         {Verdict::kAgrees, Verdict::kDisagrees, Verdict::kUndecided, Verdict::kFailed}) {
        out[std::string(word(verdict))] = validation.count(verdict);
    }
    out["passed"] = validation.passed();
    out["margin"] = validation.margin;
    out["family_wise"] = kFamilyWiseLevel;
    out["seed"] = std::to_string(validation.seed);
    out["backend"] = validation.backend;
    out["kernel_fallbacks"] = validation.kernel_fallbacks;
    out["version"] = build_info().version;
    out["cases"] = cases;
    return out.dump(2) + "\n";
}

// The worst verdict decides.
ExitCode exit_code_of(const Validation& validation) {
    if (!validation.passed()) return kExitViolated;
    return validation.count(Verdict::kUndecided) > 0 ? kExitLimit : kExitClean;
}

}  // namespace

int validate_command(const ValidateRequest& request) {
    const auto cases = load_cases(request.cases.value_or(built_in_cases()));
    if (!cases) return refuse(kExitBadRequest, cases.error().context);
    const auto wanted = choose_cases(*cases, request.only);
    if (!wanted) return refuse(kExitNothingMatched, wanted.error().context);
    catch_interrupts();
    std::unique_ptr<sim::Recorder> recorder;
    if (request.out) {
        auto made = record_to(*request.out, request.overwrite);
        if (!made)
            return refuse(exit_code_of_refusal(*request.out, made.error()), made.error().text());
        recorder = std::move(*made);
    }
    const auto backend = open_backend(request.backend);  // so that a wrong name fails at once
    if (!backend) return kExitHarnessFailed;
    announce(**backend);
    StatusLine status(progress_mode(request.json, false));
    std::size_t begun = 0;
    ValidateOptions options;
    options.seed = request.seed;
    options.margin = request.full ? kFullMargin : kQuickMargin;
    options.jobs = request.jobs;
    options.backend = request.backend;
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
    return exit_code_of(*validation);
}

}  // namespace aivm::scenarios::cli
