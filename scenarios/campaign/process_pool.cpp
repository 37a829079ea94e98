#include "scenarios/campaign/process_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "core/base/check.h"
#include "core/base/sanitizers.h"

namespace aivm::scenarios {
namespace {

// A message: its length in eight bytes, as they lie in memory, then its bytes.
constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kPieceBytes = 1 << 16;

bool write_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool send_message(int socket, const std::string& text) {
    std::array<char, kLengthBytes> length{};
    const std::uint64_t size = text.size();
    std::memcpy(length.data(), &size, kLengthBytes);
    return write_all(socket, {length.data(), kLengthBytes}) && write_all(socket, text);
}

// Takes the first whole message out of the bytes.
std::optional<std::string> take_message(std::string& bytes) {
    if (bytes.size() < kLengthBytes) return std::nullopt;
    std::uint64_t size = 0;
    std::memcpy(&size, bytes.data(), kLengthBytes);
    if (bytes.size() - kLengthBytes < size) return std::nullopt;
    std::string out = bytes.substr(kLengthBytes, size);
    bytes.erase(0, kLengthBytes + size);
    return out;
}

// Appends what is there; false at the end of the stream.
bool read_some(int socket, std::string& out) {
    std::array<char, kPieceBytes> piece{};
    const ssize_t got = recv(socket, piece.data(), piece.size(), 0);
    if (got < 0 && errno == EINTR) return true;
    if (got <= 0) return false;
    out.append(piece.data(), static_cast<std::size_t>(got));
    return true;
}

#if defined(AIVM_ADDRESS_SANITIZER) || defined(AIVM_THREAD_SANITIZER)
// No limit: the shadow memory of a sanitizer is part of the address space.
void limit_memory(std::uint64_t /*bytes*/) {}
#else
std::uint64_t address_space_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t pages = 0;
    statm >> pages;
    return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void limit_memory(std::uint64_t bytes) {
    if (bytes == 0) return;
    const rlim_t limit = address_space_bytes() + bytes;
    const rlimit both{limit, limit};
    setrlimit(RLIMIT_AS, &both);
}
#endif

[[noreturn]] void serve(int socket, const ProcessPool::Work& work, std::uint64_t memory_bytes) {
    // Ctrl-C reaches the whole group of processes; only the parent decides what it means.
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit_memory(memory_bytes);
    std::string received;
    while (true) {
        const auto request = take_message(received);
        if (!request) {
            if (!read_some(socket, received)) _exit(0);
            continue;
        }
        if (!send_message(socket, work(*request))) _exit(0);
    }
}

// Of a child that has not been waited for, since it was forked.
std::uint64_t cpu_time_ns(pid_t child) {
    clockid_t clock{};
    timespec time{};
    if (clock_getcpuclockid(child, &clock) != 0) return 0;
    // never reaches results: a limit of a worker's CPU time
    if (clock_gettime(clock, &time) != 0) return 0;
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

ProcessPool::ProcessPool(Work work, ProcessLimits limits)
    : work_(std::move(work)), limits_(std::move(limits)) {}

ProcessPool::ProcessPool(ProcessPool&& other) noexcept
    : work_(std::move(other.work_)),
      limits_(std::move(other.limits_)),
      children_(std::move(other.children_)) {
    other.children_.clear();
}

Result<ProcessPool> ProcessPool::start(unsigned children, Work work, ProcessLimits limits) {
    AIVM_CHECK(children > 0 && limits.wall_clock_ns);
    ProcessPool pool(std::move(work), std::move(limits));
    pool.children_.resize(children);
    for (Child& child : pool.children_) AIVM_TRY(pool.fork_child(child));
    return pool;
}

ProcessPool::~ProcessPool() {
    for (const Child& child : children_) {
        if (child.socket >= 0) close(child.socket);
        if (child.pid <= 0) continue;
        if (child.ticket) kill(child.pid, SIGKILL);
        while (waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
}

Status ProcessPool::fork_child(Child& child) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail(ErrorCode::kStorage,
                    fmt::format("a worker cannot be started: {}", std::strerror(errno)));
    const pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return fail(ErrorCode::kStorage,
                    fmt::format("a worker cannot be started: {}", std::strerror(errno)));
    }
    if (pid == 0) {
        close(ends[0]);
        for (const Child& other : children_)
            if (other.socket >= 0) close(other.socket);
        serve(ends[1], work_, limits_.memory_bytes);
    }
    close(ends[1]);
    child = Child{};
    child.pid = pid;
    child.socket = ends[0];
    return {};
}

bool ProcessPool::has_idle() const {
    return std::ranges::any_of(children_, [](const Child& c) { return !c.ticket; });
}

std::size_t ProcessPool::busy() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(children_, [](const Child& c) { return c.ticket.has_value(); }));
}

Status ProcessPool::submit(std::uint64_t ticket, const std::string& request,
                           std::uint64_t cpu_limit_ns) {
    const auto idle = std::ranges::find_if(children_, [](const Child& c) { return !c.ticket; });
    AIVM_CHECK(idle != children_.end());
    // An idle child may have been killed from outside: then a new one takes its work.
    if (!send_message(idle->socket, request)) {
        AIVM_TRY(replace(*idle, WorkEnd::kDied));
        if (!send_message(idle->socket, request))
            return fail(ErrorCode::kStorage, "a new worker does not accept work");
    }
    idle->ticket = ticket;
    idle->deadline_ns = limits_.wall_clock_ns() + kRealTimePerCpuTime * cpu_limit_ns;
    idle->cpu_deadline_ns = cpu_time_ns(idle->pid) + cpu_limit_ns;
    return {};
}

Result<WorkDone> ProcessPool::replace(Child& child, WorkEnd end) {
    WorkDone done{child.ticket.value_or(0), end, {}, 0};
    kill(child.pid, end == WorkEnd::kTimedOut ? SIGKILL : 0);
    close(child.socket);
    child.socket = -1;
    int status = 0;
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFSIGNALED(status)) done.signal = WTERMSIG(status);
    AIVM_TRY(fork_child(child));
    return done;
}

Result<std::optional<WorkDone>> ProcessPool::receive(Child& child) {
    const bool alive = read_some(child.socket, child.received);
    if (auto answer = take_message(child.received)) {
        WorkDone done{child.ticket.value_or(0), WorkEnd::kAnswered, std::move(*answer), 0};
        child.ticket.reset();
        return done;
    }
    if (alive) return std::nullopt;
    const bool was_at_work = child.ticket.has_value();
    AIVM_ASSIGN(WorkDone done, replace(child, WorkEnd::kDied));
    return was_at_work ? std::optional(std::move(done)) : std::nullopt;
}

Result<std::optional<WorkDone>> ProcessPool::wait(int timeout_ms) {
    std::vector<pollfd> sockets;
    for (const Child& child : children_) sockets.push_back({child.socket, POLLIN, 0});
    const int ready = poll(sockets.data(), sockets.size(), timeout_ms);
    if (ready < 0 && errno != EINTR)
        return fail(ErrorCode::kStorage,
                    fmt::format("the workers cannot be watched: {}", std::strerror(errno)));
    for (std::size_t i = 0; ready > 0 && i < children_.size(); ++i) {
        if (sockets[i].revents == 0) continue;
        AIVM_ASSIGN(auto done, receive(children_[i]));
        if (done) return done;
    }
    const std::uint64_t now = limits_.wall_clock_ns();
    for (Child& child : children_) {
        if (!child.ticket) continue;
        if (now < child.deadline_ns && cpu_time_ns(child.pid) < child.cpu_deadline_ns) continue;
        AIVM_ASSIGN(WorkDone done, replace(child, WorkEnd::kTimedOut));
        return done;
    }
    return std::nullopt;
}

}  // namespace aivm::scenarios
