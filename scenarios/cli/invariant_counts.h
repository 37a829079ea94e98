// How often each invariant compared something over many runs, for tests that a campaign looked.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>

#include "sim/world/outcome.h"

namespace aivm::scenarios::cli {

class InvariantCounts {
public:
    void add(const sim::Outcome& outcome) {
        for (std::size_t i = 0; i < outcome.invariants.size(); ++i)
            counts_[outcome.invariants[i]] += outcome.checks_of[i];
    }
    // By id; with those that compared nothing.
    [[nodiscard]] const std::map<std::string, std::uint64_t>& all() const { return counts_; }
    [[nodiscard]] std::uint64_t of(const std::string& id) const {
        const auto found = counts_.find(id);
        return found == counts_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::string text() const {
        std::string out;
        for (const auto& [id, count] : counts_)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", id, count);
        return out;
    }

private:
    std::map<std::string, std::uint64_t> counts_;
};

// The same apart for each engine, so that what one engine never compared is not hidden by what
// another did.
class InvariantCountsByEngine {
public:
    void add(const std::string& engine, const sim::Outcome& outcome) {
        engines_[engine].add(outcome);
        sum_.add(outcome);
    }
    [[nodiscard]] std::uint64_t of(const std::string& engine, const std::string& id) const {
        const auto found = engines_.find(engine);
        return found == engines_.end() ? 0 : found->second.of(id);
    }
    [[nodiscard]] const InvariantCounts& sum() const { return sum_; }
    // A line for each invariant, a column for each engine.
    [[nodiscard]] std::string text() const {
        std::string out = fmt::format("{:<10}", "compared");
        for (const auto& [engine, counts] : engines_) out += fmt::format(" {:>14}", engine);
        for (const auto& [id, total] : sum_.all()) {
            out += fmt::format("\n{:<10}", id);
            for (const auto& [engine, counts] : engines_)
                out += fmt::format(" {:>14}", counts.of(id));
        }
        return out;
    }

private:
    std::map<std::string, InvariantCounts> engines_;
    InvariantCounts sum_;
};

}  // namespace aivm::scenarios::cli
