#include "core/service/node_base.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/digest.h"
#include "core/service/keys.h"

namespace aivm {
namespace {

constexpr Amount kStake = lux(1);

// The secret that this node reveals in its block or cut of the given height.
Hash32 node_beacon_secret(const Ed25519Seed& seed, Height height) {
    return keccak256(Writer().string("aivm-node-beacon").fixed(seed).u64(height).view());
}

Hash32 node_beacon_commitment(const Ed25519Seed& seed, Height height) {
    return keccak256(node_beacon_secret(seed, height).view());
}

}  // namespace

Hash32 first_beacon_commitment(const Ed25519Seed& seed) { return node_beacon_commitment(seed, 1); }

Result<Ed25519Seed> seed_of_store(KeyValueStore& store, const Ed25519Seed& fresh) {
    AIVM_ASSIGN(const auto kept, store.get(service_keys::seed()));
    if (kept) {
        Reader in(*kept);
        const Ed25519Seed seed = in.hash();
        AIVM_TRY(in.finish());
        return seed;
    }
    auto batch = std::make_shared<WriteBatch>();
    batch->put(service_keys::seed(), fresh.view());
    AIVM_TRY(store.write(std::move(batch)));
    return fresh;
}

NodeBase::NodeBase(const NodeSetup& setup) : setup_(setup), key_(setup.seed), store_(*setup.store) {
    rules_.parameters = setup.parameters;
    rules_.chain_id = setup.genesis.chain_id;
    rules_.kernels = setup.kernels != nullptr ? setup.kernels : &kernels_;
    rules_.authorizer = &authorizer_;
    rules_.vendor_root = setup.vendor_root;
}

Status NodeBase::make_own_genesis() {
    auto& validators = setup_.genesis.validators;
    if (validators.empty())
        validators = {{key_.address(), kStake, first_beacon_commitment(setup_.seed)}};
    if (validators.size() > 1 && !setup_.hosted) {
        return fail(ErrorCode::kConfig,
                    "genesis has several validators, and nothing here decides between them");
    }
    const auto own =
        std::find_if(validators.begin(), validators.end(),
                     [this](const GenesisValidator& v) { return v.address == key_.address(); });
    if (own == validators.end()) {
        return fail(ErrorCode::kConfig,
                    "the node's key is not among the validators of genesis; its address is " +
                        to_hex(key_.address().view()));
    }
    self_ = ValidatorIndex{static_cast<std::uint32_t>(own - validators.begin())};
    AIVM_ASSIGN(genesis_, make_genesis(setup_.genesis, rules_));
    return {};
}

MempoolLimits NodeBase::queue_limits() const {
    MempoolLimits queue;
    // Alone, the node serves its own clients, and a block takes everything that is queued.
    if (!setup_.hosted) queue.per_sender = queue.lane = kQueuedMax;
    return queue;
}

std::string NodeBase::task_id_of(const Address& requester, std::string_view client_id) const {
    return rules_.parameters.dag ? bound_job_id(requester, client_id) : std::string(client_id);
}

Result<std::vector<OperationPtr>> NodeBase::load_queue() {
    std::vector<OperationPtr> operations;
    Status readable;
    AIVM_TRY(store_.scan(Bytes{service_keys::kQueued}, [&](ByteView, ByteView value) {
        Reader in(value);
        auto operation = SignedOperation::decode(in);
        if (operation) operations.push_back(*operation);
        if (!operation) readable = tl::unexpected<Error>(operation.error());
        return readable.has_value();
    }));
    AIVM_TRY(readable);
    // Keys are ids and have no useful order; nonces restore the order in which each account sent
    // its operations.
    std::stable_sort(operations.begin(), operations.end(),
                     [](const auto& a, const auto& b) { return a->nonce() < b->nonce(); });
    for (const OperationPtr& operation : operations) {
        authorizer_.vouch(operation->id(), operation->authorization());
        queued_.emplace(operation->id(), operation);
    }
    return operations;
}

Status NodeBase::keep(const OperationPtr& operation, const WriteBatch* note) {
    auto batch = std::make_shared<WriteBatch>();
    Writer encoded;
    operation->encode(encoded);
    batch->put(service_keys::queued(operation->id()), encoded.view());
    for (std::size_t i = 0; note != nullptr && i < note->size(); ++i) {
        const auto [key, value] = note->entry(i);
        batch->put(key, value.value_or(ByteView{}));
    }
    AIVM_TRY(failed(store_.write(std::move(batch))));
    queued_.emplace(operation->id(), operation);
    return {};
}

// The node's last block committed to the secret of the height after it, and genesis to that of
// height 1, so the search from the next height down is short.
Result<Hash32> NodeBase::opening(const State& parent) const {
    const Hash32& commitment = parent.validators[self_.value].beacon_commitment;
    for (Height height = parent.head.height + 1; height > 0; --height) {
        const Hash32 secret = node_beacon_secret(setup_.seed, height);
        if (keccak256(secret.view()) == commitment) return secret;
    }
    return fail(ErrorCode::kConfig,
                "the beacon commitment on chain was not made with this node's seed");
}

BuildRequest NodeBase::request_on(const State& parent, const Hash32& secret,
                                  TimestampNs now_ns) const {
    return {.proposer = self_,
            .timestamp_ns = now_ns,
            .beacon_secret = secret,
            .beacon_commitment = node_beacon_commitment(setup_.seed, parent.head.height + 2),
            .sign = [this](const Hash32& message) { return key_.sign(message); }};
}

Status NodeBase::use_nonce(const Address& account, std::uint64_t nonce) {
    AIVM_TRY(check_writable());
    AIVM_ASSIGN(const auto kept, store_.get(service_keys::nonce(account)));
    std::uint64_t last = state().nonce(account);
    if (kept) last = std::max(last, Reader(*kept).u64());
    if (nonce <= last) return fail(ErrorCode::kBadNonce, fmt::format("{} after {}", nonce, last));
    auto batch = std::make_shared<WriteBatch>();
    batch->put(service_keys::nonce(account), Writer().u64(nonce).view());
    return failed(store_.write(std::move(batch)));
}

std::uint64_t NodeBase::next_nonce(const Address& account, TimestampNs now_ns) {
    return pending_state(now_ns).nonce(account) + 1;
}

Status NodeBase::check_writable() const {
    if (failed_)
        return fail(ErrorCode::kStorage, "an earlier write failed; the node must be started again");
    return {};
}

Status NodeBase::failed(Status status) {
    if (!status) failed_ = true;
    return status;
}

Status NodeBase::check_alone() const {
    if (alone()) return {};
    return fail(ErrorCode::kWrongState,
                "other validators have a say in the next block of this chain");
}

std::shared_ptr<WriteBatch> NodeBase::leftovers_of(const std::vector<OperationPtr>& included,
                                                   const std::optional<Settles>& settles) {
    auto batch = std::make_shared<WriteBatch>();
    if (settles) {
        batch->put(service_keys::timestamp(settles->height),
                   Writer().u64(settles->timestamp_ns).view());
    }
    std::set<Hash32> ids;
    for (const OperationPtr& operation : included) ids.insert(operation->id());
    for (auto it = queued_.begin(); it != queued_.end();) {
        const auto& [id, operation] = *it;
        const bool waits = !ids.contains(id) && mempool().contains(*operation);
        if (!waits) {
            batch->erase(service_keys::queued(id));
            release(*operation);
        }
        it = waits ? std::next(it) : queued_.erase(it);
    }
    return batch;
}

TimestampNs NodeBase::timestamp_of(Height height) const {
    if (height == 0) return setup_.genesis.timestamp_ns;
    const auto kept = store_.get(service_keys::timestamp(height));
    return kept && *kept ? Reader(**kept).u64() : state().head.timestamp_ns;
}

}  // namespace aivm
