"""Small servers on loopback that speak as S3 and as the Hugging Face Hub do."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

NOT_FOUND = b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, payload=b"", content_type="application/octet-stream"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(payload)))
        self.send_header("ETag", '"an-etag"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def log_message(self, *_):
        pass


class S3(Handler):
    """Path-style objects in memory. Every request must be signed, by header or by address."""

    def handle_any(self):
        address = urlsplit(self.path)
        signed = "X-Amz-Signature" in parse_qs(address.query) or "Signature=" in self.headers.get("Authorization", "")
        body = self.body()
        self.server.requests.append((self.command, address.path, bool(self.headers.get("Authorization"))))
        if not signed:
            return self.answer(403, NOT_FOUND)
        if self.command == "PUT":
            self.server.objects[address.path] = body
            return self.answer(200)
        if self.command == "DELETE":
            self.server.objects.pop(address.path, None)
            return self.answer(204)
        query = parse_qs(address.query)
        if "list-type" in query:
            return self.answer(200, self.listing(address.path.rstrip("/"), query["prefix"][0]), "application/xml")
        payload = self.server.objects.get(address.path)
        return self.answer(404, NOT_FOUND, "application/xml") if payload is None else self.answer(200, payload)

    def listing(self, bucket, prefix):
        """Keys of a bucket that begin with `prefix`, as one page."""
        found = {path.removeprefix(f"{bucket}/"): len(body) for path, body in self.server.objects.items()}
        rows = "".join(
            f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>"
            for key, size in found.items() if key.startswith(prefix)
        )  # fmt: skip
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()

    def body(self):
        if self.headers.get("Expect") == "100-continue":
            pass  # BaseHTTPRequestHandler has answered it already
        if "chunked" in self.headers.get("Transfer-Encoding", "") or "aws-chunked" in self.headers.get(
            "Content-Encoding", ""
        ):
            return self.chunks()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def chunks(self):
        """Bodies that boto3 sends in chunks with a checksum behind them."""
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return found

    do_GET = do_PUT = do_HEAD = do_DELETE = handle_any  # noqa: N815  # reason: http.server names them


class Hub(Handler):
    """Data sets as the Hub's HTTP API gives them: `server.cards` and `server.files` by path."""

    def do_GET(self):
        import json

        if self.path in self.server.cards:
            return self.answer(200, json.dumps(self.server.cards[self.path]).encode(), "application/json")
        if self.path in self.server.files:
            return self.answer(200, self.server.files[self.path])
        return self.answer(404)


@contextmanager
def serving(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.objects, server.requests, server.cards, server.files = {}, [], {}, {}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.address = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
