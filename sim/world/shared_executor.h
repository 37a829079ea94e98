// Replicas that execute the same block on the same parent must reach the same result, so one world
// computes it once and shares it among most of its nodes. Results are immutable snapshots, found by
// block id, which covers all that a result depends on.
//
// The builder's own result is never handed to another node: the first node that verifies the block
// executes it, and so does every node that separate() serves, each on its own parent state. Every
// such result is compared with the first one known of its block.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/execution/execute.h"

namespace aivm::sim {

// Executes a block: execute_block, or in tests a version of it with a planted error.
using ExecuteBlock = std::function<Result<ExecutedPtr>(const State& parent, const BlockPtr& block,
                                                       const Rules& rules)>;

class SharedExecutor final : public Executor {
public:
    struct Options {
        // Execute a block again wherever its result is shared, and compare all contents.
        bool paranoid = false;
        ExecuteBlock execute = execute_block;
        // Called with a sentence for each difference.
        std::function<void(const std::string&)> on_difference;
    };
    explicit SharedExecutor(Options options);

    Result<ExecutedPtr> execute(const State& parent, const BlockPtr& block,
                                const Rules& rules) override;
    void remember(const ExecutedPtr& built) override;

    // The executor of the nodes that execute every block themselves. Lives as long as this.
    [[nodiscard]] Executor& separate() { return separate_; }

    // Forgets results below `height`; a node that still needs one computes it again.
    void forget_below(Height height);

    // How often two results of one block were compared.
    [[nodiscard]] std::uint64_t comparisons() const { return comparisons_; }

private:
    class Separate final : public Executor {
    public:
        explicit Separate(SharedExecutor& shared) : shared_(shared) {}
        Result<ExecutedPtr> execute(const State& parent, const BlockPtr& block,
                                    const Rules& rules) override;
        void remember(const ExecutedPtr& built) override { shared_.remember(built); }

    private:
        SharedExecutor& shared_;
    };
    struct Results {
        Result<ExecutedPtr> first;                  // by whichever node came first
        std::optional<Result<ExecutedPtr>> shared;  // for the nodes that share
    };

    // Notes a result of the block, and compares it with the first one.
    Results& note(const Hash32& id, Height height, const Result<ExecutedPtr>& result);
    void compare(const Result<ExecutedPtr>& first, const Result<ExecutedPtr>& again, Height height);
    [[nodiscard]] bool are_equal(const Executed& a, const Executed& b);

    Options options_;
    Separate separate_{*this};
    std::map<Hash32, Results> results_;
    std::multimap<Height, Hash32> by_height_;
    std::uint64_t comparisons_ = 0;
};

}  // namespace aivm::sim
