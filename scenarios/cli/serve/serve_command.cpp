#include "scenarios/cli/serve/serve_command.h"

#include <fmt/format.h>
#include <signal.h>
#include <sodium.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <mutex>

#include "core/config/config_json.h"
#include "core/service/genesis_json.h"
#include "core/service/service.h"
#include "scenarios/cli/backend_choice.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/serve/http_server.h"
#include "scenarios/cli/terminal.h"
#include "sim/storage/file_store.h"

namespace aivm::scenarios::cli {
namespace {

constexpr std::uint64_t kTickNs = 50'000'000;  // interval of the checks whether a block is due
constexpr Amount kDevBalance = lux(1'000'000);

TimestampNs now_ns() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<TimestampNs>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

Result<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (!file) return fail(ErrorCode::kInvalidArgument, path + ": cannot be read");
    return text;
}

// Parses the text of a file; errors are prefixed with its name.
template <class T>
Result<T> parsed_file(const std::string& path, Result<T> (*parse)(std::string_view)) {
    AIVM_ASSIGN(const std::string text, read_file(path));
    auto value = parse(text);
    if (!value) return fail(value.error().code, path + ": " + value.error().context);
    return value;
}

Result<std::unique_ptr<KeyValueStore>> open_store(const ServeRequest& request) {
    if (!request.store) return std::make_unique<MemoryStore>();
    AIVM_ASSIGN(auto file, sim::FileStore::open(*request.store));
    if (file->dropped_bytes() != 0) {
        say(fmt::format("note: {} bytes of an interrupted write were cut off {}",
                        file->dropped_bytes(), *request.store));
    }
    return std::unique_ptr<KeyValueStore>(std::move(file));
}

Result<std::unique_ptr<Node>> open_node(const ServeRequest& request, KeyValueStore& store,
                                        Kernels& kernels) {
    NodeSetup setup;
    setup.kernels = &kernels;
    if (request.config) {
        AIVM_ASSIGN(setup.parameters.config, parsed_file(*request.config, config_from_json));
    }
    GenesisFile file = default_genesis();
    if (request.genesis) {
        AIVM_ASSIGN(file, parsed_file(*request.genesis, genesis_from_json));
    }
    if (request.dev) file.genesis.allocations.push_back({dev_key().address(), kDevBalance});
    if (file.genesis.allocations.empty()) {
        say("note: no account of this chain holds any LUX; set opening balances with --genesis, "
            "or use --dev");
    }
    setup.genesis = std::move(file.genesis);
    setup.vendor_root = file.vendor_root;
    AIVM_ASSIGN(setup.block_interval_ns, parse_duration(request.block_interval));
    Ed25519Seed fresh;
    ::randombytes_buf(fresh.data(), fresh.size());
    AIVM_ASSIGN(setup.seed, seed_of_store(store, fresh));
    setup.store = &store;
    return Node::open(setup);
}

// Blocked before any thread starts, so that only sigtimedwait receives these two signals.
sigset_t block_stop_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGTERM);
    ::sigaddset(&signals, SIGINT);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

// Builds blocks when they are due, until a signal asks to stop.
void build_until_stopped(const sigset_t& signals, Node& node, std::mutex& mutex) {
    bool told = false;
    const timespec tick{.tv_sec = 0, .tv_nsec = static_cast<long>(kTickNs)};
    while (::sigtimedwait(&signals, nullptr, &tick) < 0) {
        const std::lock_guard lock(mutex);
        const Status status = node.advance(now_ns());
        if (!status && !told) complain(status.error().text());
        told = !status;
    }
}

int serve(const ServeRequest& request, ListenAddress address, Node& node) {
    const sigset_t signals = block_stop_signals();
    std::mutex mutex;
    Service service(node, request.dev ? Service::Access::kThrowAway : Service::Access::kAuthorized);
    HttpServer server([&](Request incoming) {
        const std::lock_guard lock(mutex);
        incoming.now_ns = now_ns();
        return service.handle(incoming);
    });
    if (const Status bound = server.bind(address); !bound) {
        complain(bound.error().context);
        return kExitBadRequest;
    }
    if (request.dev) {
        say("TEMPORARY NODE: --dev checks no signatures; everyone who reaches this port spends the "
            "same account");
    }
    server.start();
    if (!print_result(fmt::format("listening on http://{}\n", address.text())))
        return kExitHarnessFailed;
    build_until_stopped(signals, node, mutex);
    server.stop();
    const Status flushed = node.flush(now_ns());
    if (!flushed) complain(flushed.error().text());
    say(fmt::format("stopped at block {}", node.state().head.height));
    return flushed ? kExitClean : kExitHarnessFailed;
}

}  // namespace

int serve_command(const ServeRequest& request) {
    const auto address = parse_listen_address(request.listen);
    if (!address) {
        complain(address.error().context);
        return kExitBadRequest;
    }
    if (::sodium_init() < 0) {
        complain("libsodium does not start on this machine");
        return kExitHarnessFailed;
    }
    const auto backend = open_backend(request.backend);
    if (!backend) return kExitHarnessFailed;
    say(fmt::format("kernels: {}", (*backend)->name()));
    auto store = open_store(request);
    auto node = store ? open_node(request, **store, (*backend)->kernels())
                      : tl::unexpected<Error>(store.error());
    if (!node) {
        complain(node.error().text());
        return kExitBadRequest;
    }
    return serve(request, *address, **node);
}

}  // namespace aivm::scenarios::cli
