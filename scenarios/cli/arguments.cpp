// The only file that uses CLI11: the grammar of the command line, and its help.
#include "scenarios/cli/arguments.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <thread>

#include "scenarios/cli/commands.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/serve/serve_command.h"
#include "scenarios/cli/terminal.h"
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

void add_seed(CLI::App& app, std::uint64_t& seed) {
    app.add_option_function<std::string>(
           "--seed",
           [&seed](const std::string& text) {
               const auto parsed = sim::seed_from_text(text);
               if (!parsed) throw CLI::ValidationError("--seed " + text, parsed.error().context);
               seed = *parsed;
           },
           "decimal, 0x hexadecimal, or a 40-digit git hash (default 1)")
        ->envname("AIVMSIM_SEED")
        ->type_name("S");
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
    add_seed(*run, request->seed);
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
        "run a scenario over values and seeds into one study; repeat the command to resume", sweep);
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
    sweep->add_option("--show", request->show, "the metric of the table on the screen")
        ->type_name("METRIC");
    sweep->add_flag("--json", request->json, "print the result as one JSON document");
    sweep->add_flag("--quiet", request->quiet, "print only the verdict line, and no progress");
    sweep->add_flag("--progress", request->progress,
                    "report progress even if stderr is not a terminal");

    CLI::App* merge = nullptr;
    const auto parts =
        command(app, chosen, merge_command, "merge", "join the studies of a sweep's shards", merge);
    merge->add_option("parts", parts->parts, "the studies")->required()->type_name("PART.db...");
    merge->add_option("-o,--out", parts->out, "the study to write")
        ->required()
        ->type_name("FILE.db");
    merge->add_flag("--overwrite", parts->overwrite, "replace an existing study");
}

void add_replay(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* replay = nullptr;
    const auto request = command(app, chosen, replay_command, "replay",
                                 "run a finding or a recorded run again and compare", replay);
    replay->add_option("path", request->path, "a finding's folder, or a database")->required();
    replay->add_option("--run", request->run, "only this run of a database")->type_name("ID");
    replay->add_flag("--json", request->json, "print the result as one JSON document");
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
                "list scenarios, strategies, invariants, metrics, tables, views or profiles", sub);
    sub->add_option("what", list->what,
                    "scenarios (default), strategies, invariants, metrics, tables, views, profiles")
        ->check(CLI::IsMember(
            {"scenarios", "strategies", "invariants", "metrics", "tables", "views", "profiles"}));

    const auto explain = command(app, chosen, explain_command, "explain",
                                 "explain a scenario, scenario key, strategy, invariant, metric, "
                                 "table, view, profile or error",
                                 sub);
    sub->add_option("name", explain->name,
                    "such as lazy_provider, vm.slash_bps, E3, ttf_p99, bond_locked")
        ->required();
}

void add_report(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* sub = nullptr;
    const auto report = command(app, chosen, report_command, "report",
                                "make one offline HTML page of a database", sub);
    sub->add_option("database", report->database, "the file of a run or a sweep")->required();
    sub->add_option("-o,--out", report->out, "the page to write (default report.html)")
        ->type_name("FILE.html");
    sub->add_option("--run", report->run, "report only on this run of a study")->type_name("ID");
    sub->add_option("--axes", report->axes, "swept parameters for the x axis and for the lines")
        ->type_name("KEY,KEY");
    sub->add_option("--metrics", report->metrics, "metrics for the maps over the swept parameters")
        ->type_name("NAME,...");
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
    add_seed(*sub, validate->seed);
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
    add_replay(app, chosen);
    add_inspection(app, chosen);
    add_report(app, chosen);
    add_validate(app, chosen);
    add_serve(app, chosen);
    add_gpu(app, chosen);
    app.add_subcommand("version", "version, commit, compiler and flags of this program")
        ->callback([&] { chosen = version_command; });
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return {nullptr, print_result(app.help()) ? kExitClean : kExitHarnessFailed};
    } catch (const CLI::CallForAllHelp&) {
        return {nullptr, print_result(app.help("", CLI::AppFormatMode::All)) ? kExitClean
                                                                             : kExitHarnessFailed};
    } catch (const CLI::ParseError& error) {
        complain(fmt::format("{}\nRun with --help for more information.", error.what()));
        return {nullptr, kExitBadRequest};
    }
    return {std::move(chosen), kExitClean};
}

}  // namespace aivm::scenarios::cli
