"""Changed messages and questions: each has an answer or a named refusal, and none takes long."""

from __future__ import annotations

import random
import time

import pytest
from pydantic import ValidationError

from location_cloud.callers.estimate import estimate
from location_cloud.callers.model import Said
from location_cloud.callers.schema import LocateBody
from location_cloud.callers.sms_alarm import read_alarm
from location_cloud.callers.sources import gather
from location_cloud.errors import CloudError
from tests.callers.mutated import mutated

INPUTS = 4000

SLOWEST_S = 0.02


def answer(kind, value):
    """What becomes of one input: "found", "nothing", or the name of the refusal."""
    try:
        if kind == "sms":
            read_alarm(value)
            return "found"
        said = LocateBody.model_validate(value).as_said() if kind == "json" else Said(**{kind: value})
        sources = gather(said, (b"AML",)).sources
        return "found" if sources and estimate(sources) else "nothing"
    except (CloudError, ValidationError) as error:
        return type(error).__name__


@pytest.mark.parametrize("seed", range(2))
def test_every_changed_input_gets_a_named_answer_soon(seed):
    chance = random.Random(seed)
    answers, slowest = set(), 0.0
    for _ in range(INPUTS // 2):
        kind, value = mutated(chance)
        started = time.thread_time()
        answers.add(answer(kind, value))
        slowest = max(slowest, time.thread_time() - started)
    assert answers <= {"found", "nothing", "BadQuery", "Unprocessable", "Denied", "TooLarge", "ValidationError"}
    assert len(answers) >= 5
    assert slowest < 5 * SLOWEST_S  # of a machine that does other things, too; the benchmark holds the rest
