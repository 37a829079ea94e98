#include "scenarios/cli/serve/serve_command.h"

#include <fmt/format.h>
#include <signal.h>
#include <sodium.h>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <fstream>
#include <iterator>

#include "core/config/config_json.h"
#include "core/service/chain_vm.h"
#include "core/service/genesis_json.h"
#include "core/service/vertex_vm.h"
#include "scenarios/cli/backend_choice.h"
#include "scenarios/cli/exit_codes.h"
#include "scenarios/cli/serve/http_server.h"
#include "scenarios/cli/serve/lone_host.h"
#include "scenarios/cli/terminal.h"
#include "sim/storage/file_store.h"

namespace aivm::scenarios::cli {
namespace {

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

Result<NodeSetup> read_setup(const ServeRequest& request, KeyValueStore& store, Kernels& kernels) {
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
    setup.parameters.quote_measurements = file.quote_measurements;
    AIVM_ASSIGN(setup.block_interval_ns, parse_duration(request.block_interval));
    Ed25519Seed fresh;
    ::randombytes_buf(fresh.data(), fresh.size());
    AIVM_ASSIGN(setup.seed, seed_of_store(store, fresh));
    setup.store = &store;
    return setup;
}

Status open_vm(const NodeSetup& setup, bool dev, HostedVm& vm) {
    if (setup.genesis.validators.size() > 1) {
        return fail(ErrorCode::kConfig,
                    "genesis has several validators, and nothing here decides between them");
    }
    AIVM_TRY(
        vm.initialize(setup, dev ? Service::Access::kThrowAway : Service::Access::kAuthorized));
    return vm.set_state(static_cast<std::uint32_t>(HostState::kNormalOperation));
}

void say_what_dev_means() {
    say(
        fmt::format("TEMPORARY NODE: --dev checks no signatures; everyone who reaches this port "
                    "spends the same account, 0x{}",
                    to_hex(dev_key().address().view())));
}

int serve(const ServeRequest& request, ListenAddress address, std::uint64_t block_interval_ns,
          HostedVm& vm, const std::string& kernels) {
    boost::asio::io_context io(1);  // the thread of the VM, its service and all connections
    const HttpHandler handler = vm.new_http_handler().value();
    HttpServer server(io, [&](Request incoming) {
        incoming.now_ns = now_ns();
        return handler(incoming);
    });
    if (const Status listening = server.listen(address); !listening) {
        complain(listening.error().context);
        return kExitBadRequest;
    }
    if (request.dev) say_what_dev_means();
    boost::asio::signal_set signals(io, SIGTERM, SIGINT);
    LoneHost host(vm, io,
                  {.block_interval = std::chrono::nanoseconds(block_interval_ns),
                   .now_ns = now_ns,
                   .failed = [](const Error& error) { complain(error.text()); }});
    const auto stop = [&] {
        signals.cancel();
        server.stop();
        host.stop();
    };
    signals.async_wait([&](const boost::system::error_code& cancelled, int) {
        if (!cancelled) stop();
    });
    const bool announced = print_result(fmt::format("listening on http://{}\n", address.text()));
    if (!announced) boost::asio::post(io, stop);
    say("kernels: " + kernels);
    io.run();
    // So that whoever was answered finds it accepted.
    const Status flushed = vm.flush(now_ns());
    if (!flushed) complain(flushed.error().text());
    say(fmt::format("stopped at {} {}", request.dag ? "cut" : "block", vm.height()));
    return flushed && announced ? kExitClean : kExitHarnessFailed;
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
    const std::unique_ptr<HostedVm> vm =
        request.dag ? std::unique_ptr<HostedVm>(std::make_unique<VertexVm>())
                    : std::make_unique<ChainVm>();
    const auto store = open_store(request);
    const auto setup = store ? read_setup(request, **store, (*backend)->kernels())
                             : tl::unexpected<Error>(store.error());
    const Status open =
        setup ? open_vm(*setup, request.dev, *vm) : tl::unexpected<Error>(setup.error());
    if (!open) {
        complain(open.error().text());
        return kExitBadRequest;
    }
    return serve(request, *address, setup->block_interval_ns, *vm, (*backend)->name());
}

}  // namespace aivm::scenarios::cli
