// What the reference model knows of a chain: every record as plain data in vectors and maps, in the
// model's own types. There are no indexes, caches, timers, linked lists or running sums: whatever
// can be found by looking at everything is found in that way, each time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/config/config.h"
#include "core/kernels/abi.h"
#include "core/state/account.h"
#include "core/state/authorizer.h"
#include "core/state/dispute.h"
#include "core/state/lane.h"
#include "core/state/model.h"
#include "core/state/provider.h"
#include "core/state/receipt.h"
#include "core/state/task.h"

namespace aivm::reference {

// nLUX. Signed and wide, so that no sum overflows and an amount below zero is seen as an error.
__extension__ using Money = __int128;

// Numbers of rows, as the operations and events count them.
using Row = std::uint32_t;

// What all blocks of a chain have in common.
struct Law {
    VmParameters parameters;
    std::uint64_t chain_id = 1;
    const Authorizer* authorizer = nullptr;  // not owned, never null in use
    Address vendor_root;
};

struct Account {
    Money balance = 0;
    std::array<std::uint64_t, kLanes.size()> nonces{};  // the last one used in each lane

    friend bool operator==(const Account&, const Account&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Account::balance>(), field<&Account::nonces>()};
    }
};

struct Validator {
    Address address;
    Money stake = 0;
    bool active = true;
    Hash32 beacon_commitment;
    std::set<ProposalSlot> slashed_slots;
    bool leaving = false;  // asked to leave
    Height left_at = 0;    // while not active: since when

    friend bool operator==(const Validator&, const Validator&) = default;
    static constexpr auto fields() {
        return std::tuple{
            field<&Validator::address>(),       field<&Validator::stake>(),
            field<&Validator::active>(),        field<&Validator::beacon_commitment>(),
            field<&Validator::slashed_slots>(), field<&Validator::leaving>(),
            field<&Validator::left_at>()};
    }
};

// What the VM counts as it goes along, and the model by looking at every seat.
struct Duties {
    Money locked = 0;
    std::uint32_t open_tasks = 0;
    std::uint32_t obligations = 0;

    friend bool operator==(const Duties&, const Duties&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Duties::locked>(), field<&Duties::open_tasks>(),
                          field<&Duties::obligations>()};
    }
};

struct Provider {
    std::string id;
    Address owner;
    Address wallet;
    std::string endpoint;
    std::set<Row> models;
    ProviderStatus status = ProviderStatus::kActive;
    Money bond = 0;
    Money credit = 0;
    Height registered_at = 0;
    Height bonded_since = 0;  // 0: genesis
    Height unbonding_since = 0;
    std::uint8_t trust_score = 0;
    bool hardware_attested = false;
    TimestampNs attested_at_ns = 0;
    bool trust_lost = false;
    Height earned_until = 0;  // when the last of its earned points is lost
    std::uint64_t offences = 0;
    Height offended_at = 0;
    Row offended_task = 0;
    Money offended_bond = 0;
    bool penalty_due = false;
    std::vector<Hash32> attestation_keys;
    std::uint64_t tasks_completed = 0;
    Money rewards_total = 0;
    Money slashed_total = 0;
    Duties duties;  // filled in when the block ends

    friend bool operator==(const Provider&, const Provider&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Provider::id>(),
                          field<&Provider::owner>(),
                          field<&Provider::wallet>(),
                          field<&Provider::endpoint>(),
                          field<&Provider::models>(),
                          field<&Provider::status>(),
                          field<&Provider::bond>(),
                          field<&Provider::credit>(),
                          field<&Provider::registered_at>(),
                          field<&Provider::bonded_since>(),
                          field<&Provider::unbonding_since>(),
                          field<&Provider::trust_score>(),
                          field<&Provider::hardware_attested>(),
                          field<&Provider::attested_at_ns>(),
                          field<&Provider::trust_lost>(),
                          field<&Provider::earned_until>(),
                          field<&Provider::offences>(),
                          field<&Provider::offended_at>(),
                          field<&Provider::offended_task>(),
                          field<&Provider::offended_bond>(),
                          field<&Provider::penalty_due>(),
                          field<&Provider::attestation_keys>(),
                          field<&Provider::tasks_completed>(),
                          field<&Provider::rewards_total>(),
                          field<&Provider::slashed_total>(),
                          field<&Provider::duties>()};
    }
};

struct Seat {
    Row provider = 0;
    SeatStatus status = SeatStatus::kSelected;
    Money locked = 0;
    Hash32 commitment;
    Hash32 trace_root;
    Answer answer = 0;
    std::uint32_t compute_time_ms = 0;
    Height posted_at = 0;

    friend bool operator==(const Seat&, const Seat&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Seat::provider>(),        field<&Seat::status>(),
                          field<&Seat::locked>(),          field<&Seat::commitment>(),
                          field<&Seat::trace_root>(),      field<&Seat::answer>(),
                          field<&Seat::compute_time_ms>(), field<&Seat::posted_at>()};
    }
};

struct Task {
    std::string job_id;
    Hash32 task_key;
    Address requester;
    TaskType type = TaskType::kInference;
    VerificationMode mode = VerificationMode::kOptimistic;
    Row model = 0;
    std::uint32_t input_row = 0;
    Money fee = 0;
    Money escrow = 0;
    TaskStatus status = TaskStatus::kPending;
    Height submitted_at = 0;
    TimestampNs waiting_since_ns = 0;
    std::uint32_t assignments = 0;
    Height draw_at = 0;
    std::vector<Seat> seats;
    Height posted_at = 0;
    Height settle_at = 0;  // 0 unless an answer waits for its settlement and no dispute is open
    bool proven_wrong = false;
    Answer provisional = 0;  // 0 unless there is an answer
    bool truth_known = false;
    Answer truth = 0;
    std::vector<Row> disputes;        // on the present result, in order of commitment
    std::uint32_t disputes_open = 0;  // filled in when the block ends
    std::uint32_t challenges_lost = 0;
    std::vector<Row> claims;  // on earlier results, waiting for the final answer
    Height usable_at = 0;
    Height final_at = 0;

    friend bool operator==(const Task&, const Task&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Task::job_id>(),        field<&Task::task_key>(),
                          field<&Task::requester>(),     field<&Task::type>(),
                          field<&Task::mode>(),          field<&Task::model>(),
                          field<&Task::input_row>(),     field<&Task::fee>(),
                          field<&Task::escrow>(),        field<&Task::status>(),
                          field<&Task::submitted_at>(),  field<&Task::waiting_since_ns>(),
                          field<&Task::assignments>(),   field<&Task::draw_at>(),
                          field<&Task::seats>(),         field<&Task::posted_at>(),
                          field<&Task::settle_at>(),     field<&Task::proven_wrong>(),
                          field<&Task::provisional>(),   field<&Task::truth_known>(),
                          field<&Task::truth>(),         field<&Task::disputes>(),
                          field<&Task::disputes_open>(), field<&Task::challenges_lost>(),
                          field<&Task::claims>(),        field<&Task::usable_at>(),
                          field<&Task::final_at>()};
    }
};

// A step of a trace as a provider opened it, or as a player must judge it.
struct Step {
    std::array<std::uint8_t, kInputBytes> input{};
    Answer output = 0;

    friend bool operator==(const Step&, const Step&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Step::input>(), field<&Step::output>()};
    }
};

struct Dispute {
    Row task = 0;
    std::uint32_t assignment = 0;
    Address challenger;
    Hash32 commitment;
    Money bond = 0;
    Money share = 0;
    DisputeStatus status = DisputeStatus::kCommitted;
    Answer claim = 0;
    bool revealed = false;
    bool won_by_step = false;
    Height opened_at = 0;
    // The last block in which the side that is due may act, extended for the full blocks so far;
    // 0 when no side has to act any more.
    Height deadline = 0;
    Height closed_at = 0;
    std::uint32_t attempt = 1;  // which challenge of its challenger on this result it is
    // The game: steps [low, high) hold the first difference, and step `middle` is asked for or was
    // opened last.
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    std::uint32_t middle = 0;
    bool provider_to_move = false;
    std::array<std::uint8_t, kInputBytes> low_input{};
    Step opened;
    Step last;  // step high - 1 as the provider opened it

    friend bool operator==(const Dispute&, const Dispute&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Dispute::task>(),       field<&Dispute::assignment>(),
                          field<&Dispute::challenger>(), field<&Dispute::commitment>(),
                          field<&Dispute::bond>(),       field<&Dispute::share>(),
                          field<&Dispute::status>(),     field<&Dispute::claim>(),
                          field<&Dispute::revealed>(),   field<&Dispute::won_by_step>(),
                          field<&Dispute::opened_at>(),  field<&Dispute::deadline>(),
                          field<&Dispute::closed_at>(),  field<&Dispute::attempt>(),
                          field<&Dispute::low>(),        field<&Dispute::high>(),
                          field<&Dispute::middle>(),     field<&Dispute::provider_to_move>(),
                          field<&Dispute::low_input>(),  field<&Dispute::opened>(),
                          field<&Dispute::last>()};
    }
};

// A step of a posted trace that some game has asked for, in the order of the first questions.
struct TraceNode {
    Row task = 0;
    std::uint32_t assignment = 0;
    std::uint32_t step = 0;
    bool opened = false;
    Step contents;
    std::vector<Row> asking;  // the games in play that wait for it; filled in when the block ends

    friend bool operator==(const TraceNode&, const TraceNode&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&TraceNode::task>(),     field<&TraceNode::assignment>(),
                          field<&TraceNode::step>(),     field<&TraceNode::opened>(),
                          field<&TraceNode::contents>(), field<&TraceNode::asking>()};
    }
};

// One version of a model. Owner, root, newest, deposit and retirement stand at the first version.
struct ModelEntry {
    std::shared_ptr<const Model> model;
    Row first = 0;
    std::uint64_t version = 1;
    Row newest = 0;
    Address owner;
    Hash32 root;
    Money deposit = 0;
    bool retired = false;

    friend bool operator==(const ModelEntry& a, const ModelEntry& b);
    static constexpr auto fields() {
        return std::tuple{field<&ModelEntry::first>(),  field<&ModelEntry::version>(),
                          field<&ModelEntry::newest>(), field<&ModelEntry::owner>(),
                          field<&ModelEntry::root>(),   field<&ModelEntry::deposit>(),
                          field<&ModelEntry::retired>()};
    }
};

// The kernels' tables. Anchors fill theirs from the bottom, so only those that are there are kept.
struct Registries {
    std::vector<abi::Attestation> attestations;
    std::vector<abi::ModelRegistryEntry> models;
    std::vector<abi::AuditAnchor> anchors;
    std::uint32_t anchor_slots = 0;
    abi::AIVMEpochState epoch{};
};

// Sums that the VM keeps up to date, and that the model adds up when the block ends.
struct Sums {
    Money bonds = 0;  // of providers, and the validators' stakes
    Money task_escrows = 0;
    Money challenge_bonds = 0;
    Money credits = 0;
    Money model_deposits = 0;
    Money escrow_account = 0;
    std::uint64_t tasks_completed = 0;
    std::uint64_t tasks_failed = 0;
    std::uint64_t tasks_waiting = 0;

    friend bool operator==(const Sums&, const Sums&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Sums::bonds>(),           field<&Sums::task_escrows>(),
                          field<&Sums::challenge_bonds>(), field<&Sums::credits>(),
                          field<&Sums::model_deposits>(),  field<&Sums::escrow_account>(),
                          field<&Sums::tasks_completed>(), field<&Sums::tasks_failed>(),
                          field<&Sums::tasks_waiting>()};
    }
};

struct Head {
    Height height = 0;
    TimestampNs timestamp_ns = 0;
    Hash32 beacon;
    std::uint64_t epoch = 0;
    TimestampNs epoch_started_ns = 0;
    Hash32 last_anchor;
    std::uint64_t full_proof_blocks = 0;
    Money space_price = 0;
    AnchorTarget anchor_target = AnchorTarget::kQChain;
    std::uint32_t anchor_archives = 0;
    Hash32 anchor_archive_root;
    Money genesis = 0;
    Money minted = 0;
    Money burned = 0;
    Sums sums;  // filled in when the block ends

    friend bool operator==(const Head&, const Head&) = default;
    static constexpr auto fields() {
        return std::tuple{field<&Head::height>(),
                          field<&Head::timestamp_ns>(),
                          field<&Head::beacon>(),
                          field<&Head::epoch>(),
                          field<&Head::epoch_started_ns>(),
                          field<&Head::last_anchor>(),
                          field<&Head::full_proof_blocks>(),
                          field<&Head::space_price>(),
                          field<&Head::anchor_target>(),
                          field<&Head::anchor_archives>(),
                          field<&Head::anchor_archive_root>(),
                          field<&Head::genesis>(),
                          field<&Head::minted>(),
                          field<&Head::burned>(),
                          field<&Head::sums>()};
    }
};

struct World {
    Head head;
    // The escrow account is left out: its balance is one of the sums.
    std::map<Address, Account> accounts;
    std::vector<Validator> validators;
    std::vector<Provider> providers;
    std::vector<Task> tasks;
    std::vector<Dispute> disputes;
    std::vector<TraceNode> trace_nodes;
    std::vector<ModelEntry> models;
    std::vector<Receipt> receipts;
    Registries registries;
};

}  // namespace aivm::reference
