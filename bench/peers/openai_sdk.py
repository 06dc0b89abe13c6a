"""The official SDK with asyncio, and aiohttp under it, which is the lighter of its two transports."""
import asyncio
import json
import os

from openai import AsyncOpenAI, DefaultAioHttpClient


async def main():
    rows = [json.loads(line) for line in open(os.environ["PEER_PROMPTS"])]
    gate = asyncio.Semaphore(int(os.environ["PEER_IN_FLIGHT"]))
    async with AsyncOpenAI(http_client=DefaultAioHttpClient(), max_retries=0) as client:

        async def ask(row):
            async with gate:
                reply = await client.chat.completions.create(
                    model="peer", messages=[{"role": "user", "content": row["question"]}])
            return row["code"] + "." in reply.choices[0].message.content

        right = sum(await asyncio.gather(*(ask(row) for row in rows)))
    print(f"{right} of {len(rows)} right")
    assert right == len(rows)


asyncio.run(main())
