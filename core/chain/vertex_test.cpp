// The encoding of vertices: one id per content, non-canonical bytes are refused, and the conflict
// keys are those of the operations.
#include "core/chain/vertex.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/base/digest.h"
#include "core/base/encode.h"
#include "core/config/limits.h"
#include "core/testing/test_chain.h"

namespace aivm::test {
namespace {

OperationPtr signed_by(std::string_view name, std::uint64_t nonce, OperationBody body) {
    Operation operation{address_of(name), nonce, std::move(body)};
    const Hash32 id = SignedOperation(operation, {}).id();
    return std::make_shared<const SignedOperation>(operation,
                                                   TestAuthorizer::sign(operation.sender, id));
}

VertexHeader some_header() {
    VertexHeader h;
    h.epoch = 3;
    h.height = 8;
    h.parents = {salt_of("a"), salt_of("b")};
    std::sort(h.parents.begin(), h.parents.end());
    h.timestamp_ns = 77;
    h.proposer.value = 1;
    h.sequence = 6;
    h.cut = 2;
    return h;
}

CutSeal some_seal() {
    return {salt_of("secret"), salt_of("commitment"), salt_of("aivm"), salt_of("state"),
            salt_of("receipts")};
}

// The key of what follows on the job.
ConflictKey key_of(std::string_view job) { return "job:" + std::string(job); }
ConflictKey key_of(std::string_view requester, std::string_view job) {
    return "job:" + bound_job_id(address_of(requester), job);
}

std::vector<OperationPtr> some_operations() {
    return {signed_by("alice", 1, submission("job-b")), signed_by("bob", 1, submission("job-a")),
            signed_by("p-1", 4, result("job-c", "p-1", 9)), signed_by("p-2", 1, claim("p-2"))};
}

// A vertex encoded field by field, with any parents and jobs.
Bytes written(const VertexHeader& h, const std::vector<ConflictKey>& jobs,
              const std::vector<OperationPtr>& operations, std::uint8_t kind = 2) {
    Writer out;
    out.u8(kind).u32(h.epoch).u64(h.height).u32(static_cast<std::uint32_t>(h.parents.size()));
    for (const Hash32& parent : h.parents) out.fixed(parent);
    out.u64(h.timestamp_ns).u32(h.proposer.value).u64(h.sequence).u64(h.cut);
    out.u32(static_cast<std::uint32_t>(jobs.size()));
    for (const ConflictKey& job : jobs) out.string(job);
    if (kind == 3) {
        encode(out, some_seal());
    } else {
        out.u32(static_cast<std::uint32_t>(operations.size()));
        for (const OperationPtr& operation : operations) operation->encode(out);
    }
    return Writer().bytes(out.view()).bytes({}).take();
}

std::optional<ErrorCode> refusal(ByteView sealed) {
    const auto vertex = Vertex::decode(sealed);
    return vertex ? std::nullopt : std::optional(vertex.error().code);
}

TEST(Vertex, DecodingReturnsWhatWasEncodedAndItsId) {
    const Vertex vertex =
        Vertex(some_header(), some_operations(), {}).with_authorization({1, 2, 3});
    const Bytes sealed = vertex.encode();
    const auto back = Vertex::decode(sealed);
    ASSERT_TRUE(back.has_value()) << back.error().text();
    EXPECT_EQ((*back)->id(), vertex.id());
    EXPECT_EQ((*back)->encode(), sealed);
    EXPECT_EQ((*back)->size_bytes(), sealed.size());
    EXPECT_EQ((*back)->jobs(), vertex.jobs());
    EXPECT_EQ((*back)->parents(), vertex.parents());
    EXPECT_EQ((*back)->operations().size(), 4U);
    EXPECT_EQ(refusal(written(some_header(), vertex.jobs(), some_operations())), std::nullopt);
}

TEST(Vertex, EveryCutAndEveryExtraByteIsRefused) {
    const Bytes sealed = Vertex(some_header(), some_operations(), {9}).encode();
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        ASSERT_EQ(refusal(ByteView(sealed).first(size)), ErrorCode::kMalformed) << size;
    }
    Bytes longer = sealed;
    longer.push_back(0);
    EXPECT_EQ(refusal(longer), ErrorCode::kMalformed);
}

// D01 a vertex id hashes parents and job ids joined without lengths. One result for the job
// "ajob:b" and two results for "a" and "b" have keys that join to the same text.
TEST(Vertex, D01JobIdsThatJoinToTheSameTextGiveDifferentIds) {
    const auto answering = [](std::initializer_list<const char*> jobs) {
        std::vector<OperationPtr> operations;
        for (const char* job : jobs)
            operations.push_back(signed_by("p-1", operations.size() + 1, result(job, "p-1", 9)));
        return Vertex(some_header(), std::move(operations), {});
    };
    const auto joined = [](const Vertex& vertex) {
        std::string text;
        for (const ConflictKey& job : vertex.jobs()) text += job;
        return text;
    };
    const Vertex one = answering({"ajob:b"});
    const Vertex two = answering({"a", "b"});
    ASSERT_EQ(joined(one), joined(two));
    EXPECT_NE(one.id(), two.id());
    // The id is the digest of everything that is encoded, the lengths included.
    for (const Vertex* vertex : {&one, &two}) {
        const Bytes sealed = vertex->encode();
        Reader in(sealed);
        EXPECT_EQ(sha256(in.bytes(kVertexBytesMax)), vertex->id());
    }
}

// D02 a vertex id leaves out tasks and results.
TEST(Vertex, D02AChangeOfAnyFieldChangesTheId) {
    std::set<Hash32> ids;
    const auto add = [&](const VertexHeader& h, const std::vector<OperationPtr>& operations) {
        EXPECT_TRUE(ids.insert(Vertex(h, operations, {}).id()).second);
    };
    const auto operations = some_operations();
    add(some_header(), operations);
    VertexHeader h = some_header();
    h.epoch = 4;
    add(h, operations);
    h = some_header(), h.height = 9;
    add(h, operations);
    h = some_header(), h.parents.pop_back();
    add(h, operations);
    h = some_header(), h.timestamp_ns = 78;
    add(h, operations);
    h = some_header(), h.proposer.value = 0;
    add(h, operations);
    h = some_header(), h.sequence = 7;
    add(h, operations);
    h = some_header(), h.cut = 1;
    add(h, operations);
    add(some_header(), {operations[0]});
    // The same jobs with another fee, and the same result with another answer.
    add(some_header(), {signed_by("alice", 1, submission("job-b", lux(2))), operations[1],
                        operations[2], operations[3]});
    add(some_header(), {operations[0], operations[1],
                        signed_by("p-1", 4, result("job-c", "p-1", 8)), operations[3]});
    // The operations' signatures are part of it too.
    add(some_header(),
        {std::make_shared<const SignedOperation>(operations[0]->operation(), Bytes{1})});
}

// D03 a vertex is built by iterating a hash map: here one content has one encoding.
TEST(Vertex, D03ParentsAndJobsHaveOneOrder) {
    const Vertex vertex(some_header(), some_operations(), {});
    EXPECT_TRUE(std::is_sorted(vertex.jobs().begin(), vertex.jobs().end()));
    VertexHeader swapped = some_header();
    std::swap(swapped.parents[0], swapped.parents[1]);
    EXPECT_EQ(refusal(written(swapped, vertex.jobs(), some_operations())), ErrorCode::kMalformed);
    swapped.parents[0] = swapped.parents[1];
    EXPECT_EQ(refusal(written(swapped, vertex.jobs(), some_operations())), ErrorCode::kMalformed);
    auto jobs = vertex.jobs();
    std::swap(jobs[0], jobs[1]);
    EXPECT_EQ(refusal(written(some_header(), jobs, some_operations())), ErrorCode::kMalformed);
}

// D05 Verify lets the job list differ from the payload's jobs.
TEST(Vertex, D05JobKeysAreExactlyThoseOfThePayload) {
    const Vertex vertex(some_header(), some_operations(), {});
    std::vector<ConflictKey> wanted{key_of("alice", "job-b"), key_of("bob", "job-a"),
                                    key_of("job-c")};
    std::sort(wanted.begin(), wanted.end());
    EXPECT_EQ(vertex.jobs(), wanted);
    auto jobs = vertex.jobs();
    jobs.pop_back();  // one is missing
    EXPECT_EQ(refusal(written(some_header(), jobs, some_operations())), ErrorCode::kMalformed);
    jobs.push_back("job:~");  // one is replaced
    EXPECT_EQ(refusal(written(some_header(), jobs, some_operations())), ErrorCode::kMalformed);
    jobs = vertex.jobs();
    jobs.push_back("job:~");  // one is added
    EXPECT_EQ(refusal(written(some_header(), jobs, some_operations())), ErrorCode::kMalformed);
    jobs = vertex.jobs();
    jobs.insert(jobs.begin(), jobs[0]);  // one is repeated
    EXPECT_EQ(refusal(written(some_header(), jobs, some_operations())), ErrorCode::kMalformed);
}

TEST(Vertex, LimitsAndKindsAreKeptByTheDecoder) {
    VertexHeader h = some_header();
    EXPECT_EQ(refusal(written(h, {}, {}, 1)), ErrorCode::kMalformed);
    h.parents.clear();
    EXPECT_EQ(refusal(written(h, {}, {})), ErrorCode::kMalformed);
    for (std::uint8_t i = 0; i < kVertexParentsMax; ++i) h.parents.push_back(Hash32{{i}});
    EXPECT_EQ(refusal(written(h, {}, {})), std::nullopt);
    h.parents.push_back(Hash32{{kVertexParentsMax}});
    EXPECT_EQ(refusal(written(h, {}, {})), ErrorCode::kMalformed);
    std::vector<OperationPtr> many;
    for (std::uint64_t i = 1; i <= kVertexOpsMax; ++i)
        many.push_back(signed_by("p-2", i, claim("p-2")));
    EXPECT_EQ(refusal(written(some_header(), {}, many)), std::nullopt);
    many.push_back(signed_by("p-2", 99, claim("p-2")));
    EXPECT_EQ(refusal(written(some_header(), {}, many)), ErrorCode::kMalformed);
}

TEST(Vertex, TwoConflictIfTheyShareAJob) {
    const VertexHeader h = some_header();
    const auto with = [&](std::vector<OperationPtr> operations) {
        return Vertex(h, std::move(operations), {});
    };
    const std::string task = bound_job_id(address_of("alice"), "job");
    const Vertex alice = with({signed_by("alice", 1, submission("job"))});
    const Vertex again = with({signed_by("alice", 2, submission("job", lux(2)))});
    const Vertex bob = with({signed_by("bob", 1, submission("job"))});
    const Vertex answer = with({signed_by("p-1", 5, result(task, "p-1", 1))});
    const Vertex colleague = with({signed_by("p-2", 5, result(task, "p-2", 1))});
    EXPECT_TRUE(alice.conflicts(again));
    EXPECT_TRUE(again.conflicts(alice));
    EXPECT_FALSE(alice.conflicts(alice));
    EXPECT_FALSE(alice.conflicts(bob)) << "an id belongs to its requester";
    EXPECT_TRUE(alice.conflicts(answer));
    EXPECT_TRUE(answer.conflicts(colleague));
}

TEST(Vertex, UnderTheOperationPolicyOnlyTheSameTurnIsShared) {
    const auto keys = [&](std::string_view who, std::uint64_t nonce, OperationBody body) {
        return conflict_keys(Vertex(some_header(), {signed_by(who, nonce, std::move(body))}, {}),
                             ConflictKeyPolicy::kOperation);
    };
    const std::string task = bound_job_id(address_of("alice"), "job");
    const auto submits = keys("alice", 1, submission("job"));
    const auto answers = keys("p-1", 5, result(task, "p-1", 1));
    EXPECT_EQ(submits, std::vector{key_of(task)});
    EXPECT_EQ(answers, keys("p-1", 5, result(task, "p-1", 2)));
    EXPECT_NE(answers, keys("p-2", 5, result(task, "p-2", 1)));
    EXPECT_NE(answers, keys("p-1", 6, result(task, "p-1", 1)));
    EXPECT_NE(answers, submits);
    EXPECT_TRUE(keys("p-2", 1, claim("p-2")).empty());
}

TEST(Vertex, ACutIsAVertexWhoseOnlyKeyIsItsNumber) {
    const Vertex cut = Vertex(some_header(), some_seal(), {}).with_authorization({1, 2});
    EXPECT_EQ(cut.jobs(), std::vector<ConflictKey>{"cut:2"});
    const auto back = Vertex::decode(cut.encode());
    ASSERT_TRUE(back.has_value()) << back.error().text();
    EXPECT_TRUE((*back)->is_cut());
    EXPECT_EQ((*back)->id(), cut.id());
    EXPECT_EQ((*back)->seal().state_root, some_seal().state_root);
    VertexHeader rival = some_header();
    rival.parents.pop_back();
    EXPECT_TRUE(cut.conflicts(Vertex(rival, some_seal(), {})));
    rival.cut = 3;
    EXPECT_FALSE(cut.conflicts(Vertex(rival, some_seal(), {})));
    // An operation that names the job "cut:2" has another tag.
    EXPECT_FALSE(
        cut.conflicts(Vertex(some_header(), {signed_by("p-1", 1, result("cut:2", "p-1", 1))}, {})));
    EXPECT_EQ(refusal(written(some_header(), {"cut:2"}, {}, 3)), std::nullopt);
    EXPECT_EQ(refusal(written(some_header(), {"cut:3"}, {}, 3)), ErrorCode::kMalformed);
    EXPECT_EQ(refusal(written(some_header(), {}, {}, 3)), ErrorCode::kMalformed);
    const Bytes sealed = cut.encode();
    for (std::size_t size = 0; size < sealed.size(); ++size)
        ASSERT_EQ(refusal(ByteView(sealed).first(size)), ErrorCode::kMalformed) << size;
}

TEST(Vertex, TheSignatureCoversSequenceAndCut) {
    const Vertex vertex(some_header(), some_operations(), {});
    EXPECT_EQ(vertex.slot_message(7), vertex_slot_message(7, 6, 2, vertex.id()));
    EXPECT_NE(vertex.slot_message(7), vertex_slot_message(7, 6, 1, vertex.id()));
    EXPECT_NE(vertex.slot_message(7), vertex_slot_message(7, 5, 2, vertex.id()));
    EXPECT_NE(vertex.slot_message(7), vertex.slot_message(8));
}

// The bytes are part of the protocol: they change with core/chain/FORMAT.md only.
TEST(Vertex, GoldenIds) {
    const Vertex vertex(some_header(), some_operations(), {});
    const Vertex cut(some_header(), some_seal(), {});
    EXPECT_EQ(to_hex(vertex.id().view()),
              "ecf0e7a4d5b2ff56a76b555aa308c723173b165547d1f8590f669751e92376c0");
    EXPECT_EQ(to_hex(cut.id().view()),
              "11b6b5107368f87e99651975fe7d845a41e646de3e039214bc4ecf190a34e977");
    EXPECT_EQ(vertex.body_bytes(), 786U);
    EXPECT_EQ(cut.body_bytes(), 282U);
}

}  // namespace
}  // namespace aivm::test
