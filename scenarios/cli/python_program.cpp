#include "scenarios/cli/python_program.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace aivm::scenarios::cli {

namespace fs = std::filesystem;

std::string python_program() {
    const char* given = std::getenv("AIVMSIM_PYTHON");
    if (given != nullptr && *given != '\0') return given;
    std::error_code ignored;
    const fs::path venv = AIVM_SOURCE_DIR "/build/venv/bin/python";
    return fs::exists(venv, ignored) ? venv.string() : "python3";
}

void replace_process(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execvp(words[0], words.data());
}

}  // namespace aivm::scenarios::cli
