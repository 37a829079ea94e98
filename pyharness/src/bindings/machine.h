// A VM with all that it needs around it, to be played by hand: accounts by name with their keys,
// validators with their beacon secrets, a store, and a clock that moves on request. One thread at a
// time, as the VM itself.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/execution/authorizer.h"
#include "core/execution/genesis.h"
#include "core/service/chain_summary.h"
#include "core/vm/vm.h"
#include "scenarios/run/backend.h"
#include "sim/actors/signing.h"

namespace aivm::python {

struct MachineSetup {
    VmParameters parameters;
    Genesis genesis;              // without validators
    std::vector<Amount> stakes;   // one validator each, "validator-0" and on
    Address vendor_root;          // signs attestation evidence; all zero: none verifies
    bool ed25519 = false;         // else ideal signatures
    std::string backend = "cpu";  // see backend.h
    std::string path;             // of a file store; empty: in memory
    std::uint64_t seed = 1;       // of ideal signatures and beacon secrets
    std::uint64_t interval_ns = 4'000'000'000;
};

// The key of a name, unless another seed is given for it: Ed25519 over keccak("aivmsim-account" ||
// name).
Ed25519Seed seed_of(std::string_view name);

class Machine {
public:
    // Throws VmFault for a genesis or configuration that is refused, and for a store that cannot be
    // read.
    explicit Machine(MachineSetup setup);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;

    [[nodiscard]] Vm& vm() { return *vm_; }
    [[nodiscard]] const VmParameters& parameters() const { return rules_.parameters; }
    [[nodiscard]] std::uint64_t chain_id() const { return rules_.chain_id; }
    [[nodiscard]] const Hash32& genesis_id() const { return genesis_->id; }
    [[nodiscard]] Kernels& kernels() { return backend_->kernels(); }
    [[nodiscard]] std::string backend() const { return backend_->name(); }
    [[nodiscard]] const Rules& rules() const { return rules_; }
    // Of the accepted chain; its epoch rewards are not kept.
    [[nodiscard]] const ChainSummary& summary() const { return summary_; }

    [[nodiscard]] const Address& address(const std::string& name) { return key(name).address(); }
    // Takes this seed for the name's key from now on.
    const Address& set_key(const std::string& name, const Ed25519Seed& seed);
    [[nodiscard]] Bytes sign(const std::string& name, const Hash32& message);

    // The account's next operation, or one with another nonce or authorisation.
    struct Signing {
        std::optional<std::uint64_t> nonce;
        std::optional<Bytes> authorization;
        Amount inclusion_fee;
    };
    OperationPtr sign_operation(const std::string& sender, OperationBody body, const Signing& how);

    // Where and when a block is built.
    struct BlockPlace {
        std::optional<Hash32> parent;  // the preferred block
        std::optional<TimestampNs> timestamp_ns;
        std::optional<ValidatorIndex> proposer;  // whose turn it is
    };
    // The node's own block, from its queue, on the preferred block.
    BlockPtr build(const BlockPlace& place);
    // Somebody's block of exactly these operations, which the VM has yet to verify. The first one
    // refused is thrown.
    BlockPtr propose(const std::vector<OperationPtr>& operations, const BlockPlace& place);
    void accept(const Hash32& id);
    void restart();  // a new VM over the same store: what was queued or only verified is lost

    // The state after a verified or the last accepted block. Throws VmFault not_found for others.
    [[nodiscard]] ExecutedPtr executed(const Hash32& id) const;
    // What a block did; for every block verified or accepted since this machine was made.
    [[nodiscard]] const std::vector<VmEvent>& events(const Hash32& id) const;

    TimestampNs now_ns = 0;
    std::uint64_t interval_ns = 0;

private:
    [[nodiscard]] const Ed25519Key& key(const std::string& name);
    [[nodiscard]] Hash32 secret(std::uint32_t validator, std::uint64_t number) const;
    [[nodiscard]] BuildRequest request_on(const ExecutedPtr& parent, const BlockPlace& place);
    [[nodiscard]] ValidatorIndex next_proposer(const State& state);
    void add_validators(Genesis& genesis, const std::vector<Amount>& stakes);

    std::map<std::string, Ed25519Key> keys_;
    std::map<std::string, std::uint64_t> nonces_;    // the last one signed
    std::map<Hash32, std::uint64_t> commitments_;    // to which of its validator's secrets
    std::map<Hash32, std::vector<VmEvent>> events_;  // of accepted blocks
    std::uint64_t seed_;
    sim::IdealAuthorizer ideal_;
    Ed25519Authorizer real_;
    bool ed25519_;
    std::unique_ptr<scenarios::Backend> backend_;
    DirectExecutor executor_;
    std::unique_ptr<KeyValueStore> store_;
    Rules rules_;
    ExecutedPtr genesis_;
    std::optional<Vm> vm_;
    ChainSummary summary_;
};

}  // namespace aivm::python
