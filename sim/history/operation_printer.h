// Operations in the words of the domain: "provider[7] posts a wrong result for task 2".
#pragma once

#include <string>

#include "core/chain/operation.h"
#include "core/state/state.h"
#include "sim/invariants/truth.h"
#include "sim/scenario/participants.h"

namespace aivm::sim {

class OperationPrinter {
public:
    // `participants` must outlive this. The numbers of tasks and their right answers are those of
    // `state`.
    OperationPrinter(const Participants& participants, State state);

    // A sentence without a full stop; `block` is the height at which the operation took effect.
    std::string describe(const SignedOperation& operation, Height block);

private:
    class Predicate;

    [[nodiscard]] std::string name_of(const Address& address) const;
    [[nodiscard]] std::string task(std::string_view job_id) const;
    // "wrong " when the answer is known to be wrong, else nothing.
    std::string wrong(std::string_view job_id, Answer answer);

    const Participants& participants_;
    State state_;
    Truth truth_;
};

}  // namespace aivm::sim
