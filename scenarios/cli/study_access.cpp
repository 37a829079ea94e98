#include "scenarios/cli/study_access.h"

#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {

std::optional<sim::Study> open_for_user(const std::string& path) {
    auto study = sim::open_study(path);
    if (!study) {
        complain(study.error().context);
        return std::nullopt;
    }
    if (!study->notice().empty()) complain(study->notice());
    return std::move(*study);
}

}  // namespace aivm::scenarios::cli
