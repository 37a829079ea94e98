#include "core/reference/writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/digest.h"
#include "core/base/encode.h"

namespace aivm::reference {
namespace {

using Entries = std::map<Bytes, Bytes>;

// Keys of the state are ASCII letters; the chain's own bookkeeping comes after them.
constexpr std::uint8_t kFirstOtherKey = 0x80;

Bytes indexed_key(char table, std::size_t index) {
    return Writer()
        .u8(static_cast<std::uint8_t>(table))
        .u32(static_cast<std::uint32_t>(index))
        .take();
}

template <class Record>
Bytes bytes_of_record(const Record& record) {
    Writer out;
    encode(out, record);
    return out.take();
}

template <class Object>
Bytes memory_of(const Object& object) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&object);
    return {bytes, bytes + sizeof object};
}

template <class Table>
void put_records(Entries& out, char table, const Table& records) {
    for (std::size_t i = 0; i < records.size(); ++i)
        out[indexed_key(table, i)] = bytes_of_record(records[i]);
}

template <class Slots>
void put_slots(Entries& out, std::uint8_t table, const Slots& slots) {
    for (std::uint32_t i = 0; i < slots.size(); ++i) {
        if (slots[i].occupied == 0) continue;
        out[Writer().u8('k').u8(table).u32(i).take()] = memory_of(slots[i]);
    }
}

// Every record of the state under its key. Models never change, so that those which `known` has
// already are left out.
Entries entries_of(const State& state, std::size_t known_models) {
    Entries out;
    state.accounts.for_each([&](const Address& address, const aivm::Account& account) {
        out[Writer().u8('a').fixed(address).take()] = bytes_of_record(account);
    });
    out[{'c'}] = bytes_of_record(state.head);
    out[{'e'}] = memory_of(state.kernels.epoch());
    put_records(out, 'd', state.disputes);
    put_records(out, 'n', state.trace_nodes);
    put_records(out, 'p', state.providers);
    put_records(out, 'r', state.receipts);
    put_records(out, 's', state.model_status);
    put_records(out, 't', state.tasks);
    put_records(out, 'v', state.validators);
    for (std::size_t i = known_models; i < state.models.size(); ++i)
        out[indexed_key('m', i)] = bytes_of_record(*state.models[i]);
    put_slots(out, 0, state.kernels.attestations());
    put_slots(out, 1, state.kernels.models());
    put_slots(out, 2, state.kernels.anchors());
    return out;
}

Bytes copy_of(ByteView view) { return {view.begin(), view.end()}; }

std::string name_of_key(const Bytes& key) { return fmt::format("record {}", to_hex(key)); }

// As the batch digests itself: per entry u32 key length, key, u8 present, u32 value length, value.
void put_entry(Writer& out, const WriteBatch::Entry& entry) {
    out.bytes(entry.key).u8(entry.value ? 1 : 0);
    out.bytes(entry.value ? *entry.value : ByteView());
}

}  // namespace

std::optional<std::string> check_writes(const State& parent, const State& after,
                                        const WriteBatch& batch) {
    const Entries before = entries_of(parent, parent.models.size());
    const Entries now = entries_of(after, parent.models.size());
    std::map<Bytes, std::optional<Bytes>> written;
    Writer digested;
    std::optional<Bytes> last;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const WriteBatch::Entry entry = batch.entry(i);
        if (entry.key.empty() || entry.key.front() >= kFirstOtherKey) continue;
        Bytes key = copy_of(entry.key);
        if (last && !(*last < key)) return name_of_key(key) + " is written out of order";
        last = key;
        put_entry(digested, entry);
        const auto found = now.find(key);
        const bool right = entry.value
                               ? found != now.end() && copy_of(*entry.value) == found->second
                               : found == now.end();
        if (!right) return name_of_key(key) + " is not written as it is";
        written[key] = entry.value ? std::optional(copy_of(*entry.value)) : std::nullopt;
    }
    for (const auto& [key, value] : now) {
        const auto old = before.find(key);
        if ((old == before.end() || old->second != value) && !written.contains(key))
            return name_of_key(key) + " has changed and is not written";
    }
    for (const auto& [key, value] : before) {
        if (!now.contains(key) && !written.contains(key))
            return name_of_key(key) + " is gone and is not erased";
    }
    const Hash32 root = sha256({parent.state_root.view(), sha256(digested.view()).view()});
    if (root != after.state_root) return "the state root is not chained over the writes";
    return std::nullopt;
}

}  // namespace aivm::reference
