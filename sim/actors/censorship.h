// Censorship of fraud proofs, as a model of the proposers. It serves chains whose blocks are all
// built by one actor on behalf of a rotation of proposers: the sequencer and the virtual chain.
//
//   iid        every block's proposer censors with the probability `share`, independently
//   permuted   rounds of round_proposers proposers in a drawn order, of whom exactly the share
//              censors (a fraction of a proposer is decided by a draw per round); the first round
//              begins with block 1
//   sticky     a leader stays for leader_term_blocks blocks, and censors in all of them or in none,
//              with the probability `share`; the first term begins with block 1
//   budget     every block for which fraud proofs wait is outbid at a price, until the budget is
//              spent
//   bribe      a share of the proposers, drawn for each block, leaves them out for the price
//   orphan     a share of the proposers never lets a proof in, and reorganises the others' blocks
//              that carry one away if it can: every next block extends the attackers' branch with
//              the probability `share`, else the other one, until theirs is longer or the block is
//              final. social_response_blocks after the first orphaned block the attack ends
//   partition  no proposer censors, but whenever a cheat posts a wrong result, those who check are
//              cut off for an exponentially distributed time: they neither send nor receive
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

    // Called once per block, before it is built.
    void begin_block();
    // Whether the block leaves out the fraud proofs that wait for it. Called only if some do; it
    // may cost the attacker something, once per block.
    bool leaves_proofs_out();
    // The cost of leaving them out of this block.
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
    std::optional<Amount> purse_;            // nullopt: unlimited
    std::uint64_t blocks_since_orphan_ = 0;  // 0: none was orphaned yet

    // Of the block being built.
    bool proposer_censors_ = false;
    std::optional<bool> decided_;
    Amount paid_;
};

// A validator that behaves as `inner`, but leaves fraud proofs out of its blocks according to the
// schedule. `on_paid` is called with the cost, if it is not zero.
std::unique_ptr<ValidatorStrategy> make_censoring(std::unique_ptr<ValidatorStrategy> inner,
                                                  const CensorshipSchedule& schedule,
                                                  std::function<void(Amount)> on_paid);

}  // namespace aivm::sim
