// The inputs from which fuzz targets of codecs begin are well-formed: one in an older format only
// reaches the first check of a decoder. With AIVM_UPDATE_EXPECTED=1 those of block_codec are
// written again, from the operations in the corpus of operation_codec.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/chain/block.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

namespace fs = std::filesystem;

const fs::path kCorpus = AIVM_SOURCE_DIR "/fuzz/corpus";

Bytes read_bytes(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}
void write_bytes(const fs::path& path, const Bytes& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    std::copy(bytes.begin(), bytes.end(), std::ostreambuf_iterator<char>(file));
    ASSERT_TRUE(file.good()) << path;
}
std::vector<fs::path> files_in(const fs::path& folder) {
    std::vector<fs::path> out(fs::directory_iterator(folder), {});
    std::sort(out.begin(), out.end());
    return out;
}

// The first byte says what kind of input follows.
Bytes input_of(std::uint8_t kind, ByteView bytes) {
    Bytes out{kind};
    out.insert(out.end(), bytes.begin(), bytes.end());
    return out;
}
constexpr std::uint8_t kBlock = 0;
constexpr std::uint8_t kOperation = 1;

void write_block_codec_inputs() {
    for (const fs::path& path : files_in(kCorpus / "operation_codec")) {
        const Bytes bytes = read_bytes(path);
        Reader in(bytes);
        const auto operation = SignedOperation::decode(in);
        ASSERT_TRUE(operation) << path << ": " << operation.error().text();
        if (in.remaining() > 0) continue;  // several
        write_bytes(kCorpus / "block_codec" / ("operation_" + path.filename().string()),
                    input_of(kOperation, (*operation)->bytes()));
    }
    TestChain chain(served());
    const auto write_block = [&](const char* name, const std::vector<OperationPtr>& operations) {
        write_bytes(kCorpus / "block_codec" / name,
                    input_of(kBlock, chain.build(operations).executed->block->encode()));
    };
    write_block("block_empty", {});
    std::vector<OperationPtr> operations{chain.by("alice", submission("a")),
                                         chain.by("bob", submission("b"))};
    write_block("block_two_operations", operations);
    for (int i = 0; i < 6; ++i)
        operations.push_back(chain.by("carol", submission("c" + std::to_string(i))));
    write_block("block_many_operations", operations);
}

TEST(FuzzCorpus, EveryInputOfTheBlockCodecIsWellFormed) {
    if (const char* update = std::getenv("AIVM_UPDATE_EXPECTED"); update && *update == '1')
        write_block_codec_inputs();
    std::size_t operations = 0;
    for (const fs::path& path : files_in(kCorpus / "block_codec")) {
        const Bytes bytes = read_bytes(path);
        ASSERT_FALSE(bytes.empty()) << path;
        const ByteView rest = ByteView(bytes).subspan(1);
        if (bytes[0] % 2 == kBlock) {
            EXPECT_TRUE(Block::decode(rest)) << path;
        } else {
            EXPECT_TRUE(Operation::decode(rest)) << path;
            ++operations;
        }
    }
    EXPECT_GE(operations, std::variant_size_v<OperationBody>);
}

TEST(FuzzCorpus, EveryInputOfTheOperationCodecIsWellFormed) {
    for (const fs::path& path : files_in(kCorpus / "operation_codec")) {
        const Bytes bytes = read_bytes(path);
        Reader in(bytes);
        while (in.remaining() > 0) {
            const auto operation = SignedOperation::decode(in);
            ASSERT_TRUE(operation) << path << ": " << operation.error().text();
        }
    }
}

}  // namespace
}  // namespace aivm::test
