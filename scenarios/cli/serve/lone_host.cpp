#include "scenarios/cli/serve/lone_host.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <future>
#include <mutex>

namespace aivm::scenarios::cli {
namespace {

constexpr std::chrono::seconds kWait{60};  // a wait without an event begins again
constexpr std::chrono::seconds kRetry{1};  // after a block that failed

void sleep(std::chrono::nanoseconds time, const std::stop_token& stopped) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, stopped, time, [] { return false; });
}

}  // namespace

LoneHost::LoneHost(HostedVm& vm, boost::asio::io_context& io, Setup setup)
    : vm_(vm),
      io_(io),
      setup_(std::move(setup)),
      thread_([this, busy = Guard(io.get_executor())](const std::stop_token& stopped) {
          run(stopped);
      }) {}

void LoneHost::run(const std::stop_token& stopped) {
    while (!stopped.stop_requested()) {
        const auto event = vm_.wait_for_event(kWait, stopped);
        if (!event) return;  // the VM was shut down
        if (!*event) continue;
        sleep(decide_on_vm_thread(), stopped);
    }
}

std::chrono::nanoseconds LoneHost::decide_on_vm_thread() {
    // Shared, because setting the value may still be going on when this thread has read it.
    const auto pause = std::make_shared<std::promise<std::chrono::nanoseconds>>();
    boost::asio::post(io_, [this, pause] {
        try {
            pause->set_value(decide_if_due());
        } catch (...) {  // a failed check, which ends io.run()
            pause->set_value(kRetry);
            throw;
        }
    });
    return pause->get_future().get();
}

std::chrono::nanoseconds LoneHost::decide_if_due() {
    const TimestampNs now_ns = setup_.now_ns();
    const auto next_ns =
        vm_.decide_if_due(now_ns, static_cast<std::uint64_t>(setup_.block_interval.count()));
    if (next_ns) {
        if (*next_ns == now_ns) reported_ = false;
        // A clock that was set back does not make it sleep for longer than this.
        return std::min<std::chrono::nanoseconds>(std::chrono::nanoseconds(*next_ns - now_ns),
                                                  kRetry);
    }
    const Error& error = next_ns.error();
    if (error.code == ErrorCode::kNotInitialized || error.code == ErrorCode::kNotFound) {
        reported_ = false;
        return {};
    }
    if (!reported_) setup_.failed(error);
    reported_ = true;
    return kRetry;
}

}  // namespace aivm::scenarios::cli
