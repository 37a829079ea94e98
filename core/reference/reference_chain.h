// The rules of a block a second time, slowly and obviously: what shared/spec/protocol.md says, read
// again from the page, with none of the VM's code. Everything is found by looking at every record,
// in every block. It shares with the VM only core/base, core/config, the types of records,
// operations and events, and the authorizer; .checks/static.py keeps that so.
//
//   begin()   1. settlements and draws that are due
//   apply()   2. the operations, in order
//   end()     3. deadlines of disputes, ends of commit and reveal windows, timeouts
//             4. the anchor, the rebuilt registries, the epoch
//             5. sums
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/chain/operation.h"
#include "core/reference/world.h"
#include "core/state/block_context.h"
#include "core/state/event.h"

namespace aivm::reference {

// Every reason for which the rules refuse an operation; none: it is allowed. A rule that makes no
// sense once another is broken is not asked.
class Reasons {
public:
    // Adds `code` unless the rule holds; returns whether it does.
    bool require(bool holds, ErrorCode code) {
        if (!holds) codes_.insert(code);
        return holds;
    }
    [[nodiscard]] bool none() const { return codes_.empty(); }
    [[nodiscard]] bool contain(ErrorCode code) const { return codes_.contains(code); }
    // "not_authorized or wrong_state"
    [[nodiscard]] std::string text() const;

private:
    std::set<ErrorCode> codes_;
};

// What verified evidence of a device says.
struct Trust {
    std::uint8_t score = 0;
    bool hardware = false;
    TimestampNs made_at_ns = 0;
};

class ReferenceChain {
public:
    // `law` must outlive the chain.
    ReferenceChain(const Law& law, World parent) : world(std::move(parent)), law_(law) {}

    void begin(const BlockContext& block);
    // Applies the operation, whose fee goes to `proposer`, if there is no reason against it.
    Reasons apply(const SignedOperation& operation, ValidatorIndex proposer);
    // The operation was included and refused: its fee is paid all the same, if it can be.
    void charge_void(const SignedOperation& operation, ValidatorIndex proposer);
    // `sealed`: the block is encoded and stored, so that commitments to open answers are made.
    void end(bool sealed);

    World world;
    std::vector<VmEvent> events;

private:
    // The rules of each kind of operation, in the file of its subject.
    void operation(const op::RegisterProvider&);
    void operation(const op::AddBond&);
    void operation(const op::DeregisterProvider&);
    void operation(const op::WithdrawBond&);
    void operation(const op::ClaimRewards&);
    void operation(const op::RegisterModel&);
    void operation(const op::RetireModel&);
    void operation(const op::ModelUpdate&);
    void operation(const op::Attest&);
    void operation(const op::Evidence&);
    void operation(const op::JoinValidators&);
    void operation(const op::WithdrawStake&);
    void operation(const op::SubmitTask&);
    void operation(const op::SubmitResult&);
    void operation(const op::Commit&);
    void operation(const op::Reveal&);
    void operation(const op::Challenge&);
    void operation(const op::ChallengeReveal&);
    void operation(const op::DisputeMove&);

    // reference_chain.cpp
    void check_inclusion(const SignedOperation& operation, Money price);
    void pay_inclusion_fee(const SignedOperation& operation, ValidatorIndex proposer);
    Money price_of_space() const;
    void change_price_of_space();
    void count_full_block();
    void fill_in_derived();
    void commit_open_answers();
    Money balance(const Address& address) const;
    void add(const Address& address, Money amount) { world.accounts[address].balance += amount; }
    bool require(bool holds, ErrorCode code) { return reasons_.require(holds, code); }
    const Config& config() const { return law_.parameters.config; }
    const Policy& policy() const { return law_.parameters.policy; }
    Height height() const { return world.head.height; }
    TimestampNs now() const { return world.head.timestamp_ns; }

    // provider_rules.cpp
    std::optional<Row> find_provider(std::string_view id) const;
    std::optional<Row> find_own_provider(const std::string& id);
    std::optional<Trust> judge_evidence(const Bytes& evidence, const std::string& provider);
    void set_trust(Row provider, const Trust& trust);
    bool evidence_is_fresh(const Provider& provider) const;
    std::uint32_t trust_of(const Provider& provider) const;
    Money earned_points(const Provider& provider) const;
    void earn_trust(Provider& provider) const;
    Duties duties_of(Row provider) const;

    // model_rules.cpp
    std::optional<Row> find_model(std::string_view id) const;
    bool check_new_model(const Model& model);
    bool check_weights(const op::ModelUpdate& update);
    void add_version(Row first, const abi::InferenceWeights& weights);
    void rebuild_registries();
    void kernel_round();
    void anchor();

    // validator_rules.cpp
    void choose_validators();

    // task_rules.cpp
    std::optional<Row> find_task(std::string_view job_id) const;
    std::uint64_t waiting_tasks() const;
    Money required_fee() const;
    bool is_offered(Row model) const;
    void draw(Row task);
    bool may_be_drawn(Row provider, const Task& task) const;
    std::vector<Row> draw_one(const Task& task, const std::vector<Row>& candidates) const;
    std::vector<Row> draw_committee(const Task& task, std::vector<Row> candidates) const;
    Hash32 draw_seed(const Task& task) const;
    void enter_pending(Task& task);
    void end_seat(Row task, std::size_t seat, SeatStatus status);
    void return_or_fail(Row task);
    void fail(Row task);
    void time_out(Row task);
    void settle(Row task);
    void settle_one(Row task);
    void complete(Row task, const std::vector<Row>& winners);
    Money scheduled_reward(const Task& task) const;
    Money mint(Money amount);
    Height settlement_height(const Task& task, Height closed) const;

    // slash_rules.cpp
    struct ProviderSlash {
        SlashCause cause = SlashCause::kWrongAnswer;
        std::optional<Address> challenger;
        std::optional<Address> requester;
        bool share_waits = false;
    };
    Money slash_seat(Row task, std::size_t seat, const ProviderSlash& slash);
    void slash_challenger(Row dispute, std::optional<Row> right_provider);
    void slash_validator(Row validator);
    Money free_bond(Row provider) const;
    Money escalated(const Provider& provider, Money base, Money free) const;
    void note_offence(Provider& provider, Row task);
    void charge_correlated(Row provider);

    // committee_rules.cpp
    struct Place {
        Row task = 0;
        std::size_t seat = 0;
    };
    std::optional<Place> find_place(const std::string& job, const std::string& provider,
                                    SeatStatus wanted);
    void require_window(Height first, Height last);
    void post_member_answer(const Place& place, Answer answer);
    void close_commits(Row task);
    void close_reveals(Row task);
    void tally(Row task);
    bool has_stake(const Task& task, Answer answer) const;
    void settle_committee(Row task);
    bool member_is_right(const Task& task, Answer answer) const;
    void answer_in_the_open(const op::SubmitResult& result);

    // dispute_rules.cpp
    std::optional<Row> latest_dispute(Row task, const Address& challenger) const;
    Money challenger_bond(const Task& task) const;
    std::uint32_t open_disputes(const Task& task) const;
    bool plays_bisection(const Task& task) const;
    void take_claim(Row dispute, Answer claim);
    void learn_truth(Row task);
    void prove_wrong(Row task);
    void judge(Row dispute);
    void judge_games(Row task);
    void leave_play(Row dispute, DisputeStatus status);
    void expire(Row dispute);
    struct PaidOut {
        std::optional<Address> rewarded;
        std::optional<Row> first_waiting;
        std::vector<Address> won;
    };
    PaidOut pay_out(Row task, std::optional<Row> right_provider);
    void return_bond(Row dispute);
    void settle_claims(Row task, Answer answer);
    void release_claims(Row task);
    void split_share(Row task, const std::vector<Address>& challengers, Money share);
    void audit_by_chance(Row task);
    void settle_share(Row first, const std::optional<Row>& receiver);
    void close_claim(Row dispute, DisputeStatus status);
    std::vector<std::vector<Row>> take_claims_by_result(Row task);

    // game_rules.cpp
    void begin_game(Row dispute);
    void continue_game(Row dispute);
    void take_opening(Row dispute, const Step& step);
    void take_verdict(Row dispute, bool agrees);
    static void ask_for_middle(Dispute& dispute);
    TraceNode* find_node(Row task, std::uint32_t assignment, std::uint32_t step);
    void require_opening(const op::DisputeMove& move, const Dispute& dispute);

    const Law& law_;
    // The operation at hand.
    Address sender_;
    Reasons reasons_;

    // Fraud proofs of this block that took effect, and their bytes.
    std::uint64_t proofs_ = 0;
    std::uint64_t proof_bytes_ = 0;
    std::uint64_t operations_ = 0;  // of this block that took effect
};

// answers.cpp
Answer run_one_step(const Model& model, const std::array<std::uint8_t, kInputBytes>& input);
std::array<std::uint8_t, kInputBytes> input_after(std::array<std::uint8_t, kInputBytes> input,
                                                  Answer output);
std::array<std::uint8_t, kInputBytes> input_row(const Model& model, std::uint32_t row);
Answer run_whole_model(const Model& model, std::uint32_t row);
Hash32 digest_of_weights(const abi::InferenceWeights& weights);
std::uint64_t number_modulo(const Hash32& big_endian, std::uint64_t modulus);
Hash32 receipts_root(const std::vector<Receipt>& receipts);
bool leads_to_root(const Hash32& root, std::uint64_t leaves, std::uint64_t index,
                   const Hash32& leaf, const std::vector<Hash32>& proof);
bool have_agreeing_value(Answer a, Answer b, std::uint32_t tolerance);

// Floor of a share in basis points.
inline Money share_of(Money amount, std::uint32_t basis_points) {
    return amount * basis_points / 10'000;
}
inline Amount to_amount(Money money) { return Amount(static_cast<std::uint64_t>(money)); }
inline Money to_money(Amount amount) { return Money{amount.nlux()}; }

// kernel_rules.cpp: the tables of core/kernels, each change a function of its own.
template <class Slot>
std::optional<std::uint32_t> place_in(const std::vector<Slot>& table, const Hash32& key);
bool is_registered(const Registries& registries, const Hash32& model_root);
bool has_place(const Registries& registries, const Hash32& model_root);
void write_model(Registries& registries, const abi::ModelOp& operation);
bool has_attestation_place(const Registries& registries, const Hash32& key);
void write_attestation(Registries& registries, const Hash32& key,
                       const abi::AttestationOp& operation, TimestampNs now_ns);
struct RoundFacts {
    TimestampNs now_ns = 0;
    bool closes = false;
    std::uint64_t epoch = 0;
};
void transition_epoch(Registries& registries, const RoundFacts& round);

}  // namespace aivm::reference
