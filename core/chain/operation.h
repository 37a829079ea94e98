// Operations: the payload of a block. (The fields of every kind: FORMAT.md.)
//
//   operation        := sender:20 nonce:u64 inclusion_fee:u64 kind:u8 fields
//                       (the fields of its struct, in order)
//   signed operation := bytes(operation) bytes(authorisation)
//   operation id     := sha256(operation), which the authorisation signs
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/describe.h"
#include "core/base/value_ptr.h"
#include "core/config/config.h"
#include "core/config/limits.h"
#include "core/kernels/abi.h"
#include "core/state/lane.h"
#include "core/state/model.h"
#include "core/state/task.h"

namespace aivm {

namespace op {

struct RegisterProvider {
    std::string provider_id;
    Address wallet;
    std::string endpoint;
    std::vector<std::string> models;
    Amount bond;
    Bytes evidence;  // attestation evidence, empty for none

    static constexpr auto fields() {
        return std::tuple{
            field<&RegisterProvider::provider_id, kProviderIdBytesMax>(),
            field<&RegisterProvider::wallet>(),
            field<&RegisterProvider::endpoint, kEndpointBytesMax>(),
            field<&RegisterProvider::models, kModelsPerProviderMax, kModelIdBytesMax>(),
            field<&RegisterProvider::bond>(),
            field<&RegisterProvider::evidence, kEvidenceBytesMax>()};
    }
};
struct DeregisterProvider {
    std::string provider_id;

    static constexpr auto fields() {
        return std::tuple{field<&DeregisterProvider::provider_id, kProviderIdBytesMax>()};
    }
};
struct WithdrawBond {
    std::string provider_id;

    static constexpr auto fields() {
        return std::tuple{field<&WithdrawBond::provider_id, kProviderIdBytesMax>()};
    }
};
struct RegisterModel {
    ValuePtr<Model> model;  // its owner is the sender
    Hash32 license_root;

    static constexpr auto fields() {
        return std::tuple{field<&RegisterModel::model>(), field<&RegisterModel::license_root>()};
    }
};
struct SubmitTask {
    std::string job_id;
    TaskType type = TaskType::kInference;
    VerificationMode mode = VerificationMode::kOptimistic;
    std::string model_id;
    std::uint32_t input_row = 0;
    Amount fee;

    static constexpr auto fields() {
        return std::tuple{field<&SubmitTask::job_id, kJobIdBytesMax>(),
                          field<&SubmitTask::type>(),
                          field<&SubmitTask::mode>(),
                          field<&SubmitTask::model_id, kModelIdBytesMax>(),
                          field<&SubmitTask::input_row>(),
                          field<&SubmitTask::fee>()};
    }
};
struct Commit {
    std::string job_id;
    std::string provider_id;
    Hash32 commitment;

    static constexpr auto fields() {
        return std::tuple{field<&Commit::job_id, kJobIdBytesMax>(),
                          field<&Commit::provider_id, kProviderIdBytesMax>(),
                          field<&Commit::commitment>()};
    }
};
struct Reveal {
    std::string job_id;
    std::string provider_id;
    Answer answer = 0;
    Hash32 embedding_digest;
    Hash32 nonce;

    static constexpr auto fields() {
        return std::tuple{field<&Reveal::job_id, kJobIdBytesMax>(),
                          field<&Reveal::provider_id, kProviderIdBytesMax>(),
                          field<&Reveal::answer>(), field<&Reveal::embedding_digest>(),
                          field<&Reveal::nonce>()};
    }
};
struct SubmitResult {
    std::string job_id;
    std::string provider_id;
    Answer answer = 0;
    Hash32 trace_root;  // zero if the model has one step
    std::uint32_t compute_time_ms = 0;

    static constexpr auto fields() {
        return std::tuple{field<&SubmitResult::job_id, kJobIdBytesMax>(),
                          field<&SubmitResult::provider_id, kProviderIdBytesMax>(),
                          field<&SubmitResult::answer>(), field<&SubmitResult::trace_root>(),
                          field<&SubmitResult::compute_time_ms>()};
    }
};
struct Challenge {
    std::string job_id;
    Hash32 commitment;            // keccak(claimed output || salt || challenger)
    std::optional<Answer> claim;  // only under the policy challenge_in_clear

    static constexpr auto fields() {
        return std::tuple{field<&Challenge::job_id, kJobIdBytesMax>(),
                          field<&Challenge::commitment>(), field<&Challenge::claim>()};
    }
};
struct ChallengeReveal {
    std::string job_id;
    Answer claim = 0;
    Hash32 salt;

    static constexpr auto fields() {
        return std::tuple{field<&ChallengeReveal::job_id, kJobIdBytesMax>(),
                          field<&ChallengeReveal::claim>(), field<&ChallengeReveal::salt>()};
    }
};
// One move of a bisection: the provider opens a step of its trace, or the challenger judges the
// step opened last.
struct DisputeMove {
    std::string job_id;
    Address challenger;
    // True: the provider's opening. False: the challenger's verdict.
    bool opens = false;
    FixedBytes<32> input;
    Answer output = 0;
    std::vector<Hash32> proof;
    bool agrees = false;  // the verdict: the challenger computed the same step

    // By hand, because only the fields of an opening or of a verdict are encoded.
    void encode(Writer& out) const;
    [[nodiscard]] std::size_t encoded_size() const;
    static DisputeMove decode(Reader& in);

    static constexpr auto fields() {
        return std::tuple{field<&DisputeMove::job_id, kJobIdBytesMax>(),
                          field<&DisputeMove::challenger>(),
                          field<&DisputeMove::opens>(),
                          field<&DisputeMove::input>(),
                          field<&DisputeMove::output>(),
                          field<&DisputeMove::proof, kProofNodesMax>(),
                          field<&DisputeMove::agrees>()};
    }
};
struct ClaimRewards {
    std::string provider_id;

    static constexpr auto fields() {
        return std::tuple{field<&ClaimRewards::provider_id, kProviderIdBytesMax>()};
    }
};
struct Attest {
    std::string provider_id;
    ValuePtr<abi::AttestationOp> attestation;
    Bytes evidence;

    static constexpr auto fields() {
        return std::tuple{field<&Attest::provider_id, kProviderIdBytesMax>(),
                          field<&Attest::attestation, kAsInMemory>(),
                          field<&Attest::evidence, kEvidenceBytesMax>()};
    }
};
struct ModelUpdate {
    ValuePtr<abi::ModelOp> update;
    // With an update of weights: the new abi::InferenceWeights as they lie in memory. Else empty.
    Bytes weights;

    static constexpr auto fields() {
        return std::tuple{field<&ModelUpdate::update, kAsInMemory>(),
                          field<&ModelUpdate::weights, sizeof(abi::InferenceWeights)>()};
    }
};
// Two different items signed by one validator for one slot (ProposalSlot): a parent and its
// successor's height for blocks, a sequence and no parent for vertices. The authorisation of a
// vertex follows the eight bytes of its header's `cut`, which it signs too.
struct Evidence {
    std::uint32_t validator = 0;
    std::uint64_t slot = 0;
    ValuePtr<Hash32> parent;
    Hash32 first_id;
    Bytes first_authorization;
    Hash32 second_id;
    Bytes second_authorization;

    static constexpr auto fields() {
        return std::tuple{field<&Evidence::validator>(),
                          field<&Evidence::slot>(),
                          field<&Evidence::parent>(),
                          field<&Evidence::first_id>(),
                          field<&Evidence::first_authorization, kAuthorizationBytesMax>(),
                          field<&Evidence::second_id>(),
                          field<&Evidence::second_authorization, kAuthorizationBytesMax>()};
    }
};
struct AddBond {
    std::string provider_id;
    Amount amount;

    static constexpr auto fields() {
        return std::tuple{field<&AddBond::provider_id, kProviderIdBytesMax>(),
                          field<&AddBond::amount>()};
    }
};
struct RetireModel {
    std::string model_id;

    static constexpr auto fields() {
        return std::tuple{field<&RetireModel::model_id, kModelIdBytesMax>()};
    }
};
// The sender becomes a validator with this stake, or adds to its own.
struct JoinValidators {
    Amount stake;
    Hash32 beacon_commitment;  // keccak of the secret that its first block reveals

    static constexpr auto fields() {
        return std::tuple{field<&JoinValidators::stake>(),
                          field<&JoinValidators::beacon_commitment>()};
    }
};
// The sender leaves the set of validators, or takes its stake back after the cooldown.
struct WithdrawStake {
    static constexpr auto fields() { return std::tuple{}; }
};

}  // namespace op

using OperationBody =
    std::variant<op::RegisterProvider, op::DeregisterProvider, op::WithdrawBond, op::RegisterModel,
                 op::SubmitTask, op::Commit, op::Reveal, op::SubmitResult, op::Challenge,
                 op::ChallengeReveal, op::DisputeMove, op::ClaimRewards, op::Attest,
                 op::ModelUpdate, op::Evidence, op::AddBond, op::RetireModel, op::JoinValidators,
                 op::WithdrawStake>;

static_assert(sizeof(OperationBody) <= 160,
              "every operation is as large as the largest: box what is large and rare");

// The operation's name as the protocol writes it, such as "SubmitTask".
std::string_view operation_name(const OperationBody& body);

// The job that an operation concerns, its conflict key in the DAG; empty if it concerns none.
std::string_view job_of(const OperationBody& body);

// The id of a task on a DAG: keccak(requester || the client's id) in hex, so that nobody can take
// another's id. Submissions carry the client's id; everything that follows on the job carries this
// one.
std::string bound_job_id(const Address& requester, std::string_view client_id);

// The id under which a task of this submission is stored.
std::string stored_job_id(const VmParameters& parameters, const Address& requester,
                          const op::SubmitTask& submission);

// The lane of this kind of operation.
Lane lane_of(const OperationBody& body);

struct Operation {
    Address sender;
    std::uint64_t nonce = 0;  // above every one that the sender has used in the operation's lane
    OperationBody body;
    // Paid to the proposer that includes the operation.
    Amount inclusion_fee = {};

    [[nodiscard]] Bytes encode() const;
    static Result<Operation> decode(ByteView bytes);
};

// An operation with its authorisation. Immutable, and shared between queues, blocks and messages.
class SignedOperation {
    struct Unsealed {
        explicit Unsealed() = default;
    };

public:
    SignedOperation(Operation operation, Bytes authorization);
    SignedOperation(Unsealed, Operation&& operation);  // by unsealed() only
    // For chains whose blocks are never encoded: no encoding, no authorisation, and a zero id.
    static std::shared_ptr<const SignedOperation> unsealed(Operation operation);

    [[nodiscard]] const Operation& operation() const { return operation_; }
    [[nodiscard]] const OperationBody& body() const { return operation_.body; }
    [[nodiscard]] const Address& sender() const { return operation_.sender; }
    [[nodiscard]] std::uint64_t nonce() const { return operation_.nonce; }
    [[nodiscard]] Lane lane() const { return lane_; }
    [[nodiscard]] Amount inclusion_fee() const { return operation_.inclusion_fee; }
    [[nodiscard]] const Bytes& authorization() const { return authorization_; }
    [[nodiscard]] const Hash32& id() const { return id_; }
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }  // of the operation alone

    // Encoded. An unsealed operation has the size that it would have with an authorisation of
    // kUnsealedAuthorizationBytes.
    [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }
    void encode(Writer& out) const { out.bytes(bytes_).bytes(authorization_); }
    static Result<std::shared_ptr<const SignedOperation>> decode(Reader& in);

private:
    Operation operation_;
    Lane lane_ = Lane::kRest;
    std::size_t size_bytes_ = 0;
    Bytes bytes_;
    Bytes authorization_;
    Hash32 id_;
};
using OperationPtr = std::shared_ptr<const SignedOperation>;

}  // namespace aivm
