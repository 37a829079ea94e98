#include "sim/consensus/bft/bft.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "sim/consensus/bft/contest.h"
#include "sim/consensus/engine_records.h"
#include "sim/consensus/voting_engine.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

// Blocks above the last accepted one that a node holds, and votes for heights that it has not
// reached: enough for the proposals of some rounds, whatever is sent.
constexpr std::uint32_t kBlocksWaitingMax = 256;
constexpr std::ptrdiff_t kEarlyMessagesPerValidator = 4;
// Resend intervals without a message after which a node asks another for its height.
constexpr std::uint32_t kQuietIntervals = 10;

const std::string_view kPromisesKey = "bft/promises";
const std::string_view kCertificateKey = "bft/certificate/";

class Bft final : public VotingEngine {
public:
    Bft(const BftConfig& config, EngineHost& host)
        : VotingEngine({config.stakes, config.self, config.epoch}, host, kBlocksWaitingMax,
                       config.fetch_timeout_ns),
          config_(config) {}

    [[nodiscard]] bool bootstrapping() const override {
        return state().target.has_value() || (state().has_started && !knows_heights());
    }
    [[nodiscard]] bool wants_block() const override;

private:
    // Uses of timers; their numbers are part of the trace digest.
    static constexpr TimerUse kRoundTimer = 8;
    static constexpr TimerUse kResendTimer = 9;

    struct Wait {
        Height height = 0;
        std::uint32_t round = 0;
        BftStep step = BftStep::kPropose;
    };
    struct Early {
        VoterIndex from = 0;
        Message message;
    };
    struct State {
        State(const BlockRef& last_accepted, const std::vector<std::uint64_t>& stakes)
            : contest(last_accepted.height + 1, stakes), helped_at(stakes.size(), std::nullopt) {}
        Contest contest;
        std::map<std::uint64_t, Wait> waits;  // by the timer's serial number
        std::vector<Early> early;             // about the next height
        std::optional<QuorumCertificate>
            target;  // of a block above, to be accepted when it is here
        // Of the last accepted block, and of the last one before each change of the stakes, by
        // height: what others need to catch up.
        std::map<Height, QuorumCertificate> certificates;
        std::vector<std::optional<SimTime>> helped_at;  // by validator
        // The votes on the block before, and whom they accused of what.
        std::optional<VoteBook> votes_before;
        std::set<std::pair<VoterIndex, SigningSlot>> accused;
        bool has_started = false;              // and wants to know the others' heights
        std::map<VoterIndex, Height> heights;  // as reported
        std::uint32_t quiet_intervals = 0;     // in which no message came
    };

    void on_started(const Started& start, Actions& out) override;
    void on_message(VoterIndex from, const Message& message, Actions& out) override;
    void on_timer(TimerUse use, std::uint64_t serial, Actions& out) override;
    void on_body(VoterIndex from, const BlockInfo& block, Actions& out) override;
    void on_built(const BlockInfo& block, Actions& out) override;
    void on_verdict(const Verdict& verdict, const std::optional<BlockInfo>& added,
                    Actions& out) override;
    void on_signed(const SlotSigned& answer, Actions& out) override;
    void on_epoch(Actions& out) override;

    void on(VoterIndex from, const Proposal& proposal, Actions& out);
    void on(VoterIndex from, const BallotCast& vote, Actions& out);
    void on(VoterIndex from, const Decided& decided, Actions& out);
    void on(VoterIndex from, const HeightProbe& probe, Actions& out);
    void on(VoterIndex from, const HeightReport& report, Actions& out);

    // Applies the rules until none applies any more; each of the next five is one of them and says
    // whether it changed anything.
    void advance(Actions& out);
    bool accept_target(Actions& out);
    bool decide(Actions& out);
    bool skip_rounds(Actions& out);
    bool prevote(Actions& out);
    bool precommit(Actions& out);
    void wait_for_rest(Actions& out);

    void begin_height(Actions& out);
    void begin_round(std::uint32_t round, Actions& out);
    void propose_if_due(Actions& out);
    void propose(const BlockRef& block, std::optional<QuorumCertificate> polka, Actions& out);
    void cast(Ballot ballot, const Hash32& block, Actions& out);
    void sign(Ballot ballot, const Hash32& block, Actions& out);
    void save(Actions& out);
    void resume(const std::vector<Record>& records, Actions& out);
    void accept(const QuorumCertificate& certificate, AcceptedBy by, Actions& out);
    void keep(const QuorumCertificate& certificate, Actions& out);
    void help(VoterIndex to, Height height, Actions& out);
    void ask_for_more(VoterIndex whom, Actions& out);
    void set_wait(BftStep step, std::uint64_t delay_ns, Actions& out);
    void set_resend_timer(Actions& out);
    void resend(Actions& out);
    void probe_if_quiet(Actions& out);
    // Accuses the voter if it voted for something else in this slot.
    void compare(VoterIndex voter, const BallotCast& vote, Actions& out);
    void compare(const QuorumCertificate& certificate, Actions& out);
    void keep_early(VoterIndex from, Height height, const Message& message, Actions& out);

    // Verified, and on the last accepted block.
    [[nodiscard]] bool is_candidate(const Hash32& id) const;
    // Enough reports have come, and this node has what more than a third of the stake has.
    [[nodiscard]] bool knows_heights() const;
    [[nodiscard]] Height height() const { return state().contest.promises.height; }
    [[nodiscard]] VoterIndex proposer_of(std::uint32_t round) const {
        return proposer(height(), round);
    }
    [[nodiscard]] std::uint64_t longer(std::uint64_t timeout_ns) const {
        return timeout_ns + state().contest.promises.round * config_.timeout_step_ns;
    }
    [[nodiscard]] State& state() {
        AIVM_CHECK(state_.has_value());
        return *state_;
    }
    [[nodiscard]] const State& state() const {
        AIVM_CHECK(state_.has_value());
        return *state_;
    }

    BftConfig config_;
    Height milestone_ = 0;  // the last height that the stakes before these decided
    std::optional<State> state_;
};

// --- Starting and stopping ---

void Bft::on_started(const Started& start, Actions& out) {
    state_.emplace(tree().root(), stakes());
    resume(start.records, out);
    // The VM stores a block with its signature before the engine knows of it.
    for (const Item& item : start.own_items)
        if (item.height == height()) state().contest.promises.built = item.id;
    set_resend_timer(out);
    state().has_started = start.bootstrap;
    if (start.bootstrap) send_all(HeightProbe{tree().root().height, true}, out);
    advance(out);
}

// Goes on where the records say, or begins the height.
void Bft::resume(const std::vector<Record>& records, Actions& out) {
    State& s = state();
    std::optional<Promises> promises;
    for (const Record& record : records) {
        if (record.key == record_key_of(kPromisesKey)) {
            if (const auto held = decoded_record<Promises>(record.value)) promises = *held;
        } else if (const auto held = decoded_record<QuorumCertificate>(record.value)) {
            s.certificates[held->block.height] = *held;
        }
    }
    if (!s.certificates.empty()) milestone_ = s.certificates.rbegin()->first;
    if (!promises || promises->height != height()) return begin_height(out);
    s.contest.promises = *promises;
    if (promises->step == BftStep::kPropose) return begin_round(promises->round, out);
    // The same votes for the same slots, so it gets the same signatures.
    sign(Ballot::kPrevote, promises->prevoted, out);
    if (promises->step == BftStep::kPrecommit)
        sign(Ballot::kPrecommit, promises->precommitted, out);
}

void Bft::save(Actions& out) {
    out.push_back(Persist{next_serial(),
                          {record_key_of(kPromisesKey), encoded_record(state().contest.promises)}});
}

// --- Blocks ---

bool Bft::is_candidate(const Hash32& id) const {
    const BlockInfo* block = tree().find(id);
    return block != nullptr && block->parent == tree().root().id;
}

void Bft::on_body(VoterIndex from, const BlockInfo& block, Actions& out) {
    State& s = state();
    // On a chain that contradicts this node's; it is not asked for again.
    if (block.height == height() && block.parent != tree().root().id)
        s.contest.invalid.insert(block.id);
    // Only proposers and those who were asked may fill the node's memory.
    const std::uint32_t round = s.contest.promises.round;
    const Height above = block.height - std::min(block.height, height());
    const bool may_propose =
        above <= 1 && (proposer(block.height, 0) == from || proposer_of(round) == from ||
                       proposer_of(round + 1) == from);
    const bool is_target = s.target && s.target->block.id == block.id;
    if (may_propose || is_target || pending().awaits(block.id) || from == self()) {
        pending().body(from, block, out);
    } else if (!pending().holds(block.id)) {
        ++counters_.bodies_discarded;
        out.push_back(Discard{block.id});
    }
    advance(out);
}

void Bft::on_verdict(const Verdict& verdict, const std::optional<BlockInfo>&, Actions& out) {
    if (verdict.validity == Validity::kInvalid) state().contest.invalid.insert(verdict.id);
    propose_if_due(out);  // a block of its own, after a restart
    advance(out);
}

bool Bft::wants_block() const {
    const Contest& contest = state().contest;
    return has_stake() && !state().target && contest.promises.step == BftStep::kPropose &&
           proposer_of(contest.promises.round) == self() && contest.proposal() == nullptr &&
           !contest.promises.polka && !contest.promises.built;
}

void Bft::on_built(const BlockInfo& block, Actions& out) {
    State& s = state();
    if (block.parent != tree().root().id || s.contest.promises.built) {
        out.push_back(Reject{block.id});
        return;
    }
    tree().add(block);
    s.contest.promises.built = block.id;
    save(out);
    propose_if_due(out);
    advance(out);
}

// --- Rounds ---

void Bft::begin_height(Actions& out) {
    State& s = state();
    const Height before = height();
    s.votes_before.reset();
    if (before == tree().root().height) s.votes_before = std::move(s.contest.votes);
    std::erase_if(s.accused, [&](const auto& each) { return each.second.height < before; });
    s.contest = Contest(tree().root().height + 1, stakes());
    s.waits.clear();
    begin_round(0, out);
    std::vector<Early> early;
    std::swap(early, s.early);
    for (const Early& each : early) on_message(each.from, each.message, out);
}

void Bft::begin_round(std::uint32_t round, Actions& out) {
    State& s = state();
    Contest& contest = s.contest;
    contest.promises.round = round;
    contest.promises.step = BftStep::kPropose;
    std::erase_if(contest.cast, [&](const BallotCast& vote) { return vote.round + 1 < round; });
    std::erase_if(contest.proposals, [&](const auto& each) { return each.first < round; });
    set_wait(BftStep::kPropose,
             longer(round == 0 ? config_.first_proposal_timeout_ns : config_.proposal_timeout_ns),
             out);
    propose_if_due(out);
}

void Bft::propose_if_due(Actions& out) {
    const Contest& contest = state().contest;
    const Promises& p = contest.promises;
    if (p.step != BftStep::kPropose || proposer_of(p.round) != self() || !has_stake() ||
        contest.proposal() != nullptr)
        return;
    if (p.polka && is_candidate(p.polka->block.id)) {
        const QuorumCertificate polka = *p.polka;
        propose(polka.block, polka, out);
    } else if (!p.polka && p.built && is_candidate(*p.built)) {
        propose({*p.built, p.height}, std::nullopt, out);
    }
}

void Bft::propose(const BlockRef& block, std::optional<QuorumCertificate> polka, Actions& out) {
    Contest& contest = state().contest;
    Proposal proposal{block, contest.promises.round, std::move(polka)};
    const auto before = state().certificates.find(block.height - 1);
    if (before != state().certificates.end()) proposal.commit = before->second;
    contest.proposals.emplace(contest.promises.round, proposal);
    send_all(proposal, out);
}

void Bft::set_wait(BftStep step, std::uint64_t delay_ns, Actions& out) {
    State& s = state();
    const std::uint64_t serial = next_serial();
    s.waits[serial] = {height(), s.contest.promises.round, step};
    out.push_back(SetTimer{timer_id(kRoundTimer, serial), delay_ns});
}

void Bft::on_timer(TimerUse use, std::uint64_t serial, Actions& out) {
    if (use == kResendTimer) return resend(out);
    if (use != kRoundTimer) return;
    State& s = state();
    const auto wait = s.waits.extract(serial);
    if (wait.empty()) return;
    const auto [its_height, round, step] = wait.mapped();
    const Promises& p = s.contest.promises;
    if (its_height != p.height || round != p.round) return;
    if (step == BftStep::kPropose && p.step == BftStep::kPropose) {
        const bool idle = round == 0 && !s.contest.heard && !host().has_work();
        if (idle) return set_wait(step, config_.proposal_timeout_ns, out);
        cast(Ballot::kPrevote, kNil, out);
    } else if (step == BftStep::kPrevote && p.step == BftStep::kPrevote) {
        cast(Ballot::kPrecommit, kNil, out);
    } else if (step == BftStep::kPrecommit) {
        begin_round(round + 1, out);
    }
    advance(out);
}

// --- Votes ---

// The promise is on disk before the signature exists.
void Bft::cast(Ballot ballot, const Hash32& block, Actions& out) {
    Promises& p = state().contest.promises;
    if (ballot == Ballot::kPrevote) {
        p.step = BftStep::kPrevote;
        p.prevoted = block;
    } else {
        p.step = BftStep::kPrecommit;
        p.precommitted = block;
    }
    if (!has_stake()) return;
    save(out);
    sign(ballot, block, out);
}

void Bft::sign(Ballot ballot, const Hash32& block, Actions& out) {
    const Promises& p = state().contest.promises;
    out.push_back(Sign{{static_cast<std::uint8_t>(ballot), p.height, p.round}, block});
}

void Bft::on_signed(const SlotSigned& answer, Actions& out) {
    Contest& contest = state().contest;
    if (!answer.signature || answer.slot.height != contest.promises.height) return;
    const BallotCast vote = BallotCast::of({answer.slot, answer.message, *answer.signature});
    contest.cast.push_back(vote);
    contest.votes.take(self(), vote, contest.promises.round);
    send_all(vote, out);
    advance(out);
}

void Bft::on(VoterIndex from, const BallotCast& vote, Actions& out) {
    Contest& contest = state().contest;
    if (!is_signed(from, vote.signed_vote())) return;
    compare(from, vote, out);
    if (vote.height < height()) return help(from, vote.height - 1, out);
    if (vote.height > height()) return keep_early(from, vote.height, vote, out);
    contest.heard = true;
    contest.votes.take(from, vote, contest.promises.round);
    advance(out);
}

void Bft::on(VoterIndex from, const Proposal& proposal, Actions& out) {
    State& s = state();
    Contest& contest = s.contest;
    if (proposal.block.height < height()) return;
    if (proposal.commit && proposal.commit->block.height + 1 == proposal.block.height)
        on(from, Decided{*proposal.commit}, out);
    if (proposal.block.height > height())
        return keep_early(from, proposal.block.height, proposal, out);
    if (from != proposer_of(proposal.round)) return;
    contest.heard = true;
    contest.votes.note_round(from, proposal.round);
    const std::uint32_t round = contest.promises.round;
    if (proposal.round < round || proposal.round > round + VoteBook::kRoundsAhead) return;
    if (proposal.polka) {
        const QuorumCertificate& polka = *proposal.polka;
        if (polka.ballot != Ballot::kPrevote || polka.block != proposal.block ||
            polka.round >= proposal.round || !is_genuine(polka))
            return;
        compare(polka, out);
    }
    contest.proposals.emplace(proposal.round, proposal);
    if (!tree().contains(proposal.block.id)) pending().want(from, proposal.block, out);
    advance(out);
}

void Bft::compare(VoterIndex voter, const BallotCast& vote, Actions& out) {
    State& s = state();
    const VoteBook* book = nullptr;
    if (vote.height == height()) book = &s.contest.votes;
    if (vote.height + 1 == height() && s.votes_before) book = &*s.votes_before;
    const VoteBook::Cast* first =
        book == nullptr ? nullptr : book->cast_by(voter, vote.ballot, vote.round);
    if (first == nullptr || first->block == vote.block ||
        !s.accused.insert({voter, vote.slot()}).second)
        return;
    out.push_back(SubmitEvidence{voter, vote.slot(), first->block, first->signature, vote.block,
                                 vote.signature});
}

void Bft::compare(const QuorumCertificate& certificate, Actions& out) {
    for (const VoteSignature& each : certificate.votes)
        compare(each.voter,
                {certificate.ballot, certificate.block.height, certificate.round,
                 certificate.block.id, each.signature},
                out);
}

void Bft::advance(Actions& out) {
    while (accept_target(out) || decide(out) || skip_rounds(out) || prevote(out) ||
           precommit(out)) {
    }
    wait_for_rest(out);
}

bool Bft::skip_rounds(Actions& out) {
    const std::uint32_t reached = state().contest.votes.reached_round();
    if (reached <= state().contest.promises.round) return false;
    begin_round(reached, out);
    return true;
}

bool Bft::prevote(Actions& out) {
    const Contest& contest = state().contest;
    const Promises& p = contest.promises;
    const Proposal* proposal = contest.proposal();
    if (p.step != BftStep::kPropose || proposal == nullptr) return false;
    const Hash32& id = proposal->block.id;
    const bool refused = contest.invalid.contains(id);
    if (!refused && !is_candidate(id)) return false;
    const bool free = !p.locked || p.locked->block == id ||
                      (proposal->polka && proposal->polka->round >= p.locked->round);
    cast(Ballot::kPrevote, !refused && free ? id : kNil, out);
    return true;
}

bool Bft::precommit(Actions& out) {
    Contest& contest = state().contest;
    Promises& p = contest.promises;
    if (p.step == BftStep::kPropose) return false;
    const auto block = contest.votes.quorum(Ballot::kPrevote, p.round);
    if (!block) return false;
    if (*block == kNil) {
        if (p.step != BftStep::kPrevote) return false;
        cast(Ballot::kPrecommit, kNil, out);
        return true;
    }
    if (!is_candidate(*block)) return false;
    const bool is_news = !p.polka || p.polka->round < p.round;
    if (is_news) p.polka = contest.votes.certificate(Ballot::kPrevote, p.round, {*block, p.height});
    if (p.step != BftStep::kPrevote) return false;
    p.locked = BlockInRound{p.round, *block};
    cast(Ballot::kPrecommit, *block, out);
    return true;
}

// With a quorum of votes that do not agree, the others get some time to come.
void Bft::wait_for_rest(Actions& out) {
    Contest& contest = state().contest;
    const Promises& p = contest.promises;
    if (p.step == BftStep::kPrevote && contest.votes.quorum_voted(Ballot::kPrevote, p.round) &&
        contest.timed.insert({p.round, BftStep::kPrevote}).second)
        set_wait(BftStep::kPrevote, longer(config_.vote_timeout_ns), out);
    if (contest.votes.quorum_voted(Ballot::kPrecommit, p.round) &&
        contest.timed.insert({p.round, BftStep::kPrecommit}).second)
        set_wait(BftStep::kPrecommit, longer(config_.vote_timeout_ns), out);
}

// --- Decisions ---

bool Bft::decide(Actions& out) {
    State& s = state();
    const VoteBook& votes = s.contest.votes;
    const auto round = votes.decided_round();
    if (!round) return false;
    const Hash32 id = *votes.quorum(Ballot::kPrecommit, *round);
    const BlockRef block{id, height()};
    if (!is_candidate(id)) {
        if (!s.contest.invalid.contains(id)) pending().want(*votes.voter_for(id), block, out);
        return false;
    }
    accept(votes.certificate(Ballot::kPrecommit, *round, block), AcceptedBy::kPolls, out);
    return true;
}

// Accepts everything up to the target once it is verified.
bool Bft::accept_target(Actions& out) {
    State& s = state();
    if (!s.target || !tree().contains(s.target->block.id)) return false;
    const QuorumCertificate certificate = *s.target;
    s.target.reset();
    accept(certificate, AcceptedBy::kBootstrap, out);
    return true;
}

void Bft::accept(const QuorumCertificate& certificate, AcceptedBy by, Actions& out) {
    State& s = state();
    accept_branch(tree(), pending(), certificate.block.id, by, out);
    if (s.target && s.target->block.height <= tree().root().height) s.target.reset();
    keep(certificate, out);
    prefer(certificate.block, out);
    publish({certificate}, out);
    begin_height(out);
}

// Replaces the certificate of the last accepted block.
void Bft::keep(const QuorumCertificate& certificate, Actions& out) {
    State& s = state();
    const auto key = [](Height height) {
        return record_key_of(fmt::format("{}{}", kCertificateKey, height));
    };
    const bool replaces = !s.certificates.empty() && s.certificates.rbegin()->first > milestone_;
    if (replaces) {
        out.push_back(Persist{next_serial(), {key(s.certificates.rbegin()->first), {}}});
        s.certificates.erase(std::prev(s.certificates.end()));
    }
    out.push_back(
        Persist{next_serial(), {key(certificate.block.height), encoded_record(certificate)}});
    s.certificates[certificate.block.height] = certificate;
}

// The stakes of the height that begins. The certificates so far are checked with the old ones.
void Bft::on_epoch(Actions& out) {
    state().contest.votes.recount(stakes());
    milestone_ = tree().root().height;
    propose_if_due(out);
    advance(out);
}

// --- Those who are behind ---

// Somebody is deciding a height that this node has not reached.
void Bft::keep_early(VoterIndex from, Height height_there, const Message& message, Actions& out) {
    State& s = state();
    if (height_there != height() + 1) return ask_for_more(from, out);
    const auto kept = std::ranges::count(s.early, from, &Early::from);
    if (kept < kEarlyMessagesPerValidator) s.early.push_back({from, message});
}

void Bft::ask_for_more(VoterIndex whom, Actions& out) {
    if (state().target) return;
    out.push_back(Send{whom, HeightProbe{tree().root().height}});
}

void Bft::on(VoterIndex from, const HeightProbe& probe, Actions& out) {
    if (probe.has_started) out.push_back(Send{from, HeightReport{tree().root().height}});
    help(from, probe.height, out);
}

void Bft::on(VoterIndex from, const HeightReport& report, Actions& out) {
    State& s = state();
    Height& known = s.heights[from];
    known = std::max(known, report.height);
    if (report.height > tree().root().height) ask_for_more(from, out);
}

bool Bft::knows_heights() const {
    const State& s = state();
    std::uint64_t heard = stakes()[self()];
    std::uint64_t above = 0;
    for (const auto& [validator, reported] : s.heights) {
        heard += stakes()[validator];
        if (reported > tree().root().height) above += stakes()[validator];
    }
    return is_quorum(heard) && !has_an_honest(above);
}

// The first certificate that a node whose last accepted block has `height` can check. At most one
// in each resend interval for everybody.
void Bft::help(VoterIndex to, Height height, Actions& out) {
    State& s = state();
    const auto useful = s.certificates.upper_bound(height);
    if (useful == s.certificates.end()) return;
    const auto interval = static_cast<SimTime>(config_.resend_ns);
    if (s.helped_at[to] && now() < *s.helped_at[to] + interval) return;
    s.helped_at[to] = now();
    out.push_back(Send{to, Decided{useful->second}});
}

void Bft::on(VoterIndex from, const Decided& decided, Actions& out) {
    State& s = state();
    const QuorumCertificate& certificate = decided.certificate;
    const Height known = s.target ? s.target->block.height : tree().root().height;
    if (certificate.ballot != Ballot::kPrecommit || certificate.block.height + 1 < height() ||
        !is_genuine(certificate))
        return;
    compare(certificate, out);
    if (certificate.block.height <= known) return;
    s.target = certificate;
    if (!tree().contains(certificate.block.id)) pending().want(from, certificate.block, out);
    advance(out);
}

void Bft::set_resend_timer(Actions& out) {
    out.push_back(SetTimer{timer_id(kResendTimer, next_serial()), config_.resend_ns});
}

// What others may not have received, and a question if they seem to be ahead.
void Bft::resend(Actions& out) {
    State& s = state();
    const Contest& contest = s.contest;
    const Proposal* proposal = contest.proposal();
    if (proposal != nullptr && proposer_of(contest.promises.round) == self())
        send_all(*proposal, out);
    for (const BallotCast& vote : contest.cast) send_all(vote, out);
    if (!s.early.empty()) ask_for_more(s.early.front().from, out);
    if (s.has_started && !knows_heights()) send_all(HeightProbe{tree().root().height, true}, out);
    probe_if_quiet(out);
    if (s.target) pending().want((self() + 1) % stakes().size(), s.target->block, out);
    set_resend_timer(out);
}

// Nobody may be left behind when the others have nothing to decide any more.
void Bft::probe_if_quiet(Actions& out) {
    State& s = state();
    if (++s.quiet_intervals < kQuietIntervals) return;
    s.quiet_intervals = 0;
    if (const auto other = next_to_probe())
        out.push_back(Send{*other, HeightProbe{tree().root().height}});
}

void Bft::on_message(VoterIndex from, const Message& message, Actions& out) {
    state().quiet_intervals = 0;
    if (const auto* proposal = message.get_if<Proposal>()) return on(from, *proposal, out);
    if (const auto* vote = message.get_if<BallotCast>()) return on(from, *vote, out);
    if (const auto* decided = message.get_if<Decided>()) return on(from, *decided, out);
    if (const auto* probe = message.get_if<HeightProbe>()) return on(from, *probe, out);
    if (const auto* report = message.get_if<HeightReport>()) return on(from, *report, out);
}

}  // namespace

Result<Message> decode_bft_message(ByteView bytes) {
    return decode_message_of<Proposal, BallotCast, Decided, HeightProbe, HeightReport>(bytes);
}

Result<std::unique_ptr<ConsensusEngine>> make_bft(const BftConfig& config, EngineHost& host) {
    AIVM_TRY(total_stake(config.stakes).map([](std::uint64_t) {}));
    if (config.self >= config.stakes.size())
        return fail(ErrorCode::kConfig, "the node's own index is outside the list of validators");
    if (config.first_proposal_timeout_ns == 0 || config.proposal_timeout_ns == 0 ||
        config.vote_timeout_ns == 0 || config.resend_ns == 0 || config.fetch_timeout_ns == 0)
        return fail(ErrorCode::kConfig, "the timeouts of bft must be above zero");
    return std::make_unique<Bft>(config, host);
}

namespace {

constexpr std::uint64_t kProposalTimeoutNs = 3'000'000'000;

std::vector<EngineProblem> check_bft_chain(const ChainSettings& chain) {
    std::vector<EngineProblem> out;
    if (chain.finality_delay_ns > 0) {
        out.push_back({{"chain.finality_delay", "chain.consensus"},
                       "bft's votes decide when a block is final",
                       "drop chain.finality_delay, or set chain.consensus to \"sequencer\""});
    }
    return out;
}

Result<std::unique_ptr<ConsensusEngine>> make_bft_engine(const EngineSetup& setup) {
    BftConfig config;
    config.stakes = {setup.stakes.begin(), setup.stakes.end()};
    config.self = setup.self;
    config.epoch = setup.epoch;
    config.first_proposal_timeout_ns = setup.chain.block_interval_ns + kProposalTimeoutNs;
    config.proposal_timeout_ns = kProposalTimeoutNs;
    return make_bft(config, setup.host);
}

// A vote for no block beside one for a block.
std::optional<Message> contradict_ballot(const Message& message, const Hash32&,
                                         const std::function<Bytes(const SignedVote&)>& sign) {
    const auto* vote = message.get_if<BallotCast>();
    if (vote == nullptr || vote->block == kNil) return std::nullopt;
    BallotCast other = *vote;
    other.block = kNil;
    other.signature = sign({other.slot(), kNil, {}});
    return other;
}

constexpr VotingRules kBftVoting{
    .vote_in = signed_vote_in<BallotCast>,
    .contradict = contradict_ballot,
    .round_timeout_ns = kProposalTimeoutNs + 2 * BftConfig{}.vote_timeout_ns};

}  // namespace

const EngineRow kBftEngine{.own_turns = true,
                           .check = check_bft_chain,
                           .make = make_bft_engine,
                           .decode = decode_bft_message,
                           .voting = &kBftVoting};

}  // namespace aivm::sim
