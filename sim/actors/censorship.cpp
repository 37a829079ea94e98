#include "sim/actors/censorship.h"

#include <utility>

#include "core/base/check.h"
#include "sim/actors/forwarding_strategy.h"

namespace aivm::sim {
namespace {

constexpr std::uint32_t kWhole = 1'000'000;

class CensoringValidator final : public ForwardingStrategy {
public:
    CensoringValidator(std::unique_ptr<ValidatorStrategy> inner, const CensorshipSchedule& schedule,
                       std::function<void(Amount)> on_paid)
        : inner_(std::move(inner)), schedule_(schedule), on_paid_(std::move(on_paid)) {}

    void begin_block(Height height) override {
        inner_->begin_block(height);
        if (height <= drawn_for_)
            return;  // another attempt at the same block is made by the same proposer
        drawn_for_ = height;
        schedule_.begin_block();
    }
    bool includes(const SignedOperation& operation) override {
        if (!inner_->includes(operation)) return false;
        if (!is_fraud_proof(operation.body())) return true;
        const Amount before = schedule_.paid();
        const bool left_out = schedule_.leaves_proofs_out();
        if (schedule_.paid() != before) on_paid_(schedule_.paid());
        return !left_out;
    }

private:
    ValidatorStrategy& inner() override { return *inner_; }

    std::unique_ptr<ValidatorStrategy> inner_;
    CensorshipSchedule schedule_;
    std::function<void(Amount)> on_paid_;
    Height drawn_for_ = 0;
};

}  // namespace

CensorshipSchedule::CensorshipSchedule(const ChainSettings& chain, RandomStream blocks,
                                       RandomStream races)
    : chain_(chain),
      final_after_blocks_(chain.finality_delay_ns / chain.block_interval_ns),
      random_(blocks),
      races_(races) {
    AIVM_CHECK(chain.censoring_ppm <= kWhole && chain.round_proposers > 0 &&
               chain.leader_term_blocks > 0);
    AIVM_CHECK(chain.censorship != CensorshipModel::kOrphan ||
               final_after_blocks_ <= kFinalityBlocksMax);
    const bool unbounded =
        chain.censorship == CensorshipModel::kBribe && chain.censor_budget.is_zero();
    if (!unbounded) purse_ = chain.censor_budget;
}

void CensorshipSchedule::begin_block() {
    decided_.reset();
    paid_ = {};
    if (blocks_since_orphan_ > 0) ++blocks_since_orphan_;
    switch (chain_.censorship) {
        case CensorshipModel::kIid:
        case CensorshipModel::kBribe:
        case CensorshipModel::kOrphan:
            proposer_censors_ = random_.bernoulli_ppm(chain_.censoring_ppm);
            return;
        case CensorshipModel::kPermuted:
            proposer_censors_ = next_of_round();
            return;
        case CensorshipModel::kSticky:
            proposer_censors_ = next_of_term();
            return;
        case CensorshipModel::kNone:
        case CensorshipModel::kBudget:
        case CensorshipModel::kPartition:
            return;
    }
}

bool CensorshipSchedule::leaves_proofs_out() {
    if (decided_) return *decided_;
    switch (chain_.censorship) {
        case CensorshipModel::kNone:
        case CensorshipModel::kPartition:
            decided_ = false;
            break;
        case CensorshipModel::kIid:
        case CensorshipModel::kPermuted:
        case CensorshipModel::kSticky:
            decided_ = proposer_censors_;
            break;
        case CensorshipModel::kBudget:
            decided_ = pay();
            break;
        case CensorshipModel::kBribe:
            decided_ = proposer_censors_ && pay();
            break;
        case CensorshipModel::kOrphan:
            decided_ = orphans();
            break;
    }
    return *decided_;
}

// The proposers of a round are drawn one by one without replacement, so every order is equally
// likely.
bool CensorshipSchedule::next_of_round() {
    if (left_ == 0) {
        left_ = chain_.round_proposers;
        const std::uint64_t censors_ppm =
            std::uint64_t{chain_.censoring_ppm} * chain_.round_proposers;
        censors_left_ = static_cast<std::uint32_t>(censors_ppm / kWhole);
        if (random_.bernoulli_ppm(static_cast<std::uint32_t>(censors_ppm % kWhole)))
            ++censors_left_;
    }
    const bool censors = random_.below(left_) < censors_left_;
    --left_;
    if (censors) --censors_left_;
    return censors;
}

bool CensorshipSchedule::next_of_term() {
    if (left_ == 0) {
        left_ = chain_.leader_term_blocks;
        leader_censors_ = random_.bernoulli_ppm(chain_.censoring_ppm);
    }
    --left_;
    return leader_censors_;
}

bool CensorshipSchedule::pay() {
    if (purse_) {
        if (*purse_ < chain_.censor_price) return false;
        *purse_ -= chain_.censor_price;
    }
    paid_ = chain_.censor_price;
    return true;
}

bool CensorshipSchedule::orphans() {
    const std::uint64_t answered_after = chain_.social_response_blocks;
    if (answered_after > 0 && blocks_since_orphan_ > answered_after) return false;
    if (proposer_censors_) return true;
    if (!wins_race()) return false;
    if (blocks_since_orphan_ == 0) blocks_since_orphan_ = 1;
    return true;
}

// The block with the proof starts one block ahead of the attackers' branch, and is final once it
// leads by final_after_blocks_.
bool CensorshipSchedule::wins_race() {
    std::uint64_t ahead = 1;
    while (ahead < final_after_blocks_) {
        if (!races_.bernoulli_ppm(chain_.censoring_ppm)) {
            ++ahead;
        } else if (ahead == 0) {
            return true;  // the attackers' branch is longer
        } else {
            --ahead;
        }
    }
    return false;
}

std::uint64_t CensorshipSchedule::outage_ns() { return random_.exponential(chain_.outage_mean_ns); }

std::unique_ptr<ValidatorStrategy> make_censoring(std::unique_ptr<ValidatorStrategy> inner,
                                                  const CensorshipSchedule& schedule,
                                                  std::function<void(Amount)> on_paid) {
    AIVM_CHECK(inner != nullptr && on_paid != nullptr);
    return std::make_unique<CensoringValidator>(std::move(inner), schedule, std::move(on_paid));
}

}  // namespace aivm::sim
