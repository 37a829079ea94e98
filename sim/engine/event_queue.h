// The queue that the engine uses.
#pragma once

#include "sim/engine/ladder_queue.h"

namespace aivm::sim {

template <class Payload>
using EventQueue = LadderQueue<Payload>;

}  // namespace aivm::sim
