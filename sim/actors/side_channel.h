// What principals do with each other beside the chain: notices for whoever cares to read them, and
// payments. Nothing here is state of the VM; it is how offers, agreements and bribes are modelled,
// as instantaneous and free, which is the worst case for the protocol. One a world.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/state/task.h"

namespace aivm::sim {

// What the fields mean is up to the strategies that share a topic. Honest ones read nothing.
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
    // Hears of every payment; for the books.
    using OnPaid = std::function<void(const Address& from, const Address& to, Amount amount)>;
    explicit SideChannel(OnPaid on_paid) : on_paid_(std::move(on_paid)) {}

    void post(Notice notice) { notices_.push_back(std::move(notice)); }
    // In order of posting; only ever grows.
    [[nodiscard]] const std::vector<Notice>& notices() const { return notices_; }

    // Outside money: no balance limits it. The books count it as the payer's cost and the
    // receiver's bribes.
    void pay(const Address& from, const Address& to, Amount amount) { on_paid_(from, to, amount); }

private:
    OnPaid on_paid_;
    std::vector<Notice> notices_;
};

}  // namespace aivm::sim
