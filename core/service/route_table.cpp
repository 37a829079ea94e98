#include "core/service/route_table.h"

#include <algorithm>
#include <array>

#include "core/service/openapi.h"

namespace aivm {
namespace {

using Fields = std::array<BodyField, 0>;

constexpr BodyField kTask{"task_id", "text", "the task's id"};
constexpr BodyField kProvider{"provider_id", "text", "the provider's id"};
constexpr BodyField kOutput{"output", "answer", "the answer"};

constexpr std::array kRegistration{
    BodyField{"id", "text", "the new provider's id"},
    BodyField{"wallet_address", "address", "the account that rewards go to"},
    BodyField{"endpoint", "text", "where the provider can be reached"},
    BodyField{"gpus", "gpus", "its accelerators; the list may be empty"},
    BodyField{"gpu_attestation", "object", "evidence of a GPU", false},
    BodyField{"cpu_attestation", "object", "a quote of a CPU's enclave", false}};
constexpr std::array kBond{kProvider, BodyField{"amount", "amount", "what is added"}};
constexpr std::array kProviderAlone{kProvider};
constexpr std::array kSubmission{
    BodyField{"id", "text", "the new task's id"},
    BodyField{"type", "task_type", "what is asked for"},
    BodyField{"model", "text", "a model of GET /models"},
    BodyField{"input", "any",
              "{\"row\": n} is a row of the model's feature table; any other JSON names one by its "
              "hash"},
    BodyField{"fee", "amount", "what the task pays"}};
constexpr std::array kResult{
    kTask,
    kProvider,
    kOutput,
    BodyField{"compute_time_ms", "count", "how long it took"},
    BodyField{"proof", "base64", "the trace root of 32 bytes; empty for a model of one step"},
    BodyField{"error", "text", "refused if not empty: a failure cannot be posted", false}};
constexpr std::array kCommitment{
    kTask, kProvider, BodyField{"commitment", "hash", "keccak over what committee describes"}};
constexpr std::array kReveal{kTask, kProvider, kOutput,
                             BodyField{"nonce", "hash", "that the commitment hides"}};
constexpr std::array kChallenge{
    kTask,
    BodyField{"commitment", "hash",
              "keccak of the claimed answer, a salt and the challenger's address", false},
    BodyField{"claim", "answer", "in its place, where the policy opens claims", false}};
constexpr std::array kClaim{kTask, BodyField{"claim", "answer", "the claimed answer"},
                            BodyField{"salt", "hash", "that the commitment hides"}};
constexpr std::array kMove{
    kTask,
    BodyField{"challenger", "address", "whose game it is"},
    BodyField{"agrees", "flag", "the challenger's judgement of the opened step", false},
    BodyField{"input", "hash", "the provider opens a step: its input", false},
    BodyField{"output", "answer", "its answer", false},
    BodyField{"proof", "hashes", "and its Merkle proof", false}};
constexpr std::array kAttestation{
    BodyField{"gpu_attestation", "object", "evidence of a GPU", false},
    BodyField{"cpu_attestation", "object", "or a quote of a CPU's enclave", false},
    BodyField{"provider_id", "text", "with a quote: for whom it was made", false}};
constexpr std::array kRenewal{
    kProvider, BodyField{"gpu_attestation", "object", "newer evidence of a GPU", false},
    BodyField{"cpu_attestation", "object", "or a newer quote of a CPU's enclave", false}};

constexpr Fields kNone{};

constexpr std::array kRoutes{
    Route{"/", "GET", service_index, false, "", false, "this list", kNone, "routes,openapi"},
    Route{"/openapi.json", "GET", openapi_document, false, "", false,
          "the routes as an OpenAPI 3.0 document", kNone, "openapi,info,paths"},
    Route{"/providers", "GET", list_providers, false, "", false, "the providers that have not left",
          kNone, "providers,count"},
    Route{"/providers/register", "POST", register_provider, true, "", false,
          "register a provider with the minimum bond, for every model", kRegistration,
          "success,providerId"},
    Route{"/providers/bond", "POST", add_bond, true, "", false, "add to a provider's bond", kBond,
          "success,providerId"},
    Route{"/providers/leave", "POST", leave_providers, true, "", false,
          "take no new work from the next block on", kProviderAlone, "success,providerId"},
    Route{"/providers/withdraw", "POST", withdraw_bond, true, "", false,
          "withdraw the bond once the cooldown is over and nothing can be slashed", kProviderAlone,
          "success,providerId"},
    Route{"/tasks", "GET", get_task, false, "id", false,
          "a task by its id; without one, the statistics of GET /stats", kNone, ""},
    Route{"/tasks/submit", "POST", submit_task, true, "", false, "ask for inference", kSubmission,
          "success,taskId"},
    Route{"/tasks/result", "POST", submit_result, true, "", false,
          "answer a task to which the provider is assigned", kResult, "success,taskId"},
    Route{"/tasks/commit", "POST", submit_commitment, true, "", false,
          "redundant mode: commit to an answer", kCommitment, "success,taskId"},
    Route{"/tasks/reveal", "POST", submit_reveal, true, "", false,
          "redundant mode: reveal the answer", kReveal, "success,taskId"},
    Route{"/challenges", "GET", list_challenges, false, "task_id", true, "challenges of a task",
          kNone, "challenges,count"},
    Route{"/challenges", "POST", open_challenge, true, "", false, "challenge a posted answer",
          kChallenge, "success,taskId"},
    Route{"/challenges/reveal", "POST", reveal_claim, true, "", false,
          "reveal the claim of a challenge", kClaim, "success,taskId"},
    Route{"/disputes/move", "POST", submit_move, true, "", false,
          "open a step (provider) or judge it (challenger) in a bisection", kMove,
          "success,taskId"},
    Route{"/models", "GET", list_models, false, "", false, "models that take tasks", kNone,
          "models,count"},
    Route{"/attestation/verify", "POST", verify_attestation, false, "", false,
          "judge evidence without registering it", kAttestation, "verified,trustScore"},
    Route{"/attestation/renew", "POST", renew_attestation, true, "", false,
          "show newer evidence of a provider, before the last one is stale", kRenewal,
          "success,providerId"},
    Route{"/rewards/claim", "POST", claim_rewards, true, "", false,
          "pay a provider's credit out to its wallet", kProviderAlone, "success,claimed"},
    Route{"/rewards/stats", "GET", reward_stats, false, "provider_id", true,
          "what a provider has earned and lost", kNone, "provider_id,pending_rewards"},
    Route{"/stats", "GET", vm_stats, false, "", false, "counts of tasks, providers and models",
          kNone, "tasks_completed,providers_total"},
    Route{"/merkle", "GET", merkle_root, false, "", false, "the root of all receipts", kNone,
          "merkleRoot"},
    Route{"/health", "GET", health, false, "", false, "whether the node can write", kNone,
          "healthy,version"},
};

}  // namespace

std::span<const Route> service_routes() { return kRoutes; }

const Route* find_route(std::string_view method, std::string_view path) {
    const auto found = std::ranges::find_if(
        kRoutes, [&](const Route& route) { return route.path == path && route.method == method; });
    return found == kRoutes.end() ? nullptr : &*found;
}

}  // namespace aivm
