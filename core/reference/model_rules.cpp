// Models and attestations, which the kernels' tables know, and the kernel round of a block.
#include <algorithm>
#include <cstring>

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/config/limits.h"
#include "core/reference/reference_chain.h"

namespace aivm::reference {
namespace {

constexpr std::uint32_t kWeights = 1;  // kinds of abi::ModelOp
constexpr std::uint32_t kTransferOfModel = 3;
constexpr std::uint64_t kNumbersOfAModel = 545;  // 32 x 16 + 16 weights, 16 + 1 biases
constexpr Money kAmountMax = Money{~std::uint64_t{0}};

template <std::size_t N>
Hash32 hash_of_bytes(const std::uint8_t (&bytes)[N]) {
    static_assert(N == Hash32::size_bytes);
    Hash32 out;
    std::memcpy(out.data(), bytes, N);
    return out;
}
template <std::size_t N, std::size_t M>
void put_bytes(std::uint8_t (&to)[N], const FixedBytes<M>& from) {
    static_assert(N == M);
    std::memcpy(to, from.data(), N);
}

template <std::size_t N>
bool all_zero(const std::uint8_t (&bytes)[N]) {
    return std::all_of(std::begin(bytes), std::end(bytes), [](std::uint8_t b) { return b == 0; });
}

// An operation without the bytes beside the fields that the kernel reads.
abi::ModelOp registration_of(const Model& model, const Hash32& root, const Hash32& license) {
    abi::ModelOp out{};
    put_bytes(out.model_root, root);
    put_bytes(out.weight_hash, digest_of_weights(model.weights));
    put_bytes(out.license_root, license);
    put_bytes(out.owner_addr, model.owner);
    out.parameter_count = kNumbersOfAModel;
    return out;
}

}  // namespace

bool operator==(const ModelEntry& a, const ModelEntry& b) {
    const bool same_model =
        a.model == b.model ||
        (a.model->id == b.model->id && a.model->owner == b.model->owner &&
         std::memcmp(&a.model->weights, &b.model->weights, sizeof a.model->weights) == 0 &&
         a.model->rows == b.model->rows && a.model->steps == b.model->steps &&
         a.model->compute_time_ms == b.model->compute_time_ms);
    return same_model && a.first == b.first && a.version == b.version && a.newest == b.newest &&
           a.owner == b.owner && a.root == b.root && a.deposit == b.deposit &&
           a.retired == b.retired;
}

// The first version with this id.
std::optional<Row> ReferenceChain::find_model(std::string_view id) const {
    for (Row i = 0; i < world.models.size(); ++i) {
        if (world.models[i].model->id == id) return i;
    }
    return std::nullopt;
}

bool ReferenceChain::check_new_model(const Model& m) {
    bool good =
        require(!m.id.empty() && m.id.size() <= kModelIdBytesMax, ErrorCode::kInvalidArgument);
    good = require(!find_model(m.id), ErrorCode::kDuplicate) && good;
    good = require(!m.rows.empty() && m.rows.size() % kInputBytes == 0 &&
                       m.rows.size() / kInputBytes <= kFeatureRowsMax,
                   ErrorCode::kInvalidArgument) &&
           good;
    good = require(m.steps >= 1 && m.steps <= kStepsMax, ErrorCode::kInvalidArgument) && good;
    // Under a tolerance, a dispute runs the whole model, which must not be too long for that.
    const bool runs_whole =
        policy().answer_tolerance == 0 || m.steps <= policy().one_step_steps_max;
    return require(runs_whole, ErrorCode::kInvalidArgument) && good;
}

void ReferenceChain::operation(const op::RegisterModel& r) {
    const Money fee = to_money(policy().model_fee);
    const Money deposit = to_money(policy().model_deposit);
    Model model = *r.model;
    model.owner = sender_;
    require(fee + deposit <= kAmountMax, ErrorCode::kOverflow);
    require(balance(sender_) >= fee + deposit, ErrorCode::kInsufficientFunds);
    check_new_model(model);
    Writer encoding;
    encode(encoding, model);
    const Hash32 root = keccak256(encoding.view());
    require(has_place(world.registries, root), ErrorCode::kTableFull);
    if (!reasons_.none()) return;

    write_model(world.registries, registration_of(model, root, r.license_root));
    ModelEntry entry;
    entry.model = std::make_shared<const Model>(std::move(model));
    entry.first = entry.newest = static_cast<Row>(world.models.size());
    entry.owner = sender_;
    entry.root = root;
    entry.deposit = deposit;
    add(sender_, -(fee + deposit));
    world.head.burned += fee;
    events.emplace_back(
        event::ModelRegistered{{entry.first}, policy().model_fee, policy().model_deposit});
    world.models.push_back(std::move(entry));
}

// The deposit goes back; the slot is freed when the epoch closes.
void ReferenceChain::operation(const op::RetireModel& r) {
    const auto row = find_model(r.model_id);
    if (!require(row.has_value(), ErrorCode::kNotFound)) return;
    ModelEntry& model = world.models[*row];
    require(model.owner == sender_, ErrorCode::kNotAuthorized);
    require(!model.retired, ErrorCode::kWrongState);
    if (!reasons_.none()) return;
    events.emplace_back(event::ModelRetired{{*row}, to_amount(model.deposit)});
    add(sender_, model.deposit);
    model.deposit = 0;
    model.retired = true;
}

// An update of weights carries them, and names their digest; no other update carries anything.
bool ReferenceChain::check_weights(const op::ModelUpdate& u) {
    if (u.update->kind != kWeights) return require(u.weights.empty(), ErrorCode::kInvalidArgument);
    if (!require(u.weights.size() == sizeof(abi::InferenceWeights), ErrorCode::kInvalidArgument))
        return false;
    abi::InferenceWeights weights;
    std::memcpy(&weights, u.weights.data(), sizeof weights);
    require(balance(sender_) >= to_money(policy().model_fee), ErrorCode::kInsufficientFunds);
    return require(digest_of_weights(weights) == hash_of_bytes(u.update->weight_hash),
                   ErrorCode::kInvalidArgument);
}

void ReferenceChain::operation(const op::ModelUpdate& u) {
    require(u.update->kind >= kWeights && u.update->kind <= kTransferOfModel,
            ErrorCode::kInvalidArgument);
    require(!all_zero(u.update->model_root) && !all_zero(u.update->weight_hash),
            ErrorCode::kInvalidArgument);
    check_weights(u);
    const Hash32 root = hash_of_bytes(u.update->model_root);
    std::optional<Row> first;
    for (Row i = 0; i < world.models.size(); ++i) {
        if (world.models[i].first == i && world.models[i].root == root) first = i;
    }
    require(first && is_registered(world.registries, root), ErrorCode::kNotFound);
    if (first) {
        require(!world.models[*first].retired, ErrorCode::kWrongState);
        require(world.models[*first].owner == sender_, ErrorCode::kNotAuthorized);
    }
    if (!reasons_.none()) return;

    write_model(world.registries, *u.update);
    if (u.update->kind == kTransferOfModel)
        std::memcpy(world.models[*first].owner.data(), u.update->owner_addr, Address::size_bytes);
    if (u.update->kind == kWeights) {
        abi::InferenceWeights weights;
        std::memcpy(&weights, u.weights.data(), sizeof weights);
        add_version(*first, weights);
    }
}

// Tasks submitted from now on run it; the fee is burned as for a registration.
void ReferenceChain::add_version(Row first, const abi::InferenceWeights& weights) {
    const ModelEntry& before = world.models[world.models[first].newest];
    Model model = *before.model;
    model.weights = weights;
    ModelEntry entry;
    entry.model = std::make_shared<const Model>(std::move(model));
    entry.first = first;
    entry.version = before.version + 1;
    entry.newest = static_cast<Row>(world.models.size());
    world.models[first].newest = entry.newest;
    add(sender_, -to_money(policy().model_fee));
    world.head.burned += to_money(policy().model_fee);
    events.emplace_back(event::ModelRegistered{{entry.newest}, policy().model_fee, Amount()});
    world.models.push_back(std::move(entry));
}

// A provider has one slot per device, by keccak(tag || provider || attesting key). Evidence must be
// newer than what the provider has shown before.
void ReferenceChain::operation(const op::Attest& a) {
    const auto row = find_own_provider(a.provider_id);
    if (!row) return;
    Provider& provider = world.providers[*row];
    require(provider.status != ProviderStatus::kLeft, ErrorCode::kWrongState);
    require(keccak256(a.evidence) == hash_of_bytes(a.attestation->tee_quote_digest),
            ErrorCode::kInvalidArgument);
    const auto trust = judge_evidence(a.evidence, a.provider_id);
    if (trust) require(trust->made_at_ns > provider.attested_at_ns, ErrorCode::kDuplicate);
    const auto& device = a.attestation->attesting_key;
    const Hash32 key = keccak256(
        Writer().string("aivm-attestation").string(a.provider_id).raw(ByteView(device)).view());
    auto& keys = provider.attestation_keys;
    const bool known = std::find(keys.begin(), keys.end(), key) != keys.end();
    require(known || keys.size() < policy().attestation_slots_per_provider,
            ErrorCode::kLimitReached);
    require(!all_zero(device), ErrorCode::kInvalidArgument);
    require(has_attestation_place(world.registries, key), ErrorCode::kTableFull);
    if (!reasons_.none()) return;
    write_attestation(world.registries, key, *a.attestation, now());
    if (!known) keys.push_back(key);
    set_trust(*row, *trust);
}

// Without expired attestations, those of providers that have left, and retired models; the others
// are inserted again in the order of their slots.
void ReferenceChain::rebuild_registries() {
    std::set<Hash32> kept;
    std::vector<abi::Attestation> attestations(world.registries.attestations.size());
    for (const abi::Attestation& slot : world.registries.attestations) {
        const Hash32 key = hash_of_bytes(slot.tee_quote_digest);
        const bool expired = slot.expiry_ns != 0 && slot.expiry_ns <= now();
        const auto is_here = [&](const Provider& p) {
            return p.status != ProviderStatus::kLeft &&
                   std::count(p.attestation_keys.begin(), p.attestation_keys.end(), key) != 0;
        };
        if (slot.occupied == 0 || expired ||
            std::none_of(world.providers.begin(), world.providers.end(), is_here)) {
            continue;
        }
        attestations[*place_in(attestations, key)] = slot;
        kept.insert(key);
    }
    std::vector<abi::ModelRegistryEntry> models(world.registries.models.size());
    for (const abi::ModelRegistryEntry& slot : world.registries.models) {
        const Hash32 root = hash_of_bytes(slot.model_root);
        const auto is_retired = [&](const ModelEntry& m) { return m.retired && m.root == root; };
        if (slot.occupied == 0 ||
            std::any_of(world.models.begin(), world.models.end(), is_retired)) {
            continue;
        }
        models[*place_in(models, root)] = slot;
    }
    world.registries.attestations = std::move(attestations);
    world.registries.models = std::move(models);
    for (Provider& provider : world.providers) {
        std::erase_if(provider.attestation_keys,
                      [&](const Hash32& key) { return !kept.contains(key); });
    }
}

// The root of all receipts, the last anchor's root, and the root of the validator set, every
// merkleAnchorFreq blocks. A full table is archived under the next number first.
void ReferenceChain::anchor() {
    Registries& tables = world.registries;
    if (tables.anchors.size() >= tables.anchor_slots) {
        world.head.anchor_archives += 1;
        world.head.anchor_archive_root = hash_of_bytes(tables.epoch.audit_root);
        tables.anchors.clear();
    }
    Writer set;
    for (const Validator& validator : world.validators) {
        if (validator.active) set.fixed(validator.address).amount(to_amount(validator.stake));
    }
    const Hash32 root = receipts_root(world.receipts);
    abi::AuditAnchor slot{};
    put_bytes(slot.commit_root, root);
    put_bytes(slot.parent_root, world.head.last_anchor);
    put_bytes(slot.validator_set_root_at_commit, keccak256(set.view()));
    slot.height = height();
    slot.timestamp_ns = now();
    slot.occupied = 1;
    tables.anchors.push_back(slot);
    world.head.last_anchor = root;
    events.emplace_back(event::Anchored{root});
}

void ReferenceChain::kernel_round() {
    if (height() % config().merkle_anchor_freq == 0) anchor();
    const bool closes = now() - world.head.epoch_started_ns >= config().epoch_duration_ns;
    if (closes) rebuild_registries();
    transition_epoch(world.registries,
                     {.now_ns = now(), .closes = closes, .epoch = world.head.epoch});
    if (!closes) return;
    choose_validators();
    world.registries.epoch.next_epoch_height = height() + 1;
    world.head.epoch += 1;
    world.head.epoch_started_ns = now();
    events.emplace_back(event::EpochClosed{world.head.epoch});
}

}  // namespace aivm::reference
