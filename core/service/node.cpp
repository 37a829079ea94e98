#include "core/service/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/digest.h"
#include "core/service/keys.h"
#include "core/state/limits.h"
#include "core/vm/apply_block.h"

namespace aivm {
namespace {

constexpr ValidatorIndex kSelf{0};
constexpr Amount kStake = lux(1);

}  // namespace

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
    rules_.kernels = &kernels_;
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
    setup_.genesis.validators = {{key_.address(), kStake, keccak256(beacon_secret(1).view())}};
    AIVM_ASSIGN(genesis_, make_genesis(setup_.genesis, rules_));
    AIVM_ASSIGN(Vm vm, Vm::open({genesis_, &rules_, &executor_, &store_}));
    vm_.emplace(std::move(vm));
    return {};
}

// What the store has queued was taken in by this node and nobody else, so it is vouched for again as it is.
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
    // The order of the keys says nothing; by nonce each account's operations are in the order they were sent.
    std::stable_sort(operations.begin(), operations.end(),
                     [](const auto& a, const auto& b) { return a->nonce() < b->nonce(); });
    for (const OperationPtr& operation : operations) {
        authorizer_.vouch(operation->id(), operation->authorization());
        queued_.emplace(operation->id(), operation);
        static_cast<void>(vm_->submit(operation));  // what is refused goes with the next block
    }
    return {};
}

Hash32 Node::beacon_secret(Height height) const {
    return keccak256(Writer().string("aivm-node-beacon").fixed(setup_.seed).u64(height).view());
}

Transition& Node::trial(TimestampNs now_ns) {
    if (trial_) return *trial_;
    const State& parent = vm_->state();
    const Height height = parent.head.height + 1;
    trial_.emplace(parent,
                   BlockContext{.height = height,
                                .timestamp_ns = std::max(now_ns, parent.head.timestamp_ns),
                                .proposer = kSelf,
                                .beacon = next_beacon(parent.head.beacon, beacon_secret(height)),
                                .beacon_commitment = keccak256(beacon_secret(height + 1).view())},
                   rules_);
    start_block(*trial_);
    for (const OperationPtr& operation : vm_->mempool().candidates(kQueuedMax, {})) {
        static_cast<void>(apply_operation(*trial_, *operation));
    }
    return *trial_;
}

const State& Node::pending_state(TimestampNs now_ns) { return trial(now_ns).state(); }

Status Node::submit(const OperationPtr& operation, TimestampNs now_ns, const WriteBatch* note) {
    if (failed_) return fail(ErrorCode::kStorage, "an earlier write failed; the node must be started again");
    if (queued_.size() >= kQueuedMax) return fail(ErrorCode::kQueueFull, "operations wait for the next block");
    authorizer_.vouch(operation->id(), operation->authorization());
    if (Status status = apply_operation(trial(now_ns), *operation); !status) {
        if (!queued_.contains(operation->id())) authorizer_.forget(operation->id());
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
    return vm_->submit(operation);
}

Status Node::use_nonce(const Address& account, std::uint64_t nonce) {
    if (failed_) return fail(ErrorCode::kStorage, "an earlier write failed; the node must be started again");
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

Status Node::failed(Status status) {
    if (!status) failed_ = true;
    return status;
}

Status Node::advance(TimestampNs now_ns) {
    if (failed_) return fail(ErrorCode::kStorage, "an earlier write failed; the node must be started again");
    if (!vm_->wants_block()) {
        trial_.reset();  // nothing is queued, and its time would grow old
        return {};
    }
    const auto due = checked_add(state().head.timestamp_ns, setup_.block_interval_ns);
    if (!due || now_ns < *due) return {};
    return build(now_ns);
}

Status Node::flush(TimestampNs now_ns) {
    if (failed_ || vm_->mempool().size() == 0) return {};
    return build(now_ns);
}

Status Node::build(TimestampNs now_ns) {
    trial_.reset();
    const Height height = state().head.height + 1;
    store_.hold();
    const auto block = vm_->build_block({.proposer = kSelf,
                                         .timestamp_ns = now_ns,
                                         .operations_max = kQueuedMax,
                                         .beacon_secret = beacon_secret(height),
                                         .beacon_commitment = keccak256(beacon_secret(height + 1).view()),
                                         .sign = [this](const Hash32& message) { return key_.sign(message); },
                                         .include = {}});
    if (!block) {
        store_.drop();
        return failed(tl::unexpected<Error>(block.error()));
    }
    static_cast<void>(store_.write(leftovers_of(**block)));  // held back
    store_.release();
    return failed(vm_->accept((*block)->id()));
}

// The node's own part of the write: the block's time, and the end of whatever waits no longer.
std::shared_ptr<WriteBatch> Node::leftovers_of(const Block& block) {
    auto batch = std::make_shared<WriteBatch>();
    batch->put(service_keys::timestamp(block.height()), Writer().u64(block.header().timestamp_ns).view());
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
