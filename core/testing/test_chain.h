// A chain for tests: named accounts with test signatures, one small model, and a real Vm. Every
// block is built, executed again by verify, accepted, and audited. Every error throws TestFailure,
// so that gtest and fuzzers can use the same class.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/execution/genesis.h"
#include "core/state/store.h"
#include "core/vm/vm.h"

namespace aivm::test {

struct TestFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Signatures without keys: an authorisation is signer || message, which anybody can make.
class TestAuthorizer final : public Authorizer {
public:
    static Bytes sign(const Address& signer, const Hash32& message);
    [[nodiscard]] bool verify(const Address& signer, const Hash32& message,
                              ByteView authorization) const override;
};

// The first 20 bytes of keccak(name).
Address address_of(std::string_view name);
Hash32 salt_of(std::string_view name);
Model small_model(std::string_view id, std::uint32_t steps = 1, std::uint32_t rows = 8);

// Short windows: 5 blocks to challenge, 2 to reveal, cooldown 8, timeouts of 5 blocks, anchors
// every 7, and providers that can be drawn at once.
VmParameters short_parameters();

struct TestOptions {
    VmParameters parameters = short_parameters();
    Amount allocation = lux(10'000);  // of each name below
    std::vector<std::string> names{"alice", "bob", "carol", "p-1", "p-2", "p-3"};
    std::uint32_t validators = 2;
    std::vector<Model> models{small_model("model")};
    std::vector<std::string> providers = {};  // of genesis, for every model; named like owners
    KernelTableSizes tables{16, 16, 16};
    KeyValueStore* store = nullptr;  // null: a store of its own
};

// With a provider "served" in genesis, so that tasks are accepted from the first block on.
TestOptions served(TestOptions options = {});

constexpr TimestampNs kBlockNs = 4'000'000'000;

class TestChain {
public:
    explicit TestChain(TestOptions options = {});

    // The account's next operation, signed.
    OperationPtr by(std::string_view name, OperationBody body);
    OperationPtr by_with_nonce(std::string_view name, std::uint64_t nonce,
                               OperationBody body) const;

    OperationPtr by_with_fee(std::string_view name, std::uint64_t nonce, OperationBody body,
                             Amount inclusion_fee) const;

    // One block of exactly these operations, `interval_ns` after the last.
    void block(const std::vector<OperationPtr>& operations = {},
               std::uint64_t interval_ns = kBlockNs);
    // As block(), but refused operations are left out and returned.
    std::vector<LeftOut> offer(const std::vector<OperationPtr>& operations,
                               std::uint64_t interval_ns = kBlockNs);
    // A block that the Vm builds from its queue; returns its operations.
    std::vector<OperationPtr> block_from_queue(const Vm::BuildOptions& options);
    std::vector<OperationPtr> block_from_queue() { return block_from_queue(build_options()); }
    void advance(std::uint64_t blocks);
    void advance_to(Height height);
    // Throws unless the next block would refuse the operation with this code and without any
    // change.
    void expect_refused(const OperationPtr& operation, ErrorCode code) const;
    // The error with which the next block would refuse the operation; nothing if it would not.
    [[nodiscard]] std::optional<Error> refusal(const OperationPtr& operation) const;
    // The same for each of them, alone.
    std::vector<std::optional<Error>> refusals(const std::vector<OperationPtr>& operations) const;

    // The parts of block(), for tests that act between them.
    [[nodiscard]] Built build(const std::vector<OperationPtr>& operations,
                              std::uint64_t interval_ns = kBlockNs) const;
    [[nodiscard]] BuildRequest request(std::uint64_t interval_ns = kBlockNs) const;
    // By any validator, at any time.
    [[nodiscard]] static BuildRequest request_by(const State& parent, ValidatorIndex proposer,
                                                 TimestampNs timestamp_ns);
    // For the Vm's own build_block: on the preferred block.
    [[nodiscard]] Vm::BuildOptions build_options(std::uint64_t interval_ns = kBlockNs) const;
    // The block with another header, signed again by its proposer.
    [[nodiscard]] BlockPtr resign(const BlockHeader& header,
                                  const std::vector<OperationPtr>& operations) const;
    void restart();  // a new Vm over the same store
    // Changes the accepted state as no operation can, in the store, and opens a new Vm over it.
    void rewrite(const std::function<void(State&)>& change);

    void join(
        std::string_view provider);  // registers it with the minimum bond, in a block of its own
    // Submits the job and advances until it is assigned; returns the provider's id.
    std::string assign(std::string_view job, std::string_view requester = "alice",
                       Amount fee = lux(1));
    void post(std::string_view job,
              Answer answer);  // by the assigned provider, in a block of its own
    [[nodiscard]] std::string assigned_provider(std::string_view job) const;

    [[nodiscard]] Vm& vm() { return *vm_; }
    [[nodiscard]] ExecutedPtr tip() const { return vm_->executed(vm_->last_accepted()); }
    [[nodiscard]] const State& state() const { return vm_->state(); }
    [[nodiscard]] Height height() const { return vm_->last_accepted_height(); }
    [[nodiscard]] const Task& task(std::string_view job) const;
    [[nodiscard]] const Provider& provider(std::string_view id) const;
    [[nodiscard]] Amount balance(std::string_view name) const {
        return state().balance(address_of(name));
    }
    [[nodiscard]] const Totals& totals() const { return state().head.totals; }
    [[nodiscard]] Answer truth(std::string_view job) const;
    [[nodiscard]] Answer lie(std::string_view job) const {
        return static_cast<Answer>(truth(job) + 1);
    }
    [[nodiscard]] const std::vector<VmEvent>& events() const {
        return events_;
    }  // of the last block
    [[nodiscard]] const Rules& rules() const { return ground_->rules; }
    [[nodiscard]] const ExecutedPtr& genesis() const { return genesis_; }
    template <class Event>
    [[nodiscard]] std::vector<Event> last() const {
        std::vector<Event> out;
        for (const VmEvent& event : events_) {
            if (const auto* one = std::get_if<Event>(&event)) out.push_back(*one);
        }
        return out;
    }

private:
    // The validators of genesis propose in turn; one that has left the set is passed over.
    [[nodiscard]] static ValidatorIndex proposer_after(const State& state);
    [[nodiscard]] BuildRequest request_on(const State& parent, std::uint64_t interval_ns) const;
    void audit() const;

    // The objects that the Vm points to; on the heap, so that a TestChain can be moved.
    struct Ground {
        CpuKernels kernels;
        TestAuthorizer authorizer;
        DirectExecutor executor;
        MemoryStore own_store;
        Rules rules;
    };
    std::unique_ptr<Ground> ground_ = std::make_unique<Ground>();
    ExecutedPtr genesis_;
    KeyValueStore* store_;
    std::optional<Vm> vm_;
    std::vector<VmEvent> events_;
    std::map<std::string, std::uint64_t, std::less<>> nonces_;
};

// Bodies of the common operations.
op::RegisterProvider registration(std::string_view id, Amount bond,
                                  std::string_view model = "model");
op::SubmitTask submission(std::string_view job, Amount fee = lux(1), std::uint32_t row = 0,
                          std::string_view model = "model");
op::SubmitResult result(std::string_view job, std::string_view provider, Answer answer);
// The challenger's salt is salt_of(its name).
op::Challenge hidden_challenge(std::string_view job, std::string_view challenger, Answer claim);
op::ChallengeReveal opening(std::string_view job, std::string_view challenger, Answer claim);
op::ClaimRewards claim(std::string_view provider);
op::DeregisterProvider leave(std::string_view provider);
op::WithdrawBond withdrawal(std::string_view provider);

}  // namespace aivm::test
