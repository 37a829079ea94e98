// The routes of the service: one row per path and method, from which requests are dispatched and
// the index, the help and the OpenAPI document are made. To add a route: its function in routes.h
// and its row here. Only the .cpp files of this folder include this header.
#pragma once

#include <span>
#include <string_view>

#include "core/service/routes.h"

namespace aivm {

// A member of a request's body. `type` is the name of a schema in openapi.cpp.
struct BodyField {
    std::string_view name;
    std::string_view type;
    std::string_view doc;
    bool required = true;
};

struct Route {
    std::string_view path;
    std::string_view method;
    Result<Json> (*answer)(Call&);
    bool moves_value;        // acts for an account, which must sign the request
    std::string_view query;  // the only name that the query may have
    bool query_required;
    std::string_view doc;  // what it does, in one line
    std::span<const BodyField> body;
    std::string_view members;  // of the answer, that are always there, divided by commas
};

std::span<const Route> service_routes();

// Null if there is none.
const Route* find_route(std::string_view method, std::string_view path);

}  // namespace aivm
