#include "scenarios/campaign/branches.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

constexpr std::size_t kPipeBytes = 1 << 16;

// All that comes out of the pipe until its end.
std::string read_pipe(int pipe) {
    std::string out;
    std::array<char, kPipeBytes> piece{};
    while (true) {
        const ssize_t got = read(pipe, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return out;
        out.append(piece.data(), static_cast<std::size_t>(got));
    }
}

}  // namespace

void Branches::on_block(const Executed& block, sim::SimTime now) {
    counter_.on_block(block, now);
    if (is_branch()) return;
    if (!asked_before_) asked_before_ = choices_.asked();
    bool is_rare = false;
    for (const std::size_t probe : counter_.reached_so_far())
        is_rare |= seen_.insert(probe).second && probe_rows()[probe].target < kRareBelow;
    if (!is_rare || choices_.asked() == *asked_before_) return;
    for (std::uint32_t i = 0; i < kPerProbe && branches_ < kMax && !is_branch(); ++i) branch();
}

void Branches::branch() {
    const sim::BranchPoint point{choices_.asked(), ++branches_};
    std::array<int, 2> ends{};
    AIVM_CHECK(pipe2(ends.data(), O_CLOEXEC) == 0);
    const pid_t pid = fork();
    AIVM_CHECK(pid >= 0);
    if (pid == 0) {
        // Else a parent that runs out of time would leave it behind.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        to_parent_ = ends[1];
        point_ = point;
        choices_.branch_here(point.branch);
        return;
    }
    close(ends[1]);
    wait_for(pid, ends[0], point);
}

void Branches::wait_for(int pid, int pipe, const sim::BranchPoint& point) {
    const std::string line = read_pipe(pipe);
    close(pipe);
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    RunRecord run;
    auto record = from_line(line);
    if (record) {
        run = std::move(std::get<RunRecord>(*record));
    } else {
        run.end = RunEnd::kCrashed;
        run.message = "the process of a branch died";
    }
    run.branch = point;
    if (!defect_ && run.end != RunEnd::kClean) defect_ = std::move(run);
}

void Branches::finish(RunRecord&& run) const {
    const std::string line = to_line(std::move(run));
    std::size_t written = 0;
    while (written < line.size()) {
        const ssize_t more = write(to_parent_, line.data() + written, line.size() - written);
        if (more < 0 && errno == EINTR) continue;
        if (more <= 0) _exit(1);
        written += static_cast<std::size_t>(more);
    }
    _exit(0);
}

}  // namespace aivm::scenarios
