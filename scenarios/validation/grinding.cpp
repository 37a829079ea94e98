// V66, V67: A of n proposers belong to an owner that passes its turns when the draw does not suit
// it (selection_grinder). Whoever passes swaps the beacon of its turn for that of the next one, so
// the coalition chooses among the draws of its turns in a row and the one after them. The chain
// lets eight turns of a height pass; the ninth must build.
#include "scenarios/validation/case_table.h"
#include "scenarios/validation/own_strategies.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint32_t kProposersMax = 1000;
constexpr std::uint32_t kDrawnProvidersMax = 1000;
constexpr const char* kGrinder = "grinder";

// One draw in each block: several would share a beacon, and one of several is easily favourable.
sim::Scenario grinding(const ValidationCase& c, std::uint32_t draws) {
    sim::Scenario s = market(draws, 1);
    const std::uint32_t proposers = c.whole("n", 1, kProposersMax);
    s.chain.validators = proposers;
    sim::ActorGroup group =
        members(sim::Role::kValidator, "grinders", c.whole("A", 0, proposers), "selection_grinder");
    group.principal = kGrinder;
    group.stake = lux(2000);
    s.actors = {group};
    return s;
}

// Counts the turns that the grinder passes.
class CountedGrinder final : public sim::ValidatorStrategy {
public:
    CountedGrinder(std::unique_ptr<sim::ValidatorStrategy> grinder, double& passed)
        : grinder_(std::move(grinder)), passed_(passed) {}
    bool builds(const State& parent, const Hash32& beacon) override {
        const bool builds = grinder_->builds(parent, beacon);
        passed_ += builds ? 0 : 1;
        return builds;
    }
    void begin_block(Height height) override { grinder_->begin_block(height); }
    bool includes(const SignedOperation& operation) override {
        return grinder_->includes(operation);
    }

private:
    std::unique_ptr<sim::ValidatorStrategy> grinder_;
    double& passed_;
};

class CountedGrinders final : public OwnStrategies {
public:
    explicit CountedGrinders(double& passed) : passed_(passed) {}
    [[nodiscard]] Result<std::unique_ptr<sim::ValidatorStrategy>> validator(
        const sim::ActorGroup& group, const sim::StrategyContext& context) const override {
        AIVM_ASSIGN(auto grinder, OwnStrategies::validator(group, context));
        return std::make_unique<CountedGrinder>(std::move(grinder), passed_);
    }

private:
    double& passed_;
};

class BlocksWithDraws final : public sim::Probe {
public:
    void on_block(const Executed& block, sim::SimTime) override {
        for (const VmEvent& e : block.events) {
            if (!std::holds_alternative<event::TaskAssigned>(e)) continue;
            count_ += 1;
            return;
        }
    }
    [[nodiscard]] double count() const { return count_; }

private:
    double count_ = 0;
};

}  // namespace

// No draw suits a grinder without providers, so it passes every turn that it can: each of them is
// one more draw that it could have had.
Result<Sample> choices_of_a_grinder(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = grinding(c, 500);
    s.actors.push_back(members(sim::Role::kProvider, "others", 3, "honest"));
    double passed = 0;
    const CountedGrinders strategies(passed);
    BlocksWithDraws draws;
    AIVM_TRY(play(context, s, &draws, &strategies));
    return Sample{draws.count() + passed, draws.count()};
}

Result<Sample> favourable_draws(const ValidationCase& c, const RunContext& context) {
    sim::Scenario s = grinding(c, 2000);
    const std::uint32_t providers = c.whole("P", 1, kDrawnProvidersMax);
    const std::uint32_t ours = c.whole("K", 0, providers);
    sim::ActorGroup group = members(sim::Role::kProvider, "machines", ours, "honest");
    group.principal = kGrinder;
    s.actors.push_back(group);
    s.actors.push_back(members(sim::Role::kProvider, "others", providers - ours, "honest"));
    AIVM_ASSIGN(const auto played, play(context, s));
    return answers_of(*played, kGrinder);
}

}  // namespace aivm::scenarios
