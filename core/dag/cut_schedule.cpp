#include "core/dag/cut_schedule.h"

#include <limits>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "core/base/digest.h"

namespace aivm {
namespace {

struct Candidate {
    std::uint32_t validator;
    std::uint64_t stake;
};

// Number `draw` of the schedule, which the beacon of the cut before decides.
std::uint64_t drawn_number(const State& below, std::uint64_t chain_id, std::uint32_t draw) {
    Writer out;
    out.raw(as_bytes(std::string_view("aivm-cut-turn"))).u64(chain_id).u64(below.head.height + 1);
    return keccak256(out.fixed(below.head.beacon).u32(draw).view()).prefix64();
}

// The supply is at most 2^63 - 1, so that the sum of stakes does not overflow.
std::uint64_t sum_of(const std::vector<Candidate>& candidates) {
    std::uint64_t sum = 0;
    for (const Candidate& c : candidates) sum += c.stake;
    return sum;
}

}  // namespace

std::optional<std::uint32_t> cut_turn(const State& below, std::uint64_t chain_id,
                                      ValidatorIndex validator) {
    if (validator.value >= below.validators.size() || !below.validators[validator.value].active)
        return std::nullopt;
    std::vector<Candidate> left;
    below.validators.for_each([&](std::size_t i, const Validator& v) {
        if (v.active) left.push_back({static_cast<std::uint32_t>(i), v.stake.nlux()});
    });
    std::uint64_t total = sum_of(left);
    std::uint32_t turn = 0;
    for (; total != 0; ++turn) {
        std::uint64_t at = drawn_number(below, chain_id, turn) % total;
        std::size_t drawn = 0;
        while (at >= left[drawn].stake) at -= left[drawn++].stake;
        if (left[drawn].validator == validator.value) return turn;
        total -= left[drawn].stake;
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(drawn));
    }
    for (const Candidate& c : left) {
        if (c.validator == validator.value) return turn;
        ++turn;
    }
    check_failed("an active validator has no turn", __FILE__, __LINE__);
}

std::optional<TimestampNs> cut_due_ns(const State& below, const Rules& rules,
                                      ValidatorIndex validator) {
    AIVM_CHECK(rules.parameters.dag.has_value());
    const auto turn = cut_turn(below, rules.chain_id, validator);
    if (!turn) return std::nullopt;
    constexpr std::uint64_t kNever = std::numeric_limits<TimestampNs>::max();
    const std::uint64_t interval = rules.parameters.dag->cut_interval_ns;
    const std::uint64_t turns = std::uint64_t{*turn} + 1;
    if (interval > kNever / turns) return kNever;
    return checked_add(below.head.timestamp_ns, interval * turns).value_or(kNever);
}

}  // namespace aivm
