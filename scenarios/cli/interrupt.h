// Ctrl-C asks a run to finish; what there is by then is kept. A second one ends the program at
// once.
#pragma once

namespace aivm::scenarios::cli {

// SIGINT and SIGTERM set a flag from now on.
void catch_interrupts();
bool interrupted();

}  // namespace aivm::scenarios::cli
