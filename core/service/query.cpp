#include "core/service/query.h"

#include "core/base/bytes.h"

namespace aivm {
namespace {

Result<std::string> decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const auto byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
            if (!byte || byte->size() != 1)
                return fail(ErrorCode::kInvalidArgument, "a broken % in the query");
            out.push_back(static_cast<char>(byte->front()));
            i += 2;
        } else {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

}  // namespace

Result<Query> parse_query(std::string_view text) {
    Query query;
    while (!text.empty()) {
        const std::string_view piece = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), piece.size() + 1));
        const std::size_t equals = piece.find('=');
        if (equals == std::string_view::npos)
            return fail(ErrorCode::kInvalidArgument, "the query is name=value&...");
        AIVM_ASSIGN(std::string name, decode(piece.substr(0, equals)));
        AIVM_ASSIGN(std::string value, decode(piece.substr(equals + 1)));
        if (!query.emplace(name, std::move(value)).second) {
            return fail(ErrorCode::kInvalidArgument, "the query says \"" + name + "\" twice");
        }
    }
    return query;
}

}  // namespace aivm
