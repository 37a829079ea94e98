// The kernels on the CUDA stand-in as a program, for what needs a build of its own: mutants and
// ThreadSanitizer (check_mutants.py), and long random runs.
//
//   stand_in_check MODE [small=N] [large=N] [failing=N] [first=N] [vectors=FILE]
//                       [site=N] [weaken=plain|removed]
//   stand_in_check sites         prints the sites, one per line, in the order of site=N
//
// Exits 0 when everything is byte-equal, else 1 after printing one sentence.
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include "gpu/kernels/testing/stand_in_modes.h"

namespace aivm::emulation {
namespace {

constexpr int kUsageError = 2;

void print_sites(const Work& work) {
    for (const Site& site : sites_reached(work)) std::printf("%s\n", site.name().c_str());
}

struct Request {
    Work work;
    std::optional<std::size_t> site;
};

// Reads one NAME=VALUE argument.
bool read_argument(const std::string& text, Request& request) {
    Work& work = request.work;
    const auto equals = text.find('=');
    if (equals == std::string::npos) return false;
    const std::string key = text.substr(0, equals);
    const std::string value = text.substr(equals + 1);
    if (key == "vectors") {
        work.vector_file = value;
    } else if (key == "small") {
        work.small_cases = std::stoull(value);
    } else if (key == "large") {
        work.large_cases = std::stoull(value);
    } else if (key == "failing") {
        work.failing_cases = std::stoull(value);
    } else if (key == "first") {
        work.first_case = std::stoull(value);
    } else if (key == "site") {
        request.site = std::stoull(value);
    } else if (key == "weaken") {
        work.weakening = value == "plain" ? Weakening::kPlain : Weakening::kRemoved;
    } else {
        return false;
    }
    return true;
}

int run(int argument_count, char** arguments) {
    if (argument_count < 2) return kUsageError;
    const std::string mode = arguments[1];
    Request request;
    for (int i = 2; i < argument_count; ++i) {
        if (!read_argument(arguments[i], request)) return kUsageError;
    }
    Work& work = request.work;
    if (request.site) {
        Work intact = work;
        intact.weakening = Weakening::kNone;
        work.weakened_site = sites_reached(intact).at(*request.site);
    }
    if (mode == "sites") {
        print_sites(work);
        return 0;
    }
    for (const Mode known : kModes) {
        if (mode != name(known)) continue;
        const std::string problem = check(known, work);
        if (!problem.empty()) std::printf("%s\n", problem.c_str());
        return problem.empty() ? 0 : 1;
    }
    return kUsageError;
}

}  // namespace
}  // namespace aivm::emulation

int main(int argument_count, char** arguments) {
    try {
        return aivm::emulation::run(argument_count, arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "stand_in_check: %s\n", error.what());
        return aivm::emulation::kUsageError;
    }
}
