// The hotstuff engine: chained HotStuff (Yin, Malkhi, Reiter, Gueta and Abraham, "HotStuff: BFT
// consensus in the lens of blockchain", arXiv:1803.05069, algorithm 5), one block per view.
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
#include <set>

#include "core/base/mutant.h"
#include "sim/consensus/bft/vote_book.h"
#include "sim/consensus/double_votes.h"
#include "sim/consensus/engine_records.h"
#include "sim/consensus/hotstuff/messages.h"
#include "sim/consensus/reached_rounds.h"
#include "sim/consensus/voting_engine.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {
namespace {

constexpr std::uint64_t kViewTimeoutNs = 3'000'000'000;  // besides the block interval
constexpr std::uint32_t kTimeoutShiftMax = 5;            // each failed view doubles it so often
constexpr std::uint32_t kBlocksHeldMax = 4096;
constexpr Height kHeightsWatched = 8;  // below the decided one and above the certified one

// Whether these can be the certificates of blocks in a row, as many as there are from the first
// block on.
bool is_in_a_row(const CertificateChain& chain) {
    for (std::size_t i = 1; i < chain.size(); ++i)
        if (chain[i].round >= chain[i - 1].round ||
            chain[i].block.height + 1 != chain[i - 1].block.height)
            return false;
    return chain.empty() || chain.size() >= std::min<Height>(kChainMax, chain[0].block.height);
}

class Hotstuff final : public VotingEngine {
public:
    explicit Hotstuff(const EngineSetup& setup)
        : VotingEngine(setup, kBlocksHeldMax, kViewTimeoutNs + setup.chain.block_interval_ns),
          reached_(stakes().size()) {}

    // A node that has started again hears how far the others are first.
    [[nodiscard]] bool bootstrapping() const override {
        return has_started_ && !is_quorum(reached_.stake_at(1, stakes()));
    }
    [[nodiscard]] bool wants_block() const override {
        return leads(view_) && may_propose_ && proposed_view_ < view_ && preferred() == base();
    }
    // What is undecided and not empty is decided by further blocks only.
    [[nodiscard]] bool needs_block() const override { return tree().size() > fillers_.size(); }

private:
    static constexpr TimerUse kViewTimer = 10;  // its number is part of the trace digest

    // --- Inputs ---

    void on_started(const Started& start, Actions& out) override {
        for (const Record& record : start.records) {
            const auto promise = decoded_record<ViewPromise>(record.value);
            if (promise && !AIVM_MUTANT(view_vote_lost)) promise_ = *promise;
        }
        const std::uint32_t certified = promise_.chain.empty() ? 0 : promise_.chain.front().round;
        enter(std::max(promise_.voted_view, certified) + 1, out);
        may_propose_ = view_ == 1;
        has_started_ = start.bootstrap;
        if (has_started_) ask_all(out);
    }
    void on_message(VoterIndex from, const Message& message, Actions& out) override {
        if (const auto* proposal = message.get_if<ViewProposal>()) take(from, *proposal, out);
        if (const auto* vote = message.get_if<BallotCast>()) take(from, *vote, out);
        if (const auto* view = message.get_if<NewView>()) take(from, *view, out);
    }
    void on_timer(TimerUse use, std::uint64_t serial, Actions& out) override {
        if (use != kViewTimer || serial != view_serial_) return;
        if (bootstrapping()) ask_all(out);
        if (!needs_block() && !host().has_work()) {
            // Nobody may be left behind when the others have nothing to decide any more.
            if (const auto other = next_to_probe())
                out.push_back(Send{*other, NewView{view_, promise_.chain, true}});
            return set_view_timer(out);
        }
        ++failed_views_;
        enter(view_ + 1, out);
        join_view(out);
    }
    void on_built(const BlockInfo& block, Actions& out) override {
        if (block.parent != base().id || !wants_block()) return out.push_back(Reject{block.id});
        tree().add(block);
        if (!host().has_work()) fillers_.insert(block.id);
        built_ = block;
        propose_again(out);
    }
    void on_verdict(const Verdict&, const std::optional<BlockInfo>& added, Actions& out) override {
        if (!added) return;
        if (added->proposer == self()) built_ = *added;  // before it started again
        decide(out);
        vote_if_safe(out);
    }
    void on_signed(const SlotSigned& answer, Actions& out) override {
        if (!answer.signature) return;
        const BallotCast vote = BallotCast::of({answer.slot, answer.message, *answer.signature});
        if (leads(vote.round + 1)) return take(self(), vote, out);
        out.push_back(Send{proposer(vote.round + 1, 0), vote});
    }
    void on_epoch(Actions&) override {
        for (auto& [height, votes] : votes_) votes.recount(stakes());
    }

    // --- Views ---

    [[nodiscard]] bool leads(std::uint32_t view) const { return proposer(view, 0) == self(); }
    void enter(std::uint32_t view, Actions& out) {
        if (view <= view_) return;
        view_ = view;
        may_propose_ = false;
        candidate_.reset();
        set_view_timer(out);
    }
    void set_view_timer(Actions& out) {
        view_serial_ = next_serial();
        const std::uint64_t times = std::uint64_t{1} << std::min(failed_views_, kTimeoutShiftMax);
        out.push_back(SetTimer{timer_id(kViewTimer, view_serial_), timeout_ns() * times});
    }
    void join_view(Actions& out) {
        reached_.note(self(), view_);
        send_all(NewView{view_, promise_.chain}, out);
        allow_proposal(out);
    }
    void ask_all(Actions& out) const { send_all(NewView{view_, promise_.chain, true}, out); }
    void allow_proposal(Actions& out) {
        if (is_quorum(reached_.stake_at(view_, stakes()))) propose_in(view_, out);
    }
    void propose_in(std::uint32_t view, Actions& out) {
        if (view_ != view) return;
        may_propose_ = true;
        propose_again(out);
    }
    // A validator builds one block at a height: in a later view it proposes the same one.
    void propose_again(Actions& out) {
        if (!built_ || built_->parent != base().id || !tree().contains(built_->id) ||
            !wants_block())
            return;
        proposed_view_ = view_;
        const bool is_filler = fillers_.contains(built_->id);
        const ViewProposal proposal{built_->ref(), view_, is_filler, promise_.chain};
        send_all(proposal, out);
        take(self(), proposal, out);
    }
    void take(VoterIndex from, const NewView& message, Actions& out) {
        if (!learn(from, message.chain, out)) return;
        if (message.asks || message.view < view_)  // it may be behind
            out.push_back(Send{from, NewView{view_, promise_.chain}});
        reached_.note(from, message.view);
        const std::uint32_t reached = reached_.reached_by_an_honest(stakes());
        if (reached > view_) {
            enter(reached, out);
            join_view(out);
        }
        allow_proposal(out);
    }

    // --- Proposals, votes and certificates ---

    void take(VoterIndex from, const ViewProposal& proposal, Actions& out) {
        if (from != proposer(proposal.view, 0) || proposal.view < view_) return;
        const CertificateChain& shown = proposal.chain;  // a vote depends on it, known or not
        if ((!is_newer(shown) && !is_proper(shown)) || !learn(from, shown, out)) return;
        // A leader alone takes nobody further than one round of turns: views must not run out.
        if (proposal.view > view_ + stakes().size()) return;
        enter(proposal.view, out);
        below_[proposal.block.id] = proposal.chain;
        if (proposal.is_filler) fillers_.insert(proposal.block.id);
        candidate_ = proposal;
        if (!tree().contains(proposal.block.id)) pending().want(from, proposal.block, out);
        vote_if_safe(out);
        certify(proposal.block.height, proposal.view, from, out);  // votes may have come before it
    }
    // Once in each view, for a block that extends the locked one or shows a later certificate.
    void vote_if_safe(Actions& out) {
        const BlockInfo* block = candidate_ ? tree().find(candidate_->block.id) : nullptr;
        if (block == nullptr || !has_stake() || promise_.voted_view >= candidate_->view) return;
        const CertificateChain& chain = candidate_->chain;
        const bool fits = chain.empty() ? promise_.chain.empty() : shows_ancestors(*block, chain);
        const bool is_later = !chain.empty() && chain.front().round > promise_.locked_view;
        const SigningSlot slot =
            BallotCast{Ballot::kPrevote, block->height, candidate_->view, {}, {}}.slot();
        candidate_.reset();
        if (!fits || !(is_later || AIVM_MUTANT(lock_forgotten) || extends_lock(block->id))) return;
        promise_.voted_view = slot.round;
        out.push_back(Persist{next_serial(), {record_key_of("h"), encoded_record(promise_)}});
        out.push_back(Sign{slot, block->id});
    }
    // Whether it has those of the parent and of the block below, on which the node locks.
    [[nodiscard]] bool shows_ancestors(const BlockInfo& block,
                                       const CertificateChain& chain) const {
        const BlockInfo* parent = tree().find(block.parent);
        return block.parent == chain.front().block.id &&
               (parent == nullptr || chain.size() < 2 || parent->parent == chain[1].block.id);
    }
    [[nodiscard]] bool extends_lock(const Hash32& id) const {
        return promise_.locked_view == 0 || promise_.locked == tree().root().id ||
               tree().is_on_branch(promise_.locked, id);
    }
    // A vote with another's signature would spoil the certificate that shows it.
    void take(VoterIndex from, const BallotCast& vote, Actions& out) {
        if (vote.height + kHeightsWatched < tree().root().height ||
            vote.height > base().height + kHeightsWatched || !is_signed(from, vote.signed_vote()))
            return;
        VoteBook& votes = votes_.try_emplace(vote.height, stakes()).first->second;
        if (votes.take(from, vote, view_) == VoteBook::Taken::kIgnored) return;
        doubles_.note(from, vote.slot(), vote.block, vote.signature, out);
        certify(vote.height, vote.round, from, out);
    }
    // The leader of the next view shows the votes for the block.
    void certify(Height height, std::uint32_t view, VoterIndex from, Actions& out) {
        const auto votes = votes_.find(height);
        if (votes == votes_.end() || !leads(view + 1)) return;
        const auto block = votes->second.quorum(Ballot::kPrevote, view);
        const auto below = block ? below_.find(*block) : below_.end();
        if (below == below_.end()) return;
        CertificateChain chain = below->second;
        chain.insert(chain.begin(),
                     votes->second.certificate(Ballot::kPrevote, view, {*block, height}));
        if (chain.size() > kChainMax) chain.pop_back();
        if (learn(from, chain, out)) propose_in(view + 1, out);
    }
    [[nodiscard]] bool is_newer(const CertificateChain& chain) const {
        const CertificateChain& known = promise_.chain;
        return !chain.empty() && (known.empty() || chain.front().round > known.front().round);
    }
    [[nodiscard]] bool is_proper(const CertificateChain& chain) const {
        const auto genuine = [&](const QuorumCertificate& each) { return is_genuine(each); };
        return chain == promise_.chain ||
               (is_in_a_row(chain) && std::ranges::all_of(chain, genuine));
    }
    // Learns from certificates; false if one of them is forged.
    bool learn(VoterIndex from, const CertificateChain& chain, Actions& out) {
        if (!is_newer(chain)) return true;
        if (!is_proper(chain)) return false;
        doubles_.note_all(host(), chain.front(), out);
        promise_.chain = chain;
        failed_views_ = 0;
        if (chain.size() > 1 && chain[1].round > promise_.locked_view) {
            promise_.locked_view = chain[1].round;
            promise_.locked = chain[1].block.id;
        }
        if (!tree().contains(chain.front().block.id))
            pending().want(from, chain.front().block, out);
        decide(out);
        enter(chain.front().round + 1, out);
        return true;
    }

    // --- Decisions ---

    // Three certified blocks in consecutive views, each the parent of the next, decide the first.
    void decide(Actions& out) {
        const CertificateChain& chain = promise_.chain;
        const BlockInfo* top = chain.size() == kChainMax ? tree().find(chain[0].block.id) : nullptr;
        const BlockInfo* middle = top != nullptr ? tree().find(top->parent) : nullptr;
        if (middle != nullptr && middle->id == chain[1].block.id &&
            middle->parent == chain[2].block.id && tree().contains(middle->parent) &&
            chain[0].round == chain[1].round + 1 && chain[1].round == chain[2].round + 1) {
            accept_branch(tree(), pending(), chain[2].block.id, AcceptedBy::kPolls, out);
            publish({chain.rbegin(), chain.rend()}, out);
            forget_decided();
        }
        prefer(base(), out);
    }
    void forget_decided() {
        const auto is_decided = [&](const Hash32& id) { return !tree().contains(id); };
        std::erase_if(below_, [&](const auto& each) { return is_decided(each.first); });
        std::erase_if(fillers_, is_decided);
        const Height decided = tree().root().height;
        const Height watched = decided - std::min(decided, kHeightsWatched);
        std::erase_if(votes_, [&](const auto& each) { return each.first < watched; });
        doubles_.forget_below(watched);
    }
    // The block that the next one is built on.
    [[nodiscard]] BlockRef base() const {
        const bool is_above =
            !promise_.chain.empty() && promise_.chain.front().block.height > tree().root().height;
        return is_above ? promise_.chain.front().block : tree().root();
    }

    ViewPromise promise_;
    std::uint32_t view_ = 0;
    std::uint32_t failed_views_ = 0;  // in a row
    bool has_started_ = false;        // again
    std::uint32_t proposed_view_ = 0;
    bool may_propose_ = false;  // this leader knows that the view before is over
    std::uint64_t view_serial_ = 0;
    std::optional<BlockInfo> built_;            // the last block of its own
    std::optional<ViewProposal> candidate_;     // of this view, not voted for yet
    std::map<Hash32, CertificateChain> below_;  // of undecided blocks: what they were proposed on
    std::set<Hash32> fillers_;                  // undecided
    std::map<Height, VoteBook> votes_;
    DoubleVotes doubles_;
    ReachedRounds reached_;  // by NewView
};

// A proposal for the view of `later` that is otherwise like `earlier`.
Message propose_instead(const BlockRef& block, const Message& earlier, const Message& later) {
    ViewProposal out = *later.get_if<ViewProposal>();
    out.block = block;
    out.chain = earlier.get_if<ViewProposal>()->chain;
    return out;
}

constexpr VotingRules kHotstuffVoting{.vote_in = signed_vote_in<BallotCast>,
                                      .contradict = contradict_with<BallotCast>,
                                      .proposed_in = member_in<&ViewProposal::block>,
                                      .proposed_round_in = member_in<&ViewProposal::view>,
                                      .propose_instead = propose_instead,
                                      .round_in = member_in<&NewView::view>,
                                      .round_timeout_ns = kViewTimeoutNs << kTimeoutShiftMax,
                                      .to_one = true};

}  // namespace

const EngineRow kHotstuffEngine{
    .own_turns = true,
    .check = [](const ChainSettings&) { return std::vector<EngineProblem>{}; },
    .make = make_voting_engine<Hotstuff>,
    .decode = decode_message_of<ViewProposal, BallotCast, NewView>,
    .voting = &kHotstuffVoting};

}  // namespace aivm::sim
