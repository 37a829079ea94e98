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
    // The terminal is gone. Under nohup it is ignored, and stays so.
    if (std::signal(SIGHUP, note_interrupt) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
    // A limit on the size of files is an error of the write, as a full disk is.
    std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() { return g_interrupted != 0; }

}  // namespace aivm::scenarios::cli
