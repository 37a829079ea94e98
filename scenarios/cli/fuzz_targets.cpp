#include "scenarios/cli/fuzz_targets.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "scenarios/cli/exit_codes.h"

namespace aivm::scenarios::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTargetSuffix = "_fuzz";

bool is_chosen(const FuzzRequest& request, const std::string& name) {
    return request.targets.empty() ||
           std::ranges::find(request.targets, name) != request.targets.end();
}

}  // namespace

std::vector<FuzzTarget> find_fuzz_targets(const FuzzRequest& request) {
    std::vector<FuzzTarget> out;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(request.programs, error)) {
        std::string name = entry.path().filename().string();
        if (!entry.is_regular_file() || !name.ends_with(kTargetSuffix)) continue;
        name.resize(name.size() - kTargetSuffix.size());
        if (is_chosen(request, name)) out.push_back({name, entry.path()});
    }
    std::ranges::sort(out, {}, &FuzzTarget::name);
    return out;
}

fs::path fuzz_folder(const FuzzRequest& request, const std::string& target) {
    return fs::path(request.out) / target;
}
fs::path fuzz_corpus(const FuzzRequest& request, const std::string& target) {
    return fs::path(request.corpus) / target;
}

int start_program(const std::vector<std::string>& command, const std::string& log,
                  const std::vector<std::pair<std::string, std::string>>& variables) {
    std::vector<std::string> words = command;
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t pid = fork();
    if (pid != 0) return pid;
    const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (file < 0 || dup2(file, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0)
        _exit(kExitHarnessFailed);
    for (const auto& [name, value] : variables) setenv(name.c_str(), value.c_str(), 1);
    execvp(argv[0], argv.data());
    _exit(kExitHarnessFailed);
}

int run_program(const std::vector<std::string>& command, const std::string& log,
                const std::vector<std::pair<std::string, std::string>>& variables) {
    const int pid = start_program(command, log, variables);
    int status = 0;
    while (pid >= 0 && waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return pid < 0 ? -1 : status;
}

std::string file_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::uint64_t last_number(const std::string& text, std::string_view key) {
    const std::size_t at = text.rfind(key);
    if (at == std::string::npos) return 0;
    const std::size_t digits = text.find_first_of("0123456789", at + key.size());
    std::uint64_t out = 0;
    if (digits != std::string::npos)
        std::from_chars(text.data() + digits, text.data() + text.size(), out);
    return out;
}

}  // namespace aivm::scenarios::cli
