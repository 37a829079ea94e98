#include "gpu/simd/testing/table_changes.h"

#include <algorithm>

#include "core/kernels/rules.h"

namespace aivm::gpu {
namespace {

using workload::Random;

template <class Entry>
void change_slot(std::vector<Entry>& table, Random& random) {
    if (table.empty()) return;
    Entry& slot = table[random.below(table.size())];
    switch (random.below(5)) {
        case 0:
            slot.occupied = 0;
            return;
        case 1:
            slot.occupied = 1 + random.below(3);
            return;
        case 2: {
            const std::uint32_t occupied = slot.occupied;
            slot = random.noise<Entry>();
            slot.occupied = occupied;
            return;
        }
        default:
            reinterpret_cast<std::uint8_t*>(&slot)[random.below(sizeof(Entry))] ^=
                static_cast<std::uint8_t>(1 + random.below(255));
    }
}

template <class Entry>
void change_size(std::vector<Entry>& table, Random& random, std::uint32_t slots_max) {
    table.resize(random.below(slots_max + 1));
}

template <class Entry>
void fill(std::vector<Entry>& table, Random& random) {
    for (Entry& slot : table) {
        if (slot.occupied == 0) slot = random.noise<Entry>();
        slot.occupied = 1;
    }
}

template <class Change>
void change_one_table(workload::Tables& tables, Random& random, Change change) {
    switch (random.below(3)) {
        case 0:
            return change(tables.attestations);
        case 1:
            return change(tables.models);
        default:
            return change(tables.anchors);
    }
}

void append_anchor(std::vector<abi::AuditAnchor>& anchors, Random& random) {
    const auto count = static_cast<std::uint32_t>(anchors.size());
    const std::uint32_t free = kernels::first_free_slot(anchors.data(), count);
    if (free == count) return;
    anchors[free] = random.noise<abi::AuditAnchor>();
    anchors[free].occupied = 1;
}

void remove_newest_anchor(std::vector<abi::AuditAnchor>& anchors) {
    const auto newest = std::find_if(anchors.rbegin(), anchors.rend(),
                                     [](const auto& slot) { return slot.occupied != 0; });
    if (newest != anchors.rend()) *newest = {};
}

void change_expiry(std::vector<abi::Attestation>& attestations, Random& random) {
    if (attestations.empty()) return;
    abi::Attestation& slot = attestations[random.below(attestations.size())];
    slot.expiry_ns = workload::some_u64(random);
    slot.status = random.below(8);
}

}  // namespace

void change_something(workload::Tables& tables, Random& random, std::uint32_t slots_max) {
    switch (random.below(16)) {
        case 0:
            return change_one_table(tables, random,
                                    [&](auto& table) { change_size(table, random, slots_max); });
        case 1:
            return change_one_table(tables, random, [&](auto& table) { fill(table, random); });
        case 2:
            if (random.one_in(4)) tables = workload::some_tables(random, slots_max);
            return;
        case 3:
            return remove_newest_anchor(tables.anchors);
        case 4:
        case 5:
        case 6:
            return append_anchor(tables.anchors, random);
        case 7:
        case 8:
            return change_expiry(tables.attestations, random);
        default:
            return change_one_table(tables, random,
                                    [&](auto& table) { change_slot(table, random); });
    }
}

}  // namespace aivm::gpu
