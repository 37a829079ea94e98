#include "pyharness/src/bindings/machine.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/digest.h"
#include "core/execution/block_run.h"
#include "pyharness/src/bindings/backend.h"
#include "pyharness/src/bindings/convert.h"
#include "sim/storage/file_store.h"

namespace aivm::python {
namespace {

std::string validator_name(std::uint32_t index) { return fmt::format("validator-{}", index); }

std::unique_ptr<KeyValueStore> make_store(const std::string& path) {
    if (path.empty()) return std::make_unique<MemoryStore>();
    return must(sim::FileStore::open(path));
}

}  // namespace

Ed25519Seed seed_of(std::string_view name) {
    return keccak256(Writer().string("aivmsim-account").string(std::string(name)).view());
}

Machine::Machine(MachineSetup setup)
    : interval_ns(setup.interval_ns),
      seed_(setup.seed),
      ideal_(setup.seed),
      ed25519_(setup.ed25519),
      backend_(open_backend(setup.backend)),
      store_(make_store(setup.path)) {
    rules_.parameters = setup.parameters;
    rules_.chain_id = setup.genesis.chain_id;
    rules_.kernels = &backend_->kernels();
    rules_.authorizer = ed25519_ ? static_cast<const Authorizer*>(&real_) : &ideal_;
    rules_.vendor_root = setup.vendor_root;
    add_validators(setup.genesis, setup.stakes);
    genesis_ = must(make_genesis(setup.genesis, rules_));
    restart();
    now_ns = vm_->state().head.timestamp_ns;
}

void Machine::add_validators(Genesis& genesis, const std::vector<Amount>& stakes) {
    for (std::uint32_t i = 0; i < stakes.size(); ++i) {
        const Hash32 commitment = keccak256(secret(i, 0).view());
        commitments_[commitment] = 0;
        genesis.validators.push_back({address(validator_name(i)), stakes[i], commitment});
    }
}

void Machine::restart() {
    vm_.reset();
    vm_.emplace(must(Vm::open({genesis_, &rules_, &executor_, store_.get()})));
    summary_ = ChainSummary(vm_->state(), [](Height) { return TimestampNs{0}; });
}

const Ed25519Key& Machine::key(const std::string& name) {
    const auto found = keys_.find(name);
    return found != keys_.end() ? found->second
                                : keys_.emplace(name, Ed25519Key(seed_of(name))).first->second;
}

const Address& Machine::set_key(const std::string& name, const Ed25519Seed& seed) {
    nonces_.erase(name);
    return keys_.insert_or_assign(name, Ed25519Key(seed)).first->second.address();
}

Bytes Machine::sign(const std::string& name, const Hash32& message) {
    return ed25519_ ? key(name).sign(message) : sim::Signer(ideal_, address(name)).sign(message);
}

OperationPtr Machine::sign_operation(const std::string& sender, OperationBody body,
                                     const Signing& how) {
    Operation operation{address(sender), 0, std::move(body), how.inclusion_fee};
    std::uint64_t& last = nonces_[sender];
    operation.nonce =
        how.nonce.value_or(std::max(last, vm_->preferred_state().nonce(operation.sender)) + 1);
    last = std::max(last, operation.nonce);
    if (how.authorization)
        return std::make_shared<const SignedOperation>(std::move(operation), *how.authorization);
    const Hash32 id = SignedOperation(operation, {}).id();
    return std::make_shared<const SignedOperation>(std::move(operation), sign(sender, id));
}

Hash32 Machine::secret(std::uint32_t validator, std::uint64_t number) const {
    return keccak256(
        Writer().string("aivmsim-beacon").u64(seed_).u32(validator).u64(number).view());
}

// The validators that the machine began with propose in turn, those that are in the set.
ValidatorIndex Machine::next_proposer(const State& state) {
    std::vector<std::uint32_t> own;
    for (std::uint32_t i = 0; i < state.validators.size(); ++i) {
        const Validator& validator = state.validators[i];
        if (validator.active && validator.address == address(validator_name(i))) own.push_back(i);
    }
    if (own.empty())
        throw VmFault({ErrorCode::kNotFound, "no validator of this machine is in the set"});
    return ValidatorIndex{own[state.head.height % own.size()]};
}

BuildRequest Machine::request_on(const ExecutedPtr& parent, const BlockPlace& place) {
    const State& state = parent->state;
    if (state.validators.empty())
        throw VmFault({ErrorCode::kNotFound, "a chain without validators has no blocks"});
    BuildRequest request;
    request.proposer = place.proposer.value_or(next_proposer(state));
    if (request.proposer.value >= state.validators.size()) {
        throw VmFault({ErrorCode::kNotFound, fmt::format("validator {}", request.proposer.value)});
    }
    request.timestamp_ns =
        place.timestamp_ns.value_or(std::max(now_ns, state.head.timestamp_ns + interval_ns));
    const Hash32& open = state.validators[request.proposer.value].beacon_commitment;
    auto known = commitments_.find(open);
    // After a restart from a file the commitments of earlier blocks are found again by trying one
    // after the other.
    for (std::uint64_t number = 0; known == commitments_.end() && number <= state.head.height;
         ++number) {
        if (keccak256(secret(request.proposer.value, number).view()) == open) {
            known = commitments_.emplace(open, number).first;
        }
    }
    if (known == commitments_.end())
        throw VmFault({ErrorCode::kConfig, "the chain was begun with another seed"});
    request.beacon_secret = secret(request.proposer.value, known->second);
    request.beacon_commitment = keccak256(secret(request.proposer.value, known->second + 1).view());
    commitments_[request.beacon_commitment] = known->second + 1;
    request.sign = [this, name = validator_name(request.proposer.value)](const Hash32& message) {
        return sign(name, message);
    };
    return request;
}

BlockPtr Machine::build(const BlockPlace& place) {
    Vm::BuildOptions options;
    options.request = request_on(executed(vm_->preferred()), place);
    return must(vm_->build_block(options));
}

BlockPtr Machine::propose(const std::vector<OperationPtr>& operations, const BlockPlace& place) {
    const ExecutedPtr parent = executed(place.parent.value_or(vm_->preferred()));
    const BuildRequest request = request_on(parent, place);
    BlockRun trial(parent->state, context_of(parent->state, next_header(*parent, request)), rules_);
    for (const OperationPtr& operation : operations) must(trial.apply(*operation));
    Built built = must(build_on(*parent, request, operations, rules_));
    if (!built.left_out.empty())
        throw VmFault({built.left_out.front().reason, "of the block as a whole"});
    return built.executed->block;
}

void Machine::accept(const Hash32& id) {
    const ExecutedPtr executed = vm_->executed(id);
    const ExecutedPtr parent = vm_->executed(vm_->last_accepted());
    must(vm_->accept(id));
    if (parent != nullptr && executed != parent) summary_.add_block(parent->state, *executed);
    events_[id] = executed->events;
    now_ns = std::max(now_ns, executed->state.head.timestamp_ns);
}

ExecutedPtr Machine::executed(const Hash32& id) const {
    ExecutedPtr found = vm_->executed(id);
    if (!found) {
        throw VmFault({ErrorCode::kNotFound,
                       fmt::format("block {} is neither verified nor the last accepted one",
                                   to_hex(id.view()))});
    }
    return found;
}

const std::vector<VmEvent>& Machine::events(const Hash32& id) const {
    if (const auto kept = events_.find(id); kept != events_.end()) return kept->second;
    if (const ExecutedPtr found = vm_->executed(id)) return found->events;
    throw VmFault({ErrorCode::kNotFound, fmt::format("block {}", to_hex(id.view()))});
}

}  // namespace aivm::python
