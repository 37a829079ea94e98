// S7, S8, S10, S11 and S20: what a block is, and how it is built and signed.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/config/limits.h"
#include "core/execution/build.h"
#include "core/vm/mempool_selection.h"
#include "sim/invariants/canonical_bytes.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/short_id.h"
#include "sim/invariants/vertices.h"

namespace aivm::sim {
namespace {

// S7. Checked once for every block that any node executes, and for every vertex that any node
// verifies; and that what a node has stored of a block are the bytes that were executed, for one
// accepted block in eight.
class CanonicalBytes final : public Invariant {
public:
    explicit CanonicalBytes(BlockDecoder decode)
        : Invariant({.id = "S7",
                     .name = "canonical-bytes",
                     .meaning = "id = hash of the bytes; decode then encode is identity; other "
                                "bytes are refused; stored bytes are those that were executed",
                     .reason = "Blocks are named and signed by their bytes. If two byte "
                               "strings mean one block, or one id two blocks, nodes vote for "
                               "different things under one name, and a changed copy can "
                               "displace the signed one."}),
          decode_(decode) {}

    void on_executed(const Executed& executed, const State&) override {
        Bytes sealed = executed.block->encode();
        const auto decoded = decode_(sealed);
        expect(decoded && (*decoded)->id() == executed.id && (*decoded)->encode() == sealed &&
                   is_digest_of(executed.id, sealed),
               [&] {
                   return fmt::format("block {} does not survive decoding and encoding",
                                      short_id(executed.id));
               });
        if (executed.block->height() % kEvery == 0) stored_[executed.id] = sealed;
        sealed.push_back(0);
        expect(!decode_(sealed), [&] {
            return fmt::format("block {} is accepted with a byte too many", short_id(executed.id));
        });
    }
    void on_vertex_verified(ActorId, const DagVm&, const VertexPtr& vertex) override {
        const auto [first, is_new] = vertices_.try_emplace(vertex->id(), vertex);
        if (!is_new && first->second == vertex) return;
        expect(is_digest_of(vertex->id(), vertex->encode()), [&] {
            return fmt::format("the id of vertex {} is not the hash of its bytes",
                               short_id(vertex->id()));
        });
    }
    // The newest block is in memory: the one below it is read from the disk.
    void on_accepted(ActorId node, const Vm& vm, const ExecutedPtr& executed) override {
        const auto sampled = stored_.find(executed->block->parent());
        if (sampled == stored_.end()) return;
        const auto block = vm.get_block(sampled->first);
        if (!block && block.error().code == ErrorCode::kStorage) return;  // S17's matter
        expect(block && (*block)->encode() == sampled->second,
               [&] {
                   return fmt::format("{} has stored other bytes of block {} than it executed",
                                      watch().participants().name(node), short_id(sampled->first));
               },
               {node});
    }
    void on_chain(const Executed& block, const State&) override {
        std::erase_if(stored_, [&](const auto& one) {
            const auto decoded = Block::decode(one.second);
            return decoded && (*decoded)->height() + kKept < block.state.head.height;
        });
    }

private:
    static constexpr Height kEvery = 8;
    static constexpr Height kKept = 64;
    BlockDecoder decode_;
    std::map<Hash32, Bytes> stored_;
    std::map<Hash32, VertexPtr> vertices_;  // checked
};

// S8. A block fits its parent, and is from no later time than the skew allows on the clock of the
// node that verifies it.
class FitsItsParent final : public Invariant {
public:
    FitsItsParent()
        : Invariant({.id = "S8",
                     .name = "fits-its-parent",
                     .meaning = "height = parent's + 1; time never runs back and is within the "
                                "skew",
                     .reason = "Heights and times drive windows, deadlines and rewards. A "
                               "block from the future or the past would close a challenge "
                               "window early or reopen one that was over."}) {}

    void on_executed(const Executed& executed, const State& parent) override {
        const BlockHeader& header = executed.block->header();
        expect(header.height == parent.head.height + 1 &&
                   executed.state.head.height == header.height &&
                   header.timestamp_ns >= parent.head.timestamp_ns,
               [&] {
                   return fmt::format(
                       "block {} of height {} and time {} ns follows height {} and "
                       "time {} ns",
                       short_id(executed.id), header.height, header.timestamp_ns,
                       parent.head.height, parent.head.timestamp_ns);
               });
    }
    void on_verified(ActorId node, const Vm&, const ExecutedPtr& executed) override {
        const TimestampNs time = executed->block->header().timestamp_ns;
        const TimestampNs clock = watch().clock(node);
        const std::uint64_t skew = watch().rules().parameters.policy.max_clock_skew_ns;
        expect(time <= clock || time - clock <= skew,
               [&] {
                   return fmt::format("{} verified block {}, which is {} ns ahead of its clock",
                                      watch().participants().name(node), short_id(executed->id),
                                      time - clock);
               },
               {node});
    }
};

// S10. One block in four is built again from the queue of its builder, on the same parent and at
// the same time, and must be the same. A builder that left operations out, or tried some in vain,
// has another queue afterwards; such a block is built again from its own operations.
class BuildIsPure final : public Invariant {
public:
    BuildIsPure()
        : Invariant({.id = "S10",
                     .name = "pure-build",
                     .meaning = "a block depends on parent, queue, time and configuration alone",
                     .reason = "A block that depends on anything else cannot be built again, "
                               "so neither a replay nor a second machine can check it. Hidden "
                               "inputs are also how a proposer grinds blocks in its favour.",
                     .of_queues = true}) {}

    void on_built(ActorId node, const QueueView& view, const BuiltBlock& built) override {
        const Vm* vm = watch().vm(node);
        if (vm == nullptr || ++built_ % kEvery != 1) return;
        const ExecutedPtr parent = vm->executed(built.executed->block->parent());
        if (parent == nullptr) return;
        const auto again = build_again(node, *vm, *parent, view, built);
        expect(again && again->executed->id == built.executed->id,
               [&] {
                   return fmt::format("{} built block {}, and built again it is another",
                                      watch().participants().name(node),
                                      short_id(built.executed->id));
               },
               {node});
    }

private:
    static constexpr std::uint64_t kEvery = 4;

    Result<Built> build_again(ActorId node, const Vm& vm, const Executed& parent,
                              const QueueView& view, const BuiltBlock& built) const {
        const BlockHeader& header = built.executed->block->header();
        const Bytes authorization = built.executed->block->authorization();
        const BuildRequest request{.proposer = header.proposer,
                                   .timestamp_ns = header.timestamp_ns,
                                   .beacon_secret = header.beacon_secret,
                                   .beacon_commitment = header.beacon_commitment,
                                   .sign = [&](const Hash32&) { return authorization; }};
        if (!built.refused.empty() || !built.censored.empty() || !watch().correct(node)) {
            return build_on(parent, request, built.executed->block->operations(), watch().rules());
        }
        const ChainSettings& chain = watch().scenario().chain;
        const BlockSpace space{std::min<std::size_t>(chain.max_block_ops, kBlockOpsMax),
                               std::min<std::size_t>(chain.max_block_bytes, kBlockSpaceBytesMax)};
        MempoolSelection::Include include;
        if (parent.id != vm.last_accepted()) {
            include = [&](const OperationPtr& operation) {
                return operation->nonce() >
                       parent.state.nonce(operation->sender(), operation->lane());
            };
        }
        MempoolSelection selection(view.queue, space, include);
        return build_on(parent, request, selection, watch().rules());
    }

    std::uint64_t built_ = 0;
};

// S11. A node builds on the block that its consensus engine prefers.
class ExtendsPreference final : public Invariant {
public:
    ExtendsPreference()
        : Invariant({.id = "S11",
                     .name = "extends-preference",
                     .meaning = "a block is built on the one that its builder prefers",
                     .reason = "A proposer that builds elsewhere proposes what its own vote is "
                               "against. Its block competes with the preferred one, decisions "
                               "take longer, and its fee and reward are lost.",
                     .of_queues = true}) {}

    void on_built(ActorId node, const QueueView&, const BuiltBlock& built) override {
        const auto preferred = watch().preferred(node);
        if (!preferred) return;
        expect(built.executed->block->parent() == *preferred,
               [&] {
                   return fmt::format(
                       "{} built on {} and prefers {}", watch().participants().name(node),
                       short_id(built.executed->block->parent()), short_id(*preferred));
               },
               {node});
    }
};

// S20. A correct validator signs at most one block on each parent, one vertex per sequence number
// and one vote per slot, across restarts and new disks, and is never slashed for two. A vertex
// counts for the validator whose signature it carries, whichever node received it. Where rounds go
// on through all heights, it never says that it is in a round before one in which it voted,
// restarts included. The votes and rounds are those in the messages that it sends. Nobody can keep
// this promise on a disk that lost writes without a trace; a new disk does not know the round.
class SignsOnce final : public Invariant {
public:
    SignsOnce()
        : Invariant({.id = "S20",
                     .name = "signs-once",
                     .meaning = "a correct validator signs one item per slot and is never slashed "
                                "for two",
                     .reason = "Two signatures for one slot are the proof of equivocation that "
                               "costs a validator its stake. An honest one must never produce "
                               "it, whatever happens to its disk or process.",
                     .of_queues = true}) {}

    void on_built(ActorId node, const QueueView&, const BuiltBlock& built) override {
        if (watch().vm(node) == nullptr || !watch().correct(node)) return;
        const ProposalSlot slot = built.executed->block->slot();
        const auto [first, is_new] = signed_.try_emplace({node, slot}, built.executed->id);
        expect(is_new || first->second == built.executed->id,
               [&] {
                   return fmt::format("{} signed blocks {} and {} of height {} on one parent",
                                      watch().participants().name(node), short_id(first->second),
                                      short_id(built.executed->id), slot.number);
               },
               {node});
    }
    void on_vertex_verified(ActorId, const DagVm&, const VertexPtr& vertex) override {
        const ActorId signer = vertex->header().proposer.value;
        if (!watch().correct(signer) || forgetful_.contains(signer)) return;
        const auto known = vertices_.find({signer, vertex->header().sequence});
        if (known != vertices_.end() && known->second == vertex->id()) return;
        if (!is_signed(*vertex, signer)) return;
        const bool is_new =
            vertices_.try_emplace({signer, vertex->header().sequence}, vertex->id()).second;
        expect(is_new,
               [&] {
                   return fmt::format("{} signed vertices {} and {} of number {}",
                                      watch().participants().name(signer), short_id(known->second),
                                      short_id(vertex->id()), vertex->header().sequence);
               },
               {signer});
    }
    void on_round(ActorId node, std::uint32_t round) override {
        if (!watch().correct(node)) return;
        const auto voted = voted_round_.find(node);
        if (voted == voted_round_.end()) return;
        expect(round >= voted->second,
               [&] {
                   return fmt::format("{} says that it is in round {}, and voted in round {}",
                                      watch().participants().name(node), round, voted->second);
               },
               {node});
    }
    void on_disk_replaced(ActorId node) override { voted_round_.erase(node); }
    void on_vote(ActorId node, const SignedVote& vote) override {
        if (!watch().correct(node)) return;
        std::uint32_t& last = voted_round_[node];
        last = std::max(last, vote.slot.round);
        const auto [first, is_new] = voted_[node].try_emplace(vote.slot, vote.item);
        if (!is_new && first->second == vote.item) return;  // to another receiver, or again
        expect(is_new,
               [&] {
                   return fmt::format("{} voted for {} and {} in round {} of height {}",
                                      watch().participants().name(node), short_id(first->second),
                                      short_id(vote.item), vote.slot.round, vote.slot.height);
               },
               {node});
    }
    void on_writes_lost(ActorId node) override {
        voted_.erase(node);
        voted_round_.erase(node);
        std::erase_if(signed_, [&](const auto& each) { return each.first.first == node; });
        forgetful_.insert(node);
    }
    void on_chain(const Executed& block, const State&) override {
        for (const VmEvent& event : block.events) {
            const auto* slash = std::get_if<event::Slashed>(&event);
            if (slash == nullptr || slash->cause != SlashCause::kEquivocation) continue;
            const auto actor = watch().participants().find(slash->account);
            if (!actor || forgetful_.contains(*actor)) continue;
            expect(!watch().correct(*actor),
                   [&] {
                       return fmt::format("{} was slashed for two blocks in one slot in block {}",
                                          watch().participants().name(*actor),
                                          block.state.head.height);
                   },
                   {*actor});
        }
    }

private:
    [[nodiscard]] bool is_signed(const Vertex& vertex, ActorId signer) const {
        const Rules& rules = watch().rules();
        return rules.authorizer->verify(watch().participants().all.at(signer).address,
                                        vertex.slot_message(rules.chain_id),
                                        vertex.authorization());
    }

    std::map<std::pair<ActorId, ProposalSlot>, Hash32> signed_;
    std::map<std::pair<ActorId, std::uint64_t>, Hash32> vertices_;  // by signer and sequence
    std::map<ActorId, std::map<VoteSlot, Hash32>> voted_;
    std::map<ActorId, std::uint32_t> voted_round_;  // the last one in which it voted
    std::set<ActorId> forgetful_;
};

}  // namespace

std::unique_ptr<Invariant> make_canonical_bytes(BlockDecoder decode) {
    return std::make_unique<CanonicalBytes>(decode);
}

void add_block_invariants(Invariants& out) {
    out.push_back(make_canonical_bytes(Block::decode));
    out.push_back(std::make_unique<FitsItsParent>());
    out.push_back(std::make_unique<BuildIsPure>());
    out.push_back(std::make_unique<ExtendsPreference>());
    out.push_back(std::make_unique<SignsOnce>());
}

}  // namespace aivm::sim
