#include "core/dag/accepted_dag.h"

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/base/encode.h"
#include "core/base/mutant.h"
#include "core/execution/genesis.h"
#include "core/state/keys.h"
#include "core/state/load.h"

namespace aivm {
namespace {

Bytes tip_record(const Hash32& cut, const Hash32& state_root, const std::set<Hash32>& frontier) {
    Writer out;
    out.fixed(cut).fixed(state_root).u32(static_cast<std::uint32_t>(frontier.size()));
    for (const Hash32& id : frontier) out.fixed(id);
    return out.take();
}

Bytes number_record(std::uint64_t number) { return Writer().u64(number).take(); }

template <class T>
Bytes encoded(const T& value) {
    Writer out;
    encode(out, value);
    return out.take();
}

void copy_into(WriteBatch& batch, const WriteBatch& from) {
    for (std::size_t i = 0; i < from.size(); ++i) {
        const auto entry = from.entry(i);
        if (entry.value) {
            batch.put(entry.key, *entry.value);
        } else {
            batch.erase(entry.key);
        }
    }
}

}  // namespace

Result<AcceptedDag> AcceptedDag::open(const Setup& setup) {
    AIVM_CHECK(setup.genesis && setup.rules && setup.store);
    if (!setup.rules->parameters.dag)
        return fail(ErrorCode::kConfig, "these rules are those of a chain, not of a DAG");
    AcceptedDag dag(setup);
    AIVM_ASSIGN(const auto tip, setup.store->get(keys::single(keys::kDagTip)));
    if (tip) {
        AIVM_TRY(check_made_with(*setup.store, *setup.genesis, *setup.rules));
        AIVM_TRY(dag.load_tip(*tip));
        AIVM_TRY(dag.load_unsettled());
        AIVM_TRY(dag.load_epochs());
    } else {
        AIVM_TRY(dag.create());
    }
    return dag;
}

Status AcceptedDag::create() {
    AIVM_ASSIGN(const auto chain, setup_.store->get(keys::single(keys::kTip)));
    if (chain) return fail(ErrorCode::kConfig, "the store holds a chain of blocks, not a DAG");
    state_ = genesis_state();
    last_cut_ = genesis_id();
    frontier_ = {genesis_id()};
    auto batch = std::make_shared<WriteBatch>();
    copy_into(*batch, *setup_.genesis->batch);
    batch->erase(keys::single(keys::kTip));
    batch->put(keys::single(keys::kDagTip), tip_record(last_cut_, state_.state_root, frontier_));
    const Epoch first = epoch_of(state_);
    batch->put(keys::epoch_set(0), first.encoded());
    epochs_.emplace(0, first);
    return setup_.store->write(std::move(batch));
}

Status AcceptedDag::load_tip(ByteView record) {
    Reader in(record);
    last_cut_ = in.hash();
    const Hash32 state_root = in.hash();
    const std::uint32_t count = in.list(record.size(), Hash32::size_bytes);
    for (std::uint32_t i = 0; i < count; ++i) frontier_.insert(in.hash());
    AIVM_TRY(in.finish());
    AIVM_ASSIGN(state_, load_state(*setup_.store, genesis_state().kernels.sizes(),
                                   setup_.rules->parameters));
    state_.state_root = state_root;
    AIVM_ASSIGN(const Hash32 stored, cut_at(state_.head.height));
    if (stored != last_cut_)
        return fail(ErrorCode::kStorage, "the last cut of the DAG and its state disagree");
    return {};
}

Status AcceptedDag::load_unsettled() {
    std::vector<Hash32> ids;
    AIVM_TRY(setup_.store->scan(keys::single(keys::kUnsettled), [&](ByteView key, ByteView) {
        Reader in(key.subspan(1));
        ids.push_back(in.hash());
        return true;
    }));
    for (const Hash32& id : ids) {
        AIVM_ASSIGN(VertexPtr one, vertex(id));
        unsettled_.emplace(id, std::move(one));
    }
    return {};
}

Status AcceptedDag::load_epochs() {
    Status readable;
    AIVM_TRY(setup_.store->scan(keys::single(keys::kEpochSet), [&](ByteView key, ByteView value) {
        Reader number(key.subspan(1));
        const std::uint64_t first_cut = number.u64();
        Reader in(value);
        Epoch epoch;
        epoch.epoch = in.u32();
        const std::uint32_t count = in.list(value.size(), sizeof(std::uint32_t) + Address::size());
        for (std::uint32_t i = 0; i < count; ++i) {
            const std::uint32_t index = in.u32();
            epoch.active.emplace(index, in.fixed<Address::size_bytes>());
        }
        readable = in.finish();
        epochs_.emplace(first_cut, std::move(epoch));
        return readable.has_value();
    }));
    AIVM_TRY(readable);
    if (epochs_.empty()) return fail(ErrorCode::kStorage, "no epoch of the DAG");
    return {};
}

Bytes AcceptedDag::Epoch::encoded() const {
    Writer out;
    out.u32(epoch).u32(static_cast<std::uint32_t>(active.size()));
    for (const auto& [index, address] : active) out.u32(index).fixed(address);
    return out.take();
}

AcceptedDag::Epoch AcceptedDag::epoch_of(const State& state) {
    Epoch out;
    out.epoch = static_cast<std::uint32_t>(state.head.epoch);
    state.validators.for_each([&](std::size_t i, const Validator& v) {
        if (v.active) out.active.emplace(static_cast<std::uint32_t>(i), v.address);
    });
    return out;
}

Result<bool> AcceptedDag::contains(const Hash32& id) const {
    if (id == genesis_id() || unsettled_.contains(id)) return true;
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::vertex(id)));
    return stored.has_value();
}

Result<VertexPtr> AcceptedDag::vertex(const Hash32& id) const {
    if (const auto found = unsettled_.find(id); found != unsettled_.end()) return found->second;
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::vertex(id)));
    if (!stored) return fail(ErrorCode::kNotFound, "vertex " + to_hex(id.view()));
    return Vertex::decode(*stored);
}

Result<std::optional<std::uint64_t>> AcceptedDag::settled_by(const Hash32& id) const {
    if (id == genesis_id() || unsettled_.contains(id)) return std::optional<std::uint64_t>(0);
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::place(id)));
    if (!stored) return std::optional<std::uint64_t>();
    Reader in(*stored);
    const std::uint64_t number = in.u64();
    if (!in.finish()) return fail(ErrorCode::kStorage, "place of " + to_hex(id.view()));
    return std::optional(number);
}

Result<std::optional<KeyHolder>> AcceptedDag::holder_of(const ConflictKey& key) const {
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::job(key)));
    if (!stored) return std::optional<KeyHolder>();
    Reader in(*stored);
    const auto holder = decode<KeyHolder>(in);
    if (!in.finish()) return fail(ErrorCode::kStorage, "index of " + key);
    return std::optional(holder);
}

Result<Hash32> AcceptedDag::cut_at(std::uint64_t number) const {
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::height(number)));
    if (!stored) return fail(ErrorCode::kNotFound, fmt::format("cut {}", number));
    Reader in(*stored);
    const Hash32 id = in.hash();
    if (!in.finish()) return fail(ErrorCode::kStorage, fmt::format("cut {}", number));
    return id;
}

std::uint32_t AcceptedDag::epoch_after(std::uint64_t cut) const {
    return std::prev(epochs_.upper_bound(cut))->second.epoch;
}

std::optional<Address> AcceptedDag::validator_after(std::uint64_t cut,
                                                    ValidatorIndex validator) const {
    const auto& active = std::prev(epochs_.upper_bound(cut))->second.active;
    const auto found = active.find(validator.value);
    return found == active.end() ? std::nullopt : std::optional(found->second);
}

std::set<Hash32> AcceptedDag::frontier_with(const Vertex& vertex) const {
    std::set<Hash32> out = frontier_;
    for (const Hash32& parent : vertex.parents()) out.erase(parent);
    out.insert(vertex.id());
    return out;
}

Result<AcceptedDag::Plan> AcceptedDag::plan_vertex(const VertexPtr& vertex) const {
    AIVM_CHECK(!vertex->is_cut());
    Plan plan{vertex, nullptr, frontier_with(*vertex), std::make_shared<WriteBatch>()};
    WriteBatch& batch = *plan.batch;
    const Hash32& id = vertex->id();
    batch.put(keys::vertex(id), vertex->encode());
    batch.put(keys::place(id), number_record(0));
    batch.put(keys::unsettled(id), {});
    for (const ConflictKey& key :
         conflict_keys(*vertex, setup_.rules->parameters.dag->conflict_key)) {
        AIVM_ASSIGN(const auto before, holder_of(key));
        batch.put(keys::job(key), encoded(KeyHolder{id, 0, before && before->effective}));
    }
    batch.put(keys::single(keys::kDagTip), tip_record(last_cut_, state_.state_root, plan.frontier));
    return plan;
}

Status AcceptedDag::settle_keys(const CutResult& result, WriteBatch& batch) const {
    const std::uint64_t number = result.cut->cut();
    std::set<Hash32> settled;
    std::set<ConflictKey> touched;
    for (const VertexPtr& vertex : result.slice) {
        settled.insert(vertex->id());
        const auto keys = conflict_keys(*vertex, setup_.rules->parameters.dag->conflict_key);
        touched.insert(keys.begin(), keys.end());
    }
    for (const ConflictKey& key : touched) {
        AIVM_ASSIGN(auto holder, holder_of(key));
        AIVM_CHECK(holder.has_value());
        if (settled.contains(holder->vertex)) holder->settled_by = number;
        holder->effective = holder->effective || result.effective.contains(key);
        batch.put(keys::job(key), encoded(*holder));
    }
    return {};
}

Result<AcceptedDag::Plan> AcceptedDag::plan_cut(const CutResultPtr& result) const {
    const Vertex& cut = *result->cut;
    AIVM_CHECK(cut.cut() == state_.head.height + 1);
    Plan plan{result->cut, result, frontier_with(cut), std::make_shared<WriteBatch>()};
    WriteBatch& batch = *plan.batch;
    copy_into(batch, *result->executed->batch);
    batch.put(keys::vertex(cut.id()), cut.encode());
    batch.put(keys::place(cut.id()), number_record(cut.cut()));
    batch.put(keys::height(cut.cut()), cut.id().view());
    for (const VertexPtr& vertex : result->slice) {
        batch.put(keys::place(vertex->id()), number_record(cut.cut()));
        batch.erase(keys::unsettled(vertex->id()));
    }
    AIVM_TRY(settle_keys(*result, batch));
    const State& after = result->executed->state;
    if (after.head.epoch != state_.head.epoch) {
        batch.put(keys::epoch_set(cut.cut()), epoch_of(after).encoded());
    }
    batch.put(keys::single(keys::kDagTip), tip_record(cut.id(), after.state_root, plan.frontier));
    return plan;
}

void AcceptedDag::commit(const Plan& plan) {
    frontier_ = plan.frontier;
    if (!plan.result) {
        unsettled_.emplace(plan.vertex->id(), plan.vertex);
        return;
    }
    for (const VertexPtr& vertex : plan.result->slice) unsettled_.erase(vertex->id());
    const State& after = plan.result->executed->state;
    if (after.head.epoch != state_.head.epoch) epochs_.emplace(plan.vertex->cut(), epoch_of(after));
    if (!AIVM_MUTANT(D06)) state_ = after;
    last_cut_ = plan.vertex->id();
}

}  // namespace aivm
