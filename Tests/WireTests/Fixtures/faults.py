"""A server whose paths misbehave, each in its own way, for the tests of the HTTP client.

Prints its ports, then serves until its standard input ends. Every connection has a
thread; answers are written as raw bytes, because no proper library would send them.
"""
import gzip, json, os, socket, ssl, struct, sys, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
seen = {}
seen_lock = threading.Lock()


def reset(connection):
    """Closes with RST rather than FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer(body=b"", status="200 OK", type="application/json", headers=(), length=None):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    if type:
        lines.append(f"Content-Type: {type}")
    lines.extend(headers)
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
LINES = STREAM.replace(b"text/event-stream", b"application/x-ndjson")
END = b"0\r\n\r\n"


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body
        self.parts = path.split("?")[0].strip("/").split("/")
        self.query = dict(
            pair.partition("=")[::2] for pair in path.partition("?")[2].split("&") if pair)


def read_request(connection, buffer):
    while b"\r\n\r\n" not in buffer:
        data = connection.recv(65536)
        if not data:
            return None
        buffer += data
    head, _, rest = bytes(buffer).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ", 2)
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    if path.startswith("/reset-before-body"):
        return Request(method, path, headers, b"")
    if path.startswith("/never-reads"):
        return Request(method, path, headers, b"")
    length = int(headers.get("content-length", 0))
    while len(rest) < length:
        data = connection.recv(65536)
        if not data:
            return None
        rest += data
    buffer[:] = rest[length:]
    return Request(method, path, headers, rest[:length])


def respond(connection, request, number):
    """Answers one request; False to end the connection."""
    send = connection.sendall
    name = request.parts[0]
    with seen_lock:
        key = request.query.get("token", "")
        if key and name != "seen":
            seen[key] = seen.get(key, 0) + 1
    if name == "seen":
        send(answer(str(seen.get(key, 0)).encode()))
    elif name == "echo":
        body = {"method": request.method, "path": request.path, "headers": request.headers,
                "body": request.body.decode("utf-8", "replace"), "number": number}
        send(answer(json.dumps(body).encode(), headers=["X-Request-Id: abc", "X-Empty:"]))
    elif name == "status":
        send(answer(b'{"error":"as asked"}', status=f"{request.parts[1]} Whatever", headers=["Retry-After: 7"]))
    elif name == "html":
        send(answer(b"<html>bad gateway</html>", status=f"{request.parts[1]} Whatever", type="text/html"))
    elif name == "interim":
        send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(b"{}"))
    elif name == "reset-at-once":
        reset(connection)
        return False
    elif name == "reset-before-body":
        reset(connection)
        return False
    elif name == "never-reads":
        time.sleep(5)
        return False
    elif name == "close-without-answer":
        return False
    elif name == "reset-in-headers":
        send(b"HTTP/1.1 200 OK\r\nContent-Ty")
        time.sleep(0.02)
        reset(connection)
        return False
    elif name == "close-in-headers":
        send(b"HTTP/1.1 200 OK\r\nContent-Ty")
        return False
    elif name == "reset-in-body":
        send(answer(b"half", length=100))
        time.sleep(0.02)
        reset(connection)
        return False
    elif name == "close-in-body":
        send(answer(b"half", length=100))
        return False
    elif name == "close-in-chunk":
        send(STREAM + b"40\r\ndata: half a chunk\n\nda")
        return False
    elif name == "close-between-chunks":
        send(STREAM + chunk(b"data: one\n\n"))
        return False
    elif name == "reset-in-stream":
        send(STREAM + chunk(b"data: one\n\n"))
        time.sleep(0.02)
        reset(connection)
        return False
    elif name == "until-close":
        send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\ndata: tail")
        return False
    elif name == "hang-before-answer":
        wait_for_close(connection)
        return False
    elif name == "hang-after-headers":
        send(answer(b"", length=100))
        wait_for_close(connection)
        return False
    elif name == "hang-in-stream":
        send(STREAM + chunk(b"data: one\n\n"))
        wait_for_close(connection)
        return False
    elif name == "hang-after-end-mark":
        send(STREAM + chunk(b"data: one\n\n") + chunk(b"data: [DONE]\n\n"))
        wait_for_close(connection)
        return False
    elif name == "trickle":
        send(STREAM)
        for _ in range(200):
            send(chunk(b": ping\n\n"))
            time.sleep(0.02)
        send(END)
    elif name == "stream":
        count = int(request.query.get("events", 3))
        gap = float(request.query.get("gap", 0))
        send(STREAM)
        for i in range(count):
            send(chunk(b"event: delta\ndata: {\"n\":%d}\n\n" % i))
            if gap:
                time.sleep(gap)
        send(chunk(b"data: [DONE]\n\n") + END)
    elif name == "bytewise":
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = "\ufeffevent: delta\r\ndata: grüße \U0001F600\r\n\r\ndata: a\rdata: b\r\r".encode()
        for byte in STREAM + b"".join(chunk(bytes([byte])) for byte in data) + END:
            send(bytes([byte]))
    elif name == "large-event":
        send(STREAM + chunk(b"data: " + b"x" * int(request.query["bytes"]) + b"\n\n") + END)
    elif name == "lines":
        send(LINES + chunk(b'{"a":1}\n{"a"') + chunk(b':2}\r\n\n{"done":true}') + END)
    elif name == "invalid-utf8":
        send(STREAM + chunk(b"data: \xff\xfe\xc3\n\n") + END)
    elif name == "json-instead":
        send(answer(b'{"choices":[]}'))
    elif name == "html-instead":
        send(answer(b"<html>captive portal</html>", type="text/html"))
    elif name == "plain-events":
        send(answer(b"data: one\n\ndata: two\n\n", type="text/plain"))
    elif name in ("plain-bytewise", "json-bytewise", "start-of-events"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        media, text = {
            "plain-bytewise": (b"text/plain", "\ufeff\r\ndata: one\n\ndata: two\n\n"),
            "json-bytewise": (b"application/json", "\n{}"),
            "start-of-events": (b"text/plain", "dat"),
        }[name]
        send(STREAM.replace(b"text/event-stream", media))
        for byte in text.encode():
            send(chunk(bytes([byte])))
            time.sleep(0.002)
        send(END)
    elif name == "untyped-events":
        send(answer(b"data: one\n\n", type=None))
    elif name == "error-event":
        send(STREAM + chunk(b'event: error\ndata: {"error":{"message":"overloaded"}}\n\n') + END)
    elif name == "length-absurd":
        send(answer(b"{}", length="99999999999999999999999"))
    elif name == "length-negative":
        send(answer(b"{}", length="-5"))
    elif name == "length-huge":
        send(answer(b"{}", length=1 << 50))
        return False
    elif name == "large":
        send(answer(b"x" * int(request.query["bytes"])))
    elif name == "large-chunked":
        send(LINES.replace(b"application/x-ndjson", b"application/json"))
        for _ in range(int(request.query["bytes"]) // 4096):
            send(chunk(b"x" * 4096))
        send(END)
    elif name == "gzip":
        send(answer(gzip.compress(b'{"packed":true}'), headers=["Content-Encoding: gzip"]))
    elif name == "gzip-bomb":
        send(answer(gzip.compress(b"x" * (64 << 20), 9), headers=["Content-Encoding: gzip"]))
    elif name == "gzip-stream":
        data = gzip.compress(b"data: one\n\ndata: two\n\n")
        send(STREAM.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + chunk(data) + END)
    elif name == "gzip-bad":
        send(answer(b"this is not gzip at all, whatever it says", headers=["Content-Encoding: gzip"]))
    elif name == "gzip-cut":
        send(answer(gzip.compress(os.urandom(4000))[:2000], headers=["Content-Encoding: gzip"]))
    elif name == "encoding-unknown":
        send(answer(b"???", headers=["Content-Encoding: rot13"]))
    elif name == "chunk-bad":
        send(STREAM + b"zz\r\nwhat\r\n")
        return False
    elif name == "headers-huge":
        send(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(2000)) + b"\r\n")
        return False
    elif name == "not-http":
        send(b"SSH-2.0-OpenSSH_9.2\r\n")
        return False
    elif name == "redirect-here":
        send(answer(status="307 Elsewhere", headers=["Location: /echo"]))
    elif name == "redirect-loop":
        send(answer(status="307 Elsewhere", headers=["Location: /redirect-loop"]))
    elif name == "redirect-away":
        port = request.query["port"]
        send(answer(status="307 Elsewhere", headers=[f"Location: http://127.0.0.1:{port}/echo?token=away"]))
    elif name == "stale":
        # The first request of a connection is answered; the next is read and the connection closed.
        if number > 1:
            return False
        send(answer(b"{}"))
    elif name == "answer-then-close":
        send(answer(b"{}"))
        return False
    elif name == "trailers":
        send(LINES.replace(b"application/x-ndjson", b"application/json") + chunk(b"{}") + b"0\r\nX-Late: yes\r\n\r\n")
    else:
        send(answer(b'{"error":"no such path"}', status="404 Not Found"))
    return True


def wait_for_close(connection):
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass


def serve(connection, context):
    try:
        if context:
            connection = context.wrap_socket(connection, server_side=True)
        buffer = bytearray()
        number = 0
        while True:
            request = read_request(connection, buffer)
            if request is None:
                break
            number += 1
            if not respond(connection, request, number):
                break
    except OSError:
        pass
    finally:
        try:
            connection.close()
        except OSError:
            pass


def proxy(connection):
    """A forward proxy that tunnels, and tells in its own answers what it was shown."""
    buffer = bytearray()
    while b"\r\n\r\n" not in buffer:
        more = connection.recv(65536)
        if not more:
            return
        buffer += more
    head = bytes(buffer).split(b"\r\n\r\n")[0].decode()
    method, target, _ = head.split("\r\n")[0].split(" ")
    with seen_lock:
        seen["proxy"] = seen.get("proxy", "") + head + "\r\n"
    if method != "CONNECT":
        connection.sendall(answer(json.dumps({"proxied": target}).encode(), headers=["Connection: close"]))
        connection.close()
        return
    host, port = target.rsplit(":", 1)
    if host != "localhost":
        connection.sendall(answer(b"no", status="403 Forbidden", headers=["Connection: close"]))
        connection.close()
        return
    upstream = socket.create_connection(("127.0.0.1", int(port)))
    connection.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")

    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    threading.Thread(target=pump, args=(upstream, connection), daemon=True).start()
    pump(connection, upstream)


def listen(handler):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(4096)

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=handler, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def main():
    threading.stack_size(256 * 1024)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(HERE, "test-only.pem"), os.path.join(HERE, "test-only.key"))

    def drop_handshake(connection):
        connection.recv(100)
        reset(connection)

    ports = [
        listen(lambda connection: serve(connection, None)),
        listen(lambda connection: serve(connection, context)),
        listen(drop_handshake),
        listen(wait_for_close),
        listen(proxy),
    ]
    print(*ports, flush=True)
    sys.stdin.read()


main()
