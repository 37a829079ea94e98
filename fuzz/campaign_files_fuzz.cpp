// What campaigns and their tools make of foreign files: a line of a campaign's log and of the log
// of a profit search, the trace of another program, a finding, and a recorded choice. What is read
// must be written as the same value; everything else must fail with kMalformed. The first byte
// chooses the reader.
#include <cstdint>
#include <string_view>

#include "core/base/check.h"
#include "scenarios/campaign/campaign_record.h"
#include "scenarios/campaign/finding_json.h"
#include "scenarios/campaign/trace_bisect.h"
#include "scenarios/campaign/trace_key.h"
#include "scenarios/file/recorded.h"
#include "scenarios/profit/run_log.h"

using namespace aivm;
using namespace aivm::scenarios;

namespace {

void read_line(std::string_view text) {
    const auto record = from_line(text);
    if (!record) {
        AIVM_CHECK(record.error().code == ErrorCode::kMalformed);
        return;
    }
    const std::string line = to_line(*record);
    const auto again = from_line(line);
    AIVM_CHECK(again.has_value() && to_line(*again) == line);
}

void read_run_of_search(std::string_view text) {
    const auto run = logged_run(text);
    if (!run) {
        AIVM_CHECK(run.error().code == ErrorCode::kMalformed);
        return;
    }
    const auto again = logged_run(log_line(*run));
    if (text.find('\n') == std::string_view::npos) AIVM_CHECK(again.has_value() && *again == *run);
}

void read_trace(std::string_view text) {
    const auto trace = trace_from_json(text);
    if (!trace) {
        AIVM_CHECK(trace.error().code == ErrorCode::kMalformed);
        return;
    }
    const auto again = trace_from_json(trace_to_json(*trace));
    AIVM_CHECK(again.has_value() && !first_difference(*trace, *again));
}

void read_choice(std::string_view text) {
    const auto choice = parse_recorded_choice(text);
    if (!choice) return;
    AIVM_CHECK(parse_recorded_choice(choice_text(*choice)) == *choice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    switch (data[0] % 6) {
        case 0:
            read_line(text);
            break;
        case 1:
            read_trace(text);
            break;
        case 2:
            read_choice(text);
            break;
        case 3:
            AIVM_CHECK(normalised(text).size() <= text.size());
            break;
        case 4:
            static_cast<void>(finding_from_json(text));
            break;
        default:
            read_run_of_search(text);
    }
    return 0;
}
