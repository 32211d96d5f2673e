"""A MemoryPlatform behind real HTTP, for programs that run in processes of their own."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the platform in memory, one at a time."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        """Blobs as bytes, the rest as JSON."""
        with self.server.lock:
            self.server.requests += 1
            found = (
                self.server.platform.get_bytes(self.path)
                if "/blobs/" in self.path
                else json.dumps(self.server.platform.get(self.path)).encode()
            )
        # Outside: a slow reader would make all others wait.
        self.answer(found)

    def do_POST(self):
        """Pieces of uploads as bytes, the rest as JSON."""
        body, found = self.body(), b""
        with self.server.lock:
            self.server.requests += 1
            if "/uploads/" in self.path:
                self.server.platform.post_bytes(self.path, body)
            else:
                found = json.dumps(self.server.platform.post(self.path, json.loads(body))).encode()
        self.answer(found)

    def do_PUT(self):
        """A whole blob."""
        body = self.body()
        with self.server.lock:
            self.server.requests += 1
            self.server.platform.put_blob(body)
        self.answer(b"{}")

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, payload):
        self.send_response(200)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_args):
        """Quiet."""


class HttpPlatform:
    """Serves `platform` on a free port of loopback until closed."""

    def __init__(self, platform):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.platform, self.server.lock, self.server.requests = platform, threading.Lock(), 0
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def requests(self):
        """How many were answered."""
        return self.server.requests

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
