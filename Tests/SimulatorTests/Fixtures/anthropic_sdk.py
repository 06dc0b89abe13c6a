"""The official anthropic package against the simulator."""

import sys

import anthropic

base = sys.argv[1]
# A proxy on the way tells of a broken connection by a status.
BROKEN = anthropic.InternalServerError if "proxied" in sys.argv else anthropic.APIConnectionError
client = anthropic.Anthropic(base_url=base, api_key="any", max_retries=2)
TOOL = {
    "name": "get_weather",
    "description": "the weather in a city",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city", "days"],
    },
}


def user(text):
    return [{"role": "user", "content": text}]


def whole():
    reply = client.messages.create(model="sim-large", max_tokens=500, system="Be kind.", messages=user("Hello."))
    assert reply.content[0].text and reply.stop_reason == "end_turn"
    assert reply.usage.input_tokens > 0 and reply.usage.output_tokens > 0


def streamed():
    with client.messages.stream(model="sim-large", max_tokens=500, messages=user("Tell me of hills.")) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text and final.content[0].text == text and final.usage.output_tokens > 1


def cut():
    reply = client.messages.create(model="sim-large", max_tokens=7, messages=user("Long, please."))
    assert reply.stop_reason == "max_tokens" and reply.usage.output_tokens == 7
    reply = client.messages.create(
        model="sim-large", max_tokens=500, stop_sequences=["."], messages=user("Sentences.")
    )
    assert reply.stop_reason == "stop_sequence" and reply.stop_sequence == "."


def tools():
    messages = user('The weather in "Rome" for 2 days?')
    reply = client.messages.create(model="sim-large", max_tokens=500, tools=[TOOL], messages=messages)
    use = next(block for block in reply.content if block.type == "tool_use")
    assert reply.stop_reason == "tool_use" and use.input == {"city": "Rome", "days": 2}
    messages += [
        {"role": "assistant", "content": [block.model_dump() for block in reply.content]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "sunny"}]},
    ]
    reply = client.messages.create(model="sim-large", max_tokens=500, tools=[TOOL], messages=messages)
    assert "sunny" in reply.content[0].text
    with client.messages.stream(
        model="sim-large", max_tokens=500, tools=[TOOL], tool_choice={"type": "any"}, messages=user("go")
    ) as stream:
        final = stream.get_final_message()
    assert set(final.content[-1].input) == {"city", "days"}


def thinking():
    with client.messages.stream(
        model="sim-large", max_tokens=4000, thinking={"type": "enabled", "budget_tokens": 2000}, messages=user("Hm?")
    ) as stream:
        final = stream.get_final_message()
    assert final.content[0].type == "thinking" and final.content[0].signature and final.content[1].text


def errors():
    one = client.with_options(max_retries=0)
    for fault, kind in [
        ("401", anthropic.AuthenticationError),
        ("429-requests", anthropic.RateLimitError),
        ("529", anthropic.InternalServerError),
        ("reset-after-body", BROKEN),
    ]:
        try:
            one.messages.create(
                model="sim-large", max_tokens=9, messages=user("x"), extra_headers={"X-Sim-Fault": fault}
            )
            raise AssertionError(fault)
        except kind as error:
            if fault == "529":
                assert error.body["error"]["type"] == "overloaded_error"
    try:
        for _ in one.messages.create(
            model="sim-large", max_tokens=99, messages=user("x"), stream=True,
            extra_headers={"X-Sim-Fault": "error-event"},
        ):
            pass
        raise AssertionError("error-event")
    except anthropic.APIStatusError:
        pass


def retries():
    reply = client.messages.create(model="retry-twice", max_tokens=99, messages=user("retry me"))
    assert reply.content[0].text == "at last"


def headers_and_counts():
    raw = client.messages.with_raw_response.create(model="sim-large", max_tokens=9, messages=user("x"))
    assert raw.headers["request-id"] and raw.headers["anthropic-ratelimit-requests-limit"]
    assert client.messages.count_tokens(model="sim-large", messages=user("one two three")).input_tokens > 3
    assert "sim-large" in [model.id for model in client.models.list()]


for check in [whole, streamed, cut, tools, thinking, errors, retries, headers_and_counts]:
    check()
    print("ok", check.__name__, flush=True)
