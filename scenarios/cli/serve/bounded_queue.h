// The worker threads and the connections that wait for them. When the queue is full, no connection
// is accepted until one is answered, so a flood fills the kernel's backlog and not our memory.
#pragma once

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace aivm::scenarios::cli {

class BoundedQueue final : public httplib::TaskQueue {
public:
    BoundedQueue(std::size_t threads, std::size_t waiting_max);

    void enqueue(std::function<void()> task) override;  // waits until there is room
    void shutdown() override;  // answers the waiting connections, then ends the threads

private:
    void work();

    std::size_t waiting_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> waiting_;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace aivm::scenarios::cli
