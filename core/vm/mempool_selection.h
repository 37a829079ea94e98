// What a builder takes from a queue for one block: a quarter of its space for proofs, half for
// work, a quarter for the rest; then the unused space, offered again in this order. A lane may
// exceed its share by part of one operation, so that none waits for a gap of its size.
#pragma once

#include <array>
#include <functional>
#include <queue>
#include <set>

#include "core/execution/build.h"
#include "core/vm/mempool.h"

namespace aivm {

struct BlockSpace {
    std::size_t operations = kBlockOpsMax;
    std::size_t bytes = kBlockSpaceBytesMax;
};

// The queue must outlive the selection and not change meanwhile.
class MempoolSelection final : public OperationSource {
public:
    // Skips the operations for which `include` returns false (an empty function admits all).
    using Include = std::function<bool(const OperationPtr&)>;
    MempoolSelection(const Mempool& mempool, const BlockSpace& space, Include include);

    std::vector<OperationPtr> next_batch() override;
    bool is_due(const SignedOperation& operation) override;
    void note_refused(const SignedOperation& operation, ErrorCode reason) override;

private:
    struct Space {
        std::size_t operations = 0;
        std::size_t bytes = 0;
        [[nodiscard]] bool is_below(const BlockSpace& limit) const {
            return operations < limit.operations && bytes < limit.bytes;
        }
    };

    void fill(Lane lane, const BlockSpace& limit, std::vector<OperationPtr>& out);
    // The next operation of the lane that is not held back; null: there is none.
    const Mempool::Entry* pull(Lane lane);
    const Mempool::Entry* pull_proof();
    const Mempool::Entry* pull_work();
    const Mempool::Entry* pull_best();
    const Mempool::Entry* next_of(Lane lane, std::uint32_t sender);
    void follow(std::uint32_t sender);
    void give_back(const SignedOperation& operation);

    const Mempool& mempool_;
    BlockSpace space_;
    Include include_;
    Space used_;
    std::array<Space, kLanes.size()> used_in_{};
    std::size_t misfits_ = 0;
    // How far each sender's queue of a lane has been offered.
    std::array<std::vector<std::uint32_t>, kLanes.size()> offered_;
    Mempool::Proofs::const_iterator proof_;
    std::size_t work_ = 0;
    std::pmr::set<Mempool::Bid>::const_iterator head_;
    std::priority_queue<Mempool::Bid, std::vector<Mempool::Bid>, std::greater<>> followers_;
    // Senders of whom a lane is offered nothing more in this block.
    std::set<std::pair<Lane, std::uint32_t>> held_back_;
    std::set<std::uint32_t> refused_;  // those of them whose operation of the rest was refused
};

}  // namespace aivm
