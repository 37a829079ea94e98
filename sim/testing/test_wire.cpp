#include "sim/testing/test_wire.h"

namespace aivm::sim::test {

void TestWire::deliver(VoterIndex from, VoterIndex to, const Event& arrive) {
    if (side[from] != side[to] || random_.bernoulli_ppm(options_.loss_ppm)) return;
    const std::uint32_t copies = random_.bernoulli_ppm(options_.duplicate_ppm) ? 2 : 1;
    for (std::uint32_t i = 0; i < copies; ++i) {
        at(random_.uniform(options_.delay_min_ns, options_.delay_max_ns), [this, arrive] {
            ++delivered;
            arrive();
        });
    }
}

bool TestWire::run(std::uint64_t limit_ns, const std::function<bool()>& done) {
    const std::uint64_t end = now_ns + limit_ns;
    while (!done()) {
        if (queue_.empty() || queue_.begin()->first.first > end) {
            now_ns = end;
            return done();
        }
        auto next = queue_.extract(queue_.begin());
        now_ns = next.key().first;
        next.mapped()();
    }
    return true;
}

}  // namespace aivm::sim::test
