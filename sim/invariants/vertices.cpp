// S9 and L2: what vertices of a DAG say about themselves, and that contests end.
#include "sim/invariants/vertices.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/digest.h"
#include "core/chain/sealed.h"
#include "core/dag/commutation.h"
#include "core/execution/block_run.h"
#include "sim/invariants/invariant.h"
#include "sim/invariants/short_id.h"

namespace aivm::sim {
namespace {

// The job that an operation is about, read from its fields; nothing if it is about none.
std::optional<ConflictKey> job_of(const SignedOperation& operation) {
    return std::visit(
        [&](const auto& body) -> std::optional<ConflictKey> {
            using Body = std::decay_t<decltype(body)>;
            if constexpr (std::is_same_v<Body, op::SubmitTask>) {
                return "job:" + bound_job_id(operation.sender(), body.job_id);
            } else if constexpr (requires { body.job_id; }) {
                return "job:" + body.job_id;
            } else {
                return std::nullopt;
            }
        },
        operation.body());
}

}  // namespace

std::set<ConflictKey> jobs_of(const Vertex& vertex) {
    std::set<ConflictKey> jobs;
    if (vertex.is_cut()) jobs.insert("cut:" + std::to_string(vertex.cut()));
    for (const OperationPtr& operation : vertex.operations())
        if (auto job = job_of(*operation)) jobs.insert(*std::move(job));
    return jobs;
}

bool is_digest_of(const Hash32& id, ByteView sealed) {
    const auto opened = open_sealed(sealed, sealed.size());
    return opened && sha256(opened->body) == id;
}

namespace {

// S9. Checked once for every vertex that any node verifies: its keys are the jobs of its
// operations, each once, and those of a cut its number; and its bytes are decoded to the same
// vertex.
class KeysAreJobs final : public Invariant {
public:
    KeysAreJobs()
        : Invariant({.id = "S9",
                     .name = "keys-are-jobs",
                     .meaning = "the keys of a vertex are the jobs of its payload",
                     .reason = "Conflict keys are how a DAG finds out that two vertices "
                               "contain one job. A missing key lets the job be accepted twice; "
                               "an extra one blocks somebody else's work."}) {}

    void on_vertex_verified(ActorId, const DagVm&, const VertexPtr& vertex) override {
        if (!seen_.insert(vertex->id()).second) return;
        const std::set<ConflictKey> jobs = jobs_of(*vertex);
        const bool same = std::ranges::equal(jobs, vertex->jobs());
        expect(same, [&] {
            return fmt::format("vertex {} names {} keys and touches {} jobs",
                               short_id(vertex->id()), vertex->jobs().size(), jobs.size());
        });
        const auto decoded = Vertex::decode(vertex->encode());
        expect(decoded && (*decoded)->id() == vertex->id(), [&] {
            return fmt::format("vertex {} is not decoded to itself", short_id(vertex->id()));
        });
    }

private:
    std::set<Hash32> seen_;
};

// L2. A vertex that has a rival is decided within the time in which the chain must make progress.
class ContestsEnd final : public Invariant {
public:
    ContestsEnd()
        : Invariant({.id = "L2",
                     .name = "contests-end",
                     .meaning = "vertices that conflict are decided in time",
                     .reason = "Whoever creates a conflict on purpose must not gain time by "
                               "it. Undecided rivals keep honest jobs out of the chain and "
                               "their fees locked for as long as the contest lasts.",
                     .liveness = true}) {}

    void on_vertex_verified(ActorId node, const DagVm& vm, const VertexPtr& vertex) override {
        const std::vector<Hash32> rivals = vm.conflicts(vertex->id());
        if (rivals.empty() || !watch().correct(node)) return;
        std::map<Hash32, SimTime>& mine = contested_[node];
        mine.try_emplace(vertex->id(), watch().now());
        for (const Hash32& rival : rivals) mine.try_emplace(rival, watch().now());
    }
    void on_vertex_accepted(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        end_of(node, vertex->id());
    }
    void on_vertex_rejected(ActorId node, const DagVm&, const VertexPtr& vertex) override {
        end_of(node, vertex->id());
    }
    void on_dag_restarted(ActorId node, const DagVm&) override { contested_.erase(node); }
    void on_disk_replaced(ActorId node) override { contested_.erase(node); }
    void on_sample() override {
        const Recovery& recovery = watch().recovery();
        if (!recovery.stall_limit() || (recovery.healed_at() && !recovery.is_healed())) return;
        for (const auto& [node, mine] : contested_) {
            if (watch().dag_vm(node) == nullptr) continue;
            for (const auto& [id, since] : mine) {
                const SimTime from = std::max(since, recovery.healed_at().value_or(0));
                expect(watch().now() - from <= *recovery.stall_limit(),
                       [&, &vertex = id] {
                           return fmt::format(
                               "{} has not decided vertex {}, which has a rival, "
                               "for {} s",
                               watch().participants().name(node), short_id(vertex),
                               (watch().now() - from) / kSecond);
                       },
                       {node});
            }
        }
    }

private:
    void end_of(ActorId node, const Hash32& id) {
        if (contested_[node].erase(id) != 0) count_check();
    }

    std::map<ActorId, std::map<Hash32, SimTime>> contested_;  // undecided, since when
};

// R3. Once for every slice in which something independent can change its place: under random linear
// extensions of the DAG it reads and writes the same, and the defined order has one root.
class SlicesCommute final : public Invariant {
public:
    SlicesCommute()
        : Invariant({.id = "R3",
                     .name = "slices-commute",
                     .meaning = "what shares nothing comes out the same in every order of a "
                                "slice or block",
                     .reason = "Nodes may receive concurrent vertices in any order. If the "
                               "result depends on that order, nodes with the same vertices get "
                               "different balances and the chain splits."}) {}

    void on_settled(ActorId, const DagVm& vm, const CutResult& result) override {
        const std::uint64_t number = result.cut->cut();
        if (number != settled_ + 1) return;
        const State below = number == 1 ? vm.accepted().genesis_state() : std::move(last_);
        settled_ = number;
        last_ = result.executed->state;
        std::uint64_t draws = 0;
        const auto choose = [&](std::uint32_t below_this) {
            const Bytes counter = Writer().u64(draws++).take();
            const Hash32 draw = keccak256({result.cut->id().view(), counter});
            return static_cast<std::uint32_t>(draw.prefix64() % below_this);
        };
        const auto checked = check_commutation(below, result, watch().rules(), kOrders, choose);
        if (!checked) return report(fmt::format("slice {}: {}", number, checked.error().text()));
        if (checked->orders == 0) return;  // nothing could be compared
        expect(checked->differences.empty(),
               [&] { return fmt::format("slice {}: {}", number, checked->differences.front()); });
    }

private:
    static constexpr std::size_t kOrders = 2;
    std::uint64_t settled_ = 0;
    State last_;  // after that cut
};

}  // namespace

void add_vertex_invariants(Invariants& out) {
    out.push_back(std::make_unique<KeysAreJobs>());
    out.push_back(std::make_unique<ContestsEnd>());
    out.push_back(std::make_unique<SlicesCommute>());
}

}  // namespace aivm::sim
