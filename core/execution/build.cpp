#include "core/execution/build.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/mutant.h"
#include "core/base/mutant_noise.h"
#include "core/config/limits.h"
#include "core/execution/block_run.h"
#include "core/rewards/rewards.h"

namespace aivm {
namespace {

struct Limits {
    std::size_t operations = std::numeric_limits<std::size_t>::max();
    std::size_t bytes = std::numeric_limits<std::size_t>::max();
};

// A list of candidates, offered once; those that do not fit are misfits.
class ListSource final : public OperationSource {
public:
    ListSource(const std::vector<OperationPtr>& candidates, const Limits& limits)
        : candidates_(candidates), limits_(limits) {}

    std::vector<OperationPtr> next_batch() override {
        return std::exchange(offered_, true) ? std::vector<OperationPtr>() : candidates_;
    }
    bool is_due(const SignedOperation& operation) override {
        const std::size_t size = operation.size_bytes();
        if (count_ >= limits_.operations || bytes_ + size > limits_.bytes) {
            is_misfit_.push_back(true);
            return false;
        }
        is_misfit_.push_back(false);
        ++count_;
        bytes_ += size;
        return true;
    }
    void note_refused(const SignedOperation& operation, ErrorCode) override {
        --count_;
        bytes_ -= operation.size_bytes();
    }

    void add_misfits(std::vector<LeftOut>& left_out) const {
        for (std::size_t i = 0; i < is_misfit_.size(); ++i) {
            if (is_misfit_[i]) left_out.push_back({candidates_[i], ErrorCode::kLimitReached});
        }
    }

private:
    const std::vector<OperationPtr>& candidates_;
    Limits limits_;
    bool offered_ = false;
    std::vector<bool> is_misfit_;  // by candidate
    std::size_t count_ = 0;
    std::size_t bytes_ = 0;
};

// Applies what the source offers; returns the operations that took effect and adds the others to
// `left_out`.
std::vector<OperationPtr> take(BlockRun& run, OperationSource& source,
                               std::vector<LeftOut>& left_out) {
    std::vector<OperationPtr> taken;
    for (auto batch = source.next_batch(); !batch.empty(); batch = source.next_batch()) {
        run.prepare(batch);
        taken.reserve(taken.size() + batch.size());
        for (OperationPtr& candidate : batch) {
            if (!source.is_due(*candidate)) continue;
            if (const Status status = run.apply(*candidate); status) {
                taken.push_back(std::move(candidate));
            } else {
                source.note_refused(*candidate, status.error().code);
                left_out.push_back({std::move(candidate), status.error().code});
            }
        }
    }
    return taken;
}

}  // namespace

BlockHeader next_header(const Executed& parent, const BuildRequest& request) {
    BlockHeader header;
    header.parent = parent.id;
    header.height = parent.state.head.height + 1;
    header.timestamp_ns = std::max(request.timestamp_ns, parent.state.head.timestamp_ns);
    if (AIVM_MUTANT(D14)) header.timestamp_ns += mutants::host_clock_ns() % 1000;
    header.proposer = request.proposer;
    header.beacon_secret = request.beacon_secret;
    header.beacon_commitment = request.beacon_commitment;
    header.parent_aivm_root = aivm_root(parent.state);
    return header;
}

Result<Built> build_on(const Executed& parent, const BuildRequest& request,
                       const std::vector<OperationPtr>& candidates, const Rules& rules) {
    ListSource source(candidates, {kBlockOpsMax, kBlockSpaceBytesMax});
    auto built = build_on(parent, request, source, rules);
    if (built) source.add_misfits(built->left_out);
    return built;
}

Result<Built> build_on(const Executed& parent, const BuildRequest& request, OperationSource& source,
                       const Rules& rules) {
    BlockHeader header = next_header(parent, request);
    AIVM_TRY(check_header(parent.state, header, rules));
    BlockRun run(parent.state, context_of(parent.state, header), rules,
                 BlockRun::Refusals::kCodeOnly);
    Built built;
    auto taken = take(run, source, built.left_out);
    AIVM_ASSIGN(Transition::Finished finished, std::move(run).finish());
    header.state_root = finished.state.state_root;
    header.receipt_root = receipt_root(AIVM_MUTANT(D15) ? parent.state : finished.state);
    const Block unsigned_block(header, std::move(taken), {});
    Bytes authorization = request.sign(unsigned_block.slot_message(rules.chain_id));
    built.executed = make_executed(
        std::make_shared<const Block>(unsigned_block.with_authorization(std::move(authorization))),
        std::move(finished));
    return built;
}

Result<Built> build_unsealed(const Executed& parent, const UnsealedRequest& request,
                             const std::vector<OperationPtr>& candidates, const Rules& rules) {
    ListSource source(candidates, {});
    return build_unsealed(parent, request, source, rules);
}

Result<Built> build_unsealed(const Executed& parent, const UnsealedRequest& request,
                             OperationSource& source, const Rules& rules) {
    const auto& validators = parent.state.validators;
    if (request.proposer.value >= validators.size()) return fail(ErrorCode::kNotFound, "proposer");
    if (!validators[request.proposer.value].active)
        return fail(ErrorCode::kNotAuthorized, "the proposer has left the set of validators");
    BlockHeader header;
    header.parent = parent.id;
    header.height = parent.state.head.height + 1;
    header.timestamp_ns = std::max(request.timestamp_ns, parent.state.head.timestamp_ns);
    header.proposer = request.proposer;
    header.beacon_commitment = validators[request.proposer.value].beacon_commitment;
    BlockRun run(parent.state,
                 {.height = header.height,
                  .timestamp_ns = header.timestamp_ns,
                  .proposer = header.proposer,
                  .beacon = request.beacon,
                  .beacon_commitment = header.beacon_commitment},
                 rules, BlockRun::Refusals::kCodeOnly);
    Built built;
    auto taken = take(run, source, built.left_out);
    AIVM_ASSIGN(Transition::Finished finished, std::move(run).finish_unsealed());
    built.executed = std::make_shared<const Executed>(
        Executed{request.id, Block::unsealed(header, std::move(taken), request.id),
                 std::move(finished.state), std::move(finished.events), std::move(finished.touched),
                 nullptr});
    return built;
}

}  // namespace aivm
