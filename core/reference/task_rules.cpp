// Tasks from their admission to their end: draw, answer, timeout, settlement, payment.
#include <algorithm>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/rule_hash.h"
#include "core/config/limits.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

constexpr Money kLargest = Money{~std::uint64_t{0}};

Hash32 key_of_task(const Address& requester, const op::SubmitTask& s, std::uint64_t version) {
    Writer out;
    out.fixed(requester).string(s.job_id);
    out.u8(static_cast<std::uint8_t>(s.type)).u8(static_cast<std::uint8_t>(s.mode));
    out.string(s.model_id).u64(version).u32(s.input_row).amount(s.fee);
    return rule_hash(out.view());
}

}  // namespace

std::optional<Row> ReferenceChain::find_task(std::string_view job_id) const {
    for (Row i = 0; i < world.tasks.size(); ++i) {
        if (world.tasks[i].job_id == job_id) return i;
    }
    return std::nullopt;
}

std::uint64_t ReferenceChain::waiting_tasks() const {
    std::uint64_t count = 0;
    for (const Task& task : world.tasks) count += task.status == TaskStatus::kPending ? 1 : 0;
    return count;
}

// The floor doubles for every sixteenth of the queue that is taken; on top comes a share of the
// bond that the task will lock.
Money ReferenceChain::required_fee() const {
    const std::uint64_t doublings = 16 * waiting_tasks() / config().max_task_queue_size;
    Money floor = to_money(policy().fee_floor);
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(doublings, 16); ++i) floor *= 2;
    const Money lock = to_money(law_.parameters.result_bond());
    return floor + share_of(lock, policy().lock_fee_bps);
}

// Whether a provider that could be drawn advertises the model, now or once it has room.
bool ReferenceChain::is_offered(Row model) const {
    return std::any_of(world.providers.begin(), world.providers.end(), [&](const Provider& p) {
        return p.status == ProviderStatus::kActive && p.models.contains(model) &&
               p.bond >= to_money(config().min_provider_bond);
    });
}

void ReferenceChain::operation(const op::SubmitTask& s) {
    // On a DAG the id is bound to its requester, so that nobody takes another's.
    const Hash32 bound = keccak256({sender_.view(), as_bytes(s.job_id)});
    const std::string job_id = law_.parameters.dag ? to_hex(bound.view()) : s.job_id;
    require(!s.job_id.empty() && s.job_id.size() <= kJobIdBytesMax, ErrorCode::kInvalidTask);
    require(s.mode == config().verification_mode, ErrorCode::kInvalidTask);
    require(!find_task(job_id), ErrorCode::kDuplicate);
    require(waiting_tasks() < config().max_task_queue_size, ErrorCode::kQueueFull);
    require(to_money(s.fee) >= required_fee(), ErrorCode::kFeeTooLow);
    require(balance(sender_) >= to_money(s.fee), ErrorCode::kInsufficientFunds);
    require(Money{now()} + config().task_timeout_ns <= kLargest, ErrorCode::kOverflow);
    const auto model = find_model(s.model_id);
    if (require(model.has_value(), ErrorCode::kInvalidTask)) {
        const ModelEntry& first = world.models[*model];
        require(!first.retired, ErrorCode::kInvalidTask);
        require(s.input_row < first.model->rows.size() / kInputBytes, ErrorCode::kInvalidTask);
        require(is_offered(*model), ErrorCode::kNoProvider);
    }
    if (!reasons_.none()) return;

    const Money burned = share_of(to_money(s.fee), policy().fee_burn_bps);
    Task task;
    task.job_id = job_id;
    task.requester = sender_;
    task.type = s.type;
    task.mode = s.mode;
    task.model = world.models[*model].newest;
    task.task_key = key_of_task(sender_, s, world.models[task.model].version);
    task.input_row = s.input_row;
    task.fee = to_money(s.fee);
    task.escrow = task.fee - burned;
    task.submitted_at = height();
    add(sender_, -task.fee);
    world.head.burned += burned;
    enter_pending(task);
    world.tasks.push_back(std::move(task));
    events.emplace_back(event::TaskSubmitted{{static_cast<Row>(world.tasks.size() - 1)}});
}

// Every entry fixes a new draw, two blocks later, and starts the timeout.
void ReferenceChain::enter_pending(Task& task) {
    task.status = TaskStatus::kPending;
    task.waiting_since_ns = now();
    task.draw_at = height() + 2;
}

// keccak(task key || beacon of the block of the draw)
Hash32 ReferenceChain::draw_seed(const Task& task) const {
    return rule_hash({task.task_key.view(), world.head.beacon.view()});
}

// Eligible two blocks before the draw, when its beacon could not be known: bonded for long enough
// (genesis counts as for ever), at least the minimum, not leaving, advertising the model. With room
// now: below the task limit, and with one result bond unlocked.
bool ReferenceChain::may_be_drawn(Row row, const Task& task) const {
    const Provider& p = world.providers[row];
    const Duties duties = duties_of(row);
    const Money fixed_at = Money{height()} - 2;
    const bool bonded =
        p.bonded_since == 0 || Money{p.bonded_since} + policy().activation_delay_blocks <= fixed_at;
    const Money unlocked = p.bond - duties.locked;
    return p.status == ProviderStatus::kActive && bonded &&
           p.bond >= to_money(config().min_provider_bond) &&
           p.models.contains(world.models[task.model].first) &&
           duties.open_tasks < config().max_tasks_per_provider &&
           unlocked >= to_money(law_.parameters.result_bond());
}

// By weight 1 + trust score.
std::vector<Row> ReferenceChain::draw_one(const Task& task,
                                          const std::vector<Row>& candidates) const {
    const auto weight = [&](Row row) { return std::uint64_t{1} + trust_of(world.providers[row]); };
    std::uint64_t total = 0;
    for (const Row row : candidates) total += weight(row);
    if (total == 0) return {};
    std::uint64_t point = number_modulo(draw_seed(task), total);
    for (const Row row : candidates) {
        if (point < weight(row)) return {row};
        point -= weight(row);
    }
    return {};
}

// A Fisher-Yates prefix: draw i = keccak(seed || u32be(i)) modulo what remains.
std::vector<Row> ReferenceChain::draw_committee(const Task& task,
                                                std::vector<Row> candidates) const {
    const std::uint32_t count = policy().redundancy_providers;
    if (candidates.size() < count) return {};
    const Hash32 seed = draw_seed(task);
    for (std::uint32_t i = 0; i < count; ++i) {
        const Hash32 number = rule_hash(Writer().fixed(seed).u32(i).view());
        std::swap(candidates[i], candidates[i + number_modulo(number, candidates.size() - i)]);
    }
    candidates.resize(count);
    return candidates;
}

// With too few candidates the draw is repeated in the next block, with that block's beacon.
void ReferenceChain::draw(Row row) {
    Task& task = world.tasks[row];
    std::vector<Row> candidates;
    for (Row i = 0; i < world.providers.size(); ++i) {
        if (may_be_drawn(i, task)) candidates.push_back(i);
    }
    const bool committee = task.mode == VerificationMode::kRedundant;
    const std::vector<Row> drawn =
        committee ? draw_committee(task, candidates) : draw_one(task, candidates);
    if (drawn.empty()) {
        task.draw_at = height() + 1;
        return;
    }
    task.status = TaskStatus::kAssigned;
    task.assignments += 1;
    task.waiting_since_ns = now();
    for (const Row provider : drawn) {
        Seat seat;
        seat.provider = provider;
        seat.locked = to_money(law_.parameters.result_bond());
        task.seats.push_back(seat);
        events.emplace_back(event::TaskAssigned{{row}, {provider}, law_.parameters.result_bond()});
    }
}

void ReferenceChain::operation(const op::SubmitResult& r) {
    const auto task_row = find_task(r.job_id);
    const auto provider_row = find_provider(r.provider_id);
    require(task_row.has_value(), ErrorCode::kNotFound);
    require(provider_row.has_value(), ErrorCode::kProviderNotFound);
    if (!reasons_.none()) return;
    Task& task = world.tasks[*task_row];
    if (task.mode == VerificationMode::kRedundant) return answer_in_the_open(r);
    const Provider& provider = world.providers[*provider_row];
    require(provider.owner == sender_, ErrorCode::kNotAuthorized);
    if (require(task.status == TaskStatus::kAssigned, ErrorCode::kWrongState)) {
        require(task.seats.at(0).provider == *provider_row &&
                    task.seats.at(0).status == SeatStatus::kSelected,
                ErrorCode::kNotAuthorized);
    }
    const bool has_trace = world.models[task.model].model->steps > 1;
    require(has_trace != r.trace_root.is_zero(), ErrorCode::kInvalidArgument);
    if (!reasons_.none()) return;

    Seat& seat = task.seats.at(0);
    seat.status = SeatStatus::kPosted;
    seat.answer = r.answer;
    seat.trace_root = r.trace_root;
    seat.compute_time_ms = r.compute_time_ms;
    seat.posted_at = height();
    task.status = TaskStatus::kPosted;
    task.provisional = r.answer;
    task.posted_at = height();
    task.settle_at = settlement_height(task, height());
    events.emplace_back(event::ResultPosted{{*task_row}, {*provider_row}, r.answer});
    // Fresh hardware evidence with a sufficient score shortens the latency, and nothing else.
    if (task.mode == VerificationMode::kTee && provider.hardware_attested &&
        evidence_is_fresh(provider) && trust_of(provider) >= config().min_trust_score) {
        task.usable_at = height();
        events.emplace_back(event::UsableEarly{{*task_row}, {*provider_row}});
    }
}

// First thing after the window, or after the last dispute has closed if that is later. An answer
// that was proven wrong need not wait for the window, but a committee's is paid at its end.
Height ReferenceChain::settlement_height(const Task& task, Height closed) const {
    if (task.proven_wrong && task.mode != VerificationMode::kRedundant) return closed + 1;
    return std::max(task.posted_at + config().challenge_window_blocks + 1, closed + 1);
}

void ReferenceChain::end_seat(Row row, std::size_t seat, SeatStatus status) {
    world.tasks[row].seats[seat].status = status;
    world.tasks[row].seats[seat].locked = 0;
}

// The escrow stays with the task for its next provider.
void ReferenceChain::return_or_fail(Row row) {
    Task& task = world.tasks[row];
    // The first assignment is no reassignment.
    if (Money{task.assignments} - 1 >= policy().reassignments_max) return fail(row);
    task.seats.clear();
    task.posted_at = task.settle_at = task.usable_at = 0;
    task.proven_wrong = task.truth_known = false;
    task.truth = task.provisional = 0;
    task.challenges_lost = 0;
    enter_pending(task);
    events.emplace_back(event::TaskReturned{{row}});
}

// The rest of the fee goes back; waiting claims are released.
void ReferenceChain::fail(Row row) {
    Task& task = world.tasks[row];
    const Money refund = task.escrow;
    task.status = TaskStatus::kFailed;
    task.final_at = height();
    task.provisional = 0;
    task.settle_at = 0;
    task.escrow = 0;
    add(task.requester, refund);
    const Money burned = share_of(task.fee, policy().fee_burn_bps);
    world.receipts.push_back({{row},
                              task.task_key,
                              TaskStatus::kFailed,
                              0,
                              Amount(),
                              to_amount(burned),
                              Amount(),
                              height(),
                              world.head.anchor_target});
    events.emplace_back(event::TaskRefunded{{row}, to_amount(refund)});
    events.emplace_back(event::TaskFailed{{row}});
    release_claims(row);
}

// A pending task fails; the silent provider of an assigned one is slashed.
void ReferenceChain::time_out(Row row) {
    if (world.tasks[row].status == TaskStatus::kPending) return fail(row);
    slash_seat(row, 0, {.cause = SlashCause::kTimeout, .challenger = {}, .requester = {}});
    return_or_fail(row);
}

void ReferenceChain::settle(Row row) {
    audit_by_chance(row);
    if (world.tasks[row].mode == VerificationMode::kRedundant) return settle_committee(row);
    settle_one(row);
}

void ReferenceChain::settle_one(Row row) {
    if (!world.tasks[row].proven_wrong) {
        const Row provider = world.tasks[row].seats.at(0).provider;
        pay_out(row, provider);
        end_seat(row, 0, SeatStatus::kReleased);
        settle_claims(row, world.tasks[row].provisional);
        return complete(row, {provider});
    }
    const PaidOut paid = pay_out(row, std::nullopt);
    const bool split = policy().claim_reward == ClaimReward::kHalving && paid.won.size() > 1;
    const Money waiting = slash_seat(row, 0,
                                     {.cause = SlashCause::kWrongAnswer,
                                      .challenger = split ? std::nullopt : paid.rewarded,
                                      .requester = world.tasks[row].requester,
                                      .share_waits = split || paid.first_waiting.has_value()});
    if (split) {
        split_share(row, paid.won, waiting);
        return return_or_fail(row);
    }
    if (paid.first_waiting) world.disputes[*paid.first_waiting].share = waiting;
    return_or_fail(row);
}

// Below 100 ms 1.0, below 1 s 1.5, below 10 s 2.0, else 3.0 of baseReward. The time is the model's,
// or under a policy the provider's own report; reports of a committee are not believed.
Money ReferenceChain::scheduled_reward(const Task& task) const {
    const Money base = to_money(config().base_reward);
    if (policy().reward_schedule == RewardSchedule::kFlat) return base;
    std::uint64_t time_ms = world.models[task.model].model->compute_time_ms;
    if (policy().self_reported_compute && task.mode != VerificationMode::kRedundant)
        time_ms = task.seats.at(0).compute_time_ms;
    const Money percent = time_ms < 100      ? 100
                          : time_ms < 1'000  ? 150
                          : time_ms < 10'000 ? 200
                                             : 300;
    // A reward that cannot be scaled is paid as it is.
    return base * percent > kLargest ? base : base * percent / 100;
}

// Nothing is minted above the greatest supply.
Money ReferenceChain::mint(Money amount) {
    if (world.head.genesis + world.head.minted + amount > to_money(kSupplyMax)) return 0;
    world.head.minted += amount;
    return amount;
}

// Winners share fee and reward equally; the remainder of the fee goes back. At most what the task
// burned is minted for it, unless the policy lifts that.
void ReferenceChain::complete(Row row, const std::vector<Row>& winners) {
    Task& task = world.tasks[row];
    const Money burned = share_of(task.fee, policy().fee_burn_bps);
    Money reward = scheduled_reward(task);
    if (policy().mint_cap == MintCap::kPerBurn) reward = std::min(reward, burned);
    const auto count = static_cast<Money>(winners.size());
    Money left = task.escrow;
    Money minted = 0;
    Money paid = 0;
    for (const Row winner : winners) {
        const Money fresh = mint(reward / count);
        const Money amount = task.escrow / count + fresh;
        Provider& provider = world.providers[winner];
        provider.credit += amount;
        provider.rewards_total = std::min(provider.rewards_total + amount, kLargest);
        if (provider.tasks_completed < ~std::uint64_t{0}) provider.tasks_completed += 1;
        earn_trust(provider);
        left -= task.escrow / count;
        minted += fresh;
        paid += amount;
        events.emplace_back(event::ProviderPaid{{row}, {winner}, to_amount(amount)});
    }
    add(task.requester, left);
    task.escrow = 0;
    task.status = TaskStatus::kCompleted;
    task.final_at = height();
    task.settle_at = 0;
    world.receipts.push_back({{row},
                              task.task_key,
                              TaskStatus::kCompleted,
                              task.provisional,
                              to_amount(paid),
                              to_amount(burned),
                              to_amount(minted),
                              height(),
                              world.head.anchor_target});
    events.emplace_back(
        event::TaskCompleted{{row}, task.provisional, to_amount(burned), to_amount(minted)});
}

}  // namespace aivm::reference
