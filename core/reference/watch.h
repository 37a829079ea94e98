// The reference model beside a VM: each block that it is shown is executed a second time, by the
// model, from the parent's state, and everything that the model predicts is compared.
//
// A watch may be shown any share of the blocks. Not thread safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/dag/slice.h"
#include "core/execution/execute.h"
#include "core/reference/reference_chain.h"
#include "core/state/rules.h"

namespace aivm::reference {

// An operation as it was tried in a block, in its order.
struct Attempt {
    OperationPtr operation;
    std::optional<ErrorCode> refused;  // nothing: it took effect
};

class Watch {
public:
    using Finding = std::optional<std::string>;  // the first difference, in one sentence

    explicit Watch(const Rules& rules);

    // An executed block, whose operations all took effect. `parent` is the state that it was
    // executed on.
    Finding check(const Executed& block, const State& parent);
    // The same for a block whose builder also tried operations that it then left out.
    Finding check(const Executed& block, const State& parent, const std::vector<Attempt>& attempts);
    // A cut of the DAG: its slice is executed as one block, in which operations may be void.
    // `below` is the state after the cut before.
    Finding check(const CutResult& result, const State& below);
    // Operations that were tried in a block of this context on `parent`, in their order, and that
    // need not be in any block. Compares the verdicts only.
    Finding check_trials(const Hash32& parent_id, const State& parent, const BlockContext& context,
                         const std::vector<Attempt>& trials);

    // What it has compared so far.
    struct Counts {
        std::uint64_t blocks = 0;
        std::uint64_t taken = 0;    // operations that took effect
        std::uint64_t refused = 0;  // and that did not
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

private:
    World parent_world(const Hash32& parent_id, const State& parent);
    Finding check_header(const World& parent, const BlockHeader& header) const;
    Finding check_seal(const World& parent, const Block& block) const;
    Finding check_roots(const ReferenceChain& chain, const BlockHeader& header,
                        const Executed& executed, const State& parent) const;
    Finding run_slice(ReferenceChain& chain, const CutResult& result);
    Finding try_operation(ReferenceChain& chain, const Attempt& attempt, ValidatorIndex proposer);
    Finding compare(const ReferenceChain& chain, const State& after,
                    const std::vector<VmEvent>& events);

    Law law_;
    Counts counts_;
    // After the last block that was in order: mostly the parent of the next one.
    Hash32 last_id_;
    std::optional<World> last_;
};

}  // namespace aivm::reference
