#include "core/rewards/rewards.h"
#include "core/service/routes.h"

namespace aivm {
// GET /stats, and GET /tasks without an id.
Result<Json> vm_stats(Call& call) {
    const State& state = call.node.state();
    const Totals& totals = state.head.totals;
    const ChainSummary& summary = call.node.summary();
    return Json{
        {"tasks_pending", state.tasks.size() - totals.tasks_completed - totals.tasks_failed},
        {"tasks_completed", totals.tasks_completed},
        {"tasks_failed", totals.tasks_failed},
        {"providers_total", state.providers.size()},
        {"providers_active", summary.active_providers()},
        {"models_available", summary.open_models().size()},
        {"total_minted", to_text(totals.minted)},
        {"epoch_rewards", to_text(summary.epoch_rewards())},
        {"receipts_processed", state.receipts.size()}};
}

Result<Json> merkle_root(Call& call) {
    return Json{{"merkleRoot", to_text(receipt_root(call.node.state()))}};
}

Result<Json> health(Call& call) {
    return Json{{"healthy", call.node.healthy()}, {"version", kVmVersion}};
}

}  // namespace aivm
