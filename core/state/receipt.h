// A receipt: the record of one final task, a leaf of the tree that is anchored.
#pragma once

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/codec.h"
#include "core/base/ids.h"
#include "core/base/merkle.h"
#include "core/state/task.h"

namespace aivm {

struct Receipt {
    TaskIndex task;
    Hash32 task_key;
    TaskStatus outcome = TaskStatus::kCompleted;
    Answer answer = 0;
    Amount paid;    // to providers, minted part included
    Amount burned;  // of the fee
    Amount minted;
    Height height = 0;

    void encode(Writer& out) const {
        out.u32(task.value).fixed(task_key).u8(static_cast<std::uint8_t>(outcome)).u8(answer);
        out.amount(paid).amount(burned).amount(minted).u64(height);
    }
    [[nodiscard]] Hash32 leaf() const {
        Writer encoding;
        encode(encoding);
        return merkle::leaf(encoding.view());
    }
    static Receipt decode(Reader& in) {
        Receipt r;
        r.task.value = in.u32();
        r.task_key = in.hash();
        r.outcome = in.enumerator<TaskStatus>();
        r.answer = in.u8();
        r.paid = in.amount();
        r.burned = in.amount();
        r.minted = in.amount();
        r.height = in.u64();
        return r;
    }
};

}  // namespace aivm
