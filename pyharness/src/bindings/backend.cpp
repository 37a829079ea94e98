#include "pyharness/src/bindings/backend.h"

#include <pybind11/pybind11.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pyharness/src/bindings/convert.h"

namespace aivm::python {

gpu::BackendRequest backend_request(const std::string& name) {
    const auto request = gpu::request_from_name(name);
    if (!request) {
        throw pybind11::value_error(fmt::format("there is no backend \"{}\"; there are {}", name,
                                                fmt::join(gpu::kRequestNames, ", ")));
    }
    return *request;
}

std::unique_ptr<scenarios::Backend> open_backend(const std::string& name) {
    auto backend = scenarios::Backend::open(backend_request(name));
    if (!backend) throw VmFault(backend.error());
    return std::move(*backend);
}

}  // namespace aivm::python
