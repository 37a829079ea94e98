// A store that can hold writes back and send them with the next one, so that what belongs together
// reaches the disk together. A node needs it because its VM notes the height it signs before it
// accepts the block: a crash between the two would leave a lone node that may never sign that
// height again, although nobody has ever seen the block.
#pragma once

#include <vector>

#include "core/state/store.h"

namespace aivm {

class BatchingStore final : public KeyValueStore {
public:
    explicit BatchingStore(KeyValueStore& store) : store_(store) {}

    // From now on writes are kept back. Reads do not see them.
    void hold() { holding_ = true; }
    // The next write carries everything that was kept back, itself last.
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
