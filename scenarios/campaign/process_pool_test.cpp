#include "scenarios/campaign/process_pool.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>

#include "core/base/sanitizers.h"

namespace aivm::scenarios {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

ProcessLimits limits(std::uint64_t memory_bytes = 0) {
    return {memory_bytes, [] {
                const auto now = std::chrono::steady_clock::now().time_since_epoch();
                return static_cast<std::uint64_t>(
                    std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
            }};
}

// Waits for one piece of work.
WorkDone next(ProcessPool& pool) {
    for (int i = 0; i < 3000; ++i) {
        auto done = pool.wait(10);
        EXPECT_TRUE(done) << done.error().text();
        if (!done) break;
        if (*done) return std::move(**done);
    }
    ADD_FAILURE() << "nothing ended";
    return {};
}

std::string obey(const std::string& request) {
    if (request == "crash") std::abort();
    if (request == "hang") pause();
    if (request == "loop") {
        for (std::atomic<std::uint64_t> turns{0};; ++turns) {
        }
    }
    if (request == "pid") return std::to_string(getpid());
    if (request == "memory") {
        const std::string much(std::size_t{1} << 30, 'x');
        return much.substr(0, 2);
    }
    return request + "!";
}

TEST(ProcessPool, AnswersComeBackWithTheirTickets) {
    auto pool = ProcessPool::start(2, obey, limits());
    ASSERT_TRUE(pool) << pool.error().text();
    std::map<std::uint64_t, std::string> answers;
    std::uint64_t sent = 0;
    while (answers.size() < 50) {
        while (sent < 50 && pool->has_idle()) {
            ASSERT_TRUE(pool->submit(sent, std::string(sent * 5000, 'a'), 60 * kSecond));
            ++sent;
        }
        const WorkDone done = next(*pool);
        answers[done.ticket] = done.answer;
    }
    for (std::uint64_t i = 0; i < 50; ++i) EXPECT_EQ(answers[i], std::string(i * 5000, 'a') + "!");
    EXPECT_EQ(pool->busy(), 0U);
}

TEST(ProcessPool, AChildThatCrashesIsReportedWithItsSignalAndReplaced) {
    auto pool = ProcessPool::start(1, obey, limits());
    ASSERT_TRUE(pool);
    ASSERT_TRUE(pool->submit(7, "crash", 60 * kSecond));
    const WorkDone died = next(*pool);
    EXPECT_EQ(died.ticket, 7U);
    EXPECT_EQ(died.end, WorkEnd::kDied);
    EXPECT_EQ(died.signal, SIGABRT);
    ASSERT_TRUE(pool->submit(8, "again", 60 * kSecond));
    EXPECT_EQ(next(*pool).answer, "again!");
}

TEST(ProcessPool, AChildThatTakesTooLongIsKilled) {
    auto pool = ProcessPool::start(1, obey, limits());
    ASSERT_TRUE(pool);
    ASSERT_TRUE(pool->submit(1, "loop", kSecond / 20));
    EXPECT_EQ(next(*pool).end, WorkEnd::kTimedOut);
    ASSERT_TRUE(pool->submit(2, "again", 60 * kSecond));
    EXPECT_EQ(next(*pool).answer, "again!");
}

TEST(ProcessPool, AChildThatHangsWithoutUsingTheCpuIsKilledLater) {
    auto pool = ProcessPool::start(1, obey, limits());
    ASSERT_TRUE(pool);
    ASSERT_TRUE(pool->submit(1, "hang", kSecond / 50));
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(next(*pool).end, WorkEnd::kTimedOut);
    EXPECT_GE(std::chrono::steady_clock::now() - begin,
              std::chrono::milliseconds(20 * kRealTimePerCpuTime) - std::chrono::milliseconds(10));
}

TEST(ProcessPool, AnIdleChildThatWasKilledFromOutsideLosesNoWork) {
    auto pool = ProcessPool::start(1, obey, limits());
    ASSERT_TRUE(pool);
    ASSERT_TRUE(pool->submit(1, "pid", 60 * kSecond));
    const pid_t child = std::atoi(next(*pool).answer.c_str());
    kill(child, SIGKILL);
    siginfo_t end{};
    waitid(P_PID, static_cast<id_t>(child), &end, WEXITED | WNOWAIT);  // the pool collects it
    EXPECT_FALSE(pool->wait(0)->has_value());
    ASSERT_TRUE(pool->submit(2, "after", 60 * kSecond));
    EXPECT_EQ(next(*pool).answer, "after!");
}

#if !defined(AIVM_ADDRESS_SANITIZER) && !defined(AIVM_THREAD_SANITIZER)  // they need all addresses
std::string obey_or_say(const std::string& request) {
    try {
        return obey(request);
    } catch (const std::bad_alloc&) {
        return "out of memory";
    }
}

TEST(ProcessPool, MemoryIsLimited) {
    auto pool = ProcessPool::start(1, obey_or_say, limits(std::uint64_t{256} << 20));
    ASSERT_TRUE(pool);
    ASSERT_TRUE(pool->submit(1, "memory", 60 * kSecond));
    EXPECT_EQ(next(*pool).answer, "out of memory");
}
#endif

}  // namespace
}  // namespace aivm::scenarios
