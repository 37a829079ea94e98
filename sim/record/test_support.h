// Shared by the tests of this room: a directory per test, and a small run with a row in every
// table.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "sim/record/recorder.h"

namespace aivm::sim::test {

namespace fs = std::filesystem;

class RecordTest : public ::testing::Test {
protected:
    void SetUp() override {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        directory_ = fs::temp_directory_path() / ("aivm-record-" + std::to_string(::getpid()) +
                                                  "-" + std::string(test->name()));
        fs::remove_all(directory_);
        fs::create_directories(directory_);
    }
    void TearDown() override { fs::remove_all(directory_); }

    [[nodiscard]] std::string file(const std::string& name) const {
        return (directory_ / name).string();
    }
    // The number of files in the directory, to see what a failure leaves behind.
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
    }

    fs::path directory_;
};

inline StudyInfo sample_study() {
    return {"demo", "2026-01-01T00:00:00Z", "0.1.0", "g++ 12", "Release"};
}

inline RunInfo sample_run(const std::string& seed = "1") {
    RunInfo info;
    info.scenario = "quickstart";
    info.scenario_text = "name = \"it's a test\"\n";
    info.config = "canonical";
    info.overrides = {"vm.challenge_window_blocks=50", "workload.tasks=2"};
    info.params = {{0, "vm.challenge_window_blocks", 50.0, "50", "blocks"},
                   {0, "chain.stake", {}, "zipf", ""}};
    info.seed = seed;
    return info;
}

inline RunSummary sample_summary() {
    return {
        RunStatus::kViolated, 62, 248'000'000'000, 48'211, "00112233445566778899aabbccddeeff", 800,
        {"E1", "E3"},         9};
}

inline auto sample_rows() {
    TaskRow open_task{1,  9, VerificationMode::kTee, lux(1), lux(50), 3, {}, {}, 12,
                      {}, 0, TaskOutcome::kPending,  {}};
    TaskRow done_task{2,  9, VerificationMode::kOptimistic, lux(1), lux(50), 3, 4, 50, 12,
                      99, 1, TaskOutcome::kFinalCorrupt,    false};
    return std::tuple{
        PrincipalRow{1, "lazy", "lazy_guess", "share=3\nseed=7", false},
        AgentRow{7, 1, "provider", "provider[7]", lux(2000), 60},
        open_task,
        done_task,
        ResultRow{2, 7, 1, 4, {}, "guess", false, lux(100), 50, true},
        ChallengeRow{1, 2, 7, 8, 5, 6, {}, {}, 3, lux(10), true, DisputeWinner::kNone, "open"},
        SlashRow{1, 7, 2, 60, "bad_result", lux(100), lux(40), lux(20), lux(16), lux(4), false},
        PayoffRow{1, lux(3), lux(1), lux(40), Amount(0), Amount(0), -38'000'000'000, 77},
        ChainStatRow{5, 20, 2, 1, 4, lux(1200), lux(50)},
        AnchorRow{1, AnchorTarget::kHostChain, 14, "00ff", 9, false, 12},
        VertexRow{3, "0a0b", 2, 7, 5, 1, false, 4, "1 2", 10, 20, {}, 2, 30},
        CutRow{2, 9, 30, 3, 12, 1},
        ConflictRow{1, 3, 4, "job:x", 12, 20, 3},
        FaultRow{1, "partition", 10, 20, "asia"},
        ViolationRow{1, "E3", 248, 62, "provider[7]", "provider[7] withdrew 'too soon'", false,
                     "aivmsim replay x"},
        MetricRow{"attacker_net", "", std::int64_t{-9'007'199'254'740'993}},
        MetricRow{"ttf_mean", "optimistic", 12.5},
        EventRow{1, 5, 7, "timer", "00"}};
}

inline void add_sample_rows(RowSink& sink) {
    std::apply([&](const auto&... row) { (sink.add(row), ...); }, sample_rows());
}

// A complete study file with one run per seed.
inline void write_study(const std::string& path, const std::vector<std::string>& seeds,
                        const std::string& digest = sample_summary().digest,
                        RecorderOptions options = {}) {
    auto recorder = Recorder::create(path, sample_study(), options);
    ASSERT_TRUE(recorder) << recorder.error().text();
    for (const std::string& seed : seeds) {
        ASSERT_TRUE((*recorder)->begin_run(sample_run(seed)));
        add_sample_rows(**recorder);
        RunSummary summary = sample_summary();
        summary.digest = digest;
        ASSERT_TRUE((*recorder)->finish_run(summary));
    }
    const Status closed = (*recorder)->close();
    ASSERT_TRUE(closed) << closed.error().text();
}

inline std::string read_bytes(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace aivm::sim::test
