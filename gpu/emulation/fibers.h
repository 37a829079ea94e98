// Fibers for the CUDA stand-in: Boost.Context, with every switch announced to AddressSanitizer and
// ThreadSanitizer. Fibers are pooled, because each one is a thread to ThreadSanitizer,
// and creating those is slow.
#pragma once

#include <sys/mman.h>
#include <boost/context/fiber.hpp>
#include <cstddef>
#include <utility>

#include "core/base/sanitizers.h"

// Sources built without ThreadSanitizer that run beside its instrumented code say so themselves.
#if defined(AIVM_THREAD_SANITIZER) || defined(AIVM_STAND_IN_TSAN)
#define AIVM_FIBERS_TSAN 1
#endif

#if defined(AIVM_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(AIVM_FIBERS_TSAN)
#include <sanitizer/tsan_interface.h>
#endif

namespace aivm::emulation {

// Happens-before edges that only ThreadSanitizer cares about.
inline void release_clock([[maybe_unused]] void* clock) {
#if defined(AIVM_FIBERS_TSAN)
    __tsan_release(clock);
#endif
}
inline void acquire_clock([[maybe_unused]] void* clock) {
#if defined(AIVM_FIBERS_TSAN)
    __tsan_acquire(clock);
#endif
}

// The side of a switch that is not a fiber: one per OS thread that runs blocks.
class Scheduler {
public:
    Scheduler() {
#if defined(AIVM_FIBERS_TSAN)
        tsan_ = __tsan_get_current_fiber();
#endif
    }

private:
    friend class Fiber;
    [[maybe_unused]] void* tsan_ = nullptr;
    [[maybe_unused]] void* fake_stack_ = nullptr;
    [[maybe_unused]] const void* stack_bottom_ = nullptr;
    [[maybe_unused]] std::size_t stack_bytes_ = 0;
};

// Runs `run_once` each time it is started; run_once may suspend. Not movable: stacks refer to it.
class Fiber {
public:
    explicit Fiber(void (*run_once)()) : run_once_(run_once) {
        stack_ =
            mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(stack_, kGuardBytes, PROT_NONE);  // stacks grow down
#if defined(AIVM_FIBERS_TSAN)
        tsan_ = __tsan_create_fiber(0);
#endif
        context_ = boost::context::fiber(
            std::allocator_arg,
            boost::context::preallocated(static_cast<char*>(stack_) + kStackBytes,
                                         kStackBytes - kGuardBytes, {}),
            NoAllocation{}, [this](boost::context::fiber&& back) {
                back_ = std::move(back);
                arrived();
                for (;;) {
                    run_once_();
                    suspend();
                }
                return boost::context::fiber{};  // not reached
            });
    }
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    // Called by a scheduler: returns when the fiber suspends.
    void resume(Scheduler& scheduler) {
        scheduler_ = &scheduler;
#if defined(AIVM_FIBERS_TSAN)
        __tsan_switch_to_fiber(tsan_, __tsan_switch_to_fiber_no_sync);
#endif
#if defined(AIVM_ADDRESS_SANITIZER)
        __sanitizer_start_switch_fiber(&scheduler.fake_stack_,
                                       static_cast<char*>(stack_) + kGuardBytes,
                                       kStackBytes - kGuardBytes);
#endif
        context_ = std::move(context_).resume();
#if defined(AIVM_ADDRESS_SANITIZER)
        __sanitizer_finish_switch_fiber(scheduler.fake_stack_, nullptr, nullptr);
#endif
    }

    // Called by the fiber itself: back to the scheduler that resumed it.
    void suspend() {
#if defined(AIVM_FIBERS_TSAN)
        __tsan_switch_to_fiber(scheduler_->tsan_, __tsan_switch_to_fiber_no_sync);
#endif
#if defined(AIVM_ADDRESS_SANITIZER)
        __sanitizer_start_switch_fiber(&fake_stack_, scheduler_->stack_bottom_,
                                       scheduler_->stack_bytes_);
#endif
        back_ = std::move(back_).resume();
        arrived();
    }

private:
    struct NoAllocation {
        static boost::context::stack_context allocate() { return {}; }
        static void deallocate(boost::context::stack_context&) {}  // the pool keeps its stacks
    };
    static constexpr std::size_t kStackBytes = 256 << 10;
    static constexpr std::size_t kGuardBytes = 4096;

    void arrived() {
#if defined(AIVM_ADDRESS_SANITIZER)
        __sanitizer_finish_switch_fiber(fake_stack_, &scheduler_->stack_bottom_,
                                        &scheduler_->stack_bytes_);
#endif
    }

    void (*run_once_)();
    void* stack_ = nullptr;
    boost::context::fiber context_, back_;
    Scheduler* scheduler_ = nullptr;
    [[maybe_unused]] void* tsan_ = nullptr;
    [[maybe_unused]] void* fake_stack_ = nullptr;
};

}  // namespace aivm::emulation
