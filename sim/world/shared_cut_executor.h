// shared_executor.h for the cuts of a DAG: a world executes each cut once for most of its nodes,
// and again, on their own states, for those that separate() serves; the results are compared.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/dag/slice.h"

namespace aivm::sim {

class SharedCutExecutor final : public CutExecutor {
public:
    // `on_difference` is called with a sentence for each difference.
    explicit SharedCutExecutor(std::function<void(const std::string&)> on_difference)
        : on_difference_(std::move(on_difference)) {}

    Result<CutResultPtr> execute(const State& below, const VertexPtr& cut,
                                 std::vector<VertexPtr> slice, const Rules& rules) override;
    // The builder's own result is handed to nobody.
    void remember(const CutResultPtr&) override {}

    // The executor of the nodes that execute every cut themselves. Lives as long as this.
    [[nodiscard]] CutExecutor& separate() { return separate_; }
    // Forgets the results of cuts below this number.
    void forget_below(std::uint64_t number);
    [[nodiscard]] std::uint64_t comparisons() const { return comparisons_; }

private:
    class Separate final : public CutExecutor {
    public:
        explicit Separate(SharedCutExecutor& shared) : shared_(shared) {}
        Result<CutResultPtr> execute(const State& below, const VertexPtr& cut,
                                     std::vector<VertexPtr> slice, const Rules& rules) override;
        void remember(const CutResultPtr&) override {}

    private:
        SharedCutExecutor& shared_;
    };

    // Notes the first result of the cut, or compares with it.
    void note(const VertexPtr& cut, const Result<CutResultPtr>& result);

    std::function<void(const std::string&)> on_difference_;
    Separate separate_{*this};
    std::map<std::pair<std::uint64_t, Hash32>, Result<CutResultPtr>> results_;  // by number, id
    std::uint64_t comparisons_ = 0;
};

}  // namespace aivm::sim
