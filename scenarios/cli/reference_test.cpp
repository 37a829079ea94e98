// Files that other parts of the repository read and that are written from the program's own tables.
// After an intended change, AIVM_UPDATE_EXPECTED=1 rewrites them; review the difference.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sim/invariants/invariant.h"

namespace aivm::scenarios::cli {
namespace {

void expect_file(const std::string& name, const std::string& now) {
    const std::string path = std::string(AIVM_SOURCE_DIR) + "/" + name;
    if (std::getenv("AIVM_UPDATE_EXPECTED") != nullptr) std::ofstream(path) << now;
    std::ifstream in(path);
    const std::string stored((std::istreambuf_iterator<char>(in)),
                             std::istreambuf_iterator<char>());
    EXPECT_EQ(stored, now) << "if this is meant: AIVM_UPDATE_EXPECTED=1 and review it";
}

TEST(Reference, TheReportKnowsEveryInvariantByNameMeaningAndReason) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const sim::InvariantInfo& info : sim::invariant_infos())
        rows.push_back({{"id", info.id},
                        {"name", info.name},
                        {"meaning", info.meaning},
                        {"reason", info.reason}});
    expect_file("reports/aivmsim_report/invariants.json", rows.dump(1) + "\n");
}

}  // namespace
}  // namespace aivm::scenarios::cli
