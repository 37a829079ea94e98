#include "sim/consensus/bft/cut_votes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "sim/consensus/avalanche/avalanche.h"
#include "sim/consensus/bft/vote_book.h"
#include "sim/consensus/double_votes.h"
#include "sim/consensus/engine_records.h"
#include "sim/consensus/signed_votes.h"
#include "sim/consensus/timers.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

constexpr std::string_view kCutRecordKey = "cut/";
constexpr std::size_t kCutsResent = 8;  // at most, of those without a certificate, the oldest first

// What survives a crash of a cut that this node accepted.
struct CutRecord {
    BlockRef cut;
    std::uint64_t epoch = 0;
    std::vector<std::uint64_t> stakes;  // that count for it
    std::optional<QuorumCertificate> certificate;

    static constexpr auto fields() {
        return std::tuple{field<&CutRecord::cut>(), field<&CutRecord::epoch>(),
                          field<&CutRecord::stakes, kValidatorsMax>(),
                          field<&CutRecord::certificate>()};
    }
};

Bytes cut_record_key(Height number) {
    return record_key_of(fmt::format("{}{}", kCutRecordKey, number));
}
bool is_of_a_cut(const Record& record) {
    return record.key.size() >= kCutRecordKey.size() &&
           std::equal(kCutRecordKey.begin(), kCutRecordKey.end(), record.key.begin());
}
SigningSlot slot_of_cut(Height number) { return CutVote{{{}, number}, {}}.slot(); }

class CutVotes final : public ConsensusEngine {
public:
    CutVotes(std::unique_ptr<ConsensusEngine> decides, const CutVotesConfig& config,
             EngineHost& host)
        : decides_(std::move(decides)),
          config_(config),
          host_(host),
          epoch_(config.epoch),
          stakes_(config.stakes),
          helped_at_(config.stakes.size(), std::nullopt) {}

    void step(SimTime now, const Input& input, Actions& out) override {
        now_ = now;
        if (std::visit([&](const auto& each) { return take(each, out); }, input)) return;
        pass_on(input, out);
    }

    [[nodiscard]] BlockRef last_accepted() const override { return decides_->last_accepted(); }
    [[nodiscard]] BlockRef preferred() const override { return decides_->preferred(); }
    [[nodiscard]] std::size_t processing() const override { return decides_->processing(); }
    [[nodiscard]] bool bootstrapping() const override { return decides_->bootstrapping(); }
    [[nodiscard]] bool wants_block() const override { return decides_->wants_block(); }
    [[nodiscard]] bool needs_block() const override { return decides_->needs_block(); }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }
    void prefetch(const Message& message) const override { decides_->prefetch(message); }

private:
    static constexpr TimerUse kResendTimer = 11;  // its number is part of the trace digest

    struct Contest {
        explicit Contest(std::span<const std::uint64_t> stakes) : votes(stakes) {}
        VoteBook votes;
        std::optional<CutRecord> accepted;  // by this node
        std::optional<Bytes> own_signature;
    };
    struct Epoch {
        std::uint64_t number = 0;
        std::vector<std::uint64_t> stakes;
    };

    // Each says whether the input is not for the engine that decides.
    template <class Other>
    bool take(const Other&, Actions&) {
        return false;
    }
    bool take(const Started& start, Actions& out);
    bool take(const MessageReceived& received, Actions& out);
    bool take(const TimerFired& fired, Actions& out);
    bool take(const SlotSigned& answer, Actions& out);
    bool take(const EpochBegun& begun, Actions& out);

    void pass_on(const Input& input, Actions& out);
    void restore(const Record& record);
    void vote(VoterIndex from, const CutVote& vote, Actions& out);
    void learn(const QuorumCertificate& certificate, Actions& out);
    void certify_if_quorum(Contest& contest, Actions& out);
    void certify(Contest& contest, const QuorumCertificate& certificate, Actions& out);
    void help(VoterIndex to, Height number, Actions& out);
    void show_if_stray(const Contest& contest, VoterIndex voter, Actions& out) const;
    void save(const CutRecord& record, Actions& out);
    void begin_epoch(Epoch epoch);
    void forget_old(Actions& out);
    void resend(Actions& out);
    void set_resend_timer(Actions& out);

    [[nodiscard]] bool is_near(Height number) const {
        return number + kCutsKept > last_ && number <= last_ + kCutsAhead;
    }
    [[nodiscard]] Contest& contest_of(Height number) {
        return contests_.try_emplace(number, stakes_).first->second;
    }

    std::unique_ptr<ConsensusEngine> decides_;
    CutVotesConfig config_;
    EngineHost& host_;
    SimTime now_ = 0;
    std::uint64_t epoch_;
    std::vector<std::uint64_t> stakes_;   // of the cut above the last accepted one
    std::optional<Epoch> next_epoch_;     // from the cut above the one being signed
    std::uint64_t signs_waiting_ = 0;     // of accepted cuts, not answered yet
    Height last_ = 0;                     // the last accepted cut
    std::map<Height, Contest> contests_;  // by number
    DoubleVotes doubles_;
    std::uint64_t forged_ = 0;                       // votes for cuts
    EngineCounters counters_;                        // of both engines
    std::vector<std::optional<SimTime>> helped_at_;  // by validator
    std::uint64_t next_serial_ = 0;
    std::optional<std::uint64_t> resend_serial_;  // of the timer that is set
};

// --- Inputs ---

// The engine that decides receives the records that are its own. The votes for cuts without a
// certificate are signed again: the same votes, so the signatures are the same.
bool CutVotes::take(const Started& start, Actions& out) {
    next_serial_ = first_serial(start.incarnation);
    Started rest = start;
    std::erase_if(rest.records, is_of_a_cut);
    for (const Record& record : start.records)
        if (is_of_a_cut(record)) restore(record);
    pass_on(rest, out);
    for (const auto& [number, contest] : contests_)
        if (!contest.accepted->certificate)
            out.push_back(Sign{slot_of_cut(number), contest.accepted->cut.id});
    return true;
}

void CutVotes::restore(const Record& record) {
    const auto held = decoded_record<CutRecord>(record.value);
    // A disk that lost its last writes may hold the record of a cut that it does not hold.
    if (!held || !host_.is_accepted(held->cut.id)) return;
    last_ = std::max(last_, held->cut.height);
    contests_.emplace(held->cut.height, held->stakes).first->second.accepted = *held;
}

bool CutVotes::take(const MessageReceived& received, Actions& out) {
    if (const auto* one = received.message.get_if<CutVote>()) {
        vote(received.from, *one, out);
        return true;
    }
    const auto* answer = received.message.get_if<CutCertificates>();
    if (answer == nullptr) return false;
    for (const QuorumCertificate& each : answer->certificates) learn(each, out);
    return true;
}

bool CutVotes::take(const TimerFired& fired, Actions& out) {
    if (use_of(fired.timer) != kResendTimer) return false;
    if (serial_of(fired.timer) == resend_serial_) resend(out);
    return true;
}

// The cut has been executed: its stakes are the present ones, and those of an epoch that it began
// count from the next cut on.
bool CutVotes::take(const SlotSigned& answer, Actions& out) {
    const Height number = answer.slot.height;
    Contest& contest = contest_of(number);
    const bool is_restored = contest.accepted.has_value();
    if (!is_restored) {
        --signs_waiting_;
        last_ = std::max(last_, number);
        contest.votes.recount(stakes_);
        contest.accepted = CutRecord{{answer.message, number}, epoch_, stakes_, std::nullopt};
        save(*contest.accepted, out);
        if (next_epoch_) begin_epoch(*std::exchange(next_epoch_, std::nullopt));
    }
    contest.own_signature = answer.signature;
    if (answer.signature) {
        const CutVote own{contest.accepted->cut, *answer.signature};
        contest.votes.take(config_.self, {Ballot::kPrecommit, number, 0, own.cut.id, own.signature},
                           0);
        send_all(config_.self, stakes_.size(), own, out);
    }
    for (VoterIndex each = 0; each < stakes_.size(); ++each) show_if_stray(contest, each, out);
    certify_if_quorum(contest, out);
    forget_old(out);
    set_resend_timer(out);
    return true;
}

bool CutVotes::take(const EpochBegun& begun, Actions&) {
    Epoch epoch{begun.epoch, begun.stakes};
    if (signs_waiting_ > 0) {
        next_epoch_ = std::move(epoch);
    } else {
        begin_epoch(std::move(epoch));
    }
    return false;
}

void CutVotes::begin_epoch(Epoch epoch) {
    epoch_ = epoch.number;
    stakes_ = std::move(epoch.stakes);
    for (auto& [number, contest] : contests_)
        if (!contest.accepted) contest.votes.recount(stakes_);
}

// Has the node vote for each cut right after it has accepted it.
void CutVotes::pass_on(const Input& input, Actions& out) {
    Actions decided;
    decides_->step(now_, input, decided);
    counters_ = decides_->counters();
    counters_.votes_forged += forged_;
    for (Action& each : decided) {
        const auto* accept = std::get_if<Accept>(&each);
        const auto id = accept != nullptr ? std::optional(accept->id) : std::nullopt;
        out.push_back(std::move(each));
        const auto number = id ? host_.cut_number(*id) : std::nullopt;
        if (!number) continue;
        ++signs_waiting_;
        out.push_back(Sign{slot_of_cut(*number), *id});
    }
}

// --- Votes and certificates ---

void CutVotes::vote(VoterIndex from, const CutVote& vote, Actions& out) {
    const Height number = vote.cut.height;
    if (!is_near(number)) return;
    if (!host_.signed_by(from, vote.slot(), vote.cut.id, vote.signature)) {
        ++forged_;
        ++counters_.votes_forged;
        return;
    }
    doubles_.note(from, vote.slot(), vote.cut.id, vote.signature, out);
    Contest& contest = contest_of(number);
    const auto taken =
        contest.votes.take(from, {Ballot::kPrecommit, number, 0, vote.cut.id, vote.signature}, 0);
    if (taken == VoteBook::Taken::kCounted) show_if_stray(contest, from, out);
    const bool is_certified = contest.accepted && contest.accepted->certificate;
    if (!is_certified) return certify_if_quorum(contest, out);
    if (taken != VoteBook::Taken::kCounted) help(from, number, out);
}

// A vote for another cut than the accepted one is shown to all, as a certificate of one vote: its
// voter may have sent the others a vote for the accepted cut, and it takes both to prove that.
void CutVotes::show_if_stray(const Contest& contest, VoterIndex voter, Actions& out) const {
    const auto* cast = contest.votes.cast_by(voter, Ballot::kPrecommit, 0);
    if (cast == nullptr || !contest.accepted || cast->block == contest.accepted->cut.id) return;
    const BlockRef named{cast->block, contest.accepted->cut.height};
    const QuorumCertificate shown{Ballot::kPrecommit, named, 0, {{voter, cast->signature}}};
    send_all(config_.self, stakes_.size(), CutCertificates{{shown}}, out);
}

void CutVotes::learn(const QuorumCertificate& certificate, Actions& out) {
    const Height number = certificate.block.height;
    if (certificate.votes.size() == 1 && is_near(number) &&
        certificate.slot() == slot_of_cut(number))
        doubles_.note_all(host_, certificate, out);
    const auto found = contests_.find(certificate.block.height);
    if (found == contests_.end() || !found->second.accepted) return;
    Contest& contest = found->second;
    if (contest.accepted->certificate || certificate.slot() != slot_of_cut(found->first) ||
        !is_genuine(certificate, contest.accepted->stakes, host_))
        return;
    doubles_.note_all(host_, certificate, out);
    if (certificate.block == contest.accepted->cut) certify(contest, certificate, out);
}

void CutVotes::certify_if_quorum(Contest& contest, Actions& out) {
    if (!contest.accepted || contest.accepted->certificate) return;
    const BlockRef& cut = contest.accepted->cut;
    if (contest.votes.quorum(Ballot::kPrecommit, 0) == cut.id)
        certify(contest, contest.votes.certificate(Ballot::kPrecommit, 0, cut), out);
}

void CutVotes::certify(Contest& contest, const QuorumCertificate& certificate, Actions& out) {
    contest.accepted->certificate = certificate;
    save(*contest.accepted, out);
    out.push_back(PublishCertificate{certificate.block, contest.accepted->epoch,
                                     encoded_record(FinalityProof{{certificate}})});
}

// With the certificates from this number on. At most once in each resend interval for everybody.
void CutVotes::help(VoterIndex to, Height number, Actions& out) {
    const auto interval = static_cast<SimTime>(config_.resend_ns);
    if (helped_at_[to] && now_ < *helped_at_[to] + interval) return;
    helped_at_[to] = now_;
    CutCertificates answer;
    for (auto each = contests_.find(number);
         each != contests_.end() && answer.certificates.size() < kCertificatesPerAnswer; ++each) {
        const auto& accepted = each->second.accepted;
        if (accepted && accepted->certificate)
            answer.certificates.push_back(*accepted->certificate);
    }
    out.push_back(Send{to, answer});
}

void CutVotes::save(const CutRecord& record, Actions& out) {
    out.push_back(
        Persist{next_serial_++, {cut_record_key(record.cut.height), encoded_record(record)}});
}

void CutVotes::forget_old(Actions& out) {
    const Height oldest = last_ >= kCutsKept ? last_ - kCutsKept + 1 : 0;
    while (!contests_.empty() && contests_.begin()->first < oldest) {
        if (contests_.begin()->second.accepted)
            out.push_back(Persist{next_serial_++, {cut_record_key(contests_.begin()->first), {}}});
        contests_.erase(contests_.begin());
    }
    doubles_.forget_below(oldest);
}

// --- What others may not have received ---

void CutVotes::set_resend_timer(Actions& out) {
    const bool is_open = std::ranges::any_of(contests_, [](const auto& each) {
        return each.second.accepted && !each.second.accepted->certificate;
    });
    if (resend_serial_ || !is_open) return;
    resend_serial_ = next_serial_++;
    out.push_back(SetTimer{timer_id(kResendTimer, *resend_serial_), config_.resend_ns});
}

void CutVotes::resend(Actions& out) {
    resend_serial_.reset();
    std::size_t sent = 0;
    for (const auto& [number, contest] : contests_) {
        if (!contest.own_signature || contest.accepted->certificate) continue;
        if (++sent > kCutsResent) break;
        send_all(config_.self, stakes_.size(),
                 CutVote{contest.accepted->cut, *contest.own_signature}, out);
    }
    set_resend_timer(out);
}

// --- The row of the table ---

Result<Message> decode_cut_votes_message(ByteView bytes) {
    if (!bytes.empty() && bytes[0] >= CutVote::kKind)
        return decode_message_of<CutVote, CutCertificates>(bytes);
    return kAvalancheEngine.decode(bytes);
}

Result<std::unique_ptr<ConsensusEngine>> make_certified_avalanche(const EngineSetup& setup) {
    AIVM_ASSIGN(auto decides, kAvalancheEngine.make(setup));
    const CutVotesConfig config{
        {setup.stakes.begin(), setup.stakes.end()}, setup.self, setup.epoch};
    return certify_cuts(std::move(decides), config, setup.host);
}

constexpr VotingRules kCutVoting{.vote_in = signed_vote_in<CutVote>,
                                 .contradict = contradict_with<CutVote>};

}  // namespace

std::unique_ptr<ConsensusEngine> certify_cuts(std::unique_ptr<ConsensusEngine> decides,
                                              const CutVotesConfig& config, EngineHost& host) {
    return std::make_unique<CutVotes>(std::move(decides), config, host);
}

const EngineRow kCutVotesEngine{
    .tolerance = tolerance_of_avalanche,
    .of_dag = true,
    .check = [](const ChainSettings& chain) { return kAvalancheEngine.check(chain); },
    .make = make_certified_avalanche,
    .decode = decode_cut_votes_message,
    .voting = &kCutVoting};

}  // namespace aivm::sim
