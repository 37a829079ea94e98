// The words of the published service for the states of a task.
#pragma once

#include <array>
#include <string_view>

#include "core/state/task.h"

namespace aivm {

// The published states do not distinguish posted and challenged tasks.
constexpr std::array<std::string_view, enum_count<TaskStatus>> kPublishedStatus{
    "pending", "assigned", "processing", "processing", "completed", "failed"};
static_assert(!kPublishedStatus.back().empty());

constexpr std::string_view published_status(TaskStatus status) {
    return kPublishedStatus.at(static_cast<std::size_t>(status));
}

}  // namespace aivm
