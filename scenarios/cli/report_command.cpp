// Python makes the report: this finds a suitable interpreter and executes it.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/python_program.h"
#include "scenarios/cli/study_access.h"
#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

// The module of the source tree is preferred to an installed one, because it matches this program.
void put_source_tree_first() {
    std::error_code ignored;
    const std::string folder = AIVM_SOURCE_DIR "/reports";
    if (!fs::exists(folder + "/aivmsim_report", ignored)) return;
    const char* before = std::getenv("PYTHONPATH");
    const std::string path = before != nullptr && *before != '\0' ? folder + ":" + before : folder;
    setenv("PYTHONPATH", path.c_str(), 1);
}

// The exit status of a command, with its output discarded; 127 if it cannot be started.
int quietly(const std::vector<std::string>& command) {
    const pid_t child = fork();
    if (child == 0) {
        if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(126);
        replace_process(command);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0 || !WIFEXITED(status)) return 126;
    return WEXITSTATUS(status);
}

std::vector<std::string> command_line(const std::string& python, const ReportRequest& request) {
    std::vector<std::string> command{python, "-m", "aivmsim_report"};
    command.insert(command.end(), request.subjects.begin(), request.subjects.end());
    if (request.run) command.push_back(fmt::format("--run={}", *request.run));
    const std::pair<std::string_view, const std::string&> options[] = {
        {"--out", request.out},
        {"--axes", request.axes},
        {"--metrics", request.metrics},
        {"--design", request.design},
        {"--figures", request.figures},
        {"--format", request.format},
        {"--datasette", request.datasette},
    };
    for (const auto& [name, value] : options)
        if (!value.empty()) command.push_back(fmt::format("{}={}", name, value));
    return command;
}

// A finding is a folder. Python says what is wrong with one that holds none.
bool is_folder(const std::string& path) {
    std::error_code ignored;
    return fs::is_directory(path, ignored);
}

}  // namespace

int report_command(const ReportRequest& request) {
    for (const std::string& subject : request.subjects)
        if (!is_folder(subject) && !open_for_user(subject)) return kExitBadRequest;
    put_source_tree_first();
    const std::string python = python_program();
    const int probe = quietly({python, "-c", "import plotly, scipy, aivmsim_report"});
    if (probe == 127) {
        complain(fmt::format(
            "{} cannot be started; install Python 3, or name one in AIVMSIM_PYTHON", python));
        return kExitHarnessFailed;
    }
    if (probe != 0) {
        complain(fmt::format(
            "{} has no plotly, scipy or aivmsim_report; ./dev report {} brings them, or "
            "make an environment (python3 -m venv report-env; report-env/bin/pip "
            "install plotly scipy matplotlib) and name its Python in AIVMSIM_PYTHON",
            python, fmt::join(request.subjects, " ")));
        return kExitHarnessFailed;
    }
    replace_process(command_line(python, request));
    complain(fmt::format("{} cannot be started", python));
    return kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
