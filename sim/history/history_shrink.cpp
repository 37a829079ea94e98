#include "sim/history/history_shrink.h"

#include <algorithm>
#include <set>

#include "sim/history/operation_printer.h"

namespace aivm::sim {
namespace {

using Key = std::string;  // operations with the same key are taken out together
using KeyOf = Key (*)(const SignedOperation&);

Key sender_of(const SignedOperation& operation) { return to_hex(operation.sender().view()); }
// A task with all operations about it; operations about no task go by sender.
Key job_key(const SignedOperation& operation) {
    const std::string_view job = job_of(operation.body());
    return job.empty() ? "from " + sender_of(operation) : "job " + Key(job);
}
Key operation_key(const SignedOperation& operation) { return to_hex(operation.id().view()); }

// Whole identities first, then tasks, then operations: each pass makes the next one cheap.
constexpr KeyOf kPasses[] = {sender_of, job_key, operation_key};

std::vector<Key> keys_of(const History& history, KeyOf key_of) {
    std::vector<Key> keys;
    std::set<Key> known;
    for (const HistoryRow& row : history) {
        for (const OperationPtr& operation : row.operations) {
            Key key = key_of(*operation);
            if (known.insert(key).second) keys.push_back(std::move(key));
        }
    }
    return keys;
}

History only(History history, const std::vector<Key>& keys, KeyOf key_of) {
    const std::set<Key> wanted(keys.begin(), keys.end());
    for (HistoryRow& row : history) {
        std::erase_if(row.operations,
                      [&](const OperationPtr& op) { return !wanted.contains(key_of(*op)); });
    }
    return history;
}

// The obligations that the violating actors still have. A smaller history must keep them, or a
// wrong result that escaped punishment would shrink to a violation without any wrong result.
struct AtStake {
    bool posted = false;  // an answer that can still be challenged
    bool wrong = false;   // and that is wrong

    [[nodiscard]] bool covers(const AtStake& other) const {
        return posted >= other.posted && wrong >= other.wrong;
    }
};

// Decides whether a smaller history still shows the violation that was found.
class ViolationMatcher {
public:
    ViolationMatcher(const Participants& participants, const Violation& found)
        : participants_(participants), found_(found) {}

    // Whether the same actors violate the invariant.
    [[nodiscard]] bool matches(const PlayedHistory& played) const {
        return played.violation &&
               (found_.actors.empty() || played.violation->actors == found_.actors);
    }

    AtStake at_stake(const State& state) {
        AtStake out;
        Truth truth;
        state.tasks.for_each([&](std::size_t, const Task& task) {
            for (const Seat& seat : task.seats) {
                if (seat.status != SeatStatus::kPosted ||
                    !is_found(state.provider(seat.provider).owner))
                    continue;
                out.posted = true;
                out.wrong = out.wrong || seat.answer != truth.answer(state, task);
            }
        });
        return out;
    }

private:
    [[nodiscard]] bool is_found(const Address& address) const {
        const auto actor = participants_.find(address);
        return actor &&
               std::ranges::find(found_.actors, participants_.name(*actor)) != found_.actors.end();
    }

    const Participants& participants_;
    const Violation& found_;
};

}  // namespace

Result<std::optional<ShrunkHistory>> shrink_history(const World& world, const Violation& found,
                                                    ShrinkBudget& budget) {
    HistoryPlayer player(world, found.invariant);
    const History whole = history_of(world.history());
    AIVM_ASSIGN(const PlayedHistory original, player.play(whole));
    ViolationMatcher matcher(world.chain_basis().participants, found);
    if (!matcher.matches(original)) return std::nullopt;
    const AtStake at_stake = matcher.at_stake(original.state);

    PlayedHistory best = original;
    std::optional<Error> broken;
    for (const KeyOf key_of : kPasses) {
        (void)shrink(keys_of(best.history, key_of), budget,
                     [&](const std::vector<Key>& keys) -> std::optional<std::vector<Key>> {
                         if (broken || !budget.take(operation_count(best.history)))
                             return std::nullopt;
                         auto played = player.play(only(best.history, keys, key_of));
                         if (!played) broken = played.error();
                         if (!played || !matcher.matches(*played)) return std::nullopt;
                         if (!matcher.at_stake(played->state).covers(at_stake)) return std::nullopt;
                         best = std::move(*played);
                         return keys_of(best.history, key_of);
                     });
    }
    if (broken) return tl::unexpected(*broken);

    ShrunkHistory out{best.history, *best.violation, operation_count(whole), {}};
    // Described by the state of the whole run, so that task numbers agree with its messages and its
    // database.
    OperationPrinter printer(world.chain_basis().participants, original.state);
    for (std::size_t i = 0; i < best.history.size(); ++i) {
        for (const OperationPtr& op : best.history[i].operations)
            out.actions.push_back(printer.describe(*op, i + 1));
    }
    return out;
}

}  // namespace aivm::sim
