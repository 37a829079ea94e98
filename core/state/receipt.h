// A receipt: the record of one final task, a leaf of the tree that is anchored.
#pragma once

#include "core/base/amount.h"
#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/encode.h"
#include "core/base/ids.h"
#include "core/base/merkle.h"
#include "core/config/config.h"
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
    AnchorTarget anchor_target = AnchorTarget::kQChain;  // where the receipt will be anchored

    [[nodiscard]] Hash32 leaf() const {
        Writer encoding;
        encode(encoding, *this);
        return merkle::leaf(encoding.view());
    }
    static constexpr auto fields() {
        return std::tuple{field<&Receipt::task>(),         field<&Receipt::task_key>(),
                          field<&Receipt::outcome>(),      field<&Receipt::answer>(),
                          field<&Receipt::paid>(),         field<&Receipt::burned>(),
                          field<&Receipt::minted>(),       field<&Receipt::height>(),
                          field<&Receipt::anchor_target>()};
    }
};

}  // namespace aivm
