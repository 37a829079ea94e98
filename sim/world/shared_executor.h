// Replicas that execute the same block on the same parent must reach the same result, so one world
// computes it once and shares it. Results are immutable snapshots, found by block id, which covers
// all that a result depends on.
#pragma once

#include <functional>
#include <map>

#include "core/execution/execute.h"

namespace aivm::sim {

class SharedExecutor final : public Executor {
public:
    // With `paranoid` every shared block is executed again and compared; `on_difference` is called
    // with a sentence for each difference.
    SharedExecutor(bool paranoid, std::function<void(const std::string&)> on_difference)
        : paranoid_(paranoid), on_difference_(std::move(on_difference)) {}

    Result<ExecutedPtr> execute(const State& parent, const BlockPtr& block,
                                const Rules& rules) override;
    void remember(const ExecutedPtr& built) override;

    // Forgets results below `height`; a node that still needs one computes it again.
    void forget_below(Height height);

private:
    void compare(const Executed& known, const State& parent, const BlockPtr& block,
                 const Rules& rules);

    bool paranoid_;
    std::function<void(const std::string&)> on_difference_;
    std::map<Hash32, Result<ExecutedPtr>> results_;
    std::multimap<Height, Hash32> by_height_;
};

}  // namespace aivm::sim
