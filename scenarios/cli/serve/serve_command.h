// `aivmsim serve`: a chain or DAG of one node with the service's routes over HTTP on loopback. The
// program is the consensus host of the VM (core/service/hosted_vm.h), with itself as the only
// validator.
#pragma once

#include <optional>
#include <string>

#include "gpu/backend/backend_kind.h"

namespace aivm::scenarios::cli {

struct ServeRequest {
    std::string listen = "127.0.0.1:8080";  // port 0: any free port, printed on stdout
    bool dev = false;                       // a temporary node that checks no signatures
    std::optional<std::string> store;       // a file; in memory if absent
    std::optional<std::string> config;      // the published configuration as JSON
    std::optional<std::string> genesis;     // see core/service/genesis_json.h
    std::string block_interval = "4s";      // of a DAG: between cuts
    bool dag = false;                       // vertices and cuts instead of blocks
    gpu::BackendRequest backend;
};

// Serves until SIGTERM or SIGINT, then ends the responses in progress, builds a last block for the
// queued operations, and returns 0.
int serve_command(const ServeRequest& request);

}  // namespace aivm::scenarios::cli
