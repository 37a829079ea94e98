#include "sim/history/operation_printer.h"

#include <fmt/format.h>

namespace aivm::sim {
// The action of the sender: one overload for every kind of operation, so that a new kind does not
// compile without its words.
class OperationPrinter::Predicate {
public:
    Predicate(OperationPrinter& printer, Height block) : printer_(printer), block_(block) {}

    std::string operator()(const op::RegisterProvider& b) const {
        return fmt::format("registers with a bond of {}", exact_lux(b.bond));
    }
    std::string operator()(const op::DeregisterProvider&) const { return "deregisters"; }
    std::string operator()(const op::WithdrawBond&) const {
        return fmt::format("withdraws its bond at block {}", block_);
    }
    std::string operator()(const op::RegisterModel& b) const {
        return fmt::format("registers model {}", b.model->id);
    }
    std::string operator()(const op::SubmitTask& b) const {
        return fmt::format("submits {}", printer_.task(b.job_id));
    }
    std::string operator()(const op::Commit& b) const {
        return fmt::format("commits to a result for {}", printer_.task(b.job_id));
    }
    std::string operator()(const op::Reveal& b) const {
        return fmt::format("reveals a {}result for {}", printer_.wrong(b.job_id, b.answer),
                           printer_.task(b.job_id));
    }
    std::string operator()(const op::SubmitResult& b) const {
        return fmt::format("posts a {}result for {}", printer_.wrong(b.job_id, b.answer),
                           printer_.task(b.job_id));
    }
    std::string operator()(const op::Challenge& b) const {
        return fmt::format("challenges {}", printer_.task(b.job_id));
    }
    std::string operator()(const op::ChallengeReveal& b) const {
        return fmt::format("reveals its {}claim on {}", printer_.wrong(b.job_id, b.claim),
                           printer_.task(b.job_id));
    }
    std::string operator()(const op::DisputeMove& b) const {
        const std::string task = printer_.task(b.job_id);
        if (b.opens)
            return fmt::format("opens a step of its trace of {} for {}", task,
                               printer_.name_of(b.challenger));
        return fmt::format("{} with the step opened last of {}", b.agrees ? "agrees" : "disagrees",
                           task);
    }
    std::string operator()(const op::ClaimRewards&) const { return "claims its rewards"; }
    std::string operator()(const op::Attest&) const { return "posts attestation evidence"; }
    std::string operator()(const op::ModelUpdate&) const {
        return "updates an entry of the model registry";
    }
    std::string operator()(const op::AddBond& b) const {
        return fmt::format("adds {} to its bond", exact_lux(b.amount));
    }
    std::string operator()(const op::RetireModel& b) const {
        return fmt::format("retires model {}", b.model_id);
    }
    std::string operator()(const op::JoinValidators& b) const {
        return fmt::format("stakes {} as a validator", exact_lux(b.stake));
    }
    std::string operator()(const op::WithdrawStake&) const { return "asks for its stake"; }
    std::string operator()(const op::Evidence& b) const {
        return fmt::format("proves that validator[{}] signed two items for slot {}", b.validator,
                           b.slot);
    }

private:
    OperationPrinter& printer_;
    Height block_;
};

OperationPrinter::OperationPrinter(const Participants& participants, State state)
    : participants_(participants), state_(std::move(state)) {}

std::string OperationPrinter::describe(const SignedOperation& operation, Height block) {
    return name_of(operation.sender()) + " " +
           std::visit(Predicate(*this, block), operation.body());
}

std::string OperationPrinter::name_of(const Address& address) const {
    const auto agent = participants_.find(address);
    return agent ? participants_.name(*agent) : "0x" + to_hex(address.view());
}

std::string OperationPrinter::task(std::string_view job_id) const {
    const auto index = state_.find_task(job_id);
    return index ? fmt::format("task {}", index->value) : fmt::format("unknown job {}", job_id);
}

std::string OperationPrinter::wrong(std::string_view job_id, Answer answer) {
    const auto index = state_.find_task(job_id);
    if (!index) return "";
    return truth_.answer(state_, state_.task(*index)) == answer ? "" : "wrong ";
}

}  // namespace aivm::sim
