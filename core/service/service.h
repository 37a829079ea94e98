// The routes: JSON in, calls to a node's VM, JSON out.
// The list of them is in route_table.cpp; GET / and GET /openapi.json answer it.
//
// Status, in the order of the checks: 404 for an unknown path; 405 for another method; 401 if the
// authorisation is missing, invalid or used before; 400 for bad JSON or fields; 400 for an
// operation that the VM refuses, 404 for an unknown id, 503 if the store has failed; 200. (The
// transport checks a body's length and size between 405 and 401.) Every error has the body
// {"error": {"code": name, "message": text}}.
//
// The requests that move value (all POSTs but /attestation/verify) must be authorised (see
// authorization.h) and act for the key's own account. They are answered once the operation is on
// disk and queued: it is in the next block, or in a later one where the order of fees puts it
// before another that it needs. Every request with a valid signature uses up its nonce, even if it
// is refused. On a chain with other validators they are refused: no other validator could check the
// authorisation.
//
// Where the published requests leave something open, the rules are: a provider registers with the
// minimum bond and for every model of the chain; a task's input {"row": n} names a feature row, and
// any other JSON names the row keccak(compact text with sorted names) mod rows; an output is the
// answer's byte, as n or {"answer": n}; a proof is the 32-byte trace root, or empty for a model of
// one step; a provider's `error` has no place on the chain and is refused (a provider that cannot
// answer lets the task time out). The bodies of the routes that are not published stand beside
// their functions, in attestation.cpp, committee.cpp, challenges.cpp and providers.cpp.
#pragma once

#include <optional>
#include <string_view>

#include "core/service/http.h"
#include "core/service/node_base.h"

namespace aivm {

class Service {
public:
    enum class Access : std::uint8_t {
        kAuthorized,
        kThrowAway,  // signatures are not checked: every request acts for dev_key()'s account
    };

    // The node must outlive the service, and both belong to one thread.
    Service(NodeBase& node, Access access) : node_(node), access_(access) {}

    // Handles one request, after building a block if one is due.
    Response handle(const Request& request);

    // The refusal of a request whose path is no route (404) or does not take its method (405),
    // which a transport can send before it reads the body.
    static std::optional<Response> check_route(std::string_view method, std::string_view path);

private:
    NodeBase& node_;
    Access access_;
};

// The response to a request that never reaches handle(), such as one whose body is too long.
Response error_response(int status, const Error& error);

}  // namespace aivm
