#include "scenarios/adversaries/learning.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"

namespace aivm::scenarios {
namespace {

// The payoff of each of a player's choices against the other's mix.
std::vector<double> row_values(const Game& game, const Mix& columns) {
    std::vector<double> out(game.rows);
    for (std::size_t r = 0; r < game.rows; ++r) {
        for (std::size_t c = 0; c < game.columns; ++c) out[r] += game.row_payoff(r, c) * columns[c];
    }
    return out;
}

std::vector<double> column_values(const Game& game, const Mix& rows) {
    std::vector<double> out(game.columns);
    for (std::size_t c = 0; c < game.columns; ++c) {
        for (std::size_t r = 0; r < game.rows; ++r) out[c] += game.column_payoff(r, c) * rows[r];
    }
    return out;
}

double mean_value(const std::vector<double>& values, const Mix& mix) {
    return std::inner_product(values.begin(), values.end(), mix.begin(), 0.0);
}

std::size_t best_of(const std::vector<double>& values) {
    return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

Mix shares_of(const std::vector<double>& counts) {
    const double sum = std::accumulate(counts.begin(), counts.end(), 0.0);
    Mix out;
    for (const double count : counts) out.push_back(count / sum);
    return out;
}

double spread(const std::vector<double>& payoffs) {
    const auto [low, high] = std::ranges::minmax(payoffs);
    return high - low;
}

void grow(Mix& mix, const std::vector<double>& values, double step) {
    const double mean = mean_value(values, mix);
    for (std::size_t i = 0; i < mix.size(); ++i) mix[i] *= 1 + step * (values[i] - mean);
    mix = shares_of(mix);  // rounding must not add up
}

void add(Mix& sum, const Mix& mix) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += mix[i];
}

bool is_mix(const Mix& mix, std::size_t size) {
    return mix.size() == size &&
           std::ranges::all_of(mix, [](double share) { return share >= 0; }) &&
           std::accumulate(mix.begin(), mix.end(), 0.0) > 0;
}

}  // namespace

BestResponse best_response(const std::vector<GridAxis>& axes,
                           const std::function<double(const GridPoint&)>& payoff) {
    for (const GridAxis& axis : axes) AIVM_CHECK(!axis.values.empty());
    std::vector<std::size_t> at(axes.size());
    BestResponse best;
    for (bool more = true; more;) {
        GridPoint point;
        for (std::size_t i = 0; i < axes.size(); ++i) point.push_back(axes[i].values[at[i]]);
        const double value = payoff(point);
        if (best.evaluations == 0 || value > best.payoff) {
            best.point = std::move(point);
            best.payoff = value;
        }
        ++best.evaluations;
        more = false;
        for (std::size_t i = axes.size(); i-- > 0 && !more;) {
            more = ++at[i] < axes[i].values.size();
            if (!more) at[i] = 0;
        }
    }
    return best;
}

double Game::row_payoff(std::size_t row, std::size_t column) const {
    return row_payoffs.at(row * columns + column);
}
double Game::column_payoff(std::size_t row, std::size_t column) const {
    return column_payoffs.at(row * columns + column);
}

Game empirical_game(std::size_t rows, std::size_t columns, const Play& play) {
    AIVM_CHECK(rows > 0 && columns > 0);
    Game game{rows, columns, {}, {}};
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < columns; ++c) {
            const auto [of_row, of_column] = play(r, c);
            game.row_payoffs.push_back(of_row);
            game.column_payoffs.push_back(of_column);
        }
    }
    return game;
}

double regret(const Game& game, const Mixes& mixes) {
    AIVM_CHECK(is_mix(mixes.row, game.rows) && is_mix(mixes.column, game.columns));
    const std::vector<double> rows = row_values(game, mixes.column);
    const std::vector<double> columns = column_values(game, mixes.row);
    return std::max(*std::ranges::max_element(rows) - mean_value(rows, mixes.row),
                    *std::ranges::max_element(columns) - mean_value(columns, mixes.column));
}

Mixes fictitious_play(const Game& game, std::size_t rounds) {
    AIVM_CHECK(game.rows > 0 && game.columns > 0);
    std::vector<double> rows(game.rows, 1);
    std::vector<double> columns(game.columns, 1);
    for (std::size_t i = 0; i < rounds; ++i) {
        const std::size_t row = best_of(row_values(game, columns));  // counts do as well as shares
        const std::size_t column = best_of(column_values(game, rows));
        rows[row] += 1;
        columns[column] += 1;
    }
    return {shares_of(rows), shares_of(columns)};
}

ReplicatorOrbit replicator(const Game& game, const Mixes& start, double step, std::size_t rounds) {
    AIVM_CHECK(is_mix(start.row, game.rows) && is_mix(start.column, game.columns));
    AIVM_CHECK(step > 0 &&
               step * std::max(spread(game.row_payoffs), spread(game.column_payoffs)) < 1);
    ReplicatorOrbit orbit{{shares_of(start.row), shares_of(start.column)},
                          {Mix(game.rows), Mix(game.columns)}};
    add(orbit.mean.row, orbit.last.row);
    add(orbit.mean.column, orbit.last.column);
    for (std::size_t i = 0; i < rounds; ++i) {
        const std::vector<double> rows = row_values(game, orbit.last.column);
        const std::vector<double> columns = column_values(game, orbit.last.row);
        grow(orbit.last.row, rows, step);
        grow(orbit.last.column, columns, step);
        add(orbit.mean.row, orbit.last.row);
        add(orbit.mean.column, orbit.last.column);
    }
    orbit.mean = {shares_of(orbit.mean.row), shares_of(orbit.mean.column)};
    return orbit;
}

}  // namespace aivm::scenarios
