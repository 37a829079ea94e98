// Censorship by a share of the proposers, as a model of who proposes: for chains whose blocks are all built by one actor,
// the sequencer, which stands for a rotation of proposers of whom some leave fraud proofs out.
//
//   iid        each block's proposer is drawn anew: it censors with the probability `share`
//   permuted   rounds of kRoundProposers proposers in a drawn order, of whom exactly the share censors (of a share
//              that is no whole number of them, the rest is drawn anew for each round)
//   sticky     a leader stays for a drawn term of 1 to kTermMax blocks, and censors in all of them or in none
#pragma once

#include <memory>

#include "sim/actors/strategy.h"
#include "sim/run/scenario.h"

namespace aivm::sim {

constexpr std::uint32_t kRoundProposers = 100;
constexpr std::uint32_t kTermMax = 19;  // terms are uniform, so 10 blocks in the mean

// Who censors, block after block.
class CensorshipSchedule {
public:
    // `share_ppm` is at most a million; `random` is the actor's own stream for this.
    CensorshipSchedule(CensorshipModel model, std::uint32_t share_ppm, RandomStream random);

    // Whether the next block's proposer censors.
    bool next();

private:
    bool next_of_round();
    bool next_of_term();

    CensorshipModel model_;
    std::uint32_t share_ppm_;
    RandomStream random_;
    std::uint32_t left_ = 0;          // blocks left in the round or the term
    std::uint32_t censors_left_ = 0;  // of those left in the round
    bool leader_censors_ = false;
};

// A validator that does as `inner` does, but leaves fraud proofs out of the blocks whose proposer censors.
std::unique_ptr<ValidatorStrategy> make_censoring(std::unique_ptr<ValidatorStrategy> inner,
                                                  const CensorshipSchedule& schedule);

}  // namespace aivm::sim
