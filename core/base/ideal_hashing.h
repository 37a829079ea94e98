// A stand-in for the hash function of the rules, for simulations in which nobody attacks hashes.
//
// While a thread holds an IdealHashing, rule_hash() on that thread computes 256 bits with XXH3,
// which takes a tenth of the time of Keccak-256. Like an ideal hash function it makes every draw
// uniform and different messages have different digests; unlike a cryptographic one it can be
// inverted by somebody who tries. Kernels, ids, state roots and block headers keep their own
// functions.
#pragma once

#include <utility>

namespace aivm {

class IdealHashing {
public:
    IdealHashing() : before_(std::exchange(active_, true)) {}
    ~IdealHashing() { active_ = before_; }
    IdealHashing(const IdealHashing&) = delete;
    IdealHashing& operator=(const IdealHashing&) = delete;

    // Whether this thread holds one.
    [[nodiscard]] static bool is_active() { return active_; }

private:
    bool before_;
    static inline thread_local constinit bool active_ = false;
};

}  // namespace aivm
