#include "scenarios/validation/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <exception>
#include <limits>
#include <optional>
#include <thread>

#include "core/base/check.h"
#include "sim/engine/random_stream.h"

namespace aivm::scenarios {
namespace {

// The digits that the case file writes; an exact case must match to them.
constexpr double kExactTolerance = 1e-4;
constexpr const char* kInterrupted = "interrupted";

// The seed of a run depends on its case and number only.
std::uint64_t run_seed(std::uint64_t seed, const std::string& id, std::uint64_t run) {
    std::uint32_t number = 0;
    std::from_chars(id.data() + 1, id.data() + id.size(), number);
    return sim::random_block({seed, static_cast<std::uint32_t>(id[0]), number}, run)[0];
}

// One run. A failed assumption about the parameters ends this case only, not the suite.
Result<Sample> simulate_one(const CaseRow& row, const ValidationCase& c,
                            const RunContext& context) {
    try {
        AIVM_ASSIGN(const Sample sample, row.simulate(c, context));
        if (!(sample.whole > 0)) return fail(ErrorCode::kWrongState, "a run has nothing to count");
        return sample;
    } catch (const std::exception& broken) {
        return fail(ErrorCode::kInvalidArgument, broken.what());
    }
}

// Runs `first` to `last`, on several threads; samples are in the order of the runs. The error is
// that of the first failed run.
Result<std::vector<Sample>> simulate(const CaseRow& row, const ValidationCase& c,
                                     const ValidateOptions& options, std::uint64_t first,
                                     std::uint64_t last) {
    std::vector<std::optional<Result<Sample>>> found(last - first);
    std::atomic<std::uint64_t> next{0};
    const auto work = [&] {
        for (std::uint64_t i = next++; i < found.size(); i = next++) {
            if (options.interrupted && options.interrupted()) return;
            const RunContext context{run_seed(options.seed, c.id, first + i), options.fault,
                                     first + i == 0};
            found[i] = simulate_one(row, c, context);
        }
    };
    std::vector<std::thread> helpers;
    for (unsigned i = 1; i < options.jobs; ++i) helpers.emplace_back(work);
    work();
    for (std::thread& helper : helpers) helper.join();
    std::vector<Sample> samples;
    for (const auto& one : found) {
        if (!one) return fail(ErrorCode::kWrongState, kInterrupted);
        if (!*one) return tl::unexpected<Error>(one->error());
        samples.push_back(**one);
    }
    return samples;
}

bool within(const Interval& interval, double expected, double margin) {
    const double reach = margin * std::abs(expected);
    return interval.low >= expected - reach && interval.high <= expected + reach;
}

// Further looks could not make it agree, except with negligible probability.
bool hopeless(const Interval& interval, double expected, double margin) {
    const double reach = margin * std::abs(expected);
    return interval.high < expected - reach || interval.low > expected + reach;
}

void describe(CaseResult& result, const Evidence& evidence, double confidence,
              std::uint32_t looks) {
    const double expected = result.c.expected;
    result.runs = evidence.runs();
    result.n = evidence.trials();
    result.simulated = evidence.mean();
    result.interval = evidence.interval(confidence);
    if (result.method == Method::kExact) {
        const bool same = within(result.interval, expected, kExactTolerance);
        result.z = same ? 0
                        : std::copysign(std::numeric_limits<double>::infinity(),
                                        result.simulated - expected);
        result.p_value = same ? 1 : 0;
        return;
    }
    result.z = evidence.z(expected);
    // Corrected for the number of looks.
    result.p_value = std::min(1.0, looks * evidence.p_value(expected));
}

// Makes the runs of a case, look by look, until one look decides.
Status look(const CaseRow& row, const ValidateOptions& options, CaseResult& result) {
    const ValidationCase& c = result.c;
    const bool exact = row.method == Method::kExact;
    const double scale =
        exact ? 1 : (kQuickMargin / options.margin) * (kQuickMargin / options.margin);
    const double confidence = 1 - 2 * kMissedBias / kLooks;
    Evidence evidence(row.method);
    auto runs = static_cast<std::uint64_t>(std::ceil(row.runs * scale));
    for (std::uint32_t look = 1; look <= (exact ? 1 : kLooks); ++look, runs *= 2) {
        AIVM_ASSIGN(const std::vector<Sample> samples,
                    simulate(row, c, options, evidence.runs(), runs));
        for (const Sample& sample : samples) evidence.add(sample);
        describe(result, evidence, confidence, look);
        result.verdict = Verdict::kMissed;
        if (exact ? result.p_value == 1 : within(result.interval, c.expected, options.margin)) {
            result.verdict = Verdict::kAgrees;
            break;
        }
        if (hopeless(result.interval, c.expected, options.margin)) break;
    }
    return {};
}

// Errors: kWrongState when interrupted.
Result<CaseResult> decide(const ValidationCase& c, const ValidateOptions& options) {
    CaseResult result;
    result.c = c;
    const CaseRow* row = find_case_row(c.id);
    if (row == nullptr) return result;
    result.how = row->how;
    result.method = row->method;
    if (const Status status = look(*row, options, result); !status) {
        if (options.interrupted && options.interrupted())
            return fail(ErrorCode::kWrongState, kInterrupted);
        result.verdict = Verdict::kFailed;
        result.reason = status.error().text();
    }
    return result;
}

}  // namespace

std::size_t Validation::agreeing() const {
    return static_cast<std::size_t>(
        std::ranges::count(cases, Verdict::kAgrees, &CaseResult::verdict));
}

std::size_t Validation::missed() const {
    return static_cast<std::size_t>(
        std::ranges::count(cases, Verdict::kMissed, &CaseResult::verdict));
}

std::size_t Validation::failed() const {
    return static_cast<std::size_t>(
        std::ranges::count(cases, Verdict::kFailed, &CaseResult::verdict));
}

std::string badge(const Validation& validation, const std::string& version) {
    return fmt::format("validated: {} of {} cases agree, family-wise 1e-4, {}",
                       validation.agreeing(), validation.cases.size(), version);
}

Result<Validation> validate(const std::vector<ValidationCase>& cases,
                            const ValidateOptions& options) {
    AIVM_CHECK(options.margin > 0 && options.jobs > 0);
    Validation out;
    out.margin = options.margin;
    out.seed = options.seed;
    for (const ValidationCase& c : cases) {
        if (options.on_case) options.on_case(c);
        AIVM_ASSIGN(CaseResult result, decide(c, options));
        out.cases.push_back(std::move(result));
    }
    const auto decided = [](const CaseResult& result) {
        return result.verdict == Verdict::kAgrees || result.verdict == Verdict::kMissed;
    };
    std::vector<double> p_values;
    for (const CaseResult& result : out.cases) {
        if (decided(result)) p_values.push_back(result.p_value);
    }
    const std::vector<bool> differs = holm_rejections(p_values, kFamilyWiseLevel);
    std::size_t i = 0;
    for (CaseResult& result : out.cases) {
        if (decided(result) && differs[i++]) result.verdict = Verdict::kMissed;
    }
    return out;
}

Status record_validation(const Validation& validation, sim::Recorder& recorder) {
    for (const CaseResult& result : validation.cases) {
        sim::ValidationRow row;
        row.name = result.c.id;
        row.method = word(result.method);
        if (result.verdict == Verdict::kNotImplemented) row.method = "not implemented";
        if (result.verdict == Verdict::kFailed) row.method = "failed: " + result.reason;
        row.n = static_cast<std::uint64_t>(result.n);
        row.predicted = result.c.expected;
        row.mean = result.simulated;
        row.low = result.interval.low;
        row.high = result.interval.high;
        row.passed = result.verdict == Verdict::kAgrees;
        AIVM_TRY(recorder.add_analysis(row));
    }
    return {};
}

}  // namespace aivm::scenarios
