// The study file (a database of runs) as the program's readers meet it: opened and checked as by
// every command and by Python, every row of every table read, runs prepared for a replay, two files
// compared, and a part merged with the analysis of its sweep. A file is read or refused by an error
// that names it; nothing else may happen.
//
// The first byte says what the input is:
//   0  the bytes of the file
//   1  edits of a file that the program wrote
//   2  edits of such a file whose tables allow every value, as if its schema had been changed too
// An edit is a letter and what it needs, each a byte but for three of an offset:
//   v TABLE COLUMN ROW VALUE        replaces a value by one of kValues
//   s TABLE COLUMN ROW LENGTH TEXT  replaces a value by a text
//   d TABLE ROW                     deletes a row
//   b OFFSET BYTE                   replaces a byte of the file
//   t LENGTH                        cuts the file
// Numbers are taken modulo what there is. fuzz/tests/study_corpus.py writes such inputs.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/check.h"
#include "scenarios/file/load.h"
#include "scenarios/file/override.h"
#include "scenarios/run/run.h"
#include "scenarios/run/run_info.h"
#include "scenarios/sweep/compare.h"
#include "scenarios/sweep/sweep.h"
#include "sim/record/recorder.h"
#include "sim/record/study.h"

using namespace aivm;

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kScenario = R"(name = "study_file"
[run]
fidelity = "economic"
[tasks]
count = 6
feature_rows = 64
[vm]
challenge_window_blocks = 5
challenge_reveal_blocks = 5
[[provider]]
name = "lazy"
count = 2
strategy = "lazy_guess"
[[challenger]]
name = "watcher"
)";

// Of a sweep with a stopping rule, which the analysis of a merged file reads.
constexpr const char* kPlan = R"({"base": "", "over": {}, "points": [[]], "seeds": "1..2", )"
                              R"("until": ["until-decided p_final_corrupt<0.5"]})";

constexpr std::array<std::string_view, 16> kValues{
    "NULL",
    "-1",
    "0",
    "1",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "0.5",
    "9e999",
    "-9e999",
    "''",
    "'x'",
    "x'ff00fe'",
    "CAST(x'fffe' AS TEXT)",
    "'{\"'",
    "'[1,2]'",
};

constexpr std::size_t kOffsetBytes = 3;

// A folder for this process's files, in memory where the system has such a place.
class Folder {
public:
    Folder() {
        std::error_code ignored;
        const bool shared_memory = fs::is_directory("/dev/shm", ignored);
        std::string name = (shared_memory ? "/dev/shm" : fs::temp_directory_path().string()) +
                           "/study-file-fuzz-XXXXXX";
        AIVM_CHECK(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    [[nodiscard]] std::string file(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

const Folder& folder() {
    static const Folder made;
    return made;
}

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    AIVM_CHECK(file.good());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    AIVM_CHECK(!file.fail());
}

void record(const std::string& path) {
    const auto loaded = scenarios::load_scenario_text(kScenario, "study_file_fuzz");
    AIVM_CHECK(loaded.has_value());
    const auto recorder =
        sim::Recorder::create(path, {"study", "2026-01-01T00:00:00Z", "0.1.0", "cc", "flags"});
    AIVM_CHECK(recorder.has_value());
    sim::Recorder& file = **recorder;
    for (const std::uint64_t seed : {1, 2}) {
        scenarios::RunOptions options;
        options.seed = seed;
        sim::RunInfo info = scenarios::make_run_info(*loaded, {}, seed);
        info.replicate = static_cast<std::uint32_t>(seed - 1);
        AIVM_CHECK(scenarios::run_scenario(loaded->scenario, options, file, info).has_value());
    }
    AIVM_CHECK(file.add_sweep({.plan = kPlan, .confidence = 0.95}).has_value());
    const auto sweeps = sim::select_rows<sim::SweepRow>(file.database(), "");
    AIVM_CHECK(sweeps.has_value() && sweeps->size() == 1);
    AIVM_CHECK(scenarios::write_conclusions(file, sweeps->front()).has_value());
    AIVM_CHECK(file.close().has_value());
}

// The text of a table without what restricts its values.
std::string without_guards(std::string sql) {
    const auto drop = [&](std::string_view words) {
        for (std::size_t at = sql.find(words); at != std::string::npos; at = sql.find(words))
            sql.erase(at, words.size());
    };
    drop(" NOT NULL");
    drop("STRICT, ");
    for (std::size_t at = sql.find(" CHECK ("); at != std::string::npos;
         at = sql.find(" CHECK (")) {
        std::size_t end = sql.find('(', at);
        int depth = 0;
        do {
            if (sql.at(end) == '(') ++depth;
            if (sql.at(end) == ')') --depth;
            ++end;
        } while (depth > 0);
        sql.erase(at, end - at);
    }
    return sql;
}

void drop_guards(const std::string& path) {
    auto database = sim::Database::open(path, sim::Database::Mode::kReadWrite);
    AIVM_CHECK(database.has_value() && database->execute("PRAGMA writable_schema = ON"));
    for (const sim::TableInfo& table : sim::schema_tables()) {
        const std::string sql = without_guards(sim::create_table_sql(table));
        AIVM_CHECK(database
                       ->execute(fmt::format("UPDATE sqlite_master SET sql = {} WHERE name = {}",
                                             sim::sql_literal(sql), sim::sql_literal(table.name)))
                       .has_value());
    }
    AIVM_CHECK(database->close().has_value());
}

// What edits begin with.
const std::string& whole_file(bool guarded) {
    static const std::array<std::string, 2> files = [] {
        const std::string path = folder().file("whole.db");
        record(path);
        const std::string with = bytes_of(path);
        drop_guards(path);
        return std::array<std::string, 2>{bytes_of(path), with};
    }();
    return files.at(guarded ? 1 : 0);
}

// Takes the edits apart; 0 and empty after the end.
class Edits {
public:
    explicit Edits(std::string_view bytes) : rest_(bytes) {}
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    std::size_t number(std::size_t bytes = 1) {
        std::size_t out = 0;
        for (const char c : take(bytes)) out = out << 8 | static_cast<unsigned char>(c);
        return out;
    }
    std::string_view take(std::size_t bytes) {
        const std::string_view out = rest_.substr(0, bytes);
        rest_.remove_prefix(out.size());
        return out;
    }

private:
    std::string_view rest_;
};

template <class List>
const auto& pick(const List& list, std::size_t number) {
    return list[number % list.size()];
}

// The row's place in its table, as a condition.
std::string row_sql(const sim::TableInfo& table, std::size_t row) {
    return fmt::format(
        "WHERE ({0}) IN (SELECT {0} FROM {1} ORDER BY {0} LIMIT 1 OFFSET {2} % "
        "max(1, (SELECT count(*) FROM {1})))",
        table.key, table.name, row);
}

// The edits of rows as SQL; those of bytes go into `patches`.
struct Patch {
    char kind = 0;  // 'b' or 't'
    std::size_t offset = 0;
    char byte = 0;
};
std::vector<std::string> statements(Edits edits, std::vector<Patch>& patches) {
    std::vector<std::string> out;
    while (!edits.empty()) {
        const auto kind = static_cast<char>(edits.number());
        if (kind == 'b' || kind == 't') {
            const std::size_t offset = edits.number(kOffsetBytes);
            patches.push_back(
                {kind, offset, kind == 'b' ? static_cast<char>(edits.number()) : '\0'});
            continue;
        }
        if (kind != 'v' && kind != 's' && kind != 'd') continue;
        const sim::TableInfo& table = pick(sim::schema_tables(), edits.number());
        if (kind == 'd') {
            out.push_back(
                fmt::format("DELETE FROM {} {}", table.name, row_sql(table, edits.number())));
            continue;
        }
        const sim::ColumnInfo& column = pick(table.columns, edits.number());
        const std::size_t row = edits.number();
        const std::size_t value = edits.number();
        const std::string literal =
            kind == 'v' ? std::string(pick(kValues, value)) : sim::sql_literal(edits.take(value));
        out.push_back(fmt::format("UPDATE OR IGNORE {} SET {} = {} {}", table.name, column.name,
                                  literal, row_sql(table, row)));
    }
    return out;
}

void edit(const std::string& path, bool guarded, std::string_view input) {
    write(path, whole_file(guarded));
    std::vector<Patch> patches;
    const auto changes = statements(Edits(input), patches);
    if (!changes.empty()) {
        auto database = sim::Database::open(path, sim::Database::Mode::kReadWrite);
        AIVM_CHECK(database.has_value());
        AIVM_CHECK(database
                       ->execute("PRAGMA ignore_check_constraints = ON; PRAGMA journal_mode = "
                                 "OFF; PRAGMA synchronous = OFF")
                       .has_value());
        // One that SQLite refuses changes nothing.
        for (const std::string& sql : changes) static_cast<void>(database->execute(sql));
        AIVM_CHECK(database->close().has_value());
    }
    if (patches.empty()) return;
    std::string bytes = bytes_of(path);
    for (const Patch& patch : patches) {
        if (bytes.empty()) break;
        const std::size_t offset = patch.offset % bytes.size();
        if (patch.kind == 't') {
            bytes.resize(offset);
        } else {
            bytes[offset] = patch.byte;
        }
    }
    write(path, bytes);
}

// One sentence that names the file.
void check_error(const Error& error, const std::string& path) {
    AIVM_CHECK(error.context.find(path) != std::string::npos);
}

template <class Row>
bool read_table(sim::Study& study) {
    if constexpr (sim::Table<Row>::scope == sim::Scope::kFile) {
        const auto rows = study.rows<Row>();
        if (!rows) check_error(rows.error(), study.path());
        return rows.has_value();
    } else {
        const Status read =
            study.for_each_row<Row>("", [](std::int64_t /*run*/, const Row& /*row*/) {});
        if (!read) check_error(read.error(), study.path());
        return read.has_value();
    }
}

// As a replay reads each run, but for running it.
void read_runs(sim::Study& study) {
    const auto runs = study.rows<sim::RunRow>();
    if (!runs) return;
    for (const sim::RunRow& run : *runs) {
        const auto from = study.provenance(run.run_id);
        if (!from) {
            check_error(from.error(), study.path());
            continue;
        }
        std::vector<scenarios::Override> overrides;
        for (const std::string& assignment : from->overrides()) {
            if (auto parsed = scenarios::parse_override(assignment))
                overrides.push_back(*std::move(parsed));
        }
        const auto loaded = scenarios::load_scenario_text(from->point.scenario_text,
                                                          from->point.scenario, overrides);
        AIVM_CHECK(loaded || !to_text(loaded.error()).empty());
    }
}

void merge(const std::string& part) {
    const auto recorder = sim::Recorder::create(
        folder().file("merged.db"), {"study", "", "0.1.0", "", ""}, {.overwrite = true});
    AIVM_CHECK(recorder.has_value());
    sim::Recorder& file = **recorder;
    if (const Status merged = file.merge(part); !merged) {
        check_error(merged.error(), part);
        return;
    }
    const auto sweeps = sim::select_rows<sim::SweepRow>(file.database(), "");
    AIVM_CHECK(sweeps.has_value());
    if (!sweeps->empty()) static_cast<void>(scenarios::write_conclusions(file, sweeps->front()));
}

void read(const std::string& path) {
    auto study = sim::open_study(path);
    if (!study) {
        check_error(study.error(), path);
    } else {
        sim::for_each_table([&]<class Row> { static_cast<void>(read_table<Row>(*study)); });
        read_runs(*study);
        const auto differences = scenarios::compare_studies(*study, *study, {});
        if (!differences) check_error(differences.error(), path);
    }
    merge(path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string path = folder().file("study.db");
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    const unsigned kind = data[0] % 3;
    if (kind == 0) {
        write(path, input);
    } else {
        edit(path, kind == 1, input);
    }
    read(path);
    return 0;
}
