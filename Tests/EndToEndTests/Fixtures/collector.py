"""A collector for tests: collector.py LOG. Prints its address, turns the first request away for a moment, and takes from the
others what OpenTelemetry's own messages take, unknown fields refused; each span taken is a line of LOG."""
import base64
import http.server
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service


def value(any_value):
    kind = any_value.WhichOneof("value")
    if kind == "array_value":
        return [value(item) for item in any_value.array_value.values]
    return getattr(any_value, kind)


def hexadecimal(field):
    # OTLP writes ids as hexadecimal digits where JSON of other messages has base64: undone here.
    return base64.b64encode(field).decode()


class Handler(http.server.BaseHTTPRequestHandler):
    turned_away = False

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path != "/v1/traces" or self.headers["x-key"] != "a b":
            return self.answer(401, b"no key: " + str(self.headers["x-key"]).encode())
        if not Handler.turned_away:
            Handler.turned_away = True
            return self.answer(503, b"later", ("retry-after", "0"))
        try:
            request = json_format.Parse(body, service.ExportTraceServiceRequest())
        except json_format.ParseError as error:
            return self.answer(400, str(error).encode())
        with open(sys.argv[1], "a") as log:
            for resource in request.resource_spans:
                owner = {a.key: value(a.value) for a in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        told = {a.key: value(a.value) for a in span.attributes}
                        took = (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6
                        print(owner["service.name"], hexadecimal(span.trace_id), hexadecimal(span.span_id), span.name,
                              span.kind, 0 < took < 60_000, told["gen_ai.usage.output_tokens"] > 0,
                              told["gen_ai.response.finish_reasons"], [event.name for event in span.events],
                              sep="|", file=log)
        self.answer(200, b'{"partialSuccess":{"rejectedSpans":"1","errorMessage":"one is too old"}}')

    def answer(self, status, body, *headers):
        self.send_response(status)
        for header in (("content-type", "application/json"), ("content-length", str(len(body))), *headers):
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
