#include "gpu/backend/plugin_probe.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <mutex>
#include <tuple>

#include "core/base/check.h"
#include "gpu/backend/plugin.h"
#include "gpu/backend/self_test.h"

namespace aivm::gpu {
namespace {

using Clock = std::chrono::steady_clock;

// The first byte of what the child sends; the rest is the device name or the reason.
enum class Answer : char { kUsable = 'u', kNotLoaded = 'l', kSelfTestFailed = 's' };

std::string answer_of(BackendKind kind, const std::string& path) {
    const auto compose = [](Answer answer, const std::string& text) {
        return static_cast<char>(answer) + text;
    };
    const auto plugin = Plugin::load(kind, path);
    if (!plugin) return compose(Answer::kNotLoaded, plugin.error().context);
    if (const Status status = self_test(plugin->launchers()); !status)
        return compose(Answer::kSelfTestFailed, status.error().context);
    return compose(Answer::kUsable, plugin->device_name());
}

// A crash must end the child and nothing else: no handler of the parent, no core file, no output.
void isolate_child() {
    for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGINT, SIGTERM})
        signal(number, SIG_DFL);
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
    const int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (sink < 0) return;
    dup2(sink, STDOUT_FILENO);
    dup2(sink, STDERR_FILENO);
}

[[noreturn]] void run_child(BackendKind kind, const std::string& path, int to_parent) {
    isolate_child();
    const std::string answer = answer_of(kind, path);
    const bool sent =
        write(to_parent, answer.data(), answer.size()) == static_cast<ssize_t>(answer.size());
    _exit(sent ? 0 : 1);
}

// Reads until the child closes its end. False: the time is over.
bool read_answer(int from_child, int timeout_ms, std::string& answer) {
    const auto deadline = Clock::now() + std::chrono::milliseconds(timeout_ms);
    std::array<char, 1024> buffer;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        pollfd wait{from_child, POLLIN, 0};
        const int ready = poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return false;
        const ssize_t count = read(from_child, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return true;
        answer.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

ProbeReport report_from(const std::string& answer, int wait_status) {
    ProbeReport report;
    if (answer.empty()) {
        report.reason = WIFSIGNALED(wait_status)
                            ? fmt::format("crashed in its probe (signal {}, {})",
                                          WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)))
                            : fmt::format("ended its process in its probe (exit code {})",
                                          WEXITSTATUS(wait_status));
        return report;
    }
    const std::string text = answer.substr(1);
    switch (static_cast<Answer>(answer[0])) {
        case Answer::kUsable:
            report.is_usable = true;
            report.self_test = SelfTest::kPassed;
            report.device_name = text;
            break;
        case Answer::kNotLoaded:
            report.reason = text;
            break;
        case Answer::kSelfTestFailed:
            report.self_test = SelfTest::kFailed;
            report.reason = text;
            break;
    }
    return report;
}

// Identifies a file. Paths do not, because links share a file.
using FileIdentity = std::tuple<BackendKind, std::string, dev_t, ino_t, off_t, std::int64_t>;

FileIdentity identity_of(BackendKind kind, const std::string& path) {
    struct stat file{};
    if (path.find('/') == std::string::npos || stat(path.c_str(), &file) != 0)
        return {kind, path, 0, 0, 0, 0};
    const std::int64_t modified_ns =
        std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
    return {kind, "", file.st_dev, file.st_ino, file.st_size, modified_ns};
}

}  // namespace

std::string_view name(SelfTest result) {
    constexpr std::array<std::string_view, 3> kNames{"not run", "passed", "failed"};
    AIVM_CHECK(static_cast<std::size_t>(result) < kNames.size());
    return kNames[static_cast<std::size_t>(result)];
}

ProbeReport probe_in_child(BackendKind kind, const std::string& path, int timeout_ms) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return {.reason = fmt::format("was not probed: no pipe ({})", std::strerror(errno))};
    const pid_t child = fork();
    if (child < 0) {
        close(ends[0]), close(ends[1]);
        return {.reason = fmt::format("was not probed: no process ({})", std::strerror(errno))};
    }
    if (child == 0) run_child(kind, path, ends[1]);
    close(ends[1]);
    std::string answer;
    const bool in_time = read_answer(ends[0], timeout_ms, answer);
    close(ends[0]);
    if (!in_time) kill(child, SIGKILL);
    const int status = wait_for(child);
    if (!in_time) return {.reason = fmt::format("did not end its probe within {} ms", timeout_ms)};
    return report_from(answer, status);
}

ProbeReport probe_once(BackendKind kind, const std::string& path, Absent absent) {
    static std::mutex mutex;
    static std::map<FileIdentity, ProbeReport> reports;
    const std::lock_guard lock(mutex);
    const FileIdentity identity = identity_of(kind, path);
    const auto known = reports.find(identity);
    const bool is_valid = known != reports.end() &&
                          (absent == Absent::kRemember || !is_absent(path, known->second.reason));
    if (is_valid) return known->second;
    return reports.insert_or_assign(identity, probe_in_child(kind, path)).first->second;
}

}  // namespace aivm::gpu
