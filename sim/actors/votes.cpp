#include "sim/actors/votes.h"

#include "core/base/digest.h"
#include "core/chain/vote_slot.h"
#include "sim/actors/node_records.h"

namespace aivm::sim {
namespace {

constexpr Height kVotesKeptBlocks = 8;

}  // namespace

bool is_signed_vote(const State& state, const Rules& rules, VoterIndex validator,
                    const SigningSlot& slot, const Hash32& message, const Bytes& signature) {
    return validator < state.validators.size() &&
           rules.authorizer->verify(state.validators[validator].address,
                                    vote_message(rules.chain_id, slot, message), signature);
}

Result<SlotSigned> sign_once(SimDisk& disk, const Signer& signer, std::uint64_t chain_id,
                             const Sign& request) {
    SlotSigned answer{request.slot, request.message, std::nullopt};
    AIVM_ASSIGN(const bool may_sign, NodeRecords(disk).claim(request.slot, request.message));
    if (may_sign)
        answer.signature = signer.sign(vote_message(chain_id, request.slot, request.message));
    return answer;
}

DoubledVotes::Sent DoubledVotes::pass(const Sender& sender, ActorId to, Message& message) {
    Sent out{sender.voting.vote_in(message), std::nullopt};
    if (!out.vote) return out;
    const auto [doubled, is_new] = doubled_.try_emplace(out.vote->slot, false);
    if (is_new) {
        doubled->second = sender.strategy.votes_twice();
        std::erase_if(doubled_, [&](const auto& each) {
            return each.first.height + kVotesKeptBlocks < out.vote->slot.height;
        });
    }
    if (!doubled->second || (!sender.voting.to_one && to % 2 == 0)) return out;
    const std::optional<Hash32> rival =
        sender.rival ? sender.rival(*out.vote) : std::optional<Hash32>();
    const Hash32 other = rival ? *rival : sha256(out.vote->item.view());
    auto second = sender.voting.contradict(message, other, [&](const SignedVote& vote) {
        return sender.signer.sign(vote_message(sender.chain_id, vote.slot, vote.item));
    });
    if (!second) return out;
    if (sender.voting.to_one) {
        out.beside = std::move(second);
    } else {
        message = *std::move(second);
        out.vote = sender.voting.vote_in(message);
    }
    return out;
}

}  // namespace aivm::sim
