#include "scenarios/cli/serve/sign_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>

#include "core/service/authorization.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/terminal.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::string_view kPemBegin = "-----BEGIN PRIVATE KEY-----";
constexpr std::string_view kPemEnd = "-----END PRIVATE KEY-----";
// RFC 8410: an Ed25519 private key is these bytes and its seed.
constexpr std::array<std::uint8_t, 16> kPkcs8{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                              0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};

Result<std::string> read_all(const std::string& path) {
    if (path == "-") {
        return std::string{std::istreambuf_iterator<char>(std::cin),
                           std::istreambuf_iterator<char>()};
    }
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) return fail(ErrorCode::kInvalidArgument, path + ": cannot be read");
    return text;
}

std::optional<Ed25519Seed> seed_from_pem(std::string_view text) {
    const std::size_t begin = text.find(kPemBegin);
    const std::size_t end = text.find(kPemEnd);
    if (begin == std::string_view::npos || end == std::string_view::npos) return std::nullopt;
    const std::string_view body =
        text.substr(begin + kPemBegin.size(), end - begin - kPemBegin.size());
    std::array<std::uint8_t, kPkcs8.size() + Ed25519Seed::size_bytes> der{};
    std::size_t size = 0;
    if (sodium_base642bin(der.data(), der.size(), body.data(), body.size(), "\r\n", &size, nullptr,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size != der.size() || !std::equal(kPkcs8.begin(), kPkcs8.end(), der.begin())) {
        return std::nullopt;
    }
    Ed25519Seed seed;
    std::copy(der.begin() + kPkcs8.size(), der.end(), seed.data());
    return seed;
}

Result<Ed25519Seed> read_key(const std::string& path) {
    AIVM_ASSIGN(std::string text, read_all(path));
    if (const auto seed = seed_from_pem(text)) return *seed;
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (const auto seed = fixed_from_hex<32>(text)) return *seed;
    return fail(ErrorCode::kInvalidArgument,
                path + ": neither 64 hex digits nor an Ed25519 key in PEM; --new makes one");
}

// Readable by its owner only, and never in place of another key.
Result<Ed25519Seed> make_key(const std::string& path) {
    Ed25519Seed seed;
    ::randombytes_buf(seed.data(), seed.size_bytes);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0)
        return fail(ErrorCode::kInvalidArgument, path + ": exists already, or cannot be written");
    const std::string text = to_hex(seed.view()) + "\n";
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (::close(file) != 0 || !written)
        return fail(ErrorCode::kStorage, path + ": cannot be written");
    return seed;
}

Result<std::string> answer(const SignRequest& request) {
    AIVM_ASSIGN(const Ed25519Seed seed,
                request.fresh ? make_key(request.key) : read_key(request.key));
    if (!request.path) {
        const Ed25519PublicKey key = public_key_of(seed);
        return fmt::format("address 0x{}\nkey     0x{}\n", to_hex(address_of(key).view()),
                           to_hex(key.view()));
    }
    Request signed_request;
    signed_request.method = "POST";
    signed_request.path = *request.path;
    if (request.body) {
        AIVM_ASSIGN(signed_request.body, read_all(*request.body));
    }
    return fmt::format("Authorization: {}\n",
                       authorization_header(seed, signed_request, request.chain_id, request.nonce));
}

}  // namespace

int sign_command(const SignRequest& request) {
    if (::sodium_init() < 0) {
        complain("libsodium does not start on this machine");
        return kExitHarnessFailed;
    }
    const auto text = answer(request);
    if (!text) {
        complain(text.error().context);
        return text.error().code == ErrorCode::kStorage ? kExitHarnessFailed : kExitBadRequest;
    }
    return print_result(*text) ? kExitClean : kExitHarnessFailed;
}

}  // namespace aivm::scenarios::cli
