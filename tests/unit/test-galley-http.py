"""galley-http: what it asks, what it says, and how it ends; one TAP line a test.

Every server here is a thread on 127.0.0.1 that answers with bytes written out in full, so that
it can be wrong in just one way.  SPDX-License-Identifier: MIT
"""
import base64
import gzip
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import traceback
import warnings

HTTP = os.path.join(os.environ.get("G_TEST_BUILDDIR", "."), "galley-http")
VERSION = subprocess.run([HTTP, "--version"], capture_output=True, text=True).stdout.split()[1]
FOLDER = tempfile.mkdtemp(prefix="galley-http-")
ENV = {"PATH": os.environ["PATH"], "HOME": FOLDER, "LC_ALL": "C.UTF-8"}
ENV.update({k: v for k, v in os.environ.items() if k.startswith(("ASAN_", "UBSAN_", "LSAN_"))})
FAR = 60   # nothing here should take so long; a test that does has failed


class Server:
    """answer(connection, request) is called for each connection, with the request's bytes."""

    def __init__(self, answer, context=None):
        self.answer, self.context, self.requests = answer, context, []
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        self.url = "%s://127.0.0.1:%d" % ("https" if context else "http", self.port)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            while request := read_request(connection):
                self.requests.append(request)
                if self.answer(connection, request) == "close":
                    break
        except (OSError, ssl.SSLError):
            pass
        try:
            connection.close()
        except OSError:
            pass


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, body = data.split(b"\r\n\r\n", 1)
    length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while length and len(body) < length[0]:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def says(data):
    """A server that always says just DATA, then hangs up."""
    def answer(connection, request):
        connection.sendall(data)
        return "close"
    return Server(answer)


def whole(body, status="200 OK", headers=""):
    body = body if isinstance(body, bytes) else body.encode()
    return ("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n" % (status, headers, len(body))).encode() + body


class Ran:
    def __init__(self, args, env=None, **more):
        ran = subprocess.run([HTTP, *args], capture_output=True, env={**ENV, **(env or {})}, timeout=FAR,
                             stdin=subprocess.DEVNULL, **more)
        self.rc, self.out, self.err = ran.returncode, ran.stdout, ran.stderr.decode()
        self.json = json.loads(self.out) if self.out else None

    def ends(self, rc, err=""):
        equal(self.rc, rc, self.err)
        equal(self.err, err and "galley-http: " + err + "\n")
        return self


def equal(got, expected, more=""):
    if got != expected:
        raise AssertionError("\n  got      %r\n  expected %r %s" % (got, expected, more))


def get(url, *options, **more):
    return Ran(["get", url, *options], **more)


def file(name, content):
    path = os.path.join(FOLDER, name)
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path


# -- the command line ---------------------------------------------------------

def test_version():
    ran = subprocess.run([HTTP, "--version"], capture_output=True, text=True, env=ENV)
    equal((ran.returncode, ran.stderr), (0, ""))
    assert ran.stdout.startswith("galley-http %s (libcurl/" % VERSION), ran.stdout
    assert VERSION[0].isdigit()


def test_wrong_command_lines():
    secret = "http://user:hunter22@127.0.0.1/"
    empty = file("empty", "")
    for args, text in [
        ([], "usage: galley-http get|query URL [OPTION...]; try --help"),
        (["get"], "usage: galley-http get|query URL [OPTION...]; try --help"),
        (["get", "http://a/", "b"], "usage: galley-http get|query URL [OPTION...]; try --help"),
        (["put", "http://a/"], '"put" is neither get nor query'),
        (["get", "file:///etc/passwd"], 'the URL does not begin with "http://" or "https://"'),
        (["get", "gopher://a/"], 'the URL does not begin with "http://" or "https://"'),
        (["get", "HTTP://a/"], 'the URL does not begin with "http://" or "https://"'),
        (["get", "127.0.0.1"], 'the URL does not begin with "http://" or "https://"'),
        (["get", "http://"], "not a URL"),
        (["get", "http://a:99999/"], "not a URL"),
        (["get", secret], "a user or password in the URL: use --user-file"),
        (["get", "http://token@a/"], "a user or password in the URL: use --user-file"),
        (["get", "http://a/b c"], "the URL has a space, a control character or one that is not ASCII at its byte 11"),
        (["get", "http://a/\n"], "the URL has a space, a control character or one that is not ASCII at its byte 10"),
        (["get", "http://ä/"], "the URL has a space, a control character or one that is not ASCII at its byte 8"),
        (["get", "http://a/", "--header=X"], '--header is not "NAME: VALUE"'),
        (["get", "http://a/", "--header=: x"], '--header is not "NAME: VALUE"'),
        (["get", "http://a/", "--header=A B: x"], '--header is not "NAME: VALUE"'),
        (["get", "http://a/", "--header=X: a\r\nEvil: b"], '--header: "X" has a control character'),
        (["get", "http://a/", "--header=X: a\nb"], '--header: "X" has a control character'),
        (["get", "http://a/", "--header=content-length: 5"], '--header: "content-length" is not for you to set'),
        (["get", "http://a/", "--header=Authorization: x"],
         '--header: "Authorization" would be seen by all on this machine: use --header-file'),
        (["get", "http://a/", "--header-file=" + file("h", "A: b\nx\n")], '--header-file line 2 is not "NAME: VALUE"'),
        (["get", "http://a/", "--header-file=" + file("h0", b"A: b\0c\n")], "--header-file: has a NUL byte"),
        (["get", "http://a/", "--user-file=" + file("u", "no colon")],
         '--user-file: is not one line "user:password"'),
        (["get", "http://a/", "--user-file=" + file("u2", "a:b\nc:d\n")],
         '--user-file: is not one line "user:password"'),
        (["get", "http://a/", "--body-file=" + empty], "--body-file is for queries"),
        (["query", "http://a/"], "a query needs --body-file"),
        (["get", "http://a/", "--timeout=soon"], '--timeout: "soon" is not a time like 500ms, 10s or 2m'),
        (["get", "http://a/", "--timeout=0"], '--timeout: "0" is not a time like 500ms, 10s or 2m'),
        (["get", "http://a/", "--redirects=4"], "--redirects: 0 to 3"),
        (["get", "http://a/", "--redirects=-1"], "--redirects: 0 to 3"),
        (["get", "http://a/", "--max-bytes=16777217"], "--max-bytes: 0 to 16777216"),
        (["get", "http://a/", "--max-bytes=-1"], "--max-bytes: 0 to 16777216"),
        (["get", "http://a/", "--expect-status=99"], '--expect-status: "99" is not a status (100 to 599)'),
        (["get", "http://a/", "--expect-status=600"], '--expect-status: "600" is not a status (100 to 599)'),
        (["get", "http://a/", "--expect-status=200,"], '--expect-status: "" is not a status (100 to 599)'),
        (["get", "http://a/", "--expect-status="], "--expect-status: is empty"),
        (["get", "http://a/", "--insecure"], "Unknown option --insecure"),
    ]:
        ran = Ran(args)
        ran.ends(64, text)
        equal(ran.out, b"")
        assert "hunter22" not in ran.err


# -- what is asked ------------------------------------------------------------

def test_get():
    server = says(whole("ok\n", headers="Content-Type: text/plain\r\nX-Two: a\r\nx-two: b\r\nSet-Cookie: id=1\r\n"))
    ran = get(server.url + "/healthz?a=b#c").ends(0)
    assert ran.out.endswith(b"}\n") and ran.out.count(b"\n") == 1
    assert 0 <= ran.json.pop("time_ms") < 60000
    equal(ran.json, {"status": 200, "redirects": 0, "body": "ok\n", "headers": {
        "content-type": "text/plain", "x-two": "a, b", "content-length": "3"}})
    equal(server.requests, [("GET /healthz?a=b HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: galley-http/%s\r\n"
                             "Accept: */*\r\n\r\n" % (server.port, VERSION)).encode()])


def test_headers_and_user():
    server = says(whole(""))
    get(server.url, "--header=X-A: 1", "--header=Accept: text/x", "--header=X-None:",
        "--header-file=" + file("secret", "X-Key: hunter22\nCookie: c=1\n"),
        "--user-file=" + file("user", "api:pass:word\n")).ends(0)
    lines = server.requests[0].decode().split("\r\n")
    for line in ["X-A: 1", "Accept: text/x", "X-None:", "X-Key: hunter22", "Cookie: c=1",
                 "Authorization: Basic " + base64.b64encode(b"api:pass:word").decode()]:
        assert line in lines, lines


def test_netrc_and_curlrc_are_not_read():
    server = says(whole(""))
    file(".netrc", "machine 127.0.0.1 login a password b\n")
    file(".curlrc", "header = \"X-Evil: 1\"\n")
    get(server.url).ends(0)
    assert b"Authorization" not in server.requests[0] and b"Evil" not in server.requests[0]


def test_query():
    server = says(whole("{}"))
    Ran(["query", server.url, "--body-file=" + file("q", '{"query": "{ viewer { id } }"}')]).ends(0)
    head, body = server.requests[0].split(b"\r\n\r\n", 1)
    equal(head.split(b"\r\n")[0], b"POST / HTTP/1.1")
    assert b"Content-Type: application/json" in head and b"Content-Length: 30" in head and b"Expect" not in head
    equal(body, b'{"query": "{ viewer { id } }"}')


def test_query_bytes():
    server = says(whole("{}"))
    content = bytes(range(256)) * 8192
    Ran(["query", server.url, "--body-file=" + file("q", content), "--header=content-type: x/y"]).ends(0)
    head, body = server.requests[0].split(b"\r\n\r\n", 1)
    assert b"content-type: x/y" in head and b"application/json" not in head
    assert body == content
    Ran(["query", server.url, "--body-file=" + file("q0", "")]).ends(0)
    assert b"Content-Length: 0" in server.requests[1]


# -- what is said -------------------------------------------------------------

def test_bodies():
    for body in ["", "ä € \U0001f600", 'a"b\\c\t\r\n\b\x7f\x1b[0m\u2028', "x" * 300000]:
        equal(get(says(whole(body)).url).ends(0).json["body"], body)
    for body in [b"\xff", b"a\0b", b"\xc3", bytes(range(256)) * 100]:
        ran = get(says(whole(body)).url).ends(0)
        equal(base64.b64decode(ran.json["body_base64"]), body)
        assert "body" not in ran.json


def test_gzip_is_not_undone():
    packed = gzip.compress(b"x" * 10000000)
    server = says(whole(packed, headers="Content-Encoding: gzip\r\n"))
    ran = get(server.url, "--max-bytes=%d" % len(packed)).ends(0)
    assert base64.b64decode(ran.json["body_base64"]) == packed
    assert b"ccept-Encoding" not in server.requests[0]


def test_chunked():
    server = says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    equal(get(server.url).ends(0).json["body"], "abcde")


def test_until_the_connection_ends():
    equal(get(says(b"HTTP/1.0 200 OK\r\n\r\nabc").url).ends(0).json["body"], "abc")


def test_expected_status():
    server = says(whole("down", "503 Service Unavailable"))
    equal(get(server.url).ends(0).json["status"], 503)
    get(server.url, "--expect-status=503").ends(0)
    get(server.url, "--expect-status=200,503").ends(0)
    url = server.url + "/ready"
    ran = get(url + "?token=hunter22", "--expect-status=200").ends(8, "get %s: status 503, want 200" % url)
    equal([ran.json[k] for k in ("status", "body", "error")], [503, "down", "status 503, want 200"])
    get(url, "--expect-status=200,204,404").ends(8, "get %s: status 503, want 200 or 204 or 404" % url)


def test_header_that_is_not_utf8():
    server = says(b"HTTP/1.1 200 OK\r\nX: \xff\x80\r\nContent-Length: 0\r\n\r\n")
    equal(get(server.url).ends(0).json["headers"]["x"], "\ufffd\ufffd")


def test_100_continue():
    equal(get(says(b"HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n" + whole("x")).url).ends(0).json["headers"],
          {"content-length": "1"})


def test_output_that_cannot_be_written():
    server = says(whole("x"))
    with open("/dev/full", "w") as full:
        ran = subprocess.run([HTTP, "get", server.url], stdout=full, stderr=subprocess.PIPE, env=ENV, timeout=FAR)
    equal((ran.returncode, ran.stderr), (1, b"galley-http: cannot write the answer\n"))


# -- limits -------------------------------------------------------------------

def test_body_at_its_limit():
    url = says(whole("x" * 1000)).url
    equal(len(get(url, "--max-bytes=1000").ends(0).json["body"]), 1000)
    ran = get(url, "--max-bytes=999").ends(14, "get %s/: the body has more than 999 bytes" % url)
    equal((ran.json["status"], "body" in ran.json), (200, False))
    url = says(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 1000).url
    equal(len(get(url, "--max-bytes=1000").ends(0).json["body"]), 1000)
    get(url, "--max-bytes=999").ends(14, "get %s/: the body has more than 999 bytes" % url)
    url = says(whole("")).url
    get(url, "--max-bytes=0").ends(0)
    url = says(whole("x")).url
    get(url, "--max-bytes=0").ends(14, "get %s/: the body has more than 0 bytes" % url)


def test_body_far_past_its_limit():
    def endless(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1048576)
    url = Server(endless).url
    get(url).ends(14, "get %s/: the body has more than 16777216 bytes" % url)


def test_headers_too_large():
    url = says(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"x" * 1000) for i in range(300)) + b"\r\n").url
    get(url).ends(14, "get %s/: the headers have more than 262144 bytes" % url)


def test_one_byte_at_a_time():
    stop = threading.Event()

    def slow(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not stop.wait(0.1):
            connection.sendall(b"x")
    url = Server(slow).url
    get(url, "--low-speed-time=1s").ends(12, "get %s/: less than 1000 bytes a second for 1.0 s" % url)
    stop.set()


def test_no_answer():
    stop = threading.Event()
    url = Server(lambda connection, request: stop.wait(FAR)).url
    ran = get(url, "--timeout=300ms").ends(12, "get %s/: no whole answer within 300 ms" % url)
    assert 250 < ran.json["time_ms"] < 10000
    equal(ran.json["status"], 0)
    stop.set()


def test_half_an_answer():
    stop = threading.Event()

    def half(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 50000)
        stop.wait(FAR)
    url = Server(half).url
    ran = get(url, "--timeout=500ms").ends(12, "get %s/: no whole answer within 500 ms" % url)
    assert "body" not in ran.json
    stop.set()


def test_no_connection_in_time():
    deaf = socket.socket()
    deaf.bind(("127.0.0.1", 0))
    deaf.listen(0)
    callers = []
    for _ in range(4):      # the queue is full after one or two
        caller = socket.socket()
        caller.setblocking(False)
        caller.connect_ex(deaf.getsockname())
        callers.append(caller)
    url = "http://127.0.0.1:%d/" % deaf.getsockname()[1]
    get(url, "--connect-timeout=300ms").ends(12, 'get %s: no connection to "127.0.0.1" within 300 ms' % url)
    get(url, "--timeout=200ms").ends(12, 'get %s: no connection to "127.0.0.1" within 200 ms' % url)


# -- failures -----------------------------------------------------------------

def test_refused_and_unknown():
    unused = socket.socket()
    unused.bind(("127.0.0.1", 0))   # bound, but does not listen
    port = unused.getsockname()[1]
    ran = get("http://127.0.0.1:%d/a?token=hunter22" % port).ends(
        11, 'get http://127.0.0.1:%d/a: cannot connect to "127.0.0.1" port %d: Connection refused' % (port, port))
    equal((ran.json["status"], ran.json["error"]),
          (0, 'cannot connect to "127.0.0.1" port %d: Connection refused' % port))
    get("http://nowhere.invalid/").ends(10, 'get http://nowhere.invalid/: cannot resolve "nowhere.invalid"')


def test_broken_answers():
    for data in [b"", b"SSH-2.0-x\r\n", b"<html>hello</html>", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab",
                 b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc",
                 b"HTTP/9.9 200 OK\r\n\r\n"]:
        ran = get(says(data).url)
        equal(ran.rc, 16, "%r %s" % (data, ran.err))
        assert ": broken answer: " in ran.err and ran.err.count("\n") == 1, ran.err
        assert "body" not in ran.json


def test_reset():
    def reset(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return "close"
    equal(get(Server(reset).url).rc, 16)


def test_terminal_escapes_in_a_broken_answer():
    ran = get(says(b"\x1b]0;evil\x07\x1b[2J").url)
    equal(ran.rc, 16)
    assert "\x1b" not in ran.err and "\x07" not in ran.err


# -- redirects ----------------------------------------------------------------

def to(location, status="302 Found"):
    return whole("", status, "Location: %s\r\n" % location)


def by_path(table):
    def answer(connection, request):
        connection.sendall(table[request.split(b" ")[1].decode()])
    return Server(answer)


def test_redirects_are_not_followed():
    server = by_path({"/": to("/b")})
    ran = get(server.url + "/").ends(0)
    equal((ran.json["status"], ran.json["headers"]["location"]), (302, "/b"))
    equal(len(server.requests), 1)


def test_redirects_on_one_origin():
    server = by_path({"/": to("/b"), "/b": to("c"), "/c": to("/d", "308 Permanent Redirect"), "/d": whole("x")})
    ran = get(server.url + "/", "--redirects=3", "--header=X-Key: 1").ends(0)
    equal((ran.json["status"], ran.json["body"], ran.json["redirects"]), (200, "x", 3))
    assert all(b"X-Key: 1" in request for request in server.requests)
    get(server.url + "/", "--redirects=2").ends(15, "get %s/: redirected more than 2 times" % server.url)


def test_redirect_loop():
    server = by_path({"/": to("/")})
    get(server.url + "/", "--redirects=3").ends(15, "get %s/: redirected more than 3 times" % server.url)
    equal(len(server.requests), 4)


def test_redirects_elsewhere():
    other = says(whole("other"))
    for location, shown in [(other.url + "/x?token=hunter22", other.url + "/x"),
                            ("http://localhost:%d/", "http://localhost:%d/"),
                            ("https://127.0.0.1:%d/", "https://127.0.0.1:%d/"),
                            ("http://user:hunter22@127.0.0.1:%d/", "what is no http or https URL"),
                            ("file:///etc/passwd", "what is no http or https URL"),
                            ("gopher://127.0.0.1/", "what is no http or https URL")]:
        server = Server(lambda connection, request: connection.sendall(to(aim)))
        aim = location % server.port if "%d" in location else location
        shown = shown % server.port if "%d" in shown else shown
        get(server.url + "/", "--redirects=3", "--header-file=" + file("k", "X-Key: hunter22\n")).ends(
            15, "get %s/: redirected to %s" % (server.url, shown))
        equal(len(server.requests), 1)
    equal(other.requests, [])


def test_redirects_of_a_query():
    body = "--body-file=" + file("q", "{}")
    server = by_path({"/": to("/b"), "/b": whole("x")})
    Ran(["query", server.url + "/", "--redirects=1", body]).ends(
        15, "query %s/: a query was redirected with status 302" % server.url)
    server = by_path({"/": to("/b", "307 Temporary Redirect"), "/b": whole("x")})
    Ran(["query", server.url + "/", "--redirects=1", body]).ends(0)
    assert server.requests[1].startswith(b"POST /b ") and server.requests[1].endswith(b"\r\n\r\n{}")


def test_cookies_are_not_kept():
    server = by_path({"/": to("/b").replace(b"\r\n", b"\r\nSet-Cookie: id=1\r\n", 1), "/b": whole("x")})
    get(server.url + "/", "--redirects=1").ends(0)
    assert b"Cookie" not in server.requests[1]


def test_time_limit_is_for_all_redirects():
    stop = threading.Event()

    def slow(connection, request):
        stop.wait(0.3)
        connection.sendall(to("/"))
    url = Server(slow).url
    ran = get(url + "/", "--redirects=3", "--timeout=700ms").ends(12, "get %s/: no whole answer within 700 ms" % url)
    equal(ran.json["redirects"], 2)


# -- proxies ------------------------------------------------------------------

def test_proxy():
    proxy, direct = says(whole("proxied")), says(whole("direct"))
    env = {"http_proxy": proxy.url}
    equal(get("http://nowhere.invalid/a?b", env=env).ends(0).json["body"], "proxied")
    assert proxy.requests[0].startswith(b"GET http://nowhere.invalid/a?b HTTP/1.1\r\n")
    equal(get(direct.url, env=env).ends(0).json["body"], "proxied")
    for no_proxy in ["127.0.0.1", "x.example,127.0.0.1", "*"]:
        equal(get(direct.url, env={**env, "no_proxy": no_proxy}).ends(0).json["body"], "direct")
    equal(get(direct.url, env={**env, "NO_PROXY": "127.0.0.1"}).ends(0).json["body"], "direct")
    equal(get(direct.url, env={**env, "no_proxy": "127.0.0.2"}).ends(0).json["body"], "proxied")
    equal(get(direct.url, env={"https_proxy": proxy.url}).ends(0).json["body"], "direct")
    equal(get(direct.url, env={"HTTP_PROXY": proxy.url}).ends(0).json["body"], "direct")


def test_https_proxy():
    proxy = says(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    equal(get("https://nowhere.invalid/", env={"https_proxy": proxy.url}).rc, 16)
    assert proxy.requests[0].startswith(b"CONNECT nowhere.invalid:443 HTTP/1.1\r\n")


def test_proxy_that_is_not_there():
    unused = socket.socket()
    unused.bind(("127.0.0.1", 0))
    address = "127.0.0.1:%d" % unused.getsockname()[1]
    get("http://wandb.invalid/", env={"http_proxy": "http://me:hunter22@" + address}).ends(
        11, 'get http://wandb.invalid/: cannot connect to the proxy for "wandb.invalid": Connection refused')
    get("http://wandb.invalid/", env={"http_proxy": "http://me:hunter22@nowhere.invalid:1"}).ends(
        10, "get http://wandb.invalid/: cannot resolve the name of the proxy")


# -- TLS ----------------------------------------------------------------------

class Certificates:
    def __init__(self):
        self.ca = self.make("ca", ["-x509", "-days", "30", "-subj", "/CN=galley test"])
        self.good = self.sign("good", "IP:127.0.0.1", "30")
        self.wrong_host = self.sign("wrong", "DNS:wandb.example", "30")
        self.expired = self.sign("expired", "IP:127.0.0.1", "-1")

    def run(self, *args):
        subprocess.run(["openssl", *args], check=True, capture_output=True, cwd=FOLDER)

    def make(self, name, more):
        self.run("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-keyout", name + ".key", "-out", name + ".pem", *more)
        return os.path.join(FOLDER, name + ".pem")

    def sign(self, name, names, days):
        self.make(name, ["-subj", "/CN=" + name])
        file(name + ".ext", "subjectAltName=%s\n" % names)
        self.run("x509", "-req", "-in", name + ".pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                 "-days", days, "-extfile", name + ".ext", "-out", name + ".pem")
        return name

    def server(self, name, change=lambda context: None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(FOLDER, name + ".pem"), os.path.join(FOLDER, name + ".key"))
        change(context)

        def answer(connection, request):
            connection.sendall(whole("safe"))
            return "close"
        return Server(answer, context)


CERTIFICATES = []


def certificates():
    if not shutil.which("openssl"):
        raise InterruptedError("no openssl")
    if not CERTIFICATES:
        CERTIFICATES.append(Certificates())
    return CERTIFICATES[0]


def refused(ran, host, reason):
    equal(ran.rc, 13, ran.err)
    assert ('TLS with "%s": ' % host) in ran.err and reason in ran.err, ran.err
    equal(ran.json["status"], 0)


def test_tls():
    made = certificates()
    server = made.server(made.good)
    equal(get(server.url, "--ca-file=" + made.ca).ends(0).json["body"], "safe")
    equal(get(server.url, env={"SSL_CERT_FILE": made.ca}).ends(0).json["body"], "safe")


def test_tls_not_to_be_trusted():
    made = certificates()
    server = made.server(made.good)
    refused(get(server.url), "127.0.0.1", "unable to get local issuer certificate")
    refused(get(server.url, "--ca-file=" + file("none.pem", "")), "127.0.0.1", "")
    refused(get(server.url, "--ca-file=/nowhere.pem"), "127.0.0.1", "/nowhere.pem")
    refused(get(server.url, "--ca-file=/nowhere.pem", env={"SSL_CERT_FILE": made.ca}), "127.0.0.1", "/nowhere.pem")
    refused(get(made.server(made.wrong_host).url, "--ca-file=" + made.ca), "127.0.0.1", "127.0.0.1")
    refused(get(made.server(made.expired).url, "--ca-file=" + made.ca), "127.0.0.1", "certificate has expired")
    refused(get(made.server("ca").url), "127.0.0.1", "self-signed certificate")
    refused(get(server.url.replace("127.0.0.1", "localhost"), "--ca-file=" + made.ca), "localhost", "localhost")


def test_tls_too_old():
    def old(context):
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("DEFAULT@SECLEVEL=0")
    made = certificates()
    refused(get(made.server(made.good, old).url, "--ca-file=" + made.ca), "127.0.0.1", "protocol")


def test_tls_with_a_plain_server():
    plain = socket.socket()
    plain.bind(("127.0.0.1", 0))
    plain.listen(1)

    def greet():
        connection, _ = plain.accept()
        connection.sendall(b"220 hello\r\n" * 100)
        connection.recv(65536)
        connection.close()
    threading.Thread(target=greet, daemon=True).start()
    refused(get("https://127.0.0.1:%d/" % plain.getsockname()[1]), "127.0.0.1", "wrong version number")


# ------------------------------------------------------------------------------

def run(name, test):
    try:
        test()
        return "ok"
    except InterruptedError as why:
        return "ok # SKIP %s" % why
    except Exception:   # the next tests are run all the same
        print("".join("# " + line for line in traceback.format_exc().splitlines(True)), flush=True)
        return "not ok"


def main():
    tests = [(name[5:], test) for name, test in globals().items() if name.startswith("test_")]
    print("1..%d" % len(tests))
    for number, (name, test) in enumerate(tests, 1):
        verdict, _, skip = run(name, test).partition(" #")
        print("%s %d %s%s" % (verdict, number, name.replace("_", "-"), " #" + skip if skip else ""), flush=True)
    shutil.rmtree(FOLDER)


main()
