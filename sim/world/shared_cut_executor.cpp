#include "sim/world/shared_cut_executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/state/load.h"

namespace aivm::sim {
namespace {

bool are_equal_results(const CutResult& a, const CutResult& b) {
    const bool same_slice = std::ranges::equal(
        a.slice, b.slice, {}, [](const VertexPtr& v) { return v->id(); },
        [](const VertexPtr& v) { return v->id(); });
    return same_slice && a.voids.size() == b.voids.size() && a.effective == b.effective &&
           a.executed->state.state_root == b.executed->state.state_root &&
           contents_digest(a.executed->state) == contents_digest(b.executed->state);
}

}  // namespace

Result<CutResultPtr> SharedCutExecutor::execute(const State& below, const VertexPtr& cut,
                                                std::vector<VertexPtr> slice, const Rules& rules) {
    const auto known = results_.find({cut->cut(), cut->id()});
    if (known != results_.end()) return known->second;
    Result<CutResultPtr> result = execute_cut(below, cut, std::move(slice), rules);
    note(cut, result);
    return result;
}

Result<CutResultPtr> SharedCutExecutor::Separate::execute(const State& below, const VertexPtr& cut,
                                                          std::vector<VertexPtr> slice,
                                                          const Rules& rules) {
    Result<CutResultPtr> result = execute_cut(below, cut, std::move(slice), rules);
    shared_.note(cut, result);
    return result;
}

void SharedCutExecutor::note(const VertexPtr& cut, const Result<CutResultPtr>& result) {
    const auto [first, is_new] = results_.try_emplace({cut->cut(), cut->id()}, result);
    if (is_new) return;
    ++comparisons_;
    const bool equal = first->second.has_value() == result.has_value() &&
                       (!result || are_equal_results(**first->second, **result));
    if (!equal) on_difference_(fmt::format("two nodes executed cut {} differently", cut->cut()));
}

void SharedCutExecutor::forget_below(std::uint64_t number) {
    std::erase_if(results_, [&](const auto& each) { return each.first.first < number; });
}

}  // namespace aivm::sim
