#include "sim/actors/dag_validator.h"

#include <algorithm>

#include "core/base/digest.h"

namespace aivm::sim {
namespace {

// Timer tags of the validator itself; those of the engine have smaller numbers.
constexpr std::uint64_t kIssueTag = std::uint64_t{0xF1} << 56;
constexpr std::uint64_t kLateTag = std::uint64_t{0xF2} << 56;  // and the number of a late packet

constexpr std::size_t kSettledKept = 64;
constexpr Height kForEver = ~Height{0};
constexpr std::size_t kFollowSlicesMax = 32;  // sent to a follower at once
constexpr std::uint64_t kDueDelayMax = 24 * 3600 * static_cast<std::uint64_t>(kSecond);
constexpr std::size_t kSignaturesKept = 4096;
constexpr std::size_t kCutNumbersKept = 16;

// Whether an undecided cut stands on the newest preferred one, and loses to others. One more would
// be its rival and only divide the votes.
bool has_next_cut(const DagVm& vm) {
    const State& below = vm.preferred_state();
    const auto is_newest = [&](const Hash32& parent) {
        const CutResultPtr undecided = vm.result_of(parent);
        if (undecided) return &undecided->executed->state == &below;
        return parent == vm.accepted().last_cut() && &below == &vm.state();
    };
    return std::ranges::any_of(vm.undecided_vertices(), [&](const VertexPtr& vertex) {
        return vertex->is_cut() && std::ranges::any_of(vertex->parents(), is_newest);
    });
}

}  // namespace

ExecutedPtr block_of_slice(const CutResult& result, const Hash32& cut_before) {
    std::vector<OperationPtr> operations;
    for (const VertexPtr& vertex : result.slice) {
        for (const OperationPtr& operation : vertex->operations()) {
            const bool is_void = std::ranges::any_of(result.voids, [&](const VoidOperation& each) {
                return each.operation == operation && each.vertex == vertex->id();
            });
            if (!is_void) operations.push_back(operation);
        }
    }
    BlockHeader header = block_header_of(result.cut->header(), result.cut->seal());
    header.parent = cut_before;
    header.state_root = result.cut->seal().state_root;
    header.receipt_root = result.cut->seal().receipt_root;
    auto shown = std::make_shared<Executed>(*result.executed);
    shown->block = Block::unsealed(header, std::move(operations), result.cut->id());
    return shown;
}

DagValidatorActor::DagValidatorActor(DagValidatorSetup setup, Signer signer,
                                     std::unique_ptr<ValidatorStrategy> strategy)
    : setup_(std::move(setup)),
      signer_(signer),
      strategy_(std::move(strategy)),
      random_(setup_.environment->stream(Purpose::kConsensus)),
      secrets_(setup_.run_seed, setup_.self) {
    AIVM_CHECK(setup_.disk != nullptr && setup_.observer != nullptr && strategy_ != nullptr &&
               setup_.engine != nullptr);
}

// --- Starting and stopping ---

void DagValidatorActor::start() { boot(false); }

void DagValidatorActor::crash() {
    if (running()) setup_.observer->on_queue_lost(setup_.self);
    vm_.reset();
    engine_.reset();
    actions_.clear();
    bodies_.clear();
    history_.clear();
    signed_.clear();
    doubled_.clear();
    cuts_.clear();
    late_.clear();
    issue_timer_is_set_ = false;
}

void DagValidatorActor::restart() {
    AIVM_CHECK(!running());
    ++incarnation_;
    setup_.disk->power_on();
    boot(true);
}

void DagValidatorActor::boot(bool bootstrap) {
    const bool disk_was_empty = setup_.disk->empty();
    Result<DagVm> opened = DagVm::open(setup_.vm);
    if (!opened) return stop(opened.error());
    vm_.emplace(std::move(*opened));
    if (const Status noted = note_disk(disk_was_empty); !noted) return stop(noted.error());
    if (bootstrap) setup_.observer->on_dag_restarted(setup_.self, *vm_);
    Started started;
    started.incarnation = incarnation_;
    started.bootstrap = bootstrap;
    for (const VertexPtr& vertex : vm_->own_undecided()) {
        bodies_.emplace(vertex->id(), vertex);
        started.own_items.push_back(item_of_vertex(*vertex));
    }
    started.last_accepted.id = vm_->accepted().genesis_id();
    for (const Hash32& id : vm_->accepted_frontier()) {
        const auto vertex = vm_->get_vertex(id);
        started.frontier.push_back({id, vertex ? (*vertex)->height() : 0});
    }
    auto records = NodeRecords(*setup_.disk).engine_records();
    if (!records) return stop(records.error());
    started.records = std::move(*records);
    engine_ = setup_.make_engine(*this, random_, epoch_.start(setup_.stakes, vm_->state()));
    step(started);
    if (running()) set_issue_timer();
}

Status DagValidatorActor::note_disk(bool disk_was_empty) {
    NodeRecords records(*setup_.disk);
    if (disk_was_empty && incarnation_ > 0) AIVM_TRY(records.set_silent_until(kForEver));
    AIVM_ASSIGN(const Height until, records.silent_until());
    silent_ = until == kForEver;
    return {};
}

void DagValidatorActor::note_epoch() {
    if (const auto begun = epoch_.advance(vm_->state())) step(*begun);
}

void DagValidatorActor::stop(const Error& error) {
    crash();
    setup_.observer->on_stopped(setup_.self, error);
}

bool DagValidatorActor::is_accepted(const Hash32& id) const {
    if (id == vm_->accepted().genesis_id()) return true;
    const auto status = vm_->status(id);
    return status && *status == VertexStatus::kAccepted;
}

std::optional<Height> DagValidatorActor::cut_number(const Hash32& id) const {
    const auto vertex = vm_->get_vertex(id);
    if (!vertex || !(*vertex)->is_cut()) return std::nullopt;
    return (*vertex)->cut();
}

bool DagValidatorActor::signed_by(VoterIndex validator, const SigningSlot& slot,
                                  const Hash32& message, const Bytes& signature) const {
    return is_signed_vote(vm_->state(), *setup_.vm.rules, validator, slot, message, signature);
}

Item DagValidatorActor::item_of_vertex(const Vertex& vertex) const {
    Item item{vertex.id(), vertex.parents(), vertex.height(), {}, vertex.header().proposer.value};
    const ConflictKeyPolicy policy = setup_.vm.rules->parameters.dag->conflict_key;
    for (const ConflictKey& key : conflict_keys(vertex, policy))
        item.keys.push_back(sha256(as_bytes(key)));
    return item;
}

// --- Packets and timers ---

void DagValidatorActor::receive(ActorId from, const Packet& packet) {
    if (!running()) return;
    if (const auto* p = std::get_if<VertexPacket>(&packet)) {
        if (p->body) take_body(from, p->body);
        if (!running()) return;
        if (observes_polls()) setup_.observer->on_message_received(setup_.self, from, p->message);
        strategy_->hears(from, p->message);
        step(MessageReceived{from, p->message});
    } else if (const auto* request = std::get_if<BlockRequest>(&packet)) {
        serve(from, *request);
    } else if (const auto* reply = std::get_if<VertexReply>(&packet)) {
        for (const VertexPtr& vertex : reply->vertices) take_body(from, vertex);
    } else if (const auto* follow = std::get_if<FollowRequest>(&packet)) {
        serve(from, *follow);
    } else if (const auto* raw = std::get_if<RawPacket>(&packet)) {
        const auto decoded = decode_packet(raw->frame, setup_.engine->decode);
        return decoded ? receive(from, *decoded) : drop_malformed();
    } else if (const auto* operation = std::get_if<OperationPacket>(&packet)) {
        // A refused operation is dropped: its sender watches the DAG and tries again.
        if (offer(operation->operation)) {
            for (const ActorId watcher : setup_.watchers)
                setup_.environment->send(watcher, PendingPacket{operation->operation});
        }
    }
    if (running()) set_issue_timer();
}

Status DagValidatorActor::offer(const OperationPtr& operation) {
    const Status taken = vm_->submit(operation);
    setup_.observer->on_offered(setup_.self, queue_view_of(*vm_), operation, taken);
    return taken;
}

void DagValidatorActor::receive_corrupted(ActorId from, const Packet& packet,
                                          const Corruption& corruption) {
    RawPacket arrived = with_flipped_bits(packet, {});
    flip_bits(corruption, arrived.frame);
    receive(from, arrived);
}

void DagValidatorActor::take_body(ActorId from, const VertexPtr& vertex) {
    if (!running()) return;
    const auto status = vm_->status(vertex->id());
    if (!status) return stop(status.error());
    if (*status != VertexStatus::kUnknown) return;
    // The id does not cover the signature: a copy with another one must not stand for the vertex.
    if (!is_signed_by_proposer(*vertex)) {
        setup_.observer->on_verdict(setup_.self, *vm_, *vertex, fail(ErrorCode::kNotAuthorized));
        return drop_malformed();
    }
    note_signature(*vertex);  // whatever else is wrong with the vertex, its slot is used
    bodies_.emplace(vertex->id(), vertex);
    step(ItemReceived{from, item_of_vertex(*vertex)});
}

bool DagValidatorActor::is_signed_by_proposer(const Vertex& vertex) const {
    const auto& validators = vm_->state().validators;
    const std::size_t proposer = vertex.header().proposer.value;
    return proposer < validators.size() &&
           setup_.vm.rules->authorizer->verify(validators[proposer].address,
                                               vertex.slot_message(setup_.vm.rules->chain_id),
                                               vertex.authorization());
}

void DagValidatorActor::drop_malformed() { setup_.observer->on_malformed(setup_.self); }

// The vertex and its ancestors, breadth first: a child comes before its parents.
void DagValidatorActor::serve(ActorId from, const BlockRequest& request) {
    VertexReply reply;
    std::vector<Hash32> open{request.id};
    std::set<Hash32> seen;
    const std::size_t count = std::min<std::size_t>(request.count, kBlocksPerReplyMax);
    for (std::size_t i = 0; i < open.size() && reply.vertices.size() < count; ++i) {
        const auto vertex = vm_->get_vertex(open[i]);
        if (!vertex || !seen.insert(open[i]).second) continue;
        reply.vertices.push_back(*vertex);
        open.insert(open.end(), (*vertex)->parents().begin(), (*vertex)->parents().end());
    }
    if (!reply.vertices.empty()) setup_.environment->send(from, std::move(reply));
}

void DagValidatorActor::serve(ActorId from, const FollowRequest& request) {
    std::size_t sent = 0;
    for (const ExecutedPtr& settled : history_) {
        if (settled->state.head.height < request.from) continue;
        if (++sent > kFollowSlicesMax) break;
        setup_.environment->send(from, AcceptedPacket{settled});
    }
}

void DagValidatorActor::wake(std::uint64_t tag) {
    if (!running()) return;
    if (tag == kIssueTag) {
        issue_timer_is_set_ = false;
        issue();
    } else if (tag >= kLateTag) {
        const auto late = late_.extract(tag - kLateTag);
        if (late) setup_.environment->send(late.mapped().to, late.mapped().packet);
    } else {
        step(TimerFired{TimerId{tag}});
    }
    if (running()) set_issue_timer();
}

// --- Actions of the engine ---

void DagValidatorActor::step(const Input& input) {
    actions_.run([&](Actions& out) { engine_->step(setup_.environment->now(), input, out); },
                 [this] { return running(); },
                 [this]<class Each>(Each&& action) { act(std::forward<Each>(action)); },
                 [](const Action&) {});
}

void DagValidatorActor::act(Send action) {
    if (observes_polls()) setup_.observer->on_message_sent(setup_.self, action.to, action.message);
    const DagView seen = view();
    Outgoing outgoing{
        .message = std::move(action.message), .dag = &seen, .voting = setup_.engine->voting};
    if (setup_.engine->voting != nullptr) note_vote(action.to, outgoing.message);
    strategy_->sends(action.to, outgoing);
    if (outgoing.drop) return;
    if (outgoing.instead)
        return send_later(action.to, *std::move(outgoing.instead), outgoing.delay);
    VertexPacket packet{std::move(outgoing.message), std::move(outgoing.body)};
    const auto attached = packet.message.attached_item();
    if (attached && packet.body == nullptr) {
        const auto body = vm_->get_vertex(*attached);
        if (body) packet.body = *body;
    }
    send_later(action.to, std::move(packet), outgoing.delay);
}

void DagValidatorActor::note_vote(ActorId to, Message& message) {
    const auto rival = [this](const SignedVote& vote) { return rival_of_cut(vote); };
    const auto sent = doubled_.pass(
        {*setup_.engine->voting, *strategy_, signer_, setup_.vm.rules->chain_id, rival}, to,
        message);
    if (sent.vote) setup_.observer->on_vote(setup_.self, *sent.vote);
}

std::optional<Hash32> DagValidatorActor::rival_of_cut(const SignedVote& vote) const {
    const auto known = cuts_.find(vote.slot.height);
    if (known == cuts_.end()) return std::nullopt;
    for (const Hash32& id : known->second)
        if (id != vote.item) return id;
    return std::nullopt;
}

void DagValidatorActor::send_later(ActorId to, Packet packet, SimTime delay) {
    if (delay == 0) return setup_.environment->send(to, packet);
    setup_.environment->set_timer(delay, kLateTag + next_late_);
    late_.emplace(next_late_++, LatePacket{to, std::move(packet)});
}

DagView DagValidatorActor::view() const {
    return {*vm_, setup_.environment->now(), setup_.environment->clock()};
}

void DagValidatorActor::act(const Fetch& action) {
    setup_.environment->send(action.from, BlockRequest{action.id, action.count});
}

void DagValidatorActor::act(const Verify& action) {
    const auto found = bodies_.find(action.id);
    AIVM_CHECK(found != bodies_.end());  // nobody would ever answer the engine
    const VertexPtr vertex = found->second;
    const Verdict verdict = verdict_on(vertex);
    if (!running()) return;
    const bool is_final =
        verdict.validity == Validity::kValid || verdict.validity == Validity::kInvalid;
    if (is_final) bodies_.erase(action.id);
    if (verdict.validity == Validity::kValid && vertex->is_cut()) {
        cuts_[vertex->cut()].insert(vertex->id());
        if (cuts_.size() > kCutNumbersKept) cuts_.erase(cuts_.begin());
    }
    if (verdict.validity == Validity::kValid)
        setup_.observer->on_vertex_verified(setup_.self, *vm_, vertex);
    step(verdict);
    if (verdict.validity == Validity::kValid) reply_to(*vertex);
}

void DagValidatorActor::reply_to(const Vertex& vertex) {
    if (!running() || vertex.header().proposer.value == setup_.self) return;
    if (!strategy_->replies_to(view(), vertex)) return;
    if (!silent_ && engine_->wants_block()) issue_vertex();
}

Verdict DagValidatorActor::verdict_on(const VertexPtr& vertex) {
    const TimestampNs clock = setup_.environment->clock();
    const Status status =
        vm_->verify(vertex, {.now_ns = clock, .decided = engine_->bootstrapping()});
    if (!engine_->bootstrapping()) setup_.observer->on_verdict(setup_.self, *vm_, *vertex, status);
    if (status) return {vertex->id(), Validity::kValid};
    switch (status.error().code) {
        case ErrorCode::kTooEarly: {
            const TimestampNs due = vertex->header().timestamp_ns -
                                    setup_.vm.rules->parameters.policy.max_clock_skew_ns;
            const auto wait = std::min<std::uint64_t>(due > clock ? due - clock : 1, kDueDelayMax);
            return {vertex->id(), Validity::kNotBefore,
                    setup_.environment->now() + static_cast<SimTime>(wait)};
        }
        case ErrorCode::kBadParent:
        case ErrorCode::kWindowNotOpen:
        case ErrorCode::kLimitReached:
            return {vertex->id(), Validity::kUnknownParent};
        case ErrorCode::kStorage:
            stop(status.error());
            return {vertex->id(), Validity::kInvalid};
        default:
            return {vertex->id(), Validity::kInvalid};
    }
}

void DagValidatorActor::act(const Discard& action) { bodies_.erase(action.id); }

void DagValidatorActor::act(const Accept& action) {
    const auto vertex = vm_->get_vertex(action.id);
    if (!vertex) return stop(vertex.error());
    setup_.observer->before_vertex_accept(setup_.self, *vm_, *vertex, action.by);
    const Hash32 cut_before = vm_->accepted().last_cut();
    if (const Status status = vm_->accept(action.id); !status) return stop(status.error());
    setup_.observer->on_vertex_accepted(setup_.self, *vm_, *vertex);
    if ((*vertex)->is_cut()) settle(cut_before);
}

void DagValidatorActor::settle(const Hash32& cut_before) {
    const CutResultPtr result = vm_->last_result();
    const ExecutedPtr shown = block_of_slice(*result, cut_before);
    setup_.observer->on_settled(setup_.self, *vm_, result, shown);
    history_.push_back(shown);
    if (history_.size() > kSettledKept) history_.pop_front();
    for (const ActorId follower : setup_.followers)
        setup_.environment->send(follower, AcceptedPacket{shown});
    note_epoch();
}

void DagValidatorActor::act(const Reject& action) {
    const auto vertex = vm_->get_vertex(action.id);
    if (!vertex) return stop(vertex.error());
    if (const Status status = vm_->reject(action.id); !status) return stop(status.error());
    setup_.observer->on_vertex_rejected(setup_.self, *vm_, *vertex);
}

void DagValidatorActor::act(const Prefer& action) {
    if (const Status status = vm_->set_preference(action.tips); !status) stop(status.error());
}

void DagValidatorActor::act(const SetTimer& action) {
    setup_.environment->set_timer(static_cast<SimTime>(action.delay_ns), action.id.value);
}

void DagValidatorActor::act(const Persist& action) {
    if (const Status status = NodeRecords(*setup_.disk).put(action.record); !status)
        return stop(status.error());
    step(Persisted{action.number});
}

void DagValidatorActor::act(const Sign& action) {
    if (silent_) return step(SlotSigned{action.slot, action.message, std::nullopt});
    const auto answer = sign_once(*setup_.disk, signer_, setup_.vm.rules->chain_id, action);
    if (!answer) return stop(answer.error());
    step(*answer);
}

void DagValidatorActor::act(const SubmitEvidence& action) {
    auto evidence = evidence_of(action);
    if (evidence && strategy_->reports_equivocation()) report(*std::move(evidence));
}

void DagValidatorActor::act(const PublishCertificate& action) {
    setup_.observer->on_certificate(setup_.self, action);
}

// --- Issuing ---

// One timer at a time: for the next vertex, or the next cut.
void DagValidatorActor::set_issue_timer() {
    if (issue_timer_is_set_ || !(vm_->wants_vertex() || vm_->wants_cut())) return;
    issue_timer_is_set_ = true;
    setup_.environment->set_timer(static_cast<SimTime>(setup_.vertex_interval_ns), kIssueTag);
}

void DagValidatorActor::issue() {
    if (silent_ || !engine_->wants_block()) return;
    if (vm_->wants_vertex()) issue_vertex();
    if (!running() || !vm_->wants_cut() || has_next_cut(*vm_)) return;
    const auto due = vm_->cut_due_ns(ValidatorIndex{setup_.self});
    if (due && *due <= setup_.environment->clock()) issue_cut();
}

// Whether this node carries the operation now: its account is its own for this turn.
bool DagValidatorActor::carries(const SignedOperation& operation) const {
    const std::uint64_t turn = setup_.environment->clock() / setup_.turn_ns;
    const std::uint64_t account = sha256(operation.sender().view()).prefix64();
    return (account + turn) % setup_.stakes->size() == setup_.self;
}

void DagValidatorActor::issue_vertex() {
    strategy_->begin_block(vm_->last_cut_number() + 1);
    DagVm::BuildOptions options;
    options.proposer = ValidatorIndex{setup_.self};
    options.timestamp_ns = setup_.environment->clock();
    options.sign = [this](const Hash32& message) { return signer_.sign(message); };
    VertexPlan plan;
    strategy_->plans(view(), plan);
    if (plan.skip) return;
    options.include = [this, &plan](const OperationPtr& operation) {
        const bool own = plan.carries ? plan.carries(*operation) : carries(*operation);
        return own && strategy_->includes(*operation);
    };
    options.contests = plan.contests;
    options.forced = signed_by_self(std::move(plan.forced));
    options.needs_operations = true;
    std::vector<LeftOut> refused;
    options.refused = &refused;
    const auto vertex = vm_->build_vertex(options);
    setup_.observer->on_vertex_built(setup_.self, *vm_, refused);
    if (vertex) return admit_own(*vertex);
    if (vertex.error().code == ErrorCode::kStorage) stop(vertex.error());
}

void DagValidatorActor::issue_cut() {
    const State& below = vm_->preferred_state();
    BuildRequest request;
    secrets_.reveal(below.validators[setup_.self].beacon_commitment, request);
    request.proposer = ValidatorIndex{setup_.self};
    request.timestamp_ns = setup_.environment->clock();
    request.sign = [this](const Hash32& message) { return signer_.sign(message); };
    if (!strategy_->builds(below, next_beacon(below.head.beacon, request.beacon_secret))) return;
    const auto cut = vm_->build_cut(request);
    if (cut) return admit_own(*cut);
    if (cut.error().code == ErrorCode::kStorage) stop(cut.error());
}

void DagValidatorActor::admit_own(const VertexPtr& vertex) {
    note_signature(*vertex);
    setup_.observer->on_vertex_verified(setup_.self, *vm_, vertex);
    strategy_->issued(view(), vertex, strategy_->builds_twice() ? second_for(*vertex) : nullptr);
    step(ItemBuilt{item_of_vertex(*vertex)});
    if (running()) forge(*vertex);
}

void DagValidatorActor::forge(const Vertex& built) {
    const std::function<Bytes(const Hash32&)> sign = [this](const Hash32& message) {
        return signer_.sign(message);
    };
    const auto forged = strategy_->forges_vertex(OwnVertex{built, *setup_.vm.rules, sign});
    if (!forged) return;
    setup_.observer->on_forged(setup_.self, *forged);
    for (ActorId other = 0; other < setup_.stakes->size(); ++other) {
        if (other != setup_.self) setup_.environment->send(other, VertexReply{{forged->vertex}});
    }
}

VertexPtr DagValidatorActor::second_for(const Vertex& vertex) const {
    if (vertex.is_cut()) return nullptr;
    VertexHeader header = vertex.header();
    ++header.timestamp_ns;
    const Vertex bare(header, vertex.operations(), {});
    return std::make_shared<const Vertex>(
        bare.with_authorization(signer_.sign(bare.slot_message(setup_.vm.rules->chain_id))));
}

std::vector<OperationPtr> DagValidatorActor::signed_by_self(std::vector<OperationBody> bodies) {
    std::vector<OperationPtr> out;
    for (OperationBody& body : bodies) {
        nonce_ = next_nonce(nonce_, vm_->state().nonce(signer_.address(), lane_of(body)));
        out.push_back(signed_operation(signer_, {signer_.address(), nonce_, std::move(body)}));
    }
    return out;
}

// --- Two vertices for one slot ---

void DagValidatorActor::note_signature(const Vertex& vertex) {
    const VertexHeader& header = vertex.header();
    const auto [first, is_new] =
        signed_.try_emplace({header.sequence, header.proposer.value},
                            Signature{vertex.id(), header.cut, vertex.authorization()});
    while (signed_.size() > kSignaturesKept) signed_.erase(signed_.begin());
    if (is_new || first->second.id == vertex.id() || !strategy_->reports_equivocation()) return;
    const auto with_cut = [](std::uint64_t cut, const Bytes& authorization) {
        return Writer().u64(cut).raw(authorization).take();
    };
    op::Evidence evidence;
    evidence.validator = header.proposer.value;
    evidence.slot = header.sequence;
    evidence.first_id = first->second.id;
    evidence.first_authorization = with_cut(first->second.cut, first->second.authorization);
    evidence.second_id = vertex.id();
    evidence.second_authorization = with_cut(header.cut, vertex.authorization());
    report(std::move(evidence));
}

void DagValidatorActor::report(op::Evidence evidence) {
    const auto operation = reports_.make(vm_->state(), signer_, std::move(evidence));
    if (operation == nullptr) return;
    static_cast<void>(offer(operation));  // refused only if another node was faster
    for (ActorId other = 0; other < setup_.stakes->size(); ++other) {
        if (other != setup_.self) setup_.environment->send(other, OperationPacket{operation});
    }
}

}  // namespace aivm::sim
