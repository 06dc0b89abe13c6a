"""Plays a batch service with the official client: batch_service.py INPUT OUTPUT. Each line is sent as it stands."""
import json
import sys

import httpx
import openai

client = openai.OpenAI(max_retries=0)
with open(sys.argv[1]) as lines, open(sys.argv[2], "w") as output:
    for number, line in enumerate(lines):
        request = json.loads(line)
        assert set(request) == {"custom_id", "method", "url", "body"}, request
        assert request["method"] == "POST" and request["url"].startswith("/v1/")
        response, error = None, None
        try:
            raw = client.post(request["url"][3:], body=request["body"], cast_to=httpx.Response)
            response = {"status_code": raw.status_code, "request_id": f"req_{number}", "body": raw.json()}
        except openai.APIStatusError as failure:
            response = {"status_code": failure.status_code, "request_id": f"req_{number}", "body": failure.body}
        answer = {
            "id": f"batch_req_{number}", "custom_id": request["custom_id"], "response": response, "error": error,
        }
        output.write(json.dumps(answer) + "\n")
