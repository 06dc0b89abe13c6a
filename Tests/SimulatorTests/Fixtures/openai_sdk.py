"""The official openai package against the simulator: every check prints `ok NAME`, the first that fails ends it."""

import base64
import json
import struct
import sys
import time

import openai
from openai import AzureOpenAI, OpenAI
from pydantic import BaseModel

base = sys.argv[1]
# A proxy on the way tells of a broken connection by a status.
BROKEN = openai.InternalServerError if "proxied" in sys.argv else openai.APIConnectionError
client = OpenAI(base_url=base + "/v1", api_key="any", max_retries=2)
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "the weather in a city",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
                "required": ["city", "days"],
            },
        },
    }
]


def user(text):
    return [{"role": "user", "content": text}]


def whole_chat():
    reply = client.chat.completions.create(model="sim-large", messages=user("Tell me about rivers."))
    assert reply.choices[0].message.content
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens


def expected_answer():
    reply = client.chat.completions.create(
        model="sim-perfect", messages=user("Capital of France?"), extra_headers={"X-Sim-Expected": "Paris%21"}
    )
    assert reply.choices[0].message.content == "Paris!"
    reply = client.chat.completions.create(
        model="sim-wrong", messages=user("Capital of France?"), metadata={"expected": "Paris"}
    )
    assert "Paris" not in reply.choices[0].message.content


def streamed_equals_whole():
    text = ""
    usage = None
    stream = client.chat.completions.create(
        model="sim-small",
        messages=user("Write about stones."),
        stream=True,
        stream_options={"include_usage": True},
        extra_headers={"X-Sim-Sample": "0"},
    )
    for chunk in stream:
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
        if chunk.usage:
            usage = chunk.usage
    reply = client.chat.completions.create(
        model="sim-small", messages=user("Write about stones."), extra_headers={"X-Sim-Sample": "0"}
    )
    assert reply.choices[0].message.content == text
    assert usage.completion_tokens == reply.usage.completion_tokens > 0


def stream_helper():
    with client.chat.completions.stream(model="sim-large", messages=user("Say something.")) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert final.choices[0].message.content


def several_choices():
    reply = client.chat.completions.create(model="sim-large", messages=user("A poem."), n=3)
    assert [choice.index for choice in reply.choices] == [0, 1, 2]
    assert len({choice.message.content for choice in reply.choices}) > 1
    texts = {}
    for chunk in client.chat.completions.create(model="sim-large", messages=user("A poem."), n=2, stream=True):
        for choice in chunk.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
    assert set(texts) == {0, 1} and all(texts.values())


def max_tokens_and_stop():
    reply = client.chat.completions.create(model="sim-large", messages=user("Go on."), max_tokens=5)
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 5
    reply = client.chat.completions.create(model="sim-large", messages=user("Go on."), stop=["."])
    assert "." not in reply.choices[0].message.content


def tool_round_trip():
    messages = user('What is the weather in "Oslo" for the next 3 days?')
    reply = client.chat.completions.create(model="sim-large", messages=messages, tools=TOOLS)
    call = reply.choices[0].message.tool_calls[0]
    assert reply.choices[0].finish_reason == "tool_calls"
    assert json.loads(call.function.arguments) == {"city": "Oslo", "days": 3}
    messages += [
        reply.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": "rain, 4 degrees"},
    ]
    reply = client.chat.completions.create(model="sim-large", messages=messages, tools=TOOLS)
    assert "rain, 4 degrees" in reply.choices[0].message.content


def tools_streamed():
    arguments = ""
    name = None
    stream = client.chat.completions.create(
        model="sim-large", messages=user("anything"), tools=TOOLS, tool_choice="required", stream=True
    )
    for chunk in stream:
        for call in chunk.choices[0].delta.tool_calls or [] if chunk.choices else []:
            name = call.function.name or name
            arguments += call.function.arguments or ""
    assert name == "get_weather"
    assert set(json.loads(arguments)) == {"city", "days"}


def legacy_functions():
    reply = client.chat.completions.create(
        model="sim-large",
        messages=user("weather"),
        functions=[TOOLS[0]["function"]],
        function_call={"name": "get_weather"},
    )
    assert reply.choices[0].finish_reason == "function_call"
    assert json.loads(reply.choices[0].message.function_call.arguments)


class Person(BaseModel):
    name: str
    age: int
    tags: list[str]


def structured_output():
    reply = client.chat.completions.parse(
        model="sim-large", messages=user("Alice is 30 years old."), response_format=Person
    )
    assert reply.choices[0].message.parsed.age == 30
    reply = client.responses.parse(model="sim-large", input="Bob is 41 years old.", text_format=Person)
    assert reply.output_parsed.age == 41


def retries_after_429():
    started = time.monotonic()
    reply = client.chat.completions.with_raw_response.create(
        model="retry-twice", messages=user("retry me"), extra_headers={"X-Retry": "yes"}
    )
    assert reply.parse().choices[0].message.content == "at last"
    assert reply.retries_taken == 2
    assert time.monotonic() - started < 5


def errors():
    for fault, kind in [
        ("401", openai.AuthenticationError),
        ("403", openai.PermissionDeniedError),
        ("404", openai.NotFoundError),
        ("429-quota", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("reset-after-body", BROKEN),
    ]:
        try:
            client.with_options(max_retries=0).chat.completions.create(
                model="sim-large", messages=user("fail"), extra_headers={"X-Sim-Fault": fault}
            )
            raise AssertionError(fault)
        except kind:
            pass
    try:
        client.chat.completions.create(model="sim-large", messages=[])
        raise AssertionError("empty messages")
    except openai.BadRequestError as error:
        assert error.param == "messages"


def broken_stream():
    for fault in ["reset-mid-stream", "error-event"]:
        try:
            for _ in client.chat.completions.create(
                model="sim-large", messages=user("break"), stream=True, extra_headers={"X-Sim-Fault": fault}
            ):
                pass
            raise AssertionError(fault)
        except (openai.APIError, Exception) as error:
            assert not isinstance(error, AssertionError), fault


def odd_but_valid_streams():
    want = None
    for fault in [None, "crlf", "one-byte", "multi-line-data", "pings", "empty-deltas", "duplicate-done", "big-event"]:
        headers = {"X-Sim-Sample": "0"} | ({"X-Sim-Fault": fault} if fault else {})
        text = ""
        for chunk in client.chat.completions.create(
            model="sim-large", messages=user("Ünïcödé 😀 please"), stream=True, max_tokens=40, extra_headers=headers
        ):
            text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        want = want or text
        assert text == want and "😀" in text, (fault, text, want)


def responses():
    reply = client.responses.create(model="sim-large", input="Tell me about seas.", instructions="Be brief.")
    assert reply.output_text and reply.status == "completed" and reply.usage.output_tokens > 0
    kinds = []
    with client.responses.stream(model="sim-large", input="Tell me about seas.") as stream:
        for event in stream:
            kinds.append(event.type)
        final = stream.get_final_response()
    assert final.output_text and kinds[0] == "response.created" and kinds[-1] == "response.completed"
    numbers = [
        event.sequence_number for event in client.responses.create(model="sim-large", input="Seas.", stream=True)
    ]
    assert numbers == list(range(len(numbers)))
    reply = client.responses.create(
        model="sim-large",
        input="go",
        tools=[{"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}}],
        tool_choice="required",
    )
    assert reply.output[0].type == "function_call" and reply.output[0].name == "look_up"
    reply = client.responses.create(
        model="sim-reasoning", input="think", reasoning={"effort": "low", "summary": "auto"}, max_output_tokens=20000
    )
    assert reply.usage.output_tokens_details.reasoning_tokens > 0


def embeddings():
    data = client.embeddings.create(
        model="text-embedding-3-small", input=["a red apple", "one red apple", "tax law"]
    ).data
    a, b, c = (item.embedding for item in data)
    near = sum(x * y for x, y in zip(a, b))
    far = sum(x * y for x, y in zip(a, c))
    assert len(a) == 1536 and near > 0.4 > far
    plain = client.embeddings.create(model="sim-embed", input="a red apple", encoding_format="float", dimensions=64)
    assert len(plain.data[0].embedding) == 64


def moderations_models_completions():
    results = client.moderations.create(input=["I will kill you", "Good morning"]).results
    assert [result.flagged for result in results] == [True, False]
    assert "sim-large" in [model.id for model in client.models.list()]
    assert client.models.retrieve("sim-small").id == "sim-small"
    reply = client.completions.create(model="sim-small", prompt="Once upon a time", max_tokens=12)
    assert reply.choices[0].text and reply.usage.completion_tokens == 12
    text = "".join(
        part.choices[0].text for part in client.completions.create(model="sim-small", prompt="Once", stream=True)
    )
    assert text


def azure():
    client = AzureOpenAI(azure_endpoint=base, api_key="any", api_version="2024-10-21")
    reply = client.chat.completions.create(model="my-deployment", messages=user("hello"))
    assert reply.choices[0].message.content


def rate_limit_headers():
    raw = client.chat.completions.with_raw_response.create(model="sim-large", messages=user("headers"))
    assert raw.headers["x-request-id"] and int(raw.headers["x-ratelimit-remaining-requests"]) > 0
    assert raw.headers["x-simulated"] == "assay"


for check in [
    whole_chat,
    expected_answer,
    streamed_equals_whole,
    stream_helper,
    several_choices,
    max_tokens_and_stop,
    tool_round_trip,
    tools_streamed,
    legacy_functions,
    structured_output,
    retries_after_429,
    errors,
    broken_stream,
    odd_but_valid_streams,
    responses,
    embeddings,
    moderations_models_completions,
    azure,
    rate_limit_headers,
]:
    check()
    print("ok", check.__name__, flush=True)
