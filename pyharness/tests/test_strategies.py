from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pandas as pd
import pytest

import aivmsim
from aivmsim import op

LAZY = "provider.lazy.strategy"


@aivmsim.strategy("lazy_guess", role="provider", parameters={"guess_ppm": 1_000_000, "sample": 256})
class LazyGuess(aivmsim.ProviderStrategy):
    """scenarios/adversaries/lazy_guess.cpp, line by line."""

    def __init__(self, parameters, context):
        super().__init__(parameters, context)
        self.most_common = {}

    def steps_to_compute(self, view):
        self.guessing = self.random.bernoulli_ppm(self.parameters["guess_ppm"])
        return 0 if self.guessing else view.steps

    def answer(self, view):
        if not self.guessing:
            return view.run()
        if view.model_id not in self.most_common:
            answers = [view.run(row) for row in range(min(self.parameters["sample"], view.rows))]
            self.most_common[view.model_id] = max(range(256), key=answers.count)
        return self.most_common[view.model_id]


@aivmsim.strategy("picky", role="challenger", honest=True)
class Picky(aivmsim.ChallengerStrategy):
    """Looks at the first half of a model's rows only."""

    def steps_to_check(self, view):
        return view.steps if view.input_row < view.rows // 2 else None


@aivmsim.strategy("censor", role="validator", parameters={"censor_ppm": 1_000_000})
class Censor(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/censoring_proposer.cpp."""

    def begin_block(self, height):
        self.censoring = self.random.bernoulli_ppm(self.parameters["censor_ppm"])

    def includes(self, operation):
        return not self.censoring or operation.kind not in (
            "Challenge",
            "ChallengeReveal",
            "DisputeMove",
        )


@aivmsim.strategy("leaver", role="provider")
class Leaver(aivmsim.ProviderStrategy):
    """Leaves at block 8."""

    def on_block(self, view):
        mine = self.context.identity.provider_id
        if view.height < 8 or view.state.provider(mine)["status"] != "active":
            return []
        return [op.DeregisterProvider(mine)]


@aivmsim.strategy("equivocator", role="validator")
class Equivocator(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/equivocator.cpp, for every slot."""

    def builds_twice(self):
        return True

    def reports_equivocation(self):
        return False


@aivmsim.strategy("twin", role="validator")
class Twin(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/twin.cpp."""

    def runs_twice(self):
        return True

    def reports_equivocation(self):
        return False


@aivmsim.strategy("late", role="validator")
class Late(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/late_answers.cpp."""

    def sends(self, to, message):
        is_an_answer = message[0] == 1
        return (message, 1.9) if is_an_answer else None


@aivmsim.strategy("discreet", role="validator")
class Discreet(aivmsim.ValidatorStrategy):
    def reports_equivocation(self):
        return False


@aivmsim.strategy("flatterer", role="validator")
class Flatterer(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/nothing_at_stake.cpp."""

    def vote(self, poll, answer):
        branch = poll.branch_asked_about
        return answer._replace(preferred=poll.block, at_height=branch.id) if branch else None

    def reports_equivocation(self):
        return False


@aivmsim.strategy("keeper", role="validator")
class Keeper(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/minority_keeper.cpp."""

    def vote(self, poll, answer):
        branch = poll.branch_asked_about
        for other in poll.undecided if branch else ():
            if other.parent == branch.parent and other.id != branch.id:
                return answer._replace(preferred=other.ref, at_height=other.id)
        return None

    def reports_equivocation(self):
        return False


PROOFS = ("Challenge", "ChallengeReveal", "DisputeMove")


@aivmsim.strategy("orphaner", role="validator", parameters={"response_blocks": 0})
class Orphaner(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/orphaning_majority.cpp, as long as nobody responds."""

    def includes(self, operation):
        return operation.kind not in PROOFS

    def tolerates(self, block):
        return all(operation.kind not in PROOFS for operation in block.operations)


@aivmsim.strategy("silent_to", role="validator", parameters={"victims": 1})
class SilentTo(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/eclipse.cpp."""

    def serves(self, follower):
        return follower.role != "challenger" or follower.index_in_role >= self.parameters["victims"]


@aivmsim.strategy("hasty", role="validator", parameters={"goods_mlux": 1_000_000})
class Hasty(aivmsim.ValidatorStrategy):
    """scenarios/adversaries/hasty_buyer.cpp."""

    def __init__(self, parameters, context):
        super().__init__(parameters, context)
        self.slots = {}

    def tolerates(self, block):
        self.slots.setdefault((block.proposer, block.parent), []).append(block.id)
        return True

    def rejected(self, block, proposer):
        seen = self.slots.get((block.proposer, block.parent), [])
        if len(set(seen)) > 1 and seen[0] == block.id:
            self.context.side.pay(proposer, self.parameters["goods_mlux"] * 1_000_000)


@aivmsim.strategy("no_vote", role="validator")
class NoVote(aivmsim.ValidatorStrategy):
    def vote(self, poll, answer):
        return poll.block


@aivmsim.strategy("broken", role="provider")
class Broken(aivmsim.ProviderStrategy):
    kept = []

    def answer(self, view):
        Broken.kept.append(view)
        raise LookupError("no idea")


@aivmsim.strategy("too_much", role="provider")
class TooMuch(aivmsim.ProviderStrategy):
    def answer(self, view):
        return 256


@pytest.fixture(scope="module")
def scenario():
    return aivmsim.Scenario.load("lazy_provider").replace(**{"tasks.count": 40})


def outcome(result):
    tables = {name: result.table(name) for name in result.table_names() if name != "metric"}
    tables["principal"] = tables["principal"].drop(
        columns=["strategy", "parameters"], errors="ignore"
    )
    return tables


@pytest.mark.parametrize("parameters", [{}, {"provider.lazy.parameters.guess_ppm": 500_000}])
def test_lazy_guess_in_python_does_what_the_one_in_cpp_does(scenario, parameters):
    theirs = aivmsim.run(scenario.replace(**parameters), seed=5)
    ours = aivmsim.run(scenario.replace(**{LAZY: "python:lazy_guess"}, **parameters), seed=5)
    assert ours.metrics["n_fraud_posted"] > 0
    for name, table in outcome(theirs).items():
        pd.testing.assert_frame_equal(outcome(ours)[name], table, obj=name)
    assert ours.digest == theirs.digest
    row = ours.principals.set_index("label").loc["lazy"]
    assert row["strategy"] == "python:lazy_guess" and not row["honest"]


def test_a_censor_in_python_does_what_the_one_in_cpp_does():
    scenario = aivmsim.Scenario.load("censorship").replace(**{"tasks.count": 10})
    changed = scenario.replace(**{"validator.censors.strategy": "python:censor"})
    assert aivmsim.run(changed, seed=2).digest == aivmsim.run(scenario, seed=2).digest


def with_group(name, **changes):
    """A scenario of the catalogue in which the validators' group plays something else."""
    scenario = aivmsim.Scenario.load(name)
    key = next(
        key for key in scenario.keys() if key.startswith("validator.") and key.endswith(".strategy")
    )
    return scenario, scenario.replace(
        **{key.removesuffix("strategy") + what: value for what, value in changes.items()}
    )


@pytest.mark.parametrize(
    ("scenario", "strategy"),
    [
        ("equivocator", "equivocator"),
        ("orphaning_majority", "orphaner"),
        ("eclipse", "silent_to"),
    ],
)
def test_a_validator_in_python_does_what_the_one_in_cpp_does(scenario, strategy):
    theirs, ours = with_group(scenario, strategy=f"python:{strategy}")
    if strategy == "orphaner":
        endless = {"validator.majority.parameters.response_blocks": 0}
        theirs, ours = theirs.replace(**endless), ours.replace(**endless)
    theirs, ours = aivmsim.run(theirs), aivmsim.run(ours)
    assert ours.digest == theirs.digest
    if strategy == "equivocator":
        assert ours.metrics["slash_taken"] > 0 and (ours.slashes["cause"] == "equivocation").all()
    elif strategy == "orphaner":
        assert ours.metrics["n_fraud_missed"] == ours.metrics["n_fraud_posted"] > 0
    else:
        challengers = ours.challenges["challenger"].map(ours.agents.set_index("agent")["name"])
        assert set(challengers) <= {"challenger[7]"}  # the first seven of eight receive no blocks


@pytest.mark.parametrize(
    ("scenario", "group", "strategy"),
    [("twin", "twin", "twin"), ("late_answers", "late", "late")],
)
def test_what_a_validator_in_python_sends_is_what_the_one_in_cpp_sends(scenario, group, strategy):
    theirs = aivmsim.Scenario.load(scenario)
    key = f"validator.{group}.strategy"
    ours = aivmsim.run(theirs.replace(**{key: f"python:{strategy}"}))
    assert ours.digest == aivmsim.run(theirs).digest
    assert ours.digest != aivmsim.run(theirs.replace(**{key: "python:discreet"})).digest


@pytest.mark.parametrize(
    ("scenario", "group", "strategy"),
    [("nothing_at_stake", "flatterers", "flatterer"), ("minority_keeper", "keepers", "keeper")],
)
def test_a_vote_in_python_is_the_one_in_cpp(scenario, group, strategy):
    theirs = aivmsim.Scenario.load(scenario)
    key = f"validator.{group}.strategy"
    ours = aivmsim.run(theirs.replace(**{key: f"python:{strategy}"}))
    assert ours.digest == aivmsim.run(theirs).digest
    # Where nodes agree at once, the vote changes nothing: over a few seeds it does.
    honest = theirs.replace(**{key: "python:discreet"})
    assert any(
        aivmsim.run(honest, seed).digest != aivmsim.run(theirs, seed).digest for seed in range(1, 5)
    )
    assert aivmsim.run(theirs.replace(**{key: f"python:{strategy}"})).digest == ours.digest


def test_a_hasty_buyer_in_python_loses_what_the_one_in_cpp_does():
    scenario = aivmsim.Scenario.load("equivocator")
    in_python = scenario.replace(**{"validator.buyers.strategy": "python:hasty"})
    paid = 0
    for seed in range(1, 4):
        theirs, ours = aivmsim.run(scenario, seed), aivmsim.run(in_python, seed)
        assert ours.digest == theirs.digest
        pd.testing.assert_frame_equal(ours.table("payoff"), theirs.table("payoff"))
        paid += theirs.table("payoff")["bribes"].sum()
    assert paid > 0


def test_an_equivocation_that_nobody_reports_costs_nothing():
    scenario = aivmsim.Scenario.load("equivocator")
    text = scenario.replace(**{"validator.buyers.count": 6}).to_toml()
    reported = aivmsim.Scenario.from_text(text)
    hushed = aivmsim.Scenario.from_text(text.replace("hasty_buyer", "python:discreet"))

    def slashed(scenario):
        return sum(aivmsim.run(scenario, seed).metrics["slash_taken"] for seed in range(1, 5))

    assert slashed(reported) > 0 == slashed(hushed)


def test_a_vote_that_is_none_ends_the_run_and_one_that_nobody_asks_for_is_refused():
    scenario = aivmsim.Scenario.load("nothing_at_stake")
    with pytest.raises(
        aivmsim.StrategyError,
        match="python:no_vote failed: TypeError: the answer must be a Vote or None",
    ):
        aivmsim.run(scenario.replace(**{"validator.flatterers.strategy": "python:no_vote"}))
    economic = aivmsim.Scenario.load("censorship").replace(**{"run.fidelity": "economic"})
    with pytest.raises(
        aivmsim.ScenarioError,
        match="python:keeper overrides reports_equivocation, vote, which is asked",
    ):
        aivmsim.run(economic.replace(**{"validator.censors.strategy": "python:keeper"}))


def test_a_challenger_in_python_misses_what_it_does_not_look_at(scenario):
    picky = scenario.replace(**{"challenger.watchers.strategy": "python:picky"})
    result = aivmsim.run(picky, seed=5)
    assert 0 < result.metrics["n_fraud_missed"] < result.metrics["n_fraud_posted"]
    assert result.principals.set_index("label").loc["watchers-0", "honest"]


def test_operations_of_a_strategy_reach_the_chain(scenario):
    result = aivmsim.run(scenario.replace(**{LAZY: "python:leaver"}), seed=5)
    assert result.status == "clean"
    names = result.principals.set_index("principal")["label"]
    lazy = result.agents.loc[result.agents["principal"].map(names) == "lazy", "agent"]
    mine = result.results[result.results["provider"].isin(lazy)].merge(result.tasks, on="task")
    others = result.results.merge(result.tasks, on="task")
    assert 0 < len(mine) and mine["assign_block"].max() <= 10 < others["assign_block"].max()


def test_runs_repeat_on_several_threads_and_in_other_processes(scenario):
    over = {LAZY: ["python:lazy_guess", "python:leaver"]}
    frame = aivmsim.sweep(scenario, over, seeds=[1, 2], jobs=1)
    pd.testing.assert_frame_equal(aivmsim.sweep(scenario, over, seeds=[1, 2], jobs=4), frame)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        pd.testing.assert_frame_equal(
            aivmsim.sweep(scenario, over, seeds=[1, 2], executor=executor), frame
        )


def test_an_exception_ends_the_run_with_one_error_that_names_the_strategy(scenario):
    with pytest.raises(
        aivmsim.StrategyError, match="the strategy python:broken failed: LookupError: no idea$"
    ) as raised:
        aivmsim.run(scenario.replace(**{LAZY: "python:broken"}))
    assert isinstance(raised.value.__cause__, LookupError)
    with pytest.raises(ValueError, match="good only during the call"):
        Broken.kept[0].run()
    with pytest.raises(aivmsim.StrategyError, match="answer is 256; it must be 0 to 255"):
        aivmsim.run(scenario.replace(**{LAZY: "python:too_much"}))
    with pytest.raises(
        aivmsim.SweepError, match="python:broken, seed 1: the strategy python:broken failed"
    ):
        aivmsim.sweep(scenario, {LAZY: ["python:broken"]}, seeds=[1])


def test_an_unknown_strategy_or_parameter_is_reported_before_anything_runs(scenario):
    with pytest.raises(
        aivmsim.ScenarioError,
        match='no provider strategy is called "python:lazy".*python:lazy_guess',
    ):
        aivmsim.run(scenario.replace(**{LAZY: "python:lazy"}))
    with pytest.raises(
        aivmsim.ScenarioError, match='no provider strategy is called "python:picky"'
    ):
        aivmsim.sweep(scenario, {LAZY: ["python:picky"]}, seeds=[1])
    with pytest.raises(
        aivmsim.ScenarioError, match='python:leaver has no parameter "sample"; it has none'
    ):
        aivmsim.run(
            scenario.replace(**{LAZY: "python:leaver", "provider.lazy.parameters.sample": 3})
        )


def test_a_class_of_the_wrong_kind_is_refused():
    with pytest.raises(TypeError, match="must derive from"):
        aivmsim.strategy("x")(object)
    with pytest.raises(TypeError, match="is registered as validator"):
        aivmsim.strategy("x", role="validator")(Picky)
