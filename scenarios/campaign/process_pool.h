// Work done in child processes, so that a crash, an endless loop or a memory leak of one piece of
// work loses that piece only.
//
// Children are forked from this process, which must have one thread. A piece of work is a text, and
// so is its answer. A child that breaks a limit is killed and replaced.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.h"

namespace aivm::scenarios {

struct ProcessLimits {
    std::uint64_t memory_bytes = 0;  // of address space, beyond what the child starts with; 0: none
    // Real time in nanoseconds, for deadlines only.
    std::function<std::uint64_t()> wall_clock_ns;
};

// See ProcessPool::submit().
inline constexpr std::uint64_t kRealTimePerCpuTime = 10;

// How a piece of work ended.
enum class WorkEnd : std::uint8_t { kAnswered, kDied, kTimedOut };

struct WorkDone {
    std::uint64_t ticket = 0;
    WorkEnd end = WorkEnd::kAnswered;
    std::string answer;  // of kAnswered
    int signal = 0;      // of kDied: what killed the child; 0 if it exited
};

class ProcessPool {
public:
    using Work = std::function<std::string(const std::string& request)>;

    // Starts `children` processes that call `work`, each on its own copy of everything.
    static Result<ProcessPool> start(unsigned children, Work work, ProcessLimits limits);
    ProcessPool(const ProcessPool&) = delete;
    ProcessPool& operator=(const ProcessPool&) = delete;
    ProcessPool(ProcessPool&& other) noexcept;
    ProcessPool& operator=(ProcessPool&&) = delete;
    // Kills the children that are still at work.
    ~ProcessPool();

    [[nodiscard]] bool has_idle() const;
    [[nodiscard]] std::size_t busy() const;
    // Hands the request to an idle child; has_idle() must hold. `ticket` returns with the answer.
    // The limit is one of CPU time, so that a busy machine breaks none; what hangs without using
    // the CPU is over after kRealTimePerCpuTime times the limit of real time.
    Status submit(std::uint64_t ticket, const std::string& request, std::uint64_t cpu_limit_ns);
    // Waits for the next piece of work to end, at most this long. Empty: none has ended.
    Result<std::optional<WorkDone>> wait(int timeout_ms);

private:
    struct Child {
        pid_t pid = -1;
        int socket = -1;
        std::optional<std::uint64_t> ticket;  // at work on it
        std::uint64_t deadline_ns = 0;
        std::uint64_t cpu_deadline_ns = 0;
        std::string received;
    };
    ProcessPool(Work work, ProcessLimits limits);
    Status fork_child(Child& child);
    // Ends the child, and starts another in its place.
    Result<WorkDone> replace(Child& child, WorkEnd end);
    Result<std::optional<WorkDone>> receive(Child& child);

    Work work_;
    ProcessLimits limits_;
    std::vector<Child> children_;
};

}  // namespace aivm::scenarios
