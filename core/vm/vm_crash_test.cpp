// A node that goes down at a write, whichever it is, comes back to before or after it.
#include <gtest/gtest.h>

#include "core/state/load.h"
#include "core/testing/failing_store.h"
#include "core/testing/random_play.h"

namespace aivm::test {
namespace {

// One game, and the same game again with the store going down at every one of its writes, before it
// or after it. After the crash a new node over the same disk must be exactly where the old one was
// before or after that write, and go on.
TEST(VmCrash, AtEverySingleWriteRecoversToBeforeOrAfter) {
    constexpr int kBlocks = 25;
    const auto choices = [] {
        return [state = std::uint64_t{7}](std::uint32_t bound) mutable {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            return static_cast<std::uint32_t>(state >> 33) % bound;
        };
    };
    std::vector<BlockPtr> history;
    std::vector<Hash32> contents;
    TestChain steady;
    contents.push_back(contents_digest(steady.state()));
    const Choose choose = choices();
    for (int i = 0; i < kBlocks; ++i) {
        random_block(steady, choose);
        history.push_back(*steady.vm().get_block(steady.vm().last_accepted()));
        contents.push_back(contents_digest(steady.state()));
    }
    for (const Failure how : {Failure::kLosesBefore, Failure::kCrashesAfter}) {
        for (std::size_t crash = 1; crash <= history.size(); ++crash) {  // write 0 is genesis
            MemoryStore disk;
            FailingStore store(disk);
            TestOptions options;
            options.store = &store;
            TestChain chain(options);
            store.fail_at(crash, how);
            std::size_t done = 0;
            const auto feed = [&] {
                for (; done < history.size(); ++done) {
                    ASSERT_TRUE(chain.vm()
                                    .verify(history[done], history[done]->header().timestamp_ns)
                                    .has_value());
                    if (!chain.vm().accept(history[done]->id())) return;
                }
            };
            feed();
            ASSERT_EQ(done, crash - 1);
            store.fail_at(~std::uint64_t{0}, how);
            chain.restart();
            const std::size_t expected = how == Failure::kCrashesAfter ? crash : crash - 1;
            ASSERT_EQ(chain.height(), expected);
            ASSERT_EQ(contents_digest(chain.state()), contents[expected]);
            done = expected;
            feed();
            ASSERT_EQ(chain.vm().last_accepted(), history.back()->id());
            ASSERT_EQ(contents_digest(chain.state()), contents.back());
        }
    }
}

TEST(VmCrash, AtTheWriteOfGenesisOrOfASignedHeightRecoversToo) {
    for (const Failure how : {Failure::kLosesBefore, Failure::kCrashesAfter}) {
        MemoryStore disk;
        FailingStore store(disk);
        store.fail_at(0, how);
        TestOptions options;
        options.store = &store;
        EXPECT_THROW(TestChain{options}, TestFailure);
        store.fail_at(~std::uint64_t{0}, how);
        TestChain chain(options);
        chain.advance(1);
        store.fail_at(store.writes(), how);
        EXPECT_FALSE(chain.vm()
                         .build_block(chain.build_options())
                         .has_value());  // nobody has seen that block
        EXPECT_EQ(chain.vm().processing_count(), 0U);
        store.fail_at(~std::uint64_t{0}, how);
        chain.restart();
        EXPECT_EQ(chain.vm().build_block(chain.build_options()).has_value(),
                  how == Failure::kLosesBefore);
    }
}

}  // namespace
}  // namespace aivm::test
