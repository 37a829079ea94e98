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
    return h;
}

std::vector<OperationPtr> some_operations() {
    return {signed_by("alice", 1, submission("job-b")), signed_by("bob", 1, submission("job-a")),
            signed_by("p-1", 4, result("job-c", "p-1", 9)), signed_by("p-2", 1, claim("p-2"))};
}

// A vertex encoded field by field, with any parents and job keys.
Bytes written(const VertexHeader& h, const std::vector<JobKey>& jobs,
              const std::vector<OperationPtr>& operations, std::uint8_t kind = 2) {
    Writer out;
    out.u8(kind).u32(h.epoch).u64(h.height).u32(static_cast<std::uint32_t>(h.parents.size()));
    for (const Hash32& parent : h.parents) out.fixed(parent);
    out.u64(h.timestamp_ns).u32(h.proposer.value).u32(static_cast<std::uint32_t>(jobs.size()));
    for (const JobKey& job : jobs) encode(out, job);
    out.u32(static_cast<std::uint32_t>(operations.size()));
    for (const OperationPtr& operation : operations) operation->encode(out);
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

// D01 a vertex id hashes parents and job ids joined without lengths.
TEST(Vertex, D01JobIdsThatJoinToTheSameTextGiveDifferentIds) {
    const VertexHeader h = some_header();
    const Vertex left(
        h, {signed_by("alice", 1, submission("ab")), signed_by("alice", 2, submission("c"))}, {});
    const Vertex right(
        h, {signed_by("alice", 1, submission("a")), signed_by("alice", 2, submission("bc"))}, {});
    EXPECT_NE(left.id(), right.id());
}

// Two lists of job keys that are the same bytes when their parts are joined without lengths.
TEST(Vertex, D01JobKeysAreEncodedWithTheirLengths) {
    Bytes joined(2 * (Address::size() + sizeof(std::uint64_t)) + 3);
    for (std::size_t i = 0; i < joined.size(); ++i) joined[i] = static_cast<std::uint8_t>('a' + i);
    const auto cut = [&](std::initializer_list<std::size_t> id_sizes) {
        std::vector<JobKey> keys;
        std::size_t at = 0;
        const auto take = [&](std::size_t size) {
            const ByteView part = ByteView(joined).subspan(at, size);
            at += size;
            return Bytes(part.begin(), part.end());
        };
        for (const std::size_t size : id_sizes) {
            JobKey& key = keys.emplace_back();
            const Bytes id = take(size);
            key.job.assign(id.begin(), id.end());
            std::ranges::copy(take(Address::size()), key.sender.data());
            for (const std::uint8_t byte : take(sizeof(std::uint64_t)))
                key.nonce = key.nonce << 8 | byte;
        }
        EXPECT_EQ(at, joined.size());
        return keys;
    };
    const auto encoded = [](const std::vector<JobKey>& keys) {
        Writer out;
        for (const JobKey& key : keys) encode(out, key);
        return out.take();
    };
    EXPECT_NE(encoded(cut({2, 1})), encoded(cut({1, 2})));
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
    ASSERT_EQ(vertex.jobs().size(), 3U);
    EXPECT_EQ(vertex.jobs()[0], (JobKey{"job-a", {}, 0}));
    EXPECT_EQ(vertex.jobs()[1], (JobKey{"job-b", {}, 0}));
    EXPECT_EQ(vertex.jobs()[2], (JobKey{"job-c", address_of("p-1"), 4}));
    auto jobs = vertex.jobs();
    jobs.pop_back();  // one is missing
    EXPECT_EQ(refusal(written(some_header(), jobs, some_operations())), ErrorCode::kMalformed);
    jobs.push_back({"job-d", {}, 0});  // one is replaced
    EXPECT_EQ(refusal(written(some_header(), jobs, some_operations())), ErrorCode::kMalformed);
    jobs = vertex.jobs();
    jobs.push_back({"job-d", {}, 0});  // one is added
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

TEST(Vertex, OneSubmissionOfAJobConflictsWithEveryOtherAndATurnWithItselfOnly) {
    const VertexHeader h = some_header();
    const auto with = [&](std::vector<OperationPtr> operations) {
        return Vertex(h, std::move(operations), {});
    };
    const Vertex alice = with({signed_by("alice", 1, submission("job"))});
    const Vertex bob = with({signed_by("bob", 1, submission("job"))});
    const Vertex other = with({signed_by("bob", 1, submission("another job"))});
    EXPECT_TRUE(alice.conflicts(bob));
    EXPECT_TRUE(bob.conflicts(alice));
    EXPECT_FALSE(alice.conflicts(alice));
    EXPECT_FALSE(alice.conflicts(other));
    const Vertex yes = with({signed_by("p-1", 5, result("job", "p-1", 1))});
    const Vertex no = with({signed_by("p-1", 5, result("job", "p-1", 2))});
    const Vertex colleague = with({signed_by("p-2", 5, result("job", "p-2", 1))});
    EXPECT_TRUE(yes.conflicts(no));  // two answers in one turn
    EXPECT_FALSE(yes.conflicts(colleague));
    EXPECT_FALSE(yes.conflicts(alice));
    EXPECT_EQ(yes.jobs()[0].text(), "job, turn 5 of " + to_hex(address_of("p-1").view()));
}

}  // namespace
}  // namespace aivm::test
