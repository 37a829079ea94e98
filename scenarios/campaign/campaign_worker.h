// What a worker process of a campaign does: one run, or one finding saved and shrunk.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scenarios/campaign/campaign_record.h"
#include "sim/scenario/setting.h"

namespace aivm::scenarios {

struct WorkerTask {
    enum class Kind : std::uint8_t {
        kRun,
        kRunTwice,  // and compare the digests
        kSave,      // the run's violation, whole at first and then shrunk
        kSaveWhole,
    };
    Kind kind = Kind::kRun;
    std::uint64_t index = 0;
    std::uint64_t seed = 0;
    std::uint32_t scenario = 0;
};

struct WorkerOptions {
    std::string findings_folder;
    std::size_t shrink_tries = 0;
    std::uint64_t shrink_limit_ns = 0;  // per finding
    std::function<std::uint64_t()> wall_clock_ns;
};

class CampaignWorker {
public:
    // Errors: a scenario that this version does not accept or cannot set up.
    static Result<CampaignWorker> make(const CampaignPlan& plan, WorkerOptions options);

    // Makes the run, or both of them. Failures of aivmsim are part of the record.
    [[nodiscard]] RunRecord run(const WorkerTask& task) const;
    // Makes the run again and saves its first violation.
    [[nodiscard]] FindingRecord save(const WorkerTask& task) const;

    // For ProcessPool: a task and its record as texts.
    static std::string request(const WorkerTask& task);
    [[nodiscard]] std::string answer(const std::string& request) const;

private:
    CampaignPlan plan_;
    std::vector<sim::Setting> settings_;  // by scenario
    WorkerOptions options_;
};

}  // namespace aivm::scenarios
