// The consensus host of a chain or DAG with one validator: waits on a thread of its own for the
// VM's events, and lets the next block, or vertex or cut, be built and accepted when one is due.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "core/service/hosted_vm.h"

namespace aivm::scenarios::cli {

class LoneHost {
public:
    struct Setup {
        std::chrono::nanoseconds block_interval{};
        std::function<TimestampNs()> now_ns;
        // Called on the VM's thread: when a block fails after one that did not.
        std::function<void(const Error&)> failed;
    };

    // The VM belongs to the thread that runs `io`; every call on it except the wait is made there.
    // `io` and `vm` must outlive the host. io.run() does not return before the host has stopped.
    LoneHost(HostedVm& vm, boost::asio::io_context& io, Setup setup);

    // Ends the thread. `io` must still run, on another thread or until the host has stopped.
    void stop() { thread_.request_stop(); }

private:
    using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

    void run(const std::stop_token& stopped);
    // How long to wait before the next call.
    [[nodiscard]] std::chrono::nanoseconds decide_on_vm_thread();
    [[nodiscard]] std::chrono::nanoseconds decide_if_due();

    HostedVm& vm_;
    boost::asio::io_context& io_;
    Setup setup_;
    bool reported_ = false;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace aivm::scenarios::cli
