// Censorship of fraud proofs as a model of who proposes: for chains whose blocks are all built by
// one actor, the sequencer and the virtual chain, which stand for a rotation of proposers. Both ask
// the same schedule.
//
//   iid        each block's proposer is drawn anew: it censors with the probability `share`
//   permuted   rounds of round_proposers proposers in a drawn order, of whom exactly the share
//              censors (of a share that is no whole number of them, the rest is drawn anew for each
//              round); the first round begins with block 1
//   sticky     a leader stays for leader_term_blocks blocks, and censors in all of them or in none,
//              with the probability `share`; the first term begins with block 1
//   budget     every block for which fraud proofs wait is outbid at a price, until the purse is
//              empty
//   bribe      a share of the proposers, drawn anew for each block, takes the price for leaving
//              them out
//   orphan     a share of the proposers never lets a proof in, and re-organises the others' blocks
//              that carry one away if it can: both branches grow block by block, the attackers' by
//              the share, until theirs is the longer one or the block is final. Some blocks after
//              the first success the community answers, and all is over
//   partition  no proposer censors, but whenever a cheat posts a wrong result, those who check are
//              cut off for an exponentially distributed time: they hear of nothing, and nobody
//              hears of them
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "sim/actors/strategy.h"
#include "sim/scenario/scenario.h"

namespace aivm::sim {

class CensorshipSchedule {
public:
    // `blocks` and `races` are streams of the chain's own. Requires shares of at most a million, a
    // round and a term of at least one block, and finality within kFinalityBlocksMax blocks for
    // `orphan`.
    CensorshipSchedule(const ChainSettings& chain, RandomStream blocks, RandomStream races);

    // The next block is about to be built; called once for each.
    void begin_block();
    // Whether it leaves out the fraud proofs that wait for it. Asked only if some do; it may cost
    // the attacker something, once a block.
    bool leaves_proofs_out();
    // What leaving them out of this block cost.
    [[nodiscard]] Amount paid() const { return paid_; }

    // partition: how long the next outage lasts.
    std::uint64_t outage_ns();

private:
    bool next_of_round();
    bool next_of_term();
    bool pay();
    bool orphans();
    bool wins_race();

    ChainSettings chain_;
    std::uint64_t final_after_blocks_;
    RandomStream random_;
    RandomStream races_;
    std::uint32_t left_ = 0;          // blocks left in the round or the term
    std::uint32_t censors_left_ = 0;  // of those left in the round
    bool leader_censors_ = false;
    std::optional<Amount> purse_;            // nothing: without bound
    std::uint64_t blocks_since_orphan_ = 0;  // 0: none was orphaned yet

    // Of the block being built.
    bool proposer_censors_ = false;
    std::optional<bool> decided_;
    Amount paid_;
};

// A validator that does as `inner` does, but leaves fraud proofs out of its blocks as the schedule
// says. `on_paid` hears what that cost, if it cost something.
std::unique_ptr<ValidatorStrategy> make_censoring(std::unique_ptr<ValidatorStrategy> inner,
                                                  const CensorshipSchedule& schedule,
                                                  std::function<void(Amount)> on_paid);

}  // namespace aivm::sim
