#include <cstring>

#include "core/base/digest.h"
#include "core/testing/vector_file.h"

namespace aivm::vectors {
namespace {

// Collects differences between what a kernel wrote and what the case expects.
class Differences {
public:
    std::vector<std::string> found;

    template <class T>
    void number(const char* what, T actual, const Json& expected) {
        if (expected.get<T>() == actual) return;
        found.push_back(std::string(what) + " is " + std::to_string(actual) + ", expected " +
                        expected.dump());
    }

    void bytes(const std::string& what, ByteView actual, ByteView expected) {
        if (std::equal(actual.begin(), actual.end(), expected.begin(), expected.end())) return;
        found.push_back(what + " is " + to_hex(actual) + ", expected " + to_hex(expected));
    }

    template <class S>
    void structure(const std::string& what, const S& actual, const Json& expected) {
        const S wanted = struct_from<S>(expected);
        bytes(what, {reinterpret_cast<const std::uint8_t*>(&actual), sizeof actual},
              {reinterpret_cast<const std::uint8_t*>(&wanted), sizeof wanted});
    }

    // Checks the changed slots, that all others are as before, and the digest of the whole table.
    template <class S>
    void table(const char* what, const std::vector<S>& actual, std::vector<S> before,
               const Json& changed, const Json& digest) {
        for (const auto& [index, slot] : changed.items())
            before.at(std::stoul(index)) = struct_from<S>(slot);
        for (std::size_t i = 0; i < actual.size(); ++i) {
            bytes(std::string(what) + "[" + std::to_string(i) + "]",
                  raw(actual).subspan(i * sizeof(S), sizeof(S)),
                  raw(before).subspan(i * sizeof(S), sizeof(S)));
        }
        table_digest(what, actual, digest);
    }

    template <class S>
    void table_digest(const std::string& what, const std::vector<S>& actual, const Json& digest) {
        const std::string is = to_hex(keccak256(raw(actual)).view());
        if (is != digest.get<std::string>())
            found.push_back(what + " hashes to " + is + ", expected " + digest.dump());
    }

    template <class S>
    static ByteView raw(const std::vector<S>& values) {
        return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(S)};
    }
};

template <class Op, class Entry, class Run>
void apply_case(const Json& in, const Json& out, Differences& diff, Run run) {
    const auto desc = struct_from<abi::AIVMRoundDescriptor>(in.at("desc"));
    auto ops = structs_from<Op>(in.at("ops"));
    ops.reserve(1);  // no operations is not a null pointer
    const auto before = table_from<Entry>(in.at("table"));
    auto table = before;
    std::uint32_t applied = 0;
    const int rc =
        run(&desc, ops.data(), table.data(), &applied, static_cast<std::uint32_t>(table.size()));
    diff.number("rc", rc, out.at("rc"));
    diff.number("applied", applied, out.at("applied"));
    diff.table("table", table, before, out.at("changed_slots"), out.at("table_keccak256"));
}

struct World {
    std::vector<abi::Attestation> attestations;
    std::vector<abi::ModelRegistryEntry> models;
    std::vector<abi::AuditAnchor> anchors;

    explicit World(const Json& in)
        : attestations(table_from<abi::Attestation>(in.at("attestations"))),
          models(table_from<abi::ModelRegistryEntry>(in.at("models"))),
          anchors(table_from<abi::AuditAnchor>(in.at("anchors"))) {}

    EpochTables tables() {
        return {attestations.data(),
                models.data(),
                anchors.data(),
                static_cast<std::uint32_t>(attestations.size()),
                static_cast<std::uint32_t>(models.size()),
                static_cast<std::uint32_t>(anchors.size())};
    }
};

void epoch_case(Kernels& kernels, const Json& in, const Json& out, Differences& diff) {
    World world(in);
    const auto before = world.attestations;
    const auto desc = struct_from<abi::AIVMRoundDescriptor>(in.at("desc"));
    auto epoch = struct_from<abi::AIVMEpochState>(in.at("epoch"));
    auto result = struct_from<abi::AIVMTransitionResult>(in.at("result"));
    diff.number("rc", kernels.epoch_transition(&desc, world.tables(), &epoch, &result),
                out.at("rc"));
    diff.table("attestations", world.attestations, before, out.at("attestations_changed_slots"),
               out.at("attestations_keccak256"));
    diff.structure("epoch", epoch, out.at("epoch"));
    diff.structure("result", result, out.at("result"));
}

void round_case(Kernels& kernels, const Json& in, const Json& out, Differences& diff) {
    World world(in);
    const auto desc = struct_from<abi::AIVMRoundDescriptor>(in.at("desc"));
    auto attestation_ops = structs_from<abi::AttestationOp>(in.at("attestation_ops"));
    auto model_ops = structs_from<abi::ModelOp>(in.at("model_ops"));
    auto anchor_ops = structs_from<abi::AnchorOp>(in.at("anchor_ops"));
    attestation_ops.reserve(1), model_ops.reserve(1), anchor_ops.reserve(1);
    auto epoch = struct_from<abi::AIVMEpochState>(in.at("epoch"));
    abi::AIVMTransitionResult result{};
    std::uint32_t applied[3] = {};
    const EpochTables t = world.tables();
    int rc = kernels.attestation_apply(&desc, attestation_ops.data(), t.attestations, &applied[0],
                                       t.attestation_count);
    rc |= kernels.provenance_apply(&desc, model_ops.data(), world.models.data(), &applied[1],
                                   t.model_count);
    rc |= kernels.anchor_apply(&desc, anchor_ops.data(), world.anchors.data(), &applied[2],
                               t.anchor_count);
    rc |= kernels.epoch_transition(&desc, t, &epoch, &result);
    diff.number("rc", rc, out.at("rc"));
    diff.number("attestation_applied", applied[0], out.at("attestation_applied"));
    diff.number("model_applied", applied[1], out.at("model_applied"));
    diff.number("anchor_applied", applied[2], out.at("anchor_applied"));
    diff.table_digest("attestations", world.attestations, out.at("attestations_keccak256"));
    diff.table_digest("models", world.models, out.at("models_keccak256"));
    diff.table_digest("anchors", world.anchors, out.at("anchors_keccak256"));
    diff.structure("epoch", epoch, out.at("epoch"));
    diff.structure("result", result, out.at("result"));
}

// Result buffers start as 0xCC: every byte, padding included, must be written.
template <class S>
std::vector<S> poisoned(std::size_t count) {
    std::vector<S> results(count);
    if (count != 0) std::memset(static_cast<void*>(results.data()), 0xCC, count * sizeof(S));
    return results;
}

template <class S>
void compare_results(Differences& diff, const std::vector<S>& actual, const Json& expected) {
    diff.number("results", actual.size(), Json(expected.size()));
    for (std::size_t i = 0; i < actual.size() && i < expected.size(); ++i) {
        diff.structure("results[" + std::to_string(i) + "]", actual[i], expected[i]);
    }
}

void inference_case(Kernels& kernels, const Json& in, const Json& out, Differences& diff) {
    const auto weights = struct_from<abi::InferenceWeights>(in.at("weights"));
    const auto ops = structs_from<abi::InferenceOp>(in.at("ops"));
    const Bytes inputs = from_hex(in.at("batch_inputs").get<std::string>()).value();
    Bytes outputs = from_hex(in.at("batch_outputs_before").get<std::string>()).value();
    const Bytes wanted = from_hex(out.at("batch_outputs").get<std::string>()).value();
    auto results = poisoned<abi::InferenceResult>(ops.size());
    const int rc = kernels.inference_step({&weights, ops.data(), inputs.data(), outputs.data(),
                                           results.data(), static_cast<std::uint32_t>(ops.size())});
    diff.number("rc", rc, out.at("rc"));
    diff.bytes("batch_outputs", outputs, wanted);
    compare_results(diff, results, out.at("results"));
}

void proof_case(Kernels& kernels, const Json& in, const Json& out, Differences& diff) {
    const auto ops = structs_from<abi::ProofVerifyOp>(in.at("ops"));
    auto results = poisoned<abi::ProofVerifyResult>(ops.size());
    diff.number(
        "rc",
        kernels.proof_verify(ops.data(), results.data(), static_cast<std::uint32_t>(ops.size())),
        out.at("rc"));
    compare_results(diff, results, out.at("results"));
}

}  // namespace

std::vector<std::string> run_case(Kernels& kernels, const Json& vector_case) {
    Differences diff;
    const Json& in = vector_case.at("in");
    const Json& out = vector_case.at("out");
    const std::string kernel = vector_case.at("kernel").get<std::string>();
    if (kernel == "attestation_apply") {
        apply_case<abi::AttestationOp, abi::Attestation>(
            in, out, diff, [&](auto... args) { return kernels.attestation_apply(args...); });
    } else if (kernel == "provenance_apply") {
        apply_case<abi::ModelOp, abi::ModelRegistryEntry>(
            in, out, diff, [&](auto... args) { return kernels.provenance_apply(args...); });
    } else if (kernel == "anchor_apply") {
        apply_case<abi::AnchorOp, abi::AuditAnchor>(
            in, out, diff, [&](auto... args) { return kernels.anchor_apply(args...); });
    } else if (kernel == "epoch_transition") {
        epoch_case(kernels, in, out, diff);
    } else if (kernel == "inference_step") {
        inference_case(kernels, in, out, diff);
    } else if (kernel == "proof_verify") {
        proof_case(kernels, in, out, diff);
    } else if (kernel == "full_round") {
        round_case(kernels, in, out, diff);
    } else {
        diff.found.push_back("unknown kernel '" + kernel + "'");
    }
    return diff.found;
}

}  // namespace aivm::vectors
