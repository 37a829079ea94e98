// Findings: a violated run, saved as a folder from which any process can run the violation again,
// whole and shrunk:
//
//   <directory>/<id>/finding.json    what was violated, when and by whom; the shrunk actions;
//                                    digests of the other files
//                    scenario.toml   the scenario with every key, canonical
//                    choices.bin     the random choices of the run (encode_choices)
//                    history.bin     the shrunk reproducer if the VM alone shows the violation:
//                                    blocks and operations
//                    shrunk.toml     the smallest run that is known to show it, if need be the
//                                    whole one: one scenario file with its seed and choices, for
//                                    `aivmsim run` and `aivmsim replay`
//                    report.txt      the text for the terminal
//                    repro.toml      only while it is being shrunk, or after `aivmsim shrink`: the
//                                    smallest run so far, in the form of shrunk.toml
//
// The id depends on the scenario, the seed, the invariant and the digest, so the same violation has
// the same folder. A folder is written under a temporary name and takes the place of an older one
// in one step, so it is complete or absent. It is there before the shrinking begins, and a process
// that is killed leaves the best that it had; the next save_finding of this violation goes on from
// there.
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
    15;  // lines; if there are more, the last line counts the rest

// The form of the reproducer: none, operations for the VM, or a smaller run.
enum class Reproducer : std::uint8_t { kNone, kHistory, kRun };

struct SavedFinding {
    std::string id;  // 8 hexadecimal digits
    sim::Violation violation;
    std::string scenario_name;
    std::uint64_t seed = 0;
    std::string digest;        // of the whole run
    std::string code_version;  // of the program that found it; empty in older findings
    bool paranoid = false;

    Reproducer reproducer = Reproducer::kNone;
    std::vector<std::string> actions;  // of the shrunk reproducer, in the words of the domain
    std::size_t actions_before = 0;
    std::size_t actions_after = 0;
    std::size_t tries = 0;
    std::uint64_t shrink_time_ms = 0;  // real time; 0 without a clock
    std::string shrunk_message;        // of the violation that the reproducer shows
    std::string shrunk_digest;  // of the run in shrunk.toml; empty in older findings without it
    std::string note;           // why there is no reproducer; empty if there is one
    std::string folder;         // where it was saved to or loaded from, without a slash at the end
};

// How a run is repeated: what RunOptions says besides seed and choices.
struct Rerun {
    bool paranoid = false;
    // Makes a new backend for every run; empty: the fastest CPU kernels.
    std::function<std::unique_ptr<Kernels>()> make_kernels;
};

struct ShrinkOptions {
    std::size_t tries_max = 2000;  // 0: save the finding as it is
    // Called before every try, and from time to time during one, with the number of tries so far
    // and of actions left; returning false ends the shrinking with the best reproducer so far.
    // Without it the result depends on the input only.
    std::function<bool(std::size_t tries, std::size_t actions_left)> go_on;
    std::function<std::uint64_t()> wall_clock_ns;  // for shrink_time_ms only
    Rerun rerun;
};

// Saves the outcome's first unexpected violation as the folder <directory>/<id>, creating
// directories as needed, runs the scenario again, and shrinks it. Errors: an outcome without an
// unexpected violation, a scenario that cannot be set up or written as text, and errors of the file
// system. A run that cannot be shrunk is not an error, see SavedFinding::note.
Result<SavedFinding> save_finding(const sim::Scenario& scenario, const sim::Outcome& outcome,
                                  const std::string& directory, const ShrinkOptions& options = {});

// Reads a finding's folder. Errors name the file and what is wrong with it: missing, damaged, or of
// another format.
Result<SavedFinding> load_finding(const std::string& folder);

struct ReplayResult {
    SavedFinding finding;
    sim::Outcome outcome;         // of the whole run, just now
    bool same_violation = false;  // invariant, time and message as recorded
    bool same_digest = false;
    bool shrunk_reproduces =
        false;               // the reproducer violates the same invariant; true when there is none
    std::string difference;  // the first difference, as a sentence; empty if there is none
    // Of the recorded choices of the whole run and of the one in shrunk.toml: how many there are,
    // and how many the runs of this program still asked for.
    std::size_t choices = 0;
    std::size_t choices_binding = 0;
    std::size_t shrunk_choices = 0;
    std::size_t shrunk_choices_binding = 0;

    [[nodiscard]] bool reproduced() const {
        return same_violation && same_digest && shrunk_reproduces;
    }
};

// Runs a finding again in this process, whole and shrunk. Errors: those of load_finding, and a
// scenario that this version cannot set up. A finding that does not reproduce is a result, not an
// error. `rerun.paranoid` is taken from the finding.
Result<ReplayResult> replay_finding(const std::string& folder, const Rerun& rerun = {});

// One argument as a shell takes it: quoted where that is needed.
std::string shell_argument(const std::string& text);

// Who a violation concerns, by the names of participants and of their principals, which the table
// of payoffs has: "provider[3] (escapers-2) provider[4] (escapers-3)". Empty if nobody.
std::string violation_actors(const sim::Violation& violation);

// The text for the terminal, from the line that begins with FAIL to the command that reproduces it,
// lines ended by '\n'.
std::string finding_text(const SavedFinding& finding);

// The same for the file report.txt, which is read by people who did not start the run: with what
// the invariant promises, and why.
std::string finding_report(const SavedFinding& finding);

}  // namespace aivm::scenarios
