#include "sim/scenario/compute_cost.h"

#include <gtest/gtest.h>

#include <string>

namespace aivm::sim {
namespace {

constexpr std::uint64_t kSizes[] = {1, 2, 15, 16, 17, 100, 256, 257, 4096, 4097, 100'000, 1 << 24};

void for_each_pair(auto&& visit) {
    for (const DeviceClassInfo& info : device_classes()) {
        for (std::size_t k = 0; k < enum_count<KernelKind>; ++k) {
            const auto kernel = static_cast<KernelKind>(k);
            SCOPED_TRACE(std::string(word(info.device)) + " " + std::string(word(kernel)));
            visit(info.device, kernel);
        }
    }
}

TEST(ComputeCost, EveryClassHasATimeForEveryKernelAndNamesItsSource) {
    EXPECT_EQ(device_classes().size() + 1, enum_count<DeviceClass>);
    for (const DeviceClassInfo& info : device_classes()) EXPECT_FALSE(info.source.empty());
    for_each_pair([](DeviceClass device, KernelKind kernel) {
        EXPECT_GT(kernel_time_ns(device, kernel, 1), 0U);
    });
}

TEST(ComputeCost, ALargerBatchTakesNoLessTimeAndNoMorePerOperation) {
    for_each_pair([](DeviceClass device, KernelKind kernel) {
        std::uint64_t before_ns = 0;
        std::uint64_t before = 1;
        for (const std::uint64_t batch : kSizes) {
            const std::uint64_t ns = kernel_time_ns(device, kernel, batch);
            EXPECT_GE(ns, before_ns) << batch;
            // A fifth of slack: the tables of a large batch leave the caches.
            if (before_ns != 0) {
                EXPECT_LE(ns * before, before_ns * batch * 12 / 10 + batch * before) << batch;
            }
            before_ns = ns;
            before = batch;
        }
    });
}

TEST(ComputeCost, TheMeasuredSizesAreTheTableAndOthersLieBetweenThem) {
    const auto time = [](std::uint64_t batch) {
        return kernel_time_ns(DeviceClass::kCpuScalar, KernelKind::kInferenceStep, batch);
    };
    EXPECT_EQ(time(1), 1'368U);
    EXPECT_EQ(time(16), 20'679U);
    EXPECT_EQ(time(256), 330'047U);
    EXPECT_EQ(time(4096), 5'353'430U);
    EXPECT_EQ(time(136), 20'679U + (330'047U - 20'679U) / 2) << "halfway from 16 to 256";
    EXPECT_EQ(time(3 * 4096), 3U * 5'353'430U);
}

// What the table is for: one operation is cheapest on a CPU, a hundred thousand on a GPU.
TEST(ComputeCost, AGpuPaysForACallAndGainsByItsSize) {
    for (const DeviceClass gpu : {DeviceClass::kA100, DeviceClass::kH100, DeviceClass::kH200,
                                  DeviceClass::kRtx4090, DeviceClass::kMi250x}) {
        const auto time = [](DeviceClass device, std::uint64_t batch) {
            return kernel_time_ns(device, KernelKind::kInferenceStep, batch);
        };
        EXPECT_GT(time(gpu, 1), 10 * time(DeviceClass::kCpuSimd, 1)) << word(gpu);
        EXPECT_LT(10 * time(gpu, 100'000), time(DeviceClass::kCpuSimd, 100'000)) << word(gpu);
    }
}

// 20 us for the call, 289 bytes over PCIe 5, and 43,008 instructions of one thread at 1.98 GHz.
TEST(ComputeCost, OneInferenceOnAnH100IsTheSumOfItsParts) {
    EXPECT_EQ(kernel_time_ns(DeviceClass::kH100, KernelKind::kInferenceStep, 1),
              20'000U + (144 + 32 + 1 + 112) * 1'000'000'000ULL / 63'000'000'000ULL +
                  (4 * 33 * 16 + 4 * 2 * 5'112) * 1'000'000'000ULL / 1'980'000'000ULL);
}

}  // namespace
}  // namespace aivm::sim
