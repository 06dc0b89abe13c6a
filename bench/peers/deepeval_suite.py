"""deepeval judges replies that the caller brings: asked with the official SDK, then held to a metric without a model."""
import asyncio
import json
import os

from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig
from deepeval.metrics import BaseMetric
from deepeval.test_case import LLMTestCase
from openai import AsyncOpenAI


class Contains(BaseMetric):
    threshold = 1

    def measure(self, test_case, *args, **kwargs):
        self.score = float(test_case.expected_output in test_case.actual_output)
        self.success = self.score == 1
        return self.score

    async def a_measure(self, test_case, *args, **kwargs):
        return self.measure(test_case)

    def is_successful(self):
        return self.success

    @property
    def __name__(self):
        return "contains"


async def ask_all(rows):
    gate = asyncio.Semaphore(int(os.environ["PEER_IN_FLIGHT"]))
    async with AsyncOpenAI(max_retries=0) as client:

        async def ask(row):
            async with gate:
                reply = await client.chat.completions.create(
                    model="peer", messages=[{"role": "user", "content": row["question"]}])
            return reply.choices[0].message.content

        return await asyncio.gather(*(ask(row) for row in rows))


rows = [json.loads(line) for line in open(os.environ["PEER_PROMPTS"])]
outputs = asyncio.run(ask_all(rows))
cases = [LLMTestCase(input=row["question"], actual_output=output, expected_output=row["code"] + ".")
         for row, output in zip(rows, outputs)]
result = evaluate(
    cases, [Contains()], async_config=AsyncConfig(max_concurrent=64, throttle_value=0),
    cache_config=CacheConfig(write_cache=False, use_cache=False),
    display_config=DisplayConfig(show_indicator=False, print_results=False))
right = sum(bool(one.success) for one in result.test_results)
print(f"{right} of {len(rows)} right")
assert right == len(rows)
