// The table of accounts, indexed by address; a copy is a snapshot, like that of every other table.
#pragma once

#include <algorithm>
#include <vector>

#include "core/base/row_index.h"
#include "core/base/snapshot_vector.h"
#include "core/state/account.h"

namespace aivm {

class Accounts {
public:
    // The account, or null. Valid until this table or a copy of it changes.
    [[nodiscard]] const Account* find(const Address& address) const {
        const auto row = row_of(address);
        return row ? &rows_[*row].account : nullptr;
    }
    [[nodiscard]] bool contains(const Address& address) const {
        return row_of(address).has_value();
    }
    [[nodiscard]] std::size_t size() const { return rows_.size(); }

    // The account, to be changed; for an unknown address a new, empty one. Valid until the next
    // non-const call.
    Account& insert_or_edit(const Address& address) { return edit_row(row_or_new(address)); }

    // False, and nothing changed, if the address is known.
    bool insert(const Address& address, const Account& account) {
        if (contains(address)) return false;
        insert_or_edit(address) = account;
        return true;
    }

    // Accounts have dense row numbers, which never change.
    [[nodiscard]] std::uint32_t row_or_new(const Address& address) {
        if (const auto row = row_of(address)) return *row;
        const auto row = static_cast<std::uint32_t>(rows_.size());
        rows_.push_back({address, {}});
        index_.add(hash_of(address), row);
        return row;
    }
    Account& edit_row(std::uint32_t row) { return rows_.edit(row).account; }
    [[nodiscard]] const Address& address_of_row(std::uint32_t row) const {
        return rows_[row].address;
    }

    // Calls fn(const Address&, const Account&) for every account, ascending by address.
    template <class Fn>
    void for_each(Fn&& fn) const {
        std::vector<const Row*> sorted;
        sorted.reserve(rows_.size());
        rows_.for_each([&](std::size_t, const Row& row) { sorted.push_back(&row); });
        std::sort(sorted.begin(), sorted.end(),
                  [](const Row* a, const Row* b) { return a->address < b->address; });
        for (const Row* row : sorted) fn(row->address, row->account);
    }

private:
    struct Row {
        Address address;
        Account account;
    };

    // Addresses are digests, but an operation may name any bytes as one.
    static std::uint64_t hash_of(const Address& address) { return table_hash(address.view()); }

    [[nodiscard]] std::optional<std::uint32_t> row_of(const Address& address) const {
        return index_.find(hash_of(address), [&](std::uint32_t row) {
            return row < rows_.size() && rows_[row].address == address;
        });
    }

    SnapshotVector<Row> rows_;
    RowIndex index_;
};

}  // namespace aivm
