// C11-C16: Avalanche over a DAG in synchronous rounds, with the votes of the avalanche engine
// (sim/consensus/avalanche/vertex_votes.h) and the conflicts of the VM (core/dag/conflict_graph.h).
#include <algorithm>
#include <string>

#include "core/base/digest.h"
#include "core/dag/conflict_graph.h"
#include "scenarios/validation/case_table.h"
#include "sim/consensus/avalanche/vertex_votes.h"
#include "sim/engine/random_stream.h"

namespace aivm::scenarios {
namespace {

using sim::AvalancheThresholds;
using sim::VertexVotes;

constexpr std::uint32_t kDagNodesMax = 10'000;
constexpr std::uint32_t kDagBetaMax = 100'000;
constexpr std::uint64_t kDagPollsMax = 10'000'000;
constexpr std::uint32_t kVerticesPerRun = 400;

sim::RandomStream dag_stream(const RunContext& context) {
    return sim::RandomStream({context.seed, 0, 1});
}

Hash32 vertex_id(std::uint64_t number) { return sha256(as_bytes(std::to_string(number))); }

// What each of n responders answers; a poll asks k different ones.
using Answers = std::vector<std::vector<Hash32>>;

Answers drawn(const Answers& all, std::uint32_t k, sim::RandomStream& random) {
    std::vector<std::uint32_t> order(all.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    Answers out;
    for (std::uint32_t i = 0; i < k; ++i) {
        std::swap(order[i], order[i + random.below(order.size() - i)]);
        out.push_back(all[order[i]]);
    }
    return out;
}

struct Responders {
    std::uint32_t n = 0;
    std::uint32_t k = 0;
    std::uint32_t alpha = 0;
};

Responders responders_of(const ValidationCase& c) {
    const std::uint32_t n = c.whole("n", 1, kDagNodesMax);
    const std::uint32_t k = c.whole("k", 1, n);
    return {n, k, c.whole("alpha", 1, k)};
}

// The responders beyond this share answer one thing, the others another.
Answers split(const Responders& r, double share, const std::vector<Hash32>& most,
              const std::vector<Hash32>& others) {
    Answers out(r.n, most);
    std::fill_n(out.begin(), static_cast<std::size_t>(share * r.n + 0.5), others);
    return out;
}

// Polls until a vertex is accepted, each time from these votes.
Result<Sample> polls_until(const VertexVotes& start, const Answers& answers, std::uint32_t k,
                           const Hash32& vertex, sim::RandomStream random) {
    constexpr int kVertices = 50;
    Sample sample;
    for (int i = 0; i < kVertices; ++i) {
        VertexVotes votes = start;
        std::uint64_t polls = 0;
        for (; votes.contains(vertex); ++polls) {
            if (polls == kDagPollsMax)
                return fail(ErrorCode::kLimitReached, "the vertex is not decided in time");
            votes.poll(drawn(answers, k, random));
        }
        sample.part += static_cast<double>(polls);
        sample.whole += 1;
    }
    return sample;
}

// Nodes that poll each other for the tips that they prefer, round by round, until one of two rivals
// is accepted everywhere. Half of them saw one first. Returns whether the first one won.
Result<bool> first_rival_wins(const AvalancheThresholds& thresholds, std::uint32_t nodes,
                              std::uint32_t k, sim::RandomStream& random) {
    const Hash32 first = vertex_id(1);
    const Hash32 second = vertex_id(2);
    std::vector<VertexVotes> crowd(nodes, VertexVotes(thresholds));
    for (std::uint32_t i = 0; i < nodes; ++i) {
        const auto& [early, late] =
            i % 2 == 0 ? std::pair(first, second) : std::pair(second, first);
        crowd[i].add({early, 1, {}, {}});
        crowd[i].add({late, 1, {}, {early}});
    }
    Answers answers(nodes);
    std::uint32_t undecided = nodes;
    for (std::uint64_t round = 0; undecided > 0; ++round) {
        if (round == kDagPollsMax) return fail(ErrorCode::kLimitReached, "the rivals stay even");
        for (std::uint32_t i = 0; i < nodes; ++i)
            if (crowd[i].size() > 0) answers[i] = crowd[i].preferred_frontier();
        for (VertexVotes& votes : crowd) {
            if (votes.size() == 0) continue;
            votes.poll(drawn(answers, k, random));
            if (votes.size() == 0) --undecided;
        }
    }
    // What a node that has decided endorses is what it preferred last.
    return answers[0] == std::vector{first};
}

}  // namespace

Result<Sample> polls_of_a_virtuous_vertex(const ValidationCase& c, const RunContext& context) {
    const Responders r = responders_of(c);
    const std::uint32_t beta = c.whole("beta", 1, kDagBetaMax);
    const Hash32 vertex = vertex_id(1);
    VertexVotes votes({.alpha = r.alpha, .beta_virtuous = beta, .beta_rogue = beta + 1});
    votes.add({vertex, 1, {}, {}});
    return polls_until(votes, split(r, c.share("silent"), {vertex}, {}), r.k, vertex,
                       dag_stream(context));
}

Result<Sample> polls_of_a_rogue_vertex(const ValidationCase& c, const RunContext& context) {
    const Responders r = responders_of(c);
    const std::uint32_t beta = c.whole("beta", 2, kDagBetaMax);
    const Hash32 vertex = vertex_id(1);
    const Hash32 rival = vertex_id(2);
    VertexVotes votes({.alpha = r.alpha, .beta_virtuous = 1, .beta_rogue = beta});
    votes.add({vertex, 1, {}, {}});
    votes.add({rival, 1, {}, {vertex}});
    return polls_until(votes, split(r, c.share("f"), {vertex}, {rival}), r.k, vertex,
                       dag_stream(context));
}

Result<Sample> polls_with_undecided_responders(const ValidationCase& c, const RunContext& context) {
    const Responders r = responders_of(c);
    const Hash32 vertex = vertex_id(1);
    const Hash32 rival = vertex_id(2);
    const Answers answers = split(r, c.share("g"), {vertex}, {vertex, rival});
    sim::RandomStream random = dag_stream(context);
    VertexVotes votes({.alpha = r.alpha, .beta_virtuous = 1, .beta_rogue = kDagBetaMax});
    votes.add({vertex, 1, {}, {}});
    votes.add({rival, 1, {}, {vertex}});
    Sample sample;
    for (std::uint32_t i = 0; i < kVerticesPerRun; ++i) {
        votes.poll(drawn(answers, r.k, random));
        sample.whole += 1;
        if (votes.confidence(vertex) > 0) sample.part += 1;
    }
    return sample;
}

// Each vertex carries operations on m different jobs of J.
Result<Sample> conflicts_of_concurrent_vertices(const ValidationCase& c,
                                                const RunContext& context) {
    const std::uint32_t jobs = c.whole("J", 1, 1'000'000);
    const std::uint32_t n = c.whole("n", 2, 1000);
    const std::uint32_t each = c.whole("m", 1, std::min<std::uint32_t>(jobs / n, kVertexOpsMax));
    sim::RandomStream random = dag_stream(context);
    Sample sample;
    for (std::uint32_t i = 0; i < kVerticesPerRun; ++i) {
        ConflictGraph graph;
        bool conflict = false;
        for (std::uint32_t v = 0; v < n; ++v) {
            std::vector<OperationPtr> operations;
            while (operations.size() < each) {
                const op::Commit commit{std::to_string(random.below(jobs)), "provider", {}};
                const auto operation = std::make_shared<const SignedOperation>(
                    Operation{Address(), operations.size() + 1, commit}, Bytes());
                const bool is_new = std::ranges::none_of(operations, [&](const OperationPtr& one) {
                    return std::get<op::Commit>(one->body()).job_id == commit.job_id;
                });
                if (is_new) operations.push_back(operation);
            }
            VertexHeader header;
            header.height = 1;
            header.sequence = v + 1;
            const Vertex vertex(header, std::move(operations), Bytes());
            graph.add({vertex.id(), 1, {}, conflict_keys(vertex, ConflictKeyPolicy::kJob)});
            conflict = conflict || !graph.conflicts_of(vertex.id()).empty();
        }
        sample.whole += 1;
        if (conflict) sample.part += 1;
    }
    return sample;
}

// A vertex carries a job of its own and, with probability q, one that a rival carries too. When it
// loses, its own job goes into another vertex.
Result<Sample> vertices_per_settled_job(const ValidationCase& c, const RunContext& context) {
    const Responders r = responders_of(c);
    const std::uint32_t beta = c.whole("beta", 1, kDagBetaMax);
    const std::uint32_t contested_ppm = c.ppm("q");
    sim::RandomStream random = dag_stream(context);
    const AvalancheThresholds thresholds{r.alpha, beta, beta};
    Sample sample;
    for (std::uint32_t job = 0; job < kVerticesPerRun / 4; ++job) {
        for (bool settled = false; !settled;) {
            sample.part += 1;
            settled = true;
            if (!random.bernoulli_ppm(contested_ppm)) continue;
            AIVM_ASSIGN(settled, first_rival_wins(thresholds, r.n, r.k, random));
        }
        sample.whole += 1;
    }
    return sample;
}

// One node's votes; everybody endorses what it prefers. A cut is issued every I rounds on the
// preferred frontier, a vertex in every second round or so.
Result<Sample> rounds_to_settle(const ValidationCase& c, const RunContext& context) {
    const std::uint32_t interval = c.whole("I", 1, 10'000);
    const std::uint32_t beta = c.whole("beta", 1, 10'000);
    const std::uint32_t k = c.whole("k", 1, kDagNodesMax);
    sim::RandomStream random = dag_stream(context);
    VertexVotes votes({.alpha = k, .beta_virtuous = beta, .beta_rogue = beta});
    struct Cut {
        Hash32 id;
        std::vector<std::uint64_t> slice;  // when its vertices were issued
    };
    std::vector<Cut> cuts;                 // not accepted yet
    std::vector<std::uint64_t> unsettled;  // vertices that no cut names yet
    std::vector<Hash32> tips;
    std::map<Hash32, Height> heights;
    std::uint64_t number = 0;
    Sample sample;
    const auto issue = [&](const std::vector<Hash32>& parents) {
        Height height = 1;
        for (const Hash32& parent : parents) height = std::max(height, heights.at(parent) + 1);
        const Hash32 id = vertex_id(++number);
        heights.emplace(id, height);
        votes.add({id, height, parents, {}});
        return id;
    };
    for (std::uint64_t round = 0; sample.whole < kVerticesPerRun; ++round) {
        if (round % interval == 0) {
            std::vector<Hash32> parents = tips;
            if (!cuts.empty()) parents.push_back(cuts.back().id);
            cuts.push_back({issue(parents), std::exchange(unsettled, {})});
            tips.clear();
        }
        if (random.bernoulli_ppm(500'000)) {
            tips = {issue(tips)};
            unsettled.push_back(round + 1);
        }
        const Answers answers(k, votes.preferred_frontier());
        votes.poll(answers);
        while (!cuts.empty() && !votes.contains(cuts.front().id)) {
            for (const std::uint64_t issued : cuts.front().slice) {
                sample.part += static_cast<double>(round + 1 - (issued - 1));
                sample.whole += 1;
            }
            cuts.erase(cuts.begin());
        }
    }
    return sample;
}

}  // namespace aivm::scenarios
