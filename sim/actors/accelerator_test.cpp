// What a device does wrong: its sums beside those of real floating-point arithmetic, and its errors
// as a function of the task.
#include "sim/actors/accelerator.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstring>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "core/base/digest.h"
#include "core/testing/test_chain.h"
#include "core/verification/reexecution.h"

namespace aivm::sim {
namespace {

using enum Accumulation;
using enum SumOrder;

std::vector<std::uint8_t> by_index(std::size_t count) {
    std::vector<std::uint8_t> order(count);
    std::iota(order.begin(), order.end(), std::uint8_t{0});
    return order;
}

std::int32_t summed(Accumulation accumulation, SumOrder order, std::int32_t bias,
                    const std::vector<std::int32_t>& products) {
    return sum_of_products(accumulation, order, bias, products, by_index(products.size()));
}

TEST(SumOfProducts, ExactOnesWrapModulo2To32) {
    constexpr std::int32_t kMost = std::numeric_limits<std::int32_t>::max();
    EXPECT_EQ(summed(kExact, kSequential, 7, {-3, 16'384, 5}), 16'393);
    EXPECT_EQ(summed(kExact, kPairwise, kMost, {1, 0}), std::numeric_limits<std::int32_t>::min());
}

// 256 + 1 needs nine bits: a tie, which goes to the even neighbour, so that eight ones vanish one
// by one but not as their sum.
TEST(SumOfProducts, Bf16LosesSmallTermsOneByOneAndKeepsTheirSum) {
    const std::vector<std::int32_t> ones(8, 1);
    EXPECT_EQ(summed(kBf16, kSequential, 256, ones), 256);
    EXPECT_EQ(summed(kBf16, kPairwise, 256, ones), 264);
    EXPECT_EQ(summed(kBf16, kSequential, 258, {1}), 260) << "a tie, and 258 has an odd last bit";
    EXPECT_EQ(summed(kBf16, kSequential, -256, {-3}), -260);
}

TEST(SumOfProducts, Fp16OverflowsToInfinityWhichSaturates) {
    EXPECT_EQ(summed(kFp16, kSequential, 65'504, {15}), 65'504) << "rounds down to the largest";
    EXPECT_EQ(summed(kFp16, kSequential, 65'504, {16}), std::numeric_limits<std::int32_t>::max());
    EXPECT_EQ(summed(kFp16, kSequential, -65'504, {-16, 16'000}),
              std::numeric_limits<std::int32_t>::min())
        << "infinity stays";
    EXPECT_EQ(summed(kFp16, kPairwise, -70'000, {16'384, 16'384, 16'384, 16'384}), 0)
        << "infinities of both signs have no sum";
}

// The hardware's own fp32, one addition at a time.
TEST(SumOfProducts, Fp32IsTheHardwaresArithmetic) {
    std::mt19937_64 random(3);
    for (int round = 0; round < 2'000; ++round) {
        std::vector<std::int32_t> products(32);
        for (auto& one : products) one = static_cast<std::int32_t>(random() % 32'768) - 16'384;
        const auto bias = static_cast<std::int32_t>(random() % 0x7000'0000);
        volatile float expected = static_cast<float>(bias);
        for (const std::int32_t one : products) expected = expected + static_cast<float>(one);
        EXPECT_EQ(summed(kFp32, kSequential, bias, products), static_cast<std::int32_t>(expected));
    }
}

#if defined(__FLT16_MANT_DIG__)
// Every addition of two fp16 numbers is exact in fp32, so rounding that is rounding once.
TEST(SumOfProducts, Fp16IsTheCompilersArithmetic) {
    std::mt19937_64 random(4);
    for (int round = 0; round < 2'000; ++round) {
        std::vector<std::int32_t> products(32);
        for (auto& one : products) one = static_cast<std::int32_t>(random() % 4'096) - 2'048;
        const auto bias = static_cast<std::int32_t>(random() % 8'192);
        auto expected = static_cast<_Float16>(static_cast<float>(bias));
        for (const std::int32_t one : products) {
            const float wide = static_cast<float>(expected) +
                               static_cast<float>(static_cast<_Float16>(static_cast<float>(one)));
            expected = static_cast<_Float16>(wide);
        }
        EXPECT_EQ(summed(kFp16, kSequential, bias, products),
                  static_cast<std::int32_t>(static_cast<float>(expected)));
    }
}
#endif

TEST(SumOfProducts, AShuffledSumFollowsItsOrder) {
    const std::vector<std::int32_t> products{256, 1, 1};
    const std::vector<std::uint8_t> small_first{1, 2, 0};
    EXPECT_EQ(sum_of_products(kBf16, kShuffled, 0, products, by_index(3)), 256);
    EXPECT_EQ(sum_of_products(kBf16, kShuffled, 0, products, small_first), 258);
}

// A model with random weights, as in participants.cpp, and inputs to run it on.
class Accelerator : public ::testing::Test {
protected:
    Accelerator() {
        std::mt19937_64 random(5);
        for (auto& w : model.weights.w1) w = static_cast<std::uint8_t>(random() % 128 - 64);
        for (auto& b : model.weights.b1) b = static_cast<std::int32_t>(random() % 8192) - 4096;
        for (auto& w : model.weights.w2) w = static_cast<std::uint8_t>(random() % 64 - 32);
        model.weights.shift1 = 8;
        model.weights.shift2 = 3;
        const Hash32 hash = weights_digest(model.weights);
        std::memcpy(model.weights.model_hash, hash.data(), hash.size());
        model.rows.resize(std::size_t{kRows} * kInputBytes);
        for (auto& byte : model.rows) byte = static_cast<std::uint8_t>(random());
        model.steps = 1;
    }

    // Its answers to tasks 0, 1, 2, ..., of one row each.
    std::vector<Answer> answers(const AcceleratorFaults& faults, std::uint32_t actor = 1,
                                std::uint32_t assignment = 1) {
        AcceleratorKernels kernels(exact, faults, {9, actor, 10});
        std::vector<Answer> out;
        for (std::uint32_t i = 0; i < kRows; ++i) {
            kernels.begin_task(TaskIndex{i}, assignment);
            out.push_back(run_model(kernels, model, i));
        }
        return out;
    }
    static std::set<std::size_t> differences(const std::vector<Answer>& a,
                                             const std::vector<Answer>& b) {
        std::set<std::size_t> out;
        for (std::size_t i = 0; i < a.size(); ++i)
            if (a[i] != b[i]) out.insert(i);
        return out;
    }

    static constexpr std::uint32_t kRows = 400;
    CpuKernels exact;
    Model model;
};

TEST_F(Accelerator, WithoutFaultsOrWithExactSumsInFloatItIsTheKernel) {
    const auto truth = answers({});
    for (std::uint32_t i = 0; i < kRows; ++i) EXPECT_EQ(truth[i], run_model(exact, model, i));
    for (const SumOrder order : {kSequential, kPairwise, kShuffled}) {
        EXPECT_EQ(answers({.accumulation = kFp32, .sum_order = order}), truth)
            << "24 bits hold every sum of these weights";
    }
}

TEST_F(Accelerator, AFlipChangesOneBitOfAboutItsShareOfTheAnswers) {
    const auto truth = answers({});
    const auto flipped = answers({.bit_flips_ppm = 250'000});
    const auto wrong = differences(truth, flipped);
    EXPECT_NEAR(static_cast<double>(wrong.size()), 100, 5 * 8.7);  // five standard deviations
    for (const std::size_t i : wrong) EXPECT_EQ(std::popcount(Answer(truth[i] ^ flipped[i])), 1);
    EXPECT_EQ(differences(truth, answers({.bit_flips_ppm = 1'000'000})).size(), kRows);
}

TEST_F(Accelerator, AHigherRateAddsErrorsAndMovesNone) {
    const auto truth = answers({});
    const auto low = answers({.bit_flips_ppm = 50'000});
    const auto high = answers({.bit_flips_ppm = 200'000});
    for (const std::size_t i : differences(truth, low)) EXPECT_EQ(low[i], high[i]) << i;
}

TEST_F(Accelerator, ErrorsDifferBetweenActorsAndBetweenAssignmentsOfATask) {
    const AcceleratorFaults faults{.bit_flips_ppm = 200'000};
    EXPECT_EQ(answers(faults), answers(faults));
    EXPECT_NE(answers(faults), answers(faults, 2));
    EXPECT_NE(answers(faults), answers(faults, 1, 2));
}

TEST_F(Accelerator, AnAnswerAndItsTraceAreOneComputation) {
    model.steps = 8;
    AcceleratorKernels kernels(
        exact, {.bit_flips_ppm = 200'000, .accumulation = kBf16, .sum_order = kShuffled},
        {9, 1, 10});
    for (std::uint32_t i = 0; i < 50; ++i) {
        kernels.begin_task(TaskIndex{i}, 1);
        const Answer answer = run_model(kernels, model, i);
        EXPECT_EQ(trace_model(kernels, model, i).back().output, answer);
    }
}

// The reason for the tolerance: most of the noise of a float sum is small, and a shuffled order is
// noise that repeats for nobody else.
TEST_F(Accelerator, Fp16SumsAreOffByLittleAndBf16SumsByMore) {
    const auto truth = answers({});
    const auto worst = [&](const std::vector<Answer>& found) {
        int most = 0;
        for (std::size_t i = 0; i < found.size(); ++i) {
            const int apart =
                static_cast<std::int8_t>(found[i]) - static_cast<std::int8_t>(truth[i]);
            most = std::max(most, std::abs(apart));
        }
        return most;
    };
    const int fp16 = worst(answers({.accumulation = kFp16, .sum_order = kShuffled}));
    const int bf16 = worst(answers({.accumulation = kBf16, .sum_order = kShuffled}));
    EXPECT_GT(fp16, 0);
    EXPECT_LT(fp16, 20);
    EXPECT_GT(bf16, fp16);
    EXPECT_NE(answers({.accumulation = kBf16, .sum_order = kShuffled}),
              answers({.accumulation = kBf16, .sum_order = kShuffled}, 2));
    EXPECT_EQ(answers({.accumulation = kBf16, .sum_order = kPairwise}),
              answers({.accumulation = kBf16, .sum_order = kPairwise}, 2))
        << "a fixed order errs the same way everywhere";
}

TEST_F(Accelerator, AStaleModelIsTheSameForAllAndFartherWithALargerShare) {
    const auto old = answers({.stale_weights_ppm = 100'000});
    EXPECT_EQ(old, answers({.stale_weights_ppm = 100'000}, 2));
    EXPECT_NE(old, answers({}));
    const auto weights = stale_weights(model.weights, 100'000, 9);
    const auto older = stale_weights(model.weights, 400'000, 9);
    int changed = 0;
    for (std::size_t i = 0; i < sizeof weights.w1; ++i) {
        if (weights.w1[i] == model.weights.w1[i]) continue;
        ++changed;
        EXPECT_EQ(weights.w1[i], older.w1[i]);
    }
    EXPECT_NEAR(changed, 51, 34);
    const auto same = stale_weights(model.weights, 0, 9);
    EXPECT_EQ(std::memcmp(&same, &model.weights, sizeof same), 0);
}

TEST_F(Accelerator, TheCommitmentsAreOfTheOutputThatItWrote) {
    AcceleratorKernels kernels(exact, {.bit_flips_ppm = 1'000'000}, {9, 1, 10});
    abi::InferenceOp op{};
    std::memcpy(op.model_hash, model.weights.model_hash, 32);
    op.input_len = 32;
    op.output_capacity = 1;
    Answer output = 0;
    abi::InferenceResult result{};
    InferenceBatch batch{&model.weights, &op, model.rows.data(), &output, &result, 1};
    ASSERT_EQ(kernels.inference_step(batch), abi::kOk);
    const Hash32 expected = keccak256({op.salt, {&output, 1}});
    EXPECT_EQ(std::memcmp(result.output_commitment, expected.data(), 32), 0);
    op.input_len = 31;
    output = 77;
    ASSERT_EQ(kernels.inference_step(batch), abi::kOk);
    EXPECT_EQ(result.status, abi::kWrongInputLength);
    EXPECT_EQ(output, 77) << "what fails its checks writes nothing";
}

TEST(DeviceTime, ResetsAndThrottlingLengthenATask) {
    const StreamName times{9, 1, 11};
    const auto time = [&](const AcceleratorFaults& faults, std::uint32_t task) {
        return time_on_device(faults, times, TaskIndex{task}, 1, 10 * kSecond);
    };
    EXPECT_EQ(time({}, 3), 10 * kSecond);
    const AcceleratorFaults slow{.throttling_ppm = 1'000'000, .throttled_speed_ppm = 250'000};
    EXPECT_EQ(time(slow, 3), 40 * kSecond);
    const AcceleratorFaults resets{.resets_ppm = 1'000'000, .reset_time_ns = 3'000'000'000};
    int reset = 0;
    for (std::uint32_t task = 0; task < 200; ++task) {
        EXPECT_GE(time(resets, task), 13 * kSecond) << "all of it is lost at most";
        EXPECT_LT(time(resets, task), 23 * kSecond);
        if (time({.resets_ppm = 100'000}, task) != 10 * kSecond) ++reset;
    }
    EXPECT_NEAR(reset, 20, 22);
}

}  // namespace
}  // namespace aivm::sim
