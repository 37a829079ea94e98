#include "scenarios/cli/serve/listen_address.h"

#include <gtest/gtest.h>

namespace aivm::scenarios::cli {
namespace {

TEST(ListenAddress, loopback_in_all_its_forms_is_taken) {
    for (const char* text : {"127.0.0.1:8080", "127.1.2.3:1", "localhost:0", "[::1]:65535"}) {
        const auto address = parse_listen_address(text);
        ASSERT_TRUE(address) << address.error().text();
        EXPECT_EQ(address->text(), text);
    }
}

TEST(ListenAddress, anything_that_others_could_reach_or_that_is_no_address_is_refused) {
    for (const char* text : {"0.0.0.0:80", "192.168.1.1:80", "[::]:80", "example.org:80",
                             "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
                             "127.0.0.1:-1", ":80", "", "::1:80", "128.0.0.1:80"}) {
        const auto address = parse_listen_address(text);
        ASSERT_FALSE(address) << text;
        EXPECT_NE(address.error().text().find("--listen"), std::string::npos);
    }
}

}  // namespace
}  // namespace aivm::scenarios::cli
