// How principals deal with each other outside the chain: public notices and payments, which model
// offers, agreements and bribes. Both are instantaneous and free, the worst case for the protocol.
// Nothing here is state of the VM. One per world.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/state/task.h"

namespace aivm::sim {

// Strategies that share a topic agree on what the fields mean; others do not read it.
struct Notice {
    Address from;
    std::string topic;  // such as "bribe" or "accept"
    TaskIndex task;
    std::uint32_t assignment = 0;
    Answer answer = 0;
    Amount amount;
};

class SideChannel {
public:
    // Called for every payment, by the accounting.
    using OnPaid = std::function<void(const Address& from, const Address& to, Amount amount)>;
    explicit SideChannel(OnPaid on_paid) : on_paid_(std::move(on_paid)) {}

    void post(Notice notice) { notices_.push_back(std::move(notice)); }
    // In order of posting; only ever grows.
    [[nodiscard]] const std::vector<Notice>& notices() const { return notices_; }

    // Pays with money outside the chain, which no balance limits. The accounting counts it as the
    // payer's cost and as bribes of the receiver.
    void pay(const Address& from, const Address& to, Amount amount) { on_paid_(from, to, amount); }

private:
    OnPaid on_paid_;
    std::vector<Notice> notices_;
};

}  // namespace aivm::sim
