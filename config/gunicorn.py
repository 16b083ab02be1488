"""How gunicorn serves: threads in a few processes, tight limits, no queries in the access log."""

import tempfile
from pathlib import Path
from typing import Any

from config import env, logs
from config.office.process_memory import forbid_core_dumps

_home = env.path("KYUFU_HOME", Path(__file__).resolve().parent.parent / "var")

bind = [env.text("KYUFU_BIND", f"127.0.0.1:{env.integer('PORT', 8000, least=1, most=65535)}")]
workers = env.integer("KYUFU_WORKERS", 2, least=1, most=32)
threads = env.integer("KYUFU_THREADS", 8, least=1, most=64)
worker_class = "gthread"
# tells the settings that threads will share a pool of connections
raw_env = ["KYUFU_SERVING=1"]

timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 10_000
max_requests_jitter = 1_000
backlog = 256

# an address of this product is short, and so are its headers
limit_request_line = 4_094
limit_request_fields = 60
limit_request_field_size = 8_190

umask = 0o077
# the heartbeat file must not wait for a disk
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir()  # noqa: S108  (mode 0600, gunicorn's)
forwarded_allow_ips = env.text("KYUFU_PROXY_ADDRESSES", "127.0.0.1")
header_map = "drop"
# nobody may say where the site is mounted or which page is meant but by the address itself: gunicorn would take
# SCRIPT_NAME and PATH_INFO from the headers of a proxy that it believes
forwarder_headers = ""
control_socket_disable = True  # one more door, and its place would be shared with every other gunicorn
strip_header_spaces = False

accesslog = "-"
errorlog = "-"
# %(U)s is the path without the query: what was searched for stays out. The units keep the figures apart: a row of
# twelve digits with blanks between would be masked.
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(b)sB %(D)sus %({x-request-id}o)s'

_files = {
    name: {"class": "config.logs.OwnerOnlyFile", "formatter": "json", "filename": str(file), "delay": True}
    for name, file in {
        "access": _home / "logs" / "access.log",
        "server": _home / "logs" / "kyufu.log",
    }.items()
}
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": logs.JsonLines}},
    "handlers": {
        **_files,
        "terminal": {"class": "logging.StreamHandler", "formatter": "json", "level": "ERROR"},
    },
    "root": {"handlers": ["server"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["server", "terminal"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
    },
}


def post_fork(server: Any, worker: Any) -> None:
    """Gunicorn's hook: run in each new worker before it serves."""
    forbid_core_dumps()
