#include "scenarios/file/check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

// The first line of the first error about the text `more`, without its place.
std::string complaint(const std::string& more) {
    const auto result = load_scenario_text(with_provider(more), "t.toml");
    return result ? std::string("none") : result.error().front().message;
}

std::string fault(const std::string& keys) { return "[[fault]]\nat = \"1m\"\n" + keys + "\n"; }

TEST(Check, ADefaultScenarioWithAProviderHasNothingWrong) { EXPECT_EQ(complaint(""), "none"); }

TEST(Check, AConfidenceThresholdThatNoPollCanReachIsRefused) {
    EXPECT_EQ(complaint("[chain]\nvalidators = 8\nsampling = \"distinct\"\n"),
              "alpha_confidence = 8 can never be reached: a poll has 7 votes");
    EXPECT_EQ(complaint("[chain]\nalpha_confidence = 21\n"),
              "alpha_confidence = 21 can never be reached: a poll has 11 votes");
}

TEST(Check, ThePreferenceThresholdIsAMajorityAndNotAboveTheConfidenceThreshold) {
    EXPECT_EQ(complaint("[chain]\nalpha_preference = 5\n"),
              "alpha_preference = 5 is no majority of the 11 votes of a poll");
    EXPECT_EQ(complaint("[chain]\nalpha_preference = 9\n"),
              "alpha_preference = 9 is above alpha_confidence = 8");
    EXPECT_EQ(complaint("[chain]\nalpha_preference = 6\n"), "none");
    EXPECT_EQ(complaint("[chain]\nbeta = 3\n"), "4 polls at a time, but 3 decide");
}

TEST(Check, SnowmanThresholdsDoNotMatterWithoutSnowman) {
    EXPECT_EQ(complaint("[chain]\nconsensus = \"sequencer\"\nvalidators = 1\n"), "none");
    EXPECT_EQ(complaint("[run]\nfidelity = \"economic\"\n[chain]\nvalidators = 1\n"), "none");
    EXPECT_EQ(complaint("[chain]\nvalidators = 1\n"), "snowman needs somebody to poll");
}

TEST(Check, ACensoringShareNeedsAModel) {
    EXPECT_EQ(complaint("[chain]\ncensoring_share = \"1/4\"\n"),
              "a censoring share without a model of censorship");
    EXPECT_EQ(complaint("[chain]\ncensoring_share = \"1/4\"\ncensorship = \"iid\"\n"), "none");
}

TEST(Check, OnlyTheCutsOfADagCanBeCertified) {
    EXPECT_EQ(complaint("[chain]\ncut_finality = \"bft\"\n"),
              "there are no cuts to certify where a chain of blocks is decided");
    EXPECT_EQ(complaint("[chain]\ncut_finality = \"bft\"\nconsensus = \"bft\"\n"),
              "there are no cuts to certify where a chain of blocks is decided");
    EXPECT_EQ(complaint("[chain]\ncut_finality = \"bft\"\nconsensus = \"avalanche\"\n"), "none");
}

TEST(Check, AnOrderOfProposersIsNotForSnowmanToTake) {
    const std::string sticky = "[chain]\ncensoring_share = \"1/4\"\ncensorship = \"sticky\"\n";
    EXPECT_EQ(complaint(sticky + "consensus = \"snowman\"\n"),
              "this model needs to know in which order proposers follow each other, which snowman "
              "decides itself");
    EXPECT_EQ(complaint(sticky + "consensus = \"sequencer\"\n"), "none");
    EXPECT_EQ(complaint("[run]\nfidelity = \"economic\"\n" + sticky), "none");
}

TEST(Check, AQuorumIsAStrictMajorityOfTheProvidersDrawn) {
    EXPECT_EQ(complaint("[vm]\nredundancy_factor = 2\n"), "2 of 5 is not a strict majority");
    EXPECT_EQ(complaint("[vm]\nredundancy_factor = 6\n"), "6 of 5 is not a strict majority");
    EXPECT_EQ(complaint("[vm]\nredundancy_factor = 2\nredundancy_providers = 4\n"),
              "2 of 4 is not a strict majority");
    EXPECT_EQ(complaint("[vm]\nredundancy_factor = 3\nredundancy_providers = 4\n"), "none");
}

TEST(Check, TheSharesOfASlashAreAtMostAllOfIt) {
    EXPECT_EQ(complaint("[vm]\nchallenger_share_bps = 9000\nrequester_share_bps = 1001\n"),
              "the shares of a slash add up to 10001 basis points");
    EXPECT_EQ(complaint("[vm]\nchallenger_share_bps = 9000\nrequester_share_bps = 1000\n"), "none");
}

TEST(Check, AWindowIsNeededUnlessTheModeIsRedundant) {
    EXPECT_EQ(complaint("[vm]\nchallenge_window_blocks = 0\n"),
              "without a window no result could ever be challenged");
    EXPECT_EQ(complaint("[vm]\nchallenge_window_blocks = 0\nverification_mode = \"redundant\"\n"),
              "none");
}

TEST(Check, TheWindowMustEndWithinTheRun) {
    EXPECT_EQ(complaint("[run]\nmax_time = \"6m\"\n"),
              "no result can become final: 102 blocks of 4s take longer than run.max_time = 6m");
    EXPECT_EQ(complaint("[run]\nmax_time = \"408s\"\n"), "none");
}

TEST(Check, AResultIsBackedBySomeBond) {
    EXPECT_EQ(complaint("[vm]\nmin_provider_bond = \"0 LUX\"\n"),
              "a result would be backed by no bond at all");
}

TEST(Check, ATaskMustLiveUntilItsDraw) {
    EXPECT_EQ(complaint("[vm]\ntask_timeout = \"12s\"\n"),
              "no task could be assigned: it times out after 12s, and a provider is drawn 2 blocks "
              "of 4s after its submission");
    EXPECT_EQ(complaint("[vm]\ntask_timeout = \"13s\"\n"), "none");
}

TEST(Check, AFeeBelowTheFloorWouldRefuseEveryTask) {
    EXPECT_EQ(complaint("[tasks]\nfee = \"1 uLUX\"\n"),
              "every task would be refused: the fee is below vm.fee_floor = 1 mLUX");
}

TEST(Check, GroupsHaveNamesOfTheirOwnAcrossRoles) {
    EXPECT_EQ(complaint("[[challenger]]\nname = \"p\"\n"), "there are two groups named \"p\"");
}

TEST(Check, ValidatorGroupsFitInTheValidatorSet) {
    EXPECT_EQ(complaint("[[validator]]\nname = \"v\"\ncount = 22\n"),
              "the [[validator]] groups have 22 members, but chain.validators = 21");
}

TEST(Check, ABondIsPaidFromTheStake) {
    EXPECT_EQ(complaint("[[provider]]\nname = \"q\"\nstake = \"999 LUX\"\n"),
              "a bond of 1000 LUX cannot be paid from a stake of 999 LUX");
    const auto result = load_scenario_text(
        "name = \"t\"\n[[provider]]\nname = \"q\"\nbond = \"1 LUX\"\n", "t.toml");
    ASSERT_TRUE(result);
    ASSERT_EQ(result->notes.size(), 1U);
    EXPECT_EQ(result->notes[0].message,
              "registration will be refused: the bond is below vm.min_provider_bond = 1000 LUX");
}

TEST(Check, OpeningBalancesFitIn64BitsTogether) {
    EXPECT_EQ(complaint("[[provider]]\nname = \"q\"\ncount = 10000\nstake = \"1000000000 LUX\"\n"),
              "the opening balances of all actors add up to more than 9223372036.854775807 LUX");
}

TEST(Check, APartitionLeavesAValidatorOnEachSide) {
    EXPECT_EQ(complaint(fault("kind = \"partition\"\nduration = \"1m\"")),
              "the side cut off is empty");
    EXPECT_EQ(complaint(fault("kind = \"partition\"\nduration = \"1m\"\nregions = [\"NA\", \"EU\", "
                              "\"SA\", \"AP\", \"JP\", \"AU\"]")),
              "every validator is on the side cut off: nothing is cut");
    EXPECT_EQ(complaint(fault(
                  "kind = \"one_way\"\nduration = \"1m\"\nregions = [\"NA\"]\nvalidators = [1]")),
              "both regions and validators name the side cut off");
    EXPECT_EQ(complaint("[chain]\nconsensus = \"sequencer\"\nvalidators = 2\n" +
                        fault("kind = \"partition\"\nduration = \"1m\"\nregions = [\"JP\"]")),
              "no validator is in the regions cut off");
    EXPECT_EQ(complaint(fault("kind = \"partition\"\nduration = \"1m\"\nregions = [\"AP\"]")),
              "none");
    EXPECT_EQ(complaint(fault("kind = \"partition\"\nduration = \"1m\"\nvalidators = [0, 1]")),
              "none");
}

TEST(Check, RegionsAreThoseOfTheLatencyProfile) {
    EXPECT_EQ(complaint(fault("kind = \"partition\"\nduration = \"1m\"\nregions = [\"tokyo\"]")),
              "the latency profile \"six-region-2019\" has no region \"tokyo\"");
    EXPECT_EQ(complaint("[network]\nlatency = \"ten-city-2024\"\n" +
                        fault("kind = \"partition\"\nduration = \"1m\"\nregions = [\"tokyo\"]")),
              "none");
    EXPECT_EQ(
        complaint(fault("kind = \"partition\"\nduration = \"1m\"\nregions = [\"AP\", \"AP\"]")),
        "region \"AP\" is named twice");
}

TEST(Check, ACrashNamesValidatorsThatExistOnceEach) {
    EXPECT_EQ(complaint(fault("kind = \"crash\"\nvalidators = [20, 21]")),
              "there is no validator 21");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\nvalidators = [2, 2]")),
              "validator 2 is named twice");
    EXPECT_EQ(complaint(fault("kind = \"crash\"")), "the fault hits nobody");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\nregions = [\"NA\"]\nvalidators = [1]")),
              "regions are for a partition or one_way");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\nvalidators = [20]")), "none");
}

TEST(Check, AFaultHasTheKeysOfItsKindAndFitsTheRun) {
    EXPECT_EQ(complaint(fault("kind = \"slow_node\"\nduration = \"1m\"\nvalidators = [1]")),
              "a slow_node or slow_disk without a delay");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\nvalidators = [1]\ndelay = \"1s\"")),
              "only a slow_node or slow_disk has a delay");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\nvalidators = [1]\nduration = \"2h\"")),
              "the fault ends after run.max_time = 2h");
    EXPECT_EQ(complaint(fault("kind = \"partition\"\nvalidators = [1]")),
              "a fault without a duration");
}

TEST(Check, ExpectedViolationsLookLikeInvariantIds) {
    EXPECT_NE(errors_of("name = \"t\"\nexpect = [\"e3\"]\n[[provider]]\nname = \"p\"\n")
                  .find("\"e3\" is not an invariant's id"),
              std::string::npos);
    EXPECT_EQ(errors_of("name = \"t\"\nexpect = [\"E8b\", \"S14\"]\n[[provider]]\nname = \"p\"\n")
                  .find("is not an invariant's id"),
              std::string::npos);
}

TEST(Check, QuantitiesOfFaultsAreGivenIfAndOnlyIfTheKindNeedsThem) {
    const std::string hit = "duration = \"1m\"\nvalidators = [1]\n";
    EXPECT_EQ(complaint(fault(hit + "kind = \"flapping\"")),
              "flapping or clock_jumps without a period");
    EXPECT_EQ(complaint(fault(hit + "kind = \"flapping\"\nperiod = \"4s\"")), "none");
    EXPECT_EQ(complaint(fault(hit + "kind = \"clogged\"")), "a clogged node without a bandwidth");
    EXPECT_EQ(complaint(fault(hit + "kind = \"clogged\"\nbandwidth = \"1 Mbit/s\"")), "none");
    EXPECT_EQ(complaint(fault(hit + "kind = \"clock\"")), "a clock without a skew");
    EXPECT_EQ(complaint(fault(hit + "kind = \"clock\"\ndrift = \"1%\"")), "none");
    EXPECT_EQ(complaint(fault(hit + "kind = \"eclipse\"\nskew = \"1s\"")),
              "only a clock has a skew");
    EXPECT_EQ(complaint(fault(hit + "kind = \"byzantine\"")),
              "a byzantine fault without a strategy");
    EXPECT_EQ(complaint(fault(hit + "kind = \"crash\"\nstrategy = \"equivocator\"")),
              "only a byzantine fault has a strategy");
}

TEST(Check, AValidatorThatDeviatesCountsAsFaultyToTheEndAndTheSequencerIsSpared) {
    const auto byzantine = [](const std::string& validators) {
        return fault(
            "kind = \"byzantine\"\nstrategy = \"equivocator\"\nduration = \"1s\"\n"
            "validators = " +
            validators);
    };
    const std::string crash = "[[fault]]\nat = \"1h\"\nkind = \"crash\"\nvalidators = ";
    EXPECT_EQ(complaint(byzantine("[0, 1, 2, 3]") + crash + "[4, 5]\n"), "none");
    EXPECT_EQ(complaint(byzantine("[0, 1, 2, 3]") + crash + "[4, 5, 6]\n"),
              "at 1h validators with 14000 LUX of stake are faulty, more than the fault budget of "
              "13999.999999999 LUX");
    const std::string sequencer = "[chain]\nconsensus = \"sequencer\"\n";
    EXPECT_EQ(complaint(sequencer + byzantine("[1]")), "none");
    EXPECT_EQ(complaint(sequencer + byzantine("[0]")),
              "validator 0 is the sequencer: whatever it does, nobody else builds a block");
    EXPECT_EQ(complaint("[run]\nbeyond_f = true\n" + sequencer + byzantine("[0]")), "none");
}

TEST(Check, TheAttackerIsAGroupOrAPrincipalOfTheScenario) {
    EXPECT_EQ(complaint("attacker = \"p\"\n"), "none");
    EXPECT_EQ(complaint("attacker = \"q\"\n"), "there is no principal and no group \"q\"");
}

TEST(Check, FaultsHitGroupsThatExistAndHaveWhatTheyBreak) {
    const std::string p = "groups = [\"p\"]\nduration = \"1m\"\n";
    EXPECT_EQ(complaint(fault(p + "kind = \"eclipse\"")), "none");
    EXPECT_EQ(complaint(fault("groups = [\"q\"]\nduration = \"1m\"\nkind = \"eclipse\"")),
              "there is no group \"q\"");
    EXPECT_EQ(complaint(fault(p + "kind = \"bit_rot\"")),
              "a fault of this kind cannot hit the providers of \"p\"");
    const std::string economic = "[run]\nfidelity = \"economic\"\n";
    EXPECT_EQ(complaint(economic + fault(p + "kind = \"eclipse\"")), "none");
    EXPECT_EQ(complaint(economic + fault(p + "kind = \"flapping\"\nperiod = \"4s\"")),
              "in run.fidelity economic there is no network and no disk to break");
}

TEST(Check, GroupsOfAPartitionAreNotEmptyDoNotOverlapAndCutSomething) {
    const auto cut = [](const std::string& groups) {
        return complaint(fault("kind = \"partition\"\nduration = \"1m\"\ngroups = " + groups));
    };
    EXPECT_EQ(cut("[[0, 1], [2, 3, 4], [\"5\"]]"), "none");
    EXPECT_EQ(cut("[[\"NA\"], [\"EU\", \"SA\"]]"), "none");
    EXPECT_EQ(cut("[\"p\"]"), "none");
    EXPECT_EQ(cut("[[\"NA\"], []]"), "group 2 of the partition is empty");
    EXPECT_EQ(cut("[[1, 2], [2]]"), "\"2\" is named twice");
    EXPECT_EQ(cut("[[\"NA\"], [\"EU\", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]"),
              "the groups overlap: validator 1 is in group 1 and in group 2");
    EXPECT_EQ(cut("[[\"validator\"]]"), "every validator is on the same side: nothing is cut");
    EXPECT_EQ(cut("[[\"moon\"]]"), "there is no group \"moon\"");
    EXPECT_EQ(cut("[[21]]"), "there is no group \"21\"");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\ngroups = [[1], [2]]")),
              "only a partition has lists of groups");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\ngroups = [1, 2]")), "none");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\ngroups = [\"NA\"]")), "there is no group \"NA\"");
}

TEST(Check, FaultsStayWithinTheFaultBudgetUnlessTheRunIsToGoBeyond) {
    const std::string seven = fault("kind = \"crash\"\nvalidators = [0, 1, 2, 3, 4, 5, 6]");
    EXPECT_EQ(complaint(seven),
              "at 1m validators with 14000 LUX of stake are faulty, more than the fault budget of "
              "13999.999999999 LUX");
    EXPECT_EQ(complaint("[run]\nbeyond_f = true\n" + seven), "none");
    EXPECT_EQ(complaint(fault("kind = \"crash\"\nvalidators = [0, 1, 2, 3, 4, 5]")), "none");
    const std::string both =
        "[[validator]]\nname = \"v\"\nstrategy = \"equivocator\"\ncount = 4\n" +
        fault("kind = \"bit_rot\"\nvalidators = [0, 1, 2]");
    EXPECT_NE(complaint(both), "none");
    EXPECT_EQ(
        complaint(fault("kind = \"pause\"\nduration = \"1m\"\nvalidators = [0, 1, 2, 3, 4, 5, 6]")),
        "none");
    EXPECT_NE(errors_of("name = \"t\"\n[[provider]]\nname = \"p\"\n" + seven).find("t.toml:7:1"),
              std::string::npos)
        << errors_of("name = \"t\"\n[[provider]]\nname = \"p\"\n" + seven);
}

TEST(Check, ValidatorsThatBreakTheProtocolCountWithoutAnyFault) {
    const auto liars = [](int count, const std::string& strategy = "equivocator") {
        return fmt::format("[[validator]]\nname = \"v\"\nstrategy = \"{}\"\ncount = {}\n", strategy,
                           count);
    };
    const std::string thirteen = "[chain]\nvalidators = 13\n";
    EXPECT_EQ(
        complaint(thirteen + liars(7)),
        "validators with 14000 LUX of stake break the protocol, more than the fault budget of "
        "8666.666666666 LUX");
    EXPECT_EQ(
        complaint(thirteen + liars(5)),
        "validators with 10000 LUX of stake break the protocol, more than the fault budget of "
        "8666.666666666 LUX");
    EXPECT_EQ(complaint(thirteen + liars(4)), "none");
    EXPECT_EQ(complaint("[run]\nbeyond_f = true\n" + thirteen + liars(7)), "none");
    EXPECT_EQ(complaint("[run]\nfidelity = \"economic\"\n" + thirteen + liars(7)), "none");
    EXPECT_EQ(complaint(thirteen + liars(13, "honest")), "none");
    const std::string both = "[[validator]]\nname = \"w\"\nstrategy = \"twin\"\ncount = 2\n";
    EXPECT_NE(complaint(thirteen + liars(3) + both), "none") << "all groups together";
    // With a swarm, which would draw nothing in such a run.
    EXPECT_NE(complaint(thirteen + liars(7) + "[swarm]\nenabled = true\n"), "none");
    const std::string where =
        errors_of("name = \"t\"\n[[provider]]\nname = \"p\"\n" + thirteen + liars(3) + both);
    EXPECT_NE(where.find("t.toml:9:1"), std::string::npos) << where;
}

TEST(Check, ValidatorsThatBreakTheProtocolBeyondWhatThePollsTolerateAreNoted) {
    const auto notes = [](const std::string& text) {
        const auto result = load_scenario_text(with_provider(text), "t.toml");
        return result ? to_text(result->notes) : to_text(result.error());
    };
    const std::string one = "[[validator]]\nname = \"v\"\nstrategy = \"equivocator\"\n";
    EXPECT_NE(
        notes(one).find("validators with 2000 LUX of stake break the protocol, and these polls "
                        "tolerate 0 LUX"),
        std::string::npos)
        << notes(one);
    EXPECT_EQ(notes("[chain]\npreset = \"avalanche-mainnet\"\n" + one), "");
    EXPECT_EQ(notes("[chain]\nconsensus = \"bft\"\n" + one), "");
    EXPECT_EQ(notes("[run]\nbeyond_f = true\n" + one), "");
}

TEST(Check, SettingsOfSnowmanThatDoNothingUnderAvalancheAreNoted) {
    const auto notes = [](const std::string& keys) {
        const std::string text = "[chain]\nconsensus = \"avalanche\"\n" + keys + "\n";
        const auto result = load_scenario_text(with_provider(text), "t.toml");
        return result ? to_text(result->notes) : to_text(result.error());
    };
    const auto all =
        std::to_array<std::pair<const char*, const char*>>({{"alpha_preference", "7"},
                                                            {"beta", "9"},
                                                            {"snow_instance", "\"flat\""},
                                                            {"sampling", "\"distinct\""},
                                                            {"optimal_processing", "5"}});
    for (const auto& [key, value] : all) {
        const std::string text = notes(fmt::format("{} = {}", key, value));
        EXPECT_NE(text.find("avalanche has no use for this setting"), std::string::npos) << key;
        EXPECT_NE(text.find(fmt::format("drop chain.{}", key)), std::string::npos) << text;
    }
    EXPECT_EQ(notes("alpha_confidence = 9\nbeta_rogue = 30"), "");
    EXPECT_EQ(notes("preset = \"avalanche-mainnet\""), "") << "what a preset sets";
    EXPECT_EQ(complaint("[chain]\noptimal_processing = 5\n"), "none") << "snowman has a use for it";
}

TEST(Check, AFaultThatMayDestroyTheOnlyCopyOfABlockIsNotedAtItsPlace) {
    const auto notes = [](const std::string& text) {
        const auto result = load_scenario_text(with_provider(text), "t.toml");
        return result ? to_text(result->notes) : to_text(result.error());
    };
    const std::string sequencer = "[chain]\nconsensus = \"sequencer\"\n";
    const std::string rot = fault("kind = \"bit_rot\"\nvalidators = [0, 2]");
    EXPECT_NE(notes(sequencer + rot).find("note: the disk of the sequencer may have the only copy"),
              std::string::npos)
        << notes(sequencer + rot);
    const std::string silent[] = {rot, sequencer + fault("kind = \"bit_rot\"\nvalidators = [2]"),
                                  sequencer + fault("kind = \"crash\"\nvalidators = [0]"),
                                  "[run]\nbeyond_f = true\n" + sequencer + rot};
    for (const std::string& text : silent)
        EXPECT_EQ(notes(text).find("only copy"), std::string::npos) << notes(text);
}

TEST(Check, FaultsBeyondWhatThePollsTolerateAreNotedAtTheirPlace) {
    const auto notes = [](const std::string& chain) {
        const auto result = load_scenario_text(
            with_provider(chain + fault("kind = \"crash\"\nvalidators = [3]")), "t.toml");
        return result ? to_text(result->notes) : to_text(result.error());
    };
    const std::string note = notes("");
    EXPECT_NE(note.find("t.toml:5:1"), std::string::npos) << note;
    EXPECT_NE(note.find("at 1m validators with 2000 LUX of stake are faulty, and these polls "
                        "tolerate 0 LUX"),
              std::string::npos)
        << note;
    EXPECT_EQ(notes("[chain]\npreset = \"avalanche-mainnet\"\n"), "");
    EXPECT_EQ(notes("[chain]\nconsensus = \"sequencer\"\n"), "");
    EXPECT_EQ(notes("[run]\nbeyond_f = true\n"), "");
}

TEST(Check, ADelayLongerThanTheRunIsNoDelay) {
    const std::string slow = "kind = \"slow_node\"\nduration = \"1m\"\nvalidators = [1]\ndelay = ";
    EXPECT_EQ(complaint(fault(slow + "\"365d\"")), "a delay of 365d is longer than the run");
    EXPECT_EQ(complaint(fault(slow + "\"2h\"")), "none");
}

TEST(Check, TheSwarmHasAWindowAndKindsThatExist) {
    EXPECT_EQ(complaint("[swarm]\nenabled = true\n"), "none");
    EXPECT_EQ(complaint("[swarm]\nkinds = [\"crsh\"]\n"), "there is no fault \"crsh\"");
    EXPECT_EQ(complaint("[swarm]\nenabled = true\nfrom = \"5m\"\n"),
              "the swarm ends before it begins");
    EXPECT_EQ(complaint("[swarm]\nenabled = true\nuntil = \"3h\"\n"),
              "the swarm ends after run.max_time = 2h");
    EXPECT_EQ(complaint("[run]\nfidelity = \"economic\"\n[swarm]\nenabled = true\n"),
              "in run.fidelity economic there is no network and no disk to break");
}

}  // namespace
}  // namespace aivm::scenarios
