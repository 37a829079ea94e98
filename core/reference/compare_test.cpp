// The comparison looks at everything: whatever field of whatever record of a state is changed, it
// is noticed, except for those on a list.
#include "core/reference/compare.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <set>

#include "core/reference/snapshot.h"
#include "core/testing/every_operation.h"

namespace aivm::test {
namespace {

// Changes a value of any type that a record has.
template <class T>
void disturb(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
        value = !value;
    } else if constexpr (std::is_enum_v<T>) {
        value = static_cast<T>((static_cast<std::size_t>(value) + 1) % enum_count<T>);
    } else if constexpr (std::is_integral_v<T>) {
        value = static_cast<T>(value + 1);
    } else if constexpr (std::is_same_v<T, Amount>) {
        value += Amount(1);
    } else if constexpr (is_instance<T, Index>) {
        value.value += 1;
    } else if constexpr (is_fixed_bytes<T>) {
        value.bytes[0] ^= 1;
    } else if constexpr (std::is_same_v<T, std::string>) {
        value += "?";
    } else if constexpr (std::is_same_v<T, DisputeList>) {
        value.size += 1;
    } else {
        value.push_back({});
    }
}

// Which fields of which records the comparison has been seen to notice, and which it has not.
class Sensitivity {
public:
    void look_at(const State& state) {
        base_ = reference::snapshot_of(state);
        disturb_row(state, "ChainHead", [](State& s) -> ChainHead& { return s.head; });
        disturb_row(state, "Totals", [](State& s) -> Totals& { return s.head.totals; });
        disturb_row(state, "Account", [](State& s) -> Account& { return s.accounts.edit_row(1); });
        disturb_row(state, "Nonces",
                    [](State& s) -> Nonces& { return s.accounts.edit_row(1).nonces; });
        disturb_table(state, "Validator", [](State& s) -> auto& { return s.validators; });
        disturb_table(state, "Provider", [](State& s) -> auto& { return s.providers; });
        disturb_table(state, "Task", [](State& s) -> auto& { return s.tasks; });
        disturb_table(state, "Dispute", [](State& s) -> auto& { return s.disputes; });
        disturb_table(state, "TraceNode", [](State& s) -> auto& { return s.trace_nodes; });
        disturb_table(state, "ModelStatus", [](State& s) -> auto& { return s.model_status; });
        disturb_table(state, "Receipt", [](State& s) -> auto& { return s.receipts; });
        for (std::size_t i = 0; i < state.tasks.size(); ++i) {
            if (state.tasks[i].seats.empty()) continue;
            disturb_row(state, "Seat", [i](State& s) -> Seat& { return s.tasks.edit(i).seats[0]; });
        }
        disturb_slots(state);
    }
    [[nodiscard]] std::set<std::string> never_noticed() const {
        std::set<std::string> out;
        for (const std::string& name : tried_) {
            if (!noticed_.contains(name)) out.insert(name);
        }
        return out;
    }
    [[nodiscard]] std::size_t tried() const { return tried_.size(); }

private:
    void judge(const std::string& name, const State& changed) {
        tried_.insert(name);
        if (reference::first_difference(base_, reference::snapshot_of(changed)))
            noticed_.insert(name);
    }

    template <class Find>
    void disturb_row(const State& state, std::string_view record, Find find) {
        using Record = std::remove_cvref_t<decltype(find(std::declval<State&>()))>;
        std::apply(
            [&](auto... fields) {
                const auto one = [&](auto f) {
                    using Member = std::remove_cvref_t<decltype(std::declval<Record>().*f.member)>;
                    const std::string name = fmt::format("{}.{}", record, f.name);
                    if constexpr (std::is_same_v<Member, Totals> ||
                                  std::is_same_v<Member, Nonces> ||
                                  std::is_same_v<Member, decltype(Task::seats)>) {
                        return;  // looked at by themselves
                    } else {
                        if (noticed_.contains(name)) return;
                        State changed = state;
                        disturb(find(changed).*f.member);
                        judge(name, changed);
                    }
                };
                (one(fields), ...);
            },
            Record::fields());
    }

    template <class Table>
    void disturb_table(const State& state, std::string_view record, Table table) {
        State copy = state;
        for (std::size_t i = 0; i < table(copy).size(); ++i) {
            disturb_row(state, record,
                        [&](State& s) -> decltype(auto) { return table(s).edit(i); });
        }
    }

    template <class Slot>
    void disturb_slot(const State& state, std::string_view table, std::span<const Slot> slots) {
        for (std::uint32_t i = 0; i < slots.size(); ++i) {
            if (slots[i].occupied == 0) continue;
            for (std::size_t byte = 0; byte < sizeof(Slot); ++byte) {
                const std::string name = fmt::format("{} byte {}", table, byte);
                if (noticed_.contains(name)) continue;
                Slot slot = slots[i];
                reinterpret_cast<std::uint8_t*>(&slot)[byte] ^= 1;
                State changed = state;
                ASSERT_TRUE(changed.kernels.load_slot(i, slot).has_value());
                judge(name, changed);
            }
        }
    }

    void disturb_slots(const State& state) {
        disturb_slot(state, "attestation", state.kernels.attestations());
        disturb_slot(state, "model", state.kernels.models());
        disturb_slot(state, "anchor", state.kernels.anchors());
        for (std::size_t byte = 0; byte < sizeof(abi::AIVMEpochState); ++byte) {
            abi::AIVMEpochState epoch = state.kernels.epoch();
            reinterpret_cast<std::uint8_t*>(&epoch)[byte] ^= 1;
            State changed = state;
            changed.kernels.load_epoch(epoch);
            judge(fmt::format("epoch byte {}", byte), changed);
        }
    }

    reference::World base_;
    std::set<std::string> tried_;
    std::set<std::string> noticed_;
};

TEST(ReferenceComparison, NoticesEveryFieldOfEveryRecord) {
    Sensitivity sensitivity;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        const Choose choose = [generator = std::mt19937_64(seed)](std::uint32_t bound) mutable {
            return static_cast<std::uint32_t>(generator() % bound);
        };
        TestOptions options = random_options(choose);
        options.parameters.policy.obligation_rule = true;
        TestChain chain(options);
        EveryOperation player(chain, choose);
        for (int i = 1; i <= 30; ++i) {
            chain.offer(player.for_a_block());
            if (i % 3 == 0) sensitivity.look_at(chain.state());
        }
    }
    // A link that only speeds up a search: where it is wrong, the operations that search find the
    // wrong dispute, and that is noticed.
    EXPECT_EQ(sensitivity.never_noticed(), std::set<std::string>{"Dispute.latest"});
    EXPECT_GT(sensitivity.tried(), 150U);
}

}  // namespace
}  // namespace aivm::test
