"""The prompts as a task of inspect-ai: generate, then look for the code in the reply."""
import json
import os

from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes
from inspect_ai.solver import generate


@task
def peers():
    rows = [json.loads(line) for line in open(os.environ["PEER_PROMPTS"])]
    return Task(
        dataset=[Sample(input=row["question"], target=row["code"] + ".") for row in rows],
        solver=generate(), scorer=includes())
