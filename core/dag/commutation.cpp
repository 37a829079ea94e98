#include "core/dag/commutation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "core/base/encode.h"
#include "core/tasks/admission.h"

namespace aivm {
namespace {

using Resources = std::set<std::string>;
using ChooseBelow = std::function<std::uint32_t(std::uint32_t)>;

std::string account_resource(const Address& address) { return "a" + to_hex(address.view()); }

// What the operations of one slice can touch, as far as the state below it says.
class Touches {
public:
    Touches(const State& below, const VmParameters& parameters, std::size_t submissions)
        : below_(below), parameters_(parameters) {
        // Submissions compete for room and price only where the queue's length changes either.
        const std::uint64_t waiting = below.waiting_tasks;
        crowded_ =
            waiting + submissions >= parameters.config.max_task_queue_size ||
            required_fee(parameters, waiting) != required_fee(parameters, waiting + submissions);
    }

    Resources of(const SignedOperation& operation) {
        out_ = {account_resource(operation.sender())};
        std::visit([&](const auto& body) { add(operation.sender(), body); }, operation.body());
        return std::move(out_);
    }

private:
    void add(const Address& sender, const op::SubmitTask& b) {
        add_job(stored_job_id(parameters_, sender, b));
        out_.insert("m" + b.model_id);
        if (crowded_) out_.insert("queue");
    }
    void add(const Address&, const op::RegisterProvider& b) {
        add_provider(b.provider_id);
        out_.insert(account_resource(b.wallet));
        for (const std::string& model : b.models) out_.insert("m" + model);
        out_.insert("tables");
    }
    void add(const Address&, const op::RegisterModel& b) {
        out_.insert("m" + b.model->id);
        out_.insert("tables");
    }
    void add(const Address&, const op::RetireModel& b) { out_.insert("m" + b.model_id); }
    void add(const Address&, const op::ModelUpdate&) { out_.insert("tables"); }
    void add(const Address&, const op::Attest& b) {
        add_provider(b.provider_id);
        out_.insert("tables");
    }
    void add(const Address&, const op::Evidence& b) {
        out_.insert(fmt::format("v{}", b.validator));
        out_.insert("validators");
    }
    void add(const Address&, const op::JoinValidators&) { out_.insert("validators"); }
    void add(const Address&, const op::WithdrawStake&) { out_.insert("validators"); }
    template <class Body>
    void add(const Address&, const Body& b) {
        if constexpr (requires { b.provider_id; }) add_provider(b.provider_id);
        if constexpr (requires { b.job_id; }) add_job(b.job_id);
    }

    void add_provider(const std::string& id) {
        out_.insert("p" + id);
        const auto index = below_.find_provider(id);
        if (!index) return;
        const Provider& provider = below_.provider(*index);
        out_.insert(account_resource(provider.owner));
        out_.insert(account_resource(provider.wallet));
        for (const ModelIndex model : provider.models) out_.insert("m" + below_.model(model).id);
    }
    void add_job(const std::string& id) {
        out_.insert("j" + id);
        const auto index = below_.find_task(id);
        if (!index) return;
        const Task& task = below_.task(*index);
        out_.insert(account_resource(task.requester));
        for (const Seat& seat : task.seats) add_provider(below_.provider(seat.provider).id);
        const auto add_challenger = [&](DisputeIndex, const Dispute& d) {
            out_.insert(account_resource(d.challenger));
        };
        below_.for_each_dispute(task.disputes, add_challenger);
        below_.for_each_dispute(task.claims, add_challenger);
    }

    const State& below_;
    const VmParameters& parameters_;
    bool crowded_ = false;
    Resources out_;
};

// The vertices of a slice with their order: above[i][j] says that j is an ancestor of i.
struct Shape {
    std::vector<std::vector<bool>> above;

    explicit Shape(const std::vector<VertexPtr>& slice) {
        std::map<Hash32, std::size_t> places;
        for (std::size_t i = 0; i < slice.size(); ++i) {
            std::vector<bool>& mine = above.emplace_back(slice.size());
            for (const Hash32& parent : slice[i]->parents()) {
                const auto place = places.find(parent);  // parents come first: they are lower
                if (place == places.end()) continue;
                mine[place->second] = true;
                for (std::size_t j = 0; j < i; ++j)
                    if (above[place->second][j]) mine[j] = true;
            }
            places.emplace(slice[i]->id(), i);
        }
    }
    [[nodiscard]] bool concurrent(std::size_t a, std::size_t b) const {
        return a != b && !above[a][b] && !above[b][a];
    }
    [[nodiscard]] std::vector<std::size_t> random_order(const ChooseBelow& choose) const {
        std::vector<std::size_t> out;
        std::vector<bool> done(above.size());
        while (out.size() < above.size()) {
            std::vector<std::size_t> ready;
            for (std::size_t i = 0; i < above.size(); ++i) {
                bool is_ready = !done[i];
                for (std::size_t j = 0; j < above.size(); ++j)
                    is_ready = is_ready && (!above[i][j] || done[j]);
                if (is_ready) ready.push_back(i);
            }
            const std::size_t next = ready[choose(static_cast<std::uint32_t>(ready.size()))];
            done[next] = true;
            out.push_back(next);
        }
        return out;
    }
};

struct PlacedOperation {
    OperationPtr operation;
    std::size_t vertex;
};

// Groups operations that are linked by shared resources, and finds those groups whose vertices are
// all ordered by ancestry.
class Groups {
public:
    Groups(const State& below, const std::vector<VertexPtr>& slice, const Rules& rules)
        : shape_(slice) {
        std::size_t submissions = 0;
        for (std::size_t v = 0; v < slice.size(); ++v) {
            for (const OperationPtr& operation : slice[v]->operations()) {
                operations_.push_back({operation, v});
                submissions += std::holds_alternative<op::SubmitTask>(operation->body()) ? 1 : 0;
            }
        }
        Touches touches(below, rules.parameters, submissions);
        parent_.resize(operations_.size());
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
        std::map<std::string, std::size_t> owner;
        for (std::size_t i = 0; i < operations_.size(); ++i) {
            const SignedOperation& operation = *operations_[i].operation;
            resources_.push_back(touches.of(operation));
            const std::uint32_t proposer = slice[operations_[i].vertex]->header().proposer.value;
            if (!operation.inclusion_fee().is_zero() && proposer < below.validators.size())
                resources_.back().insert(account_resource(below.validators[proposer].address));
            for (const std::string& resource : resources_.back()) {
                const auto [known, fresh] = owner.emplace(resource, i);
                if (!fresh) parent_[root(i)] = root(known->second);
            }
        }
    }

    // The operations whose whole group is ordered, and everything that they touch.
    [[nodiscard]] std::vector<OperationPtr> independent(Resources& touched) {
        std::map<std::size_t, std::vector<std::size_t>> members;
        for (std::size_t i = 0; i < operations_.size(); ++i) members[root(i)].push_back(i);
        std::vector<OperationPtr> out;
        for (const auto& [group, list] : members) {
            bool ordered = true;
            for (const std::size_t a : list)
                for (const std::size_t b : list)
                    ordered =
                        ordered && !shape_.concurrent(operations_[a].vertex, operations_[b].vertex);
            if (!ordered) continue;
            for (const std::size_t i : list) {
                out.push_back(operations_[i].operation);
                touched.insert(resources_[i].begin(), resources_[i].end());
            }
        }
        return out;
    }
    [[nodiscard]] const Shape& shape() const { return shape_; }

private:
    std::size_t root(std::size_t i) {
        while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
        return i;
    }

    Shape shape_;
    std::vector<PlacedOperation> operations_;
    std::vector<Resources> resources_;
    std::vector<std::size_t> parent_;
};

// A task without the numbers of rows, which follow the order of arrival.
Task without_rows(Task task) {
    task.disputes.first = task.disputes.last = {};
    task.claims.first = task.claims.last = {};
    return task;
}

template <class T>
Bytes entry_bytes(const T& value) {
    Writer out;
    encode(out, value);
    return out.take();
}

// The entry of a resource in a state; empty if it is none that a state holds by name.
Bytes entry_of(const State& state, const std::string& resource) {
    const std::string name = resource.substr(1);
    if (resource[0] == 'j') {
        const auto task = state.find_task(name);
        return task ? entry_bytes(without_rows(state.task(*task))) : Bytes{};
    }
    if (resource[0] == 'p') {
        const auto provider = state.find_provider(name);
        return provider ? entry_bytes(state.provider(*provider)) : Bytes{};
    }
    if (resource[0] == 'a') {
        const auto address = fixed_from_hex<Address::size_bytes>(name);
        const Account* account = address ? state.accounts.find(*address) : nullptr;
        return account != nullptr ? entry_bytes(*account) : Bytes{};
    }
    return {};
}

std::set<Hash32> voids_of(const SliceRun& run) {
    std::set<Hash32> out;
    for (const VoidOperation& v : run.voids) out.insert(v.operation->id());
    return out;
}

}  // namespace

Result<Commutation> check_commutation(const State& below, const BlockContext& context,
                                      std::vector<VertexPtr> slice, const Rules& rules,
                                      std::size_t orders,
                                      const std::function<std::uint32_t(std::uint32_t)>& choose) {
    Commutation out;
    sort_slice(slice, context.beacon);
    AIVM_ASSIGN(const SliceRun reference, run_slice(below, context, slice, rules));
    std::vector<VertexPtr> shuffled = slice;
    for (std::size_t i = shuffled.size(); i > 1; --i)
        std::swap(shuffled[i - 1], shuffled[choose(static_cast<std::uint32_t>(i))]);
    sort_slice(shuffled, context.beacon);
    AIVM_ASSIGN(const SliceRun again, run_slice(below, context, shuffled, rules));
    if (again.finished.state.state_root != reference.finished.state.state_root)
        out.differences.emplace_back("two executions in the defined order have different roots");

    Groups groups(below, slice, rules);
    Resources touched;
    const std::vector<OperationPtr> independent = groups.independent(touched);
    out.operations = independent.size();
    const auto voids = voids_of(reference);
    for (std::size_t n = 0; n < orders; ++n) {
        std::vector<VertexPtr> order;
        for (const std::size_t i : groups.shape().random_order(choose)) order.push_back(slice[i]);
        AIVM_ASSIGN(const SliceRun run, run_slice(below, context, order, rules));
        const auto other_voids = voids_of(run);
        for (const OperationPtr& o : independent) {
            if (voids.contains(o->id()) == other_voids.contains(o->id())) continue;
            out.differences.push_back(fmt::format("a {} of {} is void in one order only",
                                                  operation_name(o->body()),
                                                  to_hex(o->sender().view())));
        }
        for (const std::string& resource : touched) {
            if (entry_of(run.finished.state, resource) ==
                entry_of(reference.finished.state, resource))
                continue;
            out.differences.push_back(resource + " depends on the order");
        }
    }
    return out;
}

}  // namespace aivm
