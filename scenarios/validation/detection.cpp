// V01, V02, V37, V39, V65: whether a wrong answer is proven wrong in time. Every answer is wrong; a
// sample is one answer, missed if it becomes final. All draws are independent per answer, so
// answers do not depend on each other and many can be open at once.
#include <fmt/format.h>

#include <cmath>

#include "scenarios/validation/case_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint32_t kAnswers = 2000;
constexpr std::uint32_t kAnswersPerBlock = 100;
constexpr std::int64_t kForEver = 1'000'000;  // blocks, beside windows of a few
constexpr std::uint32_t kCheckersMax = 1000;
// Checkers times blocks: each decides in each block about each answer.
constexpr std::uint64_t kDecisionsMax = 100'000;

Result<Sample> run(const RunContext& context, const std::vector<sim::ActorGroup>& checkers,
                   std::uint64_t window) {
    sim::Scenario s = market(kAnswers, kAnswersPerBlock);
    s.vm.config.challenge_window_blocks = window;
    s.actors = checkers;
    s.actors.push_back(liars(2));
    AIVM_ASSIGN(const auto played, play(context, s));
    return missed_frauds(*played);
}

Settings lazy(const ValidationCase& c) {
    return {{"check_ppm", c.ppm("q")}, {"power_ppm", c.ppm("d")}};
}

sim::ActorGroup checkers(std::string name, std::uint32_t count, Settings settings) {
    return members(sim::Role::kChallenger, std::move(name), count, "lazy_checker",
                   std::move(settings));
}

std::uint32_t checker_count(const ValidationCase& c) { return c.whole("n", 0, kCheckersMax); }

}  // namespace

Result<Sample> independent_checkers(const ValidationCase& c, const RunContext& context) {
    return run(context, {checkers("checkers", checker_count(c), lazy(c))}, 3);
}

Result<Sample> checkers_with_common_outage(const ValidationCase& c, const RunContext& context) {
    Settings settings = lazy(c);
    settings["outage_ppm"] = c.ppm("b");
    return run(context, {checkers("checkers", checker_count(c), settings)}, 3);
}

Result<Sample> eclipsed_checkers(const ValidationCase& c, const RunContext& context) {
    Settings eclipsed = lazy(c);
    eclipsed["cut_off_blocks"] = kForEver;
    const std::uint32_t all = checker_count(c);
    const std::uint32_t cut_off = c.whole("e", 0, all);
    return run(context,
               {checkers("free", all - cut_off, lazy(c)), checkers("eclipsed", cut_off, eclipsed)},
               3);
}

Result<Sample> checkers_by_the_block(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t window = c.whole("W", 1, kSimulatedBlocksMax);
    const std::uint32_t count = checker_count(c);
    if (std::uint64_t{count} * window > kDecisionsMax)
        c.refuse("n", fmt::format("n W must be at most {}", kDecisionsMax));
    const Settings settings{{"check_ppm", 1'000'000},
                            {"per_block_ppm", c.ppm("q")},
                            {"latency_blocks", c.whole("L", 0, window)}};
    return run(context, {checkers("checkers", count, settings)}, window);
}

// Only the ratios of the three times matter, so that a mean of half a block can be simulated too.
Result<Sample> partition_at_posting(const ValidationCase& c, const RunContext& context) {
    const double window = c.positive("W");
    const double latency = c.not_negative("L");
    const double outage = c.positive("mu");
    const std::uint32_t blocks = blocks_per_unit({window, latency, outage});
    if (latency > window) c.refuse("L", "it must be at most W");
    if (window * blocks > kSimulatedBlocksMax)
        c.refuse("W", fmt::format("it takes more than {} simulated blocks", kSimulatedBlocksMax));
    if (outage * blocks > kForEver)
        c.refuse("mu", fmt::format("it takes more than {} simulated blocks", kForEver));
    const auto simulated = [&](double time) { return std::llround(time * blocks); };
    const Settings settings{{"check_ppm", 1'000'000},
                            {"cut_off_blocks", simulated(outage)},
                            {"latency_blocks", simulated(latency)}};
    return run(context, {checkers("checker", 1, settings)},
               static_cast<std::uint64_t>(simulated(window)));
}

}  // namespace aivm::scenarios
