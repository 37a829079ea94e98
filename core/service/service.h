// The twelve routes: JSON in, calls to a node's VM, JSON out.
//
//   GET  /providers          POST /providers/register   GET  /tasks, /tasks?id=   POST
//   /tasks/submit POST /tasks/result       GET  /models               POST /attestation/verify POST
//   /rewards/claim GET  /rewards/stats?provider_id=                    GET  /stats   GET /merkle
//   GET /health
//
// Status: 200; 400 for bad JSON and for what the VM refuses; 401 when the authorisation is missing,
// false or used before; 404 for an unknown path or id; 405 for another method; 503 when the store
// has failed. Every error has the body {"error": {"code": name, "message": text}}.
//
// The four requests that move value (register, submit, result, claim) must be authorised (see
// authorization.h) and act for the key's own account. They answer once the operation is on disk and
// sure to be in the next block, unless the time that passes until then makes it stale. A nonce is
// used up by any request whose signature holds, refused or not. On a chain with other validators
// these four are refused: nobody else could check what they rest on.
//
// What the published requests leave open is decided so: a provider registers with the minimum bond
// and for every model of the chain; a task's input {"row": n} names a feature row, and any other
// JSON names the row keccak(compact text with sorted names) mod rows; an output is the answer's
// byte, as n or {"answer": n}; a proof is the 32-byte trace root, or empty for a model of one step;
// a provider's `error` cannot be put on the chain and is refused (silence runs into the task's
// timeout).
#pragma once

#include "core/service/http.h"
#include "core/service/node.h"

namespace aivm {

class Service {
public:
    enum class Access : std::uint8_t {
        kAuthorized,
        kThrowAway,  // nobody is asked for a signature: every request acts for dev_key()'s account
    };

    // The node must outlive the service, and both belong to one thread.
    Service(Node& node, Access access) : node_(node), access_(access) {}

    // Builds the block that is due, if one is, and answers.
    Response handle(const Request& request);

private:
    Node& node_;
    Access access_;
};

// The answer to a request that never got here, such as one whose body is too long.
Response error_response(int status, const Error& error);

}  // namespace aivm
