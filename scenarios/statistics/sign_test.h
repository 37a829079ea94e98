// Whether one of two paired programs is slower: a sign test that may be looked at after every pair.
// Nothing here reaches a simulation.
#pragma once

#include <cstdint>

namespace aivm::scenarios {

// The evidence that in pairs which differ the first is slower more often than faster. If each such
// pair is as likely to be slower as faster, whatever came before, the chance that the evidence ever
// reaches 1/e is at most e, however often it is looked at (Ville's inequality for the wealth of a
// gambler who bets on "slower"; Shafer and Vovk 2019, Game-Theoretic Foundations for Probability
// and Finance, chapter 2). The gambler's money is split evenly over four beliefs about the chance
// of "slower": 3/5, 3/4, 9/10 and 99/100. Pairs without a difference count in neither number.
double evidence_of_slowness(std::uint64_t slower, std::uint64_t faster);

}  // namespace aivm::scenarios
