// Where a thread of the host waits until a VM, which belongs to another thread, has something to
// do. The only class of `core` that several threads use at once. A wait changes no state and no
// result depends on how long it took.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace aivm {

class EventGate {
public:
    enum class Wait { kPending, kNothing, kClosed };

    // ---- the VM's thread ----
    void open(bool pending) { change(pending ? State::kPending : State::kQuiet); }
    // Ends every wait with kClosed, those that begin later too, until the gate is opened again.
    void close() { change(State::kClosed); }

    // ---- any thread ----
    // Returns at once if something is pending or the gate is closed. Otherwise waits until then;
    // returns kNothing once the time is over or the wait is cancelled.
    Wait wait(std::chrono::nanoseconds timeout, std::stop_token cancel) const {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::move(cancel), timeout,
                          [this] { return state_ != State::kQuiet; });
        if (state_ == State::kClosed) return Wait::kClosed;
        return state_ == State::kPending ? Wait::kPending : Wait::kNothing;
    }

private:
    enum class State { kClosed, kQuiet, kPending };

    void change(State state) {
        const std::lock_guard lock(mutex_);
        state_ = state;
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    mutable std::condition_variable_any changed_;
    State state_ = State::kClosed;
};

}  // namespace aivm
