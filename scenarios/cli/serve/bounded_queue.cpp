#include "scenarios/cli/serve/bounded_queue.h"

namespace aivm::scenarios::cli {

BoundedQueue::BoundedQueue(std::size_t threads, std::size_t waiting_max)
    : waiting_max_(waiting_max) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

void BoundedQueue::enqueue(std::function<void()> task) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_.size() < waiting_max_ || closing_; });
    waiting_.push_back(std::move(task));
    changed_.notify_all();
}

void BoundedQueue::shutdown() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
}

void BoundedQueue::work() {
    for (;;) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [this] { return !waiting_.empty() || closing_; });
            if (waiting_.empty()) return;
            task = std::move(waiting_.front());
            waiting_.pop_front();
            changed_.notify_all();
        }
        task();
    }
}

}  // namespace aivm::scenarios::cli
