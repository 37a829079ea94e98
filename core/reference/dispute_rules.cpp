// Challenges: a hidden claim, its reveal, the judgement of the result, and the money of claims.
#include <algorithm>

#include "core/base/rule_hash.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

constexpr Money kAmountLimit = Money{~std::uint64_t{0}};

// Somebody must still act.
bool is_in_play(const Dispute& dispute) {
    return dispute.status == DisputeStatus::kCommitted || dispute.status == DisputeStatus::kPlaying;
}

}  // namespace

std::optional<Row> ReferenceChain::latest_dispute(Row task, const Address& challenger) const {
    std::optional<Row> latest;
    for (Row i = 0; i < world.disputes.size(); ++i) {
        const Dispute& d = world.disputes[i];
        if (d.task == task && d.assignment == world.tasks[task].assignments &&
            d.challenger == challenger) {
            latest = i;
        }
    }
    return latest;
}

std::uint32_t ReferenceChain::open_disputes(const Task& task) const {
    return static_cast<std::uint32_t>(
        std::count_if(task.disputes.begin(), task.disputes.end(),
                      [&](Row i) { return is_in_play(world.disputes[i]); }));
}

// The same for everybody, unless a policy under study doubles it.
Money ReferenceChain::challenger_bond(const Task& task) const {
    std::uint64_t doublings = 0;
    if (policy().challenge_escalation == ChallengeEscalation::kPerLost)
        doublings = task.challenges_lost;
    if (policy().challenge_escalation == ChallengeEscalation::kPerOpen)
        doublings = std::uint64_t{task.challenges_lost} + open_disputes(task);
    Money bond = to_money(policy().challenger_bond);
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(doublings, 20); ++i) bond *= 2;
    return bond;
}

// Games are played over a trace, which one provider posts: where the policy says so, and where the
// model is too long to be run again.
bool ReferenceChain::plays_bisection(const Task& task) const {
    const std::uint32_t steps = world.models[task.model].model->steps;
    return task.mode != VerificationMode::kRedundant && steps > 1 &&
           (policy().dispute_game == DisputeGame::kBisection ||
            steps > policy().one_step_steps_max);
}

void ReferenceChain::operation(const op::Challenge& c) {
    const auto row = find_task(c.job_id);
    if (!require(row.has_value(), ErrorCode::kNotFound)) return;
    const Task& task = world.tasks[*row];
    if (!require(task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged,
                 ErrorCode::kWrongState)) {
        return;
    }
    require(
        height() > task.posted_at && height() <= task.posted_at + config().challenge_window_blocks,
        ErrorCode::kWindowClosed);
    require(!task.proven_wrong && !task.truth_known, ErrorCode::kWrongState);
    const std::uint32_t most = policy().disputes_per_result_max;
    require(most == 0 || task.disputes.size() < most, ErrorCode::kLimitReached);
    const auto before = latest_dispute(*row, sender_);
    require(!before || !is_in_play(world.disputes[*before]), ErrorCode::kDuplicate);
    // A committee posts no trace, so that a long model's answer cannot be checked.
    require(task.mode != VerificationMode::kRedundant ||
                world.models[task.model].model->steps <= policy().one_step_steps_max,
            ErrorCode::kInvalidArgument);
    require(c.claim.has_value() == policy().challenge_in_clear, ErrorCode::kInvalidArgument);
    const Money bond = challenger_bond(task);
    require(bond <= kAmountLimit, ErrorCode::kOverflow);
    require(balance(sender_) >= bond, ErrorCode::kInsufficientFunds);
    if (!reasons_.none()) return;

    Dispute dispute;
    dispute.task = *row;
    dispute.assignment = task.assignments;
    dispute.challenger = sender_;
    dispute.commitment = c.commitment;
    dispute.bond = bond;
    dispute.opened_at = height();
    dispute.deadline = height() + policy().challenge_reveal_blocks;
    dispute.attempt = before ? world.disputes[*before].attempt + 1 : 1;
    add(sender_, -bond);
    const Row opened = static_cast<Row>(world.disputes.size());
    world.disputes.push_back(dispute);
    world.tasks[*row].disputes.push_back(opened);
    world.tasks[*row].status = TaskStatus::kChallenged;
    world.tasks[*row].settle_at = 0;
    events.emplace_back(event::ChallengeOpened{{*row}, {opened}});
    if (c.claim) take_claim(opened, *c.claim);
}

void ReferenceChain::operation(const op::ChallengeReveal& r) {
    const auto row = find_task(r.job_id);
    if (!require(row.has_value(), ErrorCode::kNotFound)) return;
    const auto mine = latest_dispute(*row, sender_);
    if (!require(mine && world.disputes[*mine].status == DisputeStatus::kCommitted,
                 ErrorCode::kWrongState)) {
        return;
    }
    require(rule_hash({{&r.claim, 1}, r.salt.view(), sender_.view()}) ==
                world.disputes[*mine].commitment,
            ErrorCode::kInvalidArgument);
    if (reasons_.none()) take_claim(*mine, r.claim);
}

// What is known of the result decides the claim. Where nothing is, the model is run again, or the
// game begins that finds the step to run.
void ReferenceChain::take_claim(Row row, Answer claim) {
    Dispute& dispute = world.disputes[row];
    dispute.claim = claim;
    dispute.revealed = true;
    events.emplace_back(event::ChallengeRevealed{{dispute.task}, {row}});
    const Task& task = world.tasks[dispute.task];
    if (!task.proven_wrong && !task.truth_known) {
        if (plays_bisection(task)) {
            if (claim != task.provisional) return begin_game(row);
            return leave_play(row, DisputeStatus::kLost);  // it disputes nothing
        }
        learn_truth(dispute.task);
    }
    judge(row);
}

// Run once for a result, which settles it, whatever was claimed.
void ReferenceChain::learn_truth(Row row) {
    Task& task = world.tasks[row];
    task.truth_known = true;
    task.truth = run_whole_model(*world.models[task.model].model, task.input_row);
    if (!have_agreeing_value(task.truth, task.provisional, policy().answer_tolerance))
        task.proven_wrong = true;
    judge_games(row);
}

// The provider lost a game: it is wrong, but a claim need not be right. A short model is run.
void ReferenceChain::prove_wrong(Row row) {
    Task& task = world.tasks[row];
    task.proven_wrong = true;
    if (world.models[task.model].model->steps <= policy().one_step_steps_max)
        return learn_truth(row);
    judge_games(row);
}

void ReferenceChain::judge_games(Row row) {
    for (const Row dispute : world.tasks[row].disputes) {
        if (world.disputes[dispute].status == DisputeStatus::kPlaying) judge(dispute);
    }
}

void ReferenceChain::judge(Row row) {
    const Dispute& dispute = world.disputes[row];
    const Task& task = world.tasks[dispute.task];
    if (dispute.claim == task.provisional) return leave_play(row, DisputeStatus::kLost);
    if (!task.truth_known) return leave_play(row, DisputeStatus::kWaiting);
    const bool is_true = task.proven_wrong &&
                         have_agreeing_value(dispute.claim, task.truth, policy().answer_tolerance);
    leave_play(row, is_true ? DisputeStatus::kWon : DisputeStatus::kLost);
}

// With the last open dispute of a result, its settlement is fixed.
void ReferenceChain::leave_play(Row row, DisputeStatus status) {
    Dispute& dispute = world.disputes[row];
    Task& task = world.tasks[dispute.task];
    dispute.status = status;
    dispute.deadline = 0;
    if (status == DisputeStatus::kLost) task.challenges_lost += 1;
    if (open_disputes(task) == 0) task.settle_at = settlement_height(task, height());
    if (status == DisputeStatus::kWaiting) return;
    dispute.closed_at = height();
    events.emplace_back(event::DisputeClosed{{dispute.task}, {row}, status == DisputeStatus::kWon});
}

// The side whose turn it is loses; before the reveal that is the challenger.
void ReferenceChain::expire(Row row) {
    const Dispute& dispute = world.disputes[row];
    if (dispute.status == DisputeStatus::kPlaying && dispute.provider_to_move)
        return prove_wrong(dispute.task);
    leave_play(row, DisputeStatus::kLost);
}

void ReferenceChain::return_bond(Row row) {
    add(world.disputes[row].challenger, world.disputes[row].bond);
    world.disputes[row].bond = 0;
}

// At the settlement of a result: won claims get their bonds back, lost ones do not, and those whose
// truth is not known yet wait for the final answer.
ReferenceChain::PaidOut ReferenceChain::pay_out(Row row, std::optional<Row> right_provider) {
    PaidOut out;
    Task& task = world.tasks[row];
    for (const Row i : task.disputes) {
        const Dispute& dispute = world.disputes[i];
        if (dispute.status == DisputeStatus::kWon) {
            return_bond(i);
            if (!out.rewarded) out.rewarded = dispute.challenger;
            out.won.push_back(dispute.challenger);
        } else if (dispute.status == DisputeStatus::kWaiting) {
            task.claims.push_back(i);
            if (!out.first_waiting) out.first_waiting = i;
        } else {
            slash_challenger(i, right_provider);
        }
    }
    task.disputes.clear();
    return out;
}

std::vector<std::vector<Row>> ReferenceChain::take_claims_by_result(Row row) {
    std::vector<std::vector<Row>> out;
    for (const Row i : world.tasks[row].claims) {
        if (out.empty() ||
            world.disputes[out.back().back()].assignment != world.disputes[i].assignment) {
            out.emplace_back();
        }
        out.back().push_back(i);
    }
    world.tasks[row].claims.clear();
    return out;
}

// Several true claims: each receives the share divided by 2 for every other one.
void ReferenceChain::split_share(Row task, const std::vector<Address>& challengers, Money share) {
    Money each = share;
    for (std::size_t i = 1; i < challengers.size() && each > 0; ++i) each /= 2;
    event::ShareSettled event;
    event.task = {task};
    event.assignment = world.tasks[task].assignments;
    for (const Address& challenger : challengers) {
        if (each == 0) break;
        event.challenger = challenger;
        event.paid = to_amount(each);
        add(challenger, each);
        share -= each;
        events.emplace_back(event);
    }
    if (share == 0) return;
    event.challenger = Address();
    event.paid = Amount();
    event.burned = to_amount(share);
    world.head.burned += share;
    events.emplace_back(event);
}

// The chain itself runs some results again before they settle, drawn by the beacon.
void ReferenceChain::audit_by_chance(Row row) {
    const Task& task = world.tasks[row];
    if (policy().audit_bps == 0 || task.proven_wrong || task.truth_known) return;
    if (world.models[task.model].model->steps > policy().one_step_steps_max) return;
    const Hash32 draw = rule_hash({world.head.beacon.view(), task.task_key.view()});
    const std::uint64_t heard = 10'000 - policy().audit_colluding_bps;
    if (draw.prefix64() % 100'000'000 < policy().audit_bps * heard) learn_truth(row);
}

// The share of one slash, which the first claim on that result holds: paid or burned.
void ReferenceChain::settle_share(Row first, const std::optional<Row>& receiver) {
    Dispute& holder = world.disputes[first];
    const Money share = holder.share;
    holder.share = 0;
    if (share == 0) return;
    event::ShareSettled event;
    event.task = {holder.task};
    event.assignment = holder.assignment;
    if (receiver) {
        event.challenger = world.disputes[*receiver].challenger;
        event.paid = to_amount(share);
        add(event.challenger, share);
    } else {
        event.burned = to_amount(share);
        world.head.burned += share;
    }
    events.emplace_back(event);
}

void ReferenceChain::close_claim(Row row, DisputeStatus status) {
    Dispute& dispute = world.disputes[row];
    dispute.status = status;
    dispute.closed_at = height();
    if (status == DisputeStatus::kReturned) {
        events.emplace_back(event::ClaimReturned{{dispute.task}, {row}});
    } else {
        events.emplace_back(
            event::DisputeClosed{{dispute.task}, {row}, status == DisputeStatus::kWon});
    }
}

// The job's answer is final: a claim equal to it is rewarded, the earliest first; a different one
// loses its bond.
void ReferenceChain::settle_claims(Row row, Answer answer) {
    for (const std::vector<Row>& claims : take_claims_by_result(row)) {
        std::optional<Row> earliest;
        for (const Row i : claims) {
            const bool is_true = world.disputes[i].claim == answer;
            if (is_true && !earliest) earliest = i;
            if (is_true) return_bond(i);
            if (!is_true) slash_challenger(i, std::nullopt);
            close_claim(i, is_true ? DisputeStatus::kWon : DisputeStatus::kLost);
        }
        settle_share(claims.front(), earliest);
    }
}

// The job failed: bonds return, and a share goes to the earliest that won its game by the last
// step.
void ReferenceChain::release_claims(Row row) {
    for (const std::vector<Row>& claims : take_claims_by_result(row)) {
        std::optional<Row> earliest;
        for (const Row i : claims) {
            if (world.disputes[i].won_by_step && !earliest) earliest = i;
            return_bond(i);
            close_claim(i, DisputeStatus::kReturned);
        }
        settle_share(claims.front(), earliest);
    }
}

}  // namespace aivm::reference
