// The VM in a game that the input plays: the bytes decide every choice of the random player (the
// operation, its sender, task and amount, the time between blocks). After each block the whole
// state is audited, successive states are compared, and the block is executed a second time (see
// core/testing/random_play.h); from time to time the node is restarted from its store.
//
// Six bytes choose the policies and the size of amounts; then the game continues while there are
// bytes, for at most kBlocksMax blocks.
#include <cstdint>

#include "core/base/check.h"
#include "core/state/load.h"
#include "core/testing/random_play.h"

namespace {

using namespace aivm;
using namespace aivm::test;

constexpr int kBlocksMax = 150;

// Choices from bytes: one byte for a small bound, two for a large one, zero once they are used up.
class Bytewise {
public:
    Bytewise(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
    [[nodiscard]] bool empty() const { return left_ == 0; }
    std::uint32_t operator()(std::uint32_t bound) {
        std::uint32_t value = byte();
        if (bound > 256) value = value << 8 | byte();
        return value % bound;
    }

private:
    std::uint32_t byte() {
        if (left_ == 0) return 0;
        --left_;
        return *data_++;
    }
    const std::uint8_t* data_;
    std::size_t left_;
};

TestOptions policies(const Choose& choose) {
    TestOptions options;
    VmParameters& v = options.parameters;
    v.policy.reassignments_max = choose(3);
    v.policy.slash_bps = choose(2) == 0 ? 10'000 : 3'333;
    v.policy.reward_schedule = choose(2) == 0 ? RewardSchedule::kFlat : RewardSchedule::kTiered;
    v.config.max_task_queue_size = 1 + choose(8);
    v.config.max_tasks_per_provider = 1 + choose(4);
    return options;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Bytewise bytes(data, size);
    const Choose choose = [&bytes](std::uint32_t bound) { return bytes(bound); };
    TestOptions options = policies(choose);
    const bool great = choose(4) == 3;
    if (great) make_amounts_great(options);
    TestChain chain(options);
    for (int i = 0; i < kBlocksMax && !bytes.empty(); ++i) {
        random_block(chain, choose, great ? kGreatScale : 1);
        if (choose(16) != 1) continue;
        const Hash32 contents = contents_digest(chain.state());
        chain.restart();
        AIVM_CHECK(contents_digest(chain.state()) == contents);
    }
    return 0;
}
