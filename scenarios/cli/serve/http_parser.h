// One HTTP/1.1 request as its bytes arrive: a narrow interface to the parser of Boost.Beast, whose
// headers are slow to compile.
#pragma once

#include <memory>
#include <string_view>

#include "core/service/http.h"
#include "scenarios/cli/serve/http_head.h"

namespace aivm::scenarios::cli {

class HttpParser {
public:
    enum class State : std::uint8_t {
        kHead,     // the head is not complete
        kBody,     // the head is complete, the body is not
        kDone,     // the request is complete
        kRefused,  // no further bytes are parsed
    };

    HttpParser();
    ~HttpParser();
    HttpParser(HttpParser&&) noexcept;
    HttpParser& operator=(HttpParser&&) noexcept;

    // Parses the bytes and returns how many were used up; the next call must begin with the others.
    // Stops at the end of the head and at the end of the request. `bytes` must not be empty.
    std::size_t put(std::string_view bytes);

    [[nodiscard]] State state() const;
    // Empty before kBody.
    [[nodiscard]] const HttpHead& head() const;
    // The request so far, whose body is complete in kDone. Once.
    [[nodiscard]] Request take_request();
    // Valid in kRefused: 400, or 414 and 431 for what is too long.
    [[nodiscard]] const Response& refusal() const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace aivm::scenarios::cli
