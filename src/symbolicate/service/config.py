"""Settings: defaults, a TOML file, the environment, and the command line; later ones override earlier ones.

Every setting has a name in the file and one in the environment: `reports_per_minute` of `[ingest]` is
`SYMBOLICATE_INGEST_REPORTS_PER_MINUTE`. Unknown names in a file are an error, so that a misspelled
setting is noticed.
"""

from __future__ import annotations

import ipaddress
import os
import typing
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from symbolicate.service.errors import ConfigError

__all__ = [
    "Access",
    "Client",
    "Config",
    "ForeignTokens",
    "Grant",
    "Ingest",
    "Limits",
    "Log",
    "Oidc",
    "Stacks",
    "Storage",
    "Submit",
    "Symbols",
    "Tls",
    "Workers",
    "load",
]

MIB = 1024 * 1024

_Count = Annotated[int, Meta(ge=0)]
_Positive = Annotated[int, Meta(ge=1)]
_Seconds = Annotated[float, Meta(gt=0)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file."""


class Ingest(_Section, frozen=True):
    """`POST /logs`.

    Attributes:
        reports_per_minute: crashes and errors accepted for each app, instead of the app's own setting; further ones are
            reported as throttled and not stored. 0 for no limit; without it each app's own setting applies, 60 by
            default.
        attachment_bytes: the largest attachment, decoded.
        logs_per_request: logs read of one request.
        repaired_bytes: the largest log with broken JSON that is repaired; a larger one is stored as it was sent.
    """

    reports_per_minute: _Count | None = None
    attachment_bytes: _Positive = 7 * MIB
    logs_per_request: _Positive = 1000
    repaired_bytes: _Positive = 16 * MIB


class Storage(_Section, frozen=True):
    """Limits of what is stored.

    Attributes:
        app_bytes: bytes that the reports, attachments and symbols of an app may take, unless the app has a setting of
            its own; 0 for no limit.
        margin_bytes: free bytes that are left on each disk; with less, requests with data are refused and the service
            is not ready.
        orphan_hours: how long attachments without a crash are stored.
        attachments_per_report: attachments that a report may have, sent with it or later; further ones count as reports
            towards the minute's limit, and so do those whose report is unknown.
        most_attachments_per_report: further ones are not stored, and are reported as throttled.
    """

    app_bytes: _Count = 50 * 1024 * MIB
    margin_bytes: _Count = 512 * MIB
    orphan_hours: _Seconds = 24.0
    attachments_per_report: _Count = 16
    most_attachments_per_report: _Count = 64


class Submit(_Section, frozen=True):
    """`POST /submit`.

    Attributes:
        default_app: the app of dumps that do not name one.
        dump_bytes: the largest dump.
        parts: parts that are read of one request.
        annotation_bytes: all annotations of one request together.
    """

    default_app: str = "default"
    dump_bytes: _Positive = 64 * MIB
    parts: _Positive = 1024
    annotation_bytes: _Positive = 4 * MIB


class Limits(_Section, frozen=True):
    """Limits for one client, or for all clients together.

    Attributes:
        body_bytes: the largest body as it is sent.
        decoded_bytes: the largest body after decompression.
        inflight_bytes: memory for all bodies together, three bytes for each decompressed byte of `POST /logs`; further
            requests are answered 503.
        idle_seconds: the longest pause within a body.
        bytes_per_second: slower bodies are refused, after `grace_seconds`.
        grace_seconds: how long a body may be slower than that.
        discarded_bytes: how much of a refused body is read and discarded, so that its sender receives the response.
        discarding_seconds: how long that may take.
        head_seconds: how long a client may take to send the head of a request.
        header_bytes: the request line and all headers.
        headers: how many headers.
        connections: open connections at a time.
        requests_per_minute: requests from one address, not counting ingest and the symbol server; 0 for no limit.
        symbol_requests_per_minute: requests from one address to the symbol server, most of which are for files that
            are not there; 0 for no limit.
    """

    body_bytes: _Positive = 96 * MIB
    decoded_bytes: _Positive = 128 * MIB
    inflight_bytes: _Positive = 512 * MIB
    idle_seconds: _Seconds = 15.0
    bytes_per_second: _Count = 1024
    grace_seconds: _Seconds = 20.0
    discarded_bytes: _Count = 256 * MIB
    discarding_seconds: _Seconds = 30.0
    head_seconds: _Seconds = 10.0
    header_bytes: _Positive = 32 * 1024
    headers: _Positive = 100
    connections: _Positive = 1000
    requests_per_minute: _Count = 1200
    symbol_requests_per_minute: _Count = 60000


class Symbols(_Section, frozen=True):
    """Symbols.

    Attributes:
        store: folder of a symbol store that is searched after uploaded symbols and `sources`; by default
            `$SYMBOLICATE_STORE`, else `symbols` in the data folder.
        sources: folders and files that are searched after uploaded symbols; symbol servers, buckets and names of public
            servers that are asked for what all of these lack, as for `report --symbols`.
        offline: no server is asked; files that were fetched before are used.
        seconds: how long the symbols of one report may take to be fetched; less than `workers.job_seconds`.
        file_bytes: the largest file that is fetched.
        fetched_bytes: the size of the cache of fetched files, in the folder of the store.
        private: redirects of servers may lead to loopback, private and link-local addresses.
        tokens: `host=token` for servers that are asked with `Authorization: Bearer`.
        upload_bytes: the largest upload.
        unpacked_bytes: the largest archive after decompression.
        files_per_upload: files that are read of one archive.
        chunk_bytes: chunks of all files that an owner's clients upload in parts and that are not put together yet.
        upload_minutes: how long an upload may take from its begin to its commit.
        install_seconds: how long reading one file of an upload may take.
        install_total_seconds: how long an upload may take altogether.
        install_memory_bytes: memory that reading uploads may allocate.
        cache_bytes: the size of the local cache of uploaded symbols in the data folder of this process.
        originals: whether uploaded binaries and debug files are also stored as they are, within the quota of their app,
            for debuggers and other tools that ask the symbol server for them.
    """

    store: str = ""
    sources: tuple[str, ...] = ()
    offline: bool = False
    seconds: _Seconds = 60.0
    file_bytes: _Positive = 4096 * MIB
    fetched_bytes: _Positive = 20480 * MIB
    private: bool = False
    tokens: tuple[str, ...] = ()
    upload_bytes: _Positive = 4096 * MIB
    unpacked_bytes: _Positive = 16384 * MIB
    files_per_upload: _Positive = 20000
    chunk_bytes: _Positive = 32768 * MIB
    upload_minutes: _Positive = 1440
    install_seconds: _Seconds = 600.0
    install_total_seconds: _Seconds = 21600.0
    install_memory_bytes: _Positive = 1024 * MIB
    cache_bytes: _Positive = 16384 * MIB
    originals: bool = True


class Stacks(_Section, frozen=True):
    """`POST /symbolicate/v5`.

    Attributes:
        processes: processes that answer requests; 0 switches the routes off, -1 uses half of the cores, at least one.
        waiting: requests that wait for one of them; further ones are answered 503.
        body_bytes: the largest request, decompressed.
        answer_bytes: the largest answer.
        seconds: how long one request may take, not counting the time to fetch uploaded symbols.
        memory_bytes: memory that each process may allocate; mapped symbol files do not count.
    """

    processes: Annotated[int, Meta(ge=-1)] = -1
    waiting: _Count = 16
    body_bytes: _Positive = 16 * MIB
    answer_bytes: _Positive = 128 * MIB
    seconds: _Seconds = 30.0
    memory_bytes: _Positive = 1024 * MIB


class Workers(_Section, frozen=True):
    """Processing.

    Attributes:
        threads: crashes processed at a time in this process; 0 leaves the work to `symbolicate worker`, -1 uses half
            of the cores, at least one.
        batch: crashes leased at a time.
        lease_seconds: how long a worker may be silent before other workers get its crashes.
        poll_seconds: how often an idle worker looks for work that another process received.
        stop_seconds: how long a stopping process waits for crashes that are being processed.
        job_seconds: how long a worker may take for one crash beside `report_seconds`, to fetch its bytes and write its
            report; after that another worker gets the crash, and the thread is replaced.
        report_seconds: how long one crash may take; after the second time-out it becomes a dead letter.
        memory_bytes: memory that the process of each thread may allocate; mapped symbol files do not count.
        report_bytes: the largest report; what is left out of it is listed in `truncated`. By default a report may have
            10 MiB more than its input.
    """

    threads: Annotated[int, Meta(ge=-1)] = -1
    batch: _Positive = 32
    lease_seconds: _Seconds = 60.0
    poll_seconds: _Seconds = 1.0
    stop_seconds: _Seconds = 20.0
    job_seconds: _Seconds = 240.0
    report_seconds: _Seconds = 60.0
    memory_bytes: _Positive = 1024 * MIB
    report_bytes: Annotated[int, Meta(ge=64 * 1024)] | None = None


class ForeignTokens(_Section, frozen=True):
    """Tokens of another issuer, such as Microsoft Entra, checked by its published keys.

    Attributes:
        jwks_url: the URL of the issuer's keys; if empty, foreign tokens are not accepted.
        issuer: the `iss` that tokens must have.
        audience: the `aud` that tokens must have.
        scopes: the scopes of any such token.
        scope_claim: instead, a claim (`scp`, `roles`) that lists the scopes, by our names.
        minutes: how long fetched keys are used before they are fetched again.
    """

    jwks_url: str = ""
    issuer: str = ""
    audience: str = ""
    scopes: tuple[str, ...] = ("query",)
    scope_claim: str = ""
    minutes: _Positive = 60


class Grant(_Section, frozen=True):
    """What people may do who sign in with an identity provider: those whose identity has a claim.

    Attributes:
        claim: the name of the claim, such as `groups` or `roles`; with dots it also leads into objects
            (`realm_access.roles`).
        value: what the claim is, or lists.
        email_domain: instead, the domain of an address that the provider states to be verified.
        scopes: what they may do.
        apps: the apps that this is for, by their ids, secrets or `owner/name`; without any, all apps.
    """

    claim: str = ""
    value: str = ""
    email_domain: str = ""
    scopes: tuple[typing.Literal["query", "symbols", "symbols-read", "admin"], ...] = ("query",)
    apps: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a grant that would be for everybody, or for nobody.

        Raises:
            ValueError: it does not say for whom it is.
        """
        if bool(self.claim and self.value) == bool(self.email_domain) or not self.scopes:
            raise ValueError("a grant has `claim` and `value`, or `email_domain`; and `scopes`")


class Oidc(_Section, frozen=True):
    """Sign-in to the pages with an identity provider, by OpenID Connect.

    Attributes:
        issuer: the provider's issuer, below which it publishes `/.well-known/openid-configuration`; if empty, people
            sign in with tokens alone.
        client_id: the provider's name of this service.
        client_secret: the secret of this client; empty for a public client.
        name: how the page of the sign-in calls the provider; by default its host.
        scope: what the provider is asked for.
        userinfo: claims that the identity lacks are read from the provider's userinfo endpoint.
        minutes: how long what the provider publishes is used before it is read again.
        grants: what people may do; the first that applies counts, and without one nothing can be read.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    name: str = ""
    scope: str = "openid profile email"
    userinfo: bool = False
    minutes: _Positive = 60
    grants: tuple[Grant, ...] = ()


class Access(_Section, frozen=True):
    """Access.

    Attributes:
        token_minutes: how long an access token of the token endpoint lasts.
        download_minutes: how long a link to a dump lasts.
        session_hours: how long a browser stays signed in to the pages.
        origins: origins of web pages that may read answers of the symbolication protocol, such as
            `https://profiler.firefox.com`.
        insecure_open: listen on addresses other than loopback even if there is no token. For closed networks.
        foreign: tokens of another issuer.
        oidc: sign-in with an identity provider.
    """

    token_minutes: _Positive = 60
    download_minutes: _Positive = 15
    session_hours: _Positive = 12
    origins: tuple[str, ...] = ()
    insecure_open: bool = False
    foreign: ForeignTokens = ForeignTokens()
    oidc: Oidc = Oidc()


class Tls(_Section, frozen=True):
    """Encryption.

    Attributes:
        cert: PEM file with the certificate chain.
        key: PEM file with its private key.
        self_signed: make a certificate in the data folder, for clients that insist on https.
        names: host names and addresses of that certificate.
    """

    cert: str = ""
    key: str = ""
    self_signed: bool = False
    names: tuple[str, ...] = ("localhost", "127.0.0.1", "::1")


class Log(_Section, frozen=True):
    """The log, on standard error.

    Attributes:
        json: one JSON object for each line.
        level: the least severe level that is written.
        requests: write a line for each request.
    """

    json: bool = False
    level: typing.Literal["debug", "info", "warning", "error"] = "info"
    requests: bool = False


class Client(_Section, frozen=True):
    """Which service `symbolicate query` asks.

    Attributes:
        service: its address; by default the store is read.
        token: for its API.
    """

    service: str = ""
    token: str = ""


class Config(_Section, frozen=True):
    """All settings.

    Attributes:
        bind: address and port to listen on.
        data: the folder of all data; by default `$XDG_DATA_HOME/symbolicate`.
        db: URL of the database; by default an SQLite file in the data folder.
        blobs: URL or folder of bytes that are too large for the database; by default `blobs` in the data folder.
        public_url: the URL by which clients reach the service, if it differs from their `Host`.
        proxies: addresses of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are trusted.
    """

    bind: str = "127.0.0.1:8080"
    data: str = ""
    db: str = ""
    blobs: str = ""
    public_url: str = ""
    proxies: tuple[str, ...] = ()
    ingest: Ingest = Ingest()
    storage: Storage = Storage()
    submit: Submit = Submit()
    limits: Limits = Limits()
    symbols: Symbols = Symbols()
    stacks: Stacks = Stacks()
    workers: Workers = Workers()
    access: Access = Access()
    tls: Tls = Tls()
    log: Log = Log()
    client: Client = Client()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `bind`.

        Raises:
            ConfigError: it is not an address with a port.
        """
        host, colon, port = self.bind.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:  # noqa: PLR2004
            raise ConfigError(f"bind: not host:port: {self.bind!r}")
        return host, int(port)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address that is listened on."""
        host, _ = self.address
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def data_dir(self) -> str:
        """The data folder."""
        return os.path.abspath(self.data) if self.data else _default_data_dir()

    @property
    def database_url(self) -> str:
        """The URL of the database."""
        return self.db or "sqlite:///" + os.path.join(self.data_dir, "symbolicate.db")

    @property
    def blobs_url(self) -> str:
        """The URL or folder of the blobs."""
        return self.blobs or os.path.join(self.data_dir, "blobs")

    @property
    def symbols_dir(self) -> str:
        """The folder of the symbol store."""
        return self.symbols.store or os.environ.get("SYMBOLICATE_STORE") or os.path.join(self.data_dir, "symbols")

    @property
    def symbol_cache_dir(self) -> str:
        """The folder of the local cache of uploaded symbols."""
        return os.path.join(self.data_dir, "symbols", "cache")

    @property
    def uploads_dir(self) -> str:
        """The folder of symbol uploads that are being received or installed."""
        return os.path.join(self.data_dir, "uploads")


def load(
    file: str | None = None, options: dict[str, Any] | None = None, environ: dict[str, str] | None = None
) -> Config:
    """Read the settings.

    Args:
        file: a TOML file, or None.
        options: settings of the command line, nested as in the file; None for a setting that was not given.
        environ: the environment; by default the process's own.

    Raises:
        ConfigError: a setting is invalid; the message names it.
    """
    settings: dict[str, Any] = {}
    if file is not None:
        try:
            with open(file, "rb") as stream:
                settings = msgspec.toml.decode(stream.read())
        except OSError as error:
            raise ConfigError(f"{file}: {error.strerror or error}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file}: {error}") from None
        _check(settings, file)
    from_environment = _from_environ(os.environ if environ is None else environ)
    _check(from_environment, "environment")
    _merge(settings, from_environment)
    _merge(settings, options or {})
    return _check(settings, "command line")


def _check(settings: dict[str, Any], place: str) -> Config:
    try:
        return msgspec.convert(settings, Config, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{place}: {error}") from None


def _merge(settings: dict[str, Any], stronger: dict[str, Any]) -> None:
    for name, value in stronger.items():
        if isinstance(value, dict):
            _merge(settings.setdefault(name, {}), value)
        elif value is not None:
            settings[name] = value


def _from_environ(environ: typing.Mapping[str, str]) -> dict[str, Any]:
    return _section(Config, "SYMBOLICATE_", environ)


def _section(section: type[_Section], prefix: str, environ: typing.Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(section):
        name = prefix + field.encode_name.upper()
        if isinstance(field.type, type) and issubclass(field.type, _Section):
            if inner := _section(field.type, name + "_", environ):
                found[field.encode_name] = inner
        elif name in environ:
            value = environ[name]
            is_list = typing.get_origin(field.type) is tuple
            found[field.encode_name] = [part.strip() for part in value.split(",") if part.strip()] if is_list else value
    return found


def _default_data_dir() -> str:
    home = os.environ.get("XDG_DATA_HOME")
    # The XDG rules say that a relative path there is to be ignored.
    if not home or not os.path.isabs(home):
        home = os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(home, "symbolicate")
