#include <fmt/format.h>
#include <sqlite3.h>

#include "gpu/simd/cpu_width.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/run/build_info.h"
#include "sim/record/schema.h"

namespace aivm::scenarios::cli {

int version_command() {
    const BuildInfo& build = build_info();
    const std::string text = fmt::format(
        "aivmsim {}\ncompiler  {}\nbuild     {}\nsqlite    {} (outcome schema {})\nsimd      {}\n",
        build.version, build.compiler, build.flags, sqlite3_libversion(), sim::kSchemaVersion,
        gpu::width_name(gpu::best_width()));
    return print_result(text) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
