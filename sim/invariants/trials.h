// Operations that were offered to queues, tried on the chain whether or not a queue took them: what
// the rules say about an operation that no builder would be offered, such as one with a used nonce,
// of another sender, or for a window that has ended.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "core/execution/execute.h"
#include "core/reference/watch.h"
#include "core/state/rules.h"

namespace aivm::sim {

class Trials {
public:
    // The most that are tried for one block: of all senders, of one of them, and of those that the
    // parent's block carried and that must be refused the second time.
    static constexpr std::size_t kOfAll = 48;
    static constexpr std::size_t kOfOneSender = 8;
    static constexpr std::size_t kRepeated = 8;

    // Notes an operation for the next trials. Beyond the limits, the oldest are forgotten.
    void offer(const OperationPtr& operation);

    // What the VM says about each noted operation in a block of this context on `parent`: first the
    // last operations of the parent's block, then those that were offered, in order of their
    // nonces, so that none makes another one stale. Forgets what it has tried.
    std::vector<reference::Attempt> run(const State& parent, const BlockContext& context,
                                        const Rules& rules);

    // The next trials repeat the last of these operations of a block.
    void note_block(const std::vector<OperationPtr>& operations);

private:
    std::deque<OperationPtr> offered_;
    std::map<Address, std::size_t> counts_;  // of those in offered_
    std::vector<OperationPtr> repeated_;
};

}  // namespace aivm::sim
