#include "pyharness/src/bindings/strategy_views.h"

#include "core/config/config_json.h"
#include "core/verification/reexecution.h"
#include "pyharness/src/bindings/convert.h"

namespace aivm::python {
namespace {

using Task = Borrowed<sim::TaskView>;
using Node = Borrowed<sim::NodeView>;
using Dispute = Borrowed<sim::DisputeView>;
using Demand = Borrowed<sim::DemandView>;

py::dict show_identity(const sim::Identity& identity) {
    py::dict out;
    out["id"] = identity.id;
    out["role"] = word(identity.role);
    out["group"] = identity.group;
    out["address"] = hex_text(identity.address.view());
    out["provider_id"] = identity.provider_id;
    return out;
}

Answer run_task(const Task& self, const py::object& row) {
    const sim::TaskView& view = self.get();
    const auto wanted = row.is_none()
                            ? std::uint64_t{view.task.input_row}
                            : read_number(row, "row", std::numeric_limits<std::uint32_t>::max());
    if (wanted >= view.model.row_count()) {
        throw py::value_error(
            fmt::format("row {}: the model has rows 0 to {}", wanted, view.model.row_count() - 1));
    }
    return run_model(view.kernels, view.model, static_cast<std::uint32_t>(wanted));
}

py::list show_trace(const std::vector<InferenceTraceStep>& trace) {
    py::list out;
    for (const InferenceTraceStep& step : trace)
        out.append(py::make_tuple(raw_bytes(step.input), step.output));
    return out;
}

py::list events_of(const Node& self) {
    py::list out;
    for (const VmEvent& event : self.get().tip.events)
        out.append(show_event(self.get().state(), event));
    return out;
}

void bind_random(py::module_& module) {
    using sim::RandomStream;
    const auto positive = [](std::uint64_t n) {
        if (n == 0) throw py::value_error("a range without a number in it");
        return n;
    };
    py::class_<RandomStream>(module, "RandomStream",
                             "An actor's own stream of random numbers: the same in every run.")
        .def("u64", &RandomStream::next_u64)
        .def(
            "below",
            [positive](RandomStream& self, std::uint64_t n) { return self.below(positive(n)); },
            py::arg("n"))
        .def(
            "uniform",
            [](RandomStream& self, std::uint64_t low, std::uint64_t high) {
                if (low > high) throw py::value_error("a range without a number in it");
                return self.uniform(low, high);
            },
            py::arg("low"), py::arg("high"))
        .def("bernoulli_ppm", &RandomStream::bernoulli_ppm, py::arg("ppm"))
        .def(
            "exponential",
            [](RandomStream& self, std::uint64_t mean) {
                if (mean >= std::uint64_t{1} << 56)
                    throw py::value_error("the mean must be below 2**56");
                return self.exponential(mean);
            },
            py::arg("mean"))
        .def_property_readonly("position", &RandomStream::position);
}

void bind_task(py::module_& module) {
    const auto task = [](const Task& self) -> const aivm::Task& { return self.get().task; };
    py::class_<Task, std::shared_ptr<Task>>(module, "TaskView",
                                            "A task as a strategy sees it, during one call.")
        .def_property_readonly(
            "task", [](const Task& self) { return show(&self.get().state, self.get().task); })
        .def_property_readonly("index", [](const Task& self) { return self.get().index.value; })
        .def_property_readonly("job_id", [task](const Task& self) { return task(self).job_id; })
        .def_property_readonly("fee", [task](const Task& self) { return task(self).fee.nlux(); })
        .def_property_readonly("input_row",
                               [task](const Task& self) { return task(self).input_row; })
        .def_property_readonly("posted",
                               [task](const Task& self) { return task(self).provisional; })
        .def_property_readonly("assignments",
                               [task](const Task& self) { return task(self).assignments; })
        .def_property_readonly("model_id", [](const Task& self) { return self.get().model.id; })
        .def_property_readonly("steps", [](const Task& self) { return self.get().model.steps; })
        .def_property_readonly("rows",
                               [](const Task& self) { return self.get().model.row_count(); })
        .def_property_readonly("height", [](const Task& self) { return self.get().height(); })
        .def_property_readonly("now_ns", [](const Task& self) { return self.get().now; })
        .def_property_readonly("state", &Task::state)
        .def("run", &run_task, py::arg("row") = py::none());
}

void bind_node(py::module_& module) {
    py::class_<Node, std::shared_ptr<Node>>(
        module, "NodeView", "The chain as an actor's node knows it, during one call.")
        .def_property_readonly("height", [](const Node& self) { return self.get().height(); })
        .def_property_readonly("complete", [](const Node& self) { return self.get().complete; })
        .def_property_readonly("now_ns", [](const Node& self) { return self.get().now; })
        .def_property_readonly("clock_ns", [](const Node& self) { return self.get().clock; })
        .def_property_readonly("events", &events_of)
        .def_property_readonly("state", &Node::state);
}

void bind_dispute(py::module_& module) {
    py::class_<Dispute, std::shared_ptr<Dispute>>(
        module, "DisputeView", "A dispute that the actor is a side of, during one call.")
        .def_property_readonly(
            "dispute",
            [](const Dispute& self) { return show(&self.get().state, self.get().dispute); })
        .def_property_readonly(
            "task", [](const Dispute& self) { return show(&self.get().state, self.get().task); })
        .def_property_readonly("index", [](const Dispute& self) { return self.get().index.value; })
        .def_property_readonly("trace",
                               [](const Dispute& self) { return show_trace(self.get().trace); })
        .def_property_readonly("height", [](const Dispute& self) { return self.get().height(); })
        .def_property_readonly("blocks_left",
                               [](const Dispute& self) { return self.get().blocks_left(); })
        .def_property_readonly("state", &Dispute::state);
}

void bind_demand(py::module_& module) {
    py::class_<Demand, std::shared_ptr<Demand>>(
        module, "DemandView", "The tasks that a requester may submit, during one call.")
        .def_property_readonly("due", [](const Demand& self) { return self.get().due; })
        .def_property_readonly("left", [](const Demand& self) { return self.get().left; })
        .def_property_readonly("height",
                               [](const Demand& self) { return self.get().node.height(); })
        .def_property_readonly("state", &Demand::state);
}

// A device's quote is bytes; so a strategy can keep one and show it again.
void bind_device(py::module_& module) {
    using Device = Borrowed<sim::Device>;
    py::class_<Device, std::shared_ptr<Device>>(module, "Device",
                                                "The machine under a provider, during one call.")
        .def(
            "quote",
            [](const Device& self, std::uint64_t now_ns) -> py::object {
                const auto evidence = self.get().quote(now_ns);
                return evidence ? py::object(raw_bytes(*evidence)) : py::object(py::none());
            },
            py::arg("now_ns"))
        .def(
            "sign_with_stolen_key",
            [](const Device& self, const py::dict& fields) {
                GpuEvidence evidence;
                read_fields(fields, evidence);
                return raw_bytes(self.get().sign_with_stolen_key(std::move(evidence)));
            },
            py::arg("fields"));
}

py::list notices_of(const SideHandle& self) {
    py::list out;
    for (const sim::Notice& notice : self.get().notices()) {
        py::dict one;
        one["sender"] = hex_text(notice.from.view());
        one["topic"] = notice.topic;
        one["task"] = notice.task.value;
        one["assignment"] = notice.assignment;
        one["answer"] = notice.answer;
        one["amount"] = notice.amount.nlux();
        out.append(one);
    }
    return out;
}

void bind_side(py::module_& module) {
    py::class_<SideHandle, std::shared_ptr<SideHandle>>(
        module, "SideChannel", "Notices and payments between principals, outside the chain.")
        .def(
            "post",
            [](const SideHandle& self, const std::string& topic, std::uint32_t task,
               std::uint32_t assignment, std::uint8_t answer, py::handle amount) {
                self.get().post({self.self, topic, TaskIndex{task}, assignment, answer,
                                 read_amount(amount, "amount")});
            },
            py::arg("topic"), py::arg("task") = 0, py::arg("assignment") = 0, py::arg("answer") = 0,
            py::arg("amount") = 0)
        .def("notices", &notices_of)
        .def(
            "pay",
            [](const SideHandle& self, py::handle to, py::handle amount) {
                Address receiver;
                read(to, "to", receiver);
                self.get().pay(self.self, receiver, read_amount(amount, "amount"));
            },
            py::arg("to"), py::arg("amount"));
}

}  // namespace

py::dict show_context(const sim::StrategyContext& context,
                      const std::shared_ptr<SideHandle>& side) {
    py::dict out;
    py::list accomplices;
    if (context.accomplices) {
        for (const sim::Identity& identity : *context.accomplices)
            accomplices.append(show_identity(identity));
    }
    out["random"] = context.random;
    out["identity"] = show_identity(context.self);
    out["accomplices"] = accomplices;
    out["config"] = to_json(context.rules.config);
    out["policy"] = show_fields(nullptr, context.rules.policy);
    out["block_interval_ns"] = context.block_interval;
    out["side"] = side;
    return out;
}

void bind_strategy_views(py::module_& module) {
    bind_random(module);
    bind_task(module);
    bind_node(module);
    bind_dispute(module);
    bind_demand(module);
    bind_device(module);
    bind_side(module);
}

}  // namespace aivm::python
