#include "scenarios/cli/interrupt.h"

#include <csignal>

namespace aivm::scenarios::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

extern "C" void note_interrupt(int signal) {
    g_interrupted = 1;
    std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
    std::signal(SIGINT, note_interrupt);
    std::signal(SIGTERM, note_interrupt);
}

bool interrupted() { return g_interrupted != 0; }

}  // namespace aivm::scenarios::cli
