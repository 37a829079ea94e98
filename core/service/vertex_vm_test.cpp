// The VM of a DAG under a consensus host: the life cycle, vertices and cuts as the host decides
// them, and what a client is told meanwhile.
#include "core/service/vertex_vm.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/service/chain_vm.h"
#include "core/service/genesis_json.h"
#include "core/service/json.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_dag.h"
#include "core/testing/test_node.h"

namespace aivm::test {
namespace {

constexpr TimestampNs kStartNs = 1'800'000'000'000'000'000;
constexpr std::uint64_t kCutNs = 1'000'000'000;

NodeSetup dag_setup(KeyValueStore& store) {
    NodeSetup setup;
    setup.genesis = default_genesis().genesis;
    setup.genesis.allocations = {{dev_key().address(), lux(10'000)}};
    setup.genesis.table_sizes = {8, 8, 8};
    setup.parameters.config.merkle_anchor_freq = 2;
    setup.seed = keccak256(as_bytes("a vertex vm"));
    setup.block_interval_ns = kCutNs;
    setup.store = &store;
    return setup;
}

struct VertexVmTest : testing::Test {
    MemoryStore store;
    VertexVm vm;
    TimestampNs now_ns = kStartNs;

    void SetUp() override { open(vm); }
    void open(VertexVm& opened) {
        must(opened.initialize(dag_setup(store), Service::Access::kThrowAway));
        must(opened.set_state(static_cast<std::uint32_t>(HostState::kNormalOperation)));
    }
    Response request(std::string method, std::string path, std::string body = {},
                     std::string query = {}) {
        return vm.new_http_handler().value()({.method = std::move(method),
                                              .path = std::move(path),
                                              .query = std::move(query),
                                              .authorization = {},
                                              .body = std::move(body),
                                              .now_ns = now_ns});
    }
    void register_provider() {
        ASSERT_EQ(request("POST", "/providers/register", registration_body("p-1")).status, 200);
    }
    // Submits the job and returns the id of its task.
    std::string submit_task(const std::string& job) {
        const std::string model = vm.node()->state().models[0]->id;
        const Response response = request("POST", "/tasks/submit",
                                          print_json(Json{{"id", job},
                                                          {"type", "inference"},
                                                          {"model", model},
                                                          {"input", {{"row", 0}}},
                                                          {"fee", "1000000000"}}));
        EXPECT_EQ(response.status, 200) << response.body;
        return parse_json(response.body).value().at("taskId").get<std::string>();
    }
    std::string finality(const std::string& task) {
        const Response response = request("GET", "/tasks", {}, "id=" + task);
        if (response.status != 200) return "none";
        return parse_json(response.body).value().at("finality").get<std::string>();
    }
    void settle_all() {
        while (vm.node()->vm().wants_cut() || vm.node()->vm().wants_vertex()) {
            now_ns += kCutNs;
            const auto next = vm.decide_if_due(now_ns, 0);
            if (!next) break;
            if (vm.node()->state().head.height > 60) break;
        }
    }
};

TEST_F(VertexVmTest, AClientIsToldWhetherItsTaskIsAcceptedOrSettled) {
    register_provider();
    now_ns += kCutNs;
    must(vm.decide_next(now_ns));
    const std::string task = submit_task("job");
    EXPECT_EQ(task, bound_job_id(dev_key().address(), "job"));
    EXPECT_EQ(finality(task), "queued");
    const HostedVertex vertex = vm.build_vertex(now_ns).value();
    EXPECT_EQ(vertex.status().value(), VertexStatus::kProcessing);
    EXPECT_EQ(vertex.txs(), std::vector<ConflictKey>{"job:" + task});
    EXPECT_EQ(finality(task), "queued");
    must(vertex.accept());
    EXPECT_EQ(finality(task), "accepted");
    EXPECT_FALSE(vertex.settled_by().value().has_value());
    EXPECT_EQ(vm.build_cut(now_ns).error().code, ErrorCode::kTooEarly);
    now_ns += kCutNs;
    const HostedVertex cut = vm.build_cut(now_ns).value();
    must(cut.accept());
    EXPECT_EQ(finality(task), "settled");
    EXPECT_EQ(vertex.settled_by().value(), vm.height());
    EXPECT_EQ(vm.cut_at(vm.height()).value(), cut.id());
    EXPECT_EQ(vm.frontier().value(), std::vector{cut.id()});
    EXPECT_EQ(finality("unknown"), "none");
}

TEST_F(VertexVmTest, VerticesOfAHostAreParsedVerifiedAndDecided) {
    MemoryStore other_store;
    VertexVm other;
    NodeSetup setup = dag_setup(other_store);
    must(other.initialize(setup, Service::Access::kThrowAway));
    register_provider();
    const HostedVertex built = vm.build_vertex(now_ns).value();
    const HostedVertex parsed = other.parse_vertex(built.bytes()).value();
    EXPECT_EQ(parsed.id(), built.id());
    EXPECT_EQ(parsed.height(), 1U);
    EXPECT_EQ(parsed.epoch(), 0U);
    EXPECT_EQ(parsed.parents(), std::vector{vm.node()->genesis_id()});
    EXPECT_FALSE(parsed.conflicts(built));
    EXPECT_FALSE(parsed.conflicts_vertex(built.id()).has_value()) << "not known there";
    EXPECT_EQ(parsed.status().value(), VertexStatus::kUnknown);
    must(parsed.verify({now_ns, false}));
    EXPECT_EQ(parsed.status().value(), VertexStatus::kProcessing);
    EXPECT_FALSE(parsed.conflicts_vertex(built.id()).value()) << "it is the same";
    must(parsed.accept());
    EXPECT_EQ(other.frontier().value(), std::vector{built.id()});
    EXPECT_EQ(other.parse_vertex(Bytes{1, 2}).error().code, ErrorCode::kMalformed);
    must(built.reject());
    EXPECT_EQ(built.status().value(), VertexStatus::kRejected);
    EXPECT_EQ(vm.node()->vm().mempool().size(), 1U) << "its operation waits again";
    EXPECT_EQ(built.accept().error().code, ErrorCode::kWrongState);
}

TEST_F(VertexVmTest, EventsComeWhileThereIsWorkAndEndWhenAllIsSettled) {
    EXPECT_FALSE(vm.wait_for_event().value().has_value());
    register_provider();
    EXPECT_TRUE(vm.wait_for_event().value().has_value());
    settle_all();
    EXPECT_FALSE(vm.wait_for_event().value().has_value());
    EXPECT_TRUE(vm.node()->state().find_provider("p-1").has_value());
    EXPECT_EQ(vm.decide_next(now_ns).error().code, ErrorCode::kNotFound);
    const VmHealth health = vm.health_check();
    EXPECT_TRUE(health.healthy);
    must(vm.shutdown());
    EXPECT_EQ(vm.build_vertex(now_ns).error().code, ErrorCode::kNotInitialized);
    EXPECT_EQ(vm.frontier().error().code, ErrorCode::kNotInitialized);
}

// A restart between acceptance and settlement: the node still vouches for what it accepted.
TEST_F(VertexVmTest, WhatWasAcceptedIsSettledAfterARestart) {
    register_provider();
    now_ns += kCutNs;
    must(vm.decide_next(now_ns));
    const std::string task = submit_task("job");
    must(vm.build_vertex(now_ns).value().accept());
    const std::string queued = submit_task("second");
    must(vm.shutdown());
    open(vm);
    EXPECT_EQ(finality(task), "accepted");
    EXPECT_EQ(finality(queued), "queued");
    now_ns += kCutNs;
    must(vm.decide_next(now_ns));
    EXPECT_EQ(finality(task), "settled");
    EXPECT_EQ(finality(queued), "settled");
}

TEST_F(VertexVmTest, AVertexThatWasSignedIsIssuedAgainAfterARestart) {
    register_provider();
    const Hash32 signed_id = vm.build_vertex(now_ns).value().id();
    must(vm.shutdown());
    open(vm);
    const auto own = vm.reissue(now_ns).value();
    ASSERT_EQ(own.size(), 1U);
    EXPECT_EQ(own[0].id(), signed_id);
    must(own[0].accept());
    EXPECT_TRUE(vm.reissue(now_ns).value().empty());
}

TEST(VertexVmStore, AChainAndADagDoNotOpenEachOthersStores) {
    MemoryStore store;
    {
        VertexVm vm;
        must(vm.initialize(dag_setup(store), Service::Access::kThrowAway));
    }
    ChainVm chain;
    EXPECT_EQ(chain.initialize(dag_setup(store), Service::Access::kThrowAway).error().code,
              ErrorCode::kConfig);
    NodeSetup setup = dag_setup(store);
    setup.parameters.dag.emplace();
    EXPECT_EQ(chain.initialize(setup, Service::Access::kThrowAway).error().code,
              ErrorCode::kConfig);
    MemoryStore chain_store;
    must(chain.initialize(dag_setup(chain_store), Service::Access::kThrowAway));
    VertexVm vm;
    EXPECT_EQ(vm.initialize(dag_setup(chain_store), Service::Access::kThrowAway).error().code,
              ErrorCode::kConfig);
}

}  // namespace
}  // namespace aivm::test
