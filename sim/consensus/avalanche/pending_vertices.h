// Vertices that are not verified yet: those that wait for their parents, those being fetched, those
// being verified, and the ids of those that were refused.
//
// Everything is bounded: bodies and fetches by the config, refused ids by number.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>

#include "sim/consensus/consensus.h"
#include "sim/consensus/timers.h"

namespace aivm::sim {

struct PendingVerticesConfig {
    std::uint32_t validators = 0;
    VoterIndex self = 0;
    std::size_t waiting_max = 4096;
    std::uint32_t fetch_attempts_max = 8;
    std::uint64_t fetch_timeout_ns = 2'000'000'000;
    // Whether the vertex is verified and undecided, or accepted.
    std::function<bool(const Hash32& id)> is_known;
};

class PendingVertices {
public:
    // `counters` must outlive this.
    PendingVertices(PendingVerticesConfig config, EngineCounters& counters,
                    std::uint64_t first_serial)
        : config_(std::move(config)), counters_(counters), next_serial_(first_serial) {}

    // Fetches the vertex from `from`, unless it is known, expected or refused.
    void want(VoterIndex from, const Hash32& id, Actions& out);
    // Appends Verify when all parents are known, Fetch for those that are missing, Discard when the
    // body is not needed.
    void body(VoterIndex from, const Item& vertex, Actions& out);

    // The verdict of a verification: the vertex it was about. Nothing if there is none.
    std::optional<Item> end_verification(const Hash32& id);
    // Another part of the engine wants to have the vertex verified now: forgets it. False if its
    // verdict is on its way anyway.
    bool hand_over(const Hash32& id);
    // The vertex is known now: verifies those that waited for it alone.
    void known(const Hash32& id, Actions& out);
    // The vertex is invalid or rejected: drops those that stand on it.
    void refused(const Hash32& id, Actions& out);
    // The vertex being verified cannot be judged before `delay_ns` from now.
    void not_before(const Hash32& id, std::uint64_t delay_ns, Actions& out);
    // The vertex being verified was refused for a reason that can pass: retry() verifies it again.
    // At once, if retry() was called since its verification was asked for.
    void park(const Hash32& id, Actions& out);
    // Something was decided.
    void retry(Actions& out);
    void on_fetch_timer(std::uint64_t serial, Actions& out);
    void on_due_timer(std::uint64_t serial, Actions& out);

    // Whether the vertex may still become known, or is on its way there.
    [[nodiscard]] bool expects(const Hash32& id) const {
        return fetching_.contains(id) || find(id) != nullptr;
    }
    // Whether that may be soon: nothing has to be decided first, for the vertex or for one that it
    // stands on.
    [[nodiscard]] bool expects_soon(const Hash32& id) const;
    // A vertex that is here and not known yet; null for all others.
    [[nodiscard]] const Item* find(const Hash32& id) const;
    [[nodiscard]] bool has_refused(const Hash32& id) const { return refused_.contains(id); }
    // Grows whenever a vertex is no longer expected.
    [[nodiscard]] std::uint64_t changes() const { return changes_; }

private:
    struct Fetching {
        VoterIndex from = 0;
        std::uint32_t attempts = 0;
        std::uint64_t serial = 0;
    };
    struct Waiting {
        Item vertex;
        std::set<Hash32> missing;  // parents
    };

    struct Verifying {
        Item vertex;
        std::uint64_t asked_at = 0;  // the number of calls of retry() before
    };

    void request(const Hash32& id, Fetching& fetching, Actions& out);
    void verify_again(const Hash32& id, Actions& out);
    void verify(const Item& vertex, Actions& out);
    void discard(const Hash32& id, Actions& out);
    void drop_descendants(const Hash32& id, bool refuse_them, Actions& out);
    void refuse(const Hash32& id);

    PendingVerticesConfig config_;
    EngineCounters& counters_;
    std::uint64_t next_serial_;
    std::uint64_t changes_ = 0;
    std::map<Hash32, Waiting> waiting_;
    std::map<Hash32, std::set<Hash32>> waiting_for_;  // parent -> children that wait
    std::map<Hash32, Fetching> fetching_;
    std::map<Hash32, Verifying> verifying_;
    std::uint64_t retries_ = 0;
    std::map<std::uint64_t, Hash32> due_;  // of verifying_, by their timer
    std::set<Hash32> parked_;              // of verifying_
    std::set<Hash32> refused_;
    std::deque<Hash32> refused_in_order_;
};

}  // namespace aivm::sim
