// What the service makes of bytes from a connection: whatever arrives, in pieces of any size, is a
// request within the limits or is refused with a documented status, and bytes of a request are the
// same request however they arrive. The first byte is the size of the pieces.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/base/check.h"
#include "scenarios/cli/serve/http_limits.h"
#include "scenarios/cli/serve/http_parser.h"

using namespace aivm;
using namespace aivm::scenarios::cli;

namespace {

using State = HttpParser::State;

struct Outcome {
    State state = State::kHead;
    int refusal = 0;
    Request request;
};

// Whether a connection reads the body after this head. If not, no byte of it reaches the parser:
// Beast 1.74 stops on an assertion in some bodies of chunks, which check_head refuses.
bool reads_body(const HttpHead& head) { return !check_head(head) && head.takes_body(); }

// As a connection does: what the parser leaves waits for more.
Outcome read_in_pieces(std::string_view bytes, std::size_t piece) {
    HttpParser parser;
    std::string waiting;
    const auto goes_on = [&] {
        return parser.state() == State::kHead ||
               (parser.state() == State::kBody && reads_body(parser.head()));
    };
    while (!bytes.empty() && goes_on()) {
        waiting += bytes.substr(0, piece);
        bytes.remove_prefix(std::min(piece, bytes.size()));
        std::size_t used = 1;
        while (!waiting.empty() && used != 0 && goes_on()) {
            used = parser.put(waiting);
            AIVM_CHECK(used <= waiting.size());
            waiting.erase(0, used);
        }
    }
    Outcome out{parser.state(), 0, {}};
    if (out.state == State::kRefused) {
        out.refusal = parser.refusal().status;
        AIVM_CHECK(!parser.refusal().body.empty());
    }
    if (out.state == State::kBody || out.state == State::kDone) {
        AIVM_CHECK(parser.head().path.size() + parser.head().query.size() <= kTargetBytesMax);
        const auto refusal = check_head(parser.head());
        const std::set<int> known{400, 404, 405, 411, 413, 415};
        AIVM_CHECK(!refusal || (known.contains(refusal->status) && !refusal->body.empty()));
    }
    if (out.state == State::kDone) out.request = parser.take_request();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    const Outcome whole = read_in_pieces(bytes, std::max<std::size_t>(bytes.size(), 1));
    const Outcome pieces = read_in_pieces(bytes, std::size_t{data[0]} + 1);
    const std::set<int> refusals{400, 414, 431};
    for (const Outcome& one : {whole, pieces})
        AIVM_CHECK(one.state != State::kRefused || refusals.contains(one.refusal));
    if (whole.state != State::kDone) return 0;
    AIVM_CHECK(pieces.state == State::kDone);
    AIVM_CHECK(pieces.request.method == whole.request.method);
    AIVM_CHECK(pieces.request.path == whole.request.path);
    AIVM_CHECK(pieces.request.query == whole.request.query);
    AIVM_CHECK(pieces.request.authorization == whole.request.authorization);
    AIVM_CHECK(pieces.request.body == whole.request.body);
    return 0;
}
