// The one way in which the VM keeps things: a key-value store with atomic batches. The VM never
// learns what is behind it; sim/storage puts a simulated disk there that crashes, fails and fills
// up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/error.h"
#include "core/state/write_batch.h"

namespace aivm {

class KeyValueStore {
public:
    virtual ~KeyValueStore() = default;

    // The value, or nothing when the key was never written or was erased. A failed read is an
    // error, never "nothing".
    [[nodiscard]] virtual Result<std::optional<Bytes>> get(ByteView key) const = 0;

    // Applies the whole batch or, on an error, none of it. The batch may be kept and shared, so it
    // must not change later.
    [[nodiscard]] virtual Status write(std::shared_ptr<const WriteBatch> batch) = 0;

    // Calls `visit` for every key that starts with `prefix`, in ascending order, until it returns
    // false.
    [[nodiscard]] virtual Status scan(
        ByteView prefix, const std::function<bool(ByteView key, ByteView value)>& visit) const = 0;
};

// Keeps everything in memory and never fails.
class MemoryStore final : public KeyValueStore {
public:
    [[nodiscard]] Result<std::optional<Bytes>> get(ByteView key) const override;
    [[nodiscard]] Status write(std::shared_ptr<const WriteBatch> batch) override;
    [[nodiscard]] Status scan(
        ByteView prefix,
        const std::function<bool(ByteView key, ByteView value)>& visit) const override;

private:
    std::map<Bytes, Bytes, ByteOrder> entries_;
};

}  // namespace aivm
