// A state of the VM as Python looks at it: a snapshot that nothing later changes, or a world's
// state for as long as a strategy is asked about it.
#pragma once

#include <pybind11/pybind11.h>

#include <optional>

#include "core/execution/execute.h"

namespace aivm::python {

class StateHandle {
public:
    StateHandle(ExecutedPtr executed, const VmParameters& parameters)
        : executed_(std::move(executed)), state_(&executed_->state), parameters_(parameters) {}
    explicit StateHandle(const State& borrowed) : state_(&borrowed) {}

    // From now on the borrowed state is out of reach.
    void expire() { state_ = nullptr; }
    // Throws ValueError after expire().
    [[nodiscard]] const State& state() const;
    [[nodiscard]] const ExecutedPtr& executed() const {
        return executed_;
    }  // null for a borrowed state
    // Throws ValueError for a borrowed state, whose VM is not available.
    [[nodiscard]] const VmParameters& parameters() const;

private:
    ExecutedPtr executed_;
    const State* state_;
    std::optional<VmParameters> parameters_;
};

void bind_state(pybind11::module_& module);

}  // namespace aivm::python
