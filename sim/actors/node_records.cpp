#include "sim/actors/node_records.h"

#include "core/base/digest.h"
#include "core/state/keys.h"

namespace aivm::sim {
namespace {

enum class RecordKind : std::uint8_t { kEngine, kSlot, kSilent };

Writer record_key(RecordKind kind) {
    Writer key;
    key.u8(keys::kNodeRecord).u8(static_cast<std::uint8_t>(kind));
    return key;
}

Status write_one(KeyValueStore& store, ByteView key, ByteView value) {
    auto batch = std::make_shared<WriteBatch>();
    batch->put(key, value);
    return store.write(std::move(batch));
}

}  // namespace

Result<std::vector<Record>> NodeRecords::engine_records() const {
    const Bytes prefix = record_key(RecordKind::kEngine).take();
    std::vector<Record> out;
    AIVM_TRY(store_.scan(prefix, [&](ByteView key, ByteView value) {
        const ByteView own = key.subspan(prefix.size());
        out.push_back({{own.begin(), own.end()}, {value.begin(), value.end()}});
        return true;
    }));
    return out;
}

Status NodeRecords::put(const Record& record) {
    const Bytes key = record_key(RecordKind::kEngine).raw(record.key).take();
    if (!record.value.empty()) return write_one(store_, key, record.value);
    auto batch = std::make_shared<WriteBatch>();
    batch->erase(key);
    return store_.write(std::move(batch));
}

Result<bool> NodeRecords::claim(const SigningSlot& slot, const Hash32& message) {
    const Bytes key =
        record_key(RecordKind::kSlot).u8(slot.kind).u64(slot.height).u32(slot.round).take();
    AIVM_ASSIGN(const auto stored, store_.get(key));
    if (stored) return std::ranges::equal(*stored, message.view());
    AIVM_TRY(write_one(store_, key, message.view()));
    return true;
}

Result<Height> NodeRecords::silent_until() const {
    AIVM_ASSIGN(const auto stored, store_.get(record_key(RecordKind::kSilent).view()));
    if (!stored) return Height{0};
    Reader in(*stored);
    const Height height = in.u64();
    AIVM_TRY(in.finish());
    return height;
}

Status NodeRecords::set_silent_until(Height height) {
    return write_one(store_, record_key(RecordKind::kSilent).view(), Writer().u64(height).view());
}

}  // namespace aivm::sim
