// random_operations: a client that sends operations of every kind at random, most of them refused.
//
// Stresses the rules that refuse: operations on others' tasks, providers and models, at the wrong
// time, with wrong amounts, commitments, proofs and evidence. The reference model predicts which of
// them are allowed (invariant R1), so that "allowed although the rules do not allow it" is a
// violation as much as a wrong amount. It submits no tasks of the workload and has no plan.
#include <fmt/format.h>

#include <cstring>
#include <string>
#include <vector>

#include "core/base/digest.h"
#include "scenarios/adversaries/own_model.h"
#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {
namespace {

// Operations of one kind, made from whatever is there.
class RandomBody {
public:
    RandomBody(sim::RandomStream& random, const State& state, const sim::StrategyContext& context)
        : random_(random), state_(state), context_(context) {}

    OperationBody any() {
        constexpr std::uint64_t kKinds = std::variant_size_v<OperationBody>;
        switch (random_.below(kKinds)) {
            case 0:
                return op::RegisterProvider{own_name(),     context_.self.address, "here",
                                            {some_model()}, some_amount(),         some_bytes()};
            case 1:
                return op::DeregisterProvider{some_provider()};
            case 2:
                return op::WithdrawBond{some_provider()};
            case 3:
                return op::RetireModel{some_model()};
            case 4:
                return op::SubmitTask{own_name() + "-job", TaskType::kInference, some_mode(),
                                      some_model(),        some_number(),        some_amount()};
            case 5:
                return commit();
            case 6:
                return reveal();
            case 7:
                return result();
            case 8:
                return challenge();
            case 9:
                return op::ChallengeReveal{some_job(), some_answer(), some_hash()};
            case 10:
                return move();
            case 11:
                return op::ClaimRewards{some_provider()};
            case 12:
                return evidence();
            case 13:
                return op::AddBond{some_provider(), some_amount()};
            case 14:
                return op::JoinValidators{some_amount(), some_hash()};
            case 15:
                return op::WithdrawStake{};
            case 16:
                return registration();
            case 17:
                return update();
            default:
                return attestation();
        }
    }

private:
    // A job and a provider that is drawn for it, whoever owns that; or any.
    struct JobAndProvider {
        std::string job;
        std::string provider;
    };
    JobAndProvider some_seat() {
        const std::size_t count = state_.tasks.size();
        const std::uint64_t looked_at = std::min<std::uint64_t>(count, 16);
        if (looked_at == 0 || random_.below(4) == 0) return {some_job(), some_provider()};
        const Task& task = state_.tasks[count - 1 - random_.below(looked_at)];
        if (task.seats.empty()) return {task.job_id, some_provider()};
        const Seat& seat = task.seats[random_.below(task.seats.size())];
        return {task.job_id, state_.provider(seat.provider).id};
    }
    op::Commit commit() {
        const auto [job, provider] = some_seat();
        return {job, provider, some_hash()};
    }
    op::Reveal reveal() {
        const auto [job, provider] = some_seat();
        return {job, provider, some_answer(), some_hash(), some_hash()};
    }
    op::SubmitResult result() {
        const auto [job, provider] = some_seat();
        return {job, provider, some_answer(), random_.below(2) == 0 ? Hash32() : some_hash(),
                some_number()};
    }

    // Of any job or, as often, of one whose window ends in these blocks.
    std::string some_job_to_challenge() {
        std::vector<std::string> ending;
        const std::size_t count = state_.tasks.size();
        for (std::size_t i = count - std::min<std::size_t>(count, 64); i < count; ++i) {
            const Task& task = state_.tasks[i];
            const bool ends = task.settle_at != 0 && task.settle_at <= state_.head.height + 2 &&
                              task.settle_at + 2 >= state_.head.height;
            if (ends) ending.push_back(task.job_id);
        }
        if (ending.empty() || random_.below(2) == 0) return some_job();
        return ending[random_.below(ending.size())];
    }
    op::Challenge challenge() {
        op::Challenge out;
        out.job_id = some_job_to_challenge();
        out.commitment = some_hash();
        if (random_.below(4) == 0) out.claim = some_answer();
        return out;
    }
    op::DisputeMove move() {
        op::DisputeMove out;
        out.job_id = some_job();
        out.challenger = context_.self.address;
        out.opens = random_.below(2) == 0;
        out.output = some_answer();
        out.agrees = random_.below(2) == 0;
        return out;
    }
    op::Evidence evidence() {
        op::Evidence out;
        out.validator = some_number();
        out.slot = state_.head.height - std::min<Height>(state_.head.height, random_.below(8));
        out.first_id = some_hash();
        out.second_id = random_.below(4) == 0 ? out.first_id : some_hash();
        out.first_authorization = out.second_authorization = some_bytes();
        if (random_.below(2) == 0) *out.parent = some_hash();
        return out;
    }

    // Of a model of its own, a few of which have no rows, no steps or an id that is taken.
    op::RegisterModel registration() {
        op::RegisterModel out = registration_of_model(
            random_.below(8) == 0 ? some_model()
                                  : fmt::format("{}-{}", own_name(), random_.below(64)));
        if (random_.below(8) == 0) out.model->rows = some_bytes();
        out.model->steps = static_cast<std::uint32_t>(random_.below(8));
        if (random_.below(4) == 0) out.license_root = some_hash();
        return out;
    }
    // Of a registered model, its own or another's.
    op::ModelUpdate update() {
        constexpr std::uint32_t kKinds = 5;  // of which some may not be sent
        op::ModelUpdate out;
        abi::ModelOp& u = *out.update;
        put(u.model_root, some_root());
        put(u.license_root, some_hash());
        put(u.owner_addr, context_.self.address);
        u.kind = static_cast<std::uint32_t>(random_.below(kKinds));
        put(u.weight_hash, some_hash());
        if (u.kind != 1 || random_.below(4) == 0) return out;
        abi::InferenceWeights weights{};
        weights.b2 = static_cast<std::int32_t>(random_.below(256));
        put(u.weight_hash, weights_digest(weights));
        out.weights.resize(sizeof weights);
        std::memcpy(out.weights.data(), &weights, sizeof weights);
        return out;
    }
    // With evidence that nobody signed, and sometimes none.
    op::Attest attestation() {
        op::Attest out;
        out.provider_id = some_provider();
        if (random_.below(4) != 0) out.evidence = some_bytes();
        put(out.attestation->tee_quote_digest,
            random_.below(2) == 0 ? keccak256(out.evidence) : some_hash());
        out.attestation->expiry_ns = random_.below(2) * state_.head.timestamp_ns * 2;
        return out;
    }

    template <std::size_t N, std::size_t M>
    static void put(std::uint8_t (&to)[N], const FixedBytes<M>& from) {
        static_assert(N == M);
        std::memcpy(to, from.data(), N);
    }
    Hash32 some_root() {
        const std::size_t count = state_.models.size();
        if (count == 0 || random_.below(8) == 0) return some_hash();
        const ModelIndex model{static_cast<std::uint32_t>(random_.below(count))};
        return state_.status_of_model(model).root;
    }
    std::string own_name() const {
        return fmt::format("x{}", to_hex(context_.self.address.view().first(4)));
    }
    std::string some_job() {
        const std::size_t count = state_.tasks.size();
        if (count == 0 || random_.below(16) == 0) return "no-such-job";
        const std::uint64_t back = random_.below(std::min<std::size_t>(count, 8));
        return state_.tasks[count - 1 - back].job_id;
    }
    std::string some_provider() {
        const std::size_t count = state_.providers.size();
        if (count == 0 || random_.below(4) == 0) return own_name();
        return state_.providers[random_.below(count)].id;
    }
    std::string some_model() {
        const std::size_t count = state_.models.size();
        return count == 0 || random_.below(8) == 0 ? "no-such-model"
                                                   : state_.models[random_.below(count)]->id;
    }
    VerificationMode some_mode() {
        return random_.below(4) == 0 ? static_cast<VerificationMode>(random_.below(3))
                                     : context_.rules.config.verification_mode;
    }
    Answer some_answer() { return static_cast<Answer>(random_.below(256)); }
    std::uint32_t some_number() { return static_cast<std::uint32_t>(random_.below(12)); }
    // From nothing to more than it has.
    Amount some_amount() {
        constexpr std::uint64_t kGrowth = 36;
        return Amount(random_.below(std::uint64_t{2} << random_.below(kGrowth)) *
                      (random_.below(2) == 0 ? 1 : 1'000));
    }
    Hash32 some_hash() {
        Hash32 out;
        for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(random_.below(256));
        return out;
    }
    Bytes some_bytes() {
        Bytes out(random_.below(80));
        for (auto& byte : out) byte = static_cast<std::uint8_t>(random_.below(256));
        return out;
    }

    sim::RandomStream& random_;
    const State& state_;
    const sim::StrategyContext& context_;
};

class RandomOperations final : public sim::RequesterStrategy {
public:
    RandomOperations(const Parameters& parameters, sim::StrategyContext context)
        : context_(std::move(context)),
          per_block_(static_cast<std::uint64_t>(parameters.get("per_block"))) {}

    bool takes_part() const override { return false; }
    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        std::vector<OperationBody> out;
        for (std::uint64_t i = 0; i < per_block_; ++i)
            out.push_back(RandomBody(context_.random, view.state(), context_).any());
        return out;
    }

private:
    sim::StrategyContext context_;
    std::uint64_t per_block_;
};

std::unique_ptr<sim::RequesterStrategy> make_random_operations(
    const Parameters& parameters, const sim::StrategyContext& context) {
    return std::make_unique<RandomOperations>(parameters, context);
}

constexpr std::array kRandomOperationsParameters{
    StrategyParameter{"per_block", 1, 1'000, 4, "operations", "sent after every block"},
};

}  // namespace

const StrategyRow kRandomOperationsRow{
    .name = "random_operations",
    .doc = "sends operations of every kind at random, to test the rules that refuse",
    .parameters = kRandomOperationsParameters,
    .requester = make_random_operations,
    .only_attacks = true};

}  // namespace aivm::scenarios
