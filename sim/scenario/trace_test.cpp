#include "sim/scenario/trace.h"

#include <gtest/gtest.h>

namespace aivm::sim {
namespace {

constexpr std::string_view kOwn =
    "arrival_s,model,input,output\n"
    "3,0,100,7\n"
    "3.25,1,200,8\n";

// The form of the public traces (AzureLLMInferenceTrace_code.csv), and that of 2024.
constexpr std::string_view kAzure =
    "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    "2023-11-16 18:17:03.9799600,4808,10\n"
    "2023-11-16 18:17:04.0319600,3180,8\n"
    "2023-11-17 18:17:03.9799600,110,27\n";

std::string error_of(std::string_view text) {
    const auto trace = parse_trace(text);
    return trace ? "" : trace.error().context;
}

TEST(Trace, ReadsItsOwnColumnsAndCountsFromTheFirstArrival) {
    const auto trace = parse_trace(kOwn);
    ASSERT_TRUE(trace) << trace.error().context;
    const Trace expected{{0, 100, 7, 0}, {250'000'000, 200, 8, 1}};
    EXPECT_EQ(*trace, expected);
}

TEST(Trace, ReadsTheColumnsOfAnAzureTrace) {
    const auto trace = parse_trace(kAzure);
    ASSERT_TRUE(trace) << trace.error().context;
    const Trace expected{
        {0, 4808, 10, {}}, {52'000'000, 3180, 8, {}}, {86'400'000'000'000, 110, 27, {}}};
    EXPECT_EQ(*trace, expected);
    const auto of_2024 = parse_trace(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n"
        "2024-02-28 23:59:59.5+00:00,1,2\n"
        "2024-03-01 00:00:00.5+00:00,3,4\n");
    ASSERT_TRUE(of_2024);
    EXPECT_EQ(of_2024->back().at_ns, 86'401'000'000'000U) << "2024 is a leap year";
}

TEST(Trace, ItsTextReadsBackAsTheSameTrace) {
    for (const std::string_view text : {kOwn, kAzure}) {
        const auto trace = parse_trace(text);
        const std::string once = trace_text(*trace);
        EXPECT_EQ(*parse_trace(once), *trace);
        EXPECT_EQ(trace_text(*parse_trace(once)), once);
    }
}

TEST(Trace, EveryErrorNamesTheLine) {
    EXPECT_EQ(error_of("arrival_s\nsoon\n"),
              "line 2: \"soon\" is not a number of seconds such as 12.5");
    EXPECT_EQ(error_of("arrival_s,input\n1,many\n"), "line 2: \"many\" is not a whole number");
    EXPECT_EQ(error_of("arrival_s\n2\n1\n"),
              "line 3: the task arrives before the one above it; sort the rows by their arrival");
    EXPECT_NE(error_of("TIMESTAMP,ContextTokens,GeneratedTokens\nyesterday,1,2\n").find("line 2"),
              std::string::npos);
    EXPECT_NE(error_of("when,what\n1,2\n").find("neither arrival_s nor"), std::string::npos);
    EXPECT_NE(error_of("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-01 00:00:00,1,2\n"), "");
}

TEST(Trace, ATaskIsServedByTheSmallestModelThatHasItsSteps) {
    Workload workload;
    workload.steps = 2;
    workload.models = 3;
    workload.model_sizes = ModelSizes::kDoubling;
    workload.input_per_step = 1000;
    workload.output_per_step = 10;
    EXPECT_EQ(steps_of_model(workload, 2), 8U);
    EXPECT_EQ(steps_of(workload, {0, 0, 0, {}}), 1U);
    EXPECT_EQ(steps_of(workload, {0, 1001, 11, {}}), 4U);
    EXPECT_EQ(model_of(workload, {0, 0, 1, {}}), 0U);
    EXPECT_EQ(model_of(workload, {0, 1001, 11, {}}), 1U);
    EXPECT_EQ(model_of(workload, {0, 0, 80, {}}), 2U);
    EXPECT_EQ(model_of(workload, {0, 0, 8000, {}}), 2U) << "the largest there is";
    EXPECT_EQ(model_of(workload, {0, 0, 8000, 1}), 1U) << "its own";
    workload.output_per_step = 0;
    EXPECT_EQ(steps_of(workload, {0, 3000, 8000, {}}), 3U);
    workload.fee = lux(3);
    EXPECT_EQ(fee_of(workload, 0), lux(3));
    EXPECT_EQ(fee_of(workload, 2), lux(12));
}

}  // namespace
}  // namespace aivm::sim
