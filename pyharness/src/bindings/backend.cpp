#include "pyharness/src/bindings/backend.h"

#include <pybind11/pybind11.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "pyharness/src/bindings/convert.h"

namespace aivm::python {

std::unique_ptr<scenarios::Backend> open_backend(const std::string& name) {
    const auto request = gpu::request_from_name(name);
    if (!request) {
        throw pybind11::value_error(fmt::format("there is no backend \"{}\"; there are {}", name,
                                                fmt::join(gpu::kRequestNames, ", ")));
    }
    auto backend = scenarios::Backend::open(*request);
    if (!backend) throw VmFault(backend.error());
    return std::move(*backend);
}

}  // namespace aivm::python
