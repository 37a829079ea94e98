// The space-time page of a run: time goes to the right, one line per actor. The picture fills the
// window; in a narrow one it scrolls, and shows its right end first, where the violation is.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/campaign/timeline.h"

namespace aivm::scenarios {
namespace {

constexpr double kPageWidth = 1300;
constexpr double kNames = 140;  // left of the lines
constexpr double kRight = 60;   // right of the lines, for the last time
constexpr double kTop = 50;
constexpr double kLine = 26;  // between two actors
constexpr int kTicks = 10;

constexpr const char* kStyle =
    ":root{color-scheme:light dark;--ink:#222;--line:#ccc;--message:#36c;--lost:#c33;--block:#393;"
    "--fault:#fa0;--violation:#b00}"
    "@media(prefers-color-scheme:dark){:root{--ink:#ddd;--line:#555;--message:#8af;--lost:#f77;"
    "--block:#6c6;--violation:#f66}}"
    "body{font:14px system-ui,sans-serif;margin:24px;color:var(--ink)}"
    "div{overflow-x:auto;direction:rtl}"
    "svg{width:100%;min-width:1000px;direction:ltr}.l{stroke:var(--line)}"
    ".m{stroke:var(--message);stroke-opacity:.45}.x{stroke:var(--lost);stroke-opacity:.7}"
    ".b{stroke:var(--block);stroke-dasharray:2 3}.f{fill:var(--fault);fill-opacity:.2}"
    ".v{stroke:var(--violation);stroke-width:2}"
    "text{font-size:11px;fill:var(--ink)}.bad{color:var(--violation)}";

std::string html_text(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

class Page {
public:
    explicit Page(const Timeline& timeline) : t_(timeline) {}

    std::string html() {
        add_faults();
        add_actors();
        add_ticks();
        add_messages();
        add_blocks();
        add_violation();
        const double height = y(t_.actors.size()) + 20;
        return fmt::format(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width\"><title>{0}</title>"
            "<style>{1}</style></head><body>\n<h1>{0}</h1>\n{2}"
            "<div tabindex=\"0\"><svg viewBox=\"0 0 {3:.0f} {4:.0f}\" role=\"img\" "
            "aria-label=\"messages between actors over time\">\n{5}</svg></div>\n"
            "<p>{6}</p>\n</body></html>\n",
            html_text(t_.title), kStyle, head(), kPageWidth, height, svg_, legend());
    }

private:
    [[nodiscard]] double x(sim::SimTime time) const {
        const double span = std::max<double>(1, static_cast<double>(t_.end - t_.begin));
        const double share = static_cast<double>(time - t_.begin) / span;
        return kNames + (kPageWidth - kNames - kRight) * std::clamp(share, 0.0, 1.02);
    }
    [[nodiscard]] static double y(std::size_t actor) {
        return kTop + kLine * static_cast<double>(actor);
    }
    static std::string seconds(sim::SimTime time) {
        return fmt::format("{:.3f} s", static_cast<double>(time) / 1e9);
    }
    void line(const char* kind, double x1, double y1, double x2, double y2,
              const std::string& title) {
        svg_ += fmt::format(
            "<line class=\"{}\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"><title>{}"
            "</title></line>\n",
            kind, x1, y1, x2, y2, html_text(title));
    }
    void text(double at_x, double at_y, std::string_view words) {
        svg_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", at_x, at_y,
                            html_text(words));
    }

    [[nodiscard]] std::string name(std::uint32_t actor) const {
        return actor < t_.actors.size() ? t_.actors[actor] : "the world";
    }
    void add_actors() {
        for (std::size_t i = 0; i < t_.actors.size(); ++i) {
            text(0, y(i) + 4, t_.actors[i]);
            line("l", kNames, y(i), kPageWidth - kRight, y(i), t_.actors[i]);
        }
    }
    void add_ticks() {
        for (int i = 0; i <= kTicks; ++i) {
            const sim::SimTime at = t_.begin + (t_.end - t_.begin) / kTicks * i;
            text(x(at), kTop - 24, seconds(at));
        }
    }
    void add_messages() {
        for (const TimelineMessage& m : t_.messages) {
            const std::string title =
                fmt::format("{} to {}, sent {}{}", name(m.from), name(m.to), seconds(m.sent),
                            m.arrives ? ", arrives " + seconds(*m.arrives) : ", lost");
            if (m.arrives) {
                line("m", x(m.sent), y(m.from), x(*m.arrives), y(m.to), title);
            } else {
                const double toward = m.to > m.from ? 8 : -8;
                line("x", x(m.sent), y(m.from), x(m.sent) + 8, y(m.from) + toward, title);
            }
        }
    }
    void add_blocks() {
        for (const TimelineBlock& block : t_.blocks) {
            line("b", x(block.time), kTop - 14, x(block.time), y(t_.actors.size()) - 10,
                 fmt::format("block {} of {}, {} operations, accepted first at {}", block.height,
                             name(block.proposer), block.operations, seconds(block.time)));
            text(x(block.time) + 2, kTop - 10, std::to_string(block.height));
        }
    }
    void add_faults() {
        const double height = y(t_.actors.size()) - kTop;
        for (const TimelineFault& fault : t_.faults) {
            svg_ += fmt::format(
                "<rect class=\"f\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\">"
                "<title>{}</title></rect>\n",
                x(fault.begin), kTop - 10, x(fault.end) - x(fault.begin), height,
                html_text(fault.text));
        }
    }
    void add_violation() {
        if (!t_.violation) return;
        const double at = x(t_.violation->time);
        line("v", at, kTop - 20, at, y(t_.actors.size()),
             t_.violation->invariant + ": " + t_.violation->message);
    }
    [[nodiscard]] std::string head() const {
        if (!t_.violation) return "<p>Nothing was violated.</p>\n";
        return fmt::format("<p class=\"bad\"><b>{} {}</b> at {}, event #{}: {}</p>\n",
                           html_text(t_.violation->invariant), html_text(t_.violation->name),
                           seconds(t_.violation->time), t_.violation->event,
                           html_text(t_.violation->message));
    }
    [[nodiscard]] std::string legend() const {
        std::string out =
            "Blue: a message. Short red: one that was lost. Green: a block when the first node "
            "accepted it. Orange: a fault. Red: the violation. Hover for details.";
        if (t_.messages_left_out > 0)
            out += fmt::format(" {} further messages are not shown.", t_.messages_left_out);
        return out;
    }

    const Timeline& t_;
    std::string svg_;
};

}  // namespace

std::string space_time_page(const Timeline& timeline) { return Page(timeline).html(); }

}  // namespace aivm::scenarios
