"""litellm's batch call: a pool of threads."""
import json
import os

import litellm

rows = [json.loads(line) for line in open(os.environ["PEER_PROMPTS"])]
replies = litellm.batch_completion(
    model="openai/peer", api_base=os.environ["OPENAI_BASE_URL"], max_workers=int(os.environ["PEER_IN_FLIGHT"]),
    messages=[[{"role": "user", "content": row["question"]}] for row in rows])
right = sum(row["code"] + "." in reply.choices[0].message.content for row, reply in zip(rows, replies))
print(f"{right} of {len(rows)} right")
assert right == len(rows)
