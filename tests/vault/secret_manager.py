"""A secret store that knows its interface from the vendor's own client library.

Addresses, fields and queries are not written down here: they are asked of `scaleway.secret.v1beta1` at the start, by
calling each of its methods and looking at what it would send. A request that the library would not send so, and an
answer that it would not read as it was meant, are violations, which a test asks for at its end.

    secret_manager.py TOKEN PROJECT REGION CERTIFICATE KEY

Serves HTTPS on a free port of this machine and prints it. Each line of standard input is a command in JSON:
{"mode": "up" | "down" | "busy" | "refusing"} or {"tell": true}; each is answered by a line.
"""

import base64
import dataclasses
import datetime
import enum
import json
import re
import ssl
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from scaleway_core.client import Client
from scaleway.secret.v1beta1 import SecretV1Beta1API, marshalling, types

TOKEN, PROJECT, REGION, CERTIFICATE, KEY = sys.argv[1:6]
MAX_SECRET = 65536
MARK = "mark-{}-mark"


class Violation(Exception):
    """The vendor's library would not do that."""


# --- What the library sends -----------------------------------------------------------------------------------------


@dataclasses.dataclass
class Route:
    name: str
    method: str
    pattern: re.Pattern
    query: frozenset
    has_body: bool


class Sent(Exception):
    """What a method of the library would have sent."""


class Recorder(SecretV1Beta1API):
    def _request(self, method, path, params={}, headers={}, body=None):
        raise Sent(method, path, frozenset(params), body)


def route(recorder, name, /, **arguments):
    """Has a method say where it sends to. Arguments in the path become groups of the pattern."""
    marks = {key: MARK.format(key) for key in ("region", "secret_id", "revision")}
    wanted = {key: mark for key, mark in marks.items() if key == "region" or key in arguments}
    try:
        getattr(recorder, name)(**{**arguments, **wanted})
    except Sent as sent:
        method, path, query, body = sent.args
        pattern = re.escape(path)
        for key, mark in marks.items():
            pattern = pattern.replace(re.escape(mark), f"(?P<{key}>[^/]+)")
        return Route(name, method, re.compile(pattern + "$"), query, body is not None)
    raise AssertionError(f"{name} sends nothing")


def routes():
    client = Client(
        access_key="SCWXXXXXXXXXXXXXXXXX",
        secret_key=TOKEN,
        default_project_id=PROJECT,
        default_region=REGION,
    )
    recorder = Recorder(client)
    version = {"secret_id": "", "revision": ""}
    return [
        route(recorder, "list_secrets", scheduled_for_deletion=False),
        route(recorder, "create_secret", name="n", protected=False),
        route(recorder, "unprotect_secret", secret_id=""),
        route(recorder, "protect_secret", secret_id=""),
        route(recorder, "delete_secret", secret_id=""),
        route(recorder, "create_secret_version", secret_id="", data=""),
        route(recorder, "list_secret_versions", secret_id=""),
        route(recorder, "access_secret_version", **version),
        route(recorder, "access_secret_version_by_path", secret_path="p", secret_name="n", revision=""),
        route(recorder, "enable_secret_version", **version),
        route(recorder, "disable_secret_version", **version),
        route(recorder, "delete_secret_version", **version),
    ], client


ROUTES, CLIENT = routes()


def request_of(kind, body, given):
    """A body as the library's own request, which must marshal to the same body but for defaults that it spells out."""
    fields = {field.name for field in dataclasses.fields(kind)}
    arguments = {(key + "_" if key + "_" in fields else key): value for key, value in body.items()}
    try:
        request = kind(**given, **arguments)
    except TypeError as error:
        raise Violation(f"{kind.__name__}: {error}") from error
    again = json.loads(json.dumps(getattr(marshalling, f"marshal_{kind.__name__}")(request, CLIENT)))
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    for name, value in again.items():
        if (body[name] if name in body else defaults.get(name)) != value:
            raise Violation(f"{kind.__name__}: {name} would be {value!r}")
    if not body.keys() <= again.keys():
        raise Violation(f"{kind.__name__}: {sorted(body)} would be {sorted(again)}")
    return request


def answer_of(value):
    """The JSON of a response of the library's, which must be read as the very same response."""

    def plain(value):
        if dataclasses.is_dataclass(value):
            pairs = ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
            return {name.rstrip("_"): plain(field) for name, field in pairs if field is not None}
        if isinstance(value, list):
            return [plain(one) for one in value]
        if isinstance(value, enum.Enum):
            return value.value
        if isinstance(value, datetime.datetime):
            return value.isoformat()
        return value

    body = plain(value)
    read = getattr(marshalling, f"unmarshal_{type(value).__name__}")(json.loads(json.dumps(body)))
    if plain(read) != body:
        raise Violation(f"{type(value).__name__} is not read as it is written")
    return body


# --- What a store does ----------------------------------------------------------------------------------------------


class Refusal(Exception):
    def __init__(self, status, kind, **more):
        super().__init__(kind)
        self.status, self.body = status, {"type": kind, "message": kind.replace("_", " "), **more}


class Store:
    def __init__(self):
        self.lock = threading.Lock()
        self.mode = "up"
        self.secrets = {}
        self.versions = {}
        self.deleted = []
        self.violations = []
        self.calls = {}
        self.count = 0

    def secret(self, secret_id):
        if secret_id not in self.secrets:
            raise Refusal(404, "not_found", resource="secret", resource_id=secret_id)
        return self.secrets[secret_id]

    def version(self, secret_id, revision):
        self.secret(secret_id)
        versions = self.versions[secret_id]
        if revision == "latest_enabled":
            found = [one for one in versions if one[0].status == types.SecretVersionStatus.ENABLED]
        elif revision == "latest":
            found = versions
        else:
            found = [one for one in versions if str(one[0].revision) == revision]
        if not found or found[-1][0].status == types.SecretVersionStatus.DELETED:
            raise Refusal(404, "not_found", resource="secret_version", resource_id=revision)
        return found[-1]

    def list_secrets(self, query, **_):
        wanted = [value for name, value in query if name == "tags"]
        one = dict(query)
        if one.get("scheduled_for_deletion") not in ("true", "false"):
            raise Violation("scheduled_for_deletion is not said")
        found = [
            secret
            for secret in self.secrets.values()
            if secret.project_id == one.get("project_id")
            and all(tag in secret.tags for tag in wanted)
            and ("name" not in one or secret.name == one["name"])
            and ("path" not in one or secret.path == one["path"])
        ]
        return types.ListSecretsResponse(secrets=page(found, one), total_count=len(found))

    def create_secret(self, body, **_):
        request = request_of(types.CreateSecretRequest, body, {})
        if request.project_id != PROJECT:
            raise Refusal(403, "permissions_denied")
        types.SecretType(request.type_)
        if any(known.name == request.name and known.path == request.path for known in self.secrets.values()):
            raise Refusal(409, "already_exists", resource="secret")
        self.count += 1
        secret = types.Secret(
            id=f"00000000-0000-0000-0000-{self.count:012d}",
            project_id=request.project_id,
            name=request.name,
            status=types.SecretStatus.READY,
            tags=request.tags or [],
            version_count=0,
            managed=False,
            protected=request.protected,
            type_=types.SecretType(request.type_),
            path=request.path or "/",
            used_by=[],
            region=REGION,
            description=request.description,
        )
        self.secrets[secret.id], self.versions[secret.id] = secret, []
        return secret

    def protect_secret(self, secret_id, **_):
        self.secret(secret_id).protected = True
        return self.secret(secret_id)

    def unprotect_secret(self, secret_id, **_):
        self.secret(secret_id).protected = False
        return self.secret(secret_id)

    def delete_secret(self, secret_id, **_):
        if self.secret(secret_id).protected:
            raise Refusal(412, "precondition_failed", precondition="protected_secret")
        self.deleted.append(self.secrets.pop(secret_id).path)
        self.versions.pop(secret_id)

    def create_secret_version(self, secret_id, body, **_):
        request = request_of(types.CreateSecretVersionRequest, body, {"secret_id": secret_id})
        secret = self.secret(secret_id)
        data = base64.b64decode(request.data, validate=True)
        if len(data) > MAX_SECRET:
            raise Refusal(400, "invalid_arguments", details=[])
        if request.data_crc32 and zlib.crc32(data) != request.data_crc32:
            raise Violation("the checksum is wrong")
        secret.version_count += 1
        version = types.SecretVersion(
            revision=secret.version_count,
            secret_id=secret_id,
            status=types.SecretVersionStatus.ENABLED,
            latest=True,
            region=REGION,
        )
        for known, *_ in self.versions[secret_id]:
            known.latest = False
        self.versions[secret_id].append((version, request.data, request.data_crc32))
        return version

    def list_secret_versions(self, secret_id, query, **_):
        self.secret(secret_id)
        found = [version for version, *_ in reversed(self.versions[secret_id])]
        return types.ListSecretVersionsResponse(versions=page(found, dict(query)), total_count=len(found))

    def access_secret_version(self, secret_id, revision, **_):
        version, data, crc = self.version(secret_id, revision)
        if version.status != types.SecretVersionStatus.ENABLED:
            raise Refusal(412, "precondition_failed", precondition="version_disabled")
        return types.AccessSecretVersionResponse(
            secret_id=secret_id,
            revision=version.revision,
            data=data,
            type_=self.secret(secret_id).type_,
            data_crc32=crc,
        )

    def access_secret_version_by_path(self, revision, query, **_):
        one = dict(query)
        for secret in self.secrets.values():
            place = (secret.path, secret.name, secret.project_id)
            if place == (one.get("secret_path"), one.get("secret_name"), one.get("project_id")):
                return self.access_secret_version(secret.id, revision)
        raise Refusal(404, "not_found", resource="secret")

    def set_status(self, secret_id, revision, status):
        version, *_ = self.version(secret_id, revision)
        version.status = status
        return version

    def enable_secret_version(self, secret_id, revision, **_):
        return self.set_status(secret_id, revision, types.SecretVersionStatus.ENABLED)

    def disable_secret_version(self, secret_id, revision, **_):
        return self.set_status(secret_id, revision, types.SecretVersionStatus.DISABLED)

    def delete_secret_version(self, secret_id, revision, **_):
        self.set_status(secret_id, revision, types.SecretVersionStatus.DELETED)

    def tell(self):
        """Everything that is there, for a test to look at."""

        def told(secret):
            versions = [
                {"revision": version.revision, "status": version.status.value, "data": data}
                for version, data, _ in self.versions[secret.id]
            ]
            fields = ("id", "name", "path", "tags", "protected")
            return {**{field: getattr(secret, field) for field in fields}, "versions": versions}

        secrets = [told(secret) for secret in self.secrets.values()]
        state = {"secrets": secrets, "deleted": self.deleted, "violations": self.violations, "calls": self.calls}
        return state


def page(found, query):
    number, size = int(query.get("page", 1)), int(query.get("page_size", 20))
    if not 1 <= size <= 100:
        raise Refusal(400, "invalid_arguments", details=[])
    return found[(number - 1) * size : number * size]


STORE = Store()


# --- How it is reached ----------------------------------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with STORE.lock:
            if STORE.mode == "down":
                # As a machine that is gone: no answer, and no connection either.
                self.close_connection = True
                return
            status, answer, headers = self.decide(body)
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": len(data), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def decide(self, body):
        if STORE.mode == "busy":
            STORE.calls["busy"] = STORE.calls.get("busy", 0) + 1
            return 429, {"type": "too_many_requests", "message": "too many requests"}, {"retry-after": 1}
        if STORE.mode == "refusing" or self.headers.get("x-auth-token") != TOKEN:
            return 403, {"type": "permissions_denied", "message": "insufficient permissions"}, {}
        try:
            answer = self.serve(body)
            return (204, None, {}) if answer is None else (200, answer_of(answer), {})
        except Refusal as refusal:
            return refusal.status, refusal.body, {}
        except Exception as error:  # The test is told, whatever it was.
            what = f"{self.command} {self.path}: {type(error).__name__}: {error}"
            STORE.violations.append(what)
            print(f"secret manager: {what}", file=sys.stderr, flush=True)
            return 400, {"type": "invalid_arguments", "message": str(error)}, {}

    def serve(self, body):
        url = urlsplit(self.path)
        for known in ROUTES:
            match = known.pattern.match(url.path)
            if not match or known.method != self.command:
                continue
            place = match.groupdict()
            if place.pop("region") != REGION:
                raise Violation("another region")
            query = parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query))
            unknown = {name for name, _ in query} - known.query
            if unknown:
                raise Violation(f"{known.name} has no {sorted(unknown)}")
            if body and not known.has_body:
                raise Violation(f"{known.name} has no body")
            given = json.loads(body) if known.has_body else None
            if known.has_body and not self.headers.get("content-type", "").startswith("application/json"):
                raise Violation("a body that is not said to be JSON")
            STORE.calls[known.name] = STORE.calls.get(known.name, 0) + 1
            return getattr(STORE, known.name)(body=given, query=query, **place)
        raise Violation("no method of the library sends this")

    do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = handle_any

    def log_message(self, *_):
        """Says nothing: what it would say has queries in it."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def get_request(self):
        connection, address = super().get_request()
        connection.settimeout(30)
        return connection, address

    def finish_request(self, request, client_address):
        # Here and not where connections are taken: one that says nothing must not stop the others.
        if STORE.mode == "down":
            return
        try:
            request = CONTEXT.wrap_socket(request, server_side=True)
        except (ssl.SSLError, OSError):
            return
        self.RequestHandlerClass(request, client_address, self)

    def handle_error(self, *_):
        """A client that went away is no news."""


CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
CONTEXT.load_cert_chain(CERTIFICATE, KEY)


def main():
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1], "routes": len(ROUTES)}), flush=True)
    for line in sys.stdin:
        command = json.loads(line)
        with STORE.lock:
            STORE.mode = command.get("mode", STORE.mode)
            print(json.dumps(STORE.tell() if command.get("tell") else {"mode": STORE.mode}), flush=True)


if __name__ == "__main__":
    main()
