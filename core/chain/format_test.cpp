// FORMAT.md against the descriptions of the structs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "core/base/encode.h"
#include "core/chain/block.h"
#include "core/chain/vertex.h"

namespace aivm {
namespace {

std::string page() {
    std::ifstream file(AIVM_SOURCE_DIR "/core/chain/FORMAT.md");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string without_spaces_at_the_ends(const std::string& text) {
    const std::size_t first = text.find_first_not_of(' ');
    if (first == std::string_view::npos) return {};  // a body without fields
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// The rules of the page's grammar by name.
std::map<std::string, std::string> rules() {
    std::map<std::string, std::string> out;
    std::istringstream lines(page());
    std::string line;
    while (std::getline(lines, line) && line != "```grammar") {
    }
    while (std::getline(lines, line) && line != "```") {
        const std::size_t equals = line.find('=');
        if (equals == std::string::npos) continue;
        out[without_spaces_at_the_ends(line.substr(0, equals))] =
            without_spaces_at_the_ends(line.substr(equals + 1));
    }
    return out;
}

template <class T, std::size_t Max = 0>
std::string type_text() {
    if constexpr (is_instance<T, ValuePtr>) {
        return type_text<std::remove_cvref_t<decltype(*std::declval<T>())>, Max>();
    } else if constexpr (Max == kAsInMemory) {
        return fmt::format("{}", sizeof(T));
    } else if constexpr (std::same_as<T, bool>) {
        return "bool";
    } else if constexpr (is_fixed_bytes<T>) {
        return fmt::format("{}", T::size_bytes);
    } else if constexpr (std::same_as<T, std::string>) {
        return "string";
    } else if constexpr (std::same_as<T, Bytes>) {
        return "bytes";
    } else if constexpr (std::same_as<T, Model>) {
        return "model";
    } else if constexpr (is_instance<T, std::optional>) {
        return fmt::format("optional({})", type_text<typename T::value_type>());
    } else if constexpr (ListOfValues<T>) {
        return fmt::format("list({})", type_text<typename T::value_type>());
    } else {
        return fmt::format("u{}", 8 * encoded_size_min<T>());
    }
}

template <class T>
std::string fields_text() {
    std::string out;
    const T value{};
    for_each_field(value, [&]<class F, class Member>(F, const Member&) {
        if (!out.empty()) out += ' ';
        out += fmt::format("{}:{}", F::name, type_text<Member, F::max>());
    });
    return out;
}

template <std::size_t... I>
std::vector<std::string> body_texts(std::index_sequence<I...>) {
    return {fields_text<std::variant_alternative_t<I, OperationBody>>()...};
}
template <std::size_t... I>
std::vector<std::string> body_names(std::index_sequence<I...>) {
    return {std::string(type_name<std::variant_alternative_t<I, OperationBody>>())...};
}
constexpr auto kBodies = std::make_index_sequence<std::variant_size_v<OperationBody>>{};

TEST(FormatPage, BlocksAndVerticesAreWhatTheirDescriptionsSay) {
    const auto written = rules();
    EXPECT_EQ(written.at("block"),
              "\"1\" " + fields_text<BlockHeader>() + " operations:list(signed_operation)");
    EXPECT_EQ(written.at("content 2"),
              fields_text<VertexHeader>() + " jobs:list(string) operations:list(signed_operation)");
    EXPECT_EQ(written.at("content 3"),
              fields_text<VertexHeader>() + " jobs:list(string) " + fields_text<CutSeal>());
    EXPECT_EQ(written.at("model"), fields_text<Model>());
}

TEST(FormatPage, OperationsAreWhatTheirDescriptionsSay) {
    const auto written = rules();
    const auto texts = body_texts(kBodies);
    const auto names = body_names(kBodies);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (names[i] == "DisputeMove") continue;  // its two shapes are written by hand
        EXPECT_EQ(written.at(fmt::format("body {}", i)), texts[i]) << names[i];
    }
    EXPECT_FALSE(written.contains(fmt::format("body {}", texts.size())));
}

TEST(FormatPage, EveryOperationIsNamedWithItsNumber) {
    std::string text = page();
    std::replace(text.begin(), text.end(), '\n', ' ');
    const auto names = body_names(kBodies);
    for (std::size_t i = 0; i < names.size(); ++i) {
        EXPECT_NE(text.find(fmt::format(" {} {}", i, names[i])), std::string::npos) << names[i];
    }
}

}  // namespace
}  // namespace aivm
