// The commutation oracle: "independent jobs commute", checked. The operations of a slice are
// executed again in another order that keeps ancestors before descendants (a linear extension).
// Operations of which one writes what another reads or writes (core/dag/operation_access.h) depend
// on each other, and so do all that such pairs link. A group of linked operations is comparable in
// an order that keeps the order of each dependent pair; every operation of a comparable group must
// read and write the same as in the defined order, and be refused for the same reason.
//
// Where all groups are comparable, the whole slice must leave the same contents: receipts, totals
// and every entry that it touched. Rows are numbered in the order of arrival; where an order
// numbers them as the defined one does, the roots of state and receipts must be equal too.
//
// The operations of a block are compared in the same way; there every order is allowed that keeps
// the order of dependent pairs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/dag/slice.h"

namespace aivm {

struct Commutation {
    // Orders that were executed and compared: in each, at least two operations of comparable groups
    // stood in another order than the defined one.
    std::uint64_t orders = 0;
    std::uint64_t pairs = 0;  // such pairs of operations, over these orders
    std::uint64_t whole = 0;  // of these orders: all operations were comparable
    std::uint64_t roots = 0;  // of these: with the same numbers of rows, so roots as well
    std::vector<std::string> differences;  // a sentence each; empty: the promise is kept
};

// A number below its argument (> 0): which of the vertices that may come next is next. They are
// counted in the defined order.
using ChooseNext = std::function<std::uint32_t(std::uint32_t)>;

// Tries `orders` linear extensions of the slice of a cut that was executed above the state `below`.
// An order in which nothing comparable changed its place is not executed and not counted. Fails
// only if a kernel fails.
Result<Commutation> check_commutation(const State& below, const CutResult& result,
                                      const Rules& rules, std::size_t orders,
                                      const ChooseNext& choose);

// The one order that differs most: of the vertices that may come next, always the last.
Result<Commutation> check_reversed(const State& below, const CutResult& result, const Rules& rules);
// The same for the operations of a block that was executed above `below`. Requires that the block
// is there (Executed::block).
Result<Commutation> check_reversed(const State& below, const Executed& executed,
                                   const Rules& rules);

}  // namespace aivm
