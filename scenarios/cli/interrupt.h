// Ctrl-C asks a run to finish and keeps partial results. A second one ends the program at once.
#pragma once

namespace aivm::scenarios::cli {

// Installs handlers of SIGINT and SIGTERM that set a flag.
void catch_interrupts();
bool interrupted();

}  // namespace aivm::scenarios::cli
