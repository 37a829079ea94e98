// A42 slot_spammer: fills the kernel's tables, so that nobody else can register a model or attest.
//
// As a challenger it registers as many models as it can pay for; as a provider it attests one
// device after the other, with attestations that never expire. Stresses model_fee, model_deposit
// and attestation_slots_per_provider: a slot for a model costs a burned fee and holds a deposit, a
// slot for an attestation takes a share of a provider's bond. Observe attacker_net, and whether
// model_owner still registers and honest providers still renew (ttu_mean).
#include <fmt/format.h>

#include <cstring>

#include "core/base/digest.h"
#include "core/verification/reexecution.h"
#include "scenarios/adversaries/own_model.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

class ModelSpammer final : public sim::ChallengerStrategy {
public:
    ModelSpammer(const Parameters& parameters, const sim::StrategyContext& context)
        : self_(context.self.address),
          price_(context.rules.policy.model_fee + context.rules.policy.model_deposit),
          per_block_(static_cast<std::uint64_t>(parameters.get("per_block"))),
          count_(static_cast<std::uint64_t>(parameters.get("count"))) {}

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView&) override { return {}; }
    std::optional<Answer> claim(const sim::TaskView&) override { return {}; }

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        if (!paid_for_) {
            const std::uint64_t balance = view.state().balance(self_).nlux();
            paid_for_ = price_.is_zero() ? count_ : std::min(count_, balance / price_.nlux());
        }
        std::vector<OperationBody> out;
        for (std::uint64_t i = 0; i < per_block_ && made_ < *paid_for_; ++i) {
            out.emplace_back(registration_of_model(
                fmt::format("{}-{}", to_hex(self_.view()).substr(0, kOwnerDigits), ++made_)));
        }
        return out;
    }

private:
    static constexpr std::size_t kOwnerDigits = 16;

    Address self_;
    Amount price_;  // of one registration, deposit included
    std::uint64_t per_block_;
    std::uint64_t count_;
    std::optional<std::uint64_t> paid_for_;  // what its money allows
    std::uint64_t made_ = 0;
};

class DeviceSpammer final : public sim::ProviderStrategy {
public:
    DeviceSpammer(const Parameters& parameters, const sim::StrategyContext& context)
        : self_(context.self), devices_(static_cast<std::uint32_t>(parameters.get("devices"))) {}

    std::uint32_t steps_to_compute(const sim::TaskView& view) override { return view.model.steps; }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return run_model(view.kernels, view.model, view.task.input_row);
    }
    std::optional<Bytes> evidence(const sim::Device& device, TimestampNs now) override {
        if (!device_) device_ = device;
        return device.quote(now);
    }
    // One device per block, because each attestation must be newer than the last.
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        if (!device_ || made_ == devices_ || !view.state().find_provider(self_.provider_id))
            return {};
        const auto evidence = device_->quote(view.clock);
        if (!evidence) return {};
        op::Attest attest;
        attest.provider_id = self_.provider_id;
        attest.evidence = *evidence;
        const Hash32 digest = keccak256(attest.evidence);
        std::memcpy(attest.attestation->tee_quote_digest, digest.data(), digest.size());
        ++made_;
        // Another key than the one of the provider's own renewals.
        auto& key = attest.attestation->attesting_key;
        key[0] = 2;
        for (std::size_t i = 0; i < sizeof made_; ++i)
            key[1 + i] = static_cast<std::uint8_t>(made_ >> (8 * i));
        attest.attestation->expiry_ns = 0;  // never
        return {attest};
    }

private:
    sim::Identity self_;
    std::uint32_t devices_;
    std::optional<sim::Device> device_;
    std::uint32_t made_ = 0;
};

std::unique_ptr<sim::ProviderStrategy> make_device_spammer(const Parameters& parameters,
                                                           const sim::StrategyContext& context) {
    return std::make_unique<DeviceSpammer>(parameters, context);
}

std::unique_ptr<sim::ChallengerStrategy> make_model_spammer(const Parameters& parameters,
                                                            const sim::StrategyContext& context) {
    return std::make_unique<ModelSpammer>(parameters, context);
}

constexpr std::array kSlotParameters{
    StrategyParameter{"count", 0, 10'000'000, 1000, "models",
                      "as a challenger: registered, if its balance is enough"},
    StrategyParameter{"per_block", 1, 1000, 20, "models", "registered at every block"},
    StrategyParameter{"devices", 0, 1'000'000, 40, "devices",
                      "as a provider: attested, one per block"},
};

}  // namespace

const StrategyRow kSlotSpammerRow{.name = "slot_spammer",
                                  .id = "A42",
                                  .doc = "fills the tables of models and attestations",
                                  .parameters = kSlotParameters,
                                  .provider = make_device_spammer,
                                  .challenger = make_model_spammer};

}  // namespace aivm::scenarios
