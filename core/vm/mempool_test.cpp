// Mempool compared with a model: a plain list that every call walks from the front.
#include "core/vm/mempool.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace aivm {
namespace {

Address queue_sender(std::uint8_t number) {
    Address out;
    out.bytes[19] = number;
    return out;
}

OperationPtr queued(std::uint8_t sender, std::uint64_t nonce) {
    return SignedOperation::unsealed({queue_sender(sender), nonce, op::DeregisterProvider{"p"}});
}

bool is_same_place(const OperationPtr& a, const SignedOperation& b) {
    return a->sender() == b.sender() && a->nonce() == b.nonce();
}

struct PlainQueue {
    struct Entry {
        OperationPtr operation;
        int tries = 0;
    };
    std::vector<Entry> arrivals;

    auto find(const SignedOperation& operation) {
        return std::ranges::find_if(
            arrivals, [&](const Entry& e) { return is_same_place(e.operation, operation); });
    }
    bool add(const OperationPtr& operation) {
        if (find(*operation) != arrivals.end()) return false;
        arrivals.push_back({operation, 0});
        return true;
    }
    void refuse(const SignedOperation& operation) {
        const auto entry = find(operation);
        if (entry != arrivals.end() && ++entry->tries == Mempool::kTriesMax) arrivals.erase(entry);
    }
    void remove_up_to(const Address& sender, std::uint64_t nonce) {
        std::erase_if(arrivals, [&](const Entry& e) {
            return e.operation->sender() == sender && e.operation->nonce() <= nonce;
        });
    }
    // Each sender's arrivals are served in order of nonce.
    [[nodiscard]] std::vector<OperationPtr> candidates(std::size_t count) const {
        std::vector<OperationPtr> out;
        std::vector<OperationPtr> left;
        for (const Entry& e : arrivals) left.push_back(e.operation);
        for (const Entry& place : arrivals) {
            if (out.size() == count) break;
            auto next = left.end();
            for (auto it = left.begin(); it != left.end(); ++it) {
                if ((*it)->sender() != place.operation->sender()) continue;
                if (next == left.end() || (*it)->nonce() < (*next)->nonce()) next = it;
            }
            out.push_back(*next);
            left.erase(next);
        }
        return out;
    }
};

void expect_same_queue(const Mempool& tested, const PlainQueue& model, std::size_t count) {
    const auto everything = [](const OperationPtr&) { return true; };
    const std::vector<OperationPtr> expected = model.candidates(count);
    const std::vector<OperationPtr> offered = tested.candidates(count, everything);
    RC_ASSERT(tested.size() == model.arrivals.size());
    RC_ASSERT(std::ranges::equal(
        offered, expected, [](const auto& a, const auto& b) { return is_same_place(a, *b); }));
}

RC_GTEST_PROP(Mempool, OffersWhatAPlainListWould, ()) {
    struct Step {
        int kind;
        std::uint8_t sender;
        std::uint64_t nonce;
    };
    const auto program = *rc::gen::container<std::vector<Step>>(
        rc::gen::construct<Step>(rc::gen::inRange(0, 12), rc::gen::inRange<std::uint8_t>(0, 4),
                                 rc::gen::inRange<std::uint64_t>(1, 12)));
    Mempool tested(1000);
    PlainQueue model;
    for (const auto& [kind, sender, nonce] : program) {
        const OperationPtr operation = queued(sender, nonce);
        if (kind < 7) {
            RC_ASSERT(tested.add(operation).has_value() == model.add(operation));
        } else if (kind < 9) {
            tested.note_refused(*operation);
            model.refuse(*operation);
        } else if (kind == 9) {
            tested.remove(*operation);
            std::erase_if(model.arrivals,
                          [&](const auto& e) { return is_same_place(e.operation, *operation); });
        } else {
            State state;
            state.accounts.insert_or_edit(queue_sender(sender)).nonce = nonce;
            tested.remove_stale(state, {operation});
            model.remove_up_to(queue_sender(sender), nonce);
        }
        RC_ASSERT(tested.contains(*operation) == (model.find(*operation) != model.arrivals.end()));
        expect_same_queue(tested, model, nonce);
        expect_same_queue(tested, model, 1000);
    }
}

TEST(Mempool, AnOldOperationAtTheFrontKeepsItsPlaceWhileThousandsComeAndGo) {
    Mempool mempool(1000);
    ASSERT_TRUE(mempool.add(queued(0, 5)));
    for (std::uint64_t i = 1; i <= 3000; ++i) {
        const std::uint8_t sender = i % 2 == 0 ? 1 : 2;
        ASSERT_TRUE(mempool.add(queued(sender, i)));
        State state;
        state.accounts.insert_or_edit(queue_sender(sender)).nonce =
            i - std::min<std::uint64_t>(i, 4);
        mempool.remove_stale(state, {queued(sender, i)});
    }
    EXPECT_EQ(mempool.size(), 5U);
    const auto offered = mempool.candidates(10, {});
    ASSERT_EQ(offered.size(), 5U);
    EXPECT_EQ(offered[0]->nonce(), 5U);
    for (std::size_t i = 1; i < 5; ++i) EXPECT_EQ(offered[i]->nonce(), 2996 + i);
}

TEST(Mempool, ManySendersThatComeOnceAreForgotten) {
    Mempool mempool(10);
    for (std::uint32_t i = 0; i < 5000; ++i) {
        Address sender;
        sender.bytes[0] = static_cast<std::uint8_t>(i);
        sender.bytes[1] = static_cast<std::uint8_t>(i >> 8);
        const OperationPtr operation =
            SignedOperation::unsealed({sender, 1, op::DeregisterProvider{"p"}});
        ASSERT_TRUE(mempool.add(operation));
        State state;
        state.accounts.insert_or_edit(sender).nonce = 1;
        mempool.remove_stale(state, {operation});
        EXPECT_FALSE(mempool.contains(*operation));
    }
    EXPECT_EQ(mempool.size(), 0U);
    EXPECT_TRUE(mempool.candidates(10, {}).empty());
}

}  // namespace
}  // namespace aivm
