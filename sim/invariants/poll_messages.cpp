#include "sim/invariants/poll_messages.h"

#include <algorithm>

#include "sim/consensus/avalanche/messages.h"
#include "sim/consensus/snowman/messages.h"

namespace aivm::sim {
namespace {

std::optional<RequestId> poll_that_asks(const Message& message) {
    if (const auto* query = message.get_if<Query>()) return query->poll;
    if (const auto* query = message.get_if<VertexQuery>()) return query->poll;
    return std::nullopt;
}

// Null if the poll is not among `polls` or did not ask `whom`; const if `polls` is.
template <class Polls>
auto* question_in(Polls& polls, RequestId poll, VoterIndex whom) {
    const auto at = std::ranges::find_if(polls, [&](const auto& one) { return one.id == poll; });
    using Found = decltype(&at->questions.front());
    if (at == polls.end()) return Found{nullptr};
    const auto question =
        std::ranges::find_if(at->questions, [&](const auto& one) { return one.to == whom; });
    return question == at->questions.end() ? Found{nullptr} : &*question;
}

}  // namespace

void PollMessages::sent(VoterIndex to, const Message& message) {
    const auto poll = poll_that_asks(message);
    if (!poll) return;
    if (polls_.empty() || polls_.back().id < *poll) polls_.push_back({*poll, {}});
    if (polls_.back().id == *poll) polls_.back().questions.push_back({to, false, {}});
}

void PollMessages::received(VoterIndex from, const Message& message) {
    if (const auto* chits = message.get_if<Chits>()) {
        Question* const question = find_unanswered(chits->poll, from);
        if (question == nullptr) return;
        const Vote& vote = *chits->vote;
        question->answered = true;
        question->named = {vote.preferred.id, vote.at_height, vote.last_accepted.id};
    } else if (const auto* endorsing = message.get_if<VertexChits>()) {
        Question* const question = find_unanswered(endorsing->poll, from);
        if (question == nullptr) return;
        question->answered = true;
        for (const BlockRef& each : endorsing->endorsed) question->named.push_back(each.id);
    }
}

const PollMessages::Question* PollMessages::find(RequestId poll, VoterIndex whom) const {
    return question_in(polls_, poll, whom);
}

std::vector<VoterIndex> PollMessages::asked(RequestId poll) const {
    std::vector<VoterIndex> out;
    const auto at = std::ranges::find(polls_, poll, &Poll::id);
    if (at == polls_.end()) return out;
    for (const Question& each : at->questions) out.push_back(each.to);
    std::ranges::sort(out);
    return out;
}

PollMessages::Question* PollMessages::find_unanswered(RequestId poll, VoterIndex whom) {
    Question* const question = question_in(polls_, poll, whom);
    return question == nullptr || question->answered ? nullptr : question;
}

void PollMessages::forget(RequestId poll) {
    while (!polls_.empty() && polls_.front().id <= poll) polls_.pop_front();
}

}  // namespace aivm::sim
