// The service described to its users: a list for people, and an OpenAPI document for tools.
#pragma once

#include <string>

namespace aivm {

// One line per route: method, path and what it does.
std::string service_routes_text();

// The OpenAPI 3.0 document of all routes, as GET /openapi.json answers it.
std::string openapi_text();

}  // namespace aivm
