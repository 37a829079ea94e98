#include "scenarios/cli/serve/lone_host.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>

#include "core/base/digest.h"
#include "core/service/chain_vm.h"
#include "core/service/genesis_json.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_node.h"

namespace aivm::scenarios::cli {
namespace {

// A VM on its own thread with its host, and a clock that stands still unless a test moves it.
class VmOnAThread {
public:
    explicit VmOnAThread(test::FailingStore& store) {
        NodeSetup setup;
        setup.genesis = default_genesis().genesis;
        setup.genesis.allocations = {{dev_key().address(), lux(10'000)}};
        setup.genesis.table_sizes = {8, 8, 8};
        setup.seed = keccak256(as_bytes("lone host"));
        setup.store = &store;
        EXPECT_TRUE(vm.initialize(setup, Service::Access::kThrowAway));
        EXPECT_TRUE(vm.set_state(static_cast<std::uint32_t>(HostState::kNormalOperation)));
        host.emplace(vm, io,
                     LoneHost::Setup{.block_interval = std::chrono::milliseconds(1),
                                     .now_ns = [this] { return now_ns.load(); },
                                     .failed = [this](const Error&) { failed.set_value(); }});
        thread = std::thread([this] { io.run(); });
    }
    ~VmOnAThread() {
        host->stop();
        thread.join();
    }

    template <class Call>
    auto on_vm_thread(Call call) {
        const auto task = std::make_shared<std::packaged_task<decltype(call())()>>(call);
        auto result = task->get_future();
        boost::asio::post(io, [task] { (*task)(); });
        return result.get();
    }
    Response register_provider(std::string id) {
        return on_vm_thread([&] {
            return vm.new_http_handler().value()({.method = "POST",
                                                  .path = "/providers/register",
                                                  .query = {},
                                                  .authorization = {},
                                                  .body = test::registration_body(id),
                                                  .now_ns = now_ns.load()});
        });
    }
    Height height() {
        return on_vm_thread([&] { return vm.node()->state().head.height; });
    }
    void wait_for_height(Height wanted) {
        while (height() < wanted) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    std::atomic<TimestampNs> now_ns = 1'800'000'000'000'000'000;
    std::promise<void> failed;
    boost::asio::io_context io{1};
    ChainVm vm;
    std::optional<LoneHost> host;
    std::thread thread;
};

TEST(LoneHost, BuildsABlockForAnOperationAndNoneForNothing) {
    MemoryStore disk;
    test::FailingStore store(disk);
    VmOnAThread hosted(store);
    EXPECT_EQ(hosted.height(), 0U);
    EXPECT_EQ(hosted.register_provider("p-1").status, 200);
    hosted.wait_for_height(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(hosted.height(), 1U);
}

TEST(LoneHost, WaitsForTheBlockInterval) {
    MemoryStore disk;
    test::FailingStore store(disk);
    VmOnAThread hosted(store);
    ASSERT_EQ(hosted.register_provider("p-1").status, 200);
    hosted.wait_for_height(1);
    ASSERT_EQ(hosted.register_provider("p-2").status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(hosted.height(), 1U) << "by its clock no time has passed";
    hosted.now_ns += 1'000'000;
    hosted.wait_for_height(2);
}

TEST(LoneHost, ReportsABlockThatCannotBeWrittenAndStopsAllTheSame) {
    MemoryStore disk;
    test::FailingStore store(disk);
    VmOnAThread hosted(store);
    hosted.on_vm_thread([&] {
        store.fail_at(store.writes() + 1, test::Failure::kRefuses);
        return 0;
    });
    ASSERT_EQ(hosted.register_provider("p-1").status, 200);
    hosted.failed.get_future().wait();
    EXPECT_EQ(hosted.height(), 0U);
}

}  // namespace
}  // namespace aivm::scenarios::cli
