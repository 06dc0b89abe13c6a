"""litellm against the simulator, by each of the interfaces that it knows."""

import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["DISABLE_AIOHTTP_TRANSPORT"] = "True"

import litellm

base = sys.argv[1]
litellm.telemetry = False
litellm.suppress_debug_info = True
USER = [{"role": "user", "content": "Tell me about winds."}]
TARGETS = {
    "openai/sim-large": {"api_base": base + "/v1", "api_key": "any"},
    "anthropic/sim-large": {"api_base": base, "api_key": "any"},
    "gemini/sim-large": {"api_base": base + "/v1beta/models/sim-large", "api_key": "any"},
    "ollama_chat/sim-large": {"api_base": base},
}


def text_of(reply):
    return reply.choices[0].message.content


for model, settings in TARGETS.items():
    reply = litellm.completion(model=model, messages=USER, max_tokens=60, **settings)
    assert text_of(reply) and reply.usage.completion_tokens > 0, model
    parts = litellm.completion(model=model, messages=USER, max_tokens=60, stream=True, **settings)
    streamed = "".join(part.choices[0].delta.content or "" for part in parts)
    assert streamed, model
    print("ok", model.split("/")[0], flush=True)

reply = litellm.embedding(
    model="openai/text-embedding-3-small", input=["winds"], api_base=base + "/v1", api_key="any"
)
assert len(reply.data[0]["embedding"]) == 1536
print("ok embedding", flush=True)

try:
    litellm.completion(
        model="openai/sim-large",
        messages=USER,
        extra_headers={"X-Sim-Fault": "429-requests"},
        num_retries=0,
        max_retries=0,
        **TARGETS["openai/sim-large"],
    )
    raise AssertionError("429 passed")
except litellm.RateLimitError:
    print("ok rate limit", flush=True)
