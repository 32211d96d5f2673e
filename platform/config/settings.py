"""Django settings, read from the environment (see docs/operations.md for every name)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF
from environs import Env

from config import environment as defaults
from config.environment import ROOT, Environment
from config.oidc_key import demo_oidc_key
from config.sweeps import QUEUES, ROUTES, beat_schedule

_env = Env()
_e = Environment(_env)

MODE = _e.mode
IS_PRODUCTION = _e.is_production
DEBUG = _env.bool("DEBUG", False)
_e.refuse_in_production("DEBUG", DEBUG)
CLOCK_CONTROL = not IS_PRODUCTION
DEMO_MAILBOX = not IS_PRODUCTION
STATE_DIR = Path(_env.str("COMMONWEAVE_STATE_DIR", str(ROOT / ".commonweave")))

SECRET_KEY = _e.secret("SECRET_KEY", defaults.DEMO_SECRET_KEY)
SITE_URL = _e.required("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = _env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost"] if not IS_PRODUCTION else [])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "pages.kept.views.token_refused"
EVENTS_URL = _env.str("EVENTS_URL", "").rstrip("/")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django.contrib.admin",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    # Without an application its addresses would only fail.
    *(["allauth.socialaccount.providers.github"] if _env.str("GITHUB_CLIENT_ID", "") else []),
    "allauth.socialaccount.providers.openid_connect",
    "allauth.idp.oidc",
    "clock",
    "accounts",
    "audit",
    "notices",
    "projects",
    "payments",
    "compute_pledges",
    "pages",
    "api",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.compressing.PageGZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.refusals.NotAllowedMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "pages.kept.middleware.KeptFormMiddleware",
    "pages.support.middleware.ActingAsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "config.context.site",
            ],
            "libraries": {"drawn": "values.drawn"},
        },
    },
]

DATABASES = {
    "default": {
        **_env.dj_db_url(
            "DATABASE_URL",
            _e.required("DATABASE_URL", "postgresql://postgres@127.0.0.1:25432/commonweave"),
            conn_max_age=_env.int("DB_CONN_MAX_AGE", 60),
            conn_health_checks=True,
        ),
        "ATOMIC_REQUESTS": False,
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = _e.required("REDIS_URL", "redis://127.0.0.1:26379/0")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
# How long a project's page is kept for visitors, see projects.visitors; tests look at what they have just written.
VISITORS_PAGE_SECONDS = _env.int("VISITORS_PAGE_SECONDS", 0 if MODE == "test" else 10)
SESSION_ENGINE = "django.contrib.sessions.backends.db"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
if MODE == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # Hundreds of made-up accounts a run.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
# A change of password, addresses or second factors is told to the account that it is made to.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_ADAPTER = "notices.account_mail.AccountMail"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION
SOCIALACCOUNT_PROVIDERS = {}
if _env.str("GITHUB_CLIENT_ID", ""):
    SOCIALACCOUNT_PROVIDERS["github"] = {
        "APPS": [{"client_id": _env.str("GITHUB_CLIENT_ID"), "secret": _env.str("GITHUB_CLIENT_SECRET")}],
        "SCOPE": ["read:user", "user:email"],
    }
if _env.str("HUGGINGFACE_CLIENT_ID", ""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": "huggingface",
                "name": "Hugging Face",
                "client_id": _env.str("HUGGINGFACE_CLIENT_ID"),
                "secret": _env.str("HUGGINGFACE_CLIENT_SECRET"),
                "settings": {"server_url": "https://huggingface.co"},
            }
        ]
    }
IDP_OIDC_PRIVATE_KEY = _e.secret("IDP_OIDC_PRIVATE_KEY", "") or demo_oidc_key(STATE_DIR)
IDP_OIDC_DEVICE_CODE_INTERVAL = 2
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 3600
# The code form counts reads and writes together, so five a minute would refuse the third pairing within a minute.
IDP_OIDC_RATE_LIMITS = {"device_user_code": "30/m/ip"}

EMAIL_BACKEND = "pages.mailbox.MailboxBackend" if DEMO_MAILBOX else "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = _env.str("EMAIL_HOST", "localhost")
EMAIL_PORT = _env.int("EMAIL_PORT", 25)
EMAIL_HOST_USER = _env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = _env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _env.bool("EMAIL_USE_TLS", False)
DEFAULT_FROM_EMAIL = _e.required("DEFAULT_FROM_EMAIL", "Commonweave <hello@commonweave.localhost>")

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español"), ("fr", "Français")]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = "config.formats"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = IS_PRODUCTION
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 86_400
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(_env.str("STATIC_ROOT", str(STATE_DIR / "static")))
if not IS_PRODUCTION:
    STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # Finders serve the demo; whitenoise wants the folder all the same.
NODE_MODULES = ROOT / "node_modules"
VENDOR_PACKAGES = {
    "htmx": NODE_MODULES / "htmx.org" / "dist",
    "uplot": NODE_MODULES / "uplot" / "dist",
    "newsreader": NODE_MODULES / "@fontsource-variable" / "newsreader" / "files",
    "atkinson-next": NODE_MODULES / "@fontsource-variable" / "atkinson-hyperlegible-next" / "files",
    "atkinson-mono": NODE_MODULES / "@fontsource-variable" / "atkinson-hyperlegible-mono" / "files",
}
# Where papers as PDF find DejaVu Sans: npm's package, or Debian's.
PAPER_TYPEFACES = [NODE_MODULES / "dejavu-fonts-ttf" / "ttf", Path("/usr/share/fonts/truetype/dejavu")]
STATICFILES_DIRS = [
    ROOT / "static",
    *((f"vendor/{name}", folder) for name, folder in VENDOR_PACKAGES.items() if folder.is_dir()),
]
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if IS_PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Content-addressed training data: theta, updates, shards. Never served without authentication of a device or run.
# What `make worker-package` makes: the volunteers' agent, served to them from here.
WORKER_PACKAGES = Path(_env.str("WORKER_PACKAGES", str(ROOT / "dist" / "worker")))
BLOB_ROOT = Path(_env.str("BLOB_ROOT", str(STATE_DIR / "blobs")))
# The operator's S3 instead of the folder, when a bucket is named; agents fetch by presigned addresses.
S3_BUCKET = _env.str("S3_BUCKET", "")
S3_ENDPOINT = _env.str("S3_ENDPOINT", "")
S3_REGION = _env.str("S3_REGION", "us-east-1")
S3_ACCESS_KEY = _env.str("S3_ACCESS_KEY", "")
S3_SECRET_KEY = _env.str("S3_SECRET_KEY", "")
S3_PREFIX = _env.str("S3_PREFIX", "commonweave/").strip("/")
# Data sets of the Hugging Face Hub are fetched only where the operator allows it.
HUB_DATA_ALLOWED = _env.bool("HUB_DATA_ALLOWED", False)
HUB_ENDPOINT = _env.str("HUB_ENDPOINT", "https://huggingface.co").rstrip("/")
# US cents for an hour of a rented H100, low, likely and high: for estimates that creators see, never for accounts.
H100_HOUR_CENTS = _env.list("H100_HOUR_CENTS", [200, 280, 450], subcast=int)

STRIPE_SECRET_KEY = _e.secret("STRIPE_SECRET_KEY", defaults.DEMO_STRIPE_SECRET_KEY)
STRIPE_PUBLISHABLE_KEY = _e.secret("STRIPE_PUBLISHABLE_KEY", defaults.DEMO_STRIPE_PUBLISHABLE_KEY)
STRIPE_WEBHOOK_SECRET = _e.secret("STRIPE_WEBHOOK_SECRET", defaults.DEMO_STRIPE_WEBHOOK_SECRET)
STRIPE_API_BASE = _env.str("STRIPE_API_BASE", "" if IS_PRODUCTION else "http://127.0.0.1:28420")
_e.refuse_in_production("STRIPE_API_BASE", STRIPE_API_BASE)
STRIPE_JS_URL = _env.str(
    "STRIPE_JS_URL", f"{STRIPE_API_BASE}/v3/" if STRIPE_API_BASE else "https://js.stripe.com/dahlia/stripe.js"
)

# Sweeps call each endpoint of the provider at most so often, below its limits; tests do not wait.
PROVIDER_CALLS_A_SECOND = _env.float("PROVIDER_CALLS_A_SECOND", 0.0 if MODE == "test" else 15.0)
COLLECTING_THREADS = _env.int("COLLECTING_THREADS", 1 if MODE == "test" else 8)
# The money plan that new projects get; frozen per project at launch.
PLATFORM_FEE_BP = _env.int("PLATFORM_FEE_BP", 500)
RESERVE_BP = _env.int("RESERVE_BP", 1000)
RESERVE_DAYS = _env.int("RESERVE_DAYS", 90)
# Rights of withdrawal by class of reward, in days after the charge. Texts and numbers need the operator's counsel.
WITHDRAWAL_DAYS = {"gift": 0, "digital": 14, "goods": 14}
# What receipts and statements say; for counsel too. `{until}` is the end of the withdrawal period.
WITHDRAWAL_SENTENCES = {
    "gift": "This pledge is a gift with a thank-you, not a sale: no right of withdrawal comes with it after the charge.",
    "digital": "Your reward is digital content: you may withdraw without a reason until {until}, on the pledge's page.",
    "goods": "Your reward is goods that are sent: you may withdraw without a reason until {until}, on the pledge's page.",
}
RECEIPT_TAX_SENTENCE = _env.str(
    "RECEIPT_TAX_SENTENCE",
    "This is not a tax document unless the operator of this platform states so; it shows what your card was charged.",
)
PLATFORM_NAME = _env.str("PLATFORM_NAME", "Commonweave")
PLATFORM_ADDRESS = _env.str("PLATFORM_ADDRESS", "")

CLUSTER_TOKEN = _e.secret("CLUSTER_TOKEN", defaults.DEMO_CLUSTER_TOKEN)
RECEIPT_SEED_KEY = _e.secret("RECEIPT_SEED_KEY", defaults.DEMO_RECEIPT_KEY)
# Blocks of more FLOPs than this are audited by a segment; how long its machine may take to reveal it.
AUDIT_SEGMENT_FLOPS = int(_env.float("AUDIT_SEGMENT_FLOPS", 2e13))
AUDIT_REVEAL_SECONDS = _env.int("AUDIT_REVEAL_SECONDS", 3600)
# One claim in so many is a planted bad block; 0 plants none.
AUDIT_PLANT_EVERY_VOLUNTEER = _env.int("AUDIT_PLANT_EVERY_VOLUNTEER", 10)
AUDIT_PLANT_EVERY_PLATFORM = _env.int("AUDIT_PLANT_EVERY_PLATFORM", 50)
DISPUTE_WINDOW = timedelta(seconds=_env.int("DISPUTE_WINDOW_SECONDS", 86_400 if IS_PRODUCTION else 60))

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_QUEUES = QUEUES
CELERY_TASK_ROUTES = ROUTES
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BEAT_SCHEDULE = beat_schedule(is_production=IS_PRODUCTION)
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "celerybeat-schedule")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF, *([EVENTS_URL] if EVENTS_URL else [])],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
SECURE_SSL_REDIRECT = IS_PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_PRODUCTION
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if _env.bool("BEHIND_PROXY", False) else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _env.bool("BEHIND_PROXY", False) else None

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": None,
    # Whose address counts for limits: without a proxy of our own, what a caller says of others is not believed.
    "NUM_PROXIES": 1 if _env.bool("BEHIND_PROXY", False) else 0,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{PLATFORM_NAME} API",
    "DESCRIPTION": "Projects, pledges, machines and training runs of open foundation models.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ProjectState": "projects.models.Project.State",
        "RunState": "compute_pledges.models.TrainingRun.State",
        "CashPledgeState": "payments.models.CashPledge.State",
        "GpuPledgeState": "compute_pledges.models.ComputePledge.State",
        "DeviceState": "compute_pledges.models.Device.State",
        "ModelKind": "projects.models.Project.ModelKind",
        "NoticeKind": "notices.kinds.Kind",
        "OutputKind": "projects.models.PromisedOutput.Kind",
        "CommentKind": "projects.models.Comment.Kind",
        "DeliveryState": "projects.models.Delivery.State",
        "HookState": "api.models.HookEndpoint.State",
        "HookMessageState": "api.models.HookMessage.State",
        "ReportState": "projects.models.Report.State",
        "ReportTarget": "projects.models.Report.Target",
        "CourseDeed": ["abandon", "complete", "deliver", "pause", "resume"],
        "CommentDeed": ["hide", "show", "lock", "unlock"],
    },
}
# What a token, or an address without one, may ask of the public API in a minute.
API_REQUESTS_A_MINUTE = _env.int("API_REQUESTS_A_MINUTE", 600)
# Webhooks go to public addresses over HTTPS; in demo and tests to this machine's own over HTTP as well.
OUTWARD_TO_LOOPBACK = not IS_PRODUCTION
API_ANONYMOUS_A_MINUTE = _env.int("API_ANONYMOUS_A_MINUTE", 300)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": _env.str("LOG_LEVEL", "INFO")},
}
