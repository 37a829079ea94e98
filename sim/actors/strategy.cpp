// The honest defaults.
#include "sim/actors/strategy.h"

#include <algorithm>

#include "core/verification/reexecution.h"

namespace aivm::sim {

bool StrategyContext::is_accomplice(const Address& address) const {
    return accomplices != nullptr &&
           std::ranges::find(*accomplices, address, &Identity::address) != accomplices->end();
}

std::vector<OperationBody> ClientStrategy::on_block(const NodeView&) { return {}; }
std::vector<OperationBody> ClientStrategy::on_pending(const NodeView&, const SignedOperation&) {
    return {};
}

Amount ClientStrategy::inclusion_fee(const State&, const OperationBody&) { return {}; }

bool ProviderStrategy::joins(const State*) { return true; }
bool ProviderStrategy::waits(const TaskView&) { return false; }
bool ProviderStrategy::reveals(const TaskView&) { return true; }

std::vector<InferenceTraceStep> ProviderStrategy::trace(const TaskView& view, Answer answer) {
    std::vector<InferenceTraceStep> trace =
        trace_model(view.kernels, view.model, view.task.input_row);
    trace.back().output = answer;
    return trace;
}

std::uint32_t ProviderStrategy::reported_time_ms(const TaskView& view) {
    return view.model.compute_time_ms;
}

std::optional<op::DisputeMove> ProviderStrategy::move(const DisputeView& view) {
    return next_provider_move(view.trace, view.dispute, view.task.job_id);
}

std::optional<Bytes> ProviderStrategy::evidence(const Device& device, TimestampNs now) {
    return device.quote(now);
}

bool ChallengerStrategy::commits(const TaskView&) { return true; }
bool ChallengerStrategy::reveals(const DisputeView&) { return true; }

std::optional<op::DisputeMove> ChallengerStrategy::move(const DisputeView& view) {
    return next_challenger_move(view.trace, view.dispute, view.task.job_id);
}

bool ChallengerStrategy::again(const TaskView&) { return false; }

std::uint32_t RequesterStrategy::submissions(const DemandView& view) { return view.due; }
void RequesterStrategy::compose(op::SubmitTask&, const NodeView&) {}
bool RequesterStrategy::goes_on(const NodeView&) { return false; }

bool ValidatorStrategy::builds(const State&, const Hash32&) { return true; }
bool ValidatorStrategy::builds_twice() { return false; }
void ValidatorStrategy::built_twice(const BlockRef&) {}
bool ValidatorStrategy::votes_twice() { return false; }
bool ValidatorStrategy::tolerates(const Block&) { return true; }
std::optional<ForgedBlock> ValidatorStrategy::forges(const OwnBlock&) { return std::nullopt; }
std::optional<ForgedVertex> ValidatorStrategy::forges_vertex(const OwnVertex&) {
    return std::nullopt;
}
void ValidatorStrategy::sends(ActorId, Outgoing&) {}
bool ValidatorStrategy::runs_twice() { return false; }
void ValidatorStrategy::plans(const DagView&, VertexPlan&) {}
void ValidatorStrategy::issued(const DagView&, const std::shared_ptr<const Vertex>&,
                               const std::shared_ptr<const Vertex>&) {}
bool ValidatorStrategy::replies_to(const DagView&, const Vertex&) { return false; }
void ValidatorStrategy::hears(ActorId, const Message&) {}
void ValidatorStrategy::vote(const PollView&, Vote&) {}
bool ValidatorStrategy::serves(const Follower&) { return true; }
void ValidatorStrategy::rejected(const Block&, const Address&) {}

bool ValidatorStrategy::reports_equivocation() { return true; }

std::optional<BlockInfo> PollView::branch_asked_about() const {
    Hash32 id = question.block.id;
    for (std::size_t steps = 0; steps <= undecided.size(); ++steps) {
        const auto block = std::ranges::find(undecided, id, &BlockInfo::id);
        if (block == undecided.end()) return std::nullopt;
        if (block->height == question.next_height) return *block;
        id = block->parent;
    }
    return std::nullopt;
}

}  // namespace aivm::sim
