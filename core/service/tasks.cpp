#include <cstring>
#include <limits>
#include <optional>

#include "core/base/digest.h"
#include "core/service/routes.h"
#include "core/service/task_words.h"
#include "core/service/time_text.h"

namespace aivm {
namespace {

// The answer, if it can be relied on: it is final, or usable early by consumers that trust the
// hardware.
std::optional<Answer> output_of(const State& state, const Task& task) {
    const bool early =
        task.usable_at != 0 && task.usable_at <= state.head.height && !task.proven_wrong;
    if (task.status != TaskStatus::kCompleted && (task.status == TaskStatus::kFailed || !early))
        return std::nullopt;
    return task.provisional;
}

Json task_json(const NodeBase& node, const State& state, const Task& task) {
    Json json{{"id", task.job_id},
              {"type", word(task.type)},
              {"model", state.model(task.model).id},
              {"input", {{"row", task.input_row}}}};
    const Seat* seat = task.seats.empty() ? nullptr : &task.seats.front();
    const auto output = output_of(state, task);
    if (output) json["output"] = Json{{"answer", *output}};
    json["status"] = published_status(task.status);
    if (seat != nullptr) json["assigned_to"] = state.provider(seat->provider).id;
    json["fee"] = to_text(task.fee);
    json["created_at"] = print_time(node.timestamp_of(task.submitted_at));
    if (seat != nullptr) json["started_at"] = print_time(node.timestamp_of(task.draw_at));
    if (task.terminal()) json["completed_at"] = print_time(node.timestamp_of(task.final_at));
    if (output && seat != nullptr) {
        json["compute_time_ms"] = seat->compute_time_ms;
        if (!seat->trace_root.is_zero()) json["proof"] = to_base64(seat->trace_root.view());
    }
    if (task.mode == VerificationMode::kRedundant && seat != nullptr)
        json["committee"] = committee_json(node, state, task);
    return json;
}

// {"member": n} or nothing.
std::optional<std::uint64_t> only_number(const Json& json, const char* member) {
    if (!json.is_object() || json.size() != 1 || !json.contains(member)) return std::nullopt;
    const Json& value = json.at(member);
    return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

// The feature row that an input names, see service.h.
Result<std::uint32_t> row_of(const Json& input, std::uint32_t rows) {
    if (input.is_object() && input.contains("row")) {
        const auto row = only_number(input, "row");
        if (row && *row < rows) return static_cast<std::uint32_t>(*row);
        return fail(ErrorCode::kInvalidTask, "input.row must be a whole number below " +
                                                 std::to_string(rows) + ", and stand alone");
    }
    // nlohmann::json orders members by name
    const nlohmann::json sorted = input;
    const std::string text = sorted.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const Hash32 digest = keccak256(as_bytes(text));
    return static_cast<std::uint32_t>(digest.prefix64() % rows);
}

}  // namespace

Result<Answer> answer_of(const Json& output) {
    const auto number = output.is_number_unsigned() ? std::optional(output.get<std::uint64_t>())
                                                    : only_number(output, "answer");
    if (number && *number <= std::numeric_limits<Answer>::max())
        return static_cast<Answer>(*number);
    return fail(ErrorCode::kInvalidArgument,
                "an answer must be a byte: n or {\"answer\": n}, 0 to 255");
}

// GET /tasks. A task that still waits for its block is shown as pending. On a DAG "finality" says
// whether the task is queued, in an accepted vertex, or settled by a cut; everything else that is
// shown of a task that is not settled is a forecast.
Result<Json> get_task(Call& call) {
    const auto id = call.query.find("id");
    if (id == call.query.end()) return vm_stats(call);
    const State* state = &call.node.state();
    if (!state->find_task(id->second)) state = &call.node.pending_state(call.now_ns);
    const auto index = state->find_task(id->second);
    if (!index) return fail(ErrorCode::kNotFound, "task " + id->second);
    Json json = task_json(call.node, *state, state->task(*index));
    if (const auto finality = call.node.finality_of(id->second)) json["finality"] = word(*finality);
    return json;
}

Result<Json> submit_task(Call& call) {
    op::SubmitTask task;
    ObjectReader in(call.body, "");
    task.job_id = in.string("id");
    const auto type = from_word<TaskType>(in.string("type"));
    if (!type) in.set_fault("type", "inference, training, embedding or mining");
    task.model_id = in.string("model");
    const Json& input = in.any("input");
    task.fee = in.amount("fee");
    AIVM_TRY(in.finish());
    const State& state = call.node.state();
    const auto model = state.find_model(task.model_id);
    if (!model)
        return fail(ErrorCode::kInvalidTask,
                    "unknown model " + task.model_id + "; GET /models lists them");
    AIVM_ASSIGN(task.input_row, row_of(input, state.model(*model).row_count()));
    task.type = *type;
    task.mode = call.node.rules().parameters.config.verification_mode;
    const std::string id = call.node.task_id_of(call.caller.account, task.job_id);
    AIVM_TRY(submit(call, std::move(task)));
    return Json{{"success", true}, {"taskId", id}};
}

Result<Json> submit_result(Call& call) {
    op::SubmitResult result;
    ObjectReader in(call.body, "");
    result.job_id = in.string("task_id");
    result.provider_id = in.string("provider_id");
    const Json& output = in.any("output");
    result.compute_time_ms = static_cast<std::uint32_t>(
        in.number("compute_time_ms", std::numeric_limits<std::uint32_t>::max()));
    const Bytes proof = in.base64("proof");
    const std::string error = in.has("error") ? in.string("error") : "";
    if (!proof.empty() && proof.size() != Hash32::size_bytes)
        in.set_fault("proof", "empty or a trace root of 32 bytes");
    AIVM_TRY(in.finish());
    if (!error.empty()) {
        return fail(ErrorCode::kInvalidArgument,
                    "a failure cannot be posted; without a result the task times out");
    }
    AIVM_ASSIGN(result.answer, answer_of(output));
    if (!proof.empty()) std::memcpy(result.trace_root.data(), proof.data(), proof.size());
    const State& state = call.node.state();
    if (!state.find_task(result.job_id)) return fail(ErrorCode::kNotFound, "task " + result.job_id);
    AIVM_TRY(find_provider(state, result.provider_id));
    const std::string id = result.job_id;
    AIVM_TRY(submit(call, std::move(result)));
    return Json{{"success", true}, {"taskId", id}};
}

}  // namespace aivm
