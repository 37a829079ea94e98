#include "core/state/store.h"

#include <algorithm>

namespace aivm {

Result<std::optional<Bytes>> MemoryStore::get(ByteView key) const {
    const auto it = entries_.find(key);
    if (it == entries_.end()) return std::optional<Bytes>();
    return std::optional<Bytes>(it->second);
}

Status MemoryStore::write(std::shared_ptr<const WriteBatch> batch) {
    for (std::size_t i = 0; i < batch->size(); ++i) {
        const auto [key, value] = batch->entry(i);
        const auto found = entries_.find(key);
        if (!value) {
            if (found != entries_.end()) entries_.erase(found);
        } else if (found != entries_.end()) {
            found->second.assign(value->begin(), value->end());
        } else {
            entries_.emplace(Bytes(key.begin(), key.end()), Bytes(value->begin(), value->end()));
        }
    }
    return {};
}

Status MemoryStore::scan(ByteView prefix,
                         const std::function<bool(ByteView, ByteView)>& visit) const {
    for (auto it = entries_.lower_bound(prefix); it != entries_.end(); ++it) {
        const ByteView key{it->first};
        if (key.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), key.begin()))
            break;
        if (!visit(key, it->second)) break;
    }
    return {};
}

}  // namespace aivm
