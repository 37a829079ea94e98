// A store that can buffer writes and send them together with the next one, as one atomic write. A
// node needs it because its VM records the height that it signs before it accepts the block: after
// a crash between the two, a lone node could never sign that height again, although nobody has seen
// the block.
#pragma once

#include <vector>

#include "core/state/store.h"

namespace aivm {

class BatchingStore final : public KeyValueStore {
public:
    explicit BatchingStore(KeyValueStore& store) : store_(store) {}

    // Buffers writes until release() or drop(). Reads do not see buffered writes.
    void hold() { holding_ = true; }
    // The next write carries everything buffered, and its own entries last.
    void release() { holding_ = false; }
    void drop() { held_.clear(), holding_ = false; }

    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override {
        return store_.get(key);
    }
    [[nodiscard]] Status write(std::shared_ptr<const WriteBatch> batch) override;
    [[nodiscard]] Status scan(
        ByteView prefix,
        const std::function<bool(ByteView key, ByteView value)>& visit) const override {
        return store_.scan(prefix, visit);
    }

private:
    KeyValueStore& store_;
    bool holding_ = false;
    std::vector<std::shared_ptr<const WriteBatch>> held_;
};

}  // namespace aivm
