// The deviations that a profit search looks through: what the groups of one owner can do beside
// honest play. Each primitive is a parameter of a composed strategy (scenarios/adversaries), the
// number of identities, or the censorship that the owner would pay for; it is off or has a level.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "sim/engine/random_stream.h"
#include "sim/scenario/participants.h"
#include "sim/scenario/scenario.h"

namespace aivm::scenarios {

// kAnswer: what it answers; kCondition: when it does; kOther: whatever else it does.
enum class PrimitiveKind : std::uint8_t { kAnswer, kCondition, kOther };

// The levels of one parameter of a composed strategy, the most telling one first.
struct Ladder {
    std::string_view strategy;
    std::string_view parameter;
    PrimitiveKind kind = PrimitiveKind::kOther;
    std::span<const std::int64_t> levels{};
    // Whether it can have an effect in a scenario; null: in each.
    bool (*matters)(const sim::Scenario&) = nullptr;
};
std::span<const Ladder> ladders();

struct Primitive {
    std::string key;  // as --set knows it: "provider.liar.parameters.wrong_ppm"
    std::string doc;
    std::string parameter;             // "wrong_ppm"
    std::optional<std::size_t> group;  // of the scenario's actors; none: of the chain
    PrimitiveKind kind = PrimitiveKind::kOther;
    std::vector<std::int64_t> levels;
    std::int64_t maximum = 1;  // what a level may be changed to; the least is 1
};

// Levels by primitive; those left out are off.
using Candidate = std::map<std::size_t, std::int64_t>;

class SearchSpace {
public:
    // `owner` is the label of an owner; empty: the attacker of the scenario, or else the owner of
    // its first provider. `without` names parameters that stay off. Errors: a scenario of the full
    // fidelity, an unknown owner, an unknown parameter, and an owner that can do nothing.
    static Result<SearchSpace> make(const sim::Scenario& scenario, const std::string& owner,
                                    const std::vector<std::string>& without);

    [[nodiscard]] const std::string& owner() const { return owner_; }
    [[nodiscard]] const std::vector<Primitive>& primitives() const { return primitives_; }
    // The scenario in which the owner is honest.
    [[nodiscard]] const sim::Scenario& honest() const { return honest_; }
    [[nodiscard]] sim::Scenario scenario_of(const Candidate& candidate) const;
    // "provider.liar.parameters.wrong_ppm=1000000 ...", which names the candidate; "honest play".
    [[nodiscard]] std::string name_of(const Candidate& candidate) const;

    // Each primitive on its own, then pairs of them.
    [[nodiscard]] std::vector<Candidate> first() const;
    // With one primitive, sometimes two, switched on, off, or to another level, which need not be
    // one of its ladder.
    [[nodiscard]] Candidate mutate(Candidate candidate, sim::RandomStream& random) const;
    // Each primitive from one of the two.
    static Candidate cross(const Candidate& a, const Candidate& b, sim::RandomStream& random);

private:
    SearchSpace() = default;
    void add_group(const sim::Scenario& scenario, std::size_t group,
                   const std::vector<std::string>& without);

    std::string owner_;
    sim::Scenario honest_;
    sim::Scenario composed_;  // with everything off
    sim::CensorshipModel censorship_ = sim::CensorshipModel::kNone;
    std::vector<Primitive> primitives_;
};

}  // namespace aivm::scenarios
