"""Settings: one flat file. Every value that differs between installations is an environment variable.

`NAME_FILE` may be given for any `NAME`, and then names a file that holds the value (container secrets).
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    """The value of an environment variable, or the content of the file that `<name>_FILE` names."""
    file = os.environ.get(f"{name}_FILE")
    return Path(file).read_text().strip() if file else os.environ.get(name, default)


def env_list(name: str) -> list[str]:
    return [item.strip() for item in env(name).split(",") if item.strip()]


def database(url: str) -> dict[str, Any]:
    """A Django database from `postgresql://user:password@host:port/name`, with libpq's options (`?sslmode=`) after."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "controlplane.sql.engine",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": parts.port or "",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # Statements are prepared at their second use: planning costs more than running them.
        "OPTIONS": {"prepare_threshold": 1, "connect_timeout": 5, "options": SESSION_LIMITS, **options},
    }


# One idle transaction would stall the event tail, and one slow statement would hold a request thread.
SESSION_LIMITS = (
    "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=15s -c TimeZone=UTC"
)

DEBUG = env("SIGNALBOX_DEBUG") == "1"
# Enough for commands that serve nobody; the web server refuses to run with it.
NO_SECRET = "only-for-commands-that-serve-nobody"
SECRET_KEY = env("SIGNALBOX_SECRET_KEY", NO_SECRET)
PORT = int(env("SIGNALBOX_PORT", "8000"))
PUBLIC_URL = env("SIGNALBOX_PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")
DATA_DIR = Path(env("SIGNALBOX_DATA", str(BASE_DIR / ".data")))
REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")

ALLOWED_HOSTS = env_list("SIGNALBOX_ALLOWED_HOSTS") or [
    "*" if DEBUG else (urlsplit(PUBLIC_URL).hostname or "127.0.0.1"),
    "127.0.0.1",
    "localhost",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env("SIGNALBOX_BEHIND_PROXY") == "1" else None

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "controlplane",
    "controlplane.ui",
    # Before allauth, whose templates it replaces.
    "workspaces",
    "allauth",
    "allauth.account",
    "events",
    "blocks",
    "runs",
    "deployments",
    "notifications",
    "automations",
]

# The pages' chain. The API has its own, shorter one: see controlplane/front.py.
MIDDLEWARE = [
    "controlplane.ui.middleware.RequestId",
    "controlplane.ui.middleware.LocalTime",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "controlplane.urls"
API_URLCONF = "controlplane.api"
CSRF_FAILURE_VIEW = "controlplane.ui.errors.csrf_failure"
APPEND_SLASH = False

DATABASES = {
    # Tenant work: owns nothing, and row-level security shows it one workspace at a time.
    "default": database(env("SIGNALBOX_DATABASE_APP_URL", "postgresql://signalbox_app@127.0.0.1/signalbox")),
    # Identity look-ups and sweeps over all tenants, by policies that name this role.
    "system": database(env("SIGNALBOX_DATABASE_SYSTEM_URL", "postgresql://signalbox_system@127.0.0.1/signalbox")),
    # Migrations only.
    "owner": database(env("SIGNALBOX_DATABASE_OWNER_URL", "postgresql://signalbox_owner@127.0.0.1/signalbox")),
}
DATABASES["owner"]["OPTIONS"] = {**DATABASES["owner"]["OPTIONS"], "options": "-c lock_timeout=5s -c TimeZone=UTC"}
DATABASE_ROUTERS = ["controlplane.sql.router.IdentityRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.tz",
                "controlplane.ui.context.appearance",
                "controlplane.frame.frame",
            ],
        },
    },
]

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "workspaces.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env("SIGNALBOX_EMAIL_VERIFICATION", "optional")
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_FORMS = {
    "login": "workspaces.forms.SignInForm",
    "signup": "workspaces.forms.SignUpForm",
    "reset_password": "workspaces.forms.ForgottenPasswordForm",
    "reset_password_from_key": "workspaces.forms.NewPasswordForm",
}
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(PUBLIC_URL).scheme
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Without this every visitor behind the proxy would share one limit.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if env("SIGNALBOX_BEHIND_PROXY") == "1" else 0
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if env("SIGNALBOX_SMTP_HOST")
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST = env("SIGNALBOX_SMTP_HOST")
EMAIL_PORT = int(env("SIGNALBOX_SMTP_PORT", "587"))
EMAIL_HOST_USER = env("SIGNALBOX_SMTP_USER")
EMAIL_HOST_PASSWORD = env("SIGNALBOX_SMTP_PASSWORD")
EMAIL_USE_TLS = env("SIGNALBOX_SMTP_TLS", "1") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("SIGNALBOX_EMAIL_FROM", "signalbox@localhost")

SECURE_COOKIES = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SESSION_COOKIE_NAME = "__Host-session" if SECURE_COOKIES else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE_COOKIES else "csrf"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

CACHES = {
    "default": {
        "BACKEND": "controlplane.cache.RedisOrMemoryCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "sb",
        # The defaults of redis-py stall a request for seconds when Redis is away.
        "OPTIONS": {"socket_timeout": 0.25, "socket_connect_timeout": 0.25},
    }
}

# --- pages ------------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
# Where `collectstatic` has put the files of the pages, bundled and hashed. Empty: they are served as they are written.
STATIC_ROOT = env("SIGNALBOX_STATIC")
WHITENOISE_USE_FINDERS = not STATIC_ROOT
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "controlplane.ui.bundles.BundledStaticStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- what leaves the house --------------------------------------------------------------------------------------------
# Private and local networks that notifications may reach; none unless the operator says so.
EGRESS_ALLOW_CIDRS = env_list("SIGNALBOX_EGRESS_ALLOW_CIDRS")
# The installation's Slack app (`/slack/app` gives its manifest). Without an id there is no Add to Slack; with an app
# token clicks come in over a connection that we open (Socket Mode), so that Slack need not reach us.
SLACK_CLIENT_ID = env("SIGNALBOX_SLACK_CLIENT_ID")
SLACK_CLIENT_SECRET = env("SIGNALBOX_SLACK_CLIENT_SECRET")
SLACK_SIGNING_SECRET = env("SIGNALBOX_SLACK_SIGNING_SECRET")
SLACK_APP_TOKEN = env("SIGNALBOX_SLACK_APP_TOKEN")
SLACK_URL = env("SIGNALBOX_SLACK_URL", "https://slack.com").rstrip("/")
# Certificates that mail servers of channels are checked by, beside the system's.
SMTP_CA_FILE = env("SIGNALBOX_SMTP_CA_FILE")
# Where SES, SNS and KMS are, if not at AWS; it has to pass the gate too.
AWS_ENDPOINT_URL = env("SIGNALBOX_AWS_ENDPOINT_URL")
# Whether channels may act with the role of the machine that Signalbox runs on. Every tenant could then use it.
AWS_MACHINE_ROLE = env("SIGNALBOX_AWS_MACHINE_ROLE", "0") == "1"

# --- what is sealed ---------------------------------------------------------------------------------------------------
# The master key that wraps every workspace's data key. Back it up apart from the database.
KEY_FILE = Path(os.environ.get("SIGNALBOX_KEY_FILE", str(DATA_DIR / "master.key")))

# How many days of history the sweeps leave. What is still open is never old.
KEEP_NOTIFICATIONS_DAYS = int(env("SIGNALBOX_KEEP_NOTIFICATIONS_DAYS", "90"))
KEEP_ACTIONS_DAYS = int(env("SIGNALBOX_KEEP_ACTIONS_DAYS", "90"))
KEEP_EVALUATIONS_DAYS = int(env("SIGNALBOX_KEEP_EVALUATIONS_DAYS", "30"))
KEEP_PUSHES_DAYS = int(env("SIGNALBOX_KEEP_PUSHES_DAYS", "30"))
# How long an unwrapped data key stays in memory: also how long secrets can be read after a customer closed their key.
KEY_CACHE_SECONDS = float(env("SIGNALBOX_KEY_CACHE_SECONDS", "300"))
# How long a retired data key stays after its last value was sealed anew: longer than any transaction lives.
KEY_GRACE_SECONDS = float(env("SIGNALBOX_KEY_GRACE_SECONDS", "60"))
# How old a workspace's data key may get before the next is made and every secret sealed anew. 0: as old as it likes.
KEY_MAX_DAYS = int(env("SIGNALBOX_KEY_MAX_DAYS", "90"))

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env("SIGNALBOX_LOG_LEVEL", "INFO")},
    "loggers": {"django.request": {"level": "ERROR"}, "django.security.DisallowedHost": {"level": "ERROR"}},
}
