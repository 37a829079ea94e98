// The published life cycle, driven as a consensus host drives it: one VM alone, and two validators
// of one chain.
#include "core/service/chain_vm.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "core/base/digest.h"
#include "core/service/json.h"
#include "core/state/load.h"
#include "core/testing/failing_store.h"
#include "core/testing/test_node.h"

namespace aivm::test {
namespace {

constexpr TimestampNs kNow = 1'800'000'000'000'000'000;
constexpr auto kNormal = static_cast<std::uint32_t>(HostState::kNormalOperation);

Ed25519Seed seed_of(std::string_view name) { return keccak256(as_bytes(name)); }

std::string genesis_with(std::string_view more) {
    return fmt::format(R"({{"version": 1, "message": "host", "timestamp": 1799999990, "chain_id": 5,
        "allocations": [{{"address": "{}", "balance": "10000000000000"}}],
        "table_sizes": {{"attestations": 8, "models": 8, "anchors": 8}}{}}})",
                       to_text(dev_key().address()), more);
}

std::string genesis_of(std::initializer_list<std::string_view> validators) {
    std::string list;
    for (const std::string_view name : validators) {
        list += fmt::format(
            R"({}{{"address": "{}", "stake": "1000000000", "beacon_commitment": "{}"}})",
            list.empty() ? "" : ",", to_text(Ed25519Key(seed_of(name)).address()),
            to_text(first_beacon_commitment(seed_of(name))));
    }
    return genesis_with(list.empty() ? "" : fmt::format(R"(, "validators": [{}])", list));
}

ChainVm::Init init_of(KeyValueStore& store, std::string_view name, std::string genesis) {
    ChainVm::Init init;
    init.genesis = std::move(genesis);
    init.seed = seed_of(name);
    init.store = &store;
    init.access = Service::Access::kThrowAway;
    return init;
}

Response post(ChainVm& vm, std::string_view path, std::string_view body) {
    Request request;
    request.method = "POST";
    request.path = path;
    request.body = body;
    request.now_ns = kNow;
    return vm.new_http_handler().value()(request);
}

TEST(ChainVm, BeforeInitializeAndAfterShutdownEverythingSaysSo) {
    MemoryStore store;
    ChainVm vm;
    const auto refuses = [&] {
        EXPECT_EQ(vm.last_accepted().error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.build_block(kNow).error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.parse_block({}).error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.get_block({}).error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.block_id_at_height(0).error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.set_preference({}).error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.set_state(kNormal).error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.wait_for_event().error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.create_handlers().error().code, ErrorCode::kNotInitialized);
        EXPECT_EQ(vm.connected({}, "1.0.0").error().code, ErrorCode::kNotInitialized);
        EXPECT_FALSE(vm.health_check().healthy);
    };
    refuses();
    ASSERT_TRUE(vm.initialize(init_of(store, "a", genesis_of({}))));
    EXPECT_TRUE(vm.health_check().healthy);
    EXPECT_EQ(vm.initialize(init_of(store, "a", genesis_of({}))).error().code,
              ErrorCode::kWrongState);
    const HttpHandler handler = vm.new_http_handler().value();
    ASSERT_TRUE(vm.shutdown());
    refuses();
    EXPECT_EQ(handler({}).status, 503);
}

TEST(ChainVm, GenesisIsTheLastAcceptedBlockOfANewChainAndCanBeHadByIdHeightAndBytes) {
    MemoryStore store;
    ChainVm vm;
    ASSERT_TRUE(vm.initialize(init_of(store, "a", genesis_of({}))));
    const Hash32 id = vm.last_accepted().value();
    const ChainBlock genesis = vm.get_block(id).value();
    EXPECT_EQ(vm.block_id_at_height(0).value(), id);
    EXPECT_EQ(vm.block_id_at_height(1).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(genesis.id(), id);
    EXPECT_EQ(genesis.height(), 0U);
    EXPECT_EQ(genesis.timestamp_ns(), 1'799'999'990'000'000'000U);
    EXPECT_EQ(genesis.status().value(), BlockStatus::kAccepted);
    EXPECT_EQ(vm.parse_block(genesis.bytes()).value().id(), id);
    EXPECT_EQ(parse_json(genesis.json()).value().at("id"), to_text(id));
    EXPECT_EQ(genesis.verify(kNow).error().code, ErrorCode::kWrongState);
    EXPECT_EQ(genesis.accept().error().code, ErrorCode::kWrongState);
}

TEST(ChainVm, BlocksComeAboutOnlyAsTheHostSays) {
    MemoryStore store;
    ChainVm vm;
    ASSERT_TRUE(vm.initialize(init_of(store, "a", genesis_of({}))));
    ASSERT_EQ(post(vm, "/providers/register", registration_body("p-1")).status, 200);
    EXPECT_EQ(vm.wait_for_event().value(), std::nullopt);
    EXPECT_EQ(vm.build_block(kNow).error().code, ErrorCode::kWrongState);
    EXPECT_EQ(vm.set_state(4).error().code, ErrorCode::kInvalidArgument);
    ASSERT_TRUE(vm.set_state(kNormal));
    EXPECT_EQ(vm.wait_for_event().value(), VmMessage::kPendingTransactions);

    const ChainBlock block = vm.build_block(kNow).value();
    EXPECT_EQ(block.height(), 1U);
    EXPECT_EQ(block.status().value(), BlockStatus::kProcessing);
    EXPECT_EQ(vm.build_block(kNow).error().code, ErrorCode::kConflict);  // that height is signed
    const Json json = parse_json(block.json()).value();
    EXPECT_EQ(json.at("parentID"), to_text(vm.last_accepted().value()));
    EXPECT_EQ(json.at("providerRegs").at(0).at("providerId"), "p-1");
    EXPECT_FALSE(json.contains("tasks"));
    ASSERT_TRUE(vm.set_preference(block.id()));
    ASSERT_TRUE(block.accept());
    EXPECT_EQ(block.status().value(), BlockStatus::kAccepted);
    EXPECT_EQ(block.accept().error().code, ErrorCode::kWrongState);
    EXPECT_EQ(vm.last_accepted().value(), block.id());
    EXPECT_EQ(vm.block_id_at_height(1).value(), block.id());
    EXPECT_EQ(vm.wait_for_event().value(), std::nullopt);
    EXPECT_EQ(vm.build_block(kNow).error().code, ErrorCode::kNotFound);

    ASSERT_EQ(post(vm, "/tasks/submit", task_body("t-1")).status, 200);
    const ChainBlock second = vm.build_block(kNow + 1).value();
    EXPECT_EQ(parse_json(second.json()).value().at("tasks").at(0).at("id"), "t-1");
    ASSERT_TRUE(second.accept());

    // A new VM over the same store continues where this one stopped.
    ASSERT_TRUE(vm.shutdown());
    ChainVm again;
    ASSERT_TRUE(again.initialize(init_of(store, "a", genesis_of({}))));
    EXPECT_EQ(again.last_accepted().value(), second.id());
    EXPECT_EQ(again.get_block(block.id()).value().bytes(), block.bytes());
}

TEST(ChainVm, WaitForEventWaitsForAnOperationATimeOutACancelOrTheEnd) {
    MemoryStore store;
    ChainVm vm;
    ASSERT_TRUE(vm.initialize(init_of(store, "a", genesis_of({}))));
    ASSERT_TRUE(vm.set_state(kNormal));
    const auto waiting = [&vm](std::chrono::seconds timeout, std::stop_token cancel) {
        return std::async(std::launch::async,
                          [&vm, timeout, cancel] { return vm.wait_for_event(timeout, cancel); });
    };
    constexpr std::chrono::milliseconds kMoment{50};
    constexpr std::chrono::seconds kLong{600};  // fails the test if anybody waits for it

    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(vm.wait_for_event(kMoment).value(), std::nullopt);
    EXPECT_GE(std::chrono::steady_clock::now() - began, kMoment);

    auto event = waiting(kLong, {});
    EXPECT_EQ(event.wait_for(kMoment), std::future_status::timeout);
    ASSERT_EQ(post(vm, "/providers/register", registration_body("p-1")).status, 200);
    EXPECT_EQ(event.get().value(), VmMessage::kPendingTransactions);
    EXPECT_EQ(vm.wait_for_event(kLong).value(), VmMessage::kPendingTransactions) << "it stands";
    ASSERT_TRUE(vm.decide_next_block(kNow));

    std::stop_source cancel;
    auto cancelled = waiting(kLong, cancel.get_token());
    EXPECT_EQ(cancelled.wait_for(kMoment), std::future_status::timeout);
    cancel.request_stop();
    EXPECT_EQ(cancelled.get().value(), std::nullopt);

    auto ended = waiting(kLong, {});
    EXPECT_EQ(ended.wait_for(kMoment), std::future_status::timeout);
    ASSERT_TRUE(vm.shutdown());
    EXPECT_EQ(ended.get().error().code, ErrorCode::kNotInitialized);
}

TEST(ChainVm, OnlyTheOnlyValidatorDecidesTheNextBlockAlone) {
    MemoryStore store;
    ChainVm vm;
    ASSERT_TRUE(vm.initialize(init_of(store, "a", genesis_of({}))));
    EXPECT_EQ(vm.decide_next_block(kNow).error().code, ErrorCode::kWrongState) << "not yet normal";
    ASSERT_TRUE(vm.set_state(kNormal));
    EXPECT_EQ(vm.decide_next_block(kNow).error().code, ErrorCode::kNotFound) << "nothing waits";
    ASSERT_EQ(post(vm, "/providers/register", registration_body("p-1")).status, 200);
    ASSERT_TRUE(vm.decide_next_block(kNow));
    EXPECT_EQ(vm.last_accepted().value(), vm.block_id_at_height(1).value());

    MemoryStore shared;
    ChainVm one_of_two;
    ASSERT_TRUE(one_of_two.initialize(init_of(shared, "a", genesis_of({"a", "b"}))));
    ASSERT_TRUE(one_of_two.set_state(kNormal));
    ASSERT_EQ(post(one_of_two, "/providers/register", registration_body("p-1")).status, 200);
    EXPECT_EQ(one_of_two.decide_next_block(kNow).error().code, ErrorCode::kWrongState);
    EXPECT_EQ(one_of_two.block_id_at_height(1).error().code, ErrorCode::kNotFound);
}

TEST(ChainVm, ACrashAtAnyWriteOfABlockDecidedAloneLeavesAVmThatCanGoOn) {
    for (std::uint64_t at = 1; at < 8; ++at) {
        MemoryStore disk;
        FailingStore failing(disk);
        failing.fail_at(at, Failure::kCrashesAfter);
        {
            ChainVm vm;
            if (vm.initialize(init_of(failing, "a", genesis_of({})))) {
                ASSERT_TRUE(vm.set_state(kNormal));
                static_cast<void>(post(vm, "/providers/register", registration_body("p-1")));
                static_cast<void>(vm.decide_next_block(kNow));
            }
        }
        ChainVm again;
        ASSERT_TRUE(again.initialize(init_of(disk, "a", genesis_of({})))) << at;
        ASSERT_TRUE(again.set_state(kNormal));
        static_cast<void>(post(again, "/providers/register", registration_body("p-2")));
        EXPECT_TRUE(again.decide_next_block(kNow + 1)) << at;
    }
}

TEST(ChainVm, TwoValidatorsAgreeOnWhatOneBuildsAndARejectedSiblingLeavesNoTrace) {
    MemoryStore disk_a;
    MemoryStore disk_b;
    ChainVm a;
    ChainVm b;
    const std::string genesis = genesis_of({"a", "b"});
    ASSERT_TRUE(a.initialize(init_of(disk_a, "a", genesis)));
    ASSERT_TRUE(b.initialize(init_of(disk_b, "b", genesis)));
    ASSERT_EQ(a.last_accepted().value(), b.last_accepted().value());
    for (ChainVm* vm : {&a, &b}) ASSERT_TRUE(vm->set_state(kNormal));
    ASSERT_EQ(post(a, "/providers/register", registration_body("p-a")).status, 200);
    ASSERT_EQ(post(b, "/providers/register", registration_body("p-b")).status, 200);
    const ChainBlock of_a = a.build_block(kNow).value();
    const ChainBlock of_b = b.build_block(kNow).value();
    const ChainBlock at_b = b.parse_block(of_a.bytes()).value();
    EXPECT_EQ(at_b.id(), of_a.id());
    const Hash32 before = contents_digest(b.node()->state());
    ASSERT_TRUE(at_b.verify(kNow));
    EXPECT_EQ(contents_digest(b.node()->state()), before);
    ASSERT_TRUE(at_b.accept());
    ASSERT_TRUE(of_b.reject());
    EXPECT_EQ(of_b.accept().error().code, ErrorCode::kWrongState);
    ASSERT_TRUE(of_a.accept());
    EXPECT_EQ(contents_digest(a.node()->state()), contents_digest(b.node()->state()));

    // Both validators use the same account here, so the nonce of b's queued operation is stale. b
    // still builds the next block and opens its commitment in genesis.
    ASSERT_EQ(post(b, "/tasks/submit", task_body("t-1")).status, 200);
    const ChainBlock next = b.build_block(kNow + 1).value();
    ASSERT_TRUE(next.accept());
    const ChainBlock at_a = a.parse_block(next.bytes()).value();
    ASSERT_TRUE(at_a.verify(kNow + 1));
    ASSERT_TRUE(at_a.accept());
    EXPECT_EQ(contents_digest(a.node()->state()), contents_digest(b.node()->state()));
    EXPECT_TRUE(a.node()->state().find_task("t-1"));
}

TEST(ChainVm, ABeaconCommitmentOfAnotherSeedStopsTheBuilding) {
    MemoryStore store;
    ChainVm vm;
    std::string genesis = genesis_of({"a"});
    const std::string made = to_text(first_beacon_commitment(seed_of("a")));
    genesis.replace(genesis.find(made), made.size(), to_text(Hash32{}));
    ASSERT_TRUE(vm.initialize(init_of(store, "a", genesis)));
    ASSERT_TRUE(vm.set_state(kNormal));
    ASSERT_EQ(post(vm, "/providers/register", registration_body("p-1")).status, 200);
    EXPECT_EQ(vm.build_block(kNow).error().code, ErrorCode::kConfig);
}

TEST(ChainVm, AKeyThatIsNoValidatorAndRequestsThatOthersCouldNotCheckAreRefused) {
    MemoryStore store;
    ChainVm vm;
    EXPECT_EQ(vm.initialize(init_of(store, "c", genesis_of({"a", "b"}))).error().code,
              ErrorCode::kConfig);
    ChainVm::Init init = init_of(store, "a", genesis_of({"a", "b"}));
    init.access = Service::Access::kAuthorized;
    ASSERT_TRUE(vm.initialize(init));
    const Response response = post(vm, "/tasks/submit", task_body("t-1"));
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, testing::HasSubstr("other validators"));
}

TEST(ChainVm, TellsItsFeesAndDoesNotStartWithoutAny) {
    MemoryStore store;
    ChainVm vm;
    EXPECT_EQ(vm.fee_policy().error().code, ErrorCode::kNotInitialized);
    ChainVm::Init init = init_of(store, "a", genesis_of({}));
    init.policy.fee_floor = Amount();
    EXPECT_EQ(vm.initialize(init).error().code, ErrorCode::kConfig);
    init.policy.fee_floor = millilux(3);
    init.policy.model_fee = lux(2);
    ASSERT_TRUE(vm.initialize(init));
    const FeePolicy fees = vm.fee_policy().value();
    EXPECT_EQ(fees.fee_floor, millilux(3));
    EXPECT_EQ(fees.required_fee, millilux(3)) << "nothing is queued";
    EXPECT_EQ(fees.fee_burn_bps, 1000U);
    EXPECT_EQ(fees.model_fee, lux(2));
}

// F23: a chain was made with parameters under which a wrong answer costs nothing.
TEST(ChainVm, F23DoesNotStartWithoutProtectionAndSaysWhatIsMissing) {
    const auto refusal = [](const char* config) -> std::string {
        MemoryStore store;
        ChainVm vm;
        ChainVm::Init init = init_of(store, "a", genesis_of({}));
        init.config = config;
        const Status status = vm.initialize(init);
        if (status) return "";
        EXPECT_EQ(status.error().code, ErrorCode::kConfig);
        EXPECT_FALSE(vm.health_check().healthy);
        return status.error().context;
    };
    using testing::HasSubstr;
    EXPECT_THAT(refusal(R"({"minProviderBond": 0})"), HasSubstr("set minProviderBond"));
    // A result locks a tenth of the minimum bond, rounded down: nothing.
    EXPECT_THAT(refusal(R"({"minProviderBond": 9})"), HasSubstr("no bond at all"));
    EXPECT_THAT(refusal(R"({"taskTimeout": "0s"})"), HasSubstr("taskTimeout is 0"));
    for (const char* mode : {"0", "2"}) {
        const std::string config =
            fmt::format(R"({{"verificationMode": {}, "challengeWindowBlocks": 0}})", mode);
        EXPECT_THAT(refusal(config.c_str()), HasSubstr("set challengeWindowBlocks")) << mode;
    }
    EXPECT_EQ(refusal(R"({"verificationMode": 1, "challengeWindowBlocks": 0})"), "")
        << "a committee's answer may be final at once";
    EXPECT_EQ(refusal(R"({"minProviderBond": 10})"), "");
}

TEST(ChainVm, HealthCountsThePeersThatTheHostReports) {
    MemoryStore store;
    ChainVm vm;
    ASSERT_TRUE(vm.initialize(init_of(store, "a", genesis_of({}))));
    const HostNodeId peer{{7}};
    ASSERT_TRUE(vm.connected(peer, "1.0.0"));
    ASSERT_TRUE(vm.connected(peer, "1.0.1"));
    EXPECT_EQ(parse_json(vm.health_check().details).value().at("peers"), 1);
    ASSERT_TRUE(vm.disconnected(peer));
    EXPECT_EQ(vm.disconnected(peer).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(ChainVm::version(), "1.0.0");
    EXPECT_NE(Factory::new_vm(), nullptr);
}

}  // namespace
}  // namespace aivm::test
