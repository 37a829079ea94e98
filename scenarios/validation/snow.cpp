// C01-C10: Snow in synchronous rounds (sim/consensus/snowman/synchronous_rounds.h), with the
// components of the snowman engine.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/validation/case_table.h"
#include "scenarios/validation/theory.h"
#include "sim/consensus/snowman/synchronous_rounds.h"

namespace aivm::scenarios {
namespace {

using sim::Choice;
using sim::Conduct;
using sim::SynchronousRounds;

constexpr std::uint32_t kOutOfReach = 1'000'000'000;  // a beta that no run reaches
constexpr std::uint32_t kBetaMax = 100'000;
constexpr std::uint32_t kNodesMax = 10'000;
constexpr std::uint64_t kPollsMax = 10'000'000;
constexpr std::uint32_t kActor = 0;
constexpr std::uint32_t kPurpose = 0;

sim::RandomStream stream(const RunContext& context) {
    return sim::RandomStream({context.seed, kActor, kPurpose});
}

std::uint32_t nodes_of(const ValidationCase& c) { return c.whole("n", 2, kNodesMax); }

// As many nodes of all as this share, to the nearest.
std::uint32_t share_of_nodes(const ValidationCase& c, std::string_view name, std::uint32_t all) {
    return static_cast<std::uint32_t>(c.share(name) * all + 0.5);
}

// alpha is one parameter, or two.
sim::SnowParameters snow(const ValidationCase& c, std::uint32_t beta) {
    const bool one = c.parameters.contains("alpha");
    sim::SnowParameters out;
    out.k = c.whole("k", 1, kNodesMax);
    out.alpha_preference = c.whole(one ? "alpha" : "alpha_p", 1, out.k);
    out.alpha_confidence = c.whole(one ? "alpha" : "alpha_c", 1, out.k);
    out.beta = beta;
    return out;
}

std::uint32_t beta(const ValidationCase& c) { return c.whole("beta", 1, kBetaMax); }

// `nodes` honest nodes, of which the first `firsts` prefer the first choice, followed by other
// nodes.
struct Crowd {
    std::size_t nodes = 0;
    std::size_t firsts = 0;
    std::size_t others = 0;
    Conduct conduct = Conduct::kSilent;
};

Result<SynchronousRounds> make(const sim::SnowParameters& snow, const Crowd& crowd,
                               sim::RandomStream random) {
    sim::SynchronousRoundsSetup setup;
    setup.snow = snow;
    setup.conduct.assign(crowd.nodes, Conduct::kHonest);
    setup.conduct.insert(setup.conduct.end(), crowd.others, crowd.conduct);
    setup.prefers.assign(setup.conduct.size(), Choice::kTwo);
    std::fill_n(setup.prefers.begin(), crowd.firsts, Choice::kOne);
    return SynchronousRounds::make(std::move(setup), random);
}

Result<double> rounds_until_all_decide(SynchronousRounds& nodes, std::uint32_t nodes_at_once) {
    for (std::uint64_t polls = 0; !nodes.all_decided(); polls += nodes_at_once) {
        if (polls >= kPollsMax) {
            return fail(
                ErrorCode::kLimitReached,
                fmt::format("some node has not decided after {} rounds", nodes.polls_max()));
        }
        nodes.round();
    }
    return static_cast<double>(nodes.polls_max());
}

// Steps until all nodes have the same preference, per node.
Result<Sample> slush(const ValidationCase& c, const RunContext& context, std::size_t firsts) {
    const std::uint32_t n = nodes_of(c);
    AIVM_ASSIGN(SynchronousRounds nodes,
                make(snow(c, kOutOfReach), {.nodes = n, .firsts = firsts}, stream(context)));
    std::uint64_t steps = 0;
    for (; !nodes.unanimous(); ++steps) {
        if (steps == kPollsMax) return fail(ErrorCode::kLimitReached, "the nodes never agree");
        nodes.step();
    }
    return Sample{static_cast<double>(steps) / static_cast<double>(n), 1};
}

}  // namespace

Result<Sample> byzantine_poll_formula(const ValidationCase& c, const RunContext&) {
    const std::uint32_t n = nodes_of(c);
    const std::uint32_t k = c.whole("k", 1, n);
    const std::uint32_t alpha = c.whole("alpha", 1, k);
    return Sample{hyper_sf(alpha, n, share_of_nodes(c, "f", n), k), 1};
}

// The polling node is additional: it samples all n others, of which the bad ones always vote for
// the second choice.
Result<Sample> byzantine_polls(const ValidationCase& c, const RunContext& context) {
    constexpr int kPolls = 2000;
    const std::uint32_t n = nodes_of(c);
    const std::uint32_t bad = share_of_nodes(c, "f", n);
    const Crowd crowd{
        .nodes = n - bad + 1, .firsts = n - bad + 1, .others = bad, .conduct = Conduct::kTwo};
    AIVM_ASSIGN(SynchronousRounds nodes, make(snow(c, kOutOfReach), crowd, stream(context)));
    Sample sample;
    for (int i = 0; i < kPolls; ++i) {
        sample.whole += 1;
        if (nodes.poll(0) == Choice::kTwo) sample.part += 1;
    }
    return sample;
}

// All nodes have the same preference; honest nodes poll until they decide. `silent` is a share.
Result<Sample> polls_to_decide(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t n = nodes_of(c);
    const std::uint32_t silent = share_of_nodes(c, "silent", n);
    const std::uint32_t honest = n - silent;
    AIVM_ASSIGN(SynchronousRounds nodes,
                make(snow(c, beta(c)), {.nodes = honest, .firsts = honest, .others = silent},
                     stream(context)));
    std::uint64_t polls = 0;
    Sample sample;
    for (sim::VoterIndex node = 0; node < std::min(100U, honest); ++node) {
        for (; !nodes.decided(node); ++polls) {
            if (polls == kPollsMax)
                return fail(ErrorCode::kLimitReached, "the nodes do not decide in time");
            nodes.poll(node);
        }
        sample.part += static_cast<double>(nodes.polls(node));
        sample.whole += 1;
    }
    return sample;
}

// `silent` is a number of nodes.
Result<Sample> polls_until_all_decide(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t n = nodes_of(c);
    const std::uint32_t silent = c.whole("silent", 0, n - 1);
    const std::uint32_t honest = n - silent;
    AIVM_ASSIGN(SynchronousRounds nodes,
                make(snow(c, beta(c)), {.nodes = honest, .firsts = honest, .others = silent},
                     stream(context)));
    AIVM_ASSIGN(const double rounds, rounds_until_all_decide(nodes, honest));
    return Sample{rounds, 1};
}

Result<Sample> slush_from_half(const ValidationCase& c, const RunContext& context) {
    return slush(c, context, nodes_of(c) / 2);
}

Result<Sample> slush_from_sixty(const ValidationCase& c, const RunContext& context) {
    return slush(c, context, nodes_of(c) * 6 / 10);
}

Result<Sample> snowball_from_unanimity(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t n = nodes_of(c);
    AIVM_ASSIGN(SynchronousRounds nodes,
                make(snow(c, beta(c)), {.nodes = n, .firsts = n}, stream(context)));
    AIVM_ASSIGN(const double rounds, rounds_until_all_decide(nodes, n));
    return Sample{rounds, 1};
}

Result<Sample> snowflake_from_half(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t n = nodes_of(c);
    AIVM_ASSIGN(SynchronousRounds nodes,
                make(snow(c, beta(c)), {.nodes = n, .firsts = n / 2}, stream(context)));
    AIVM_ASSIGN(const double rounds, rounds_until_all_decide(nodes, n));
    return Sample{rounds, 1};
}

Result<Sample> unsafe_disagreement(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t n = nodes_of(c);
    const std::uint32_t bad = c.whole("f", 0, n - 1);
    const std::uint32_t honest = n - bad;
    const Crowd crowd{
        .nodes = honest, .firsts = honest / 2, .others = bad, .conduct = Conduct::kOpposite};
    AIVM_ASSIGN(SynchronousRounds nodes, make(snow(c, beta(c)), crowd, stream(context)));
    AIVM_TRY(rounds_until_all_decide(nodes, honest));
    return Sample{nodes.disagree() ? 1.0 : 0.0, 1};
}

}  // namespace aivm::scenarios
