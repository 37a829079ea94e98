// What aivmsim.ChainVM and aivmsim.DagVM share: a VM under a consensus host that is written in
// Python, its store, and the life cycle.
#pragma once

#include <algorithm>

#include "core/service/hosted_vm.h"
#include "pyharness/src/bindings/bindings.h"
#include "pyharness/src/bindings/convert.h"
#include "sim/storage/file_store.h"

namespace aivm::python {

// Items and handlers share it, so that it lives as long as any of them.
template <class Vm>
struct Host {
    std::unique_ptr<KeyValueStore> store;  // while the VM is open
    Vm vm;                                 // after its store: it is destroyed first
};
template <class Vm>
using HostPtr = std::shared_ptr<Host<Vm>>;
template <class Vm>
using HostClass = py::class_<Host<Vm>, HostPtr<Vm>>;

struct HostedHandler {
    std::shared_ptr<void> host;
    HttpHandler handle;
};

inline std::uint64_t time_of(py::handle now_ns) {
    return read_number(now_ns, "now_ns", ~std::uint64_t{0});
}

inline Hash32 item_id(py::handle id) {
    Hash32 out;
    read(id, "id", out);
    return out;
}

template <class Vm>
void initialize_vm(Host<Vm>& self, const std::string& genesis, const std::string& config,
                   const py::dict& policy, const py::object& dag, py::handle seed,
                   const std::string& path, bool dev) {
    HostedVm::Init init;
    init.genesis = genesis;
    init.config = config;
    read_fields(policy, init.policy);
    if (!dag.is_none()) read_fields(dag, init.dag.emplace());
    read(seed, "seed", init.seed);
    init.access = dev ? Service::Access::kThrowAway : Service::Access::kAuthorized;
    std::unique_ptr<KeyValueStore> store;
    if (path.empty()) {
        store = std::make_unique<MemoryStore>();
    } else {
        store = must(sim::FileStore::open(path));
    }
    init.store = store.get();
    must(self.vm.initialize(init));
    self.store = std::move(store);
}

template <class Vm>
void shutdown_vm(Host<Vm>& self) {
    must(self.vm.shutdown());
    self.store.reset();
}

// Waits in short pieces, so that Ctrl-C interrupts the wait. Other threads of Python go on.
template <class Vm>
bool wait_for_event(const HostPtr<Vm>& self, double seconds, const std::stop_source& cancel) {
    constexpr std::chrono::nanoseconds kPiece = std::chrono::milliseconds(50);
    constexpr double kSecondsMax = 1e9;
    if (!(seconds >= 0)) throw py::value_error("timeout must be zero or more seconds");
    std::chrono::nanoseconds left(
        static_cast<std::int64_t>(std::min(seconds, kSecondsMax) * 1'000'000'000));
    while (true) {
        const std::chrono::nanoseconds piece = std::min(left, kPiece);
        const auto event = [&] {
            const py::gil_scoped_release others;
            return self->vm.wait_for_event(piece, cancel.get_token());
        }();
        if (must(event)) return true;
        left -= piece;
        if (left.count() == 0 || cancel.stop_requested()) return false;
        if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    }
}

template <class Vm>
void bind_life_cycle(HostClass<Vm>& vm) {
    vm.def(py::init<>())
        .def("initialize", &initialize_vm<Vm>, py::arg("genesis"), py::arg("config"),
             py::arg("policy"), py::arg("dag"), py::arg("seed"), py::arg("path"), py::arg("dev"))
        .def(
            "set_state",
            [](Host<Vm>& self, std::uint32_t state) { must(self.vm.set_state(state)); },
            py::arg("state"))
        .def("shutdown", &shutdown_vm<Vm>)
        .def("wait_for_event", &wait_for_event<Vm>, py::arg("timeout"), py::arg("cancel"))
        .def("health_check",
             [](const Host<Vm>& self) {
                 const VmHealth health = self.vm.health_check();
                 return py::make_tuple(health.healthy, health.details);
             })
        .def_property_readonly(
            "fee_policy",
            [](const Host<Vm>& self) { return show_fields(nullptr, must(self.vm.fee_policy())); })
        .def(
            "connected",
            [](Host<Vm>& self, py::handle node, const std::string& version) {
                HostNodeId id;
                read(node, "node", id);
                must(self.vm.connected(id, version));
            },
            py::arg("node"), py::arg("version"))
        .def(
            "disconnected",
            [](Host<Vm>& self, py::handle node) {
                HostNodeId id;
                read(node, "node", id);
                must(self.vm.disconnected(id));
            },
            py::arg("node"))
        .def("create_handlers", [](const HostPtr<Vm>& self) {
            std::map<std::string, HostedHandler> out;
            for (auto& [path, handler] : must(self->vm.create_handlers()))
                out.emplace(path, HostedHandler{self, std::move(handler)});
            return out;
        });
}

}  // namespace aivm::python
