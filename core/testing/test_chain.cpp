#include "core/testing/test_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/audit/audit.h"
#include "core/base/digest.h"
#include "core/execution/block_run.h"
#include "core/state/load.h"
#include "core/verification/dispute.h"
#include "core/verification/reexecution.h"

namespace aivm::test {
namespace {

// A validator's n-th secret, derived so that a restart needs no record of it. The number behind the
// commitment in force is found by search.
Hash32 secret_for(std::uint32_t validator, std::uint64_t number) {
    return keccak256(Writer().u32(validator).u64(number).view());
}

Hash32 open_commitment(std::uint32_t validator, const Hash32& commitment, std::uint64_t& number) {
    for (number = 0; number < 100'000; ++number) {
        const Hash32 secret = secret_for(validator, number);
        if (keccak256(secret.view()) == commitment) return secret;
    }
    throw TestFailure("no secret opens the commitment");
}

std::string validator_name(std::uint32_t index) { return fmt::format("v-{}", index); }

}  // namespace

Bytes TestAuthorizer::sign(const Address& signer, const Hash32& message) {
    return Writer().fixed(signer).fixed(message).take();
}

bool TestAuthorizer::verify(const Address& signer, const Hash32& message,
                            ByteView authorization) const {
    const Bytes expected = sign(signer, message);
    return std::equal(expected.begin(), expected.end(), authorization.begin(), authorization.end());
}

Address address_of(std::string_view name) {
    const Hash32 digest = keccak256(as_bytes(name));
    Address out;
    std::memcpy(out.data(), digest.data(), out.size());
    return out;
}

Hash32 salt_of(std::string_view name) {
    return keccak256(Writer().string("salt").string(name).view());
}

Model small_model(std::string_view id, std::uint32_t steps, std::uint32_t rows) {
    Model model;
    model.id = id;
    model.steps = steps;
    Hash32 noise = keccak256(as_bytes(id));
    const auto next = [&] {
        noise = keccak256(noise.view());
        return noise.bytes[0];
    };
    for (auto& w : model.weights.w1) w = static_cast<std::decay_t<decltype(w)>>(next());
    for (auto& w : model.weights.w2) w = static_cast<std::decay_t<decltype(w)>>(next());
    model.weights.shift1 = 8;
    model.weights.shift2 = 8;
    const Hash32 digest = weights_digest(model.weights);
    std::memcpy(model.weights.model_hash, digest.data(), digest.size());
    for (std::size_t i = 0; i < rows * kInputBytes; ++i) model.rows.push_back(next());
    return model;
}

VmParameters short_parameters() {
    VmParameters p;
    p.config.challenge_window_blocks = 5;
    // A provider with 1000 LUX is still drawn after a few slashes.
    p.config.min_provider_bond = lux(500);
    p.policy.result_bond = lux(100);
    p.config.task_timeout_ns = 5 * kBlockNs;
    p.config.epoch_duration_ns = 12 * kBlockNs;
    p.config.merkle_anchor_freq = 7;
    p.policy.challenge_reveal_blocks = 2;
    p.policy.unbond_cooldown_blocks = 8;
    p.policy.dispute_move_blocks = 3;
    p.policy.evidence_ttl_blocks = p.policy.stake_cooldown_blocks = 12;
    p.policy.activation_delay_blocks = 0;
    return p;
}

TestOptions served(TestOptions options) {
    options.providers.emplace_back("served");
    return options;
}

TestChain::TestChain(TestOptions options)
    : store_(options.store ? options.store : &ground_->own_store) {
    ground_->rules.parameters = options.parameters;
    ground_->rules.kernels = &ground_->kernels;
    ground_->rules.authorizer = &ground_->authorizer;
    ground_->rules.vendor_root = address_of("vendor");
    Genesis genesis;
    genesis.message = "test";
    genesis.timestamp_ns = 1'000'000 * kBlockNs;
    for (const std::string& name : options.names)
        genesis.allocations.push_back({address_of(name), options.allocation});
    for (std::uint32_t i = 0; i < options.validators; ++i) {
        genesis.validators.push_back(
            {address_of(validator_name(i)), lux(5000), keccak256(secret_for(i, 0).view())});
    }
    genesis.models = options.models;
    for (const std::string& name : options.providers) {
        GenesisProvider provider{name, address_of(name), {}, lux(1000)};
        for (const Model& model : options.models) provider.models.push_back(model.id);
        genesis.providers.push_back(std::move(provider));
    }
    genesis.table_sizes = options.tables;
    auto made = make_genesis(genesis, rules());
    if (!made) throw TestFailure(made.error().text());
    genesis_ = *made;
    restart();
}

void TestChain::restart() {
    vm_.reset();
    auto opened = Vm::open({genesis_, &ground_->rules, &ground_->executor, store_});
    if (!opened) throw TestFailure(opened.error().text());
    vm_.emplace(std::move(*opened));
}

void TestChain::rewrite(const std::function<void(State&)>& change) {
    State changed = state();
    change(changed);
    const auto written = store_->write(std::make_shared<const WriteBatch>(dump_state(changed)));
    if (!written) throw TestFailure(written.error().text());
    restart();
}

OperationPtr TestChain::by_with_nonce(std::string_view name, std::uint64_t nonce,
                                      OperationBody body) const {
    return by_with_fee(name, nonce, std::move(body), Amount());
}

OperationPtr TestChain::by_with_fee(std::string_view name, std::uint64_t nonce, OperationBody body,
                                    Amount inclusion_fee) const {
    Operation operation{address_of(name), nonce, std::move(body), inclusion_fee};
    const Hash32 id = SignedOperation(operation, {}).id();
    return std::make_shared<const SignedOperation>(operation,
                                                   TestAuthorizer::sign(operation.sender, id));
}

OperationPtr TestChain::by(std::string_view name, OperationBody body) {
    std::uint64_t& nonce = nonces_[std::string(name)];
    nonce = std::max(nonce, state().nonce(address_of(name))) + 1;
    return by_with_nonce(name, nonce, std::move(body));
}

ValidatorIndex TestChain::proposer_after(const State& state) {
    std::uint32_t of_genesis = 0;
    while (of_genesis < state.validators.size() &&
           state.validators[of_genesis].address == address_of(validator_name(of_genesis)))
        ++of_genesis;
    std::uint64_t turn = state.head.height;
    for (std::uint32_t i = 0; i < of_genesis && !state.validators[turn % of_genesis].active; ++i)
        ++turn;
    return ValidatorIndex{static_cast<std::uint32_t>(turn % of_genesis)};
}

BuildRequest TestChain::request(std::uint64_t interval_ns) const {
    return request_on(state(), interval_ns);
}

BuildRequest TestChain::request_on(const State& parent, std::uint64_t interval_ns) const {
    return request_by(parent, proposer_after(parent), parent.head.timestamp_ns + interval_ns);
}

BuildRequest TestChain::request_by(const State& parent, ValidatorIndex proposer,
                                   TimestampNs timestamp_ns) {
    const Validator& validator = parent.validators[proposer.value];
    std::uint64_t number = 0;
    BuildRequest out;
    out.proposer = proposer;
    out.timestamp_ns = timestamp_ns;
    out.beacon_secret = open_commitment(proposer.value, validator.beacon_commitment, number);
    out.beacon_commitment = keccak256(secret_for(proposer.value, number + 1).view());
    out.sign = [address = validator.address](const Hash32& message) {
        return TestAuthorizer::sign(address, message);
    };
    return out;
}

Vm::BuildOptions TestChain::build_options(std::uint64_t interval_ns) const {
    Vm::BuildOptions out;
    out.request = request_on(vm_->preferred_state(), interval_ns);
    return out;
}

Built TestChain::build(const std::vector<OperationPtr>& operations,
                       std::uint64_t interval_ns) const {
    auto built = build_on(*tip(), request(interval_ns), operations, rules());
    if (!built) throw TestFailure(built.error().text());
    return std::move(*built);
}

BlockPtr TestChain::resign(const BlockHeader& header,
                           const std::vector<OperationPtr>& operations) const {
    const Block bare(header, operations, {});
    const Address signer = state().validators[header.proposer.value].address;
    return std::make_shared<const Block>(
        bare.with_authorization(TestAuthorizer::sign(signer, bare.slot_message(rules().chain_id))));
}

void TestChain::block(const std::vector<OperationPtr>& operations, std::uint64_t interval_ns) {
    for (const LeftOut& left : offer(operations, interval_ns)) {
        throw TestFailure(fmt::format("{} was refused: {}", operation_name(left.operation->body()),
                                      error_message(left.reason)));
    }
}

std::vector<LeftOut> TestChain::offer(const std::vector<OperationPtr>& operations,
                                      std::uint64_t interval_ns) {
    const Built built = build(operations, interval_ns);
    // Verified as by a follower: from the bytes alone.
    const auto parsed = Vm::parse_block(built.executed->block->encode());
    if (!parsed) throw TestFailure(parsed.error().text());
    const Hash32 id = (*parsed)->id();
    if (const auto ok = vm_->verify(*parsed, (*parsed)->header().timestamp_ns); !ok)
        throw TestFailure(ok.error().text());
    events_ = vm_->executed(id)->events;
    if (const auto ok = vm_->accept(id); !ok) throw TestFailure(ok.error().text());
    audit();
    return built.left_out;
}

std::vector<OperationPtr> TestChain::block_from_queue(const Vm::BuildOptions& options) {
    const auto block = vm_->build_block(options);
    if (!block) throw TestFailure(block.error().text());
    events_ = vm_->executed((*block)->id())->events;
    if (const auto ok = vm_->accept((*block)->id()); !ok) throw TestFailure(ok.error().text());
    return (*block)->operations();
}

void TestChain::audit() const {
    const auto findings = audit_state(state(), rules().parameters);
    if (findings.empty()) return;
    throw TestFailure(fmt::format("{} in block {}: {}", findings.front().invariant, height(),
                                  findings.front().message));
}

void TestChain::advance(std::uint64_t blocks) {
    for (std::uint64_t i = 0; i < blocks; ++i) block();
}

void TestChain::advance_to(Height wanted) {
    if (wanted < height())
        throw TestFailure(fmt::format("block {} is past, this is {}", wanted, height()));
    advance(wanted - height());
}

std::optional<Error> TestChain::refusal(const OperationPtr& operation) const {
    return refusals({operation}).front();
}

std::vector<std::optional<Error>> TestChain::refusals(
    const std::vector<OperationPtr>& operations) const {
    const BlockContext context = context_of(state(), next_header(*tip(), request()));
    std::optional<Hash32> untouched;
    std::vector<std::optional<Error>> out;
    for (const OperationPtr& operation : operations) {
        BlockRun run(state(), context, rules());
        const Status status = run.apply(*operation);
        out.push_back(status ? std::nullopt : std::optional(status.error()));
        if (status) continue;
        if (!untouched) untouched = contents_digest(BlockRun(state(), context, rules()).state());
        if (contents_digest(run.state()) != *untouched)
            throw TestFailure("a refused operation left a change: " + status.error().text());
    }
    return out;
}

void TestChain::expect_refused(const OperationPtr& operation, ErrorCode code) const {
    const auto error = refusal(operation);
    if (!error)
        throw TestFailure(fmt::format("{} was not refused", operation_name(operation->body())));
    if (error->code != code) {
        throw TestFailure(fmt::format("{} was refused with \"{}\" and not with {}",
                                      operation_name(operation->body()), error->text(),
                                      error_name(code)));
    }
}

void TestChain::join(std::string_view provider) {
    block({by(provider, registration(provider, lux(1000)))});
}

std::string TestChain::assign(std::string_view job, std::string_view requester, Amount fee) {
    block({by(requester, submission(job, fee))});
    advance(kDrawDelayBlocks);
    return assigned_provider(job);
}

void TestChain::post(std::string_view job, Answer answer) {
    const std::string provider_id = assigned_provider(job);
    block({by(provider_id, result(job, provider_id, answer))});
}

std::string TestChain::assigned_provider(std::string_view job) const {
    const Task& t = task(job);
    if (t.seats.empty()) throw TestFailure(fmt::format("task {} has no provider", job));
    return state().provider(t.seats.front().provider).id;
}

const Task& TestChain::task(std::string_view job) const {
    const auto index = state().find_task(job);
    if (!index) throw TestFailure(fmt::format("no task {}", job));
    return state().task(*index);
}

const Provider& TestChain::provider(std::string_view id) const {
    const auto index = state().find_provider(id);
    if (!index) throw TestFailure(fmt::format("no provider {}", id));
    return state().provider(*index);
}

Answer TestChain::truth(std::string_view job) const {
    CpuKernels kernels;
    const Task& t = task(job);
    return run_model(kernels, state().model(t.model), t.input_row);
}

op::RegisterProvider registration(std::string_view id, Amount bond, std::string_view model) {
    return {std::string(id),
            address_of(fmt::format("wallet of {}", id)),
            "http://" + std::string(id),
            {std::string(model)},
            bond,
            {}};
}
op::SubmitTask submission(std::string_view job, Amount fee, std::uint32_t row,
                          std::string_view model) {
    return {std::string(job),
            TaskType::kInference,
            VerificationMode::kOptimistic,
            std::string(model),
            row,
            fee};
}
op::SubmitResult result(std::string_view job, std::string_view provider, Answer answer) {
    return {std::string(job), std::string(provider), answer, {}, 50};
}
op::Challenge hidden_challenge(std::string_view job, std::string_view challenger, Answer claim) {
    return {
        std::string(job), claim_commitment(claim, salt_of(challenger), address_of(challenger)), {}};
}
op::ChallengeReveal opening(std::string_view job, std::string_view challenger, Answer claim) {
    return {std::string(job), claim, salt_of(challenger)};
}
op::ClaimRewards claim(std::string_view provider) { return {std::string(provider)}; }
op::DeregisterProvider leave(std::string_view provider) { return {std::string(provider)}; }
op::WithdrawBond withdrawal(std::string_view provider) { return {std::string(provider)}; }

}  // namespace aivm::test
