#include "core/dag/commutation.h"

#include <fmt/format.h>

#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/dag/operation_access.h"
#include "core/execution/block_run.h"
#include "core/rewards/rewards.h"

namespace aivm {
namespace {

// What changes its place as a whole: a vertex, or one operation of a block.
struct MovedUnit {
    ValidatorIndex proposer;
    std::vector<OperationPtr> operations;
};

// Which units come before which: predecessors[i] are those before unit i. All are lower than i.
class PartialOrder {
public:
    explicit PartialOrder(std::vector<std::set<std::size_t>> predecessors)
        : waiting_for_(predecessors.size()), successors_(predecessors.size()) {
        for (std::size_t i = 0; i < predecessors.size(); ++i) {
            waiting_for_[i] = predecessors[i].size();
            for (const std::size_t before : predecessors[i]) successors_[before].push_back(i);
        }
    }
    [[nodiscard]] std::vector<std::size_t> extension(const ChooseNext& choose) const {
        std::vector<std::size_t> left = waiting_for_;
        std::set<std::size_t> ready;
        for (std::size_t i = 0; i < left.size(); ++i)
            if (left[i] == 0) ready.insert(i);
        std::vector<std::size_t> out;
        while (!ready.empty()) {
            const auto next =
                std::next(ready.begin(), choose(static_cast<std::uint32_t>(ready.size())));
            out.push_back(*next);
            ready.erase(next);
            for (const std::size_t after : successors_[out.back()])
                if (--left[after] == 0) ready.insert(after);
        }
        AIVM_CHECK(out.size() == left.size());
        return out;
    }

private:
    std::vector<std::size_t> waiting_for_;
    std::vector<std::vector<std::size_t>> successors_;
};

// Of vertices in the defined order, in which parents come first.
PartialOrder order_of(const std::vector<VertexPtr>& slice) {
    std::map<Hash32, std::size_t> places;
    std::vector<std::set<std::size_t>> predecessors(slice.size());
    for (std::size_t i = 0; i < slice.size(); ++i) {
        for (const Hash32& parent : slice[i]->parents())
            if (const auto place = places.find(parent); place != places.end())
                predecessors[i].insert(place->second);
        places.emplace(slice[i]->id(), i);
    }
    return PartialOrder(std::move(predecessors));
}

// Operations are numbered in the defined order.
using OperationNumber = std::uint32_t;

struct PlacedOperation {
    OperationPtr operation;
    ValidatorIndex proposer;
    std::size_t unit = 0;
    Accesses accesses;
};

std::vector<OperationPtr> operations_of(const std::vector<MovedUnit>& units) {
    std::vector<OperationPtr> out;
    for (const MovedUnit& unit : units)
        out.insert(out.end(), unit.operations.begin(), unit.operations.end());
    return out;
}

// The operations of a slice or block, in groups that are linked by dependent pairs.
class Groups {
public:
    Groups(const State& start, const std::vector<MovedUnit>& units, const Rules& rules) {
        const OperationAccess access(start, rules.parameters, operations_of(units));
        for (std::size_t u = 0; u < units.size(); ++u) {
            const ValidatorIndex proposer = units[u].proposer;
            for (const OperationPtr& operation : units[u].operations)
                operations_.push_back({operation, proposer, u, access.of(*operation, proposer)});
        }
        find_dependent_pairs();
        parent_.resize(operations_.size());
        std::iota(parent_.begin(), parent_.end(), OperationNumber{0});
        for (const auto& [first, second] : pairs_) parent_[root(first)] = root(second);
        for (OperationNumber i = 0; i < operations_.size(); ++i) group_.push_back(root(i));
    }
    [[nodiscard]] const std::vector<PlacedOperation>& operations() const { return operations_; }

    // The order of single operations in which every one may change its place that keeps those on
    // which it depends before it.
    [[nodiscard]] PartialOrder order() const {
        std::vector<std::set<std::size_t>> predecessors(operations_.size());
        for (const auto& [first, second] : pairs_) predecessors[second].insert(first);
        return PartialOrder(std::move(predecessors));
    }
    // For every operation, whether its group keeps the order of all dependent pairs when operation
    // i stands at place_of[i].
    [[nodiscard]] std::vector<bool> comparable(const std::vector<OperationNumber>& place_of) const {
        std::vector<bool> broken(operations_.size());  // by group
        for (const auto& [first, second] : pairs_)
            if (place_of[first] > place_of[second]) broken[group_[first]] = true;
        std::vector<bool> out;
        for (const OperationNumber group : group_) out.push_back(!broken[group]);
        return out;
    }

private:
    // The users of an entry one after the other form runs: a writer alone, or users that all only
    // read or all only add. Each depends on those of the run before; on earlier ones through them.
    void find_dependent_pairs() {
        struct Runs {
            std::vector<OperationNumber> before;
            std::vector<OperationNumber> current;
            Access access = Access::kWrite;  // of the current run
        };
        std::map<StateEntry, Runs> entries;
        for (OperationNumber i = 0; i < operations_.size(); ++i) {
            for (const auto& [entry, access] : operations_[i].accesses) {
                Runs& runs = entries[entry];
                if (depend(runs.access, access)) {
                    runs.before = std::exchange(runs.current, {});
                    runs.access = access;
                }
                for (const OperationNumber earlier : runs.before) pairs_.emplace(earlier, i);
                runs.current.push_back(i);
            }
        }
    }
    OperationNumber root(OperationNumber i) {
        while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
        return i;
    }

    std::vector<PlacedOperation> operations_;
    std::set<std::pair<OperationNumber, OperationNumber>>
        pairs_;  // that depend; the others follow from these
    std::vector<OperationNumber> parent_;
    std::vector<OperationNumber> group_;  // of each operation
};

// What one operation did in one order.
struct Effect {
    std::optional<ErrorCode> refused;
    std::map<StateEntry, Bytes> read;   // before it; without those that it only adds to
    std::map<StateEntry, Bytes> wrote;  // after it; where it adds, by how much
};

struct Observed {
    std::vector<Effect> effects;  // by number of the operation
    Transition::Finished finished;
};

Amount balance_of(const State& state, const StateEntry& account) {
    const auto address = fixed_from_hex<Address::size_bytes>(account.name);
    AIVM_CHECK(account.kind == EntryKind::kAccount && address);
    return state.balance(*address);
}

// Applies one operation as run_slice() does.
Effect apply_observed(BlockRun& run, const PlacedOperation& placed) {
    Effect out;
    std::map<StateEntry, Amount> balances;  // of the accounts that it adds to
    for (const auto& [entry, access] : placed.accesses) {
        if (access == Access::kAdd) {
            balances.emplace(entry, balance_of(run.state(), entry));
        } else {
            out.read.emplace(entry, entry_contents(run.state(), entry));
        }
    }
    if (const Status status = run.apply(*placed.operation, placed.proposer); !status) {
        out.refused = status.error().code;
        run.charge_void(*placed.operation, placed.proposer);
    }
    for (const auto& [entry, access] : placed.accesses)
        if (access == Access::kWrite) out.wrote.emplace(entry, entry_contents(run.state(), entry));
    for (const auto& [entry, before] : balances) {
        const Amount added = balance_of(run.state(), entry) - before;
        out.wrote.emplace(entry, Writer().amount(added).take());
    }
    return out;
}

// Everything that a slice touched, by names that do not depend on the order of arrival.
std::map<std::string, Bytes> contents_of(const Transition::Finished& finished,
                                         std::size_t old_receipts) {
    const State& state = finished.state;
    std::map<std::string, Bytes> out;
    for (const Address& address : finished.touched.accounts)
        out["account " + to_hex(address.view())] = contents_bytes(*state.accounts.find(address));
    for (const std::uint32_t i : finished.touched.providers)
        out["provider " + state.providers[i].id] = contents_bytes(state.providers[i]);
    for (const std::uint32_t i : finished.touched.tasks)
        out["job " + state.tasks[i].job_id] = job_contents(state, TaskIndex{i});
    for (const std::uint32_t i : finished.touched.models)
        out["model " + state.models[i]->id] = contents_bytes(state.model_status[i]);
    for (const std::uint32_t i : finished.touched.validators)
        out[fmt::format("validator {}", i)] = contents_bytes(state.validators[i]);
    out["the head of the chain"] = contents_bytes(state.head);
    out["the number of waiting tasks"] = Writer().u32(state.waiting_tasks).take();
    Writer receipts;
    for (std::size_t i = old_receipts; i < state.receipts.size(); ++i) {
        Receipt receipt = state.receipts[i];
        receipt.task = {};
        encode(receipts, receipt);
    }
    out["the list of receipts"] = receipts.take();
    return out;
}

// The names of the rows that a slice appended, in order.
std::vector<std::string> new_rows(const State& start, const State& state) {
    std::vector<std::string> out;
    for (std::size_t i = start.tasks.size(); i < state.tasks.size(); ++i)
        out.push_back(state.tasks[i].job_id);
    for (std::size_t i = start.providers.size(); i < state.providers.size(); ++i)
        out.push_back(state.providers[i].id);
    for (std::size_t i = start.models.size(); i < state.models.size(); ++i)
        out.push_back(state.models[i]->id);
    for (std::size_t i = start.validators.size(); i < state.validators.size(); ++i)
        out.push_back(to_hex(state.validators[i].address.view()));
    for (std::size_t i = start.disputes.size(); i < state.disputes.size(); ++i) {
        const Dispute& d = state.disputes[i];
        out.push_back(state.task(d.task).job_id + to_hex(d.challenger.view()));
    }
    for (std::size_t i = start.trace_nodes.size(); i < state.trace_nodes.size(); ++i) {
        const TraceNode& node = state.trace_nodes[i];
        out.push_back(fmt::format("{} {}", state.task(node.task).job_id, node.step));
    }
    return out;
}

// The operations of a slice or block in several orders, against the defined one.
class Oracle {
public:
    // `root` is the state root after the defined order.
    Oracle(const State& below, const BlockContext& context, const std::vector<MovedUnit>& units,
           const Hash32& root, const Rules& rules)
        : below_(below),
          context_(context),
          root_(root),
          rules_(rules),
          start_(BlockRun(below, context_, rules).state()),
          units_(units.size()),
          groups_(start_, units, rules) {}

    [[nodiscard]] const Groups& groups() const { return groups_; }
    // `units` are all units, in the order in which they are to be executed.
    Status try_order(const std::vector<std::size_t>& units) {
        const std::vector<OperationNumber> sequence = sequence_of(units);
        std::vector<OperationNumber> place_of(sequence.size());
        for (OperationNumber place = 0; place < sequence.size(); ++place)
            place_of[sequence[place]] = place;
        const std::vector<bool> comparable = groups_.comparable(place_of);
        const std::uint64_t pairs = pairs_that_changed(place_of, comparable);
        if (pairs == 0) return {};
        AIVM_TRY(run_reference());
        AIVM_ASSIGN(const Observed other, run(sequence));
        ++out_.orders;
        out_.pairs += pairs;
        bool whole = true;
        for (OperationNumber i = 0; i < comparable.size(); ++i) {
            if (comparable[i]) compare_effects(i, other.effects[i]);
            whole = whole && comparable[i];
        }
        if (whole) compare_ends(other.finished);
        return {};
    }
    [[nodiscard]] Commutation take() { return std::move(out_); }

private:
    // The numbers of the operations when the units come in this order.
    [[nodiscard]] std::vector<OperationNumber> sequence_of(
        const std::vector<std::size_t>& units) const {
        AIVM_CHECK(units.size() == units_);
        std::vector<std::vector<OperationNumber>> of_unit(units_);
        for (OperationNumber i = 0; i < groups_.operations().size(); ++i)
            of_unit[groups_.operations()[i].unit].push_back(i);
        std::vector<OperationNumber> out;
        for (const std::size_t unit : units)
            out.insert(out.end(), of_unit[unit].begin(), of_unit[unit].end());
        return out;
    }
    [[nodiscard]] static std::uint64_t pairs_that_changed(
        const std::vector<OperationNumber>& place_of, const std::vector<bool>& comparable) {
        std::uint64_t out = 0;
        for (OperationNumber b = 1; b < place_of.size(); ++b)
            for (OperationNumber a = 0; a < b; ++a)
                if (comparable[a] && comparable[b] && place_of[a] > place_of[b]) ++out;
        return out;
    }
    [[nodiscard]] Result<Observed> run(const std::vector<OperationNumber>& sequence) const {
        BlockRun block(below_, context_, rules_);
        std::vector<OperationPtr> all;
        for (const OperationNumber i : sequence) all.push_back(groups_.operations()[i].operation);
        block.prepare(all);
        Observed out;
        out.effects.resize(sequence.size());
        for (const OperationNumber i : sequence)
            out.effects[i] = apply_observed(block, groups_.operations()[i]);
        AIVM_ASSIGN(out.finished, std::move(block).finish());
        return out;
    }
    // The defined order, observed: it must lead to the state that is known.
    Status run_reference() {
        if (reference_) return {};
        std::vector<OperationNumber> sequence(groups_.operations().size());
        std::iota(sequence.begin(), sequence.end(), OperationNumber{0});
        AIVM_ASSIGN(reference_, run(sequence));
        if (reference_->finished.state.state_root != root_)
            differ("two executions in the defined order have different roots");
        return {};
    }
    void differ(std::string what) { out_.differences.push_back(std::move(what)); }

    void compare_effects(OperationNumber i, const Effect& other) {
        const Effect& mine = reference_->effects[i];
        const SignedOperation& operation = *groups_.operations()[i].operation;
        const auto who = [&] {
            return fmt::format("a {} of {}", operation_name(operation.body()),
                               to_hex(operation.sender().view()));
        };
        if (mine.refused != other.refused) {
            const auto outcome = [](const Effect& effect) {
                return effect.refused ? error_name(*effect.refused) : "success";
            };
            differ(fmt::format("{} ends in {} in the defined order and in {} in another", who(),
                               outcome(mine), outcome(other)));
        }
        for (const auto& [entry, contents] : mine.read)
            if (other.read.at(entry) != contents)
                differ(fmt::format("{} reads another {} in another order", who(), entry.text()));
        for (const auto& [entry, contents] : mine.wrote)
            if (other.wrote.at(entry) != contents)
                differ(fmt::format("{} writes another {} in another order", who(), entry.text()));
    }
    void compare_ends(const Transition::Finished& other) {
        ++out_.whole;
        const Transition::Finished& mine = reference_->finished;
        const auto named = contents_of(mine, start_.receipts.size());
        const auto named_there = contents_of(other, start_.receipts.size());
        for (const auto& [name, contents] : named) {
            const auto there = named_there.find(name);
            if (there == named_there.end() || there->second != contents)
                differ(name + " depends on the order");
        }
        for (const auto& [name, contents] : named_there)
            if (!named.contains(name)) differ(name + " is touched in one order only");
        if (new_rows(start_, mine.state) != new_rows(start_, other.state)) return;
        ++out_.roots;
        if (mine.state.state_root != other.state.state_root)
            differ("the state root depends on the order");
        if (receipt_root(mine.state) != receipt_root(other.state))
            differ("the receipt root depends on the order");
    }

    const State& below_;
    BlockContext context_;
    Hash32 root_;
    const Rules& rules_;
    State start_;  // in which the first operation is applied
    std::size_t units_;
    Groups groups_;
    std::optional<Observed> reference_;
    Commutation out_;
};

std::uint32_t last_of(std::uint32_t ready) { return ready - 1; }

}  // namespace

Result<Commutation> check_commutation(const State& below, const CutResult& result,
                                      const Rules& rules, std::size_t orders,
                                      const ChooseNext& choose) {
    if (result.slice.size() < 2) return Commutation{};
    std::vector<MovedUnit> units;
    for (const VertexPtr& vertex : result.slice)
        units.push_back({vertex->header().proposer, vertex->operations()});
    const BlockContext context =
        context_of(below, block_header_of(result.cut->header(), result.cut->seal()));
    Oracle oracle(below, context, units, result.executed->state.state_root, rules);
    const PartialOrder order = order_of(result.slice);
    for (std::size_t n = 0; n < orders; ++n) AIVM_TRY(oracle.try_order(order.extension(choose)));
    return oracle.take();
}

Result<Commutation> check_reversed(const State& below, const CutResult& result,
                                   const Rules& rules) {
    return check_commutation(below, result, rules, 1, last_of);
}

Result<Commutation> check_reversed(const State& below, const Executed& executed,
                                   const Rules& rules) {
    AIVM_CHECK(executed.block != nullptr);
    const Block& block = *executed.block;
    if (block.operations().size() < 2) return Commutation{};
    std::vector<MovedUnit> units;
    for (const OperationPtr& operation : block.operations())
        units.push_back({block.header().proposer, {operation}});
    Oracle oracle(below, context_of(below, block.header()), units, executed.state.state_root,
                  rules);
    AIVM_TRY(oracle.try_order(oracle.groups().order().extension(last_of)));
    return oracle.take();
}

}  // namespace aivm
