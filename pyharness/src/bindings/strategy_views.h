// The views that a strategy in Python receives: valid during one call; they throw when they are
// used later.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>

#include "pyharness/src/bindings/state.h"
#include "sim/actors/strategy.h"

namespace aivm::python {

// A view of C++ for as long as it may be looked at. Throws ValueError when it is looked at later.
template <class T>
class Borrowed {
public:
    explicit Borrowed(const T& what, const State& state)
        : what_(&what), state_(std::make_shared<StateHandle>(state)) {}
    void expire() {
        what_ = nullptr;
        state_->expire();
    }
    [[nodiscard]] const T& get() const {
        if (what_ == nullptr)
            throw pybind11::value_error("a view is good only during the call that it was given to");
        return *what_;
    }
    [[nodiscard]] const std::shared_ptr<StateHandle>& state() const { return state_; }

private:
    const T* what_;
    std::shared_ptr<StateHandle> state_;
};

// What principals do beside the chain, for one actor and as long as it lives.
struct SideHandle {
    sim::SideChannel* side = nullptr;
    Address self;

    [[nodiscard]] sim::SideChannel& get() const {
        if (side == nullptr) throw pybind11::value_error("the run that this belonged to is over");
        return *side;
    }
};

// The strategy context of an actor, as keyword arguments: self, accomplices, rules, block interval,
// side channel.
pybind11::dict show_context(const sim::StrategyContext& context,
                            const std::shared_ptr<SideHandle>& side);

void bind_strategy_views(pybind11::module_& module);

}  // namespace aivm::python
