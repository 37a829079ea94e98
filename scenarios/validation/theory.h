// The textbook functions that expressions of the case file use, under the same names. They check
// the numbers of the file; a simulation calls them at most to size its sample (C01 aside, which is
// a test of the formula).
#pragma once

#include <cstdint>

namespace aivm::scenarios {

// P(Bin(n, p) >= k) and P(Bin(n, p) <= k). Require 0 <= p <= 1; k may be anything.
double binom_sf(std::int64_t k, std::int64_t n, double p);
double binom_cdf(std::int64_t k, std::int64_t n, double p);
// P(at least k bad ones) when drawing m of n of which `bad` are bad, without replacement. Requires
// bad, m <= n.
double hyper_sf(std::int64_t k, std::int64_t n, std::int64_t bad, std::int64_t m);
// The share of calls that a loss system of k servers refuses (erlang_b), and that wait in a queue
// of k servers (erlang_c), at this offered load. Erlang 1917. erlang_c requires load < k.
double erlang_b(double load, std::int64_t k);
double erlang_c(double load, std::int64_t k);
// The distribution function of the standard normal law.
double normal_cdf(double x);
// n over k.
double comb(std::int64_t n, std::int64_t k);

}  // namespace aivm::scenarios
