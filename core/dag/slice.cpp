#include "core/dag/slice.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/digest.h"
#include "core/execution/block_run.h"
#include "core/rewards/rewards.h"

namespace aivm {
namespace {

ConflictKeyPolicy key_policy(const Rules& rules) {
    return rules.parameters.dag ? rules.parameters.dag->conflict_key : ConflictKeyPolicy::kJob;
}

CutResultPtr make_result(VertexPtr cut, std::vector<VertexPtr> slice, SliceRun run) {
    const Hash32 id = cut->id();
    auto executed = std::make_shared<const Executed>(
        Executed{id, nullptr, std::move(run.finished.state), std::move(run.finished.events),
                 std::move(run.finished.touched),
                 std::make_shared<const WriteBatch>(std::move(run.finished.batch))});
    return std::make_shared<const CutResult>(CutResult{std::move(cut), std::move(slice),
                                                       std::move(executed), std::move(run.voids),
                                                       std::move(run.effective)});
}

}  // namespace

void sort_slice(std::vector<VertexPtr>& slice, const Hash32& beacon) {
    std::vector<std::pair<SliceRank, VertexPtr>> ranked;
    ranked.reserve(slice.size());
    for (VertexPtr& vertex : slice) {
        const SliceRank rank{vertex->height(), keccak256({beacon.view(), vertex->id().view()})};
        ranked.emplace_back(rank, std::move(vertex));
    }
    std::sort(ranked.begin(), ranked.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < slice.size(); ++i) slice[i] = std::move(ranked[i].second);
}

BlockHeader block_header_of(const VertexHeader& header, const CutSeal& seal) {
    BlockHeader out;
    out.height = header.cut;
    out.timestamp_ns = header.timestamp_ns;
    out.proposer = header.proposer;
    out.beacon_secret = seal.beacon_secret;
    out.beacon_commitment = seal.beacon_commitment;
    out.parent_aivm_root = seal.parent_aivm_root;
    return out;
}

Result<SliceRun> run_slice(const State& below, const BlockContext& context,
                           const std::vector<VertexPtr>& slice, const Rules& rules) {
    BlockRun run(below, context, rules);
    std::vector<OperationPtr> all;
    for (const VertexPtr& vertex : slice)
        all.insert(all.end(), vertex->operations().begin(), vertex->operations().end());
    run.prepare(all);
    SliceRun out;
    for (const VertexPtr& vertex : slice) {
        const ValidatorIndex proposer = vertex->header().proposer;
        for (const OperationPtr& operation : vertex->operations()) {
            Status status = run.apply(*operation, proposer);
            if (status) {
                ConflictKey key = conflict_key(operation->operation(), key_policy(rules));
                if (!key.empty()) out.effective.insert(std::move(key));
                continue;
            }
            run.charge_void(*operation, proposer);
            out.voids.push_back({vertex->id(), operation, std::move(status).error()});
        }
    }
    AIVM_ASSIGN(out.finished, std::move(run).finish());
    return out;
}

Result<CutResultPtr> execute_cut(const State& below, const VertexPtr& cut,
                                 std::vector<VertexPtr> slice, const Rules& rules) {
    AIVM_CHECK(cut->is_cut());
    const BlockHeader header = block_header_of(cut->header(), cut->seal());
    AIVM_TRY(check_header(below, header, rules));
    const BlockContext context = context_of(below, header);
    sort_slice(slice, context.beacon);
    AIVM_ASSIGN(SliceRun run, run_slice(below, context, slice, rules));
    if (run.finished.state.state_root != cut->seal().state_root)
        return fail(ErrorCode::kBadRoot, "state root");
    if (receipt_root(run.finished.state) != cut->seal().receipt_root)
        return fail(ErrorCode::kBadRoot, "receipt root");
    return make_result(cut, std::move(slice), std::move(run));
}

Result<CutResultPtr> build_cut_on(const State& below, VertexHeader header,
                                  const BuildRequest& request, std::vector<VertexPtr> slice,
                                  const Rules& rules) {
    CutSeal seal;
    seal.beacon_secret = request.beacon_secret;
    seal.beacon_commitment = request.beacon_commitment;
    seal.parent_aivm_root = aivm_root(below);
    const BlockHeader block = block_header_of(header, seal);
    AIVM_TRY(check_header(below, block, rules));
    const BlockContext context = context_of(below, block);
    sort_slice(slice, context.beacon);
    AIVM_ASSIGN(SliceRun run, run_slice(below, context, slice, rules));
    seal.state_root = run.finished.state.state_root;
    seal.receipt_root = receipt_root(run.finished.state);
    const Vertex bare(std::move(header), seal, {});
    Bytes authorization = request.sign(bare.slot_message(rules.chain_id));
    auto cut = std::make_shared<const Vertex>(bare.with_authorization(std::move(authorization)));
    return make_result(std::move(cut), std::move(slice), std::move(run));
}

}  // namespace aivm
