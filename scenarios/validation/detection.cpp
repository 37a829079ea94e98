// V01, V02, V37, V39, V65: whether a wrong answer is proven wrong in time. Every answer is wrong; a
// sample is one answer, missed if it becomes final. All draws are independent per answer, so
// answers do not depend on each other and many can be open at once.
#include "scenarios/validation/case_table.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint32_t kAnswers = 2000;
constexpr std::uint32_t kAnswersPerBlock = 100;
constexpr std::int64_t kForEver = 1'000'000;  // blocks, beside windows of a few

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

sim::ActorGroup checkers(std::string name, std::int64_t count, Settings settings) {
    return members(sim::Role::kChallenger, std::move(name), static_cast<std::uint32_t>(count),
                   "lazy_checker", std::move(settings));
}

}  // namespace

Result<Sample> independent_checkers(const ValidationCase& c, const RunContext& context) {
    return run(context, {checkers("checkers", c.whole("n"), lazy(c))}, 3);
}

Result<Sample> checkers_with_common_outage(const ValidationCase& c, const RunContext& context) {
    Settings settings = lazy(c);
    settings["outage_ppm"] = c.ppm("b");
    return run(context, {checkers("checkers", c.whole("n"), settings)}, 3);
}

Result<Sample> eclipsed_checkers(const ValidationCase& c, const RunContext& context) {
    Settings eclipsed = lazy(c);
    eclipsed["cut_off_blocks"] = kForEver;
    return run(context,
               {checkers("free", c.whole("n") - c.whole("e"), lazy(c)),
                checkers("eclipsed", c.whole("e"), eclipsed)},
               3);
}

Result<Sample> checkers_by_the_block(const ValidationCase& c, const RunContext& context) {
    const Settings settings{
        {"check_ppm", 1000000}, {"per_block_ppm", c.ppm("q")}, {"latency_blocks", c.whole("L")}};
    return run(context, {checkers("checkers", c.whole("n"), settings)},
               static_cast<std::uint64_t>(c.whole("W")));
}

Result<Sample> partition_at_posting(const ValidationCase& c, const RunContext& context) {
    const Settings settings{{"check_ppm", 1000000},
                            {"cut_off_blocks", c.whole("mu")},
                            {"latency_blocks", c.whole("L")}};
    return run(context, {checkers("checker", 1, settings)},
               static_cast<std::uint64_t>(c.whole("W")));
}

}  // namespace aivm::scenarios
