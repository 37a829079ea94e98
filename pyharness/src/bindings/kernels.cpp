// The six kernels over any buffers that Python has: bytes, bytearray, numpy arrays. Outputs are
// written in place.
#include "core/kernels/kernels.h"

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <fmt/format.h>

#include "core/kernels/abi_layout.h"
#include "gpu/simd/simd_kernels.h"
#include "pyharness/src/bindings/backend.h"
#include "pyharness/src/bindings/bindings.h"

namespace py = pybind11;

namespace aivm::python {
namespace {

// The elements of a buffer, or a null pointer for None. Held for as long as this lives.
template <class T>
class Elements {
public:
    Elements(py::handle object, const char* name) {
        if (object.is_none()) return;
        constexpr int kFlags = std::is_const_v<T> ? PyBUF_SIMPLE : PyBUF_WRITABLE;
        if (PyObject_GetBuffer(object.ptr(), &view_, kFlags) != 0) {
            PyErr_Clear();
            throw py::type_error(
                fmt::format("{} must be a contiguous {}buffer such as a numpy array, or None", name,
                            std::is_const_v<T> ? "" : "writable "));
        }
        held_ = true;
        if (view_.len % static_cast<Py_ssize_t>(sizeof(T)) != 0) {
            fault(fmt::format("{} has {} bytes, which is no whole number of {}", name, view_.len,
                              sizeof(T)));
        }
        if (reinterpret_cast<std::uintptr_t>(view_.buf) %
                std::min(sizeof(T), sizeof(std::uint32_t)) !=
            0) {
            fault(fmt::format("{} must begin at a multiple of 4 bytes", name));
        }
    }
    ~Elements() { release(); }
    Elements(const Elements&) = delete;
    Elements& operator=(const Elements&) = delete;

    [[nodiscard]] T* data() const { return held_ ? static_cast<T*>(view_.buf) : nullptr; }
    [[nodiscard]] std::uint32_t size() const {
        return held_ ? static_cast<std::uint32_t>(view_.len / static_cast<Py_ssize_t>(sizeof(T)))
                     : 0;
    }
    // Nothing there is the kernel's business; too little would have it read what is not there.
    void require(std::uint64_t count, const char* what) const {
        if (held_ && size() < count) {
            throw py::value_error(
                fmt::format("{}: {} are needed and {} are there", what, count, size()));
        }
    }

private:
    void release() {
        if (held_) PyBuffer_Release(&view_);
        held_ = false;
    }
    [[noreturn]] void fault(const std::string& text) {
        release();
        throw py::value_error(text);
    }

    Py_buffer view_{};
    bool held_ = false;
};

// One call's kernels. "simd" keeps no caches between epochs: nothing would read them.
class CallKernels {
public:
    explicit CallKernels(const std::string& name) {
        if (name == "simd") {
            batched_.emplace(gpu::best_width(), gpu::EpochCaching::kOff);
        } else {
            opened_ = open_backend(name);
        }
    }
    Kernels& operator*() { return batched_ ? *batched_ : opened_->kernels(); }
    Kernels* operator->() { return &**this; }

private:
    std::optional<gpu::SimdKernels> batched_;
    std::unique_ptr<scenarios::Backend> opened_;
};

using Descriptor = Elements<const abi::AIVMRoundDescriptor>;

// (return code, operations applied)
template <class Op, class Slot>
std::pair<int, std::uint32_t> apply(py::handle desc_object, py::handle ops_object,
                                    py::handle table_object, const std::string& backend,
                                    std::uint32_t abi::AIVMRoundDescriptor::* count,
                                    int (Kernels::*kernel)(const abi::AIVMRoundDescriptor*,
                                                           const Op*, Slot*, std::uint32_t*,
                                                           std::uint32_t)) {
    const Descriptor desc(desc_object, "desc");
    const Elements<const Op> ops(ops_object, "ops");
    const Elements<Slot> table(table_object, "table");
    desc.require(1, "round descriptors");
    if (desc.data() != nullptr) ops.require(desc.data()->*count, "operations");
    std::uint32_t applied = 0;
    CallKernels kernels(backend);
    const int code =
        (*kernels.*kernel)(desc.data(), ops.data(), table.data(), &applied, table.size());
    return {code, applied};
}

int epoch_transition(py::handle desc_object, py::handle attestations_object,
                     py::handle models_object, py::handle anchors_object, py::handle epoch_object,
                     py::handle result_object, const std::string& backend) {
    const Descriptor desc(desc_object, "desc");
    const Elements<abi::Attestation> attestations(attestations_object, "attestations");
    const Elements<const abi::ModelRegistryEntry> models(models_object, "models");
    const Elements<const abi::AuditAnchor> anchors(anchors_object, "anchors");
    const Elements<abi::AIVMEpochState> epoch(epoch_object, "epoch");
    const Elements<abi::AIVMTransitionResult> result(result_object, "result");
    desc.require(1, "round descriptors");
    epoch.require(1, "epoch states");
    result.require(1, "results");
    const EpochTables tables{attestations.data(), models.data(), anchors.data(),
                             attestations.size(), models.size(), anchors.size()};
    return CallKernels(backend)->epoch_transition(desc.data(), tables, epoch.data(), result.data());
}

int inference_step(py::handle weights_object, py::handle ops_object, py::handle inputs_object,
                   py::handle outputs_object, py::handle results_object,
                   const std::string& backend) {
    const Elements<const abi::InferenceWeights> weights(weights_object, "weights");
    const Elements<const abi::InferenceOp> ops(ops_object, "ops");
    const Elements<const std::uint8_t> inputs(inputs_object, "inputs");
    const Elements<std::uint8_t> outputs(outputs_object, "outputs");
    const Elements<abi::InferenceResult> results(results_object, "results");
    weights.require(1, "weights");
    inputs.require(std::uint64_t{ops.size()} * abi::kInferenceInputs, "input bytes");
    outputs.require(ops.size(), "output bytes");
    results.require(ops.size(), "results");
    return CallKernels(backend)->inference_step(
        {weights.data(), ops.data(), inputs.data(), outputs.data(), results.data(), ops.size()});
}

int proof_verify(py::handle ops_object, py::handle results_object, const std::string& backend) {
    const Elements<const abi::ProofVerifyOp> ops(ops_object, "ops");
    const Elements<abi::ProofVerifyResult> results(results_object, "results");
    results.require(ops.size(), "results");
    return CallKernels(backend)->proof_verify(ops.data(), results.data(), ops.size());
}

// The numpy type of a field, little-endian; byte fields as unsigned bytes.
py::object numpy_type(const abi::Field& field) {
    using abi::FieldType;
    switch (field.type) {
        case FieldType::kU32:
            return py::str("<u4");
        case FieldType::kU64:
            return py::str("<u8");
        case FieldType::kI8:
            return py::str("i1");
        case FieldType::kI32:
            return py::str("<i4");
        case FieldType::kI32Array:
            return py::make_tuple("<i4", field.size_bytes / sizeof(std::int32_t));
        case FieldType::kBytes:
            break;
    }
    return py::make_tuple("u1", field.size_bytes);
}

// name -> [(field, numpy type)], in the order of the ABI.
py::dict abi_layouts() {
    py::dict out;
    const auto add = [&](const char* name, std::span<const abi::Field> fields) {
        py::list list;
        for (const abi::Field& field : fields) {
            list.append(
                py::make_tuple(py::str(field.name.data(), field.name.size()), numpy_type(field)));
        }
        out[name] = list;
    };
#define AIVM_LAYOUT(NAME, SIZE) add(#NAME, abi::fields_of<abi::NAME>());
    AIVM_ABI_STRUCTS(AIVM_LAYOUT)
#undef AIVM_LAYOUT
    return out;
}

}  // namespace

void bind_kernels(py::module_& module) {
    using Desc = abi::AIVMRoundDescriptor;
    module.def("abi_layouts", &abi_layouts);
    module.def(
        "attestation_apply",
        [](py::handle desc, py::handle ops, py::handle table, const std::string& backend) {
            return apply(desc, ops, table, backend, &Desc::attestation_op_count,
                         &Kernels::attestation_apply);
        },
        py::arg("desc"), py::arg("ops"), py::arg("table"), py::arg("backend"));
    module.def(
        "provenance_apply",
        [](py::handle desc, py::handle ops, py::handle table, const std::string& backend) {
            return apply(desc, ops, table, backend, &Desc::model_op_count,
                         &Kernels::provenance_apply);
        },
        py::arg("desc"), py::arg("ops"), py::arg("table"), py::arg("backend"));
    module.def(
        "anchor_apply",
        [](py::handle desc, py::handle ops, py::handle table, const std::string& backend) {
            return apply(desc, ops, table, backend, &Desc::anchor_op_count, &Kernels::anchor_apply);
        },
        py::arg("desc"), py::arg("ops"), py::arg("table"), py::arg("backend"));
    module.def("epoch_transition", &epoch_transition, py::arg("desc"), py::arg("attestations"),
               py::arg("models"), py::arg("anchors"), py::arg("epoch"), py::arg("result"),
               py::arg("backend"));
    module.def("inference_step", &inference_step, py::arg("weights"), py::arg("ops"),
               py::arg("inputs"), py::arg("outputs"), py::arg("results"), py::arg("backend"));
    module.def("proof_verify", &proof_verify, py::arg("ops"), py::arg("results"),
               py::arg("backend"));
}

}  // namespace aivm::python
