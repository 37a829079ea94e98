#include "pyharness/src/bindings/strategies.h"

#include <fmt/ranges.h>

#include "pyharness/src/bindings/handles.h"

namespace aivm::python {
namespace {

constexpr std::string_view kPrefix = "python:";

bool is_python(const sim::ActorGroup& group) { return group.strategy.starts_with(kPrefix); }
std::string python_name(const sim::ActorGroup& group) {
    return group.strategy.substr(kPrefix.size());
}

// --- What hooks answer

template <class T>
T number(const py::object& value) {
    return static_cast<T>(read_number(value, "the answer", std::numeric_limits<T>::max()));
}
template <class T>
std::optional<T> optional_number(const py::object& value) {
    return value.is_none() ? std::nullopt : std::optional<T>(number<T>(value));
}
bool yes_or_no(const py::object& value) {
    if (!PyBool_Check(value.ptr())) throw py::type_error("the answer must be True or False");
    return value.cast<bool>();
}
void nothing(const py::object&) {}

OperationBody operation(const py::handle& one) {
    return read_operation(one.attr("kind").cast<std::string>(),
                          one.attr("fields")().cast<py::dict>());
}
std::vector<OperationBody> operations(const py::object& given) {
    std::vector<OperationBody> out;
    if (given.is_none()) return out;
    for (const py::handle one : given) out.push_back(operation(one));
    return out;
}
template <class Body>
std::optional<Body> one_operation(const py::object& given) {
    if (given.is_none()) return std::nullopt;
    OperationBody body = operation(given);
    if (auto* wanted = std::get_if<Body>(&body)) return std::move(*wanted);
    throw py::type_error(fmt::format("the answer must be a {} or None", struct_name<Body>));
}

std::vector<InferenceTraceStep> trace_steps(const py::object& given) {
    std::vector<InferenceTraceStep> out;
    for (const py::handle one : given) {
        const auto [input, output] = one.cast<std::pair<py::object, py::object>>();
        InferenceTraceStep& step = out.emplace_back();
        read_exactly(input, "a step's input", step.input);
        step.output = number<Answer>(output);
    }
    if (out.empty()) throw py::value_error("a trace has at least one step");
    return out;
}

std::optional<Bytes> evidence_of(const py::object& given) {
    if (given.is_none()) return std::nullopt;
    return read_bytes(given, "the evidence");
}

// Python may keep what these are of.
OperationHandle handle_of(const SignedOperation& operation) {
    return {std::make_shared<const SignedOperation>(operation)};
}
BlockHandle handle_of(const Block& block) { return {std::make_shared<const Block>(block)}; }

py::dict show_poll(const sim::PollView& poll) {
    py::dict out = show_fields(nullptr, poll.question);
    py::list undecided;
    for (const sim::BlockInfo& block : poll.undecided)
        undecided.append(show_fields(nullptr, block));
    out["undecided"] = undecided;
    out["branch_asked_about"] = show(nullptr, poll.branch_asked_about());
    return out;
}

using Self = std::unique_ptr<StrategyObject>;

// --- The roles. A hook that the class leaves alone is answered as in C++, without asking Python.

template <class Base>
class Client : public Base {
public:
    explicit Client(Self self) : self_(std::move(self)) {}

    std::vector<OperationBody> on_block(const sim::NodeView& view) override {
        if (!self_->has("on_block")) return Base::on_block(view);
        return self_->about(view, view.state(), "on_block", operations);
    }
    std::vector<OperationBody> on_pending(const sim::NodeView& view,
                                          const SignedOperation& operation) override {
        if (!self_->has("on_pending")) return Base::on_pending(view, operation);
        return self_->about(view, view.state(), "on_pending", operations, handle_of(operation));
    }

protected:
    [[nodiscard]] const StrategyObject& self() const { return *self_; }

private:
    Self self_;
};

class PythonProvider final : public Client<sim::ProviderStrategy> {
public:
    using Base = sim::ProviderStrategy;
    using Client::Client;

    std::uint32_t steps_to_compute(const sim::TaskView& view) override {
        return self().about(view, view.state, "steps_to_compute", number<std::uint32_t>);
    }
    std::optional<Answer> answer(const sim::TaskView& view) override {
        return self().about(view, view.state, "answer", optional_number<Answer>);
    }
    bool joins(const State* state) override {
        if (!self().has("joins")) return Base::joins(state);
        if (state == nullptr) return self().call("joins", yes_or_no, py::none());
        return self().about(*state, "joins", yes_or_no);
    }
    bool waits(const sim::TaskView& view) override {
        if (!self().has("waits")) return Base::waits(view);
        return self().about(view, view.state, "waits", yes_or_no);
    }
    bool reveals(const sim::TaskView& view) override {
        if (!self().has("reveals")) return Base::reveals(view);
        return self().about(view, view.state, "reveals", yes_or_no);
    }
    std::vector<InferenceTraceStep> trace(const sim::TaskView& view, Answer answer) override {
        if (!self().has("trace")) return Base::trace(view, answer);
        return self().about(view, view.state, "trace", trace_steps, answer);
    }
    std::uint32_t reported_time_ms(const sim::TaskView& view) override {
        if (!self().has("reported_time_ms")) return Base::reported_time_ms(view);
        return self().about(view, view.state, "reported_time_ms", number<std::uint32_t>);
    }
    std::optional<op::DisputeMove> move(const sim::DisputeView& view) override {
        if (!self().has("move")) return Base::move(view);
        return self().about(view, view.state, "move", one_operation<op::DisputeMove>);
    }
    std::optional<Bytes> evidence(const sim::Device& device, TimestampNs now) override {
        if (!self().has("evidence")) return Base::evidence(device, now);
        static const State kNone;
        return self().about(device, kNone, "evidence", evidence_of, now);
    }
};

class PythonChallenger final : public Client<sim::ChallengerStrategy> {
public:
    using Base = sim::ChallengerStrategy;
    using Client::Client;

    std::optional<std::uint32_t> steps_to_check(const sim::TaskView& view) override {
        return self().about(view, view.state, "steps_to_check", optional_number<std::uint32_t>);
    }
    std::optional<Answer> claim(const sim::TaskView& view) override {
        return self().about(view, view.state, "claim", optional_number<Answer>);
    }
    bool commits(const sim::TaskView& view) override {
        if (!self().has("commits")) return Base::commits(view);
        return self().about(view, view.state, "commits", yes_or_no);
    }
    bool reveals(const sim::DisputeView& view) override {
        if (!self().has("reveals")) return Base::reveals(view);
        return self().about(view, view.state, "reveals", yes_or_no);
    }
    std::optional<op::DisputeMove> move(const sim::DisputeView& view) override {
        if (!self().has("move")) return Base::move(view);
        return self().about(view, view.state, "move", one_operation<op::DisputeMove>);
    }
    bool again(const sim::TaskView& view) override {
        if (!self().has("again")) return Base::again(view);
        return self().about(view, view.state, "again", yes_or_no);
    }
};

class PythonRequester final : public Client<sim::RequesterStrategy> {
public:
    using Base = sim::RequesterStrategy;
    using Client::Client;

    std::uint32_t submissions(const sim::DemandView& view) override {
        if (!self().has("submissions")) return Base::submissions(view);
        return self().about(view, view.node.state(), "submissions", number<std::uint32_t>);
    }
    void compose(op::SubmitTask& task, const sim::NodeView& view) override {
        if (!self().has("compose")) return Base::compose(task, view);
        py::gil_scoped_acquire lock;
        const py::dict given = show_fields(&view.state(), task);
        const auto changed =
            self().about(view, view.state(), "_compose", one_operation<op::SubmitTask>, given);
        if (changed) task = *changed;
    }
    bool goes_on(const sim::NodeView& view) override {
        if (!self().has("goes_on")) return Base::goes_on(view);
        return self().about(view, view.state(), "goes_on", yes_or_no);
    }
};

// What a hook made of a message: (its bytes, how many seconds later it is sent). Other bytes travel
// alone, without the body of the block that the message attaches.
void replace_message(const py::object& changed, std::string_view honest, sim::Outgoing& outgoing) {
    const auto [bytes, seconds] = changed.cast<std::pair<std::string, double>>();
    constexpr double kLongest = 24 * 3600;
    if (!(seconds >= 0 && seconds <= kLongest))
        throw py::value_error("a message is sent at once or within a day");
    outgoing.delay = static_cast<sim::SimTime>(seconds * 1e9);
    if (bytes == honest) return;
    outgoing.instead = sim::raw_consensus_packet(
        {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

class PythonValidator final : public sim::ValidatorStrategy {
public:
    using Base = sim::ValidatorStrategy;
    explicit PythonValidator(Self self) : self_(std::move(self)) {}

    bool builds(const State& parent, const Hash32& beacon) override {
        if (!self_->has("builds")) return Base::builds(parent, beacon);
        return self_->about(parent, "_builds", yes_or_no, "0x" + to_hex(beacon.view()));
    }
    void begin_block(Height height) override {
        if (self_->has("begin_block")) self_->call("begin_block", nothing, height);
    }
    bool includes(const SignedOperation& operation) override {
        return !self_->has("includes") || self_->call("includes", yes_or_no, handle_of(operation));
    }
    bool builds_twice() override {
        return self_->has("builds_twice") ? self_->call("builds_twice", yes_or_no)
                                          : Base::builds_twice();
    }
    bool votes_twice() override {
        return self_->has("votes_twice") ? self_->call("votes_twice", yes_or_no)
                                         : Base::votes_twice();
    }
    bool tolerates(const Block& block) override {
        return self_->has("tolerates") ? self_->call("tolerates", yes_or_no, handle_of(block))
                                       : Base::tolerates(block);
    }
    void vote(const sim::PollView& poll, sim::Vote& answer) override {
        if (!self_->has("vote")) return Base::vote(poll, answer);
        const py::gil_scoped_acquire lock;
        const auto take = [&](const py::object& changed) {
            if (!changed.is_none()) read_fields(changed, answer);
        };
        self_->call("_vote", take, show_poll(poll), show_fields(nullptr, answer));
    }
    void sends(sim::ActorId to, sim::Outgoing& outgoing) override {
        if (!self_->has("sends")) return Base::sends(to, outgoing);
        const py::gil_scoped_acquire lock;
        Writer honest;
        outgoing.message.encode(honest);
        const std::string_view bytes(reinterpret_cast<const char*>(honest.view().data()),
                                     honest.size());
        const auto take = [&](const py::object& changed) {
            if (!changed.is_none()) replace_message(changed, bytes, outgoing);
        };
        self_->call("sends", take, to, py::bytes(bytes.data(), bytes.size()));
    }
    bool runs_twice() override {
        return self_->has("runs_twice") ? self_->call("runs_twice", yes_or_no) : Base::runs_twice();
    }
    bool serves(const sim::Follower& follower) override {
        if (!self_->has("serves")) return Base::serves(follower);
        return self_->call("_serves", yes_or_no, follower.id, word(follower.role),
                           follower.index_in_role);
    }
    void rejected(const Block& block, const Address& proposer) override {
        if (!self_->has("rejected")) return;
        self_->call("rejected", nothing, handle_of(block), "0x" + to_hex(proposer.view()));
    }
    bool reports_equivocation() override {
        if (!self_->has("reports_equivocation")) return Base::reports_equivocation();
        return self_->call("reports_equivocation", yes_or_no);
    }

private:
    Self self_;
};

py::dict parameters_of(const sim::ActorGroup& group) {
    py::dict out;
    for (const auto& [name, value] : group.parameters) out[py::str(name)] = value;
    return out;
}

// The strategy object, made by the registry. An exception of its class is the strategy's fault as
// well.
template <class Strategy, class Interface>
Result<std::unique_ptr<Interface>> make(const py::object& registry, const sim::ActorGroup& group,
                                        const sim::StrategyContext& context,
                                        StrategyFaults& faults) {
    const py::gil_scoped_acquire lock;
    const std::string name = python_name(group);
    try {
        const auto side =
            std::make_shared<SideHandle>(SideHandle{context.side, context.self.address});
        py::object object = registry.attr("make")(word(group.role), name, parameters_of(group),
                                                  show_context(context, side));
        return std::make_unique<Strategy>(
            std::make_unique<StrategyObject>(std::move(object), name, side, faults));
    } catch (py::error_already_set& error) {
        const std::string text = error.what();
        if (!faults) faults.emplace(StrategyFault{std::move(error), name});
        return fail(ErrorCode::kConfig, text);
    }
}

}  // namespace

PythonStrategies::~PythonStrategies() {
    const py::gil_scoped_acquire lock;
    registry_ = py::object();
}

std::vector<sim::ScenarioProblem> PythonStrategies::check(const sim::Scenario& scenario) const {
    sim::Scenario others = scenario;
    std::erase_if(others.actors, is_python);
    std::vector<sim::ScenarioProblem> problems = scenarios::check_strategies(others);
    const bool is_full = scenario.run.fidelity == sim::Fidelity::kFull;
    const sim::EngineRow& engine = sim::engine_row(scenario.chain.consensus);
    for (const sim::ActorGroup& group : scenario.actors) {
        if (!is_python(group)) continue;
        const auto add = [&](std::string message, std::string remedy) {
            problems.push_back({sim::ProblemKind::kError,
                                {sim::group_key(group, "strategy")},
                                std::move(message),
                                std::move(remedy)});
        };
        const py::object fault =
            registry_.attr("check")(word(group.role), python_name(group), parameters_of(group));
        if (!fault.is_none()) {
            const auto [message, remedy] = fault.cast<std::pair<std::string, std::string>>();
            add(message, remedy);
        }
        if (is_full && engine.polls) continue;
        auto polled = registry_.attr("polled")(word(group.role), python_name(group))
                          .cast<std::vector<std::string>>();
        if (is_full && engine.is_decided_together())
            std::erase_if(polled, [](const std::string& hook) { return hook != "vote"; });
        if (polled.empty()) continue;
        add(fmt::format("{} overrides {}, which is asked only where validators vote",
                        group.strategy, fmt::join(polled, ", ")),
            "set run.fidelity to full and chain.consensus to snowman");
    }
    return problems;
}

Result<std::unique_ptr<sim::ProviderStrategy>> PythonStrategies::provider(
    const sim::ActorGroup& group, const sim::StrategyContext& context) const {
    if (!is_python(group)) return table_.provider(group, context);
    return make<PythonProvider, sim::ProviderStrategy>(registry_, group, context, *faults_);
}

Result<std::unique_ptr<sim::ChallengerStrategy>> PythonStrategies::challenger(
    const sim::ActorGroup& group, const sim::StrategyContext& context) const {
    if (!is_python(group)) return table_.challenger(group, context);
    return make<PythonChallenger, sim::ChallengerStrategy>(registry_, group, context, *faults_);
}

Result<std::unique_ptr<sim::RequesterStrategy>> PythonStrategies::requester(
    const sim::ActorGroup& group, const sim::StrategyContext& context) const {
    if (!is_python(group)) return table_.requester(group, context);
    return make<PythonRequester, sim::RequesterStrategy>(registry_, group, context, *faults_);
}

Result<std::unique_ptr<sim::ValidatorStrategy>> PythonStrategies::validator(
    const sim::ActorGroup& group, const sim::StrategyContext& context) const {
    if (!is_python(group)) return table_.validator(group, context);
    return make<PythonValidator, sim::ValidatorStrategy>(registry_, group, context, *faults_);
}

bool PythonStrategies::is_honest(const sim::ActorGroup& group) const {
    if (!is_python(group)) return table_.is_honest(group);
    const py::gil_scoped_acquire lock;
    return registry_.attr("is_honest")(word(group.role), python_name(group)).cast<bool>();
}

bool PythonStrategies::watches_pending(const sim::ActorGroup& group) const {
    if (!is_python(group)) return table_.watches_pending(group);
    const py::gil_scoped_acquire lock;
    return registry_.attr("watches_pending")(word(group.role), python_name(group)).cast<bool>();
}

}  // namespace aivm::python
