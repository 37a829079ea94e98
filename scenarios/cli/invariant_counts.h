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

}  // namespace aivm::scenarios::cli
