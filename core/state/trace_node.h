// A step of a posted trace that a bisection asks for. The provider opens it once, for every game on
// the result that asks for it then or later.
#pragma once

#include "core/base/bytes.h"
#include "core/base/describe.h"
#include "core/base/ids.h"
#include "core/state/task.h"

namespace aivm {

struct TraceNode {
    TaskIndex task;
    std::uint32_t assignment = 0;  // with the task: the result whose trace it belongs to
    std::uint32_t step = 0;
    bool opened = false;
    FixedBytes<32> input;  // as the provider opened it
    Answer output = 0;
    // The games that wait for it, linked by Dispute::next_asking; `first_asking` is meaningful when
    // there are any.
    DisputeIndex first_asking;
    std::uint32_t asking = 0;

    static constexpr auto fields() {
        return std::tuple{field<&TraceNode::task>(),         field<&TraceNode::assignment>(),
                          field<&TraceNode::step>(),         field<&TraceNode::opened>(),
                          field<&TraceNode::input>(),        field<&TraceNode::output>(),
                          field<&TraceNode::first_asking>(), field<&TraceNode::asking>()};
    }
};

}  // namespace aivm
