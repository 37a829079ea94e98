// aivmsim: the command line. Failed internal checks become an exit code and a message here.
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <string>

#include "gpu/backend/gpu_backend.h"
#include "scenarios/campaign/mutants/mutant_choice.h"
#include "scenarios/cli/arguments.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"

namespace {

namespace cli = aivm::scenarios::cli;

// With the planted bug that the environment names, if it names one.
int run_command(const std::function<int()>& command) {
    using namespace aivm::scenarios;
    const char* value = std::getenv(kMutantVariable);
    const auto chosen = choose_mutant_of_environment(
        value == nullptr ? std::nullopt : std::optional<std::string>(value));
    if (!chosen) {
        cli::complain(chosen.error().text());
        return cli::kExitBadRequest;
    }
    if (const MutantRow* bug = chosen_mutant())
        cli::say(fmt::format("with the planted bug {}: {}", bug->id, bug->sentence));
    return command();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const cli::Parsed parsed = cli::parse_arguments(argc, argv);
        return parsed.command ? run_command(parsed.command) : parsed.exit_code;
    } catch (const aivm::gpu::GpuFailure& failure) {
        cli::complain(fmt::format("{}; run with --backend cpu or auto", failure.what()));
    } catch (const std::bad_alloc&) {
        cli::complain("out of memory; make the scenario smaller");
    } catch (const std::exception& bug) {
        cli::complain(
            fmt::format("internal error, please report it with the command line: {}", bug.what()));
    }
    return cli::kExitHarnessFailed;
}
