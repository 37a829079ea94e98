#include "core/testing/test_dag.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aivm::test {
namespace {

constexpr std::array<std::string_view, 3> kRequesters{"alice", "bob", "carol"};
constexpr std::array<std::string_view, 3> kProviders{"p-1", "p-2", "p-3"};

OperationPtr random_dag_operation(TestDag& dag, const Choose& choose) {
    const std::string_view requester = kRequesters[choose(kRequesters.size())];
    const std::string_view provider = kProviders[choose(kProviders.size())];
    const std::string job = fmt::format("job-{}", choose(6));
    // What follows on a job names the id of its task, of any requester.
    const std::string task = TestDag::job_of(requester, job);
    switch (choose(6)) {
        case 0:
            return dag.by(provider, registration(provider, lux(1000)));
        case 1:
            return dag.by(provider, result(task, provider, static_cast<Answer>(choose(256))));
        case 2:
            return dag.by(requester,
                          submission(job, lux(4000)));  // the third one exceeds every balance
        default:
            return dag.by(requester, submission(job, lux(1 + choose(3)), choose(8)));
    }
}

}  // namespace

void must(const Status& status) {
    if (!status) throw TestFailure(status.error().text());
}

TestOptions TestDag::with_dag(TestOptions options) {
    if (!options.parameters.dag) options.parameters.dag.emplace();
    return options;
}

DagVm::Setup TestDag::setup(KeyValueStore& store) const {
    return {genesis(), &rules(), &executor_, &store, {}};
}

DagVm TestDag::open(KeyValueStore& store) const {
    auto vm = DagVm::open(setup(store));
    if (!vm) throw TestFailure(vm.error().text());
    return std::move(*vm);
}

OperationPtr TestDag::by(std::string_view name, OperationBody body) {
    return chain_.by_with_nonce(name, ++nonces_[std::string(name)], std::move(body));
}

VertexHeader TestDag::header_on(const std::vector<VertexPtr>& parents, std::uint32_t proposer) {
    VertexHeader header;
    header.proposer.value = proposer;
    header.sequence = ++sequences_[proposer];
    header.timestamp_ns = genesis()->state.head.timestamp_ns;
    for (const VertexPtr& parent : parents) {
        header.parents.push_back(parent->id());
        header.height = std::max(header.height, parent->height());
        header.epoch = std::max(header.epoch, parent->epoch());
        header.cut = std::max(header.cut, parent->cut());
        header.timestamp_ns = std::max(header.timestamp_ns, parent->header().timestamp_ns);
    }
    if (parents.empty()) header.parents.push_back(genesis()->id);
    std::sort(header.parents.begin(), header.parents.end());
    ++header.height;
    header.timestamp_ns += kBlockNs;
    return header;
}

VertexPtr TestDag::sign(const VertexHeader& header,
                        const std::vector<OperationPtr>& operations) const {
    const Vertex bare(header, operations, {});
    const auto& validators = genesis()->state.validators;
    if (header.proposer.value >= validators.size()) return std::make_shared<const Vertex>(bare);
    return std::make_shared<const Vertex>(bare.with_authorization(TestAuthorizer::sign(
        validators[header.proposer.value].address, bare.slot_message(rules().chain_id))));
}

VertexPtr TestDag::sign_cut(const VertexHeader& header, const CutSeal& seal) const {
    const Vertex bare(header, seal, {});
    const Address& signer = genesis()->state.validators[header.proposer.value].address;
    return std::make_shared<const Vertex>(
        bare.with_authorization(TestAuthorizer::sign(signer, bare.slot_message(rules().chain_id))));
}

DagVm::BuildOptions TestDag::build_options(const DagVm& vm, std::uint32_t proposer) const {
    DagVm::BuildOptions options;
    options.proposer.value = proposer;
    options.timestamp_ns = vm.state().head.timestamp_ns + kBlockNs;
    const Address address = genesis()->state.validators[proposer].address;
    options.sign = [address](const Hash32& message) {
        return TestAuthorizer::sign(address, message);
    };
    return options;
}

BuildRequest TestDag::cut_request(const DagVm& vm, std::uint32_t proposer) const {
    const ValidatorIndex by{proposer};
    const auto due = vm.cut_due_ns(by);
    if (!due) throw TestFailure("the validator may issue no cut");
    return TestChain::request_by(vm.preferred_state(), by, *due);
}

DagVm::VerifyOptions TestDag::now() const {
    return {genesis()->state.head.timestamp_ns + 1'000'000 * kBlockNs, false};
}

void must_accept(DagVm& vm, const TestDag& dag, const VertexPtr& vertex) {
    must(vm.verify(vertex, dag.now()));
    must(vm.accept(vertex->id()));
}

VertexPtr settle(DagVm& vm, const TestDag& dag, std::uint32_t proposer) {
    auto cut = vm.build_cut(dag.cut_request(vm, proposer));
    if (!cut) throw TestFailure(cut.error().text());
    must(vm.accept((*cut)->id()));
    return *cut;
}

std::vector<Hash32> reject_losers(DagVm& vm, const std::vector<Hash32>& losers) {
    std::vector<Hash32> out;
    for (const Hash32& loser : losers) {
        if (!vm.undecided().contains(loser)) continue;  // rejected with another loser below it
        std::vector<Hash32> fallen{loser};
        const auto above = vm.undecided().descendants(loser);
        fallen.insert(fallen.end(), above.begin(), above.end());
        for (const Hash32& id : fallen) must(vm.reject(id));
        out.insert(out.end(), fallen.begin(), fallen.end());
    }
    return out;
}

std::vector<std::pair<Bytes, Bytes>> contents(const KeyValueStore& store) {
    std::vector<std::pair<Bytes, Bytes>> out;
    must(store.scan({}, [&](ByteView key, ByteView value) {
        out.emplace_back(Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end()));
        return true;
    }));
    return out;
}

std::vector<VertexPtr> random_dag(TestDag& dag, const Choose& choose, std::uint32_t size) {
    MemoryStore store;
    DagVm vm = dag.open(store);
    std::vector<VertexPtr> out;
    for (std::uint32_t tries = 0; out.size() < size && tries < 4 * size; ++tries) {
        const std::uint32_t proposer = choose(2);
        std::vector<VertexPtr> parents;
        // The proposer's own newest vertex comes first, as its line demands.
        for (auto own = out.rbegin(); own != out.rend() && parents.empty(); ++own) {
            if ((*own)->header().proposer.value == proposer) parents.push_back(*own);
        }
        for (std::uint32_t i = choose(4); i > 0 && !out.empty(); --i) {
            const VertexPtr& parent =
                out[out.size() - 1 - choose(std::min<std::uint32_t>(4, out.size()))];
            if (std::find(parents.begin(), parents.end(), parent) == parents.end())
                parents.push_back(parent);
        }
        std::vector<OperationPtr> operations;
        for (std::uint32_t i = choose(4); i > 0; --i) {
            operations.push_back(random_dag_operation(dag, choose));
        }
        const VertexPtr vertex = dag.make(parents, operations, proposer);
        if (vm.verify(vertex, dag.now())) out.push_back(vertex);
    }
    return out;
}

}  // namespace aivm::test
