// The bytes of a response.
#pragma once

#include <string>

#include "core/service/http.h"

namespace aivm::scenarios::cli {

// `with_body` is false for the response to HEAD, which has the headers only.
std::string http_text(const Response& response, bool keep_alive, bool with_body);

}  // namespace aivm::scenarios::cli
