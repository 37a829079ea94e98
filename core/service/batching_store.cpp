#include "core/service/batching_store.h"

namespace aivm {

Status BatchingStore::write(std::shared_ptr<const WriteBatch> batch) {
    held_.push_back(std::move(batch));
    if (holding_) return {};
    const auto parts = std::move(held_);
    held_.clear();
    if (parts.size() == 1) return store_.write(parts.front());
    auto joined = std::make_shared<WriteBatch>();
    for (const auto& part : parts) {
        for (std::size_t i = 0; i < part->size(); ++i) {
            const auto [key, value] = part->entry(i);
            value ? joined->put(key, *value) : joined->erase(key);
        }
    }
    return store_.write(std::move(joined));
}

}  // namespace aivm
