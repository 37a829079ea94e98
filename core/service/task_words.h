// The published words for task types and states.
#pragma once

#include <array>
#include <string_view>

#include "core/state/task.h"

namespace aivm {

constexpr std::array<std::string_view, 4> kTaskTypeNames{"inference", "training", "embedding",
                                                         "mining"};
static_assert(kTaskTypeNames.size() == static_cast<std::size_t>(TaskType::kCount_));

// The published states do not distinguish posted and challenged tasks.
constexpr std::array<std::string_view, 6> kTaskStatusNames{"pending",    "assigned",  "processing",
                                                           "processing", "completed", "failed"};
static_assert(kTaskStatusNames.size() == static_cast<std::size_t>(TaskStatus::kCount_));

constexpr std::string_view task_type_name(TaskType type) {
    return kTaskTypeNames[static_cast<std::size_t>(type)];
}
constexpr std::string_view task_status_name(TaskStatus status) {
    return kTaskStatusNames[static_cast<std::size_t>(status)];
}

}  // namespace aivm
