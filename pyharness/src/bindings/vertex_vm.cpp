// aivmsim.DagVM's compiled half: the VM of a DAG under a consensus host that is written in Python.
// What users call is in src/aivmsim/dag.py.
#include "core/service/vertex_vm.h"

#include "pyharness/src/bindings/hosted.h"

namespace aivm::python {
namespace {

using DagHost = Host<VertexVm>;
using DagHostPtr = HostPtr<VertexVm>;

struct PyVertex {
    DagHostPtr host;
    HostedVertex vertex;
};

PyVertex held(const DagHostPtr& host, Result<HostedVertex> vertex) {
    return {host, must(std::move(vertex))};
}

std::vector<std::string> texts_of(const std::vector<Hash32>& ids) {
    std::vector<std::string> out;
    for (const Hash32& id : ids) out.push_back(hex_text(id.view()));
    return out;
}

void bind_contents(py::class_<PyVertex>& vertex) {
    vertex
        .def_property_readonly(
            "id", [](const PyVertex& self) { return hex_text(self.vertex.id().view()); })
        .def_property_readonly("parents",
                               [](const PyVertex& self) { return texts_of(self.vertex.parents()); })
        .def_property_readonly("height", [](const PyVertex& self) { return self.vertex.height(); })
        .def_property_readonly("epoch", [](const PyVertex& self) { return self.vertex.epoch(); })
        .def_property_readonly(
            "timestamp_ns",
            [](const PyVertex& self) { return self.vertex.contents().header().timestamp_ns; })
        .def_property_readonly(
            "proposer",
            [](const PyVertex& self) { return self.vertex.contents().header().proposer.value; })
        .def_property_readonly(
            "sequence",
            [](const PyVertex& self) { return self.vertex.contents().header().sequence; })
        .def_property_readonly("cut",
                               [](const PyVertex& self) { return self.vertex.contents().cut(); })
        .def_property_readonly("is_cut",
                               [](const PyVertex& self) { return self.vertex.contents().is_cut(); })
        .def_property_readonly("txs", [](const PyVertex& self) { return self.vertex.txs(); })
        .def(
            "to_bytes", [](const PyVertex& self) { return raw_bytes(self.vertex.bytes()); },
            "The canonical bytes, which DagVM.parse_vertex takes.")
        .def("__repr__", [](const PyVertex& self) {
            return fmt::format("<{} 0x{} of height {}>",
                               self.vertex.contents().is_cut() ? "HostedCut" : "HostedVertex",
                               to_hex(self.vertex.id().view()).substr(0, 8), self.vertex.height());
        });
}

void bind_decisions(py::class_<PyVertex>& vertex) {
    vertex
        .def_property_readonly(
            "status",
            [](const PyVertex& self) { return std::string(word(must(self.vertex.status()))); })
        .def_property_readonly("settled_by",
                               [](const PyVertex& self) { return must(self.vertex.settled_by()); })
        .def(
            "verify",
            [](const PyVertex& self, py::handle now_ns, bool decided) {
                must(self.vertex.verify({time_of(now_ns), decided}));
            },
            py::arg("now_ns"), py::arg("decided") = false,
            "Checks it at now_ns (nanoseconds since 1970) and keeps it as undecided. With decided, "
            "others have accepted it: neither its time nor the number of its proposer's vertices "
            "is a reason to refuse it. Raises VmError; refusals that can pass are too_early, "
            "bad_parent, window_not_open and limit_reached, all others are final.")
        .def(
            "accept", [](const PyVertex& self) { must(self.vertex.accept()); },
            "Accepts it. Raises VmError: wrong_state unless it is undecided, bad_parent before "
            "its parents are accepted, conflict beside an accepted vertex of the same job.")
        .def(
            "reject", [](const PyVertex& self) { must(self.vertex.reject()); },
            "Rejects it; its operations wait in the queue again, but for submissions whose job "
            "another vertex has taken. Raises VmError wrong_state unless it is undecided.")
        .def(
            "conflicts",
            [](const PyVertex& self, const PyVertex& other) {
                return self.vertex.conflicts(other.vertex);
            },
            py::arg("other"), "Whether the two are different and share a job, as published.")
        .def(
            "conflicts_vertex",
            [](const PyVertex& self, py::handle id) {
                return must(self.vertex.conflicts_vertex(item_id(id)));
            },
            py::arg("id"),
            "The same for the vertex with this id. Raises VmError not_found unless it is verified "
            "or accepted here.")
        .def(
            "rivals", [](const PyVertex& self) { return texts_of(must(self.vertex.rivals())); },
            "The ids of the undecided vertices of which at most one can be accepted beside it: "
            "they share a conflict key, and neither is an ancestor of the other.");
}

void bind_building(HostClass<VertexVm>& vm) {
    vm.def(
          "build_vertex",
          [](const DagHostPtr& self, py::handle now_ns) {
              return held(self, self->vm.build_vertex(time_of(now_ns)));
          },
          py::arg("now_ns"))
        .def(
            "build_cut",
            [](const DagHostPtr& self, py::handle now_ns) {
                return held(self, self->vm.build_cut(time_of(now_ns)));
            },
            py::arg("now_ns"))
        .def("next_cut_ns",
             [](DagHost& self) -> std::optional<std::uint64_t> {
                 if (self.vm.node() == nullptr) return std::nullopt;
                 return self.vm.node()->next_cut_ns();
             })
        .def(
            "reissue",
            [](const DagHostPtr& self, py::handle now_ns) {
                std::vector<PyVertex> out;
                for (HostedVertex& own : must(self->vm.reissue(time_of(now_ns))))
                    out.push_back({self, std::move(own)});
                return out;
            },
            py::arg("now_ns"))
        .def(
            "decide_next",
            [](DagHost& self, py::handle now_ns) { must(self.vm.decide_next(time_of(now_ns))); },
            py::arg("now_ns"));
}

void bind_reading(HostClass<VertexVm>& vm) {
    vm.def(
          "parse_vertex",
          [](const DagHostPtr& self, py::handle data) {
              return held(self, self->vm.parse_vertex(read_bytes(data, "vertex")));
          },
          py::arg("data"))
        .def(
            "get_vertex",
            [](const DagHostPtr& self, py::handle id) {
                return held(self, self->vm.get_vertex(item_id(id)));
            },
            py::arg("id"))
        .def(
            "cut_at",
            [](const DagHost& self, py::handle number) {
                const std::uint64_t wanted = read_number(number, "number", ~std::uint64_t{0});
                return hex_text(must(self.vm.cut_at(wanted)).view());
            },
            py::arg("number"))
        .def("height", [](const DagHost& self) { return self.vm.height(); })
        .def("frontier", [](const DagHost& self) { return texts_of(must(self.vm.frontier())); })
        .def("preferred_frontier",
             [](const DagHost& self) { return texts_of(must(self.vm.preferred_frontier())); })
        .def(
            "set_preference",
            [](DagHost& self, const py::list& ids) {
                std::vector<Hash32> wanted;
                for (const py::handle id : ids) wanted.push_back(item_id(id));
                must(self.vm.set_preference(wanted));
            },
            py::arg("ids"));
}

}  // namespace

void bind_vertex_vm(py::module_& module) {
    py::class_<PyVertex> vertex(module, "HostedVertex",
                                "A vertex as a consensus host handles it: its contents, and the "
                                "calls by which the host decides it.");
    bind_contents(vertex);
    bind_decisions(vertex);
    HostClass<VertexVm> vm(module, "DagVm");
    bind_life_cycle<VertexVm>(vm);
    bind_building(vm);
    bind_reading(vm);
    module.def(
        "bound_job_id",
        [](py::handle requester, const std::string& job) {
            Address address;
            read(requester, "requester", address);
            return bound_job_id(address, job);
        },
        py::arg("requester"), py::arg("job"));
}

}  // namespace aivm::python
