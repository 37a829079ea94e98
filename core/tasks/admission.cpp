#include "core/tasks/admission.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/mutant.h"
#include "core/base/rule_hash.h"
#include "core/config/limits.h"
#include "core/kernels/rule_hash_many.h"
#include "core/ledger/ledger.h"

namespace aivm {

namespace {

// Whether a provider could be drawn for the model, now or once it has room.
bool is_offered(const State& state, const VmParameters& parameters, ModelIndex model) {
    for (std::size_t i = 0; i < state.providers.size(); ++i) {
        const Provider& p = state.providers[i];
        if (p.active() && p.bond >= parameters.config.min_provider_bond && p.offers(model))
            return true;
    }
    return false;
}

void put_key_message(Writer& out, const Address& requester, const op::SubmitTask& s,
                     std::uint64_t model_version) {
    out.fixed(requester)
        .string(s.job_id)
        .u8(static_cast<std::uint8_t>(s.type))
        .u8(static_cast<std::uint8_t>(s.mode));
    out.string(s.model_id).u64(model_version).u32(s.input_row);
    if (!AIVM_MUTANT(D26)) out.amount(s.fee);
}

// Of the newest weights; 0 for an unknown model, whose tasks are refused.
std::uint64_t version_of(const State& state, std::string_view model_id) {
    const auto model = state.find_model(model_id);
    return model ? state.status_of_model(state.status_of_model(*model).newest).version : 0;
}

}  // namespace

Hash32 task_key(const Address& requester, const op::SubmitTask& submission,
                std::uint64_t model_version) {
    Writer out;
    put_key_message(out, requester, submission, model_version);
    return rule_hash(out.view());
}

void prepare_keys(Transition& t, std::span<const OperationPtr> operations) {
    // New weights inside the block would change the keys of what follows.
    const auto updates_model = [](const OperationPtr& operation) {
        return std::holds_alternative<op::ModelUpdate>(operation->body());
    };
    if (std::ranges::any_of(operations, updates_model)) return;
    Writer messages;
    messages.reserve(operations.size() * 80);
    std::vector<std::size_t> ends{0};
    ends.reserve(operations.size() + 1);
    std::vector<const op::SubmitTask*> submissions;
    submissions.reserve(operations.size());
    std::uint64_t version = 0;  // of the model of the submission before
    for (const OperationPtr& operation : operations) {
        const auto* submission = std::get_if<op::SubmitTask>(&operation->body());
        if (submission == nullptr) continue;
        if (submissions.empty() || submissions.back()->model_id != submission->model_id)
            version = version_of(t.state(), submission->model_id);
        put_key_message(messages, operation->sender(), *submission, version);
        ends.push_back(messages.size());
        submissions.push_back(submission);
    }
    // Messages of equal length are hashed together; numbered ids make long runs of those.
    const std::size_t count = submissions.size();
    std::vector<Hash32> keys(count);
    for (std::size_t first = 0, last = 0; first < count; first = last) {
        const std::size_t length = ends[first + 1] - ends[first];
        for (last = first + 1; last < count && ends[last + 1] - ends[last] == length;) ++last;
        rule_hash_many(t.rules().kernels->hasher(), messages.view().data() + ends[first], length,
                       last - first, &keys[first]);
    }
    t.prepared_keys().reserve(count);
    for (std::size_t i = 0; i < count; ++i) t.prepared_keys().add(submissions[i], keys[i]);
}

Amount required_fee(const State& state, const VmParameters& parameters) {
    return required_fee(parameters, state.waiting_tasks);
}

Amount required_fee(const VmParameters& parameters, std::uint64_t waiting_tasks) {
    const Amount floor = parameters.policy.fee_floor;
    const std::uint64_t doublings =
        std::min(kFeeFloorDoublingsMax * waiting_tasks / parameters.config.max_task_queue_size,
                 kFeeFloorDoublingsMax);
    const auto scaled = floor.checked_times(std::uint64_t{1} << doublings);
    AIVM_CHECK(scaled.has_value());  // else the parameters would have been refused
    if (AIVM_MUTANT(F22)) return *scaled;
    return *scaled + parameters.result_bond().bps(parameters.policy.lock_fee_bps);
}

Result<ModelIndex> check_submission(const State& state, const VmParameters& parameters,
                                    const Address& requester, const op::SubmitTask& s) {
    const Amount least = parameters.policy.fee_floor;
    if (s.fee < least) {
        return fail(ErrorCode::kFeeTooLow, fmt::format("task {} offers {} nLUX, the floor is {}",
                                                       s.job_id, s.fee.nlux(), least.nlux()));
    }
    if (s.job_id.empty() || s.job_id.size() > kJobIdBytesMax) {
        return fail(ErrorCode::kInvalidTask,
                    fmt::format("a task id has 1 to {} bytes", kJobIdBytesMax));
    }
    if (s.mode != parameters.config.verification_mode) {
        return fail(ErrorCode::kInvalidTask,
                    "task " + s.job_id + " asks for a mode that this chain does not run");
    }
    const std::string bound = parameters.dag ? bound_job_id(requester, s.job_id) : std::string();
    if (state.find_task(parameters.dag ? std::string_view(bound) : s.job_id))
        return fail(ErrorCode::kDuplicate, "task " + s.job_id);
    const auto model = state.find_model(s.model_id);
    if (!model) return fail(ErrorCode::kInvalidTask, "unknown model " + s.model_id);
    if (state.status_of_model(*model).retired)
        return fail(ErrorCode::kInvalidTask, "model " + s.model_id + " is retired");
    if (s.input_row >= state.model(*model).row_count()) {
        return fail(ErrorCode::kInvalidTask,
                    fmt::format("model {} has no row {}", s.model_id, s.input_row));
    }
    return *model;
}

namespace {

// What may change while the submission waits in a queue: the price, and who offers the model.
Status check_market(const State& state, const VmParameters& parameters, ModelIndex model,
                    const op::SubmitTask& s) {
    if (const Amount least = required_fee(state, parameters); s.fee < least) {
        return fail(ErrorCode::kFeeTooLow,
                    fmt::format("task {} offers {} nLUX, the floor is {} while {} tasks wait",
                                s.job_id, s.fee.nlux(), least.nlux(), state.waiting_tasks));
    }
    if (!AIVM_MUTANT(F4) && !is_offered(state, parameters, model)) {
        return fail(ErrorCode::kNoProvider, "none that could be drawn offers model " + s.model_id);
    }
    return {};
}

}  // namespace

Status submit_task(Transition& t, const Address& sender, const op::SubmitTask& s) {
    AIVM_ASSIGN(const ModelIndex model, check_submission(t.state(), t.parameters(), sender, s));
    if (t.state().waiting_tasks >= t.config().max_task_queue_size) {
        return fail(ErrorCode::kQueueFull,
                    fmt::format("{} tasks wait already", t.state().waiting_tasks));
    }
    AIVM_TRY(check_market(t.state(), t.parameters(), model, s));
    AIVM_TRY(ledger::check_balance(t.state(), sender, s.fee));
    if (!checked_add(t.block().timestamp_ns, t.config().task_timeout_ns)) {
        return fail(ErrorCode::kOverflow, "task timeout");
    }

    Task task;
    task.job_id = stored_job_id(t.parameters(), sender, s);
    const auto prepared = t.prepared_keys().take(&s);
    task.task_key = prepared ? *prepared : task_key(sender, s, version_of(t.state(), s.model_id));
    task.requester = sender;
    task.type = s.type;
    task.mode = s.mode;
    task.model = AIVM_MUTANT(F25) ? model : t.read_model_status(model).newest;
    task.input_row = s.input_row;
    const Amount burned = admission_burn(t.policy(), s.fee);
    task.fee = s.fee;
    task.escrow = AIVM_MUTANT(escrow_whole) ? s.fee : s.fee - burned;
    task.submitted_at = t.block().height;
    task.waiting_since_ns = t.block().timestamp_ns;
    task.draw_at = t.block().height + kDrawDelayBlocks;
    const Height draw_at = task.draw_at;

    ledger::burn_from(t, sender, burned);
    ledger::lock(t, sender, ledger::Pot::kTaskEscrows, s.fee - burned);
    const TaskIndex index = t.add_task(std::move(task));
    t.count_waiting_task(+1);
    t.set_timer(HeightTimer{draw_at, TimerKind::kDraw, index.value});
    if (!AIVM_MUTANT(no_timeout)) t.start_timeout(index);
    t.emit(event::TaskSubmitted{index});
    return {};
}

}  // namespace aivm
