#include "scenarios/validation/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <vector>

#include "scenarios/validation/theory.h"

namespace aivm::scenarios {
namespace {

constexpr int kDepthMax = 64;
constexpr double kRangeMax = 100'000;
constexpr double kArgumentMax = 100'000;
constexpr double kCountMax = 1e15;  // up to here each whole number has a successor
// Of one expression: characters of terms that are read, and steps of functions; a second's worth.
constexpr double kWorkMax = 1e8;

double power(double base, double exponent) {
    return std::pow(base, exponent);  // never reaches results: checks the case file's own numbers
}

// Recursive descent; the first error is kept, and everything after it evaluates to 0.
class Evaluator {
public:
    // `work` is what may still be spent.
    Evaluator(std::string_view text, const Bindings& names, double& work)
        : text_(text), names_(names), work_(work) {}

    Result<Evaluation> run() {
        const double value = sum(&largest_term_);
        skip_blanks();
        if (at_ < text_.size()) set_fault("something is left over");
        if (fault_.empty() && !std::isfinite(value)) set_fault("the value is not finite");
        if (!fault_.empty()) return fail(ErrorCode::kInvalidArgument, fault_);
        return Evaluation{value, largest_term_};
    }

private:
    // Raises `largest` to the largest absolute value of a term.
    double sum(double* largest = nullptr) {
        const auto term = [&] {
            const double one = product();
            if (largest != nullptr) *largest = std::max(*largest, std::abs(one));
            return one;
        };
        double value = term();
        while (fault_.empty()) {
            if (take("+")) {
                value += term();
            } else if (take("-")) {
                value -= term();
            } else {
                break;
            }
        }
        return value;
    }

    double product() {
        double value = sign();
        while (fault_.empty()) {
            if (!peek("**") && take("*")) {
                value *= sign();
            } else if (take("/")) {
                value /= sign();
            } else {
                break;
            }
        }
        return value;
    }

    double sign() {
        if (++depth_ > kDepthMax) set_fault("nested too deeply");
        double value = 0;
        if (fault_.empty()) {
            if (take("-")) {
                value = -sign();
            } else {
                value = atom();
                if (take("**")) value = power(value, sign());
            }
        }
        --depth_;
        return value;
    }

    double atom() {
        skip_blanks();
        if (take("(")) {
            const double value = sum();
            expect(")");
            return value;
        }
        if (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0)
            return number();
        const std::string name = word();
        if (name.empty()) return set_fault("a number, a name or '(' was expected");
        if (take("(")) return name == "sum" ? series() : call(name);
        const auto bound = names_.find(name);
        return bound != names_.end() ? bound->second
                                     : set_fault(fmt::format("no parameter is called '{}'", name));
    }

    double number() {
        double value = 0;
        const auto [end, error] =
            std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        if (error != std::errc()) return set_fault("this is no number");
        at_ = static_cast<std::size_t>(end - text_.data());
        return value;
    }

    double call(const std::string& name) {
        std::vector<double> a;
        if (!take(")")) {
            do a.push_back(sum());
            while (fault_.empty() && take(","));
            expect(")");
        }
        if (!fault_.empty()) return 0;
        for (const double one : a) {
            if (!(std::abs(one) <= kArgumentMax))
                return set_fault(fmt::format("an argument of {} is too large", name));
        }
        return apply(name, a);
    }

    double apply(const std::string& name, const std::vector<double>& a) {
        const auto whole = [&](std::size_t i) {
            return static_cast<std::int64_t>(std::llround(a[i]));
        };
        if (name == "exp" && a.size() == 1) {
            return std::exp(a[0]);  // never reaches results: checks the case file's own numbers
        }
        if (name == "ceil" && a.size() == 1) return std::ceil(a[0]);
        if (name == "floor" && a.size() == 1) return std::floor(a[0]);
        if (name == "log2" && a.size() == 1) {
            if (!(a[0] > 0)) return set_fault("log2 takes (x > 0)");
            return std::log2(a[0]);  // never reaches results: checks the case file's own numbers
        }
        if (name == "normal_cdf" && a.size() == 1) return normal_cdf(a[0]);
        if (name == "round" && a.size() == 1) return std::nearbyint(a[0]);
        if (name == "comb" && a.size() == 2) return spend(a[1]) ? comb(whole(0), whole(1)) : 0;
        if (name.starts_with("binom_") && a.size() == 3) {
            if (whole(1) < 0 || a[2] < 0 || a[2] > 1)
                return set_fault(name + " takes (k, n >= 0, 0 <= p <= 1)");
            if (!spend(a[1] * a[1])) return 0;
            if (name == "binom_sf") return binom_sf(whole(0), whole(1), a[2]);
            if (name == "binom_cdf") return binom_cdf(whole(0), whole(1), a[2]);
        }
        if (name == "hyper_sf" && a.size() == 4) {
            const bool sound =
                whole(2) >= 0 && whole(2) <= whole(1) && whole(3) >= 0 && whole(3) <= whole(1);
            if (!sound) return set_fault("hyper_sf takes (k, n, 0 <= K <= n, 0 <= m <= n)");
            if (!spend(std::min(a[2], a[3]) * (a[2] + 2 * a[3]))) return 0;
            return hyper_sf(whole(0), whole(1), whole(2), whole(3));
        }
        if (name.starts_with("erlang_") && a.size() == 2) {
            if (a[0] < 0 || whole(1) < 1) return set_fault(name + " takes (load >= 0, k >= 1)");
            if (!spend(a[1])) return 0;
            if (name == "erlang_b") return erlang_b(a[0], whole(1));
            if (name == "erlang_c" && a[0] < a[1]) return erlang_c(a[0], whole(1));
        }
        return set_fault(fmt::format("there is no function {} of {} arguments", name, a.size()));
    }

    // sum(TERM for NAME in range(A, B)): the term is read once to find its end, then once for each
    // value.
    double series() {
        const std::size_t term = at_;
        const std::size_t head = text_.find(" for ", at_);
        if (head == std::string_view::npos) return set_fault("'for' was expected");
        at_ = head + 5;
        const std::string name = word();
        if (!take("in") || !take("range") || !take("("))
            return set_fault("'NAME in range(A, B)' was expected");
        const double from = sum();
        expect(",");
        const double to = sum();
        expect(")");
        expect(")");
        if (fault_.empty() && !(std::abs(from) <= kCountMax && to - from <= kRangeMax))
            set_fault("the range is too long");
        double total = 0;
        for (double value = from; fault_.empty() && value < to; value += 1) {
            if (!spend(static_cast<double>(head - term + 1))) return 0;
            Bindings inner = names_;
            inner[name] = value;
            const auto one = Evaluator(text_.substr(term, head - term), inner, work_).run();
            if (!one) return set_fault(one.error().context);
            total += one->value;
        }
        return total;
    }

    // Whether so much work is left; a fault if it is not.
    bool spend(double amount) {
        work_ -= std::max(amount, 0.0);
        if (work_ >= 0) return true;
        set_fault("it takes too long to compute");
        return false;
    }

    void skip_blanks() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
    }
    bool peek(std::string_view token) {
        skip_blanks();
        return text_.substr(at_).starts_with(token);
    }
    bool take(std::string_view token) {
        if (!peek(token)) return false;
        at_ += token.size();
        return true;
    }
    void expect(std::string_view token) {
        if (fault_.empty() && !take(token)) set_fault(fmt::format("'{}' was expected", token));
    }
    std::string word() {
        skip_blanks();
        std::size_t end = at_;
        while (end < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_')) {
            ++end;
        }
        std::string out(text_.substr(at_, end - at_));
        at_ = end;
        return out;
    }
    double set_fault(const std::string& what) {
        if (fault_.empty()) fault_ = fmt::format("\"{}\", column {}: {}", text_, at_ + 1, what);
        return 0;
    }

    std::string_view text_;
    const Bindings& names_;
    double& work_;
    std::size_t at_ = 0;
    int depth_ = 0;
    double largest_term_ = 0;
    std::string fault_;
};

}  // namespace

Result<Evaluation> evaluate(std::string_view text, const Bindings& parameters) {
    double work = kWorkMax;
    return Evaluator(text, parameters, work).run();
}

}  // namespace aivm::scenarios
