// The hotstuff engine: chained HotStuff (Yin, Malkhi, Reiter, Gueta and Abraham, "HotStuff: BFT
// consensus in the lens of blockchain", arXiv:1803.05069, algorithm 5), one block a view.
//
// The leader of a view proposes a block on the highest one with a quorum of votes, and shows those
// votes. Everybody votes to the next leader alone, so a view costs 2n messages. Three blocks in a
// row, each the child of the one before it in the next view, and each with a quorum, decide the
// first of them: seven one-way delays after its proposal, while blocks follow each other every two.
//
// A proposal carries the certificates of its last three ancestors, so that a node that missed some
// views needs nothing but the bodies. A view that takes too long ends with a message to all, and
// the next ones may take longer. While there is no work, and nothing but empty blocks is undecided,
// views wait.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/base/check.h"
#include "core/base/mutant.h"
#include "sim/consensus/bft/quorum.h"
#include "sim/consensus/bft/rotation.h"
#include "sim/consensus/bft/vote_book.h"
#include "sim/consensus/block_steps.h"
#include "sim/consensus/double_votes.h"
#include "sim/consensus/engine_records.h"
#include "sim/consensus/hotstuff/messages.h"
#include "sim/consensus/signed_votes.h"
#include "sim/consensus/stake.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kViewTimeoutNs = 3'000'000'000;  // besides the block interval
constexpr std::uint32_t kTimeoutShiftMax = 5;            // each failed view doubles it so often
constexpr std::uint32_t kBlocksHeldMax = 4096;
constexpr Height kHeightsWatched = 8;  // below the decided one, for two votes of one validator

class Hotstuff final : public ConsensusEngine {
public:
    explicit Hotstuff(const EngineSetup& setup)
        : self_(setup.self),
          view_timeout_ns_(kViewTimeoutNs + setup.chain.block_interval_ns),
          host_(setup.host),
          stakes_(setup.stakes.begin(), setup.stakes.end()),
          rotation_(stakes_),
          reached_(stakes_.size(), 0) {}

    void step(SimTime now, const Input& input, Actions& out) override {
        now_ = now;
        std::visit([&](const auto& each) { on(each, out); }, input);
    }
    [[nodiscard]] BlockRef last_accepted() const override { return tree_->root(); }
    [[nodiscard]] BlockRef preferred() const override { return preferred_; }
    [[nodiscard]] std::size_t processing() const override { return tree_->size(); }
    // A node that has started again hears how far the others are first.
    [[nodiscard]] bool bootstrapping() const override {
        return has_started_ && stake_at(1) < quorum_of(total());
    }
    [[nodiscard]] bool wants_block() const override {
        return leads(view_) && may_propose_ && proposed_view_ < view_ && preferred_ == base();
    }
    // What is undecided and not empty is decided by further blocks only.
    [[nodiscard]] bool needs_block() const override { return work_is_undecided(); }
    [[nodiscard]] const EngineCounters& counters() const override { return counters_; }

private:
    static constexpr TimerUse kViewTimer = 10;  // its number is part of the trace digest

    // --- Inputs ---

    void on(const Started& start, Actions& out) {
        tree_.emplace(start.last_accepted.ref());
        next_serial_ = first_serial(start.incarnation);
        pending_.emplace(
            PendingBlocksConfig{.validators = static_cast<std::uint32_t>(stakes_.size()),
                                .self = self_,
                                .waiting_max = kBlocksHeldMax,
                                .fetch_timeout_ns = view_timeout_ns_},
            *tree_, counters_, next_serial_);
        preferred_ = start.last_accepted.ref();
        out.push_back(Prefer{{preferred_.id}});
        for (const Record& record : start.records) {
            const auto promise = decoded_record<ViewPromise>(record.value);
            if (promise && !AIVM_MUTANT(view_vote_lost)) promise_ = *promise;
        }
        for (const Item& item : start.own_items) pending_->body(self_, block_of(item), out);
        const std::uint32_t certified = promise_.chain.empty() ? 0 : promise_.chain.front().round;
        enter(std::max(promise_.voted_view, certified) + 1, out);
        may_propose_ = view_ == 1;
        has_started_ = start.bootstrap;
        if (has_started_) ask_all(out);
    }
    void on(const MessageReceived& received, Actions& out) {
        const auto& [from, message] = received;
        if (const auto* proposal = message.get_if<ViewProposal>()) on(from, *proposal, out);
        if (const auto* vote = message.get_if<ViewVote>()) on(from, *vote, out);
        if (const auto* view = message.get_if<NewView>()) on(from, *view, out);
    }
    void on(const TimerFired& fired, Actions& out) {
        const std::uint64_t serial = serial_of(fired.timer);
        if (use_of(fired.timer) == kFetchTimer) return pending_->on_timer(serial, out);
        if (use_of(fired.timer) == kDueTimer) return pending_->on_due(serial, out);
        if (use_of(fired.timer) != kViewTimer || serial != view_serial_) return;
        if (bootstrapping()) ask_all(out);
        if (!work_is_undecided() && !host_.has_work()) {
            // Nobody may be left behind when the others have nothing to decide any more.
            probed_ = (probed_ + 1) % static_cast<VoterIndex>(stakes_.size());
            if (probed_ != self_)
                out.push_back(Send{probed_, NewView{view_, promise_.chain, true}});
            return set_view_timer(out);
        }
        ++failed_views_;
        enter(view_ + 1, out);
        join_view(out);
    }
    void on(const ItemReceived& received, Actions& out) {
        pending_->body(received.from, block_of(received.item), out);
    }
    void on(const ItemBuilt& built, Actions& out) {
        const BlockInfo block = block_of(built.item);
        if (block.parent != base().id || !wants_block()) return out.push_back(Reject{block.id});
        tree_->add(block);
        if (!host_.has_work()) fillers_.insert(block.id);
        built_ = block;
        propose_again(out);
    }
    void on(const Verdict& verdict, Actions& out) {
        const auto block = add_verified(*tree_, *pending_, verdict, now_, out);
        if (!block) return;
        if (block->proposer == self_) built_ = *block;  // before it started again
        decide(out);
        vote_if_safe(out);
    }
    void on(const SlotSigned& answer, Actions& out) {
        if (!answer.signature) return;
        const BlockRef block{answer.message, answer.slot.height};
        const ViewVote vote{block, answer.slot.round, *answer.signature};
        if (leads(vote.view + 1)) return on(self_, vote, out);
        out.push_back(Send{leader(vote.view + 1), vote});
    }
    void on(const Persisted&, Actions&) {}
    void on(const EpochBegun& begun, Actions&) {
        stakes_ = begun.stakes;
        rotation_ = ProposerRotation(stakes_);
    }

    // --- Views ---

    [[nodiscard]] VoterIndex leader(std::uint32_t view) const {
        return rotation_.proposer(view, 0);
    }
    [[nodiscard]] bool leads(std::uint32_t view) const { return leader(view) == self_; }

    void enter(std::uint32_t view, Actions& out) {
        if (view <= view_) return;
        view_ = view;
        may_propose_ = false;
        candidate_.reset();
        std::erase_if(votes_, [&](const auto& each) { return each.second.round + 1 < view; });
        set_view_timer(out);
    }
    void set_view_timer(Actions& out) {
        view_serial_ = next_serial_++;
        const std::uint64_t times = std::uint64_t{1} << std::min(failed_views_, kTimeoutShiftMax);
        out.push_back(SetTimer{timer_id(kViewTimer, view_serial_), view_timeout_ns_ * times});
    }
    void join_view(Actions& out) {
        reached_[self_] = view_;
        send_all(NewView{view_, promise_.chain}, out);
        allow_proposal(out);
    }
    void ask_all(Actions& out) const { send_all(NewView{view_, promise_.chain, true}, out); }
    void allow_proposal(Actions& out) {
        if (stake_at(view_) < quorum_of(total())) return;
        may_propose_ = true;
        propose_again(out);
    }
    // A validator builds one block at a height: in a later view it proposes the same one.
    void propose_again(Actions& out) {
        if (!built_ || built_->parent != base().id || !tree_->contains(built_->id) ||
            !wants_block())
            return;
        proposed_view_ = view_;
        const bool is_filler = fillers_.contains(built_->id);
        const ViewProposal proposal{built_->ref(), view_, is_filler, promise_.chain};
        send_all(proposal, out);
        on(self_, proposal, out);
    }
    [[nodiscard]] std::uint64_t total() const { return sum_of(stakes_); }
    // The stake of those that gave up every view before this one.
    [[nodiscard]] std::uint64_t stake_at(std::uint32_t view) const {
        return stake_where(stakes_, [&](std::size_t i) { return reached_[i] >= view; });
    }
    void on(VoterIndex from, const NewView& message, Actions& out) {
        if (!take(from, message.chain, out)) return;
        if (message.asks || message.view < view_)  // it may be behind
            out.push_back(Send{from, NewView{view_, promise_.chain}});
        reached_[from] = std::max(reached_[from], message.view);
        if (message.view > view_ && stake_at(message.view) >= honest_part_of(total())) {
            enter(message.view, out);
            join_view(out);
        }
        allow_proposal(out);
    }

    // --- Proposals, votes and certificates ---

    void on(VoterIndex from, const ViewProposal& proposal, Actions& out) {
        if (from != leader(proposal.view) || proposal.view < view_) return;
        const CertificateChain& shown = proposal.chain;  // a vote depends on it, known or not
        if ((!is_newer(shown) && !is_proper(shown)) || !take(from, shown, out)) return;
        enter(proposal.view, out);
        below_[proposal.block.id] = proposal.chain;
        if (proposal.is_filler) fillers_.insert(proposal.block.id);
        candidate_ = proposal;
        if (!tree_->contains(proposal.block.id)) pending_->want(from, proposal.block, out);
        vote_if_safe(out);
    }
    // Once in each view, for a block that extends the locked one or shows a later certificate.
    void vote_if_safe(Actions& out) {
        const auto block = candidate_ ? find(candidate_->block.id) : std::nullopt;
        if (!block || stakes_[self_] == 0 || promise_.voted_view >= candidate_->view) return;
        const CertificateChain& chain = candidate_->chain;
        const bool fits = chain.empty() ? promise_.chain.empty() : shows_ancestors(*block, chain);
        const bool is_later = !chain.empty() && chain.front().round > promise_.locked_view;
        const SigningSlot slot = ViewVote{block->ref(), candidate_->view, {}}.signed_vote().slot;
        candidate_.reset();
        if (!fits || !(is_later || AIVM_MUTANT(lock_forgotten) || extends_lock(block->id))) return;
        promise_.voted_view = slot.round;
        out.push_back(Persist{next_serial_++, {record_key_of("h"), encoded_record(promise_)}});
        out.push_back(Sign{slot, block->id});
    }
    // Whether it has those of the parent and of the block below, on which the node locks.
    [[nodiscard]] bool shows_ancestors(const BlockInfo& block,
                                       const CertificateChain& chain) const {
        const BlockInfo* parent = tree_->find(block.parent);
        return block.parent == chain.front().block.id &&
               (parent == nullptr || chain.size() < 2 || parent->parent == chain[1].block.id);
    }
    [[nodiscard]] bool extends_lock(const Hash32& id) const {
        if (promise_.locked_view == 0 || promise_.locked == tree_->root().id) return true;
        const BlockInfo* at = tree_->find(id);
        while (at != nullptr && at->id != promise_.locked) at = tree_->find(at->parent);
        return at != nullptr;
    }
    void on(VoterIndex from, const ViewVote& vote, Actions& out) {
        const bool is_near =
            vote.view + 1 >= view_ && vote.view <= view_ + 1 && votes_.size() < 4 * stakes_.size();
        if (is_near) doubles_.note_if_signed(host_, from, vote.signed_vote(), out);
        if (!leads(vote.view + 1) || !is_near || stakes_[from] == 0) return;
        const auto [held, is_new] =
            votes_.try_emplace({vote.view, vote.block.id},
                               QuorumCertificate{Ballot::kPrevote, vote.block, vote.view, {}});
        QuorumCertificate& certificate = held->second;
        const auto place =
            std::ranges::lower_bound(certificate.votes, from, {}, &VoteSignature::voter);
        if (place != certificate.votes.end() && place->voter == from) return;
        certificate.votes.insert(place, {from, vote.signature});
        const auto below = below_.find(vote.block.id);
        if (below == below_.end() || !is_genuine(certificate, stakes_, host_)) return;
        CertificateChain chain = below->second;
        chain.insert(chain.begin(), certificate);
        if (chain.size() > kChainMax) chain.pop_back();
        take(from, chain, out);
        if (view_ != vote.view + 1) return;
        may_propose_ = true;
        propose_again(out);
    }
    [[nodiscard]] bool is_newer(const CertificateChain& chain) const {
        const CertificateChain& known = promise_.chain;
        return !chain.empty() && (known.empty() || chain.front().round > known.front().round);
    }
    [[nodiscard]] bool is_proper(const CertificateChain& chain) const {
        return chain == promise_.chain ||
               (is_in_a_row(chain) && std::ranges::all_of(chain, [&](const auto& each) {
                    return is_genuine(each, stakes_, host_);
                }));
    }
    // Learns from certificates; false if one of them is forged.
    bool take(VoterIndex from, const CertificateChain& chain, Actions& out) {
        if (!is_newer(chain)) return true;
        if (!is_proper(chain)) return false;
        doubles_.note_all(host_, chain.front(), out);
        promise_.chain = chain;
        failed_views_ = 0;
        if (chain.size() > 1 && chain[1].round > promise_.locked_view) {
            promise_.locked_view = chain[1].round;
            promise_.locked = chain[1].block.id;
        }
        if (!tree_->contains(chain.front().block.id))
            pending_->want(from, chain.front().block, out);
        decide(out);
        enter(chain.front().round + 1, out);
        return true;
    }

    // --- Decisions ---

    [[nodiscard]] std::optional<BlockInfo> find(const Hash32& id) const {
        const BlockInfo* block = tree_->find(id);
        return block != nullptr ? std::optional(*block) : std::nullopt;
    }
    // Three certified blocks in consecutive views, each the parent of the next, decide the first.
    void decide(Actions& out) {
        const CertificateChain& chain = promise_.chain;
        const auto youngest = chain.size() == kChainMax ? find(chain[0].block.id) : std::nullopt;
        const auto middle = youngest ? find(youngest->parent) : std::nullopt;
        if (middle && middle->id == chain[1].block.id && middle->parent == chain[2].block.id &&
            chain[0].round == chain[1].round + 1 && chain[1].round == chain[2].round + 1 &&
            tree_->contains(middle->parent)) {
            accept_branch(*tree_, *pending_, middle->parent, AcceptedBy::kPolls, out);
            out.push_back(
                PublishCertificate{chain[2].block, 0, encoded_record(FinalityProof{chain})});
            if (chain[2].block.height > kHeightsWatched)
                doubles_.forget_below(chain[2].block.height - kHeightsWatched);
            std::erase_if(below_, [&](const auto& each) { return !tree_->contains(each.first); });
            std::erase_if(fillers_, [&](const Hash32& id) { return !tree_->contains(id); });
        }
        const BlockRef wanted = base();
        if (wanted == preferred_ || (wanted != tree_->root() && !tree_->contains(wanted.id)))
            return;
        preferred_ = wanted;
        out.push_back(Prefer{{wanted.id}});
    }
    // The block that the next one is built on.
    [[nodiscard]] BlockRef base() const {
        const bool is_above =
            !promise_.chain.empty() && promise_.chain.front().block.height > tree_->root().height;
        return is_above ? promise_.chain.front().block : tree_->root();
    }
    [[nodiscard]] bool work_is_undecided() const { return tree_->size() > fillers_.size(); }
    void send_all(const Message& message, Actions& out) const {
        sim::send_all(self_, stakes_.size(), message, out);
    }

    VoterIndex self_;
    std::uint64_t view_timeout_ns_;
    EngineHost& host_;
    std::vector<std::uint64_t> stakes_;
    ProposerRotation rotation_;
    EngineCounters counters_;
    SimTime now_ = 0;
    std::optional<BlockTree> tree_;
    std::optional<PendingBlocks> pending_;
    std::uint64_t next_serial_ = 0;
    BlockRef preferred_;
    ViewPromise promise_;
    std::uint32_t view_ = 0;
    std::uint32_t failed_views_ = 0;  // in a row
    bool has_started_ = false;        // again
    VoterIndex probed_ = 0;
    std::uint32_t proposed_view_ = 0;
    bool may_propose_ = false;  // this leader knows that the view before is over
    std::uint64_t view_serial_ = 0;
    std::optional<BlockInfo> built_;            // the last block of its own
    std::optional<ViewProposal> candidate_;     // of this view, not voted for yet
    std::map<Hash32, CertificateChain> below_;  // of undecided blocks: what they were proposed on
    std::set<Hash32> fillers_;                  // undecided
    std::map<std::pair<std::uint32_t, Hash32>, QuorumCertificate> votes_;  // as they come
    DoubleVotes doubles_;
    std::vector<std::uint32_t> reached_;  // by validator: the view of its last NewView
};

Result<std::unique_ptr<ConsensusEngine>> make_hotstuff(const EngineSetup& setup) {
    AIVM_TRY(total_stake(setup.stakes).map([](std::uint64_t) {}));
    return std::make_unique<Hotstuff>(setup);
}

// Beside the vote for a block, one for another.
std::optional<Message> contradict_view_vote(const Message& message, const Hash32& other,
                                            const std::function<Bytes(const SignedVote&)>& sign) {
    const auto vote = signed_vote_in<ViewVote>(message);
    if (!vote) return std::nullopt;
    const SignedVote second = vote_for(other, *vote, sign);
    return ViewVote{{second.item, second.slot.height}, second.slot.round, second.signature};
}
Result<CertificateChain> open_certificate_chain(ByteView bytes) {
    AIVM_ASSIGN(auto certificate, decoded_record<FinalityProof>(bytes));
    std::ranges::reverse(certificate.chain);
    return std::move(certificate.chain);
}

constexpr VotingRules kHotstuffVoting{.vote_in = signed_vote_in<ViewVote>,
                                      .contradict = contradict_view_vote,
                                      .round_in = view_in,
                                      .open_certificate = open_certificate_chain,
                                      .round_timeout_ns = kViewTimeoutNs << kTimeoutShiftMax,
                                      .to_one = true};

}  // namespace

const EngineRow kHotstuffEngine{
    .own_turns = true,
    .check = [](const ChainSettings&) { return std::vector<EngineProblem>{}; },
    .make = make_hotstuff,
    .decode = decode_message_of<ViewProposal, ViewVote, NewView>,
    .voting = &kHotstuffVoting};

}  // namespace aivm::sim
