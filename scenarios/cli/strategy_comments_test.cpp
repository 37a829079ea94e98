// Numbers in the comments of strategies (scenarios/adversaries). What a strategy brings is measured
// and stands in the golden files and on the page of attacks; a comment states formulas and rules.
// Every number of a rule is compared with the rule here.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <vector>

#include "core/config/config.h"
#include "core/state/task.h"
#include "core/tasks/admission.h"
#include "scenarios/cli/catalog.h"
#include "scenarios/cli/comment_numbers.h"

namespace aivm::scenarios::cli {
namespace {

std::vector<std::filesystem::path> sources() {
    std::vector<std::filesystem::path> out;
    const auto folder = catalog_folder().parent_path() / "adversaries";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const bool source = name.ends_with(".cpp") || name.ends_with(".h");
        if (source && !name.ends_with("_test.cpp")) out.push_back(entry.path());
    }
    std::ranges::sort(out);
    return out;
}

// All comments of a file as one line, without the years of what they cite.
std::string comments_in(const std::filesystem::path& path) {
    static const std::regex comment(R"(//\s*(.*)$)");
    static const std::regex citation(R"(\([A-Z][\w. ]+,? (?:19|20)\d\d\b)");
    std::ifstream in(path);
    std::string text;
    for (std::string line; std::getline(in, line);) {
        std::smatch found;
        if (std::regex_search(line, found, comment)) text += found[1].str() + ' ';
    }
    return std::regex_replace(text, citation, "");
}

struct Rule {
    const char* file;
    const char* number;
    const char* meaning;
    bool (*holds)();
};

bool half_of_the_stake_is_slashed() { return Policy{}.slash_equivocation_bps == 5'000; }

constexpr Rule kRules[] = {
    {"equivocator.cpp", "1/2", "of the stake", half_of_the_stake_is_slashed},
    {"twin.cpp", "1/2", "of the stake", half_of_the_stake_is_slashed},
    {"vertex_equivocator.cpp", "1/2", "of the stake", half_of_the_stake_is_slashed},
    {"shield_challenger.cpp", "1/2", "of a lost challenge's bond goes to the provider",
     [] { return Policy{}.provider_share_bps == 5'000; }},
    {"queue_holder.cpp", "1/10", "of the fee is burned at once",
     [] { return admission_burn(Policy{}, lux(10)) == lux(1); }},
    {"queue_holder.cpp", "1/16", "of the queue doubles the least fee",
     [] {
         VmParameters vm;
         vm.policy.lock_fee_bps = 0;
         vm.config.max_task_queue_size = 1600;
         const auto fee = [&](std::uint64_t waiting) { return required_fee(vm, waiting); };
         return fee(99) == fee(0) && fee(100) == fee(0).checked_times(2) &&
                fee(200) == fee(0).checked_times(4);
     }},
};

TEST(StrategyComments, StateNoNumberButThoseOfRules) {
    const std::vector<std::filesystem::path> files = sources();
    EXPECT_GT(files.size(), 50U) << "they are no longer found";
    for (const std::filesystem::path& path : files) {
        std::set<std::string> known{"0", "1", "2"};  // of formulas
        for (const Rule& rule : kRules) {
            if (path.filename() == rule.file) known.insert(rule.number);
        }
        for (const std::string& number : numbers_in(comments_in(path)))
            EXPECT_TRUE(known.contains(number))
                << path.filename() << ": " << number
                << ": remove it, or add the rule that it states to kRules";
    }
}

TEST(StrategyComments, AgreeWithTheRules) {
    const auto folder = catalog_folder().parent_path() / "adversaries";
    for (const Rule& rule : kRules) {
        EXPECT_TRUE(numbers_in(comments_in(folder / rule.file)).contains(rule.number))
            << rule.file << " no longer states " << rule.number;
        EXPECT_TRUE(rule.holds()) << rule.file << ": " << rule.number << ' ' << rule.meaning;
    }
}

TEST(StrategyComments, ANumberIsFoundInDigitsAndInWords) {
    using Numbers = std::set<std::string>;
    EXPECT_EQ(numbers_in("V05, int8, S1 and A40 hold 4,096 of 8.5"), (Numbers{"4096", "8.5"}));
    EXPECT_EQ(numbers_in("Twelve of seven, a tenth, half"), (Numbers{"12", "7", "1/10", "1/2"}));
    EXPECT_EQ(numbers_in("often, behalf, sixteen_bits, the third"), Numbers{});
    EXPECT_EQ(numbers_in("Sixteen, sixty-four; ninety nine and fifteen"),
              (Numbers{"16", "64", "99", "15"}));
    EXPECT_EQ(numbers_in("a hundred, two thousand, five hundred and twelve, ten thousand and one"),
              (Numbers{"100", "2000", "512", "10001"}));
    EXPECT_EQ(numbers_in("three hundred thousand and sixty-four"), (Numbers{"300064"}));
    EXPECT_EQ(numbers_in("tens of thousands, hundreds, thousands of tasks, a dozen"),
              (Numbers{"10000", "100", "1000", "12"}));
    EXPECT_EQ(numbers_in("one result in a thousand, every sixteenth, two thirds, a half-day"),
              (Numbers{"1000", "1/16", "1/3", "1/2"}));
    EXPECT_EQ(numbers_in("One of two, the fifth, six or seven, parts per million"),
              (Numbers{"6", "7"}));
    EXPECT_EQ(values_of_fraction("1/4"), (Numbers{"250000", "2500"}));
    EXPECT_EQ(values_of_fraction("4"), Numbers{});
}

}  // namespace
}  // namespace aivm::scenarios::cli
