// The published kernel vectors against the canonical kernels. AIVM_KERNEL_VECTORS=FILE runs another
// file of the format.
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "core/base/digest.h"
#include "core/testing/vector_file.h"

namespace aivm {
namespace {

using vectors::Json;

const char* const kShipped = AIVM_SOURCE_DIR "/core/kernels/vectors/kernels.json";

Json small_file(const Json& cases) {
    Json file = vectors::read_file(kShipped);
    file["cases"] = cases;
    return file;
}

// Reads `text` as a vector file and returns the complaint, or "" if there is none.
std::string complaint_about(const std::string& text) {
    const std::string path = testing::TempDir() + "/aivm_vectors_under_test.json";
    std::ofstream(path) << text;
    std::string complaint;
    try {
        vectors::read_file(path);
    } catch (const std::runtime_error& error) {
        complaint = error.what();
    }
    std::remove(path.c_str());
    return complaint;
}

TEST(KernelVectors, EveryCaseYieldsItsPublishedBytes) {
    const Json file = vectors::read_file(vectors::path_or(kShipped));
    CpuKernels kernels;
    for (const Json& vector_case : file.at("cases")) {
        SCOPED_TRACE(vector_case.at("name").get<std::string>());
        for (const std::string& difference : vectors::run_case(kernels, vector_case))
            ADD_FAILURE() << difference;
    }
}

TEST(KernelVectors, EveryKeccakMessageHasItsPublishedDigest) {
    const Json file = vectors::read_file(vectors::path_or(kShipped));
    // another file may hold kernel cases only
    const Json messages = file.value("keccak256", Json::array());
    for (const Json& pair : messages) {
        const Bytes message = from_hex(pair.at("msg").get<std::string>()).value();
        EXPECT_EQ(to_hex(keccak256(message).view()), pair.at("digest").get<std::string>());
    }
}

TEST(KernelVectors, AWrongExpectationIsFound) {
    CpuKernels kernels;
    const Json file = vectors::read_file(kShipped);
    for (Json vector_case : file.at("cases")) {
        Json& rc = vector_case["out"]["rc"];
        rc = rc.get<int>() + 1;
        EXPECT_FALSE(vectors::run_case(kernels, vector_case).empty()) << vector_case.at("name");
    }
}

TEST(KernelVectors, AMissingForeignOrEmptyFileIsRefusedByName) {
    EXPECT_THROW(vectors::read_file("/nonexistent/vectors.json"), std::runtime_error);
    EXPECT_NE(complaint_about("not json").find("is not JSON"), std::string::npos);
    EXPECT_NE(complaint_about("[1, 2]").find("is not JSON"), std::string::npos);
    EXPECT_NE(complaint_about(R"({"format": "other/2"})").find("other/2"), std::string::npos);
    EXPECT_NE(complaint_about(R"({"format": "aivm-vectors/1"})").find("the size of"),
              std::string::npos);
    EXPECT_NE(complaint_about(small_file(Json::array()).dump()).find("holds no cases"),
              std::string::npos);
}

}  // namespace
}  // namespace aivm
