// When a composed provider deviates from honest play: conditions on what its node sees, all of
// which must hold.
#pragma once

#include <set>

#include "scenarios/adversaries/strategy_table.h"

namespace aivm::scenarios {

class Conditions {
public:
    Conditions(const Parameters& parameters, sim::StrategyContext context);

    // Called once per block.
    void observe(const sim::NodeView& view);
    // It has sent an answer.
    void note_answer() { ++answers_; }
    [[nodiscard]] std::uint64_t answers() const { return answers_; }

    [[nodiscard]] bool hold(const sim::TaskView& view);

private:
    [[nodiscard]] std::uint64_t own_seats(const sim::TaskView& view);
    void read_alliances();
    [[nodiscard]] bool is_usable_at_once(const sim::TaskView& view) const;
    [[nodiscard]] bool is_cheap_now() const;

    sim::StrategyContext context_;
    std::uint64_t seats_min_;
    bool allied_;
    std::uint64_t after_answers_;
    bool used_at_once_;
    std::uint32_t price_below_ppm_;
    std::uint64_t open_results_min_;
    std::uint64_t proofs_max_;
    Height quiet_blocks_;

    bool announced_ = false;
    std::size_t read_ = 0;  // notices so far
    std::set<Address> allies_;
    std::uint64_t answers_ = 0;
    std::uint64_t proofs_ = 0;   // of wrong answers of its principal
    Height last_challenge_ = 0;  // of somebody else's, in this block
};

}  // namespace aivm::scenarios
