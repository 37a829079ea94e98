#include "pyharness/src/bindings/record_bytes.h"

#include <cstring>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <variant>

#include "core/base/describe.h"
#include "sim/record/tables.h"

namespace aivm::python {
namespace {

constexpr std::uint32_t kBytesVersion = 2;

// Both directions visit the same members in the same order: `BytesOut` appends them, `BytesIn`
// reads them.
class BytesOut {
public:
    static constexpr bool kReads = false;
    std::string bytes;

    void raw(void* data, std::size_t size) { bytes.append(static_cast<const char*>(data), size); }
};
class BytesIn {
public:
    static constexpr bool kReads = true;
    std::string_view rest;

    void raw(void* data, std::size_t size) {
        if (rest.size() < size) throw std::runtime_error("the bytes of the run are cut");
        std::memcpy(data, rest.data(), size);
        rest.remove_prefix(size);
    }
};

template <class Archive, class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
void archive_value(Archive& archive, T& value) {
    archive.raw(&value, sizeof value);
}
template <class Archive>
void archive_value(Archive& archive, Amount& value) {
    std::uint64_t nlux = value.nlux();
    archive_value(archive, nlux);
    if constexpr (Archive::kReads) value = Amount(nlux);
}
template <class Archive>
void archive_value(Archive& archive, sim::Digest128& value) {
    static_assert(std::is_trivially_copyable_v<sim::Digest128>);
    archive.raw(&value, sizeof value);
}
template <class Archive>
std::size_t archive_size(Archive& archive, std::size_t size) {
    std::uint64_t count = size;
    archive_value(archive, count);
    return static_cast<std::size_t>(count);
}
template <class Archive>
void archive_value(Archive& archive, std::string& value) {
    const std::size_t size = archive_size(archive, value.size());
    if constexpr (Archive::kReads) {
        if (archive.rest.size() < size) throw std::runtime_error("the bytes of the run are cut");
        value.resize(size);
    }
    archive.raw(value.data(), size);
}
template <class Archive>
void archive_value(Archive& archive, sim::Number& value) {
    std::uint8_t real = value.index() == 1 ? 1 : 0;
    archive_value(archive, real);
    if constexpr (Archive::kReads) {
        if (real != 0)
            value = 0.0;
        else
            value = std::int64_t{0};
    }
    std::visit([&](auto& number) { archive_value(archive, number); }, value);
}
template <class Archive, class T>
void archive_value(Archive& archive, std::optional<T>& value) {
    std::uint8_t there = value ? 1 : 0;
    archive_value(archive, there);
    if constexpr (Archive::kReads) {
        value.reset();
        if (there != 0) value.emplace();
    }
    if (value) archive_value(archive, *value);
}
template <class Archive, class T>
void archive_value(Archive& archive, std::vector<T>& values);

template <class Archive>
void archive_value(Archive& archive, sim::Violation& v) {
    archive_value(archive, v.invariant);
    archive_value(archive, v.name);
    archive_value(archive, v.message);
    archive_value(archive, v.time);
    archive_value(archive, v.block);
    archive_value(archive, v.event);
    archive_value(archive, v.actors);
    archive_value(archive, v.expected);
    archive_value(archive, v.liveness);
}
template <class Archive, class Row>
    requires requires { sim::Table<Row>::columns; }
void archive_value(Archive& archive, Row& row) {
    std::apply([&](const auto&... column) { (archive_value(archive, row.*column.member), ...); },
               sim::Table<Row>::columns);
}
template <class Archive, class T>
void archive_value(Archive& archive, std::vector<T>& values) {
    const std::size_t size = archive_size(archive, values.size());
    if constexpr (Archive::kReads) {
        if (size > archive.rest.size()) throw std::runtime_error("the bytes of the run are cut");
        values.resize(size);
    }
    for (T& value : values) archive_value(archive, value);
}

template <class Archive>
void archive_value(Archive& archive, sim::RunInfo& info) {
    for (std::string* text :
         {&info.scenario, &info.scenario_text, &info.config, &info.seed, &info.crn_group})
        archive_value(archive, *text);
    archive_value(archive, info.overrides);
    archive_value(archive, info.params);
    archive_value(archive, info.replicate);
}
template <class Archive>
void archive_value(Archive& archive, sim::RunSummary& s) {
    archive_value(archive, s.status);
    for (std::uint64_t* number : {&s.end_block, &s.end_time_ns, &s.events, &s.wall_time_ns,
                                  &s.invariant_checks, &s.kernel_fallbacks})
        archive_value(archive, *number);
    archive_value(archive, s.digest);
    archive_value(archive, s.invariants);
    archive_value(archive, s.backend);
    archive_value(archive, s.recovery_time_ns);
    archive_value(archive, s.recovery_limit_ns);
    archive_value(archive, s.budget_end);
    archive_value(archive, s.failure);
}
// What the package reads of an outcome.
template <class Archive>
void archive_value(Archive& archive, sim::Outcome& out) {
    archive_value(archive, out.scenario);
    archive_value(archive, out.seed);
    archive_value(archive, out.status);
    archive_value(archive, out.digest);
    archive_value(archive, out.invariant_checks);
    archive_value(archive, out.invariants);
    archive_value(archive, out.violations);
    archive_value(archive, out.missing_violations);
    archive_value(archive, out.metrics);
}

// Calls visit.operator()<Row>() for every table whose rows a sink of a run keeps.
template <class Visitor>
void for_each_kept_table(Visitor visitor) {
    sim::for_each_table([&]<class Row> {
        if constexpr (sim::Table<Row>::scope == sim::Scope::kRun)
            visitor.template operator()<Row>();
    });
}

}  // namespace

std::string to_bytes(const RunRecord& record) {
    BytesOut out;
    std::uint32_t version = kBytesVersion;
    archive_value(out, version);
    sim::Outcome outcome = record.outcome;
    archive_value(out, outcome);
    sim::RunInfo info = record.rows.info();
    archive_value(out, info);
    sim::RunSummary summary = record.rows.summary();
    archive_value(out, summary);
    for_each_kept_table([&]<class Row> {
        std::vector<Row> rows = record.rows.rows<Row>();
        archive_value(out, rows);
    });
    return std::move(out.bytes);
}

std::shared_ptr<RunRecord> record_from_bytes(std::string_view bytes) {
    BytesIn in{bytes};
    std::uint32_t version = 0;
    archive_value(in, version);
    if (version != kBytesVersion)
        throw std::runtime_error("the run was pickled by another version");
    auto record = std::make_shared<RunRecord>();
    archive_value(in, record->outcome);
    sim::RunInfo info;
    archive_value(in, info);
    static_cast<void>(record->rows.begin_run(info));
    sim::RunSummary summary;
    archive_value(in, summary);
    static_cast<void>(record->rows.finish_run(summary));
    for_each_kept_table([&]<class Row> {
        std::vector<Row> rows;
        archive_value(in, rows);
        record->rows.add_all(rows);
    });
    return record;
}

}  // namespace aivm::python
