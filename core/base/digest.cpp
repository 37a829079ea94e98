// The one-shot EVP interface looks its algorithm up on every call, which costs more than hashing a
// small message.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/base/digest.h"

#include <openssl/sha.h>

namespace aivm {

Hash32 sha256(ByteView message) { return sha256({message}); }

Hash32 sha256(std::initializer_list<ByteView> parts) {
    SHA256_CTX context;
    SHA256_Init(&context);
    for (const ByteView part : parts) SHA256_Update(&context, part.data(), part.size());
    Hash32 out;
    SHA256_Final(out.data(), &context);
    return out;
}

}  // namespace aivm
