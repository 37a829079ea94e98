// Certificates of blocks, checked as somebody outside the chain would: from their bytes, the keys
// of the validators and the stakes of the epoch, and nothing that an engine says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/invariants/invariant.h"

namespace aivm::sim {

class CertificateCheck {
public:
    // The accepted chain grew by this block.
    void note(const Executed& block, const State& parent);
    // What is wrong with the certificate; nothing if it proves that its block is final.
    [[nodiscard]] std::optional<std::string> fault_of(const PublishCertificate& published,
                                                      const Watch& watch) const;

private:
    // Votes for a block are cast while one of the blocks this far below it was the last accepted
    // one.
    static constexpr Height kBlocksInFlight = 3;

    [[nodiscard]] bool is_quorum(const std::vector<std::uint32_t>& voters, Height height) const;

    std::map<Height, std::vector<std::uint64_t>> stakes_;  // by the first height they count for
};

}  // namespace aivm::sim
