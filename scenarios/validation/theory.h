// The textbook functions that the case file's expressions are written in, under the names it gives
// them. For checking the file's numbers; no simulation asks them anything.
#pragma once

#include <cstdint>

namespace aivm::scenarios {

// P(Bin(n, p) >= k) and P(Bin(n, p) <= k). Require 0 <= p <= 1; k may be anything.
double binom_sf(std::int64_t k, std::int64_t n, double p);
double binom_cdf(std::int64_t k, std::int64_t n, double p);
// P(at least k bad ones) when drawing m of n of which `bad` are bad, without replacement. Requires
// bad, m <= n.
double hyper_sf(std::int64_t k, std::int64_t n, std::int64_t bad, std::int64_t m);
// The share of calls that a loss system of k servers refuses, and that a queue of k servers lets
// wait, at this offered load. Erlang 1917. erlang_c requires load < k.
double erlang_b(double load, std::int64_t k);
double erlang_c(double load, std::int64_t k);
// n over k.
double comb(std::int64_t n, std::int64_t k);

}  // namespace aivm::scenarios
