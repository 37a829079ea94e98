#include "sim/invariants/trials.h"

#include <algorithm>
#include <utility>

#include "core/execution/block_run.h"

namespace aivm::sim {

void Trials::offer(const OperationPtr& operation) {
    if (std::ranges::find(offered_, operation) != offered_.end()) return;
    const auto forget = [this](auto which) {
        --counts_[(*which)->sender()];
        offered_.erase(which);
    };
    const auto of_sender = [&](const OperationPtr& one) {
        return one->sender() == operation->sender();
    };
    if (counts_[operation->sender()] >= kOfOneSender) {
        forget(std::ranges::find_if(offered_, of_sender));
    } else if (offered_.size() >= kOfAll) {
        forget(offered_.begin());
    }
    offered_.push_back(operation);
    ++counts_[operation->sender()];
}

std::vector<reference::Attempt> Trials::run(const State& parent, const BlockContext& context,
                                            const Rules& rules) {
    std::vector<OperationPtr> tried = std::exchange(repeated_, {});
    std::stable_sort(
        offered_.begin(), offered_.end(),
        [](const OperationPtr& a, const OperationPtr& b) { return a->nonce() < b->nonce(); });
    tried.insert(tried.end(), offered_.begin(), offered_.end());
    offered_.clear();
    counts_.clear();
    std::vector<reference::Attempt> out;
    if (tried.empty()) return out;
    BlockRun run(parent, context, rules, BlockRun::Refusals::kCodeOnly);
    for (OperationPtr& operation : tried) {
        const Status status = run.apply(*operation);
        const auto refused = status ? std::nullopt : std::optional(status.error().code);
        out.push_back({std::move(operation), refused});
    }
    return out;
}

void Trials::note_block(const std::vector<OperationPtr>& operations) {
    const auto first =
        operations.end() - static_cast<std::ptrdiff_t>(std::min(operations.size(), kRepeated));
    repeated_.assign(first, operations.end());
}

}  // namespace aivm::sim
