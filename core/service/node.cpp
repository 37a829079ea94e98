#include "core/service/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/digest.h"
#include "core/execution/block_run.h"
#include "core/service/keys.h"

namespace aivm {
namespace {

constexpr Amount kStake = lux(1);

// The secret that this node reveals in its block of the given height.
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

Node::Node(const NodeSetup& setup) : setup_(setup), key_(setup.seed), store_(*setup.store) {
    rules_.parameters = setup.parameters;
    rules_.chain_id = setup.genesis.chain_id;
    rules_.kernels = setup.kernels != nullptr ? setup.kernels : &kernels_;
    rules_.authorizer = &authorizer_;
    rules_.vendor_root = setup.vendor_root;
}

Result<std::unique_ptr<Node>> Node::open(const NodeSetup& setup) {
    AIVM_CHECK(setup.store != nullptr);
    std::unique_ptr<Node> node(new Node(setup));
    AIVM_TRY(node->open_vm());
    AIVM_TRY(node->load_queue());
    return node;
}

Status Node::open_vm() {
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
    // Alone, the node serves its own clients, and a block takes everything that is queued.
    MempoolLimits queue;
    if (!setup_.hosted) queue.per_sender = queue.lane = kQueuedMax;
    AIVM_ASSIGN(Vm vm, Vm::open({genesis_, &rules_, &executor_, &store_, queue}));
    vm_.emplace(std::move(vm));
    summary_ = ChainSummary(state(), [this](Height height) { return timestamp_of(height); });
    return {};
}

// Every operation queued in the store was accepted by this node, so it is vouched for again without
// another check.
Status Node::load_queue() {
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
        static_cast<void>(vm_->submit(operation));  // a refused one is erased with the next block
    }
    return {};
}

// The node's last block committed to the secret of the height after it, and genesis to that of
// height 1, so the search from the next height down is short.
Result<Hash32> Node::opening(const State& parent) const {
    const Hash32& commitment = parent.validators[self_.value].beacon_commitment;
    for (Height height = parent.head.height + 1; height > 0; --height) {
        const Hash32 secret = node_beacon_secret(setup_.seed, height);
        if (keccak256(secret.view()) == commitment) return secret;
    }
    return fail(ErrorCode::kConfig,
                "the beacon commitment on chain was not made with this node's seed");
}

BuildRequest Node::next_request(const Hash32& secret, TimestampNs now_ns) const {
    const Height height = vm_->preferred_state().head.height + 1;
    return {.proposer = self_,
            .timestamp_ns = now_ns,
            .beacon_secret = secret,
            .beacon_commitment = node_beacon_commitment(setup_.seed, height + 1),
            .sign = [this](const Hash32& message) { return key_.sign(message); }};
}

BlockRun& Node::trial(TimestampNs now_ns) {
    if (trial_) return *trial_;
    const ExecutedPtr parent = vm_->executed(vm_->preferred());
    const BuildRequest request = next_request(opening(parent->state).value_or(Hash32{}), now_ns);
    trial_.emplace(parent->state, context_of(parent->state, next_header(*parent, request)), rules_);
    for (const OperationPtr& operation : vm_->mempool().candidates(kQueuedMax, {}))
        static_cast<void>(trial_->apply(*operation));
    return *trial_;
}

const State& Node::pending_state(TimestampNs now_ns) { return trial(now_ns).state(); }

Status Node::submit(const OperationPtr& operation, TimestampNs now_ns, const WriteBatch* note) {
    AIVM_TRY(check_writable());
    if (queued_.size() >= kQueuedMax)
        return fail(ErrorCode::kQueueFull, "operations wait for the next block");
    authorizer_.vouch(operation->id(), operation->authorization());
    if (Status status = trial(now_ns).apply(*operation); !status) {
        if (!queued_.contains(operation->id())) authorizer_.forget(operation->id());
        return status;
    }
    if (Status status = vm_->submit_tried(operation); !status) {
        trial_.reset();  // it contains the operation
        authorizer_.forget(operation->id());
        return status;
    }
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

Status Node::use_nonce(const Address& account, std::uint64_t nonce) {
    AIVM_TRY(check_writable());
    AIVM_ASSIGN(const auto kept, store_.get(service_keys::nonce(account)));
    std::uint64_t last = vm_->state().nonce(account);
    if (kept) last = std::max(last, Reader(*kept).u64());
    if (nonce <= last) return fail(ErrorCode::kBadNonce, fmt::format("{} after {}", nonce, last));
    auto batch = std::make_shared<WriteBatch>();
    batch->put(service_keys::nonce(account), Writer().u64(nonce).view());
    return failed(store_.write(std::move(batch)));
}

std::uint64_t Node::next_nonce(const Address& account, TimestampNs now_ns) {
    return pending_state(now_ns).nonce(account) + 1;
}

Status Node::check_writable() const {
    if (failed_)
        return fail(ErrorCode::kStorage, "an earlier write failed; the node must be started again");
    return {};
}

Status Node::failed(Status status) {
    if (!status) failed_ = true;
    return status;
}

Status Node::advance(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    if (!vm_->wants_block()) {
        trial_.reset();  // nothing is queued, and its timestamp would become stale
        return {};
    }
    if (setup_.hosted) return {};
    const auto due = checked_add(state().head.timestamp_ns, setup_.block_interval_ns);
    if (!due || now_ns < *due) return {};
    return build_and_accept(now_ns);
}

Status Node::flush(TimestampNs now_ns) {
    if (failed_ || setup_.hosted || vm_->mempool().size() == 0) return {};
    return build_and_accept(now_ns);
}

// The VM's record of the signed height is buffered and reaches the disk with the block.
Status Node::build_and_accept(TimestampNs now_ns) {
    store_.hold();
    const auto block = build_on_preference(now_ns);
    if (!block) {
        store_.drop();
        return failed(tl::unexpected<Error>(block.error()));
    }
    return accept_with_leftovers(**block);
}

Result<BlockPtr> Node::build_on_preference(TimestampNs now_ns) {
    trial_.reset();
    AIVM_ASSIGN(const Hash32 secret, opening(vm_->preferred_state()));
    return vm_->build_block(
        {.request = next_request(secret, now_ns), .operations_max = kQueuedMax, .include = {}});
}

Status Node::accept_with_leftovers(const Block& block) {
    trial_.reset();
    store_.hold();
    static_cast<void>(store_.write(leftovers_of(block)));  // buffered
    store_.release();
    const ExecutedPtr parent = vm_->executed(block.parent());
    const ExecutedPtr executed = vm_->executed(block.id());
    AIVM_TRY(failed(vm_->accept(block.id())));
    summary_.add_block(parent->state, *executed);
    return {};
}

Status Node::decide_alone(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    if (!alone()) {
        return fail(ErrorCode::kWrongState,
                    "other validators have a say in the next block of this chain");
    }
    return build_and_accept(now_ns);
}

Result<BlockPtr> Node::build_block(TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    return build_on_preference(now_ns);
}

Status Node::verify(const BlockPtr& block, TimestampNs now_ns) {
    AIVM_TRY(check_writable());
    return vm_->verify(block, now_ns);
}

Status Node::accept(const Hash32& id) {
    AIVM_TRY(check_writable());
    const ExecutedPtr executed = vm_->executed(id);
    if (!executed || id == vm_->last_accepted()) {
        return fail(ErrorCode::kWrongState, "accept of a block that is not processing");
    }
    if (executed->block->parent() != vm_->last_accepted())
        return fail(ErrorCode::kBadParent, "accept out of order");
    return accept_with_leftovers(*executed->block);
}

Status Node::reject(const Hash32& id) {
    trial_.reset();
    return vm_->reject(id);
}

Status Node::set_preference(const Hash32& id) {
    trial_.reset();
    return vm_->set_preference(id);
}

// The node's own part of the write: the block's timestamp, and the removal of operations that no
// longer wait. Called before the block is accepted, so an operation that is still queued in the VM
// waits unless the block contains it.
std::shared_ptr<WriteBatch> Node::leftovers_of(const Block& block) {
    auto batch = std::make_shared<WriteBatch>();
    batch->put(service_keys::timestamp(block.height()),
               Writer().u64(block.header().timestamp_ns).view());
    std::set<Hash32> included;
    for (const OperationPtr& operation : block.operations()) included.insert(operation->id());
    for (auto it = queued_.begin(); it != queued_.end();) {
        const auto& [id, operation] = *it;
        const bool waits = !included.contains(id) && vm_->mempool().contains(*operation);
        if (!waits) {
            batch->erase(service_keys::queued(id));
            authorizer_.forget(id);
        }
        it = waits ? std::next(it) : queued_.erase(it);
    }
    return batch;
}

TimestampNs Node::timestamp_of(Height height) const {
    if (height == 0) return setup_.genesis.timestamp_ns;
    const auto kept = store_.get(service_keys::timestamp(height));
    return kept && *kept ? Reader(**kept).u64() : state().head.timestamp_ns;
}

}  // namespace aivm
