"""What LiteLLM's proxy answers in the tests: a function call, its result in words, a verdict, or a sentence."""
import json

import litellm
from litellm import CustomLLM


class Replies(CustomLLM):
    def plan(self, messages, params):
        last = messages[-1]
        # What OpenAI calls a tool message and once called a function message.
        if last["role"] in ("tool", "function"):
            return "Checked: " + str(last["content"]), None
        tools = [tool["function"] for tool in params.get("tools") or []] or params.get("functions") or []
        if tools:
            words = str(last["content"]).replace("?", "").replace(",", "").split()
            amount = next((float(w) for w in words if w.replace(".", "", 1).isdigit()), 1)
            merchant = str(last["content"]).split(" at ")[-1].split(",")[0]
            arguments = {"amount": amount, "merchant": merchant, "category": words[-1]}
            return None, {"name": tools[0]["name"], "arguments": json.dumps(arguments)}
        form = params.get("response_format") or {}
        if form.get("type") == "json_schema":
            return json.dumps({"reason": "as it should be", "score": 1, "pass": True}), None
        return "This is a kind sentence from elsewhere.", None

    async def acompletion(self, model, messages, optional_params, **kwargs):
        text, call = self.plan(messages, optional_params)
        message = {"role": "assistant", "content": text}
        if call:
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": call}]
        return litellm.ModelResponse(
            model=model,
            choices=[{"index": 0, "finish_reason": "tool_calls" if call else "stop", "message": message}],
            usage={"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29},
        )

    async def astreaming(self, model, messages, optional_params, **kwargs):
        text, call = self.plan(messages, optional_params)
        usage = {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29}
        if call:
            chunk = {"id": "call_1", "type": "function", "function": call, "index": 0}
            yield {
                "text": "", "tool_use": chunk, "is_finished": False, "finish_reason": "", "usage": None, "index": 0,
            }
        for place, word in enumerate((text or "").split(" ")):
            if word:
                piece = word if place == 0 else " " + word
                yield {
                    "text": piece, "tool_use": None, "is_finished": False, "finish_reason": "", "usage": None,
                    "index": 0,
                }
        yield {
            "text": "", "tool_use": None, "is_finished": True,
            "finish_reason": "tool_calls" if call else "stop", "usage": usage, "index": 0,
        }


replies = Replies()
