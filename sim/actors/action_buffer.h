// A list for the actions of one step of an engine. Only one or two nodes of a thread are in a step
// at a time, so they share the memory, which stays in the cache; a list of its own would cost every
// node the length of its longest step.
#pragma once

#include <utility>
#include <vector>

#include "sim/consensus/consensus.h"

namespace aivm::sim {

class ActionBuffer {
public:
    // `user` points to an empty list while this lives, and to nothing afterwards.
    explicit ActionBuffer(Actions*& user) : user_(user) {
        std::vector<Actions>& unused = lists();
        if (!unused.empty()) {
            actions_ = std::move(unused.back());
            unused.pop_back();
        }
        user_ = &actions_;
    }
    ActionBuffer(const ActionBuffer&) = delete;
    ActionBuffer& operator=(const ActionBuffer&) = delete;
    ~ActionBuffer() {
        user_ = nullptr;
        actions_.clear();
        lists().push_back(std::move(actions_));
    }

private:
    static std::vector<Actions>& lists() {
        static thread_local std::vector<Actions> unused;
        return unused;
    }

    Actions actions_;
    Actions*& user_;
};

}  // namespace aivm::sim
