// Redundant mode: commitments, reveals, the plurality, and its settlement.
#include <algorithm>
#include <map>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

// keccak over 32 bytes each: task key, model, digest of the input, of the output, of the embedding,
// the operator's address left-padded, the nonce.
Hash32 commitment_of(const Task& task, const Model& model, const Address& operator_address,
                     const op::Reveal& r) {
    const auto input = input_row(model, task.input_row);
    Writer out;
    out.fixed(task.task_key).fixed(digest_of_weights(model.weights)).fixed(keccak256(input));
    out.fixed(keccak256({{&r.answer, 1}})).fixed(r.embedding_digest);
    for (int i = 0; i < 12; ++i) out.u8(0);
    return keccak256(out.fixed(operator_address).fixed(r.nonce).view());
}

bool is_open(const Seat& seat) {
    return seat.status != SeatStatus::kReleased && seat.status != SeatStatus::kSlashed;
}

}  // namespace

// The sender's seat at a task of a committee that works, at the stage that the operation needs.
std::optional<ReferenceChain::Place> ReferenceChain::find_place(const std::string& job,
                                                                const std::string& provider,
                                                                SeatStatus wanted) {
    const auto task_row = find_task(job);
    const auto provider_row = find_provider(provider);
    require(task_row.has_value(), ErrorCode::kNotFound);
    require(provider_row.has_value(), ErrorCode::kProviderNotFound);
    if (!reasons_.none()) return std::nullopt;
    require(world.providers[*provider_row].owner == sender_, ErrorCode::kNotAuthorized);
    const Task& task = world.tasks[*task_row];
    require(task.mode == VerificationMode::kRedundant && task.status == TaskStatus::kAssigned,
            ErrorCode::kWrongState);
    if (!reasons_.none()) return std::nullopt;
    for (std::size_t i = 0; i < task.seats.size(); ++i) {
        if (task.seats[i].provider != *provider_row || !is_open(task.seats[i])) continue;
        require(task.seats[i].status == wanted, ErrorCode::kWrongState);
        return Place{*task_row, i};
    }
    require(false, ErrorCode::kNotAuthorized);
    return std::nullopt;
}

void ReferenceChain::require_window(Height first, Height last) {
    require(height() >= first, ErrorCode::kWindowNotOpen);
    require(height() <= last, ErrorCode::kWindowClosed);
}

void ReferenceChain::post_member_answer(const Place& place, Answer answer) {
    Seat& seat = world.tasks[place.task].seats[place.seat];
    seat.status = SeatStatus::kPosted;
    seat.answer = answer;
    seat.posted_at = height();
    events.emplace_back(event::ResultRevealed{{place.task}, {seat.provider}, answer});
}

// Commits are taken after the block of the draw.
void ReferenceChain::operation(const op::Commit& c) {
    const auto place = find_place(c.job_id, c.provider_id, SeatStatus::kSelected);
    if (!place) return;
    Task& task = world.tasks[place->task];
    require(policy().commit_reveal, ErrorCode::kWrongState);
    require_window(task.draw_at + 1, task.draw_at + policy().commit_window_blocks);
    if (!reasons_.none()) return;
    Seat& seat = task.seats[place->seat];
    seat.status = SeatStatus::kCommitted;
    seat.commitment = c.commitment;
    events.emplace_back(event::ResultCommitted{{place->task}, {seat.provider}});
}

// Reveals are taken after the last block of commits. No model defines an embedding, so its digest
// is that of nothing.
void ReferenceChain::operation(const op::Reveal& r) {
    const auto place = find_place(r.job_id, r.provider_id, SeatStatus::kCommitted);
    if (!place) return;
    const Task& task = world.tasks[place->task];
    const Height commits_end = task.draw_at + policy().commit_window_blocks;
    require_window(commits_end + 1, commits_end + policy().reveal_window_blocks);
    require(r.embedding_digest == keccak256(ByteView{}), ErrorCode::kInvalidArgument);
    require(commitment_of(task, *world.models[task.model].model, sender_, r) ==
                task.seats[place->seat].commitment,
            ErrorCode::kInvalidArgument);
    if (reasons_.none()) post_member_answer(*place, r.answer);
}

// Without commit-reveal, answers are given in the open in the first window.
void ReferenceChain::answer_in_the_open(const op::SubmitResult& r) {
    const auto place = find_place(r.job_id, r.provider_id, SeatStatus::kSelected);
    if (!place) return;
    Task& task = world.tasks[place->task];
    require(!policy().commit_reveal, ErrorCode::kWrongState);
    require(r.trace_root.is_zero(), ErrorCode::kInvalidArgument);
    require_window(task.draw_at + 1, task.draw_at + policy().commit_window_blocks);
    if (!reasons_.none()) return;
    task.seats[place->seat].compute_time_ms = r.compute_time_ms;
    post_member_answer(*place, r.answer);
}

void ReferenceChain::close_commits(Row row) {
    const Task& task = world.tasks[row];
    if (task.mode != VerificationMode::kRedundant || task.status != TaskStatus::kAssigned) return;
    if (height() != task.draw_at + policy().commit_window_blocks) return;
    for (std::size_t i = 0; i < task.seats.size(); ++i) {
        if (task.seats[i].status == SeatStatus::kSelected)
            slash_seat(row, i, {.cause = SlashCause::kSilent, .challenger = {}, .requester = {}});
    }
    if (!policy().commit_reveal) tally(row);
}

void ReferenceChain::close_reveals(Row row) {
    const Task& task = world.tasks[row];
    if (task.mode != VerificationMode::kRedundant || task.status != TaskStatus::kAssigned) return;
    const Height last =
        task.draw_at + policy().commit_window_blocks + policy().reveal_window_blocks;
    if (!policy().commit_reveal || height() != last) return;
    for (std::size_t i = 0; i < task.seats.size(); ++i) {
        if (task.seats[i].status == SeatStatus::kCommitted)
            slash_seat(row, i,
                       {.cause = SlashCause::kUnrevealed, .challenger = {}, .requester = {}});
    }
    tally(row);
}

// The bonds behind the answer, against those of all drawn members.
bool ReferenceChain::has_stake(const Task& task, Answer answer) const {
    Money behind = 0;
    Money all = 0;
    for (const Seat& seat : task.seats) {
        const Money bond = world.providers[seat.provider].bond;
        all += bond;
        if (seat.status == SeatStatus::kPosted && seat.answer == answer) behind += bond;
    }
    return behind * 10'000 >= all * policy().quorum_stake_bps;
}

// A plurality of at least redundancyFactor is the provisional answer. Without one nobody is
// slashed, and the task is drawn again.
void ReferenceChain::tally(Row row) {
    Task& task = world.tasks[row];
    std::map<Answer, std::uint32_t> votes;
    for (const Seat& seat : task.seats) {
        if (seat.status == SeatStatus::kPosted) votes[seat.answer] += 1;
    }
    for (const auto& [answer, count] : votes) {
        if (count < config().redundancy_factor || !has_stake(task, answer)) continue;
        task.status = TaskStatus::kPosted;
        task.provisional = answer;
        task.posted_at = height();
        task.settle_at = settlement_height(task, height());
        events.emplace_back(event::QuorumReached{{row}, answer, count});
        return;  // a strict majority: there is no other one
    }
    for (std::size_t i = 0; i < task.seats.size(); ++i) {
        if (is_open(task.seats[i])) end_seat(row, i, SeatStatus::kReleased);
    }
    events.emplace_back(event::QuorumMissed{{row}});
    return_or_fail(row);
}

// The plurality's answer; where a re-execution has overturned that, one that agrees with the truth.
bool ReferenceChain::member_is_right(const Task& task, Answer answer) const {
    if (!task.proven_wrong) return answer == task.provisional;
    return have_agreeing_value(answer, task.truth, policy().answer_tolerance);
}

void ReferenceChain::settle_committee(Row row) {
    const Task task = world.tasks[row];  // as it was
    std::vector<Row> winners;
    for (const Seat& seat : task.seats) {
        if (seat.status == SeatStatus::kPosted && member_is_right(task, seat.answer))
            winners.push_back(seat.provider);
    }
    const PaidOut paid =
        pay_out(row, winners.empty() ? std::nullopt : std::optional(winners.front()));
    ProviderSlash slash{.cause = SlashCause::kDivergent, .challenger = {}, .requester = {}};
    if (task.proven_wrong)
        slash = {.cause = SlashCause::kWrongAnswer,
                 .challenger = paid.rewarded,
                 .requester = task.requester};
    for (std::size_t i = 0; i < task.seats.size(); ++i) {
        if (!is_open(task.seats[i])) continue;
        if (member_is_right(task, task.seats[i].answer)) {
            end_seat(row, i, SeatStatus::kReleased);
        } else {
            slash_seat(row, i, slash);
        }
    }
    if (winners.empty()) return return_or_fail(row);
    if (task.proven_wrong) world.tasks[row].provisional = task.truth;
    complete(row, winners);
}

}  // namespace aivm::reference
