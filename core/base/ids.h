// Dense indexes into the state's tables as types of their own, so that a task cannot be passed for
// a provider.
#pragma once

#include <compare>
#include <cstdint>

namespace aivm {

template <class Tag>
struct Index {
    std::uint32_t value = 0;
    friend constexpr auto operator<=>(Index, Index) = default;
};

using TaskIndex = Index<struct TaskTag>;
using ProviderIndex = Index<struct ProviderTag>;
using DisputeIndex = Index<struct DisputeTag>;
using TraceNodeIndex = Index<struct TraceNodeTag>;
using ModelIndex = Index<struct ModelTag>;
using ValidatorIndex = Index<struct ValidatorTag>;

}  // namespace aivm
