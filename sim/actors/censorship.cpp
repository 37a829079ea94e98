#include "sim/actors/censorship.h"

#include "core/base/check.h"

namespace aivm::sim {
namespace {

constexpr std::uint32_t kWhole = 1'000'000;

class CensoringValidator final : public ValidatorStrategy {
public:
    CensoringValidator(std::unique_ptr<ValidatorStrategy> inner, const CensorshipSchedule& schedule)
        : inner_(std::move(inner)), schedule_(schedule) {}

    bool builds(const State& parent, const Hash32& beacon) override { return inner_->builds(parent, beacon); }
    void begin_block(Height height) override {
        inner_->begin_block(height);
        if (height <= drawn_for_) return;  // another attempt at the same block is made by the same proposer
        drawn_for_ = height;
        censoring_ = schedule_.next();
    }
    bool includes(const SignedOperation& operation) override {
        return inner_->includes(operation) && !(censoring_ && is_fraud_proof(operation.body()));
    }

private:
    std::unique_ptr<ValidatorStrategy> inner_;
    CensorshipSchedule schedule_;
    Height drawn_for_ = 0;
    bool censoring_ = false;
};

}  // namespace

CensorshipSchedule::CensorshipSchedule(CensorshipModel model, std::uint32_t share_ppm, RandomStream random)
    : model_(model), share_ppm_(share_ppm), random_(random) {
    AIVM_CHECK(share_ppm <= kWhole);
}

bool CensorshipSchedule::next() {
    switch (model_) {
        case CensorshipModel::kNone:
            return false;
        case CensorshipModel::kIid:
            return random_.bernoulli_ppm(share_ppm_);
        case CensorshipModel::kPermuted:
            return next_of_round();
        case CensorshipModel::kSticky:
            return next_of_term();
    }
    return false;
}

// One place after the other is drawn without replacement, which gives every order the same probability.
bool CensorshipSchedule::next_of_round() {
    constexpr std::uint32_t kPpmOfOne = kWhole / kRoundProposers;
    if (left_ == 0) {
        left_ = kRoundProposers;
        const std::uint32_t rest_ppm = share_ppm_ % kPpmOfOne * kRoundProposers;
        censors_left_ = share_ppm_ / kPpmOfOne + (random_.bernoulli_ppm(rest_ppm) ? 1 : 0);
    }
    const bool censors = random_.below(left_) < censors_left_;
    --left_;
    if (censors) --censors_left_;
    return censors;
}

bool CensorshipSchedule::next_of_term() {
    if (left_ == 0) {
        left_ = 1 + static_cast<std::uint32_t>(random_.below(kTermMax));
        leader_censors_ = random_.bernoulli_ppm(share_ppm_);
    }
    --left_;
    return leader_censors_;
}

std::unique_ptr<ValidatorStrategy> make_censoring(std::unique_ptr<ValidatorStrategy> inner,
                                                  const CensorshipSchedule& schedule) {
    AIVM_CHECK(inner != nullptr);
    return std::make_unique<CensoringValidator>(std::move(inner), schedule);
}

}  // namespace aivm::sim
