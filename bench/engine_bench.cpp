// The engine compared with a std::priority_queue of plain structs, on HOLD and PHOLD: two synthetic
// workloads from the literature on event queues (D. W. Jones, CACM 29(4), 1986; R. M. Fujimoto,
// 1990), here with fixed draws, so that every engine must reach the same check value. The two run
// back to back, and only the ratio within a pair counts, because absolute figures depend on the
// machine's load.
//
//   engine_bench [--quick | --plain [NAME]]     exit code 1 if a check value differs
//
// --quick: 10^6 events and three pairs each. --plain: only the engine, one run of each workload or
// of the named one, as "name events seconds" (for peers/compare.py). The draws of this benchmark
// use libm's log, as the peers do; the simulator itself never does.
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <queue>
#include <string>
#include <vector>

#include "sim/engine/engine.h"

namespace {

using aivm::sim::Engine;
using aivm::sim::HeapEngine;
using aivm::sim::Priority;

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
constexpr std::uint32_t kEntities = 1000;
constexpr std::uint32_t kEventsEach = 16;

std::uint64_t next(std::uint64_t& state) {
    std::uint64_t z = state += kGolden;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

std::int64_t exponential(std::uint64_t bits) {
    const double u = static_cast<double>(bits >> 11) * 0x1p-53;
    return static_cast<std::int64_t>(-std::log(1.0 - u) * 1e9) + 1;
}

// User CPU seconds of this process.
double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec) +
           1e-6 * static_cast<double>(usage.ru_utime.tv_usec);
}

struct Run {
    std::uint64_t check = 0;
    double seconds = 0;  // without the initial filling
};

struct PlainEvent {
    std::int64_t time;
    std::uint64_t sequence;
    std::uint64_t value;
    std::uint32_t entity;

    bool operator>(const PlainEvent& other) const {
        return time != other.time ? time > other.time : sequence > other.sequence;
    }
};

using PlainQueue = std::priority_queue<PlainEvent, std::vector<PlainEvent>, std::greater<>>;

Run hold_reference(std::uint64_t pending, std::uint64_t events) {
    PlainQueue queue;
    std::uint64_t state = 42;
    std::uint64_t sequence = 0;
    for (std::uint64_t i = 0; i < pending; ++i)
        queue.push({exponential(next(state)), sequence++, i, 0});
    Run run;
    const double start = cpu_seconds();
    for (std::uint64_t i = 0; i < events; ++i) {
        const PlainEvent event = queue.top();
        queue.pop();
        run.check = (run.check ^ static_cast<std::uint64_t>(event.time) ^ event.value) * kGolden;
        queue.push({event.time + exponential(next(state)), sequence++, event.value + 1, 0});
    }
    run.seconds = cpu_seconds() - start;
    return run;
}

template <class AnyEngine>
Run hold(std::uint64_t pending, std::uint64_t events) {
    AnyEngine engine;
    std::uint64_t state = 42;
    for (std::uint64_t i = 0; i < pending; ++i) {
        engine.post_at(exponential(next(state)), Priority::kTimer, {0, 0, i});
    }
    Run run;
    const double start = cpu_seconds();
    engine.run(
        [&](const auto& event) {
            run.check =
                (run.check ^ static_cast<std::uint64_t>(event.time) ^ event.payload.payload) *
                kGolden;
            engine.post_at(event.time + exponential(next(state)), Priority::kTimer,
                           {0, 0, event.payload.payload + 1});
        },
        {.max_events = events});
    run.seconds = cpu_seconds() - start;
    return run;
}

struct Entity {
    std::uint64_t state = 0;
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
};

std::vector<Entity> make_entities() {
    std::vector<Entity> entities(kEntities);
    for (std::uint32_t i = 0; i < kEntities; ++i) {
        std::uint64_t seed = i + 1;
        entities[i].state = next(seed);
    }
    return entities;
}

std::uint64_t check_of(const std::vector<Entity>& entities) {
    std::uint64_t check = 0;
    for (const Entity& entity : entities) check = (check ^ entity.sum ^ entity.count) * kGolden;
    return check;
}

// The handler of PHOLD: updates its entity and sends the next event.
struct Sent {
    std::uint32_t entity;
    std::int64_t time;
};
Sent handle(Entity& entity, std::int64_t time, std::uint64_t value) {
    ++entity.count;
    entity.sum = (entity.sum ^ value ^ static_cast<std::uint64_t>(time)) * kGolden;
    const std::uint64_t a = next(entity.state);
    const std::uint64_t b = next(entity.state);
    return {static_cast<std::uint32_t>((a >> 32) * kEntities >> 32), time + exponential(b)};
}

Run phold_reference(std::uint64_t events) {
    PlainQueue queue;
    std::vector<Entity> entities = make_entities();
    std::uint64_t sequence = 0;
    for (std::uint32_t i = 0; i < kEntities; ++i) {
        for (std::uint32_t j = 0; j < kEventsEach; ++j) {
            queue.push({exponential(next(entities[i].state)), sequence++, i * kEventsEach + j, i});
        }
    }
    Run run;
    const double start = cpu_seconds();
    for (std::uint64_t i = 0; i < events; ++i) {
        const PlainEvent event = queue.top();
        queue.pop();
        const Sent sent = handle(entities[event.entity], event.time, event.value);
        queue.push({sent.time, sequence++, event.value + 1, sent.entity});
    }
    run.seconds = cpu_seconds() - start;
    run.check = check_of(entities);
    return run;
}

template <class AnyEngine>
Run phold(std::uint64_t events) {
    AnyEngine engine;
    std::vector<Entity> entities = make_entities();
    for (std::uint32_t i = 0; i < kEntities; ++i) {
        for (std::uint32_t j = 0; j < kEventsEach; ++j) {
            engine.post_at(exponential(next(entities[i].state)), Priority::kDelivery,
                           {i, 0, i * kEventsEach + j});
        }
    }
    Run run;
    const double start = cpu_seconds();
    engine.run(
        [&](const auto& event) {
            const Sent sent =
                handle(entities[event.payload.actor], event.time, event.payload.payload);
            engine.post_at(sent.time, Priority::kDelivery,
                           {sent.entity, 0, event.payload.payload + 1});
        },
        {.max_events = events});
    run.seconds = cpu_seconds() - start;
    run.check = check_of(entities);
    return run;
}

struct Workload {
    const char* name;
    std::uint64_t events;
    std::uint64_t check;
    double target;  // the project's minimum for the ratio to the reference
    std::function<Run()> reference;
    std::function<Run()> heap;
    std::function<Run()> engine;
};

Workload hold_workload(const char* name, std::uint64_t pending, std::uint64_t events,
                       std::uint64_t check, double target) {
    return {name,
            events,
            check,
            target,
            [=] { return hold_reference(pending, events); },
            [=] { return hold<HeapEngine>(pending, events); },
            [=] { return hold<Engine>(pending, events); }};
}

Workload phold_workload(const char* name, std::uint64_t events, std::uint64_t check,
                        double target) {
    return {name,
            events,
            check,
            target,
            [=] { return phold_reference(events); },
            [=] { return phold<HeapEngine>(events); },
            [=] { return phold<Engine>(events); }};
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

bool check(const Workload& workload, const Run& run, const char* who) {
    if (run.check == workload.check) return true;
    std::printf("FAIL  %s on the %s: check value %016lx, expected %016lx\n", workload.name, who,
                run.check, workload.check);
    return false;
}

// Prints one line of the table; returns false if a check value differs.
bool compare(const Workload& workload, int pairs) {
    std::vector<double> ratios;
    std::vector<double> heap_ratios;
    std::vector<double> seconds;
    for (int i = 0; i < pairs; ++i) {
        const Run reference = workload.reference();
        const Run engine = workload.engine();
        const Run heap = workload.heap();
        if (!check(workload, reference, "reference") || !check(workload, engine, "engine") ||
            !check(workload, heap, "heap engine")) {
            return false;
        }
        ratios.push_back(reference.seconds / engine.seconds);
        heap_ratios.push_back(reference.seconds / heap.seconds);
        seconds.push_back(engine.seconds);
    }
    const double ratio = median(ratios);
    std::printf("%-12s %7.1f %10.2f %8.2f %8.1f  %s  %016lx\n", workload.name,
                static_cast<double>(workload.events) / median(seconds) * 1e-6, median(heap_ratios),
                ratio, workload.target, ratio >= workload.target ? "met   " : "MISSED",
                workload.check);
    std::fflush(stdout);
    return true;
}

bool run_plain(const Workload& workload) {
    const Run run = workload.engine();
    std::printf("%s %lu %.6f\n", workload.name, workload.events, run.seconds);
    return check(workload, run, "engine");
}

}  // namespace

int main(int argc, char** argv) {
    const std::string mode = argc > 1 ? argv[1] : "";
    const std::string only = argc > 2 ? argv[2] : "";
    const bool quick = mode == "--quick";
    const bool plain = mode == "--plain";
    if (argc > 3 || (!quick && !plain && argc > 1)) {
        std::fprintf(stderr, "usage: engine_bench [--quick | --plain [NAME]]\n");
        return 2;
    }
    std::vector<Workload> workloads;
    if (quick || plain) {
        workloads.push_back(hold_workload("hold-1e3", 1'000, 1'000'000, 0x546ea5a579874168, 2.5));
        workloads.push_back(phold_workload("phold", 1'000'000, 0x35738c93e7a7d400, 2.5));
    } else {
        workloads.push_back(hold_workload("hold-1e3", 1'000, 10'000'000, 0x379d5b6b20ae9da3, 2.5));
        workloads.push_back(phold_workload("phold", 8'000'000, 0xf638a5d03260d304, 2.5));
    }
    workloads.push_back(hold_workload("hold-1e5", 100'000, 1'000'000, 0x97c9178890f4835b, 2.5));
    workloads.push_back(hold_workload("hold-1e6", 1'000'000, 1'000'000, 0xaad9c708b0c4fad5, 6.0));

    bool good = true;
    if (!plain) std::printf("workload     Mev/cpu-s  heap/ref  engine/ref target          check\n");
    for (const Workload& workload : workloads) {
        if (!only.empty() && only != workload.name) continue;
        good = (plain ? run_plain(workload) : compare(workload, quick ? 3 : 5)) && good;
    }
    return good ? 0 : 1;
}
