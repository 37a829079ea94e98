#include "sim/world/shared_executor.h"

#include <fmt/format.h>

#include "core/state/load.h"

namespace aivm::sim {

Result<ExecutedPtr> SharedExecutor::execute(const State& parent, const BlockPtr& block,
                                            const Rules& rules) {
    const auto known = results_.find(block->id());
    if (known == results_.end()) {
        Result<ExecutedPtr> result = execute_block(parent, block, rules);
        by_height_.emplace(block->height(), block->id());
        return results_.emplace(block->id(), std::move(result)).first->second;
    }
    if (paranoid_ && known->second) compare(**known->second, parent, block, rules);
    return known->second;
}

void SharedExecutor::remember(const ExecutedPtr& built) {
    if (!results_.emplace(built->id, built).second) return;
    by_height_.emplace(built->state.head.height, built->id);
}

void SharedExecutor::forget_below(Height height) {
    while (!by_height_.empty() && by_height_.begin()->first < height) {
        results_.erase(by_height_.begin()->second);
        by_height_.erase(by_height_.begin());
    }
}

void SharedExecutor::compare(const Executed& known, const State& parent, const BlockPtr& block,
                             const Rules& rules) {
    const auto again = execute_block(parent, block, rules);
    if (!again) {
        on_difference_(fmt::format("block {} executed once and was refused the second time: {}",
                                   block->height(), again.error().text()));
    } else if ((*again)->state.state_root != known.state.state_root ||
               contents_digest((*again)->state) != contents_digest(known.state)) {
        on_difference_(fmt::format("block {} executed twice gave two states", block->height()));
    }
}

}  // namespace aivm::sim
