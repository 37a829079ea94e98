// What Python holds of the VM's shared objects; pybind11 holds no pointers to const.
#pragma once

#include "core/chain/block.h"
#include "core/chain/operation.h"

namespace aivm::python {

struct OperationHandle {
    OperationPtr operation;
};
struct BlockHandle {
    BlockPtr block;
};

}  // namespace aivm::python
