// Findings from end to end: a violated run, its folder, and the replay of the folder. An escaping
// bond violates an invariant of the accepted chain and shrinks as a history; a lying kernel and a
// network that delivers nothing shrink as runs.
#include "scenarios/campaign/finding.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/kernels/forwarding_kernels.h"
#include "scenarios/campaign/finding_json.h"
#include "scenarios/file/load.h"
#include "scenarios/run/build_info.h"
#include "scenarios/run/run.h"
#include "sim/invariants/invariant.h"

namespace aivm::scenarios {
namespace {

namespace fs = std::filesystem;
constexpr std::uint64_t kMinuteNs = 60'000'000'000;
using testing::AllOf;
using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

// A temporary folder of this test case, removed at its end.
class Findings : public testing::Test {
protected:
    Findings()
        : directory_(fs::path(testing::TempDir()) / (std::string("aivmsim-") + test_name())) {
        fs::remove_all(directory_);
    }
    ~Findings() override { fs::remove_all(directory_); }

    [[nodiscard]] std::string directory(const std::string& name = "findings") const {
        return directory_ / name;
    }
    static std::string test_name() {
        return testing::UnitTest::GetInstance()->current_test_info()->name();
    }

private:
    fs::path directory_;
};

std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

// The demonstration without its expected violation.
sim::Scenario escaping_bond() {
    auto loaded = load_scenario_file(AIVM_SOURCE_DIR "/scenarios/catalog/unbond_escape.toml");
    EXPECT_TRUE(loaded);
    loaded->scenario.expected_violations.clear();
    loaded->scenario.chain.validators = 5;  // a run takes a fifth of the time
    return loaded->scenario;
}

sim::Outcome run(const sim::Scenario& scenario, const RunOptions& options = {}) {
    auto outcome = run_scenario(scenario, options);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return outcome.value_or(sim::Outcome{});
}

SavedFinding save(const sim::Scenario& scenario, const sim::Outcome& outcome,
                  const std::string& directory, const ShrinkOptions& options = {}) {
    auto finding = save_finding(scenario, outcome, directory, options);
    EXPECT_TRUE(finding) << finding.error().text();
    return finding.value_or(SavedFinding{});
}

ShrinkOptions with_tries(std::size_t tries_max) {
    ShrinkOptions options;
    options.tries_max = tries_max;
    return options;
}

std::string load_error(const std::string& folder) {
    const auto loaded = load_finding(folder);
    return loaded ? "loaded" : loaded.error().text();
}

TEST_F(Findings, ABondThatEscapesShrinksToTheWrongResultTheLeavingAndTheWithdrawal) {
    const sim::Scenario scenario = escaping_bond();
    const SavedFinding finding = save(scenario, run(scenario), directory());
    EXPECT_EQ(finding.violation.invariant, "E3");
    EXPECT_EQ(finding.reproducer, Reproducer::kHistory);
    EXPECT_LE(finding.actions.size(), 5U);
    EXPECT_EQ(finding.actions.size(), finding.actions_after);
    EXPECT_GT(finding.actions_before, finding.actions_after);
    const auto lie = std::ranges::find_if(finding.actions, [](const std::string& action) {
        return action.find(" posts a wrong result for task") != std::string::npos;
    });
    ASSERT_NE(lie, finding.actions.end());
    const std::string liar = lie->substr(0, lie->find(' '));
    EXPECT_THAT(finding.actions, AllOf(Contains(liar + " deregisters"),
                                       Contains(HasSubstr(liar + " withdraws its bond at block"))));
    for (const char* name : {"finding.json", "scenario.toml", "choices.bin", "history.bin",
                             "shrunk.toml", "report.txt"}) {
        EXPECT_TRUE(fs::exists(fs::path(finding.folder) / name)) << name;
    }
    EXPECT_EQ(std::distance(fs::directory_iterator(directory()), {}), 1)
        << "something unfinished was left behind";
}

// The run of the file alone, as `aivmsim run` makes it.
sim::Outcome run_of_file(const fs::path& path, Kernels* kernels = nullptr) {
    const auto loaded = load_scenario_file(path);
    EXPECT_TRUE(loaded) << (loaded ? "" : to_text(loaded.error()));
    if (!loaded || !loaded->recorded) return {};
    RunOptions options;
    options.seed = loaded->recorded->seed;
    options.choices = &loaded->recorded->choices;
    options.kernels = kernels;
    return run(loaded->scenario, options);
}

TEST_F(Findings, EachHasAScenarioFileThatViolatesTheInvariantByItself) {
    const sim::Scenario scenario = escaping_bond();
    const sim::Outcome outcome = run(scenario);
    for (const std::size_t tries : {0, 3, 2000}) {
        const SavedFinding finding =
            save(scenario, outcome, directory(std::to_string(tries)), with_tries(tries));
        const sim::Outcome again = run_of_file(fs::path(finding.folder) / "shrunk.toml");
        ASSERT_THAT(again.violations, SizeIs(1)) << tries;
        EXPECT_EQ(again.violations[0].invariant, "E3");
        EXPECT_EQ(again.digest.hex(), finding.shrunk_digest);
        if (tries == 0) {
            EXPECT_EQ(finding.shrunk_digest, finding.digest);
        }
        if (tries == 2000) {
            EXPECT_LT(again.events, outcome.events);
        }
    }
}

TEST_F(Findings, AReportBeginsWithTheInvariantAndEndsWithTheCommandThatReplaysIt) {
    const sim::Scenario scenario = escaping_bond();
    const SavedFinding finding = save(scenario, run(scenario), directory());
    const std::string report = read(fs::path(finding.folder) / "report.txt");
    EXPECT_EQ(report, finding_report(finding));
    EXPECT_THAT(report,
                testing::StartsWith("FAIL  E3 bond-outlives-obligation   unbond_escape   finding " +
                                    finding.id));
    const auto info = sim::invariant_info("E3");
    EXPECT_THAT(report, HasSubstr(fmt::format("\n  promised   {}\n  because    {}\n  shrunk ",
                                              info->meaning, info->reason)));
    EXPECT_THAT(report, EndsWith("  reproduce  aivmsim replay " + finding.folder + "\n"));
}

TEST_F(Findings, TheSameViolationShrinksToTheSameFindingAgain) {
    const sim::Scenario scenario = escaping_bond();
    const sim::Outcome outcome = run(scenario);
    const SavedFinding first = save(scenario, outcome, directory("a"));
    const SavedFinding second = save(scenario, outcome, directory("b"));
    EXPECT_EQ(first.id, second.id);
    EXPECT_EQ(first.tries, second.tries);
    for (const char* name : {"finding.json", "scenario.toml", "choices.bin", "history.bin"}) {
        EXPECT_EQ(read(fs::path(first.folder) / name), read(fs::path(second.folder) / name))
            << name;
    }
    // And saving over an older folder of the same finding replaces it.
    EXPECT_EQ(save(scenario, outcome, directory("a")).folder, first.folder);
    EXPECT_EQ(load_error(first.folder), "loaded");
}

TEST_F(Findings, SayWhichProgramFoundThemWithWhichSeedAndWhoTookPart) {
    const sim::Scenario scenario = escaping_bond();
    const sim::Outcome outcome = run(scenario);
    const SavedFinding finding = save(scenario, outcome, directory(), with_tries(0));
    EXPECT_EQ(finding.code_version, build_info().version);
    ASSERT_FALSE(finding.violation.owners.empty());
    const auto loaded = load_finding(finding.folder);
    ASSERT_TRUE(loaded) << loaded.error().text();
    EXPECT_EQ(loaded->code_version, finding.code_version);
    EXPECT_EQ(loaded->violation.owners, finding.violation.owners);
    EXPECT_EQ(finding_text(*loaded), finding_text(finding));
}

TEST(FindingJson, KeepsEveryDigitOfASeedAndReadsOlderFiles) {
    SavedFinding finding;
    finding.seed = 18'446'744'073'709'551'615U;
    finding.code_version = "0.1.0 (3f9a2c71)";
    const std::string text = finding_to_json(finding, {});
    EXPECT_THAT(text, AllOf(HasSubstr("\"seed\": \"18446744073709551615\""),
                            HasSubstr("\"code_version\": \"0.1.0 (3f9a2c71)\"")));
    const auto read_back = finding_from_json(text);
    ASSERT_TRUE(read_back) << read_back.error().text();
    EXPECT_EQ(read_back->finding.seed, finding.seed);
    EXPECT_EQ(read_back->finding.code_version, finding.code_version);

    std::string older = text;
    const auto without = [&](const std::string& piece, const std::string& instead) {
        const auto at = older.find(piece);
        ASSERT_NE(at, std::string::npos) << piece;
        older.replace(at, piece.size(), instead);
    };
    without("\"18446744073709551615\"", "18446744073709551615");
    without("  \"code_version\": \"0.1.0 (3f9a2c71)\",\n", "");
    without("    \"owners\": [],\n", "");
    const auto old = finding_from_json(older);
    ASSERT_TRUE(old) << old.error().text();
    EXPECT_EQ(old->finding.seed, finding.seed);
    EXPECT_EQ(old->finding.code_version, "");
}

TEST_F(Findings, AReplayMeetsTheSameViolationWithTheSameDigest) {
    const sim::Scenario scenario = escaping_bond();
    const SavedFinding finding = save(scenario, run(scenario), directory());
    const auto replay = replay_finding(finding.folder + "/");
    ASSERT_TRUE(replay) << replay.error().text();
    EXPECT_TRUE(replay->reproduced()) << replay->difference;
    EXPECT_EQ(replay->outcome.digest.hex(), finding.digest);
    EXPECT_EQ(replay->finding.actions, finding.actions);
    EXPECT_EQ(replay->finding.folder, finding.folder);
    EXPECT_EQ(replay->choices_binding, replay->choices);
}

TEST_F(Findings, SavedInOneProcessReplaysInAnother) {
    // The first half runs in a separate process: `system` starts this program again.
    const std::string folder_file =
        fs::path(testing::TempDir()) / "aivmsim-finding-of-another-process";
    if (std::getenv("AIVM_FINDING_CHILD") != nullptr) {
        const sim::Scenario scenario = escaping_bond();
        write(folder_file, save(scenario, run(scenario), folder_file + ".d").folder);
        return;
    }
    const std::string self = fs::read_symlink("/proc/self/exe");
    // Of this one test, also where ours is one of several shards.
    const std::string environment =
        "env -u GTEST_TOTAL_SHARDS -u GTEST_SHARD_INDEX AIVM_FINDING_CHILD=1 '";
    ASSERT_EQ(std::system(
                  (environment + self + "' --gtest_filter=Findings." + test_name() + " > /dev/null")
                      .c_str()),
              0);
    const auto replay = replay_finding(read(folder_file));
    ASSERT_TRUE(replay) << replay.error().text();
    EXPECT_TRUE(replay->reproduced()) << replay->difference;
    fs::remove_all(folder_file);
    fs::remove_all(folder_file + ".d");
}

TEST_F(Findings, WithoutTriesTheFindingIsSavedWholeAndReplays) {
    const sim::Scenario scenario = escaping_bond();
    const SavedFinding finding = save(scenario, run(scenario), directory(), with_tries(0));
    EXPECT_EQ(finding.reproducer, Reproducer::kNone);
    EXPECT_THAT(finding_text(finding), HasSubstr("not shrunk: no tries were allowed"));
    const auto replay = replay_finding(finding.folder);
    ASSERT_TRUE(replay);
    EXPECT_TRUE(replay->reproduced()) << replay->difference;
}

TEST_F(Findings, ADeadlineEndsTheShrinkingWithWhatThereIs) {
    const sim::Scenario scenario = escaping_bond();
    ShrinkOptions options;
    options.go_on = [](std::size_t tries, std::size_t) { return tries < 5; };
    const SavedFinding finding = save(scenario, run(scenario), directory(), options);
    EXPECT_EQ(finding.reproducer, Reproducer::kHistory);
    EXPECT_LE(finding.tries, 5U);
    const auto replay = replay_finding(finding.folder);
    ASSERT_TRUE(replay);
    EXPECT_TRUE(replay->reproduced()) << replay->difference;
}

// The canary: a backend that flips one bit of one inference.
class LyingKernels final : public ForwardingKernels {
public:
    explicit LyingKernels(int lie_at) : ForwardingKernels(honest_), lie_at_(lie_at) {}
    int inference_step(const InferenceBatch& batch) override {
        const int code = target().inference_step(batch);
        if (++calls_ == lie_at_ && batch.op_count > 0) batch.outputs[0] ^= 1;
        return code;
    }

private:
    CpuKernels honest_;
    int lie_at_;
    int calls_ = 0;
};

sim::Scenario small_network() {
    auto loaded = load_scenario_text(R"(
name = "small_network"
[chain]
consensus = "sequencer"
validators = 5
[network]
loss = "1%"
[tasks]
count = 40
per_block = 4
[vm]
challenge_window_blocks = 5
[[provider]]
name = "honest"
count = 4
[[challenger]]
name = "watchers"
count = 2
[[fault]]
kind = "partition"
at = "10s"
duration = "10s"
validators = [4]
)",
                                     "small_network.toml");
    EXPECT_TRUE(loaded) << (loaded ? "" : to_text(loaded.error()));
    return loaded ? loaded->scenario : sim::Scenario{};
}

TEST_F(Findings, AKernelThatLiesOnceIsCaughtAndShrinksToASmallerRun) {
    const sim::Scenario scenario = small_network();
    LyingKernels kernels(5);
    RunOptions run_options;
    run_options.kernels = &kernels;
    const sim::Outcome outcome = run(scenario, run_options);
    ASSERT_THAT(outcome.violations, SizeIs(1));
    EXPECT_EQ(outcome.violations[0].invariant, "K1");

    ShrinkOptions options;
    options.rerun.make_kernels = [] { return std::make_unique<LyingKernels>(5); };
    const SavedFinding finding = save(scenario, outcome, directory(), options);
    EXPECT_EQ(finding.reproducer, Reproducer::kRun);
    EXPECT_LT(finding.actions_after, 10U);
    EXPECT_GT(finding.actions_before, 46U);
    EXPECT_LE(finding.actions.size(), kFindingActionsMax);
    EXPECT_THAT(finding.actions, testing::Not(Contains(HasSubstr("partition"))));

    const auto replay = replay_finding(finding.folder, options.rerun);
    ASSERT_TRUE(replay) << replay.error().text();
    EXPECT_TRUE(replay->reproduced()) << replay->difference;
    const auto fixed = replay_finding(finding.folder);
    ASSERT_TRUE(fixed);
    EXPECT_FALSE(fixed->reproduced());
    EXPECT_EQ(fixed->difference, "K1 was not violated");
    EXPECT_GT(fixed->choices, 0U);
    EXPECT_EQ(replay->choices_binding, replay->choices);
    EXPECT_EQ(replay->shrunk_choices_binding, replay->shrunk_choices);
}

// The process dies in the middle of the search, once it has found something smaller.
TEST_F(Findings, AShrinkerThatIsKilledLeavesItsBestAndTheNextOneGoesOnFromThere) {
    const sim::Scenario scenario = small_network();
    LyingKernels kernels(5);
    RunOptions run_options;
    run_options.kernels = &kernels;
    const sim::Outcome outcome = run(scenario, run_options);
    ShrinkOptions options;
    options.rerun.make_kernels = [] { return std::make_unique<LyingKernels>(5); };
    const SavedFinding whole = save(scenario, outcome, directory("whole"), options);

    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        std::size_t least = ~std::size_t{0};
        options.go_on = [&](std::size_t tries, std::size_t left) {
            least = std::min(least, left == 0 ? least : left);
            if (tries > 12 && least < whole.actions_before) kill(getpid(), SIGKILL);
            return true;
        };
        (void)save_finding(scenario, outcome, directory(), options);
        _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was not killed";
    const fs::path folder = fs::path(directory()) / whole.id;
    EXPECT_EQ(load_error(folder), "loaded");
    EXPECT_THAT(finding_text(*load_finding(folder)), HasSubstr("the shrinking was interrupted"));
    LyingKernels again(5);
    EXPECT_EQ(run_of_file(folder / "repro.toml", &again).violations.size(), 1U);

    options.go_on = {};
    options.tries_max = 0;
    EXPECT_THAT(finding_text(save(scenario, outcome, directory(), options)),
                HasSubstr("the shrinking was interrupted"));
    EXPECT_TRUE(fs::exists(folder / "repro.toml")) << "the smaller run is lost";

    options.tries_max = ShrinkOptions{}.tries_max;
    const SavedFinding finding = save(scenario, outcome, directory(), options);
    EXPECT_EQ(finding.actions_after, whole.actions_after);
    EXPECT_EQ(finding.actions_before, whole.actions_before);
    EXPECT_LT(finding.tries, whole.tries) << "it began from the beginning";
    EXPECT_FALSE(fs::exists(folder / "repro.toml"));
    EXPECT_EQ(std::distance(fs::directory_iterator(directory()), {}), 1)
        << "something unfinished was left behind";
}

TEST_F(Findings, ANetworkInWhichNothingEndsShrinksToTheFaultThatMatters) {
    sim::Scenario scenario = small_network();
    scenario.run.max_time_ns = 20 * kMinuteNs;
    scenario.run.quiet_period_ns = 1;
    scenario.faults[0].validators = {0};  // the only one that proposes
    scenario.faults[0].duration_ns = 19 * kMinuteNs;
    sim::FaultPlan harmless;
    harmless.kind = sim::FaultKind::kCrash;
    harmless.at_ns = kMinuteNs;
    harmless.duration_ns = kMinuteNs;
    harmless.validators = {3};
    scenario.faults.push_back(harmless);
    const SavedFinding finding = save(scenario, run(scenario), directory());
    EXPECT_EQ(finding.violation.invariant, "L1");
    EXPECT_THAT(finding.actions, testing::ElementsAre("1 provider \"honest\" (honest) takes part",
                                                      "1 task is submitted",
                                                      "partition of validator[0] from 10s to 11s"));
    const auto replay = replay_finding(finding.folder);
    ASSERT_TRUE(replay) << replay.error().text();
    EXPECT_TRUE(replay->reproduced()) << replay->difference;
}

TEST_F(Findings, AnOutcomeWithoutAnUnexpectedViolationIsRefused) {
    const auto saved = save_finding(escaping_bond(), sim::Outcome{}, directory());
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().text(), HasSubstr("no unexpected violation"));
    EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(Findings, ADirectoryThatCannotBeMadeIsOneError) {
    fs::create_directories(directory());
    write(directory("findings/taken"), "a file");
    const sim::Scenario scenario = escaping_bond();
    const auto saved =
        save_finding(scenario, run(scenario), directory("findings/taken"), with_tries(0));
    ASSERT_FALSE(saved);
    EXPECT_THAT(saved.error().text(), HasSubstr("findings/taken"));
}

TEST_F(Findings, DamagedOrForeignFoldersGiveOneErrorThatNamesTheFile) {
    EXPECT_THAT(load_error(directory("nowhere")), HasSubstr("is not a folder"));
    fs::create_directories(directory("empty"));
    EXPECT_THAT(load_error(directory("empty")), HasSubstr("has no finding.json"));

    const sim::Scenario scenario = escaping_bond();
    const fs::path folder = save(scenario, run(scenario), directory(), with_tries(40)).folder;
    const std::string json = read(folder / "finding.json");
    const auto error_with_json = [&](const std::string& text) {
        write(folder / "finding.json", text);
        return load_error(folder);
    };
    const auto replaced = [&](const std::string& from, const std::string& to) {
        std::string text = json;
        const auto at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return text.replace(at, from.size(), to);
    };
    EXPECT_THAT(error_with_json(json.substr(0, json.size() / 2)), HasSubstr("cut short"));
    EXPECT_THAT(error_with_json("[]"), HasSubstr("is not an object"));
    EXPECT_THAT(error_with_json("{}"), HasSubstr("has no \"format\""));
    EXPECT_THAT(error_with_json(replaced("aivmsim-finding", "x")),
                HasSubstr("its format is \"x\""));
    EXPECT_THAT(error_with_json(replaced("\"version\": 2", "\"version\": 1")),
                HasSubstr("its version is 1"));
    for (const char* wrong : {"\"seed\": -1", "\"seed\": \"-1\"", "\"seed\": \"1x\"",
                              "\"seed\": \"18446744073709551616\""}) {
        EXPECT_THAT(error_with_json(replaced("\"seed\": \"1\"", wrong)),
                    HasSubstr("seed must be a whole number"));
    }
    EXPECT_THAT(error_with_json(replaced("\"seed\": \"1\"", "\"seed\": \"2\"")),
                HasSubstr("does not follow from"));
    EXPECT_EQ(error_with_json(replaced("\"seed\": \"1\"", "\"seed\": 1")), "loaded")
        << "the seed of an older file is a number";
    EXPECT_THAT(error_with_json(replaced("\"history\"", "\"diary\"")),
                HasSubstr("unknown kind \"diary\""));
    EXPECT_THAT(error_with_json(replaced("history.bin", "history.bix")),
                HasSubstr("does not list history.bin"));
    EXPECT_EQ(error_with_json(json), "loaded");

    for (const char* name : {"scenario.toml", "choices.bin", "history.bin"}) {
        const std::string whole = read(folder / name);
        write(folder / name, whole + "x");
        EXPECT_THAT(load_error(folder), AllOf(HasSubstr(name), HasSubstr("changed or damaged")))
            << name;
        fs::remove(folder / name);
        EXPECT_THAT(load_error(folder), AllOf(HasSubstr(name), HasSubstr("missing"))) << name;
        write(folder / name, whole);
    }
    EXPECT_EQ(load_error(folder), "loaded");
}

}  // namespace
}  // namespace aivm::scenarios
