// A 4-ary min-heap of events: half the levels of a binary one, and the four children share two
// cache lines.
#pragma once

#include <cstddef>
#include <vector>

#include "sim/engine/event.h"

namespace aivm::sim {

template <class Event>
class Heap {
public:
    [[nodiscard]] bool empty() const { return items_.empty(); }
    [[nodiscard]] std::size_t size() const { return items_.size(); }
    // Requires !empty().
    [[nodiscard]] const Event& top() const { return items_.front(); }
    [[nodiscard]] const std::vector<Event>& items() const { return items_; }
    void clear() { items_.clear(); }

    void push(const Event& event) {
        std::size_t hole = items_.size();
        items_.push_back(event);
        while (hole > 0) {
            const std::size_t parent = (hole - 1) / kArity;
            if (!event.before(items_[parent])) break;
            items_[hole] = items_[parent];
            hole = parent;
        }
        items_[hole] = event;
    }

    // Requires !empty().
    Event pop() {
        const Event result = items_.front();
        const Event last = items_.back();
        items_.pop_back();
        if (!items_.empty()) sift_down(last);
        return result;
    }

private:
    static constexpr std::size_t kArity = 4;

    // Places `event` in the tree whose root is a hole.
    void sift_down(const Event& event) {
        const std::size_t count = items_.size();
        std::size_t hole = 0;
        for (std::size_t first = 1; first < count; first = hole * kArity + 1) {
            const std::size_t end = first + kArity < count ? first + kArity : count;
            std::size_t best = first;
            for (std::size_t child = first + 1; child < end; ++child) {
                best = items_[child].before(items_[best]) ? child : best;
            }
            if (!items_[best].before(event)) break;
            items_[hole] = items_[best];
            hole = best;
        }
        items_[hole] = event;
    }

    std::vector<Event> items_;
};

}  // namespace aivm::sim
