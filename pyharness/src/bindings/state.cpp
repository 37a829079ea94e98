#include "pyharness/src/bindings/state.h"

#include "core/audit/audit.h"
#include "core/rewards/receipt_proof.h"
#include "core/rewards/rewards.h"
#include "core/state/load.h"
#include "core/verification/dispute.h"
#include "core/verification/reexecution.h"
#include "pyharness/src/bindings/convert.h"

namespace aivm::python {
namespace {

const Task& task_of(const State& state, const std::string& job) {
    const auto index = state.find_task(job);
    if (!index) throw VmFault({ErrorCode::kNotFound, "task " + job});
    return state.task(*index);
}

const Provider& provider_of(const State& state, const std::string& id) {
    const auto index = state.find_provider(id);
    if (!index) throw VmFault({ErrorCode::kProviderNotFound, id});
    return state.provider(*index);
}

const Model& model_of(const State& state, const std::string& id) {
    const auto index = state.find_model(id);
    if (!index) throw VmFault({ErrorCode::kNotFound, "model " + id});
    return state.model(state.status_of_model(*index).newest);
}

const Model& checked_model(const State& state, const std::string& id, std::uint32_t row) {
    const Model& model = model_of(state, id);
    if (row < model.row_count()) return model;
    throw VmFault({ErrorCode::kInvalidArgument,
                   fmt::format("model {} has rows 0 to {}", id, model.row_count() - 1)});
}

template <class Table>
py::list list_of(const State& state, const Table& table) {
    py::list out;
    for (std::size_t i = 0; i < table.size(); ++i) out.append(show(&state, table[i]));
    return out;
}

Account account_of(const State& state, py::handle address) {
    Address key;
    read(address, "address", key);
    return {state.balance(key), state.nonces(key)};
}

template <class Slot>
py::bytes slots_of(std::span<const Slot> slots) {
    return raw_bytes({reinterpret_cast<const std::uint8_t*>(slots.data()), slots.size_bytes()});
}

py::dict head_of(const StateHandle& self) {
    const ChainHead& head = self.state().head;
    py::dict out;
    out["id"] =
        self.executed() ? py::object(hex_text(self.executed()->id.view())) : py::object(py::none());
    out["height"] = head.height;
    out["timestamp_ns"] = head.timestamp_ns;
    out["beacon"] = hex_text(head.beacon.view());
    out["epoch"] = head.epoch;
    out["epoch_started_ns"] = head.epoch_started_ns;
    out["last_anchor"] = hex_text(head.last_anchor.view());
    out["state_root"] = hex_text(self.state().state_root.view());
    out["aivm_state_root"] = hex_text(self.state().kernels.epoch().aivm_state_root);
    out["receipt_root"] = hex_text(receipt_root(self.state()).view());
    return out;
}

// Every account that ever held something, with its sums.
py::dict accounts_of(const State& state) {
    py::dict out;
    state.accounts.for_each([&](const Address& address, const Account& account) {
        out[hex_text(address.view())] = account.balance.nlux();
    });
    return out;
}

py::list audit(const StateHandle& self) {
    py::list out;
    for (const AuditFinding& finding : audit_state(self.state(), self.parameters())) {
        out.append(py::make_tuple(std::string(finding.invariant), finding.message));
    }
    return out;
}

py::dict proof_of(const State& state, std::uint64_t index) {
    const ReceiptProof proof = must(prove_receipt(state, index));
    py::dict out;
    Writer encoding;
    encode(encoding, proof.receipt);
    out["receipt"] = show(&state, proof.receipt);
    out["encoding"] = raw_bytes(encoding.view());
    out["index"] = proof.index;
    out["count"] = proof.count;
    out["siblings"] = show(nullptr, proof.siblings);
    return out;
}

bool verify_proof(py::handle root, py::handle encoding, std::uint64_t index, std::uint64_t count,
                  const py::list& siblings) {
    ReceiptProof proof;
    const Bytes raw = read_bytes(encoding, "encoding");
    Reader in(raw);
    proof.receipt = decode<Receipt>(in);
    must(in.finish());
    proof.index = index;
    proof.count = count;
    read(siblings, "siblings", proof.siblings);
    Hash32 wanted;
    read(root, "root", wanted);
    return verify_receipt(wanted, proof);
}

// (input, output) a step, and what a bisection needs: the root and the siblings of every step.
py::tuple trace_of(const State& state, const Task& task, const py::object& last_output) {
    CpuKernels kernels;
    std::vector<InferenceTraceStep> trace =
        trace_model(kernels, state.model(task.model), task.input_row);
    if (!last_output.is_none()) read(last_output, "answer", trace.back().output);
    const std::vector<Hash32> leaves = trace_leaves(trace);
    py::list steps;
    py::list proofs;
    for (std::size_t i = 0; i < trace.size(); ++i) {
        steps.append(py::make_tuple(raw_bytes(trace[i].input), trace[i].output));
        proofs.append(show(nullptr, merkle::prove(leaves, i)));
    }
    return py::make_tuple(hex_text(trace_root(trace).view()), steps, proofs);
}

void bind_tables(py::class_<StateHandle, std::shared_ptr<StateHandle>>& state) {
    const auto table = [&]<class T>(const char* name, T State::* member) {
        state.def(name, [member](const StateHandle& self) {
            return list_of(self.state(), self.state().*member);
        });
    };
    table("tasks", &State::tasks);
    table("providers", &State::providers);
    table("disputes", &State::disputes);
    table("validators", &State::validators);
    table("receipts", &State::receipts);
    table("model_status", &State::model_status);
    state
        .def("models",
             [](const StateHandle& self) {
                 py::list out;
                 for (std::size_t i = 0; i < self.state().models.size(); ++i) {
                     out.append(show(&self.state(), *self.state().models[i]));
                 }
                 return out;
             })
        .def(
            "task",
            [](const StateHandle& self, const std::string& job) {
                return show(&self.state(), task_of(self.state(), job));
            },
            py::arg("job_id"))
        .def(
            "provider",
            [](const StateHandle& self, const std::string& id) {
                return show(&self.state(), provider_of(self.state(), id));
            },
            py::arg("provider_id"))
        .def("accounts", [](const StateHandle& self) { return accounts_of(self.state()); })
        .def(
            "balance",
            [](const StateHandle& self, py::handle a) {
                return account_of(self.state(), a).balance.nlux();
            },
            py::arg("address"))
        .def(
            "nonce",
            [](const StateHandle& self, py::handle a) {
                return account_of(self.state(), a).nonces.greatest();
            },
            py::arg("address"))
        .def("attestations",
             [](const StateHandle& self) { return slots_of(self.state().kernels.attestations()); })
        .def("model_entries",
             [](const StateHandle& self) { return slots_of(self.state().kernels.models()); })
        .def("anchors",
             [](const StateHandle& self) { return slots_of(self.state().kernels.anchors()); })
        .def("epoch_state",
             [](const StateHandle& self) { return show(nullptr, self.state().kernels.epoch()); });
}

}  // namespace

const State& StateHandle::state() const {
    if (state_ == nullptr)
        throw py::value_error("a state is good only during the call that it was given to");
    return *state_;
}

const VmParameters& StateHandle::parameters() const {
    if (!parameters_)
        throw py::value_error(
            "a world's state does not tell the VM's parameters; the scenario does");
    return *parameters_;
}

void bind_state(py::module_& module) {
    py::class_<StateHandle, std::shared_ptr<StateHandle>> state(module, "State");
    bind_tables(state);
    state.def("head", &head_of)
        .def("totals",
             [](const StateHandle& self) { return show(nullptr, self.state().head.totals); })
        .def("escrow",
             [](const StateHandle& self) { return self.state().balance(escrow_address()).nlux(); })
        .def("audit", &audit)
        .def("contents_digest",
             [](const StateHandle& self) { return hex_text(contents_digest(self.state()).view()); })
        .def(
            "receipt_proof",
            [](const StateHandle& self, std::uint64_t index) {
                return proof_of(self.state(), index);
            },
            py::arg("index"))
        .def(
            "challenger_bond",
            [](const StateHandle& self, const std::string& job) {
                return must(required_challenger_bond(self.parameters().policy,
                                                     task_of(self.state(), job)))
                    .nlux();
            },
            py::arg("job_id"))
        .def(
            "run_model",
            [](const StateHandle& self, const std::string& id, std::uint32_t row) {
                CpuKernels kernels;
                return aivm::run_model(kernels, checked_model(self.state(), id, row), row);
            },
            py::arg("model_id"), py::arg("row"))
        .def(
            "truth",
            [](const StateHandle& self, const std::string& job) {
                CpuKernels kernels;
                const Task& task = task_of(self.state(), job);
                return aivm::run_model(kernels, self.state().model(task.model), task.input_row);
            },
            py::arg("job_id"))
        .def(
            "trace",
            [](const StateHandle& self, const std::string& job, const py::object& answer) {
                return trace_of(self.state(), task_of(self.state(), job), answer);
            },
            py::arg("job_id"), py::arg("answer") = py::none());
    module.def("verify_receipt_proof", &verify_proof, py::arg("root"), py::arg("encoding"),
               py::arg("index"), py::arg("count"), py::arg("siblings"));
}

}  // namespace aivm::python
