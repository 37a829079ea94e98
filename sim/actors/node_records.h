// What a validator keeps on its disk for itself, beside the chain: records of its engine, and what
// it signed. Every call reads or writes the disk.
#pragma once

#include <optional>
#include <vector>

#include "core/state/store.h"
#include "sim/consensus/consensus.h"

namespace aivm::sim {

class NodeRecords {
public:
    // `store` must outlive this.
    explicit NodeRecords(KeyValueStore& store) : store_(store) {}

    // All records of the engine, by key.
    [[nodiscard]] Result<std::vector<Record>> engine_records() const;
    // Replaces the record with this key; an empty value removes it.
    [[nodiscard]] Status put(const Record& record);

    // Whether the node may sign `message` for the slot: it has signed nothing else for it. Is on
    // disk when it returns true.
    [[nodiscard]] Result<bool> claim(const SigningSlot& slot, const Hash32& message);

    // The height up to which the node must not build, because it may have built blocks there whose
    // record is lost; 0: none.
    [[nodiscard]] Result<Height> silent_until() const;
    [[nodiscard]] Status set_silent_until(Height height);

private:
    KeyValueStore& store_;
};

}  // namespace aivm::sim
