// The backends of Python, by the names of `aivmsim run --backend`.
#pragma once

#include <memory>
#include <string>

#include "scenarios/run/backend.h"

namespace aivm::python {

// Throws py::value_error for an unknown name.
gpu::BackendRequest backend_request(const std::string& name);

// The same, and throws VmFault for a GPU that does not work.
std::unique_ptr<scenarios::Backend> open_backend(const std::string& name);

}  // namespace aivm::python
