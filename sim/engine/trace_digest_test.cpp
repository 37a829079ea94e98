#include "sim/engine/trace_digest.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace aivm::sim {
namespace {

void feed(TraceDigest& digest, std::uint64_t count, std::uint64_t changed) {
    for (std::uint64_t i = 0; i < count; ++i) {
        if (i % 500 == 499) {
            digest.note(i, as_bytes(i == changed ? "another root" : "a root"));
        } else {
            digest.event(static_cast<SimTime>(i * 10), i, static_cast<std::uint32_t>(i % 7), 3,
                         i == changed ? 99 : i * i);
        }
    }
}

constexpr std::uint64_t kNothing = UINT64_MAX;

RC_GTEST_PROP(TraceDigest, NarrowsTwoRunsThatDifferInOneRecordDownToIt, ()) {
    const auto count = *rc::gen::inRange<std::uint64_t>(1, 5000);
    const auto changed = *rc::gen::inRange<std::uint64_t>(0, count);
    RC_PRE(changed * changed != 99);
    TraceDigest a(2);
    TraceDigest b(2);
    feed(a, count, kNothing);
    feed(b, count, changed);
    RC_ASSERT(a.digest() != b.digest());
    const auto interval = TraceDigest::first_difference(a, b);
    RC_ASSERT(interval.has_value());
    RC_ASSERT(interval->first <= changed);
    RC_ASSERT(changed < interval->last);
    RC_ASSERT(interval->last - interval->first <= 2 * TraceDigest::kBlockRecords);

    TraceDigest again_a(2);
    TraceDigest again_b(2);
    again_a.keep_window(*interval);
    again_b.keep_window(*interval);
    feed(again_a, count, kNothing);
    feed(again_b, count, changed);
    RC_ASSERT(again_a.digest() == a.digest());
    std::uint64_t index = interval->first;
    for (std::size_t i = 0; again_a.window()[i] == again_b.window()[i]; ++i) ++index;
    RC_ASSERT(index == changed);
}

TEST(TraceDigest, FindsNothingBetweenEqualRunsAndTheEndOfTheShorterOfTwo) {
    TraceDigest a(1);
    TraceDigest b(1);
    feed(a, 1000, kNothing);
    feed(b, 1000, kNothing);
    EXPECT_FALSE(TraceDigest::first_difference(a, b).has_value());
    b.event(1, 2, 3, 4, 5);
    const auto interval = TraceDigest::first_difference(a, b);
    ASSERT_TRUE(interval.has_value());
    EXPECT_LE(interval->first, 1000U);
    EXPECT_EQ(interval->last, 1001U);
}

TEST(TraceDigest, DependsOnOrderAndOnEveryField) {
    const auto of = [](std::vector<TraceRecord> records) {
        TraceDigest digest;
        for (const TraceRecord& r : records)
            digest.event(r.time, r.order, r.actor, r.kind, r.payload);
        return digest.digest();
    };
    const TraceRecord one{1, 2, 3, 4, 5};
    const TraceRecord two{2, 2, 3, 4, 5};
    EXPECT_NE(of({one, two}), of({two, one}));
    for (const TraceRecord& other : {two, TraceRecord{1, 9, 3, 4, 5}, TraceRecord{1, 2, 9, 4, 5},
                                     TraceRecord{1, 2, 3, 9, 5}, TraceRecord{1, 2, 3, 4, 9}}) {
        EXPECT_NE(of({one}), of({other}));
    }
    EXPECT_NE(of({}), of({TraceRecord{}}));
    EXPECT_NE(of({TraceRecord{}}), of({TraceRecord{}, TraceRecord{}}));
}

TEST(TraceDigest, DoesNotChangeTheRunByBeingAskedInBetween) {
    TraceDigest quiet;
    TraceDigest asked;
    for (std::uint64_t i = 0; i < 300; ++i) {
        quiet.event(1, i, 0, 0, 0);
        asked.event(1, i, 0, 0, 0);
        static_cast<void>(asked.digest());
    }
    EXPECT_EQ(quiet.digest(), asked.digest());
    EXPECT_EQ(quiet.position(), 300U);
}

TEST(TraceDigest, HasATextFormThatReadsBack) {
    const Digest128 digest{0x0123456789abcdef, 0xfedcba9876543210};
    EXPECT_EQ(digest.hex(), "0123456789abcdeffedcba9876543210");
    EXPECT_EQ(Digest128::from_hex(digest.hex()), digest);
    EXPECT_FALSE(Digest128::from_hex("0123").has_value());
    EXPECT_FALSE(Digest128::from_hex(std::string(32, 'x')).has_value());
}

}  // namespace
}  // namespace aivm::sim
