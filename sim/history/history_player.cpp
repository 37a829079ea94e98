#include "sim/history/history_player.h"

#include <fmt/format.h>

#include "core/execution/block_run.h"
#include "core/execution/build.h"
#include "sim/invariants/state_audit.h"
#include "sim/scenario/hashing.h"

namespace aivm::sim {
namespace {

Invariants chain_invariants() {
    Invariants out;
    const auto audit = std::make_shared<StateAudit>();
    add_money_invariants(out, audit);
    add_mode_invariants(out);
    add_structure_invariants(out, audit);
    return out;
}

// The invariants' view of a world that consists of a chain only.
class HistoryWatch final : public Watch {
public:
    explicit HistoryWatch(const World::ChainBasis& basis) : basis_(basis) {}

    void move_to(const State& state) {
        height_ = state.head.height;
        now_ =
            static_cast<SimTime>(state.head.timestamp_ns - basis_.genesis->state.head.timestamp_ns);
    }
    [[nodiscard]] const std::optional<HistoryViolation>& violation() const { return violation_; }

    [[nodiscard]] SimTime now() const override { return now_; }
    [[nodiscard]] const Scenario& scenario() const override { return basis_.scenario; }
    [[nodiscard]] const Participants& participants() const override { return basis_.participants; }
    [[nodiscard]] const Rules& rules() const override { return basis_.rules; }
    [[nodiscard]] const Vm* vm(ActorId) const override { return nullptr; }
    [[nodiscard]] bool cut_off(ActorId) const override { return false; }
    void violate(const InvariantInfo&, std::string message, std::vector<ActorId> actors) override {
        if (violation_) return;
        violation_ = HistoryViolation{std::move(message), {}, height_};
        for (const ActorId actor : actors)
            violation_->actors.push_back(basis_.participants.name(actor));
    }

private:
    const World::ChainBasis& basis_;
    Height height_ = 0;
    SimTime now_ = 0;
    std::optional<HistoryViolation> violation_;
};

// One row as the next block on `parent`; `row` keeps the operations that took effect.
Result<ExecutedPtr> execute_row(const Executed& parent, HistoryRow& row, const Rules& rules) {
    const ChainHead& head = parent.state.head;
    if (row.timestamp_ns < head.timestamp_ns ||
        !checked_add(row.timestamp_ns, rules.parameters.config.task_timeout_ns)) {
        return fail(ErrorCode::kBadTimestamp, fmt::format("row {} of a history", head.height + 1));
    }
    BlockHeader header = next_header(parent, {.proposer = row.proposer,
                                              .timestamp_ns = row.timestamp_ns,
                                              .beacon_secret = row.beacon_secret,
                                              .beacon_commitment = row.beacon_commitment,
                                              .sign = {}});
    BlockRun run(parent.state, context_of(parent.state, header), rules,
                 BlockRun::Refusals::kCodeOnly);
    std::erase_if(row.operations,
                  [&](const OperationPtr& operation) { return !run.apply(*operation); });
    AIVM_ASSIGN(Transition::Finished finished, std::move(run).finish());
    header.state_root = finished.state.state_root;
    return make_executed(std::make_shared<const Block>(header, row.operations, Bytes()),
                         std::move(finished));
}

}  // namespace

HistoryPlayer::HistoryPlayer(const World& world, std::string_view invariant)
    : basis_(world.chain_basis()), invariant_(invariant), rules_(basis_.rules) {
    AIVM_CHECK(can_show(invariant));
    rules_.kernels = &kernels_;
}

bool HistoryPlayer::can_show(std::string_view invariant) {
    return find_invariant(chain_invariants(), invariant) != nullptr;
}

Result<PlayedHistory> HistoryPlayer::play(const History& history) {
    const ScenarioHashing hashing(basis_.scenario);
    HistoryWatch watch(basis_);
    Invariants invariants = chain_invariants();
    std::erase_if(invariants, [&](const auto& one) { return one->info().id != invariant_; });
    for (const auto& invariant : invariants) invariant->attach(watch);
    PlayedHistory played;
    ExecutedPtr tip = basis_.genesis;
    for (HistoryRow row : history) {
        AIVM_ASSIGN(const ExecutedPtr next, execute_row(*tip, row, rules_));
        played.history.push_back(std::move(row));
        watch.move_to(next->state);
        for (const auto& invariant : invariants) invariant->on_chain(*next, tip->state);
        tip = next;
        if (watch.violation()) break;
    }
    played.violation = watch.violation();
    played.state = tip->state;
    return played;
}

}  // namespace aivm::sim
