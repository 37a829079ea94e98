// The kernels of one actor's device: the exact ones, with the errors of an accelerator
// (AcceleratorFaults). Strategies that run a model through them err as the device does, in both
// fidelities.
//
// An error is a function of the run's seed, the actor, the task, its assignment and the step's
// input, so an answer and its trace are one computation, a higher rate adds errors and moves none,
// and errors on one task shift no other's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "core/base/ids.h"
#include "core/kernels/forwarding_kernels.h"
#include "core/state/task.h"
#include "sim/engine/random_stream.h"
#include "sim/engine/time.h"
#include "sim/scenario/device_class.h"

namespace aivm::sim {

// The sum of the products of one layer and their bias, as the device computes it: rounded to the
// precision of `accumulation` after every addition. `order` lists the products' indexes and is used
// by SumOrder::kShuffled alone. Modulo 2^32 for exact sums; saturated to 32 bits for others, 0 for
// what is not a number.
std::int32_t sum_of_products(Accumulation accumulation, SumOrder sum_order, std::int32_t bias,
                             std::span<const std::int32_t> products,
                             std::span<const std::uint8_t> order);

// The old version of a model that stale devices run.
abi::InferenceWeights stale_weights(const abi::InferenceWeights& newest, std::uint32_t share_ppm,
                                    std::uint64_t seed);

class AcceleratorKernels final : public ForwardingKernels {
public:
    // `exact` must outlive this. `errors` names the stream that is the actor's for this purpose.
    AcceleratorKernels(Kernels& exact, const AcceleratorFaults& faults, const StreamName& errors)
        : ForwardingKernels(exact), faults_(faults), errors_(errors) {}

    // What is computed from now on belongs to this assignment of this task.
    void begin_task(TaskIndex task, std::uint32_t assignment);

    int inference_step(const InferenceBatch& batch) override;

private:
    using Order = std::array<std::uint8_t, abi::kInferenceInputs>;

    [[nodiscard]] const abi::InferenceWeights& device_weights(const abi::InferenceWeights& newest);
    [[nodiscard]] std::uint8_t output_of(const abi::InferenceWeights& weights,
                                         const std::uint8_t* input) const;
    // The first of the eight random blocks of a step.
    [[nodiscard]] std::uint64_t blocks_of(const std::uint8_t* input) const;
    [[nodiscard]] Order draw_order(std::uint64_t blocks) const;

    AcceleratorFaults faults_;
    StreamName errors_;
    std::uint64_t task_blocks_ = 0;
    abi::InferenceWeights newest_{};  // that stale_ was made of
    abi::InferenceWeights stale_{};
};

// How long a device takes for a task that takes `work` without resets and throttling. `times` names
// the actor's stream for this purpose. Requires work >= 0.
SimTime time_on_device(const AcceleratorFaults& faults, const StreamName& times, TaskIndex task,
                       std::uint32_t assignment, SimTime work);

// The device of one provider or challenger. Without a class and without faults: the kernels and the
// times that the actor has anyway.
struct ActorDevice {
    DeviceClass device = DeviceClass::kNone;
    std::uint64_t step_operations = 0;  // InferenceStep operations that one step stands for
    AcceleratorFaults faults;
    StreamName times;
    std::shared_ptr<AcceleratorKernels> kernels;  // null: the device computes exactly

    // For one step of each of `tasks` tasks, in one call.
    [[nodiscard]] std::uint64_t step_time_ns(std::uint64_t without_class,
                                             std::uint32_t tasks) const;
    [[nodiscard]] SimTime time_of(TaskIndex task, std::uint32_t assignment, SimTime work) const {
        return time_on_device(faults, times, task, assignment, work);
    }
    // The kernels that compute this task.
    [[nodiscard]] Kernels& kernels_for(TaskIndex index, const Task& task, Kernels& exact) const;
};

}  // namespace aivm::sim
