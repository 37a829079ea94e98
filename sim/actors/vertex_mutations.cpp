#include "sim/actors/vertex_mutations.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace aivm::sim {
namespace {

using Own = const OwnVertex&;
using Operations = std::vector<OperationPtr>;

VertexPtr signed_vertex(Own own, const Vertex& bare) {
    return std::make_shared<const Vertex>(
        bare.with_authorization(own.sign(bare.slot_message(own.rules.chain_id))));
}

// Changes the header and keeps everything else.
template <class Change>
VertexPtr with_header(Own own, const Change& change) {
    VertexHeader header = own.built.header();
    change(header);
    if (own.built.is_cut())
        return signed_vertex(own, Vertex(std::move(header), own.built.seal(), {}));
    return signed_vertex(own, Vertex(std::move(header), own.built.operations(), {}));
}

template <class Change>
VertexPtr with_seal(Own own, const Change& change) {
    if (!own.built.is_cut()) return nullptr;
    CutSeal seal = own.built.seal();
    change(seal);
    return signed_vertex(own, Vertex(own.built.header(), seal, {}));
}

// Changes the operations; only if there are some.
template <class Change>
VertexPtr with_operations(Own own, const Change& change) {
    Operations operations = own.built.operations();
    if (operations.empty()) return nullptr;
    change(operations);
    return signed_vertex(own, Vertex(own.built.header(), std::move(operations), {}));
}

void flip(Hash32& hash) { hash.bytes[0] ^= 1U; }

void change_a_parent(VertexHeader& header) {
    flip(header.parents.front());
    std::ranges::sort(header.parents);
}

// An operation of somebody else, changed under its old signature.
void forge_the_last(Operations& operations) {
    const SignedOperation& last = *operations.back();
    Operation changed = last.operation();
    changed.nonce += 1;
    operations.back() =
        std::make_shared<const SignedOperation>(std::move(changed), last.authorization());
}

using Header = VertexHeader&;
using Seal = CutSeal&;

constexpr std::array kMutations{
    VertexMutation{"unknown_parent", ErrorCode::kBadParent,
                   [](Own o) { return with_header(o, change_a_parent); }},
    VertexMutation{"height_up", ErrorCode::kBadHeight,
                   [](Own o) { return with_header(o, [](Header h) { h.height += 1; }); }},
    VertexMutation{"height_of_a_parent", ErrorCode::kBadHeight,
                   [](Own o) { return with_header(o, [](Header h) { h.height -= 1; }); }},
    VertexMutation{"time_before_the_parents", ErrorCode::kBadTimestamp,
                   [](Own o) { return with_header(o, [](Header h) { h.timestamp_ns = 0; }); }},
    VertexMutation{"time_far_ahead", ErrorCode::kTooEarly,
                   [](Own o) {
                       return with_header(o, [](Header h) {
                           h.timestamp_ns = std::numeric_limits<TimestampNs>::max();
                       });
                   }},
    VertexMutation{"no_sequence", ErrorCode::kInvalidArgument,
                   [](Own o) { return with_header(o, [](Header h) { h.sequence = 0; }); }},
    VertexMutation{"another_cut", ErrorCode::kInvalidArgument,
                   [](Own o) { return with_header(o, [](Header h) { h.cut += 1; }); }},
    VertexMutation{"another_epoch", ErrorCode::kInvalidArgument,
                   [](Own o) { return with_header(o, [](Header h) { h.epoch += 1; }); }},
    VertexMutation{"operation_repeated", ErrorCode::kBadNonce,
                   [](Own o) {
                       if (o.built.operations().size() == kVertexOpsMax) return VertexPtr();
                       return with_operations(o,
                                              [](Operations& ops) { ops.push_back(ops.back()); });
                   }},
    VertexMutation{"operation_forged", ErrorCode::kNotAuthorized,
                   [](Own o) { return with_operations(o, forge_the_last); }},
    VertexMutation{
        "not_signed", ErrorCode::kNotAuthorized,
        [](Own o) { return std::make_shared<const Vertex>(o.built.with_authorization({})); }},
    VertexMutation{"another_state_root", ErrorCode::kBadRoot,
                   [](Own o) { return with_seal(o, [](Seal s) { flip(s.state_root); }); }},
    VertexMutation{"another_receipt_root", ErrorCode::kBadRoot,
                   [](Own o) { return with_seal(o, [](Seal s) { flip(s.receipt_root); }); }},
    VertexMutation{"another_kernel_root", ErrorCode::kBadRoot,
                   [](Own o) { return with_seal(o, [](Seal s) { flip(s.parent_aivm_root); }); }},
    VertexMutation{"another_commitment", ErrorCode::kBadRoot,
                   [](Own o) { return with_seal(o, [](Seal s) { flip(s.beacon_commitment); }); }},
    VertexMutation{"another_secret", ErrorCode::kInvalidArgument,
                   [](Own o) { return with_seal(o, [](Seal s) { flip(s.beacon_secret); }); }},
    VertexMutation{"time_later", std::nullopt,
                   [](Own o) {
                       if (o.built.is_cut()) return VertexPtr();
                       return with_header(o, [](Header h) { h.timestamp_ns += 1; });
                   }},
    VertexMutation{
        "fewer_operations", std::nullopt,
        [](Own o) { return with_operations(o, [](Operations& ops) { ops.pop_back(); }); }},
};

}  // namespace

std::span<const VertexMutation> vertex_mutations() { return kMutations; }

}  // namespace aivm::sim
