#include "core/testing/committee_world.h"

#include <fmt/format.h>

namespace aivm::test {
namespace {

TestOptions options_for(const VmParameters& parameters, std::uint32_t pool) {
    TestOptions options;
    options.parameters = parameters;
    options.names = {"alice", "bob", "carol"};
    for (std::uint32_t i = 1; i <= pool; ++i) options.names.push_back(fmt::format("p-{}", i));
    return options;
}

}  // namespace

VmParameters committee_parameters() {
    VmParameters p = short_parameters();
    p.config.verification_mode = VerificationMode::kRedundant;
    p.policy.commit_window_blocks = kCommitWindow;
    p.policy.reveal_window_blocks = kRevealWindow;
    return p;
}

op::SubmitTask committee_task(std::string_view job, Amount fee) {
    op::SubmitTask task = submission(job, fee);
    task.mode = VerificationMode::kRedundant;
    return task;
}

CommitteeWorld::CommitteeWorld(const VmParameters& parameters, std::uint32_t pool)
    : chain(options_for(parameters, pool)) {
    for (std::uint32_t i = 1; i <= pool; ++i) chain.join(fmt::format("p-{}", i));
}

void CommitteeWorld::draw(std::string_view job, Amount fee) {
    chain.block({chain.by("alice", committee_task(job, fee))});
    chain.advance(kDrawDelayBlocks);
    if (chain.task(job).status != TaskStatus::kAssigned)
        throw TestFailure("no committee was drawn");
}

std::vector<std::string> CommitteeWorld::members(std::string_view job) const {
    std::vector<std::string> out;
    for (const Seat& seat : chain.task(job).seats)
        out.push_back(chain.state().provider(seat.provider).id);
    return out;
}

Height CommitteeWorld::commits_until(std::string_view job) const {
    return commit_end(chain.task(job), chain.rules().parameters.policy);
}

Height CommitteeWorld::reveals_until(std::string_view job) const {
    return reveal_end(chain.task(job), chain.rules().parameters.policy);
}

op::Commit CommitteeWorld::commit(std::string_view job, std::string_view member,
                                  Answer answer) const {
    const CommittedResult hidden =
        result_of(chain.state(), chain.task(job), address_of(member), answer, salt_of(member));
    return {std::string(job), std::string(member), result_commitment(hidden)};
}

op::Reveal CommitteeWorld::reveal(std::string_view job, std::string_view member,
                                  Answer answer) const {
    return {std::string(job), std::string(member), answer, empty_embedding_digest(),
            salt_of(member)};
}

Answer CommitteeWorld::answer_of(std::string_view job, Behaviour behaviour) const {
    const Answer truth = chain.truth(job);
    if (behaviour == Behaviour::kLiesOne) return static_cast<Answer>(truth + 1);
    if (behaviour == Behaviour::kLiesTwo) return static_cast<Answer>(truth + 2);
    return truth;
}

std::vector<VmEvent> CommitteeWorld::play(std::string_view job,
                                          const std::vector<Behaviour>& behaviours) {
    const std::vector<std::string> committee = members(job);
    const Height commits_end = commits_until(job);
    const Height reveals_end = reveals_until(job);
    std::vector<OperationPtr> commits;
    for (std::size_t i = 0; i < committee.size(); ++i) {
        if (behaviours[i] == Behaviour::kSilent) continue;
        commits.push_back(
            chain.by(committee[i], commit(job, committee[i], answer_of(job, behaviours[i]))));
    }
    std::vector<VmEvent> seen;
    const auto block = [&](const std::vector<OperationPtr>& operations) {
        chain.block(operations);
        seen.insert(seen.end(), chain.events().begin(), chain.events().end());
    };
    block(commits);
    while (chain.height() < commits_end) block({});
    std::vector<OperationPtr> reveals;
    for (std::size_t i = 0; i < committee.size(); ++i) {
        if (behaviours[i] == Behaviour::kSilent || behaviours[i] == Behaviour::kUnrevealed)
            continue;
        reveals.push_back(
            chain.by(committee[i], reveal(job, committee[i], answer_of(job, behaviours[i]))));
    }
    block(reveals);
    while (chain.height() < reveals_end) block({});
    return seen;
}

}  // namespace aivm::test
