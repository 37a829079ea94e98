// aivmsim.VM's compiled half: machines, operations and blocks. The names that users see are in
// src/aivmsim/vm.py.
#include "core/vm/vm.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/config/config_json.h"
#include "core/registry/quote.h"
#include "core/rewards/receipt_proof.h"
#include "core/service/default_models.h"
#include "core/tasks/fee_policy.h"
#include "core/verification/dispute.h"
#include "core/verification/redundant.h"
#include "pyharness/src/bindings/bindings.h"
#include "pyharness/src/bindings/convert.h"
#include "pyharness/src/bindings/handles.h"
#include "pyharness/src/bindings/machine.h"
#include "pyharness/src/bindings/state.h"

namespace aivm::python {
namespace {

Hash32 hash_of(py::handle value, const std::string& where) {
    Hash32 out;
    read(value, where, out);
    return out;
}

template <class T>
std::optional<T> optional_of(py::handle value, const std::string& where) {
    std::optional<T> out;
    read(value, where, out);
    return out;
}

std::vector<OperationPtr> pointers(const std::vector<OperationHandle>& handles) {
    std::vector<OperationPtr> out;
    for (const OperationHandle& handle : handles) out.push_back(handle.operation);
    return out;
}

Genesis genesis_of(const py::dict& genesis) {
    Genesis out;
    out.version = genesis["version"].cast<int>();
    out.message = genesis["message"].cast<std::string>();
    read(genesis["timestamp_ns"], "timestamp_ns", out.timestamp_ns);
    read(genesis["chain_id"], "chain_id", out.chain_id);
    for (const py::handle one : genesis["allocations"]) {
        const auto [address, balance] = one.cast<std::pair<py::object, py::object>>();
        GenesisAllocation allocation;
        read(address, "allocation address", allocation.address);
        read(balance, "allocation balance", allocation.balance);
        out.allocations.push_back(allocation);
    }
    for (const py::handle one : genesis["providers"]) {
        const py::dict fields = one.cast<py::dict>();
        GenesisProvider& provider = out.providers.emplace_back();
        provider.id = fields["id"].cast<std::string>();
        read(fields["owner"], "provider owner", provider.owner);
        provider.models = fields["models"].cast<std::vector<std::string>>();
        read(fields["bond"], "provider bond", provider.bond);
    }
    if (genesis["models"].is_none()) {
        out.models = default_models();
    } else {
        read(genesis["models"], "models", out.models);
    }
    const auto [attestations, models, anchors] =
        genesis["table_sizes"].cast<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>>();
    out.table_sizes = {attestations, models, anchors};
    return out;
}

std::unique_ptr<Machine> make_machine(const std::string& config, const py::dict& policy,
                                      const py::dict& genesis,
                                      const std::vector<py::object>& stakes,
                                      const py::object& vendor_root, bool ed25519,
                                      const std::string& backend, const std::string& path,
                                      std::uint64_t seed, std::uint64_t interval_ns) {
    MachineSetup setup;
    setup.parameters.config = must(config_from_json(config));
    read_fields(policy, setup.parameters.policy);
    setup.genesis = genesis_of(genesis);
    for (const py::object& stake : stakes) read(stake, "stake", setup.stakes.emplace_back());
    read(vendor_root, "vendor_root", setup.vendor_root);
    read(genesis["quote_measurements"], "quote_measurements", setup.parameters.quote_measurements);
    setup.ed25519 = ed25519;
    setup.backend = backend;
    setup.path = path;
    setup.seed = seed;
    setup.interval_ns = interval_ns;
    return std::make_unique<Machine>(std::move(setup));
}

Machine::BlockPlace place_of(py::handle parent, py::handle timestamp_ns, py::handle proposer) {
    Machine::BlockPlace place;
    place.parent = optional_of<Hash32>(parent, "parent");
    place.timestamp_ns = optional_of<std::uint64_t>(timestamp_ns, "timestamp_ns");
    if (const auto index = optional_of<std::uint32_t>(proposer, "proposer"))
        place.proposer = ValidatorIndex{*index};
    return place;
}

std::string block_status_word(Machine& machine, py::handle id) {
    return std::string(word(must(machine.vm().status(hash_of(id, "block id")))));
}

py::list block_events(Machine& machine, py::handle id) {
    const Hash32 block = hash_of(id, "block id");
    const ExecutedPtr verified = machine.vm().executed(block);
    // Tables only grow, so the last state knows every index that an accepted block named.
    const State& state = verified ? verified->state : machine.vm().state();
    py::list out;
    for (const VmEvent& event : machine.events(block)) out.append(show_event(state, event));
    return out;
}

template <class Evidence>
py::bytes sign_evidence(Machine& machine, const py::dict& fields, const std::string& provider_id,
                        const std::string& vendor) {
    Evidence evidence;
    read_fields(fields, evidence);
    evidence.vendor_signature = machine.sign(vendor, attestation_message(evidence, provider_id));
    return raw_bytes(encode_evidence(evidence));
}

py::dict device_status(Machine& machine, ByteView evidence, const std::string& provider_id) {
    auto status = check_encoded_evidence(evidence, provider_id,
                                         attestation_check(machine.rules(), machine.now_ns));
    if (!status && status.error().code == ErrorCode::kMalformed) throw VmFault(status.error());
    DeviceStatus shown;
    if (status) shown = std::move(*status);
    shown.operator_id = provider_id;
    const State& state = machine.vm().state();
    if (const auto provider = state.find_provider(provider_id))
        shown.job_history = machine.summary().job_history(state, *provider);
    return show_fields(nullptr, shown);
}

void bind_operation(py::module_& module) {
    py::class_<OperationHandle>(module, "SignedOperation",
                                "An operation with its authorisation; it never changes.")
        .def_static(
            "from_bytes",
            [](py::handle bytes) {
                const Bytes raw = read_bytes(bytes, "operation");
                Reader in(raw);
                auto operation = must(SignedOperation::decode(in));
                must(in.finish());
                return OperationHandle{std::move(operation)};
            },
            py::arg("data"))
        .def("to_bytes",
             [](const OperationHandle& self) {
                 Writer out;
                 self.operation->encode(out);
                 return raw_bytes(out.view());
             })
        .def_property_readonly(
            "id", [](const OperationHandle& self) { return hex_text(self.operation->id().view()); })
        .def_property_readonly("kind",
                               [](const OperationHandle& self) {
                                   return std::string(operation_name(self.operation->body()));
                               })
        .def_property_readonly(
            "sender",
            [](const OperationHandle& self) { return hex_text(self.operation->sender().view()); })
        .def_property_readonly("nonce",
                               [](const OperationHandle& self) { return self.operation->nonce(); })
        .def_property_readonly(
            "inclusion_fee",
            [](const OperationHandle& self) { return self.operation->inclusion_fee().nlux(); })
        .def_property_readonly(
            "authorization",
            [](const OperationHandle& self) { return raw_bytes(self.operation->authorization()); })
        .def_property_readonly(
            "fields",
            [](const OperationHandle& self) { return show_operation(self.operation->body()); })
        .def("__eq__",
             [](const OperationHandle& self, const OperationHandle& other) {
                 return self.operation->id() == other.operation->id() &&
                        self.operation->authorization() == other.operation->authorization();
             })
        .def("__hash__",
             [](const OperationHandle& self) { return self.operation->id().prefix64(); })
        .def("__repr__", [](const OperationHandle& self) {
            return fmt::format("<{} of 0x{} nonce {}>", operation_name(self.operation->body()),
                               to_hex(self.operation->sender().view()).substr(0, 8),
                               self.operation->nonce());
        });
}

void bind_block(py::module_& module) {
    auto block = py::class_<BlockHandle>(
        module, "Block", "A block with its proposer's signature; it never changes.");
    const BlockHeader any;
    for_each_field(any, [&](auto field, const auto&) {
        block.def_property_readonly(std::string(field.name).c_str(), [](const BlockHandle& self) {
            return show(nullptr, self.block->header().*decltype(field)::member);
        });
    });
    block
        .def_static(
            "from_bytes",
            [](py::handle bytes) {
                return BlockHandle{must(Block::decode(read_bytes(bytes, "block")))};
            },
            py::arg("data"))
        .def("to_bytes", [](const BlockHandle& self) { return raw_bytes(self.block->encode()); })
        .def_property_readonly(
            "id", [](const BlockHandle& self) { return hex_text(self.block->id().view()); })
        .def_property_readonly(
            "authorization",
            [](const BlockHandle& self) { return raw_bytes(self.block->authorization()); })
        .def_property_readonly("operations",
                               [](const BlockHandle& self) {
                                   std::vector<OperationHandle> out;
                                   for (const OperationPtr& one : self.block->operations())
                                       out.push_back({one});
                                   return out;
                               })
        .def("__eq__",
             [](const BlockHandle& self, const BlockHandle& other) {
                 return self.block->id() == other.block->id() &&
                        self.block->authorization() == other.block->authorization();
             })
        .def("__hash__", [](const BlockHandle& self) { return self.block->id().prefix64(); })
        .def("__repr__", [](const BlockHandle& self) {
            return fmt::format("<Block {} 0x{} with {} operations>", self.block->height(),
                               to_hex(self.block->id().view()).substr(0, 8),
                               self.block->operations().size());
        });
}

void bind_machine_accounts(py::class_<Machine>& machine) {
    machine
        .def(
            "address",
            [](Machine& self, const std::string& name) {
                return hex_text(self.address(name).view());
            },
            py::arg("name"))
        .def(
            "set_key",
            [](Machine& self, const std::string& name, py::handle seed) {
                return hex_text(self.set_key(name, hash_of(seed, "seed")).view());
            },
            py::arg("name"), py::arg("seed"))
        .def(
            "sign",
            [](Machine& self, const std::string& name, py::handle message) {
                return raw_bytes(self.sign(name, hash_of(message, "message")));
            },
            py::arg("name"), py::arg("message"))
        .def(
            "sign_operation",
            [](Machine& self, const std::string& sender, const std::string& kind,
               const py::dict& fields, py::handle nonce, py::handle authorization,
               std::uint64_t inclusion_fee) {
                return OperationHandle{self.sign_operation(
                    sender, read_operation(kind, fields),
                    {optional_of<std::uint64_t>(nonce, "nonce"),
                     optional_of<Bytes>(authorization, "authorization"), Amount(inclusion_fee)})};
            },
            py::arg("sender"), py::arg("kind"), py::arg("fields"), py::arg("nonce") = py::none(),
            py::arg("authorization") = py::none(), py::arg("inclusion_fee") = 0);
}

void bind_machine_blocks(py::class_<Machine>& machine) {
    machine
        .def(
            "submit",
            [](Machine& self, const OperationHandle& operation) {
                must(self.vm().submit(operation.operation));
            },
            py::arg("operation"))
        .def(
            "build",
            [](Machine& self, py::handle timestamp_ns, py::handle proposer) {
                return BlockHandle{self.build(place_of(py::none(), timestamp_ns, proposer))};
            },
            py::arg("timestamp_ns") = py::none(), py::arg("proposer") = py::none())
        .def(
            "propose",
            [](Machine& self, const std::vector<OperationHandle>& operations, py::handle parent,
               py::handle timestamp_ns, py::handle proposer) {
                return BlockHandle{
                    self.propose(pointers(operations), place_of(parent, timestamp_ns, proposer))};
            },
            py::arg("operations"), py::arg("parent") = py::none(),
            py::arg("timestamp_ns") = py::none(), py::arg("proposer") = py::none())
        .def(
            "verify",
            [](Machine& self, const BlockHandle& block, py::handle now_ns) {
                const auto now = optional_of<std::uint64_t>(now_ns, "now_ns");
                must(self.vm().verify(block.block, now.value_or(self.now_ns)));
            },
            py::arg("block"), py::arg("now_ns") = py::none())
        .def(
            "accept", [](Machine& self, py::handle id) { self.accept(hash_of(id, "block id")); },
            py::arg("id"))
        .def(
            "reject",
            [](Machine& self, py::handle id) { must(self.vm().reject(hash_of(id, "block id"))); },
            py::arg("id"))
        .def(
            "set_preference",
            [](Machine& self, py::handle id) {
                must(self.vm().set_preference(hash_of(id, "block id")));
            },
            py::arg("id"))
        .def("restart", &Machine::restart)
        .def("status", &block_status_word, py::arg("id"))
        .def("events", &block_events, py::arg("id"))
        .def(
            "get_block",
            [](Machine& self, py::handle id) {
                return BlockHandle{must(self.vm().get_block(hash_of(id, "block id")))};
            },
            py::arg("id"))
        .def(
            "block_id_at_height",
            [](Machine& self, py::handle height) {
                const std::uint64_t wanted = read_number(height, "height", ~std::uint64_t{0});
                return hex_text(must(self.vm().block_id_at_height(wanted)).view());
            },
            py::arg("height"))
        .def(
            "state",
            [](Machine& self, py::handle id) {
                const auto block = optional_of<Hash32>(id, "block id");
                return std::make_shared<StateHandle>(
                    self.executed(block.value_or(self.vm().last_accepted())), self.parameters());
            },
            py::arg("id") = py::none());
}

void bind_machine_facts(py::class_<Machine>& machine) {
    machine.def_readwrite("now_ns", &Machine::now_ns)
        .def_readonly("interval_ns", &Machine::interval_ns)
        .def_property_readonly("chain_id", &Machine::chain_id)
        .def_property_readonly("backend", &Machine::backend)
        .def_property_readonly("genesis_id",
                               [](Machine& self) { return hex_text(self.genesis_id().view()); })
        .def_property_readonly(
            "last_accepted",
            [](Machine& self) { return hex_text(self.vm().last_accepted().view()); })
        .def_property_readonly("preferred",
                               [](Machine& self) { return hex_text(self.vm().preferred().view()); })
        .def_property_readonly("queued", [](Machine& self) { return self.vm().mempool().size(); })
        .def_property_readonly("processing",
                               [](Machine& self) { return self.vm().processing_count(); })
        .def_property_readonly("fee_policy",
                               [](Machine& self) {
                                   return show_fields(
                                       nullptr,
                                       fee_policy(self.vm().preferred_state(), self.parameters()));
                               })
        .def_property_readonly("wants_block", [](Machine& self) { return self.vm().wants_block(); })
        .def_property_readonly("config_json",
                               [](Machine& self) { return to_json(self.parameters().config); })
        .def_property_readonly(
            "policy", [](Machine& self) { return show_fields(nullptr, self.parameters().policy); })
        .def_property_readonly(
            "result_bond", [](Machine& self) { return self.parameters().result_bond().nlux(); });
}

// Computations that actors make off the chain.
void bind_machine_work(py::class_<Machine>& machine) {
    machine
        .def(
            "result_commitment",
            [](Machine& self, const std::string& job, py::handle operator_address,
               std::uint8_t answer, py::handle nonce) {
                const State& state = self.vm().preferred_state();
                const auto task = state.find_task(job);
                if (!task) throw VmFault({ErrorCode::kNotFound, "task " + job});
                Address owner;
                read(operator_address, "operator", owner);
                return hex_text(result_commitment(result_of(state, state.task(*task), owner, answer,
                                                            hash_of(nonce, "nonce")))
                                    .view());
            },
            py::arg("job"), py::arg("operator"), py::arg("answer"), py::arg("nonce"))
        .def(
            "sign_evidence",
            [](Machine& self, const py::dict& fields, const std::string& provider_id,
               const std::string& vendor) {
                return sign_evidence<GpuEvidence>(self, fields, provider_id, vendor);
            },
            py::arg("fields"), py::arg("provider_id"), py::arg("vendor"))
        .def(
            "sign_quote",
            [](Machine& self, const py::dict& fields, const std::string& provider_id,
               const std::string& vendor) {
                return sign_evidence<AttestationQuote>(self, fields, provider_id, vendor);
            },
            py::arg("fields"), py::arg("provider_id"), py::arg("vendor"))
        .def(
            "verify_evidence",
            [](Machine& self, py::handle evidence, const std::string& provider_id) {
                return device_status(self, read_bytes(evidence, "evidence"), provider_id);
            },
            py::arg("evidence"), py::arg("provider_id"));
}

void bind_functions(py::module_& module) {
    module.def(
        "keccak256",
        [](py::handle data) { return raw_bytes(keccak256(read_bytes(data, "data")).view()); },
        py::arg("data"));
    module.def(
        "address_of_name",
        [](const std::string& name) {
            return hex_text(Ed25519Key(seed_of(name)).address().view());
        },
        py::arg("name"));
    module.def(
        "claim_commitment",
        [](std::uint8_t claim, py::handle salt, py::handle challenger) {
            Address address;
            read(challenger, "challenger", address);
            return hex_text(claim_commitment(claim, hash_of(salt, "salt"), address).view());
        },
        py::arg("claim"), py::arg("salt"), py::arg("challenger"));
    module.def(
        "weights_digest",
        [](py::handle weights) {
            abi::InferenceWeights value;
            read(weights, "weights", value);
            return raw_bytes(weights_digest(value).view());
        },
        py::arg("weights"));
    module.def("operation_kinds", &operation_kinds);
    module.def(
        "default_config_json",
        [](bool permissioned) {
            return to_json(permissioned ? default_permissioned_config() : Config{});
        },
        py::arg("permissioned") = false);
    module.def(
        "config_json",
        [](const std::string& json) { return to_json(must(config_from_json(json))); },
        py::arg("json"));
    module.def("default_policy", [] { return show_fields(nullptr, Policy{}); });
    module.def("vm_id", [] { return hex_text(vm_id().view()); });
    module.attr("vm_version") = std::string(kVmVersion);
}

// aivmsim.VmError, whose `code` is the name of the VM's error.
void bind_error(py::module_& module) {
    static py::handle type =
        PyErr_NewExceptionWithDoc("aivmsim._core.VmError",
                                  "The VM refused a request. `code` is the error's name, such as "
                                  "\"bond_locked\"; the text says what and where.",
                                  PyExc_RuntimeError, nullptr);
    module.add_object("VmError", type);
    py::register_exception_translator([](std::exception_ptr thrown) {
        try {
            if (thrown) std::rethrow_exception(thrown);
        } catch (const VmFault& fault) {
            py::object error = py::reinterpret_borrow<py::object>(type)(fault.what());
            error.attr("code") = std::string(error_name(fault.code));
            PyErr_SetObject(type.ptr(), error.ptr());
        }
    });
}

}  // namespace

void bind_vm(py::module_& module) {
    bind_error(module);
    bind_operation(module);
    bind_block(module);
    bind_state(module);
    py::class_<Machine> machine(module, "Machine");
    machine.def(py::init(&make_machine), py::arg("config"), py::arg("policy"), py::arg("genesis"),
                py::arg("stakes"), py::arg("vendor_root"), py::arg("ed25519"), py::arg("backend"),
                py::arg("path"), py::arg("seed"), py::arg("interval_ns"));
    bind_machine_accounts(machine);
    bind_machine_blocks(machine);
    bind_machine_facts(machine);
    bind_machine_work(machine);
    bind_functions(module);
}

}  // namespace aivm::python
