#include "core/reference/watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "core/base/check.h"
#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/reference/compare.h"
#include "core/reference/snapshot.h"
#include "core/reference/writes.h"

namespace aivm::reference {
namespace {

std::string in_block(Height height, const std::string& what) {
    return fmt::format("in block {}: {}", height, what);
}

std::string name_of_operation(const SignedOperation& operation) {
    return fmt::format("{} of {}", operation_name(operation.body()),
                       to_hex(operation.sender().view()));
}

// Whether money is conserved in the model itself: else the model would be wrong, or the state that
// it started from.
bool conserves_money(const World& world) {
    const Sums& s = world.head.sums;
    Money free = 0;
    for (const auto& [address, account] : world.accounts) free += account.balance;
    return free + s.bonds + s.task_escrows + s.challenge_bonds + s.credits + s.model_deposits +
               world.head.burned ==
           world.head.genesis + world.head.minted;
}

}  // namespace

Watch::Watch(const Rules& rules)
    : law_{rules.parameters, rules.chain_id, rules.authorizer, rules.vendor_root} {
    AIVM_CHECK(rules.authorizer != nullptr);
}

World Watch::parent_world(const Hash32& parent_id, const State& parent) {
    if (last_ && last_id_ == parent_id && last_->head.height == parent.head.height) return *last_;
    return snapshot_of(parent);
}

// What a header says about its parent.
Watch::Finding Watch::check_header(const World& parent, const BlockHeader& h) const {
    if (h.height != parent.head.height + 1) return "the height does not follow the parent's";
    if (h.timestamp_ns < parent.head.timestamp_ns) return "the time is before the parent's";
    const auto& root = parent.registries.epoch.aivm_state_root;
    if (std::memcmp(h.parent_aivm_root.data(), root, sizeof root) != 0)
        return "the header names another kernel root for its parent";
    if (h.proposer.value >= parent.validators.size()) return "an unknown proposer";
    const Validator& proposer = parent.validators[h.proposer.value];
    if (!proposer.active) return "the proposer is not in the set of validators";
    if (keccak256(h.beacon_secret.view()) != proposer.beacon_commitment)
        return "the secret does not open the proposer's commitment";
    return std::nullopt;
}

Watch::Finding Watch::check_seal(const World& parent, const Block& block) const {
    const BlockHeader& h = block.header();
    Writer message;
    message.raw(as_bytes("aivm-slot")).u64(law_.chain_id).u64(h.height);
    message.fixed(h.parent).fixed(block.id());
    if (law_.authorizer->verify(parent.validators[h.proposer.value].address,
                                keccak256(message.view()), block.authorization())) {
        return std::nullopt;
    }
    return "the proposer has not signed the block";
}

Watch::Finding Watch::check_roots(const ReferenceChain& chain, const BlockHeader& h,
                                  const Executed& executed, const State& parent) const {
    if (h.receipt_root != receipts_root(chain.world.receipts))
        return "the receipt root is not that of the receipts";
    if (h.state_root != executed.state.state_root) return "the header names another state root";
    return check_writes(parent, executed.state, *executed.batch);
}

Watch::Finding Watch::try_operation(ReferenceChain& chain, const Attempt& attempt,
                                    ValidatorIndex proposer) {
    const Reasons reasons = chain.apply(*attempt.operation, proposer);
    const std::string name = name_of_operation(*attempt.operation);
    if (!attempt.refused) {
        ++counts_.taken;
        if (reasons.none()) return std::nullopt;
        return fmt::format("{} was allowed although the rules do not: {}", name, reasons.text());
    }
    ++counts_.refused;
    if (reasons.none()) {
        return fmt::format("{} was refused although the rules allow it: {}", name,
                           error_name(*attempt.refused));
    }
    if (reasons.contain(*attempt.refused)) return std::nullopt;
    return fmt::format("{} was refused with {}, by the rules with {}", name,
                       error_name(*attempt.refused), reasons.text());
}

Watch::Finding Watch::compare(const ReferenceChain& chain, const State& after,
                              const std::vector<VmEvent>& events) {
    ++counts_.blocks;
    if (!conserves_money(chain.world)) return "money is not conserved";
    World actual = snapshot_of(after);
    if (auto difference = first_difference(chain.world, actual)) return difference;
    if (auto difference = first_difference(chain.events, events)) return difference;
    last_ = std::move(actual);
    return std::nullopt;
}

Watch::Finding Watch::check(const Executed& block, const State& parent) {
    std::vector<Attempt> attempts;
    for (const OperationPtr& operation : block.block->operations())
        attempts.push_back({operation, std::nullopt});
    return check(block, parent, attempts);
}

Watch::Finding Watch::check(const Executed& executed, const State& parent,
                            const std::vector<Attempt>& attempts) {
    const BlockHeader& h = executed.block->header();
    const bool sealed = executed.batch != nullptr;
    World before = parent_world(h.parent, parent);
    if (sealed) {
        if (auto wrong = check_header(before, h)) return in_block(h.height, *wrong);
        if (auto wrong = check_seal(before, *executed.block)) return in_block(h.height, *wrong);
    }
    BlockContext context{.height = before.head.height + 1,
                         .timestamp_ns = h.timestamp_ns,
                         .proposer = h.proposer,
                         .beacon = executed.state.head.beacon,
                         .beacon_commitment = h.beacon_commitment};
    if (sealed) context.beacon = keccak256({before.head.beacon.view(), h.beacon_secret.view()});
    ReferenceChain chain(law_, std::move(before));
    last_.reset();
    chain.begin(context);
    for (const Attempt& attempt : attempts) {
        if (auto wrong = try_operation(chain, attempt, h.proposer))
            return in_block(h.height, *wrong);
    }
    chain.end(sealed);
    if (auto wrong = compare(chain, executed.state, executed.events))
        return in_block(h.height, *wrong);
    last_id_ = executed.id;
    if (!sealed) return std::nullopt;
    if (auto wrong = check_roots(chain, h, executed, parent)) return in_block(h.height, *wrong);
    return std::nullopt;
}

// In the order (height, keccak(beacon || id)). An operation that is refused is void.
Watch::Finding Watch::run_slice(ReferenceChain& chain, const CutResult& result) {
    std::map<std::pair<Height, Hash32>, VertexPtr> slice;
    const Hash32 beacon = chain.world.head.beacon;
    for (const VertexPtr& vertex : result.slice)
        slice[{vertex->height(), keccak256({beacon.view(), vertex->id().view()})}] = vertex;
    for (const auto& [place, vertex] : slice) {
        for (const OperationPtr& operation : vertex->operations()) {
            Attempt attempt{operation, std::nullopt};
            for (const VoidOperation& one : result.voids) {
                if (one.vertex == vertex->id() && one.operation == operation)
                    attempt.refused = one.reason.code;
            }
            const ValidatorIndex proposer = vertex->header().proposer;
            if (auto wrong = try_operation(chain, attempt, proposer)) return wrong;
            if (attempt.refused) chain.charge_void(*operation, proposer);
        }
    }
    return std::nullopt;
}

Watch::Finding Watch::check(const CutResult& result, const State& below) {
    const VertexHeader& header = result.cut->header();
    const CutSeal& seal = result.cut->seal();
    BlockHeader h;
    h.height = header.cut;
    h.timestamp_ns = header.timestamp_ns;
    h.proposer = header.proposer;
    h.beacon_secret = seal.beacon_secret;
    h.beacon_commitment = seal.beacon_commitment;
    h.parent_aivm_root = seal.parent_aivm_root;
    h.state_root = seal.state_root;
    h.receipt_root = seal.receipt_root;
    last_.reset();
    ReferenceChain chain(law_, snapshot_of(below));
    if (auto wrong = check_header(chain.world, h)) return in_block(h.height, *wrong);
    chain.begin({.height = h.height,
                 .timestamp_ns = h.timestamp_ns,
                 .proposer = h.proposer,
                 .beacon = keccak256({below.head.beacon.view(), h.beacon_secret.view()}),
                 .beacon_commitment = h.beacon_commitment});
    if (auto wrong = run_slice(chain, result)) return in_block(h.height, *wrong);
    chain.end(true);
    Finding wrong = compare(chain, result.executed->state, result.executed->events);
    if (!wrong) wrong = check_roots(chain, h, *result.executed, below);
    last_.reset();
    return wrong ? Finding(in_block(h.height, *wrong)) : std::nullopt;
}

Watch::Finding Watch::check_trials(const Hash32& parent_id, const State& parent,
                                   const BlockContext& context,
                                   const std::vector<Attempt>& trials) {
    ReferenceChain chain(law_, parent_world(parent_id, parent));
    chain.begin(context);
    for (const Attempt& trial : trials) {
        if (auto wrong = try_operation(chain, trial, context.proposer))
            return fmt::format("tried for block {}: {}", context.height, *wrong);
    }
    return std::nullopt;
}

}  // namespace aivm::reference
