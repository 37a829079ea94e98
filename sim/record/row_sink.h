// Where a run's rows go: a file (Recorder), memory (VectorSink), or nowhere (NullSink). The
// simulator sees only this.
//
// Order of calls: begin_run, any number of adds, finish_run, and again for the next run. Adds do
// not fail one by one: the first error of a run is kept, later adds do nothing, and finish_run
// returns it. Not thread safe.
#pragma once

#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "sim/record/rows.h"

namespace aivm::sim {

// The facts of a run that are known before it starts. The identity of a run is (code version,
// config, seed, replicate).
struct RunInfo {
    std::string scenario;                // its name
    std::string scenario_text;           // the file, word for word
    std::string config;                  // canonical text of all settings after the overrides
    std::vector<std::string> overrides;  // "key=value"
    std::vector<PointParamRow> params;   // the same, parsed; point_id is filled in by the sink
    std::string seed;
    std::uint32_t replicate = 0;
    std::string crn_group;
};

// The facts that are known when it has ended.
struct RunSummary {
    RunStatus status = RunStatus::kClean;
    std::uint64_t end_block = 0;
    std::uint64_t end_time_ns = 0;
    std::uint64_t events = 0;
    std::string digest;  // 32 hexadecimal digits
    std::uint64_t wall_time_ns = 0;
    std::vector<std::string> invariants;  // ids of those watched
    std::uint64_t invariant_checks = 0;
    std::string backend = "simd";  // what computed the kernels
    std::uint64_t kernel_fallbacks = 0;
    // Nothing in a run without faults; the time also if the chain did not recover.
    std::optional<std::uint64_t> recovery_time_ns = {};
    std::optional<std::uint64_t> recovery_limit_ns = {};
    // The budget that ended the run, and what filled its last second.
    std::optional<std::string> budget_end = {};
    // Why the run could not be finished; the status is then kFailed.
    std::optional<std::string> failure = {};
};

// One row of any table that belongs to a run.
using RowRef =
    std::variant<const PrincipalRow*, const AgentRow*, const TaskRow*, const ResultRow*,
                 const ChallengeRow*, const SlashRow*, const OutlayRow*, const PayoffRow*,
                 const CounterfactualRow*, const ChainStatRow*, const AnchorRow*, const VertexRow*,
                 const CutRow*, const ConflictRow*, const FaultRow*, const ViolationRow*,
                 const MetricRow*, const EventRow*>;

// Several rows of one such table, in the order of their keys.
template <class>
struct SpansOf;
template <class... Rows>
struct SpansOf<std::variant<const Rows*...>> {
    using Type = std::variant<std::span<const Rows>...>;
};
using RowsRef = SpansOf<RowRef>::Type;

class RowSink {
public:
    RowSink() = default;
    RowSink(const RowSink&) = delete;
    RowSink& operator=(const RowSink&) = delete;
    virtual ~RowSink() = default;

    [[nodiscard]] virtual Status begin_run(const RunInfo& info) = 0;
    // Any row type of RowRef. The row is read during the call only.
    template <class Row>
    void add(const Row& row) {
        take(RowRef(&row));
    }
    // The same as adding one after the other; sinks may know a faster way.
    template <class Row>
    void add_all(const std::vector<Row>& rows) {
        take_all(RowsRef(std::span<const Row>(rows)));
    }
    [[nodiscard]] virtual Status finish_run(const RunSummary& summary) = 0;

protected:
    virtual void take(RowRef row) = 0;
    virtual void take_all(RowsRef rows) {
        std::visit([this](const auto& many) { take_each(many); }, rows);
    }
    template <class Row>
    void take_each(std::span<const Row> rows) {
        for (const Row& row : rows) take(RowRef(&row));
    }
};

// Discards all rows.
class NullSink final : public RowSink {
public:
    Status begin_run(const RunInfo&) override { return {}; }
    Status finish_run(const RunSummary&) override { return {}; }

protected:
    void take(RowRef) override {}
};

// Keeps the rows of one run in memory, in the order they came: for callers without a database, and
// for worker threads whose runs are written to one Recorder later, in an order that does not depend
// on the threads.
class VectorSink final : public RowSink {
public:
    // Forgets the rows of the run before.
    Status begin_run(const RunInfo& info) override {
        info_ = info;
        rows_ = {};
        return {};
    }
    Status finish_run(const RunSummary& summary) override {
        summary_ = summary;
        return {};
    }

    [[nodiscard]] const RunInfo& info() const { return info_; }
    [[nodiscard]] const RunSummary& summary() const { return summary_; }
    template <class Row>
    [[nodiscard]] const std::vector<Row>& rows() const {
        return std::get<std::vector<Row>>(rows_);
    }

    // Passes the whole run to another sink.
    Status copy_to(RowSink& other) const {
        AIVM_TRY(other.begin_run(info_));
        std::apply([&](const auto&... rows) { (other.add_all(rows), ...); }, rows_);
        return other.finish_run(summary_);
    }

protected:
    void take(RowRef row) override {
        std::visit([this]<class Row>(
                       const Row* one) { std::get<std::vector<Row>>(rows_).push_back(*one); },
                   row);
    }

private:
    template <class>
    struct VectorsOf;
    template <class... Rows>
    struct VectorsOf<std::variant<const Rows*...>> {
        using Type = std::tuple<std::vector<Rows>...>;
    };

    RunInfo info_;
    RunSummary summary_;
    typename VectorsOf<RowRef>::Type rows_;
};

}  // namespace aivm::sim
