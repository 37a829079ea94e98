#include "core/service/block_json.h"

#include "core/service/attestation_json.h"
#include "core/service/json.h"
#include "core/service/task_words.h"
#include "core/service/time_text.h"

namespace aivm {
namespace {

Json task_json(const op::SubmitTask& task, TimestampNs created_ns) {
    return {{"id", task.job_id},
            {"type", word(task.type)},
            {"model", task.model_id},
            {"input", {{"row", task.input_row}}},
            {"status", published_status(TaskStatus::kPending)},
            {"fee", to_text(task.fee)},
            {"created_at", print_time(created_ns)}};
}

Json result_json(const op::SubmitResult& result) {
    return {{"task_id", result.job_id},
            {"provider_id", result.provider_id},
            {"output", {{"answer", result.answer}}},
            {"compute_time_ms", result.compute_time_ms},
            {"proof", result.trace_root.is_zero() ? "" : to_base64(result.trace_root.view())}};
}

// For a committee member, what it reveals is its proof.
Json result_json(const op::Reveal& reveal) {
    return {{"task_id", reveal.job_id},
            {"provider_id", reveal.provider_id},
            {"output", {{"answer", reveal.answer}}},
            {"compute_time_ms", 0},
            {"proof", to_base64(reveal.nonce.view())}};
}

Json registration_json(const op::RegisterProvider& registration) {
    Json json{{"providerId", registration.provider_id},
              {"walletAddress", to_text(registration.wallet)},
              {"endpoint", registration.endpoint}};
    json.update(evidence_json(registration.evidence));
    return json;
}

}  // namespace

std::string block_json(const Block& block) {
    Json tasks = Json::array();
    Json results = Json::array();
    Json registrations = Json::array();
    for (const OperationPtr& operation : block.operations()) {
        const OperationBody& body = operation->body();
        if (const auto* task = std::get_if<op::SubmitTask>(&body)) {
            tasks.push_back(task_json(*task, block.header().timestamp_ns));
        } else if (const auto* result = std::get_if<op::SubmitResult>(&body)) {
            results.push_back(result_json(*result));
        } else if (const auto* reveal = std::get_if<op::Reveal>(&body)) {
            results.push_back(result_json(*reveal));
        } else if (const auto* registration = std::get_if<op::RegisterProvider>(&body)) {
            registrations.push_back(registration_json(*registration));
        }
    }
    Json json{{"id", to_text(block.id())},
              {"parentID", to_text(block.parent())},
              {"height", block.height()},
              {"timestamp", print_time(block.header().timestamp_ns)}};
    if (!tasks.empty()) json["tasks"] = std::move(tasks);
    if (!results.empty()) json["results"] = std::move(results);
    json["merkleRoot"] = to_text(block.header().receipt_root);
    if (!registrations.empty()) json["providerRegs"] = std::move(registrations);
    return print_json(json);
}

}  // namespace aivm
