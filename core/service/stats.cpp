#include "core/rewards/rewards.h"
#include "core/service/routes.h"

namespace aivm {
namespace {

// Paid to providers for what became final since the present epoch began.
Amount epoch_rewards(const Node& node) {
    const State& state = node.state();
    Amount paid;
    Height seen = 0;
    for (std::size_t i = state.receipts.size(); i-- > 0;) {
        const Receipt& receipt = state.receipts[i];
        if (receipt.height != seen &&
            node.timestamp_of(receipt.height) < state.head.epoch_started_ns)
            break;
        seen = receipt.height;
        paid = paid.checked_plus(receipt.paid).value_or(paid);
    }
    return paid;
}

}  // namespace

// GET /stats, and GET /tasks without an id.
Result<Json> vm_stats(Call& call) {
    const State& state = call.node.state();
    const Totals& totals = state.head.totals;
    std::uint64_t active = 0;
    state.providers.for_each([&](std::size_t, const Provider& p) { active += p.active() ? 1 : 0; });
    return Json{
        {"tasks_pending", state.tasks.size() - totals.tasks_completed - totals.tasks_failed},
        {"tasks_completed", totals.tasks_completed},
        {"tasks_failed", totals.tasks_failed},
        {"providers_total", state.providers.size()},
        {"providers_active", active},
        {"models_available", state.models.size()},
        {"total_minted", to_text(totals.minted)},
        {"epoch_rewards", to_text(epoch_rewards(call.node))},
        {"receipts_processed", state.receipts.size()}};
}

Result<Json> merkle_root(Call& call) {
    return Json{{"merkleRoot", to_text(receipt_root(call.node.state()))}};
}

Result<Json> health(Call& call) {
    return Json{{"healthy", call.node.healthy()}, {"version", kVmVersion}};
}

}  // namespace aivm
