// One strategy object of Python's: takes the lock for every call, calls only the hooks that its
// class overrides, and turns what it raises into the end of the run.
#pragma once

#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "pyharness/src/bindings/convert.h"
#include "pyharness/src/bindings/strategy_views.h"

namespace aivm::python {

// Thrown through the world when a strategy raised: the run cannot continue. The exception itself
// waits in StrategyFaults.
struct StrategyRaised : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The exception that ended a run, and whose it was.
struct StrategyFault {
    py::error_already_set error;
    std::string name;
};
using StrategyFaults = std::optional<StrategyFault>;

class StrategyObject {
public:
    // With the lock held. `object._hooks` names the hooks that its class overrides.
    StrategyObject(py::object object, std::string name, std::shared_ptr<SideHandle> side,
                   StrategyFaults& faults)
        : object_(std::move(object)),
          name_(std::move(name)),
          side_(std::move(side)),
          faults_(faults),
          hooks_(object_.attr("_hooks").cast<std::set<std::string, std::less<>>>()) {}
    ~StrategyObject() {
        const py::gil_scoped_acquire lock;
        side_->side = nullptr;
        object_ = py::object();
    }
    StrategyObject(const StrategyObject&) = delete;
    StrategyObject& operator=(const StrategyObject&) = delete;

    [[nodiscard]] bool has(std::string_view hook) const { return hooks_.contains(hook); }

    // read(the hook's answer), with the lock held.
    template <class Read, class... Arguments>
    auto call(const char* hook, Read read_answer, const Arguments&... arguments) const {
        const py::gil_scoped_acquire lock;
        return guarded([&] { return read_answer(object_.attr(hook)(arguments...)); });
    }

    // The same with a view first that ends with the call.
    template <class Read, class T, class... Arguments>
    auto about(const T& view, const State& state, const char* hook, Read read_answer,
               const Arguments&... arguments) const {
        const py::gil_scoped_acquire lock;
        const auto borrowed = std::make_shared<Borrowed<T>>(view, state);
        struct Ending {
            Borrowed<T>& what;
            ~Ending() { what.expire(); }
        } const ending{*borrowed};
        return guarded([&] { return read_answer(object_.attr(hook)(borrowed, arguments...)); });
    }

    // The same for a bare state.
    template <class Read, class... Arguments>
    auto about(const State& state, const char* hook, Read read_answer,
               const Arguments&... arguments) const {
        const py::gil_scoped_acquire lock;
        const auto borrowed = std::make_shared<StateHandle>(state);
        struct Ending {
            StateHandle& what;
            ~Ending() { what.expire(); }
        } const ending{*borrowed};
        return guarded([&] { return read_answer(object_.attr(hook)(borrowed, arguments...)); });
    }

private:
    template <class Call>
    auto guarded(Call one_call) const {
        try {
            return one_call();
        } catch (py::error_already_set& error) {
            raised(std::move(error));
        } catch (const py::builtin_exception& error) {  // a value that its place cannot hold
            error.set_error();
            raised(py::error_already_set());
        } catch (const VmFault& error) {
            PyErr_SetString(PyExc_ValueError, error.what());
            raised(py::error_already_set());
        }
    }

    [[noreturn]] void raised(py::error_already_set error) const {
        if (!faults_) faults_.emplace(StrategyFault{std::move(error), name_});
        throw StrategyRaised(name_);
    }

    py::object object_;
    std::string name_;
    std::shared_ptr<SideHandle> side_;
    StrategyFaults& faults_;
    std::set<std::string, std::less<>> hooks_;
};

}  // namespace aivm::python
