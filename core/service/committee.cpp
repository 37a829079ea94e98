#include "core/base/digest.h"
#include "core/service/routes.h"
#include "core/verification/redundant.h"

namespace aivm {
namespace {

Json member_json(const State& state, const Seat& seat) {
    const Provider& provider = state.provider(seat.provider);
    Json json{{"provider_id", provider.id},
              {"operator", to_text(provider.owner)},
              {"status", word(seat.status)}};
    if (seat.posted_at != 0) json["output"] = Json{{"answer", seat.answer}};
    return json;
}

}  // namespace

Json committee_json(const NodeBase& node, const State& state, const Task& task) {
    const Policy& policy = node.rules().parameters.policy;
    const CommittedResult content = result_of(state, task, {}, 0, {});
    Json members = Json::array();
    for (const Seat& seat : task.seats) members.push_back(member_json(state, seat));
    return Json{{"task_key", to_text(content.task_key)},
                {"model_digest", to_text(content.model)},
                {"input_digest", to_text(keccak256(content.input))},
                {"height", state.head.height},
                {"commit_until", commit_end(task, policy)},
                {"reveal_until", reveal_end(task, policy)},
                {"members", std::move(members)}};
}

// POST /tasks/commit {"task_id", "provider_id", "commitment"}. The commitment is
// keccak(task_key || model_digest || input_digest || keccak(answer) || keccak() || 12 zero bytes ||
// operator || nonce), with the values of the task's `committee`.
Result<Json> submit_commitment(Call& call) {
    op::Commit commit;
    ObjectReader in(call.body, "");
    commit.job_id = in.string("task_id");
    commit.provider_id = in.string("provider_id");
    commit.commitment = in.hash("commitment");
    AIVM_TRY(in.finish());
    const std::string id = commit.job_id;
    AIVM_TRY(submit(call, std::move(commit)));
    return Json{{"success", true}, {"taskId", id}};
}

// POST /tasks/reveal {"task_id", "provider_id", "output", "nonce"}
Result<Json> submit_reveal(Call& call) {
    op::Reveal reveal;
    ObjectReader in(call.body, "");
    reveal.job_id = in.string("task_id");
    reveal.provider_id = in.string("provider_id");
    const Json& output = in.any("output");
    reveal.nonce = in.hash("nonce");
    AIVM_TRY(in.finish());
    AIVM_ASSIGN(reveal.answer, answer_of(output));
    reveal.embedding_digest = empty_embedding_digest();
    const std::string id = reveal.job_id;
    AIVM_TRY(submit(call, std::move(reveal)));
    return Json{{"success", true}, {"taskId", id}};
}

}  // namespace aivm
