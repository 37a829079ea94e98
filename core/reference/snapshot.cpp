#include "core/reference/snapshot.h"

#include <algorithm>

namespace aivm::reference {
namespace {

const Address kEscrowInState{{'e', 's', 'c', 'r', 'o', 'w'}};

Money money(Amount amount) { return Money{amount.nlux()}; }

// No list is followed further than there are disputes, whatever its links say.
std::vector<Row> disputes_in(const State& state, const DisputeList& list) {
    std::vector<Row> out;
    std::uint32_t at = list.first.value;
    for (std::uint32_t i = 0; i < list.size && at < state.disputes.size(); ++i) {
        out.push_back(at);
        at = state.disputes[at].next.value;
    }
    return out;
}

Head head_in(const State& state) {
    const ChainHead& h = state.head;
    const Totals& t = h.totals;
    Head out;
    out.height = h.height;
    out.timestamp_ns = h.timestamp_ns;
    out.beacon = h.beacon;
    out.epoch = h.epoch;
    out.epoch_started_ns = h.epoch_started_ns;
    out.last_anchor = h.last_anchor;
    out.full_proof_blocks = h.full_proof_blocks;
    out.space_price = money(h.space_price);
    out.anchor_target = h.anchor_target;
    out.anchor_archives = h.anchor_archives;
    out.anchor_archive_root = h.anchor_archive_root;
    out.genesis = money(t.genesis);
    out.minted = money(t.minted);
    out.burned = money(t.burned);
    const aivm::Account* escrow = state.accounts.find(kEscrowInState);
    out.sums = {.bonds = money(t.bonds),
                .task_escrows = money(t.task_escrows),
                .challenge_bonds = money(t.challenge_bonds),
                .credits = money(t.credits),
                .model_deposits = money(t.model_deposits),
                .escrow_account = escrow == nullptr ? 0 : money(escrow->balance),
                .tasks_completed = t.tasks_completed,
                .tasks_failed = t.tasks_failed,
                .tasks_waiting = state.waiting_tasks};
    return out;
}

Provider provider_in(const aivm::Provider& p) {
    Provider out;
    out.id = p.id;
    out.owner = p.owner;
    out.wallet = p.wallet;
    out.endpoint = p.endpoint;
    for (const ModelIndex model : p.models) out.models.insert(model.value);
    out.status = p.status;
    out.bond = money(p.bond);
    out.credit = money(p.credit);
    out.registered_at = p.registered_at;
    out.bonded_since = p.bonded_since;
    out.unbonding_since = p.unbonding_since;
    out.trust_score = p.trust_score;
    out.hardware_attested = p.hardware_attested;
    out.attested_at_ns = p.attested_at_ns;
    out.trust_lost = p.trust_lost;
    out.earned_until = p.earned_until;
    out.offences = p.offences;
    out.offended_at = p.offended_at;
    out.offended_task = p.offended_task.value;
    out.offended_bond = money(p.offended_bond);
    out.penalty_due = p.penalty_due;
    out.attestation_keys.assign(p.attestation_keys.begin(), p.attestation_keys.end());
    out.tasks_completed = p.tasks_completed;
    out.rewards_total = money(p.rewards_total);
    out.slashed_total = money(p.slashed_total);
    out.duties = {
        .locked = money(p.locked), .open_tasks = p.open_tasks, .obligations = p.obligations};
    return out;
}

Seat seat_in(const aivm::Seat& s) {
    return {.provider = s.provider.value,
            .status = s.status,
            .locked = money(s.locked),
            .commitment = s.commitment,
            .trace_root = s.trace_root,
            .answer = s.answer,
            .compute_time_ms = s.compute_time_ms,
            .posted_at = s.posted_at};
}

Task task_in(const State& state, const aivm::Task& t) {
    const bool waits = t.status == TaskStatus::kPosted || t.status == TaskStatus::kChallenged;
    Task out;
    out.job_id = t.job_id;
    out.task_key = t.task_key;
    out.requester = t.requester;
    out.type = t.type;
    out.mode = t.mode;
    out.model = t.model.value;
    out.input_row = t.input_row;
    out.fee = money(t.fee);
    out.escrow = money(t.escrow);
    out.status = t.status;
    out.submitted_at = t.submitted_at;
    out.waiting_since_ns = t.waiting_since_ns;
    out.assignments = t.assignments;
    out.draw_at = t.draw_at;
    for (const aivm::Seat& seat : t.seats) out.seats.push_back(seat_in(seat));
    out.posted_at = t.posted_at;
    out.settle_at = waits && t.disputes_open == 0 ? t.settle_at : 0;
    out.proven_wrong = t.proven_wrong;
    out.provisional = waits || t.status == TaskStatus::kCompleted ? t.provisional : Answer{0};
    out.truth_known = t.truth_known;
    out.truth = t.truth;
    out.disputes = disputes_in(state, t.disputes);
    out.disputes_open = t.disputes_open;
    out.challenges_lost = t.challenges_lost;
    out.claims = disputes_in(state, t.claims);
    out.usable_at = t.usable_at;
    out.final_at = t.final_at;
    return out;
}

Dispute dispute_in(const State& state, const aivm::Dispute& d) {
    const bool in_play =
        d.status == DisputeStatus::kCommitted || d.status == DisputeStatus::kPlaying;
    Dispute out;
    out.task = d.task.value;
    out.assignment = d.assignment;
    out.challenger = d.challenger;
    out.commitment = d.commitment;
    out.bond = money(d.bond);
    out.share = money(d.share);
    out.status = d.status;
    out.claim = d.claim;
    out.revealed = d.revealed;
    out.won_by_step = d.won_by_step;
    out.opened_at = d.opened_at;
    if (in_play) out.deadline = d.deadline + state.head.full_proof_blocks - d.full_blocks;
    out.closed_at = d.closed_at;
    out.attempt = d.attempt;
    out.low = d.low;
    out.high = d.high;
    out.middle = d.middle;
    out.provider_to_move = d.provider_to_move;
    out.low_input = d.low_input.bytes;
    out.opened = {d.opened_input.bytes, d.opened_output};
    out.last = {d.high_input.bytes, d.high_output};
    return out;
}

TraceNode node_in(const State& state, const aivm::TraceNode& n) {
    TraceNode out;
    out.task = n.task.value;
    out.assignment = n.assignment;
    out.step = n.step;
    out.opened = n.opened;
    out.contents = {n.input.bytes, n.output};
    std::uint32_t at = n.first_asking.value;
    for (std::uint32_t i = 0; i < n.asking && at < state.disputes.size(); ++i) {
        const aivm::Dispute& game = state.disputes[at];
        // A game that ended with all others on its result stays in the list.
        if (game.status == DisputeStatus::kPlaying) out.asking.push_back(at);
        at = game.next_asking.value;
    }
    std::sort(out.asking.begin(), out.asking.end());
    return out;
}

ModelEntry model_in(const State& state, std::size_t i) {
    const ModelStatus& s = state.model_status[i];
    return {.model = state.models[i],
            .first = s.first.value,
            .version = s.version,
            .newest = s.newest.value,
            .owner = s.owner,
            .root = s.root,
            .deposit = money(s.deposit),
            .retired = s.retired};
}

Registries registries_in(const KernelTables& tables) {
    Registries out;
    out.attestations.assign(tables.attestations().begin(), tables.attestations().end());
    out.models.assign(tables.models().begin(), tables.models().end());
    for (const abi::AuditAnchor& slot : tables.anchors()) {
        if (slot.occupied == 0) break;
        out.anchors.push_back(slot);
    }
    out.anchor_slots = tables.sizes().anchors;
    out.epoch = tables.epoch();
    return out;
}

}  // namespace

World snapshot_of(const State& state) {
    World out;
    out.validators.reserve(state.validators.size());
    out.providers.reserve(state.providers.size());
    out.tasks.reserve(state.tasks.size());
    out.disputes.reserve(state.disputes.size());
    out.trace_nodes.reserve(state.trace_nodes.size());
    out.models.reserve(state.models.size());
    out.receipts.reserve(state.receipts.size());
    out.head = head_in(state);
    state.accounts.for_each([&](const Address& address, const aivm::Account& account) {
        if (address == kEscrowInState) return;
        out.accounts[address] = {money(account.balance),
                                 {account.nonces.proofs, account.nonces.work, account.nonces.rest}};
    });
    state.validators.for_each([&](std::size_t, const aivm::Validator& v) {
        out.validators.push_back({.address = v.address,
                                  .stake = money(v.stake),
                                  .active = v.active,
                                  .beacon_commitment = v.beacon_commitment,
                                  .slashed_slots = {v.slashed_slots.begin(), v.slashed_slots.end()},
                                  .leaving = v.leaving,
                                  .left_at = v.left_at});
    });
    state.providers.for_each(
        [&](std::size_t, const aivm::Provider& p) { out.providers.push_back(provider_in(p)); });
    state.tasks.for_each(
        [&](std::size_t, const aivm::Task& t) { out.tasks.push_back(task_in(state, t)); });
    state.disputes.for_each(
        [&](std::size_t, const aivm::Dispute& d) { out.disputes.push_back(dispute_in(state, d)); });
    state.trace_nodes.for_each([&](std::size_t, const aivm::TraceNode& n) {
        out.trace_nodes.push_back(node_in(state, n));
    });
    for (std::size_t i = 0; i < state.models.size(); ++i) out.models.push_back(model_in(state, i));
    state.receipts.for_each([&](std::size_t, const Receipt& r) { out.receipts.push_back(r); });
    out.registries = registries_in(state.kernels);
    return out;
}

}  // namespace aivm::reference
