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

}  // namespace
}  // namespace aivm::scenarios
