// aivmsim.ChainVM's compiled half: the VM under a consensus host that is written in Python. What
// users call is in src/aivmsim/chain.py.
#include "core/service/chain_vm.h"

#include "pyharness/src/bindings/hosted.h"

namespace aivm::python {
namespace {

using ChainHost = Host<ChainVm>;
using ChainHostPtr = HostPtr<ChainVm>;

struct HostedBlock {
    ChainHostPtr host;
    ChainBlock block;
};

py::tuple answer_of(const HostedHandler& self, const std::string& method, const std::string& path,
                    const std::string& body, const std::string& query,
                    const std::string& authorization, py::handle now_ns) {
    Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.authorization = authorization;
    request.body = body;
    request.now_ns = time_of(now_ns);
    const Response response = self.handle(request);
    return py::make_tuple(response.status, response.body, response.allow);
}

// An entry of the `validators` of a genesis in JSON.
py::dict genesis_validator(py::handle seed, py::handle stake) {
    Ed25519Seed value;
    read(seed, "seed", value);
    py::dict entry;
    entry["address"] = hex_text(Ed25519Key(value).address().view());
    entry["stake"] = std::to_string(read_amount(stake, "stake").nlux());
    entry["beacon_commitment"] = hex_text(first_beacon_commitment(value).view());
    return entry;
}

void bind_hosted_block(py::module_& module) {
    py::class_<HostedBlock>(module, "HostedBlock",
                            "A block as a consensus host handles it: its contents, and the calls "
                            "by which the host decides it.")
        .def_property_readonly(
            "id", [](const HostedBlock& self) { return hex_text(self.block.id().view()); })
        .def_property_readonly(
            "parent", [](const HostedBlock& self) { return hex_text(self.block.parent().view()); })
        .def_property_readonly("height",
                               [](const HostedBlock& self) { return self.block.height(); })
        .def_property_readonly("timestamp_ns",
                               [](const HostedBlock& self) { return self.block.timestamp_ns(); })
        .def_property_readonly("json", [](const HostedBlock& self) { return self.block.json(); })
        .def_property_readonly(
            "status",
            [](const HostedBlock& self) { return std::string(word(must(self.block.status()))); })
        .def("to_bytes", [](const HostedBlock& self) { return raw_bytes(self.block.bytes()); })
        .def(
            "verify",
            [](const HostedBlock& self, py::handle now_ns) {
                must(self.block.verify(time_of(now_ns)));
            },
            py::arg("now_ns"))
        .def("accept", [](const HostedBlock& self) { must(self.block.accept()); })
        .def("reject", [](const HostedBlock& self) { must(self.block.reject()); })
        .def("__repr__", [](const HostedBlock& self) {
            return fmt::format("<HostedBlock {} 0x{}>", self.block.height(),
                               to_hex(self.block.id().view()).substr(0, 8));
        });
}

HostedBlock hosted(const ChainHostPtr& host, Result<ChainBlock> block) {
    return {host, must(std::move(block))};
}

void bind_hosted_blocks(HostClass<ChainVm>& vm) {
    vm.def(
          "build_block",
          [](const ChainHostPtr& self, py::handle now_ns) {
              return hosted(self, self->vm.build_block(time_of(now_ns)));
          },
          py::arg("now_ns"))
        .def(
            "decide_next_block",
            [](ChainHost& self, py::handle now_ns) {
                must(self.vm.decide_next_block(time_of(now_ns)));
            },
            py::arg("now_ns"))
        .def(
            "parse_block",
            [](const ChainHostPtr& self, py::handle data) {
                return hosted(self, self->vm.parse_block(read_bytes(data, "block")));
            },
            py::arg("data"))
        .def(
            "get_block",
            [](const ChainHostPtr& self, py::handle id) {
                return hosted(self, self->vm.get_block(item_id(id)));
            },
            py::arg("id"))
        .def(
            "block_id_at_height",
            [](const ChainHost& self, py::handle height) {
                const std::uint64_t wanted = read_number(height, "height", ~std::uint64_t{0});
                return hex_text(must(self.vm.block_id_at_height(wanted)).view());
            },
            py::arg("height"))
        .def("last_accepted",
             [](const ChainHost& self) { return hex_text(must(self.vm.last_accepted()).view()); })
        .def(
            "set_preference",
            [](ChainHost& self, py::handle id) { must(self.vm.set_preference(item_id(id))); },
            py::arg("id"));
}

}  // namespace

void bind_chain_vm(py::module_& module) {
    py::class_<std::stop_source>(module, "Cancel",
                                 "Cancels waits: every :meth:`ChainVM.wait_for_event` that was "
                                 "called with it returns None.")
        .def(py::init<>())
        .def("set", [](std::stop_source& self) { self.request_stop(); })
        .def_property_readonly("is_set",
                               [](const std::stop_source& self) { return self.stop_requested(); });
    py::class_<HostedHandler>(module, "HttpHandler")
        .def("__call__", &answer_of, py::arg("method"), py::arg("path"), py::arg("body") = "",
             py::arg("query") = "", py::arg("authorization") = "", py::arg("now_ns") = 0);
    bind_hosted_block(module);
    HostClass<ChainVm> vm(module, "ChainVm");
    bind_life_cycle(vm);
    bind_hosted_blocks(vm);
    module.attr("dev_account") = hex_text(dev_key().address().view());
    module.def("genesis_validator", &genesis_validator, py::arg("seed"), py::arg("stake"));
}

}  // namespace aivm::python
