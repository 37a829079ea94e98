#include "core/service/routes.h"

namespace aivm {

// POST /rewards/claim. The claimed amount is what the next block pays out.
Result<Json> claim_rewards(Call& call) {
    ObjectReader in(call.body, "");
    const std::string id = in.string("provider_id");
    AIVM_TRY(in.finish());
    AIVM_ASSIGN(const Provider* provider, find_provider(call.node.pending_state(call.now_ns), id));
    const Amount claimed = provider->credit;
    AIVM_TRY(submit(call, op::ClaimRewards{id}));
    return Json{{"success", true}, {"claimed", to_text(claimed)}};
}

// GET /rewards/stats?provider_id=
Result<Json> reward_stats(Call& call) {
    const auto id = call.query.find("provider_id");
    if (id == call.query.end())
        return fail(ErrorCode::kInvalidArgument, "say which: ?provider_id=");
    const State& state = call.node.state();
    AIVM_ASSIGN(const Provider* provider, find_provider(state, id->second));
    const WorkRecord work = call.node.summary().work_of(*state.find_provider(id->second));
    return Json{{"provider_id", provider->id},
                {"tasks_completed", provider->tasks_completed},
                {"total_rewards", to_text(provider->rewards_total)},
                {"pending_rewards", to_text(provider->credit)},
                {"uptime", uptime_seconds(call.node, *provider)},
                {"avg_latency_ms", work.answered == 0 ? 0 : work.compute_time_ms / work.answered},
                {"slashed", to_text(provider->slashed_total)}};
}

}  // namespace aivm
