#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "scenarios/file/load.h"
#include "scenarios/file/source_text.h"
#include "scenarios/testing/test_scenarios.h"

namespace aivm::scenarios {
namespace {

class LoadFile : public ::testing::Test {
protected:
    LoadFile()
        : folder_(std::filesystem::path(::testing::TempDir()) /
                  ("aivm_load_file_" + std::string(test_name()))) {
        std::filesystem::create_directories(folder_);
    }
    ~LoadFile() override { std::filesystem::remove_all(folder_); }

    static const char* test_name() {
        return ::testing::UnitTest::GetInstance()->current_test_info()->name();
    }

    std::filesystem::path write(const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name, std::ios::binary) << text;
        return folder_ / name;
    }

    // The only error of a file, without the path prefix.
    static std::string error_of(const std::filesystem::path& path) {
        const auto result = load_scenario_file(path);
        if (result) return "none";
        EXPECT_EQ(result.error().size(), 1U);
        EXPECT_EQ(result.error()[0].source, path.string());
        return result.error()[0].message;
    }

    std::filesystem::path folder_;
};

TEST_F(LoadFile, AFileIsLoadedWithItsTextAndPath) {
    const auto path = write("ok.toml", with_provider(""));
    const auto result = load_scenario_file(path);
    ASSERT_TRUE(result) << to_text(result.error());
    EXPECT_EQ(result->text, with_provider(""));
    EXPECT_EQ(result->source, path.string());
}

TEST_F(LoadFile, AMissingFileADirectoryAndAForeignFileGetOneClearErrorEach) {
    EXPECT_EQ(error_of(folder_ / "missing.toml"), "there is no such file");
    EXPECT_EQ(error_of(""), "there is no such file");
    EXPECT_EQ(error_of(folder_), "this is a directory, not a scenario file");
    EXPECT_EQ(error_of(write("binary.toml",
                             "\x7f"
                             "ELF\x02\x01\xff")),
              "line 1, column 7 is not UTF-8 text");
    EXPECT_EQ(error_of(write("large.toml", std::string(kMaxFileBytes + 1, '#'))),
              "the file has more than 1048576 bytes");
}

TEST_F(LoadFile, AFileOfExactlyTheLimitIsRead) {
    auto text = with_provider("");
    while (text.size() < kMaxFileBytes)
        text += text.size() % 80 == 0 ? '\n' : text.size() % 80 == 1 ? '#' : ' ';
    EXPECT_TRUE(load_scenario_file(write("full.toml", text)));
}

TEST_F(LoadFile, AnUnreadableFileIsAnErrorAndNotAnEmptyScenario) {
    const auto path = write("secret.toml", with_provider(""));
    std::filesystem::permissions(path, std::filesystem::perms::none);
    if (std::ifstream(path).good()) return;  // root reads everything
    EXPECT_EQ(error_of(path), "the file cannot be read");
}

constexpr const char* kAzure =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    "2023-11-16 18:17:03.9799600,4808,10\n"
    "2023-11-16 18:17:04.4799600,110,27\n";

TEST_F(LoadFile, ATraceIsReadFromBesideTheScenarioAndKeptWithIt) {
    write("azure.csv", kAzure);
    const auto path = write("traced.toml", with_provider("[tasks]\ntrace = \"azure.csv\"\n"));
    const auto loaded = load_scenario_file(path);
    ASSERT_TRUE(loaded) << to_text(loaded.error());
    const sim::Workload& workload = loaded->scenario.workload;
    EXPECT_EQ(workload.trace, "arrival_s,input,output\n0,4808,10\n0.5,110,27\n");
    EXPECT_EQ(workload.tasks, 2U) << "as many as the trace has";
    // What is recorded needs the file no more.
    std::filesystem::remove(folder_ / "azure.csv");
    const auto again = load_scenario_text(loaded->text, "elsewhere.toml");
    ASSERT_TRUE(again) << to_text(again.error());
    EXPECT_EQ(again->scenario.workload.trace, workload.trace);
}

TEST_F(LoadFile, AnErrorInATraceNamesItsLineAndAMissingOneItsPath) {
    write("bad.csv", "arrival_s\n1\nsoon\n");
    const auto error = [&](const char* name) {
        return error_of(write("traced.toml",
                              with_provider(std::string("[tasks]\ntrace = \"") + name + "\"\n")));
    };
    EXPECT_EQ(error("bad.csv"), "line 3: \"soon\" is not a number of seconds such as 12.5");
    EXPECT_EQ(error("none.csv"), "there is no file " + (folder_ / "none.csv").string());
}

TEST_F(LoadFile, MoreTasksThanTheTraceHasAreRefused) {
    write("azure.csv", kAzure);
    const auto path =
        write("traced.toml", with_provider("[tasks]\ntrace = \"azure.csv\"\ncount = 3\n"));
    EXPECT_EQ(error_of(path), "tasks.count is 3, and the trace has 2 tasks");
}

TEST_F(LoadFile, PricesAreReadFromAFileOrWrittenInPlace) {
    write("prices.csv", "time_s,price\n0,2\n60,1\n");
    const auto from_file = load_scenario_file(
        write("a.toml", with_provider("[price]\nlaw = \"file\"\npath = \"prices.csv\"\n")));
    ASSERT_TRUE(from_file) << to_text(from_file.error());
    const auto in_place = load_scenario_file(
        write("b.toml",
              with_provider(
                  "[price]\nlaw = \"file\"\npath = \"\"\"\ntime_s,price\n0,2\n60,1\n\"\"\"\n")));
    ASSERT_TRUE(in_place) << to_text(in_place.error());
    EXPECT_EQ(from_file->scenario.price.path, in_place->scenario.price.path);
    EXPECT_EQ(error_of(write("c.toml", with_provider("[price]\nlaw = \"file\"\n"))),
              "no prices are given");
    EXPECT_EQ(error_of(write("d.toml", with_provider("[price]\nvolatility = \"10%\"\n"))),
              "price.volatility and price.growth belong to the geometric law");
}

}  // namespace
}  // namespace aivm::scenarios
