// Committees of every behaviour against a plain account of who should win and lose what.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "core/testing/committee_world.h"

namespace aivm::test {
namespace {

using B = Behaviour;

struct Expected {
    bool quorum = false;
    Answer answer = 0;
    std::map<std::string, Amount> slashed;
    std::vector<std::string> winners;
};

Expected expect(const CommitteeWorld& world, const std::vector<B>& behaviours) {
    const auto members = world.members("job");
    std::map<Answer, std::vector<std::string>> givers;
    Expected out;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (behaviours[i] == B::kSilent) {
            out.slashed[members[i]] = lux(20);
        } else if (behaviours[i] == B::kUnrevealed) {
            out.slashed[members[i]] = lux(50);
        } else {
            givers[world.answer_of("job", behaviours[i])].push_back(members[i]);
        }
    }
    for (const auto& [answer, names] : givers) {
        if (names.size() < 3) continue;
        out.quorum = true;
        out.answer = answer;
        out.winners = names;
    }
    for (const auto& [answer, names] : givers) {
        if (!out.quorum || answer == out.answer) continue;
        for (const std::string& name : names) out.slashed[name] = lux(50);
    }
    return out;
}

// Every block is audited by the chain itself: conservation, escrow, slash coverage, counters.
RC_GTEST_PROP(CommitteeProperty, EveryoneIsPaidAndSlashedByWhatTheyDid, ()) {
    CommitteeWorld world(committee_parameters(), *rc::gen::inRange<std::uint32_t>(5, 9));
    const auto behaviours = *rc::gen::container<std::vector<B>>(
        5, rc::gen::element(B::kHonest, B::kHonest, B::kLiesOne, B::kLiesTwo, B::kSilent,
                            B::kUnrevealed));
    world.draw("job");
    const Expected expected = expect(world, behaviours);
    const auto members = world.members("job");
    world.play("job", behaviours);
    RC_ASSERT((world.chain.task("job").status == TaskStatus::kPosted) == expected.quorum);
    if (!expected.quorum) {
        RC_ASSERT(world.chain.task("job").status == TaskStatus::kPending);
        RC_ASSERT(world.chain.task("job").seats.empty());
    } else {
        world.chain.advance(6);
        RC_ASSERT(world.chain.task("job").status == TaskStatus::kCompleted);
        RC_ASSERT(world.chain.task("job").provisional == expected.answer);
    }
    for (const std::string& m : members) {
        const auto slashed = expected.slashed.find(m);
        const bool won = std::find(expected.winners.begin(), expected.winners.end(), m) !=
                         expected.winners.end();
        RC_ASSERT(world.chain.provider(m).slashed_total ==
                  (slashed == expected.slashed.end() ? Amount() : slashed->second));
        RC_ASSERT(!world.chain.provider(m).credit.is_zero() == won);
    }
}

}  // namespace
}  // namespace aivm::test
