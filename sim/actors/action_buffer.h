// The actions of one step of an engine, and the loop in which a validator carries them out.
#pragma once

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "sim/consensus/consensus.h"

namespace aivm::sim {

// A list for the actions of one step. Only one or two nodes of a thread are in a step at a time, so
// they share the memory, which stays in the cache; a list of its own would cost every node the
// length of its longest step.
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

class ActionLoop {
public:
    // `step` appends what the engine answers to an input. Carries that out in order, with what
    // carrying it out causes, as long as `goes_on()`; within such a loop it only appends. `act`
    // takes each action; `look_ahead` is shown it a little earlier.
    template <class Step, class GoesOn, class Act, class LookAhead>
    void run(Step&& step, GoesOn&& goes_on, Act&& act, LookAhead&& look_ahead) {
        if (actions_ != nullptr) return step(*actions_);
        const ActionBuffer buffer(actions_);
        Actions& actions = *actions_;
        step(actions);
        for (std::size_t i = 0; i < std::min(actions.size(), kAhead); ++i) look_ahead(actions[i]);
        for (std::size_t i = 0; goes_on() && i < actions.size(); ++i) {
            if (i + kAhead < actions.size()) look_ahead(actions[i + kAhead]);
            // Carrying an action out may append others, which moves the list.
            if (auto* const send = std::get_if<Send>(&actions[i])) {
                act(std::move(*send));
                continue;
            }
            const Action action = std::move(actions[i]);
            std::visit([&](const auto& each) { act(each); }, action);
        }
    }
    // Drops what is not carried out yet.
    void clear() {
        if (actions_ != nullptr) actions_->clear();
    }

private:
    static constexpr std::size_t kAhead = 4;

    Actions* actions_ = nullptr;  // being carried out; null between two steps
};

}  // namespace aivm::sim
