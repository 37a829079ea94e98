// The grammar of the command line. Beside it only help.cpp and man_page.cpp use CLI11.
#include "scenarios/cli/arguments.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <thread>

#include "core/service/openapi.h"
#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/help.h"
#include "scenarios/cli/man_page.h"
#include "scenarios/cli/serve/serve_command.h"
#include "scenarios/cli/serve/sign_command.h"
#include "scenarios/cli/terminal.h"
#include "scenarios/file/names.h"
#include "scenarios/run/build_info.h"
#include "sim/engine/seed.h"

namespace aivm::scenarios::cli {
namespace {

constexpr const char* kAbout =
    "aivmsim: a deterministic simulator of the AIVM. A scenario and a seed go in; the same history "
    "comes out, always.\n";
constexpr const char* kFooter =
    "\nValues: a flag wins over --set, --set over AIVMSIM_SECTION__KEY variables, those over the "
    "scenario file.\n"
    "Exit codes: 0 clean, 1 a property was violated, 2 the request was wrong, 3 aivmsim failed, 4 "
    "nothing matched,\n"
    "5 not deterministic, 6 a budget or liveness limit, 130 interrupted (partial "
    "results kept).\n";

// Adds a subcommand that fills a request and calls `run`.
template <class Request>
std::shared_ptr<Request> command(CLI::App& app, std::function<int()>& chosen,
                                 int (*run)(const Request&), const char* name, const char* about,
                                 CLI::App*& out) {
    auto request = std::make_shared<Request>();
    out = app.add_subcommand(name, about);
    out->callback([&chosen, request, run] { chosen = [request, run] { return run(*request); }; });
    return request;
}

template <class Seed>
CLI::Option* seed_option(CLI::App& app, Seed& seed, const std::string& about) {
    return app
        .add_option_function<std::string>(
            "--seed",
            [&seed](const std::string& text) {
                const auto parsed = sim::seed_from_text(text);
                if (!parsed) throw CLI::ValidationError("--seed " + text, parsed.error().context);
                seed = *parsed;
            },
            about)
        ->type_name("S");
}

template <class Seed>
void add_seed(CLI::App& app, Seed& seed, const std::string& otherwise) {
    seed_option(app, seed, "decimal, 0x hexadecimal, or a 40-digit git hash (" + otherwise + ")")
        ->envname("AIVMSIM_SEED");
}

void add_set(CLI::App& app, std::vector<std::string>& assignments) {
    app.add_option("--set", assignments,
                   "set one key of the scenario, such as vm.slash_bps=5000; may be repeated")
        ->allow_extra_args(false)
        ->type_name("KEY=VALUE");
}

void add_backend(CLI::App& app, gpu::BackendRequest& request) {
    app.add_option_function<std::string>(
           "--backend",
           [&request](const std::string& text) { request = *gpu::request_from_name(text); },
           "what computes the kernels: auto (default: a plugin that works, else the CPU), cpu "
           "(canonical), simd (CPU, batched), gpu (any plugin), or a kind of plugin (aivmsim gpu)")
        ->envname("AIVMSIM_BACKEND")
        ->check(CLI::IsMember(
            std::vector<std::string>(gpu::kRequestNames.begin(), gpu::kRequestNames.end())));
}

void add_gpu(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto request = command(app, chosen, gpu_command, "gpu",
                                 "list the GPU plugins that were found, and try each of them", sub);
    sub->add_flag("--json", request->json, "print the list as one JSON document");
}

void add_run(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* run = nullptr;
    const auto request = command(app, chosen, run_command, "run",
                                 "run a scenario once, check it and record it", run);
    run->add_option("scenario", request->scenario,
                    "a scenario file, or a name of the catalogue (aivmsim list)")
        ->required();
    add_seed(*run, request->seed, "default 1, or that of the file's recorded run");
    add_set(*run, request->assignments);
    auto* out = run->add_option("--out", request->out,
                                "database to write (default aivmsim-out/SCENARIO-SEED.db)")
                    ->type_name("FILE.db");
    run->add_flag("--overwrite", request->overwrite, "replace an existing database");
    auto* no_record =
        run->add_flag("!--no-record", request->record, "write no database and no finding")
            ->excludes(out);
    run->add_flag("--events", request->events,
                  "record every event too: many rows, for close inspection")
        ->excludes(no_record);
    run->add_flag("--json", request->json, "print the result as one JSON document");
    run->add_flag("--paranoid", request->paranoid,
                  "execute every shared block once more and compare");
    add_backend(*run, request->backend);
    auto* verify = run->add_flag("--verify-determinism", request->verify_determinism,
                                 "run twice, compare, and name the first event that differs");
    run->add_option("--threads", request->threads,
                    "2: do both runs of --verify-determinism at the same time")
        ->check(CLI::Range(1, 2))
        ->needs(verify);
    auto* compare = run->add_flag(
        "--counterfactual", request->counterfactual,
        "compare each owner that breaks the protocol with itself, honest, under the same seeds");
    run->add_option("--runs", request->runs,
                    "seeds of the comparison, from --seed on (default 16); the first is recorded")
        ->check(CLI::Range(1, 1'000'000))
        ->needs(compare);
    compare->excludes(verify);
    run->add_flag("--show-config", request->show_config,
                  "print every value with its origin, and run nothing");
    run->add_flag("--quiet", request->quiet, "print only the verdict line, and no progress");
    run->add_flag("--progress", request->progress,
                  "report progress even if stderr is not a terminal");
}

void add_sweep(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sweep = nullptr;
    const auto request = command(
        app, chosen, sweep_command, "sweep",
        "run a scenario over values and seeds into one study; repeat the command to resume, with "
        "more seeds or values to grow it",
        sweep);
    sweep->add_option("scenario", request->scenario, "a scenario file, or a name of the catalogue")
        ->required();
    sweep
        ->add_option("--over", request->over,
                     "vary a key: 1,2,5,...,1000 or 10%..90%:10% or a,b,c; repeated, every "
                     "combination is run")
        ->allow_extra_args(false)
        ->type_name("KEY=VALUES");
    sweep->add_option("--seeds", request->seeds, "seeds of every point, in order (default 1..64)")
        ->type_name("LIST");
    add_set(*sweep, request->assignments);
    sweep->add_option("--jobs", request->jobs, "threads (default: one per core)")
        ->check(CLI::Range(1, 1024));
    add_backend(*sweep, request->backend);
    sweep
        ->add_option("--out", request->out,
                     "study to write or to resume (default aivmsim-out/SCENARIO-sweep.db)")
        ->type_name("FILE.db");
    sweep
        ->add_option("--record", request->record,
                     "outcomes (default): all rows; metrics: no rows per task or block")
        ->check(CLI::IsMember({"outcomes", "metrics"}));
    sweep->add_flag(
        "--counterfactual", request->counterfactual,
        "compare each owner that breaks the protocol with itself, honest, in every run: "
        "cheating_gain and P(profit)");
    sweep
        ->add_option("--base", request->base,
                     "compare with this point (default: the first value of each key)")
        ->type_name("KEY=VALUE,...");
    sweep
        ->add_option("--until-width", request->until_width,
                     "end a point when its interval is at most this wide")
        ->allow_extra_args(false)
        ->type_name("METRIC=WIDTH");
    sweep
        ->add_option("--until-decided", request->until_decided,
                     "end a point when it is decided whether the metric is below the bound")
        ->allow_extra_args(false)
        ->type_name("METRIC<BOUND");
    sweep
        ->add_option("--confidence", request->confidence,
                     "of all intervals and decisions (default 95%)")
        ->type_name("SHARE");
    sweep
        ->add_option("--shard", request->shard,
                     "run only the I-th of N parts; aivmsim merge joins them")
        ->type_name("I/N");
    sweep->add_flag("--dry-run", request->dry_run,
                    "say how many runs and tasks there are and how long they take, and run only "
                    "up to three of them");
    sweep->add_option("--show", request->show, "the metric of the table on the screen")
        ->type_name("METRIC");
    sweep->add_flag("--json", request->json, "print the result as one JSON document");
    sweep->add_flag("--quiet", request->quiet, "print only the verdict line, and no progress");
    sweep->add_flag("--progress", request->progress,
                    "report progress even if stderr is not a terminal");
}

// How the result of a campaign is judged, printed and written.
template <class Request>
void add_campaign_output(CLI::App& sub, Request& request) {
    sub.add_flag("--probes", request.probes,
                 "fail if a probe is reached less often than in the scenario swarm");
    sub.add_option("--junit", request.junit, "also write a campaign's result as JUnit XML")
        ->type_name("FILE.xml");
    sub.add_option("--sarif", request.sarif, "also write a campaign's result as SARIF 2.1.0")
        ->type_name("FILE.sarif");
    sub.add_flag("--json", request.json, "print a campaign's result as one JSON document");
    sub.add_flag("--quiet", request.quiet,
                 "print only the verdict line of a campaign, and no progress");
}

void add_merge(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* merge = nullptr;
    const auto parts =
        command(app, chosen, merge_command, "merge",
                "join the studies of a sweep's shards, or the folders of a campaign's", merge);
    merge->add_option("parts", parts->parts, "the studies, or the folders")
        ->required()
        ->type_name("PART...");
    merge->add_option("-o,--out", parts->out, "the study or folder to write")
        ->required()
        ->type_name("OUT");
    merge->add_flag("--overwrite", parts->overwrite, "replace an existing study");
    merge->add_flag("--incomplete", parts->incomplete, "join although shards are missing");
    add_campaign_output(*merge, *parts);
}

void add_campaign(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto request = command(app, chosen, campaign_command, "campaign",
                                 "run many seeds under a budget, and save and shrink what is "
                                 "violated; repeat the command to go on",
                                 sub);
    sub->add_option("scenarios", request->scenarios,
                    "scenario files, or names of the catalogue, used in turn (default swarm)")
        ->type_name("SCENARIO...");
    sub->add_option("--budget", request->budget, "of real time, such as 10m or 8h")
        ->type_name("DURATION");
    sub->add_option("--runs", request->runs, "the number of runs (default 100 without --budget)")
        ->check(CLI::PositiveNumber);
    sub->add_option("--until-unseen", request->unseen_max,
                    "end when the next run shows a new behaviour with no greater probability than "
                    "P, with confidence; such as 0.05")
        ->type_name("P")
        ->check(CLI::Range(1e-6, 1.0));
    seed_option(*sub, request->seed,
                "of the campaign, from which those of its runs follow (default: drawn and "
                "printed)");
    add_set(*sub, request->assignments);
    sub->add_option("--jobs", request->jobs, "worker processes (default: one per core)")
        ->check(CLI::Range(1, 1024));
    sub->add_option("--shard", request->shard,
                    "make only the I-th of N parts; needs --seed; aivmsim merge joins them")
        ->type_name("I/N");
    sub->add_option("--executor", request->executor,
                    "make the shards on a Dask cluster, here or at this address; needs Python")
        ->type_name("dask[:ADDRESS]");
    sub->add_option("--shards", request->shards,
                    "parts that the executor makes (default: one per core)")
        ->check(CLI::Range(1, 100'000));
    sub->add_option("--repeat", request->repeat,
                    "make this share of the runs twice and compare digests; 0: none (default 1/16)")
        ->type_name("1/N");
    sub->add_option("--run-limit", request->run_limit, "CPU time per run (default 1m)")
        ->type_name("DURATION");
    sub->add_option("--memory", request->memory_mib, "MiB per run (default 2048)")
        ->check(CLI::Range(64, 1 << 20));
    sub->add_option("--shrink-tries", request->shrink_tries,
                    "runs per finding to shrink it (default 400; 0: save it whole)");
    sub->add_option("--shrink-limit", request->shrink_limit,
                    "real time per finding to shrink it (default 1m)")
        ->type_name("DURATION");
    sub->add_flag("--fail-fast", request->fail_fast, "end with the first violation or failure");
    sub->add_flag("--paranoid", request->paranoid,
                  "execute every shared block once more and compare");
    sub->add_option("--out", request->out,
                    "folder of the campaign (default aivmsim-out/campaign-SEED)")
        ->type_name("DIR");
    add_campaign_output(*sub, *request);
    sub->add_flag("--progress", request->progress,
                  "report progress even if stderr is not a terminal");
}

void add_replay(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* replay = nullptr;
    const auto request = command(app, chosen, replay_command, "replay",
                                 "run a finding or a recorded run again and compare", replay);
    replay
        ->add_option("path", request->path,
                     "a finding's folder, a scenario file with a recorded run, or a database")
        ->required();
    replay->add_option("--run", request->run, "only this run of a database")->type_name("ID");
    replay->add_flag("--json", request->json, "print the result as one JSON document");
}

void add_finding_tools(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto shrink =
        command(app, chosen, shrink_command, "shrink",
                "shrink a finding to one small scenario file; repeat to go on", sub);
    sub->add_option("finding", shrink->path,
                    "a finding's folder, or a scenario file with a recorded run")
        ->required();
    sub->add_option("--tries", shrink->tries, "runs at most (default 2000)")
        ->check(CLI::PositiveNumber);
    sub->add_option("--limit", shrink->limit, "real time (default 60s)")->type_name("DURATION");
    sub->add_option("--out", shrink->out,
                    "file to write (default: repro.toml in the folder, or the file itself)")
        ->type_name("FILE.toml");
    sub->add_flag("--quiet", shrink->quiet, "no progress");

    const auto emit = command(app, chosen, emit_test_command, "emit-test",
                              "write a finding as a regression test: a scenario and its expected "
                              "result",
                              sub);
    sub->add_option("finding", emit->finding,
                    "a finding's folder, or a scenario file with a recorded run")
        ->required();
    sub->add_option("--name", emit->name, "of the test (default: of scenario and invariant)");
    sub->add_option("--out", emit->out, "folder to write to (default: the present one)")
        ->type_name("DIR");
    sub->add_flag("--overwrite", emit->overwrite, "replace a test of this name");

    constexpr const char* kRunHelp =
        "SCENARIO@SEED, a finding's folder, or a scenario file with a recorded run";
    const auto bisect =
        command(app, chosen, bisect_command, "bisect-digest",
                "find the first event in which two runs differ, also of two programs", sub);
    sub->add_option("first", bisect->first,
                    std::string(kRunHelp) + "; or a .json file of aivmsim trace")
        ->required();
    sub->add_option("second", bisect->second, "the same")->required();
    const auto trace = command(app, chosen, trace_command, "trace",
                               "print what bisect-digest needs to know of a run", sub);
    sub->add_option("run", trace->run, kRunHelp)->required();
    sub->add_option("--from", trace->from, "first record to print")->type_name("N");
    sub->add_option("--to", trace->to, "the record after the last one to print")->type_name("N");
    const auto timeline =
        command(app, chosen, timeline_command, "timeline",
                "write the messages and blocks before a violation as a page or a trace", sub);
    sub->add_option("run", timeline->run, kRunHelp)->required();
    sub->add_option("--html", timeline->html, "space-time page to write")->type_name("FILE.html");
    sub->add_option("--chrome", timeline->chrome, "trace to write, for Perfetto and Chrome")
        ->type_name("FILE.json");
    sub->add_option("--span", timeline->span, "of virtual time (default 10s)")
        ->type_name("DURATION");
}

void add_compare(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto request = command(
        app, chosen, compare_command, "compare",
        "compare two runs or studies, metric by metric, in pairs where seeds are common", sub);
    sub->add_option("A", request->a, "a database")->required();
    sub->add_option("B", request->b, "another; differences are B - A")->required();
    sub->add_option("--metrics", request->metrics, "only these (default: all that differ)")
        ->delimiter(',')
        ->type_name("NAME,...");
    sub->add_option("--confidence", request->confidence, "of each interval (default 95%)")
        ->type_name("RATIO");
    sub->add_flag("--json", request->json, "print the result as one JSON document");
}

void add_fuzz(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto request =
        command(app, chosen, fuzz_command, "fuzz",
                "run fuzz targets that were built with libFuzzer under a budget", sub);
    sub->add_option("targets", request->targets, "only these (default: all that are found)")
        ->type_name("NAME...");
    sub->add_option("--budget", request->budget, "of real time, for all of them (default 10m)")
        ->type_name("DURATION");
    sub->add_option("--jobs", request->jobs, "targets at a time (default: one per core)")
        ->check(CLI::Range(1, 1024));
    sub->add_option("--programs", request->programs,
                    "folder of the targets (default build/fuzz/fuzz)")
        ->type_name("DIR");
    sub->add_option("--corpus", request->corpus,
                    "folder of the committed inputs (default fuzz/corpus)")
        ->type_name("DIR");
    sub->add_option("--out", request->out,
                    "folder of logs, new inputs and what was found (default aivmsim-out/fuzz)")
        ->type_name("DIR");
    auto* merge = sub->add_flag("--merge", request->merge,
                                "instead of fuzzing, add to the corpus those new inputs that "
                                "reach more than it does");
    auto* minimize = sub->add_flag("--minimize", request->minimize,
                                   "instead of fuzzing, copy the fewest inputs of the corpus that "
                                   "reach all that it does");
    auto* coverage = sub->add_flag("--coverage", request->coverage,
                                   "instead of fuzzing, report the lines that the inputs reach; "
                                   "for targets of cmake --preset fuzz-coverage");
    merge->excludes(minimize, coverage);
    minimize->excludes(coverage);
}

void add_mutants(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto request = command(app, chosen, mutants_command, "mutants",
                                 "hunt the planted bugs of a program built with them, and measure "
                                 "how many are found",
                                 sub);
    sub->add_option("ids", request->ids, "only these mutants (default: all)")->type_name("ID...");
    sub->add_flag("--list", request->list, "list the mutants and hunt nothing");
    sub->add_option("--budget", request->budget, "of real time (default 20m)")
        ->type_name("DURATION");
    sub->add_option("--cpu-limit", request->cpu_limit,
                    "CPU time per mutant and repeat (default 60s)")
        ->type_name("DURATION");
    sub->add_option("--repeats", request->repeats, "with other seeds each (default 1)")
        ->check(CLI::Range(1, 100));
    add_seed(*sub, request->seed, "default 1");
    sub->add_option("--jobs", request->jobs, "worker processes (default: one per core)")
        ->check(CLI::Range(1, 1024));
    sub->add_option("--shrink-tries", request->shrink_tries,
                    "runs to shrink the first finding of each mutant (default 100; 0: none)");
    sub->add_option("--scenarios", request->scenarios,
                    "folder of the scenarios (default fuzz/mutants/scenarios)")
        ->type_name("DIR");
    sub->add_option("--folder", request->folder,
                    "folder of the log and the findings; a hunt in it goes on where it ended "
                    "(default aivmsim-out/mutants-SEED)")
        ->type_name("DIR");
    sub->add_option("--out", request->out, "also write the table as Markdown")
        ->type_name("FILE.md");
    sub->add_flag("--json", request->json, "print the result as one JSON document");
    sub->add_flag("--quiet", request->quiet, "no line per mutant that is found");
}

void add_profit(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto request = command(app, chosen, profit_command, "profit",
                                 "search for a deviation from honest play that pays, made of "
                                 "primitive actions",
                                 sub);
    auto* scenario = sub->add_option("scenario", request->scenario,
                                     "a scenario file, or a name of the catalogue");
    add_set(*sub, request->assignments);
    auto* owner =
        sub->add_option("--owner", request->owner,
                        "whose deviations (default: the attacker, or the first provider's owner)")
            ->type_name("NAME");
    auto* without = sub->add_option("--without", request->without,
                                    "a primitive action that stays off; may be repeated")
                        ->allow_extra_args(false)
                        ->type_name("ACTION");
    auto* catalogue =
        sub->add_flag("--catalogue", request->catalogue,
                      "how many attacks of the catalogue, or of this scenario of it, a search "
                      "without their strategies finds again");
    catalogue->excludes(owner, without);
    sub->add_flag("--list", request->list, "list the primitive actions and search nothing")
        ->excludes(scenario);
    sub->add_option("--budget", request->budget,
                    "of real time for the search (default 5m); its confirmation comes on top")
        ->type_name("DURATION");
    sub->add_option("--runs", request->runs,
                    "of one search at most; alone, it makes the result the same everywhere")
        ->check(CLI::Range(1, 1'000'000'000));
    sub->add_option("--fresh-seeds", request->fresh_seeds,
                    "seeds on which the best are tried again (default 32)")
        ->check(CLI::Range(2, 100'000));
    add_seed(*sub, request->seed, "default 1");
    sub->add_option("--jobs", request->jobs, "threads (default: one per core)")
        ->check(CLI::Range(1, 1024));
    sub->add_option("--out", request->out,
                    "folder of the log and the deviations; a search in it goes on where it ended "
                    "(default aivmsim-out/profit-SCENARIO-SEED)")
        ->type_name("DIR")
        ->excludes(catalogue);
    sub->add_option("--table", request->table, "of --catalogue: also write the table as Markdown")
        ->type_name("FILE.md")
        ->needs(catalogue);
    sub->add_flag("--json", request->json, "print the result as one JSON document");
    sub->add_flag("--quiet", request->quiet, "no line per improvement or attack");
}

void add_inspection(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto check = command(app, chosen, check_command, "check",
                               "check a scenario file or a database and print a summary", sub);
    sub->add_option("file", check->path, "a scenario file, a name of the catalogue, or a database")
        ->required();
    add_set(*sub, check->assignments);

    const auto list =
        command(app, chosen, list_command, "list",
                "list scenarios, strategies, invariants, metrics, keys, tables, views, profiles or "
                "errors",
                sub);
    sub->add_option("what", list->what,
                    "scenarios (default), strategies, invariants, metrics, keys, tables, views, "
                    "profiles, errors")
        ->check(CLI::IsMember({"scenarios", "strategies", "invariants", "metrics", "keys", "tables",
                               "views", "profiles", "errors"}));

    const auto reference = command(app, chosen, reference_command, "reference",
                                   "print a reference page as Markdown, or the JSON Schema of "
                                   "scenario files",
                                   sub);
    sub->add_option("page", reference->page, "which page")
        ->required()
        ->check(CLI::IsMember({"keys", "strategies", "invariants", "metrics", "database", "errors",
                               "scenarios", "profiles", "schema"}));

    const auto explain = command(app, chosen, explain_command, "explain",
                                 "explain a finding, scenario, scenario key, strategy, invariant, "
                                 "metric, table, view, profile or error",
                                 sub);
    sub->add_option("name", explain->name,
                    "such as lazy_provider, vm.slash_bps, E3, ttf_p99, bond_locked, or a finding's "
                    "folder")
        ->required();
}

void add_report(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto report =
        command(app, chosen, report_command, "report",
                "make one offline HTML page of a run, a study, a finding, or of two "
                "databases that it compares",
                sub);
    sub->add_option(
           "subject", report->subjects,
           "the file of a run or a sweep; two of them to compare; or the folder of a finding")
        ->required()
        ->expected(1, 2);
    sub->add_option("-o,--out", report->out, "the page to write (default report.html)")
        ->type_name("FILE.html");
    sub->add_option("--run", report->run, "report only on this run of a study")->type_name("ID");
    sub->add_option("--axes", report->axes, "swept parameters for the x axis and for the lines")
        ->type_name("KEY,KEY");
    sub->add_option("--metrics", report->metrics, "metrics for the maps over the swept parameters")
        ->type_name("NAME,...");
    sub->add_option(
           "--design", report->design,
           "swept keys that whoever sets the rules chooses; the others are the environment "
           "(default: as the database says)")
        ->type_name("KEY,...");
    sub->add_option("--figures", report->figures, "write every chart as a picture into this folder")
        ->type_name("DIR");
    sub->add_option("--format", report->format, "format of the pictures: svg (default), png, pdf")
        ->type_name("svg,...");
    sub->add_option("--datasette", report->datasette,
                    "write metadata with canned queries for Datasette")
        ->type_name("FILE.json");
}

void add_validate(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto validate =
        command(app, chosen, validate_command, "validate", "compare simulations with theory", sub);
    validate->jobs = std::max(1U, std::thread::hardware_concurrency());
    sub->add_option("--cases", validate->cases, "the case file (default: the built-in one)")
        ->type_name("FILE.json");
    sub->add_option("--only", validate->only, "only these cases, such as V31,C02")
        ->delimiter(',')
        ->type_name("ID,...");
    sub->add_flag("--full", validate->full, "agree to 2 % instead of 10 %: 25 times the runs");
    add_seed(*sub, validate->seed, "default 1");
    sub->add_option("--jobs", validate->jobs, "threads (default: one per core)")
        ->check(CLI::Range(1, 1024));
    add_backend(*sub, validate->backend);
    auto* out = sub->add_option("--out", validate->out,
                                "add the rows of the table `validation` to a new database")
                    ->type_name("FILE.db");
    sub->add_flag("--overwrite", validate->overwrite, "replace an existing database")->needs(out);
    sub->add_flag("--json", validate->json, "print the result as one JSON document");
}

void add_serve(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto serve = command(app, chosen, serve_command, "serve",
                               "run a chain of one node with its HTTP service", sub);
    sub->add_option("--listen", serve->listen,
                    "a loopback address (default 127.0.0.1:8080; port 0: any free one)")
        ->type_name("HOST:PORT");
    sub->add_flag("--dev", serve->dev,
                  "a temporary node: no signatures, one funded account for all");
    sub->add_option("--store", serve->store, "keep the chain in this file (default: in memory)")
        ->type_name("FILE");
    sub->add_option("--config", serve->config, "the VM's published configuration")
        ->type_name("FILE.json");
    sub->add_option("--genesis", serve->genesis, "opening balances, chain id, vendor root")
        ->type_name("FILE.json");
    sub->add_option("--block-interval", serve->block_interval,
                    "minimum time between blocks, or between the cuts of a DAG (default 4s)")
        ->type_name("DURATION");
    sub->add_option_function<std::string>(
           "--consensus",
           [request = serve](const std::string& word) { request->dag = word == "dag"; },
           "chain: blocks in a row (default); dag: vertices, settled by cuts")
        ->type_name("KIND")
        ->check(CLI::IsMember({"chain", "dag"}));
    add_backend(*sub, serve->backend);
    sub->footer(
        "\nRoutes, answered in JSON (a running node lists them at GET /, and describes them "
        "at GET\n/openapi.json):\n" +
        service_routes_text() +
        "Without --dev the signed ones need a header that `aivmsim sign` makes, and money: "
        "see\nscenarios/cli/serve/genesis.example.json for --genesis.\n" +
        sub->get_footer());

    const auto sign = command(app, chosen, sign_command, "sign",
                              "sign a request to a node, or make a key for it", sub);
    sub->add_option("key", sign->key,
                    "file of an Ed25519 key: 64 hex digits, or PEM as openssl writes it")
        ->required();
    auto* fresh = sub->add_flag("--new", sign->fresh, "make the key, in a new file");
    auto* path = sub->add_option("--path", sign->path, "of the request, such as /tasks/submit")
                     ->excludes(fresh);
    sub->add_option("--body", sign->body, "file of the request's body; - reads it from stdin")
        ->type_name("FILE")
        ->needs(path);
    sub->add_option("--nonce", sign->nonce, "above every one that the account has used")
        ->type_name("N")
        ->check(CLI::Range(std::uint64_t{1}, ~std::uint64_t{0}))
        ->needs(path);
    sub->add_option("--chain-id", sign->chain_id, "of the node's genesis (default 1)")
        ->type_name("N")
        ->needs(path);
    sub->footer(
        "\nWith --path it prints the header of the request, and without it the account and the "
        "public key,\nfor the allocations of a genesis file.\n" +
        sub->get_footer());
}

// The name nearest to a wrong command or option, as the end of a sentence.
std::string did_you_mean(const std::string& wrong, const std::vector<std::string>& names) {
    const std::string near = nearest_name(wrong, names);
    return near.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", near);
}

std::vector<std::string> commands_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
        names.push_back(sub->get_name());
    return names;
}

std::vector<std::string> options_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
}

// A wrong command or option by its name; empty for every other mistake.
std::string wrong_name(CLI::App& app, int argc, char** argv) {
    if (argc < 2) return {};
    const std::string first = argv[1];
    const std::vector<std::string> commands = commands_of(app);
    const bool known = std::ranges::find(commands, first) != commands.end();
    if (!known && first.starts_with('-')) return {};
    if (!known)
        return fmt::format("there is no command \"{}\"{}", first, did_you_mean(first, commands));
    const std::vector<std::string> options = options_of(*app.get_subcommand(first));
    for (int i = 2; i < argc; ++i) {
        std::string word = argv[i];
        word.resize(std::min(word.find('='), word.size()));
        if (word.starts_with("--") && word.size() > 2 &&
            std::ranges::find(options, word) == options.end()) {
            return fmt::format("{} has no option {}{}", first, word, did_you_mean(word, options));
        }
    }
    return {};
}

// Completes commands, options, and names of the catalogue; zsh runs bash's way of completing.
std::string completion_script(const CLI::App& app, const std::string& shell) {
    std::string cases;
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
        cases += fmt::format("        {}) options=\"{}\" ;;\n", sub->get_name(),
                             fmt::join(options_of(*sub), " "));
    }
    return fmt::format(
        "{}_aivmsim() {{\n"
        "    local word=${{COMP_WORDS[COMP_CWORD]}} options=\"\" names=\"\"\n"
        "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
        "        mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\")\n"
        "        return\n"
        "    fi\n"
        "    case ${{COMP_WORDS[1]}} in\n{}    esac\n"
        "    case ${{COMP_WORDS[1]}} in\n"
        "        run | sweep | check | explain) names=$(aivmsim list 2>/dev/null | cut -d' ' -f1) "
        ";;\n"
        "    esac\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$options $names\" -- \"$word\"; compgen -f -- "
        "\"$word\")\n"
        "}}\n"
        "complete -o filenames -F _aivmsim aivmsim\n",
        shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "",
        fmt::join(commands_of(app), " "), cases);
}

void add_completion(CLI::App& app, std::function<int()>& chosen) {
    auto shell = std::make_shared<std::string>();
    CLI::App* sub = app.add_subcommand(
        "completion", "print a script that completes commands and options in a shell");
    sub->add_option("shell", *shell, "bash or zsh: source <(aivmsim completion bash)")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh"}));
    sub->callback([&app, &chosen, shell] {
        chosen = [script = completion_script(app, *shell)] {
            return print_result(script) ? kExitClean : kExitHarnessFailed;
        };
    });
}

void add_manual(CLI::App& app, std::function<int()>& chosen) {
    app.add_subcommand("man", "print the manual page, for man -l or share/man/man1")
        ->callback([&app, &chosen] {
            chosen = [page = man_page(app, build_info().version)] {
                return print_result(page) ? kExitClean : kExitHarnessFailed;
            };
        });
}

}  // namespace

Parsed parse_arguments(int argc, char** argv) {
    CLI::App app{kAbout, "aivmsim"};
    app.footer(kFooter);
    app.require_subcommand(1);
    app.set_help_all_flag("--help-all", "help of every command");
    std::function<int()> chosen;
    add_run(app, chosen);
    add_sweep(app, chosen);
    add_merge(app, chosen);
    add_compare(app, chosen);
    add_campaign(app, chosen);
    add_replay(app, chosen);
    add_finding_tools(app, chosen);
    add_fuzz(app, chosen);
    add_mutants(app, chosen);
    add_profit(app, chosen);
    add_inspection(app, chosen);
    add_report(app, chosen);
    add_validate(app, chosen);
    add_serve(app, chosen);
    add_gpu(app, chosen);
    add_completion(app, chosen);
    add_manual(app, chosen);
    bool version = false;
    app.add_flag("--version", version, "the same as the command version");
    if (argc == 2 && std::string_view(argv[1]) == "--version") return {version_command, kExitClean};
    app.add_subcommand("version", "version, commit, compiler and flags of this program")
        ->callback([&] { chosen = version_command; });
    set_help(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return {nullptr, print_result(app.help()) ? kExitClean : kExitHarnessFailed};
    } catch (const CLI::CallForAllHelp&) {
        return {nullptr, print_result(app.help("", CLI::AppFormatMode::All)) ? kExitClean
                                                                             : kExitHarnessFailed};
    } catch (const CLI::ParseError& error) {
        const std::string wrong = wrong_name(app, argc, argv);
        complain(fmt::format("{}\nRun with --help for more information.",
                             wrong.empty() ? error.what() : wrong));
        return {nullptr, kExitBadRequest};
    }
    return {std::move(chosen), kExitClean};
}

}  // namespace aivm::scenarios::cli
