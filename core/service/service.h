// The twelve routes: JSON in, calls to a node's VM, JSON out.
//
//   GET   /providers   /tasks, /tasks?id=   /models   /rewards/stats?provider_id=
//         /stats       /merkle              /health
//   POST  /providers/register   /tasks/submit   /tasks/result   /attestation/verify
//         /rewards/claim
//
// Status: 200; 400 for bad JSON and for operations that the VM refuses; 401 if the authorisation is
// missing, invalid or used before; 404 for an unknown path or id; 405 for another method; 503 if
// the store has failed. Every error has the body {"error": {"code": name, "message": text}}.
//
// The four requests that move value (register, submit, result, claim) must be authorised (see
// authorization.h) and act for the key's own account. They are answered once the operation is on
// disk and certain to be in the next block, unless the time until then makes it stale. Every
// request with a valid signature uses up its nonce, even if it is refused. On a chain with other
// validators these four are refused: no other validator could check the authorisation.
//
// Where the published requests leave something open, the rules are: a provider registers with the
// minimum bond and for every model of the chain; a task's input {"row": n} names a feature row, and
// any other JSON names the row keccak(compact text with sorted names) mod rows; an output is the
// answer's byte, as n or {"answer": n}; a proof is the 32-byte trace root, or empty for a model of
// one step; a provider's `error` has no place on the chain and is refused (a provider that cannot
// answer lets the task time out).
#pragma once

#include "core/service/http.h"
#include "core/service/node.h"

namespace aivm {

class Service {
public:
    enum class Access : std::uint8_t {
        kAuthorized,
        kThrowAway,  // signatures are not checked: every request acts for dev_key()'s account
    };

    // The node must outlive the service, and both belong to one thread.
    Service(Node& node, Access access) : node_(node), access_(access) {}

    // Handles one request, after building a block if one is due.
    Response handle(const Request& request);

private:
    Node& node_;
    Access access_;
};

// The response to a request that never reaches handle(), such as one whose body is too long.
Response error_response(int status, const Error& error);

}  // namespace aivm
