#include <fmt/format.h>

#include <optional>

#include "core/service/routes.h"

namespace aivm {
namespace {

// With the opened step that the challenger must judge, if it is due.
Json game_json(const Dispute& dispute) {
    Json json{{"low", dispute.low},
              {"high", dispute.high},
              {"middle", dispute.middle},
              {"provider_to_move", dispute.provider_to_move}};
    if (!dispute.provider_to_move) {
        json["opened"] = Json{{"input", to_text(dispute.opened_input)},
                              {"output", Json{{"answer", dispute.opened_output}}}};
    }
    return json;
}

Json dispute_json(const State& state, const Dispute& dispute) {
    Json json{{"task_id", state.task(dispute.task).job_id},
              {"assignment", dispute.assignment},
              {"challenger", to_text(dispute.challenger)},
              {"commitment", to_text(dispute.commitment)},
              {"bond", to_text(dispute.bond)},
              {"status", word(dispute.status)}};
    if (dispute.revealed) json["claim"] = Json{{"answer", dispute.claim}};
    json["opened_at"] = dispute.opened_at;
    json[dispute.open() ? "deadline" : "closed_at"] =
        dispute.open() ? dispute.deadline : dispute.closed_at;
    if (dispute.status == DisputeStatus::kPlaying) json["game"] = game_json(dispute);
    return json;
}

Result<std::vector<Hash32>> read_proof(const Json& json) {
    const bool fits = json.is_array() && json.size() <= kProofNodesMax;
    std::vector<Hash32> proof;
    for (const Json& node : fits ? json : Json::array()) {
        const bool prefixed = node.is_string() && node.get<std::string>().starts_with("0x");
        const auto hash = prefixed ? fixed_from_hex<32>(node.get<std::string>()) : std::nullopt;
        if (hash) proof.push_back(*hash);
    }
    if (fits && proof.size() == json.size()) return proof;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("proof must be a list of at most {} hashes: 0x and 64 hex digits",
                            kProofNodesMax));
}

}  // namespace

// GET /challenges?task_id=: every challenge of the task in an accepted block, the settled ones too.
Result<Json> list_challenges(Call& call) {
    const auto id = call.query.find("task_id");
    if (id == call.query.end())
        return fail(ErrorCode::kInvalidArgument, "name the task: ?task_id=");
    const State& state = call.node.state();
    const auto task = state.find_task(id->second);
    if (!task) return fail(ErrorCode::kNotFound, "task " + id->second);
    Json challenges = Json::array();
    for (const DisputeIndex index : call.node.summary().disputes_of(*task))
        challenges.push_back(dispute_json(state, state.dispute(index)));
    const std::size_t count = challenges.size();
    return Json{{"challenges", std::move(challenges)}, {"count", count}};
}

// POST /challenges {"task_id", "commitment"}, the commitment being keccak(claimed answer || salt ||
// challenger's address); {"task_id", "claim"} where the policy opens claims.
Result<Json> open_challenge(Call& call) {
    op::Challenge challenge;
    ObjectReader in(call.body, "");
    challenge.job_id = in.string("task_id");
    if (in.has("claim")) {
        const Json& claim = in.any("claim");
        AIVM_TRY(in.finish());
        AIVM_ASSIGN(challenge.claim, answer_of(claim));
    } else {
        challenge.commitment = in.hash("commitment");
        AIVM_TRY(in.finish());
    }
    const std::string id = challenge.job_id;
    AIVM_TRY(submit(call, std::move(challenge)));
    return Json{{"success", true}, {"taskId", id}};
}

// POST /challenges/reveal {"task_id", "claim", "salt"}
Result<Json> reveal_claim(Call& call) {
    op::ChallengeReveal reveal;
    ObjectReader in(call.body, "");
    reveal.job_id = in.string("task_id");
    const Json& claim = in.any("claim");
    reveal.salt = in.hash("salt");
    AIVM_TRY(in.finish());
    AIVM_ASSIGN(reveal.claim, answer_of(claim));
    const std::string id = reveal.job_id;
    AIVM_TRY(submit(call, std::move(reveal)));
    return Json{{"success", true}, {"taskId", id}};
}

// POST /disputes/move. The provider opens a step: {"task_id", "challenger", "input", "output",
// "proof"}. The challenger judges it: {"task_id", "challenger", "agrees"}.
Result<Json> submit_move(Call& call) {
    op::DisputeMove move;
    ObjectReader in(call.body, "");
    move.job_id = in.string("task_id");
    move.challenger = in.address("challenger");
    move.opens = !in.has("agrees");
    if (move.opens) {
        move.input = in.hash("input");
        const Json& output = in.any("output");
        const Json& proof = in.any("proof");
        AIVM_TRY(in.finish());
        AIVM_ASSIGN(move.output, answer_of(output));
        AIVM_ASSIGN(move.proof, read_proof(proof));
    } else {
        move.agrees = in.boolean("agrees");
        AIVM_TRY(in.finish());
    }
    const std::string id = move.job_id;
    AIVM_TRY(submit(call, std::move(move)));
    return Json{{"success", true}, {"taskId", id}};
}

}  // namespace aivm
