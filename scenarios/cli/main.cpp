// aivmsim: the command line. Failed internal checks become an exit code and a message here.
#include <fmt/format.h>

#include <exception>

#include "gpu/backend/gpu_backend.h"
#include "scenarios/cli/arguments.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"

int main(int argc, char** argv) {
    namespace cli = aivm::scenarios::cli;
    try {
        const cli::Parsed parsed = cli::parse_arguments(argc, argv);
        return parsed.command ? parsed.command() : parsed.exit_code;
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
