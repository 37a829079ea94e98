#include "core/dag/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/encode.h"
#include "core/dag/state_entry.h"
#include "core/execution/genesis.h"
#include "core/state/keys.h"
#include "core/state/load.h"

namespace aivm {
namespace {

Bytes tip_record(const State& state, const std::set<Hash32>& frontier) {
    Writer out;
    out.u64(state.head.height)
        .fixed(state.state_root)
        .u32(static_cast<std::uint32_t>(frontier.size()));
    for (const Hash32& id : frontier) out.fixed(id);
    return out.take();
}

void add_keys(std::set<Bytes>& keys, const WriteBatch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const ByteView key = batch.entry(i).key;
        keys.emplace(key.begin(), key.end());
    }
}

bool is_archive(ByteView key) { return key[0] == keys::kAnchorArchive; }

}  // namespace

Bytes job_index_key(const JobKey& job) {
    Writer out;
    out.u8(keys::kJob);
    encode(out, job);
    return out.take();
}

Result<History> History::open(const Setup& setup) {
    AIVM_CHECK(setup.genesis && setup.rules && setup.executor && setup.store);
    History history(setup);
    AIVM_ASSIGN(const auto tip, setup.store->get(keys::single(keys::kDagTip)));
    if (tip) {
        AIVM_TRY(check_made_with(*setup.store, *setup.genesis, *setup.rules));
        AIVM_TRY(history.load_tip(*tip));
        return history;
    }
    history.state_ = setup.genesis->state;
    history.frontier_ = {setup.genesis->id};
    auto batch = std::make_shared<WriteBatch>(*setup.genesis->batch);
    batch->put(keys::single(keys::kDagTip), tip_record(history.state_, history.frontier_));
    AIVM_TRY(setup.store->write(std::move(batch)));
    return history;
}

Status History::load_tip(ByteView record) {
    Reader in(record);
    const Height height = in.u64();
    const Hash32 state_root = in.hash();
    const std::uint32_t count = in.list(record.size(), Hash32::size_bytes);
    for (std::uint32_t i = 0; i < count; ++i) frontier_.insert(in.hash());
    AIVM_TRY(in.finish());
    AIVM_ASSIGN(state_, load_state(*setup_.store, genesis_state().kernels.sizes(),
                                   setup_.rules->parameters));
    state_.state_root = state_root;
    if (state_.head.height != height)
        return fail(ErrorCode::kStorage, "the DAG's tip and its state disagree");
    return {};
}

Result<bool> History::contains(const Hash32& id) const {
    if (id == genesis_id()) return true;
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::vertex(id)));
    return stored.has_value();
}

Result<VertexPtr> History::vertex(const Hash32& id) const {
    AIVM_ASSIGN(const auto stored, setup_.store->get(keys::vertex(id)));
    if (!stored) return fail(ErrorCode::kNotFound, "vertex " + to_hex(id.view()));
    return Vertex::decode(*stored);
}

Result<std::optional<Hash32>> History::taker_of(const JobKey& job) const {
    AIVM_ASSIGN(const auto stored, setup_.store->get(job_index_key(job)));
    if (!stored) return std::optional<Hash32>();
    Reader in(*stored);
    const Hash32 id = in.hash();
    if (!in.finish()) return fail(ErrorCode::kStorage, "job index of " + job.text());
    return std::optional<Hash32>(id);
}

SlicePtr History::kept_slice(Height height) const {
    const auto found = kept_.find(height);
    return found == kept_.end() ? nullptr : found->second;
}

Result<std::vector<VertexPtr>> History::vertices_at(Height height) const {
    if (const SlicePtr slice = kept_slice(height)) return slice->vertices;
    std::vector<Hash32> ids;
    AIVM_TRY(setup_.store->scan(keys::vertices_at(height), [&](ByteView key, ByteView) {
        Reader in(key.subspan(1));
        in.u64();
        ids.push_back(in.hash());
        return true;
    }));
    std::vector<VertexPtr> out;
    for (const Hash32& id : ids) {
        AIVM_ASSIGN(VertexPtr one, vertex(id));
        out.push_back(std::move(one));
    }
    return out;
}

Result<State> History::state_after(Height height) const {
    AIVM_CHECK(height <= tip_height());
    if (height == tip_height()) return state_;
    if (const SlicePtr slice = kept_slice(height)) return slice->state;
    State state = genesis_state();
    for (Height h = 1; h <= height; ++h) {
        AIVM_ASSIGN(auto vertices, vertices_at(h));
        AIVM_ASSIGN(const SlicePtr slice,
                    setup_.executor->execute(state, std::move(vertices), *setup_.rules));
        state = slice->state;
        if (h + kSlicesKept > tip_height()) kept_[h] = slice;
    }
    return state;
}

// The keys that the slices from `height` up may have written.
Result<std::set<Bytes>> History::keys_above(Height height) const {
    std::set<Bytes> touched;
    for (Height h = height; h <= tip_height(); ++h) {
        const SlicePtr slice = kept_slice(h);
        if (!slice) {
            add_keys(touched, dump_state(state_));  // no longer known, so all of them
            return touched;
        }
        add_keys(touched, *slice->batch);
    }
    return touched;
}

WriteBatch History::delta(const std::vector<SlicePtr>& slices, std::set<Bytes> touched) const {
    for (const SlicePtr& slice : slices) add_keys(touched, *slice->batch);
    // An archive of anchors is not part of the state: the last slice that made it has its slots.
    std::map<Bytes, ByteView> archives;
    for (const SlicePtr& slice : slices) {
        for (std::size_t i = 0; i < slice->batch->size(); ++i) {
            const auto& entry = slice->batch->entry(i);
            if (is_archive(entry.key) && entry.value)
                archives[Bytes(entry.key.begin(), entry.key.end())] = *entry.value;
        }
    }
    WriteBatch batch;
    for (const Bytes& key : touched) {
        if (is_archive(key)) {
            const auto made = archives.find(key);
            if (made != archives.end()) {
                batch.put(key, made->second);
            } else {
                batch.erase(key);
            }
        } else if (const auto value = state_entry(slices.back()->state, key)) {
            batch.put(key, *value);
        } else {
            batch.erase(key);
        }
    }
    return batch;
}

Result<History::Plan> History::plan(const VertexPtr& vertex) const {
    const Height height = vertex->height();
    AIVM_CHECK(height >= 1 && height <= tip_height() + 1);
    Plan plan;
    plan.vertex = vertex;
    AIVM_ASSIGN(State state, state_after(height - 1));
    for (Height h = height; h <= std::max(height, tip_height()); ++h) {
        AIVM_ASSIGN(auto vertices, vertices_at(h));
        if (h == height) {
            vertices.push_back(vertex);
            sort_by_id(vertices);
        }
        AIVM_ASSIGN(SlicePtr slice,
                    setup_.executor->execute(state, std::move(vertices), *setup_.rules));
        state = slice->state;
        plan.slices.push_back(std::move(slice));
    }
    plan.frontier = frontier_;
    for (const Hash32& parent : vertex->parents()) plan.frontier.erase(parent);
    plan.frontier.insert(vertex->id());

    AIVM_ASSIGN(auto touched, keys_above(height));
    WriteBatch batch = delta(plan.slices, std::move(touched));
    batch.put(keys::vertex(vertex->id()), vertex->encode());
    batch.put(keys::vertex_order(height, vertex->id()), {});
    for (const JobKey& job : vertex->jobs()) batch.put(job_index_key(job), vertex->id().view());
    batch.put(keys::single(keys::kDagTip), tip_record(state, plan.frontier));
    plan.batch = std::make_shared<const WriteBatch>(std::move(batch));
    return plan;
}

void History::commit(const Plan& plan) {
    AIVM_CHECK(!plan.slices.empty());
    for (const SlicePtr& slice : plan.slices) kept_[slice->state.head.height] = slice;
    state_ = plan.slices.back()->state;
    frontier_ = plan.frontier;
    while (!kept_.empty() && kept_.begin()->first + kSlicesKept <= tip_height())
        kept_.erase(kept_.begin());
}

}  // namespace aivm
