// aivmsim.ChainVM's compiled half: the VM under a consensus host that is written in Python. What
// users call is in src/aivmsim/chain.py.
#include "core/service/chain_vm.h"

#include <algorithm>

#include "pyharness/src/bindings/bindings.h"
#include "pyharness/src/bindings/convert.h"
#include "sim/storage/file_store.h"

namespace aivm::python {
namespace {

// Blocks and handlers share it, so that it lives as long as any of them.
struct HostedVm {
    std::unique_ptr<KeyValueStore> store;  // while the VM is open
    ChainVm vm;                            // after its store: it is destroyed first
};
using HostedVmPtr = std::shared_ptr<HostedVm>;

struct HostedBlock {
    HostedVmPtr host;
    ChainBlock block;
};

struct HostedHandler {
    HostedVmPtr host;
    HttpHandler handle;
};

std::uint64_t time_of(py::handle now_ns) {
    return read_number(now_ns, "now_ns", ~std::uint64_t{0});
}

void initialize(HostedVm& self, const std::string& genesis, const std::string& config,
                const py::dict& policy, py::handle seed, const std::string& path, bool dev) {
    ChainVm::Init init;
    init.genesis = genesis;
    init.config = config;
    read_fields(policy, init.policy);
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

void shutdown(HostedVm& self) {
    must(self.vm.shutdown());
    self.store.reset();
}

// Waits in short pieces, so that Ctrl-C interrupts the wait. Other threads of Python go on.
bool wait_for_event(const HostedVmPtr& self, double seconds, const std::stop_source& cancel) {
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

HostedBlock hosted(const HostedVmPtr& host, Result<ChainBlock> block) {
    return {host, must(std::move(block))};
}

void bind_life_cycle(py::class_<HostedVm, HostedVmPtr>& vm) {
    vm.def(py::init<>())
        .def("initialize", &initialize, py::arg("genesis"), py::arg("config"), py::arg("policy"),
             py::arg("seed"), py::arg("path"), py::arg("dev"))
        .def(
            "set_state",
            [](HostedVm& self, std::uint32_t state) { must(self.vm.set_state(state)); },
            py::arg("state"))
        .def("shutdown", &shutdown)
        .def("wait_for_event", &wait_for_event, py::arg("timeout"), py::arg("cancel"))
        .def("health_check",
             [](const HostedVm& self) {
                 const VmHealth health = self.vm.health_check();
                 return py::make_tuple(health.healthy, health.details);
             })
        .def(
            "connected",
            [](HostedVm& self, py::handle node, const std::string& version) {
                HostNodeId id;
                read(node, "node", id);
                must(self.vm.connected(id, version));
            },
            py::arg("node"), py::arg("version"))
        .def(
            "disconnected",
            [](HostedVm& self, py::handle node) {
                HostNodeId id;
                read(node, "node", id);
                must(self.vm.disconnected(id));
            },
            py::arg("node"))
        .def("create_handlers", [](const HostedVmPtr& self) {
            std::map<std::string, HostedHandler> out;
            for (auto& [path, handler] : must(self->vm.create_handlers()))
                out.emplace(path, HostedHandler{self, std::move(handler)});
            return out;
        });
}

void bind_hosted_blocks(py::class_<HostedVm, HostedVmPtr>& vm) {
    const auto id_of = [](py::handle id) {
        Hash32 out;
        read(id, "block id", out);
        return out;
    };
    vm.def(
          "build_block",
          [](const HostedVmPtr& self, py::handle now_ns) {
              return hosted(self, self->vm.build_block(time_of(now_ns)));
          },
          py::arg("now_ns"))
        .def(
            "decide_next_block",
            [](HostedVm& self, py::handle now_ns) {
                must(self.vm.decide_next_block(time_of(now_ns)));
            },
            py::arg("now_ns"))
        .def(
            "parse_block",
            [](const HostedVmPtr& self, py::handle data) {
                return hosted(self, self->vm.parse_block(read_bytes(data, "block")));
            },
            py::arg("data"))
        .def(
            "get_block",
            [id_of](const HostedVmPtr& self, py::handle id) {
                return hosted(self, self->vm.get_block(id_of(id)));
            },
            py::arg("id"))
        .def(
            "block_id_at_height",
            [](const HostedVm& self, py::handle height) {
                const std::uint64_t wanted = read_number(height, "height", ~std::uint64_t{0});
                return hex_text(must(self.vm.block_id_at_height(wanted)).view());
            },
            py::arg("height"))
        .def("last_accepted",
             [](const HostedVm& self) { return hex_text(must(self.vm.last_accepted()).view()); })
        .def(
            "set_preference",
            [id_of](HostedVm& self, py::handle id) { must(self.vm.set_preference(id_of(id))); },
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
    py::class_<HostedVm, HostedVmPtr> vm(module, "ChainVm");
    bind_life_cycle(vm);
    bind_hosted_blocks(vm);
    module.attr("dev_account") = hex_text(dev_key().address().view());
    module.def("genesis_validator", &genesis_validator, py::arg("seed"), py::arg("stake"));
}

}  // namespace aivm::python
