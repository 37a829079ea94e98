// Findings: what a violated invariant leaves behind. A finding is a folder from which any process
// can run the violation again, whole and shrunk:
//
//   <directory>/<id>/finding.json    what was violated, when and by whom; the shrunk actions;
//                                    digests of the other files
//                    scenario.toml   the scenario with every key, canonical
//                    choices.bin     what chance decided in the run (encode_choices)
//                    history.bin     the shrunk reproducer when the VM alone shows it: blocks and
//                                    operations, or
//                    shrunk.toml, shrunk_choices.bin    when it takes a whole, smaller run
//                    report.txt      the text for the terminal
//
// The id depends on the scenario, the seed, the invariant and the digest, so finding the same thing
// again gives the same folder. A folder is written under another name and renamed: it is whole or
// not there.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "sim/scenario/scenario.h"
#include "sim/world/outcome.h"

namespace aivm {
class Kernels;
}

namespace aivm::scenarios {

inline constexpr std::size_t kFindingActionsMax =
    15;  // lines; the last one counts the rest when there are more

// How shrinking left the reproducer: not at all, as operations for the VM, or as a smaller run.
enum class Reproducer : std::uint8_t { kNone, kHistory, kRun };

struct SavedFinding {
    std::string id;  // 8 hexadecimal digits
    sim::Violation violation;
    std::string scenario_name;
    std::uint64_t seed = 0;
    std::string digest;  // of the whole run
    bool paranoid = false;

    Reproducer reproducer = Reproducer::kNone;
    std::vector<std::string> actions;  // of the shrunk reproducer, in the words of the domain
    std::size_t actions_before = 0;
    std::size_t actions_after = 0;
    std::size_t tries = 0;
    std::uint64_t shrink_time_ms = 0;  // real time; 0 without a clock
    std::string shrunk_message;        // of the violation that the reproducer shows
    std::string shrunk_digest;         // of the smaller run; empty for a history
    std::string note;                  // why there is no reproducer; empty when there is one
    std::string folder;  // where it was saved to or loaded from, without a slash at the end
};

// How a run is made again: what RunOptions says besides seed and choices.
struct Rerun {
    bool paranoid = false;
    // A new backend for every run; empty: the CPU's best.
    std::function<std::unique_ptr<Kernels>()> make_kernels;
};

struct ShrinkOptions {
    std::size_t tries_max = 2000;  // 0: save the finding as it is
    // Heard before every try, and now and then during one, with the tries so far and the actions
    // left; returning false ends the shrinking with the best reproducer so far. Without it the
    // result depends on the input alone.
    std::function<bool(std::size_t tries, std::size_t actions_left)> go_on;
    std::function<std::uint64_t()> wall_clock_ns;  // for shrink_time_ms alone
    Rerun rerun;
};

// Runs the scenario again, shrinks its first unexpected violation and saves the folder
// <directory>/<id>, making the directories it needs. Errors: an outcome without an unexpected
// violation, a scenario that cannot be set up or written as text, and whatever the file system
// refuses. That a run cannot be shrunk is no error, see SavedFinding::note.
Result<SavedFinding> save_finding(const sim::Scenario& scenario, const sim::Outcome& outcome,
                                  const std::string& directory, const ShrinkOptions& options = {});

// Reads a finding's folder. Errors name the file and what is wrong with it: missing, damaged, or
// another format.
Result<SavedFinding> load_finding(const std::string& folder);

struct ReplayResult {
    SavedFinding finding;
    sim::Outcome outcome;         // of the whole run, just now
    bool same_violation = false;  // invariant, time and message as recorded
    bool same_digest = false;
    bool shrunk_reproduces =
        false;               // the reproducer violates the same invariant; true when there is none
    std::string difference;  // the first thing that differs, as a sentence; empty when nothing does

    [[nodiscard]] bool reproduced() const {
        return same_violation && same_digest && shrunk_reproduces;
    }
};

// Runs a finding again in this process, whole and shrunk. Errors: those of load_finding, and a
// scenario that this version cannot set up. That it does not reproduce is a result.
// `rerun.paranoid` is taken from the finding.
Result<ReplayResult> replay_finding(const std::string& folder, const Rerun& rerun = {});

// The text for the terminal, from the line that begins with FAIL to the command that reproduces it,
// lines ended by '\n'.
std::string finding_text(const SavedFinding& finding);

}  // namespace aivm::scenarios
