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
#include "scenarios/run/backend.h"
#include "sim/engine/random_stream.h"

namespace aivm::scenarios {
namespace {

constexpr const char* kInterrupted = "interrupted";

// The seed of a run depends on its case and number only.
std::uint64_t run_seed(std::uint64_t seed, const std::string& id, std::uint64_t run) {
    std::uint32_t number = 0;
    std::from_chars(id.data() + 1, id.data() + id.size(), number);
    return sim::random_block({seed, static_cast<std::uint32_t>(id[0]), number}, run)[0];
}

// One per thread: kernels are not shared between threads.
using Backends = std::vector<std::unique_ptr<Backend>>;

Result<Backends> open_backends(const ValidateOptions& options) {
    Backends out;
    for (unsigned i = 0; i < options.jobs; ++i) {
        AIVM_ASSIGN(auto backend, Backend::open(options.backend));
        out.push_back(std::move(backend));
    }
    return out;
}

// One run. A failed assumption about the parameters ends this case only, not the suite.
Result<Sample> simulate_one(const CaseRow& row, const ValidationCase& c,
                            const RunContext& context) {
    try {
        AIVM_ASSIGN(const Sample sample, row.simulate(c, context));
        if (!(sample.whole > 0)) return fail(ErrorCode::kWrongState, "a run has nothing to count");
        return sample;
    } catch (const gpu::GpuFailure& failure) {
        return fail(ErrorCode::kGpuNotAvailable, failure.what());
    } catch (const std::exception& broken) {
        return fail(ErrorCode::kInvalidArgument, broken.what());
    }
}

// Runs `first` to `last`, on several threads; samples are in the order of the runs. The error is
// that of the first failed run.
Result<std::vector<Sample>> simulate(const CaseRow& row, const ValidationCase& c,
                                     const ValidateOptions& options, const Backends& backends,
                                     std::uint64_t first, std::uint64_t last) {
    std::vector<std::optional<Result<Sample>>> found(last - first);
    std::atomic<std::uint64_t> next{0};
    const auto work = [&](Backend& backend) {
        for (std::uint64_t i = next++; i < found.size(); i = next++) {
            if (options.interrupted && options.interrupted()) return;
            const RunContext context{run_seed(options.seed, c.id, first + i), options.fault,
                                     first + i == 0, &backend.kernels()};
            found[i] = simulate_one(row, c, context);
        }
    };
    std::vector<std::thread> helpers;
    for (std::size_t i = 1; i < backends.size(); ++i)
        helpers.emplace_back([&work, &backends, i] { work(*backends[i]); });
    work(*backends.front());
    for (std::thread& helper : helpers) helper.join();
    std::vector<Sample> samples;
    for (const auto& one : found) {
        if (!one) return fail(ErrorCode::kWrongState, kInterrupted);
        if (!*one) return tl::unexpected<Error>(one->error());
        samples.push_back(**one);
    }
    return samples;
}

void describe(CaseResult& result, const Evidence& evidence, double confidence,
              std::uint32_t looks) {
    const double expected = result.c.expected;
    result.runs = evidence.runs();
    result.n = evidence.trials();
    result.simulated = evidence.mean();
    result.interval = evidence.interval(confidence);
    if (result.method == Method::kExact) {
        const bool same = result.margin.holds(result.interval, expected);
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

// Sets the verdict of a measured case and its reason.
void judge(CaseResult& result) {
    const double expected = result.c.expected;
    const double low = expected - result.margin.reach;
    const double high = expected + result.margin.reach;
    if (result.margin.holds(result.interval, expected)) {
        result.verdict = Verdict::kAgrees;
        result.reason.clear();
    } else if (result.method == Method::kExact ||
               result.margin.excludes(result.interval, expected)) {
        result.verdict = Verdict::kDisagrees;
        result.reason =
            fmt::format("the interval lies outside the margin, {:.6g} to {:.6g}", low, high);
    } else {
        result.verdict = Verdict::kUndecided;
        result.reason = fmt::format(
            "after {} runs the interval is still too wide for the margin, {:.6g} to {:.6g}",
            result.runs, low, high);
    }
}

// How many times the runs made so far an interval within the margin takes, if the case is right.
double more_runs(const CaseResult& result) {
    constexpr double kSlack = 1.5;  // the mean of more runs is off as well
    const double half_width = result.interval.width() / 2;
    const double factor = half_width / result.margin.reach;
    return std::clamp(kSlack * factor * factor, 2.0, kMoreRunsMax);
}

// Makes the runs of a case, look by look, until one look decides.
Status look(const CaseRow& row, const ValidateOptions& options, const Backends& backends,
            CaseResult& result) {
    const bool exact = row.method == Method::kExact;
    const double scale =
        exact ? 1 : (kQuickMargin / options.margin) * (kQuickMargin / options.margin);
    const double confidence = 1 - 2 * kMissedBias / kLooks;
    Evidence evidence(row.method);
    double runs = std::ceil(row.runs * scale);
    for (std::uint32_t look = 1; look <= (exact ? 1 : kLooks); ++look) {
        AIVM_ASSIGN(const std::vector<Sample> samples,
                    simulate(row, result.c, options, backends, evidence.runs(),
                             static_cast<std::uint64_t>(runs)));
        for (const Sample& sample : samples) evidence.add(sample);
        describe(result, evidence, confidence, look);
        judge(result);
        if (result.verdict != Verdict::kUndecided) break;
        runs = std::ceil(runs * (look == 1 ? more_runs(result) : 2));
    }
    return {};
}

Status check_comparable(const CaseRow& row, const ValidationCase& c) {
    if (!c.problem.empty()) return fail(ErrorCode::kInvalidArgument, c.problem);
    if (!is_frequency(row.method) || (c.expected >= 0 && c.expected <= 1)) return {};
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a frequency is simulated, and {} is none", c.expected));
}

Status measure(const ValidateOptions& options, const Backends& backends, CaseResult& result) {
    const ValidationCase& c = result.c;
    const CaseRow* row = find_case_row(c.id);
    if (row == nullptr) {
        return fail(ErrorCode::kInvalidArgument,
                    c.problem.empty() ? "nothing simulates this case" : c.problem);
    }
    result.how = row->how;
    result.method = row->method;
    AIVM_TRY(check_comparable(*row, c));
    try {
        const double unit = row->unit == nullptr ? 0 : row->unit(c);
        result.margin = margin_of(c, row->method, unit, options.margin);
        return look(*row, options, backends, result);
    } catch (const std::exception& broken) {
        return fail(ErrorCode::kInvalidArgument, broken.what());
    }
}

// Errors: as validate().
Result<CaseResult> decide(const ValidationCase& c, const ValidateOptions& options,
                          const Backends& backends) {
    CaseResult result;
    result.c = c;
    const Status status = measure(options, backends, result);
    if (status) return result;
    if (options.interrupted && options.interrupted())
        return fail(ErrorCode::kWrongState, kInterrupted);
    const Error& error = status.error();
    if (error.code == ErrorCode::kGpuNotAvailable) return tl::unexpected<Error>(error);
    result.verdict = Verdict::kFailed;
    result.reason = error.context.empty() ? error.text() : error.context;
    return result;
}

// Holm's method over all measured cases.
void test_the_list(std::vector<CaseResult>& cases) {
    const auto compared = [](const CaseResult& result) {
        return result.verdict != Verdict::kFailed;
    };
    std::vector<double> p_values;
    for (const CaseResult& result : cases) {
        if (compared(result)) p_values.push_back(result.p_value);
    }
    const std::vector<bool> differs = holm_rejections(p_values, kFamilyWiseLevel);
    std::size_t i = 0;
    for (CaseResult& result : cases) {
        if (!compared(result) || !differs[i++] || result.verdict == Verdict::kDisagrees) continue;
        result.verdict = Verdict::kDisagrees;
        result.reason = fmt::format("it differs from the expected value beyond chance (p = {:.2g})",
                                    result.p_value);
    }
}

}  // namespace

std::size_t Validation::count(Verdict verdict) const {
    return static_cast<std::size_t>(std::ranges::count(cases, verdict, &CaseResult::verdict));
}

std::string badge(const Validation& validation, const std::string& version) {
    return fmt::format("validated: {} of {} cases agree, family-wise 1e-4, {}",
                       validation.count(Verdict::kAgrees), validation.cases.size(), version);
}

Result<Validation> validate(const std::vector<ValidationCase>& cases,
                            const ValidateOptions& options) {
    AIVM_CHECK(options.margin > 0 && options.jobs > 0);
    AIVM_ASSIGN(const Backends backends, open_backends(options));
    Validation out;
    out.backend = backends.front()->name();
    out.margin = options.margin;
    out.seed = options.seed;
    for (const ValidationCase& c : cases) {
        if (options.on_case) options.on_case(c);
        AIVM_ASSIGN(CaseResult result, decide(c, options, backends));
        out.cases.push_back(std::move(result));
    }
    for (const auto& backend : backends) out.kernel_fallbacks += backend->fallback_count();
    test_the_list(out.cases);
    return out;
}

Status record_validation(const Validation& validation, sim::Recorder& recorder) {
    for (const CaseResult& result : validation.cases) {
        sim::ValidationRow row;
        row.name = result.c.id;
        row.method = word(result.method);
        row.verdict = word(result.verdict);
        // Its reason distinguishes two rows of one id.
        if (!result.measured()) row.method = "failed: " + result.reason;
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
