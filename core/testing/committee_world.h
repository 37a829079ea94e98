// A redundant-mode chain for tests: five providers, three of which must agree, windows of four
// blocks each.
#pragma once

#include "core/testing/test_chain.h"
#include "core/verification/redundant.h"

namespace aivm::test {

constexpr Height kCommitWindow = 4;
constexpr Height kRevealWindow = 4;

VmParameters committee_parameters();

// The behaviour of a committee member.
enum class Behaviour : std::uint8_t { kHonest, kLiesOne, kLiesTwo, kSilent, kUnrevealed };

class CommitteeWorld {
public:
    explicit CommitteeWorld(const VmParameters& parameters = committee_parameters(),
                            std::uint32_t pool = 5);

    // Submits the job and advances to the block in which its committee is drawn.
    void draw(std::string_view job, Amount fee = lux(1));
    [[nodiscard]] std::vector<std::string> members(std::string_view job) const;
    [[nodiscard]] Height drawn_at(std::string_view job) const { return chain.task(job).draw_at; }
    [[nodiscard]] Height commits_until(std::string_view job) const;
    [[nodiscard]] Height reveals_until(std::string_view job) const;

    [[nodiscard]] op::Commit commit(std::string_view job, std::string_view member,
                                    Answer answer) const;
    [[nodiscard]] op::Reveal reveal(std::string_view job, std::string_view member,
                                    Answer answer) const;
    [[nodiscard]] Answer answer_of(std::string_view job, Behaviour behaviour) const;

    // Plays both windows up to the block of the tally; the behaviours are in the order of the draw.
    // Returns all events on the way.
    std::vector<VmEvent> play(std::string_view job, const std::vector<Behaviour>& behaviours);

    TestChain chain;
};

op::SubmitTask committee_task(std::string_view job, Amount fee = lux(1));

}  // namespace aivm::test
