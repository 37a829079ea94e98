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
    enum class Kind : std::uint8_t { kRun, kSave };
    Kind kind = Kind::kRun;
    std::uint64_t index = 0;
    bool repeat = false;
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

    // Makes the run, twice with `repeat`. Failures of aivmsim are part of the record.
    [[nodiscard]] RunRecord run(std::uint64_t index, bool repeat) const;
    // Makes the run again and saves its first violation, whole at first and then shrunk.
    [[nodiscard]] FindingRecord save(std::uint64_t index) const;

    // For ProcessPool: a task and its record as texts.
    static std::string request(const WorkerTask& task);
    [[nodiscard]] std::string answer(const std::string& request) const;

private:
    [[nodiscard]] const sim::Setting& setting_of(std::uint64_t index) const {
        return settings_[index % settings_.size()];
    }

    CampaignPlan plan_;
    std::vector<sim::Setting> settings_;
    WorkerOptions options_;
};

}  // namespace aivm::scenarios
