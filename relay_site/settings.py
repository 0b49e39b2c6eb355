"""Settings, all from the environment; docs/settings.md describes each."""

from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _
from whitenoise.compress import Compressor  # type: ignore[import-untyped]

from relay_site.databases import database
from relay_site.environment import env, key, new_field_key, new_secret_key, origin, secret, words
from relay_site.logs import logging_config
from relay_site.reporting import start as start_reporting
from relay_site.single_sign_on import default_role, providers, role_groups

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

# ---- keys and database
IS_OWN_DATABASE = not secret("DATABASE_URL")
SECRET_KEY = key("SECRET_KEY", folder=VAR_DIR, is_own_database=IS_OWN_DATABASE, make=new_secret_key())
FIELD_KEYS = [
    part.strip()
    for part in key("FIELD_KEYS", folder=VAR_DIR, is_own_database=IS_OWN_DATABASE, make=new_field_key()).split(",")
    if part.strip()
]
DATABASES = {"default": database(VAR_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- where we are
DEBUG = False
PUBLIC_URL = origin(env.str("PUBLIC_URL", default="") or "http://127.0.0.1:8000")
ALLOWED_HOSTS = [
    *env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"]),
    urlsplit(PUBLIC_URL).hostname or "",
]
IS_HTTPS = PUBLIC_URL.startswith("https://")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SILENCED_SYSTEM_CHECKS = [
    "security.W008",  # no redirect to https: Sentry takes a 301 for success and the webhook is lost
    "security.W005",  # HSTS for subdomains and preload are the domain owner's choice, not ours
    "security.W021",
]
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}

# ---- the relay
CELERY_BROKER_URL = secret("CELERY_BROKER_URL")
CELERY_PUBLISH = "relay_site.celery.publish"
WORKER_THREADS = env.int("WORKER_THREADS", default=64)
WORKER_INTERVAL = env.float("WORKER_INTERVAL", default=0.01)
SANDBOX_SWITCH = VAR_DIR / "sandbox"  # while the demo is on: the host:port of this relay, which its targets may reach
EGRESS_ALLOWED_HOSTS = [*env.list("EGRESS_ALLOWED_HOSTS", default=[]), *words(SANDBOX_SWITCH)]
EGRESS_PROXY = secret("EGRESS_PROXY")
MAX_BODY_MB = env.int("MAX_BODY_MB", default=8)
BODY_RETENTION_DAYS = env.int("BODY_RETENTION_DAYS", default=7)
LOG_RETENTION_DAYS = env.int("LOG_RETENTION_DAYS", default=180)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_MB * 1024 * 1024

# ---- Django
INSTALLED_APPS = [
    "relay_site.apps.RelayAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "simple_history",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "routing.apps.RoutingConfig",
]
MIDDLEWARE = [
    "routing.middleware.database_is_not_waited_for_long",
    "routing.middleware.receiver_answers_any_host",
    "routing.middleware.receiver_goes_straight",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "routing.middleware.content_security_policy",
    "routing.middleware.operators_zone",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
ROOT_URLCONF = "relay_site.urls"
WSGI_APPLICATION = "relay_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="zh-hans")
LOCALE_PATHS = [BASE_DIR / "routing" / "locale"]
TIME_ZONE = env.str("TIME_ZONE", default="Asia/Shanghai")
USE_TZ = True
FORMAT_MODULE_PATH = ["relay_site.formats"]
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")  # 20 MB for who debugs Swagger UI
SIMPLE_HISTORY_REVERT_DISABLED = False

# ---- single sign-on
SOCIALACCOUNT_PROVIDERS = providers()
SSO_ROLE_GROUPS = role_groups()
SSO_DEFAULT_ROLE = default_role()
PASSWORD_LOGIN = env.bool("PASSWORD_LOGIN", default=True)
if SOCIALACCOUNT_PROVIDERS:
    INSTALLED_APPS += ["allauth", "allauth.account", "allauth.socialaccount", "relay_site.sso.apps.SingleSignOnConfig"]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
    SOCIALACCOUNT_ADAPTER = "relay_site.sso.admission.Admission"
    SOCIALACCOUNT_LOGIN_ON_GET = True  # a form could not lead to another host: form-action is 'self'
    ACCOUNT_EMAIL_VERIFICATION = "none"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["routing.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["routing.api.permissions.RolePermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "routing.api.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "PAGE_SIZE": 50,
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Alert Relay",
    "DESCRIPTION": _("Routes Sentry webhooks to Feishu bots and Flashduty."),
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "InboundStatusEnum": "routing.models.InboundStatus",
        "DeliveryStatusEnum": "routing.models.DeliveryStatus",
        "JobStatusEnum": "routing.models.BulkStatus",
        "JobReasonEnum": "routing.models.BulkReason",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "routing.api.describing.add_errors",
    ],
}

LOGGING_CONFIG = None
LOG_FORMAT = env.str("LOG_FORMAT", default="console")
logging_config(LOG_FORMAT)
SENTRY_DSN = secret("SENTRY_DSN")
if SENTRY_DSN:
    start_reporting(SENTRY_DSN, proxy=EGRESS_PROXY)
