// A DAG for tests: the accounts and rules of a TestChain, vertices made by hand on any parents, and
// a node for every store that a test opens.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/testing/random_play.h"
#include "core/testing/test_chain.h"
#include "core/vm/dag_vm.h"

namespace aivm::test {

class TestDag {
public:
    // There is a provider "served", so that tasks are accepted from the first vertex on.
    explicit TestDag(TestOptions options = {}) : chain_(served(with_dag(std::move(options)))) {}
    static TestOptions with_dag(TestOptions options);  // the rules of a DAG, if it has none

    [[nodiscard]] DagVm::Setup setup(KeyValueStore& store) const;
    [[nodiscard]] DagVm open(KeyValueStore& store) const;

    // The account's next operation, signed.
    OperationPtr by(std::string_view name, OperationBody body);
    OperationPtr submit(std::string_view name, std::string_view job) {
        return by(name, submission(job));
    }
    // The id of the task that this submission makes.
    static std::string job_of(std::string_view name, std::string_view job) {
        return bound_job_id(address_of(name), job);
    }

    // A valid header one interval after these parents; on genesis if there are none. Sequences
    // count up with every header of a proposer.
    [[nodiscard]] VertexHeader header_on(const std::vector<VertexPtr>& parents,
                                         std::uint32_t proposer = 0);
    // The vertex signed by the proposer that its header names, whatever else the header says.
    [[nodiscard]] VertexPtr sign(const VertexHeader& header,
                                 const std::vector<OperationPtr>& operations) const;
    [[nodiscard]] VertexPtr make(const std::vector<VertexPtr>& parents,
                                 const std::vector<OperationPtr>& operations,
                                 std::uint32_t proposer = 0) {
        return sign(header_on(parents, proposer), operations);
    }
    [[nodiscard]] VertexPtr sign_cut(const VertexHeader& header, const CutSeal& seal) const;
    [[nodiscard]] DagVm::BuildOptions build_options(const DagVm& vm,
                                                    std::uint32_t proposer = 0) const;
    // For the cut above the last accepted or preferred one; its time is the first that is allowed.
    [[nodiscard]] BuildRequest cut_request(const DagVm& vm, std::uint32_t proposer = 0) const;
    // A time later than every vertex that a test makes.
    [[nodiscard]] DagVm::VerifyOptions now() const;

    [[nodiscard]] const Rules& rules() const { return chain_.rules(); }
    [[nodiscard]] const ExecutedPtr& genesis() const { return chain_.genesis(); }

private:
    TestChain chain_;
    mutable DirectCutExecutor executor_;  // has no state
    std::map<std::string, std::uint64_t, std::less<>> nonces_;
    std::map<std::uint32_t, std::uint64_t> sequences_;
};

// Throws TestFailure with the error's text.
void must(const Status& status);
void must_accept(DagVm& vm, const TestDag& dag, const VertexPtr& vertex);  // verify, then accept

// Builds and accepts the next cut by validator 0; returns it.
VertexPtr settle(DagVm& vm, const TestDag& dag, std::uint32_t proposer = 0);

// Rejects the vertices that conflict with an accepted vertex and their descendants, parents first,
// as consensus does. Returns their ids.
std::vector<Hash32> reject_losers(DagVm& vm, const std::vector<Hash32>& losers);

// All entries of a store, in order.
std::vector<std::pair<Bytes, Bytes>> contents(const KeyValueStore& store);

// Vertices with random parents, and operations on few accounts and jobs, so that conflicts, void
// operations, and wide and deep shapes are common. Each passes verify on a node that has decided
// nothing.
std::vector<VertexPtr> random_dag(TestDag& dag, const Choose& choose, std::uint32_t size);

}  // namespace aivm::test
