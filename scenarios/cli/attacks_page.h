// The page scenarios/catalog/ATTACKS.md: one row per adversary of the catalogue, with what it
// brings over honest play, the theory, and where it stops to pay as measured.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace aivm::scenarios::cli {

// What is known of one adversary. Lines of a cell of the page.
struct AttackRow {
    std::vector<std::string> strategies;
    std::vector<std::string> effects;  // of its owners over honest play, with intervals
    std::vector<std::string> sweeps;   // theory and finding of each
};

// By id, from the golden files, the sweeps and their results. Throws for files that cannot be read.
std::map<std::string, AttackRow> attack_rows();

std::string attacks_page(const std::map<std::string, AttackRow>& rows);

}  // namespace aivm::scenarios::cli
