#include "sim/world/shared_executor.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/state/load.h"

namespace aivm::sim {
namespace {

// Digests of all contents cost time in proportion to the state, so that only every so many
// comparisons look at them; the others look at all that the block wrote.
constexpr std::uint64_t kContentsEvery = 32;

bool have_equal_batches(const Executed& a, const Executed& b) {
    if (a.batch == nullptr || b.batch == nullptr) return a.batch == b.batch;
    if (a.batch->size() != b.batch->size()) return false;
    for (std::size_t i = 0; i < a.batch->size(); ++i) {
        const WriteBatch::Entry one = a.batch->entry(i);
        const WriteBatch::Entry other = b.batch->entry(i);
        if (!std::ranges::equal(one.key, other.key) ||
            one.value.has_value() != other.value.has_value() ||
            (one.value && !std::ranges::equal(*one.value, *other.value)))
            return false;
    }
    return true;
}

}  // namespace

SharedExecutor::SharedExecutor(Options options) : options_(std::move(options)) {
    AIVM_CHECK(options_.execute && options_.on_difference);
}

Result<ExecutedPtr> SharedExecutor::execute(const State& parent, const BlockPtr& block,
                                            const Rules& rules) {
    const auto known = results_.find(block->id());
    const bool is_shared = known != results_.end() && known->second.shared.has_value();
    if (is_shared && !options_.paranoid) return *known->second.shared;
    const Result<ExecutedPtr> result = options_.execute(parent, block, rules);
    Results& results = note(block->id(), block->height(), result);
    if (!results.shared) results.shared = result;
    return *results.shared;
}

Result<ExecutedPtr> SharedExecutor::Separate::execute(const State& parent, const BlockPtr& block,
                                                      const Rules& rules) {
    Result<ExecutedPtr> result = shared_.options_.execute(parent, block, rules);
    shared_.note(block->id(), block->height(), result);
    return result;
}

void SharedExecutor::remember(const ExecutedPtr& built) {
    note(built->id, built->state.head.height, built);
}

SharedExecutor::Results& SharedExecutor::note(const Hash32& id, Height height,
                                              const Result<ExecutedPtr>& result) {
    const auto [known, is_new] = results_.try_emplace(id, Results{result, std::nullopt});
    if (is_new) {
        by_height_.emplace(height, id);
    } else {
        compare(known->second.first, result, height);
    }
    return known->second;
}

void SharedExecutor::forget_below(Height height) {
    while (!by_height_.empty() && by_height_.begin()->first < height) {
        results_.erase(by_height_.begin()->second);
        by_height_.erase(by_height_.begin());
    }
}

void SharedExecutor::compare(const Result<ExecutedPtr>& first, const Result<ExecutedPtr>& again,
                             Height height) {
    ++comparisons_;
    if (first.has_value() != again.has_value()) {
        options_.on_difference(
            fmt::format("block {} was executed by one node and refused by another: {}", height,
                        (first ? again : first).error().text()));
    } else if (first && !are_equal(**first, **again)) {
        options_.on_difference(fmt::format("block {} executed twice gave two states", height));
    }
}

bool SharedExecutor::are_equal(const Executed& a, const Executed& b) {
    if (a.state.state_root != b.state.state_root || a.events.size() != b.events.size() ||
        !have_equal_batches(a, b))
        return false;
    if (!options_.paranoid && comparisons_ % kContentsEvery != 0) return true;
    return contents_digest(a.state) == contents_digest(b.state);
}

}  // namespace aivm::sim
