// A request and its response, independent of the transport.
#pragma once

#include <string>

#include "core/base/amount.h"

namespace aivm {

struct Request {
    std::string method;         // "GET"
    std::string path;           // "/tasks", as sent, without the query
    std::string query;          // "id=t-1", as sent
    std::string authorization;  // the header's value, empty if absent
    std::string body;
    TimestampNs now_ns = 0;  // when it arrived; the service has no clock of its own
};

struct Response {
    int status = 200;
    std::string body;   // JSON
    std::string allow;  // with 405: the methods that the path takes
};

}  // namespace aivm
