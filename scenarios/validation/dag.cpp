// C11-C14: Avalanche over a DAG in synchronous rounds, with the votes of the avalanche engine
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

}  // namespace aivm::scenarios
