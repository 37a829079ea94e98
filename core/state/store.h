// The VM's only storage: a key-value store with atomic batches. The VM does not know its
// implementation; sim/storage has one on a simulated disk that crashes, fails and fills up.
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

// A store in memory, which never fails.
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
