// The routes' interface to the service. Only the .cpp files of this folder include this header.
#pragma once

#include "core/service/json.h"
#include "core/service/node_base.h"
#include "core/service/query.h"

namespace aivm {

// The account for which an authorised request acts.
struct Caller {
    Address account;
    std::uint64_t nonce = 0;
    Bytes authorization;  // empty: the throw-away node's key signs the operation itself
};

// One request while it is handled.
struct Call {
    NodeBase& node;
    TimestampNs now_ns = 0;
    Query query;
    Json body;      // of a POST
    Caller caller;  // of a route that moves value
};

// Submits the operation to the node as the caller's.
Status submit(Call& call, OperationBody body, const WriteBatch* note = nullptr);

// The provider with this id; fails with provider_not_found.
Result<const Provider*> find_provider(const State& state, std::string_view id);

// What the provider declared when it registered, with its last evidence as "gpu_attestation" or
// "cpu_attestation"; without any of it, if it did not come through this node's service.
Result<Json> description_of(const NodeBase& node, const Provider& provider);

// The answer in {"output": n} or {"output": {"answer": n}}, a byte.
Result<Answer> answer_of(const Json& output);

// For a task of the redundant mode: the committee, its windows, and what a commitment binds beside
// the answer.
Json committee_json(const NodeBase& node, const State& state, const Task& task);

// Seconds since the provider joined; 0 once it has left.
std::uint64_t uptime_seconds(const NodeBase& node, const Provider& provider);

Result<Json> service_index(Call& call);
Result<Json> openapi_document(Call& call);
Result<Json> list_providers(Call& call);
Result<Json> register_provider(Call& call);
Result<Json> add_bond(Call& call);
Result<Json> leave_providers(Call& call);
Result<Json> withdraw_bond(Call& call);
Result<Json> get_task(Call& call);
Result<Json> submit_task(Call& call);
Result<Json> submit_result(Call& call);
Result<Json> submit_commitment(Call& call);
Result<Json> submit_reveal(Call& call);
Result<Json> list_challenges(Call& call);
Result<Json> open_challenge(Call& call);
Result<Json> reveal_claim(Call& call);
Result<Json> submit_move(Call& call);
Result<Json> list_models(Call& call);
Result<Json> verify_attestation(Call& call);
Result<Json> renew_attestation(Call& call);
Result<Json> claim_rewards(Call& call);
Result<Json> reward_stats(Call& call);
Result<Json> vm_stats(Call& call);
Result<Json> merkle_root(Call& call);
Result<Json> health(Call& call);

}  // namespace aivm
