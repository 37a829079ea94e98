#include "scenarios/adversaries/random_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/base/digest.h"
#include "core/registry/attestation.h"
#include "core/tasks/admission.h"
#include "core/verification/redundant.h"
#include "scenarios/adversaries/own_model.h"

namespace aivm::scenarios {
namespace {

template <std::size_t N, std::size_t M>
void put(std::uint8_t (&to)[N], const FixedBytes<M>& from) {
    static_assert(N == M);
    std::memcpy(to, from.data(), N);
}

}  // namespace

RandomBody::RandomBody(sim::RandomStream& random, const State& state,
                       const sim::StrategyContext& context)
    : random_(random), state_(state), context_(context) {}

OperationBody RandomBody::any() {
    constexpr std::uint64_t kKinds = std::variant_size_v<OperationBody>;
    switch (const std::uint64_t kind = random_.below(kKinds)) {
        case 0:
            return provider();
        case 1:
            return op::DeregisterProvider{some_provider()};
        case 2:
            return op::WithdrawBond{some_provider()};
        case 3:  // seldom, so that models are there to be updated
            if (one_in(8)) return op::RetireModel{some_model()};
            return task();
        case 4:
            return task();
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
            return op::AddBond{some_provider(), some_amount()};
        case 13:
            return registration();
        case 14:
            return update();
        case 15:
            return attestation();
        default:
            return of_validator(kind);
    }
}

OperationBody RandomBody::of_validator(std::uint64_t kind) {
    if (kind == 16) return op::JoinValidators{some_amount(), some_hash()};
    if (kind == 17) return op::WithdrawStake{};
    return evidence();
}

OperationBody RandomBody::of_provider() {
    switch (random_.below(4)) {
        case 0:
            return commit();
        case 1:
            return reveal();
        case 2:
            return result();
        default:
            return attestation();
    }
}

Amount RandomBody::inclusion_fee() { return one_in(2) ? Amount() : some_amount(); }

// --- The kinds ---

// Of an account that may have the bond, for its own models as often as for others.
op::RegisterProvider RandomBody::provider() {
    op::RegisterProvider out;
    out.provider_id = own_provider();
    out.wallet = context_.self.address;
    out.endpoint = "here";
    out.models.push_back(some_model());
    for (const ModelIndex model : own_models()) out.models.push_back(state_.model(model).id);
    if (out.models.size() > kModelsPerProviderMax) out.models.resize(kModelsPerProviderMax);
    out.bond = one_in(2) ? context_.rules.config.min_provider_bond : some_amount();
    if (one_in(4)) out.evidence = one_in(2) ? some_hardware() : some_bytes();
    return out;
}
op::SubmitTask RandomBody::task() {
    op::SubmitTask out;
    out.job_id = own_provider() + "-job";
    if (one_in(2)) out.job_id += std::to_string(random_.below(64));
    out.mode = some_mode();
    out.model_id = some_model();
    out.input_row = one_in(4) ? some_number() : 0;
    out.fee = one_in(2) ? required_fee(state_, context_.rules) : some_amount();
    return out;
}

// A job and a provider that is drawn for it: as often as not the account's own, else whoever owns
// it, and sometimes any provider.
RandomBody::JobAndProvider RandomBody::some_seat() {
    const std::size_t count = state_.tasks.size();
    const std::uint64_t looked_at = std::min<std::uint64_t>(count, 16);
    if (looked_at == 0 || one_in(8)) return {some_job(), some_provider()};
    std::vector<JobAndProvider> mine;
    for (std::size_t i = count - looked_at; i < count; ++i) {
        const Task& task = state_.tasks[i];
        for (const Seat& seat : task.seats) {
            const Provider& drawn = state_.provider(seat.provider);
            const bool is_due =
                seat.status == SeatStatus::kSelected || seat.status == SeatStatus::kCommitted;
            if (is_due && drawn.owner == context_.self.address)
                mine.push_back({task.job_id, drawn.id});
        }
    }
    if (!mine.empty() && one_in(2)) return mine[random_.below(mine.size())];
    const Task& task = state_.tasks[count - 1 - random_.below(looked_at)];
    if (task.seats.empty()) return {task.job_id, some_provider()};
    const Seat& seat = task.seats[random_.below(task.seats.size())];
    return {task.job_id, state_.provider(seat.provider).id};
}
op::Commit RandomBody::commit() {
    const auto [job, provider] = some_seat();
    return {job, provider, some_hash()};
}
// Of an answer that nobody committed to.
op::Reveal RandomBody::reveal() {
    const auto [job, provider] = some_seat();
    const Hash32 embedding = one_in(4) ? some_hash() : empty_embedding_digest();
    return {job, provider, some_answer(), embedding, some_hash()};
}
op::SubmitResult RandomBody::result() {
    const auto [job, provider] = some_seat();
    return {job, provider, some_answer(), one_in(2) ? Hash32() : some_hash(), some_number()};
}
op::Challenge RandomBody::challenge() {
    op::Challenge out;
    out.job_id = some_job_to_challenge();
    out.commitment = some_hash();
    if (context_.rules.policy.challenge_in_clear != one_in(8)) out.claim = some_answer();
    return out;
}
op::DisputeMove RandomBody::move() {
    op::DisputeMove out;
    out.job_id = some_job();
    out.challenger = context_.self.address;
    out.opens = one_in(2);
    out.output = some_answer();
    out.agrees = one_in(2);
    return out;
}
op::Evidence RandomBody::evidence() {
    op::Evidence out;
    out.validator = some_number();
    out.slot = state_.head.height - std::min<Height>(state_.head.height, random_.below(8));
    out.first_id = some_hash();
    out.second_id = one_in(4) ? out.first_id : some_hash();
    out.first_authorization = out.second_authorization = some_bytes();
    if (one_in(2)) *out.parent = some_hash();
    return out;
}

// Of a model of its own, a few of which have no rows, no steps or an id that is taken.
op::RegisterModel RandomBody::registration() {
    constexpr std::uint64_t kNames = 64;  // of which a few are taken again and again
    const std::uint64_t number = random_.below(one_in(4) ? kNames : 2);
    op::RegisterModel out = registration_of_model(
        one_in(8) ? some_model() : fmt::format("{}-{}", own_provider(), number));
    if (one_in(8)) out.model->rows = some_bytes();
    out.model->steps = static_cast<std::uint32_t>(random_.below(8));
    if (one_in(4)) out.license_root = some_hash();
    return out;
}
// Of a registered model, its own or another's.
op::ModelUpdate RandomBody::update() {
    constexpr std::uint32_t kKinds = 5;  // of which some may not be sent
    constexpr std::uint32_t kWeights = 1;
    op::ModelUpdate out;
    abi::ModelOp& u = *out.update;
    put(u.model_root, some_root());
    put(u.license_root, some_hash());
    put(u.owner_addr, context_.self.address);
    u.kind = one_in(2) ? kWeights : static_cast<std::uint32_t>(random_.below(kKinds));
    put(u.weight_hash, some_hash());
    if (u.kind != kWeights || one_in(4)) return out;
    abi::InferenceWeights weights{};
    weights.b2 = static_cast<std::int32_t>(random_.below(256));
    put(u.weight_hash, weights_digest(weights));
    out.weights.resize(sizeof weights);
    std::memcpy(out.weights.data(), &weights, sizeof weights);
    return out;
}
// With evidence that nobody signed, and sometimes none.
op::Attest RandomBody::attestation() {
    op::Attest out;
    out.provider_id = one_in(2) ? own_provider() : some_provider();
    if (!one_in(8)) out.evidence = one_in(4) ? some_bytes() : some_hardware();
    put(out.attestation->tee_quote_digest, one_in(4) ? some_hash() : keccak256(out.evidence));
    out.attestation->attesting_key[0] = static_cast<std::uint8_t>(random_.below(3));
    out.attestation->expiry_ns = random_.below(2) * state_.head.timestamp_ns * 2;
    return out;
}

// --- What they are made of ---

std::string RandomBody::own_provider() const {
    for (std::size_t i = 0; i < state_.providers.size(); ++i) {
        if (state_.providers[i].owner == context_.self.address) return state_.providers[i].id;
    }
    return fmt::format("x{}", to_hex(context_.self.address.view().first(4)));
}
std::string RandomBody::some_job() {
    const std::size_t count = state_.tasks.size();
    if (count == 0 || one_in(16)) return "no-such-job";
    const std::uint64_t back = random_.below(std::min<std::size_t>(count, 8));
    return state_.tasks[count - 1 - back].job_id;
}
// Any job or, as often, one whose challenge window ends in these blocks.
std::string RandomBody::some_job_to_challenge() {
    constexpr Height kNear = 2;
    const Height next = state_.head.height + 1;
    std::vector<std::string> ending;
    const std::size_t count = state_.tasks.size();
    for (std::size_t i = count - std::min<std::size_t>(count, 64); i < count; ++i) {
        const Task& task = state_.tasks[i];
        const bool is_open =
            task.status == TaskStatus::kPosted || task.status == TaskStatus::kChallenged;
        const Height last = task.posted_at + context_.rules.config.challenge_window_blocks;
        if (is_open && last <= next + kNear && next <= last + kNear) ending.push_back(task.job_id);
    }
    if (ending.empty() || one_in(4)) return some_job();
    return ending[random_.below(ending.size())];
}
std::string RandomBody::some_provider() {
    const std::size_t count = state_.providers.size();
    if (count == 0 || one_in(4)) return own_provider();
    return state_.providers[random_.below(count)].id;
}
std::vector<ModelIndex> RandomBody::own_models() const {
    std::vector<ModelIndex> out;
    for (std::uint32_t i = 0; i < state_.models.size(); ++i) {
        const ModelStatus& status = state_.status_of_model(ModelIndex{i});
        if (status.first.value == i && status.owner == context_.self.address)
            out.push_back(ModelIndex{i});
    }
    return out;
}
std::string RandomBody::some_model() {
    const std::size_t count = state_.models.size();
    if (count == 0 || one_in(8)) return "no-such-model";
    const std::vector<ModelIndex> mine = own_models();
    if (!mine.empty() && one_in(2)) return state_.model(mine[random_.below(mine.size())]).id;
    return state_.models[random_.below(count)]->id;
}
Hash32 RandomBody::some_root() {
    const std::size_t count = state_.models.size();
    if (count == 0 || one_in(8)) return some_hash();
    const std::vector<ModelIndex> mine = own_models();
    if (!mine.empty() && one_in(2))
        return state_.status_of_model(mine[random_.below(mine.size())]).root;
    const ModelIndex model{static_cast<std::uint32_t>(random_.below(count))};
    return state_.status_of_model(model).root;
}
VerificationMode RandomBody::some_mode() {
    return one_in(4) ? static_cast<VerificationMode>(random_.below(3))
                     : context_.rules.config.verification_mode;
}
// From nothing to more than it has.
Amount RandomBody::some_amount() {
    constexpr std::uint64_t kGrowth = 36;
    return Amount(random_.below(std::uint64_t{2} << random_.below(kGrowth)) *
                  (one_in(2) ? 1 : 1'000));
}
Hash32 RandomBody::some_hash() {
    Hash32 out;
    for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(random_.below(256));
    return out;
}
Bytes RandomBody::some_bytes() {
    Bytes out(random_.below(80));
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random_.below(256));
    return out;
}
// Evidence that would earn points if the vendor had signed it.
Bytes RandomBody::some_hardware() {
    constexpr std::size_t kReportBytes = 256;
    constexpr std::size_t kSignatureBytes = 16;
    GpuEvidence out;
    out.device_id = own_provider();
    out.model = "NVIDIA H100 PCIe";
    out.timestamp_ns = state_.head.timestamp_ns;
    out.nonce = some_hash();
    out.spdm_report = Bytes(kReportBytes, 1);
    out.cc_enabled = one_in(2);
    const Hash32 signature = some_hash();
    out.vendor_signature =
        Bytes(signature.bytes.begin(), signature.bytes.begin() + kSignatureBytes);
    return encode_evidence(out);
}

}  // namespace aivm::scenarios
