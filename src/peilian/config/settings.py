"""Settings of one installation. Everything that differs between machines comes from the environment.

PEILIAN_HOME         folder of database, lake, files and own packs (default: ./var)
DATABASE_URL         e.g. postgres://user:secret@host/name (default: SQLite in PEILIAN_HOME)
PEILIAN_SECRET_KEY   key of sessions (default: made once and kept in PEILIAN_HOME)
PEILIAN_HOSTS        comma-separated host names that are served (default: this machine only)
PEILIAN_HTTPS        1 when served behind https (default: 0)
PEILIAN_DEBUG        1 for development (default: 0)
PEILIAN_DRILLS_A_DAY        how many drills a person may start a day (default: 12)
PEILIAN_ABUSE_DRILLS_A_DAY  how many of them with an abusive customer (default: 3)
PEILIAN_SECOND_EYES         0 where writers may publish their own texts (default: 1)
PEILIAN_BODY_MB      the most that a form may carry, in MB (default: 5)
PEILIAN_UPLOAD_MB    the most for pages that take files: tables, texts, attachments, values (default: 50)
PEILIAN_IMPORT_MB    the most for files with conversations (default: 300; `peilian import` has no such bound)
PEILIAN_DOCUMENTS_KEPT      how many texts of the library a process keeps read (default: 6000, some 10 kB each)
PEILIAN_SEARCH_BY_MEANING   1 to find texts by meaning too, with peilian[embedding] (default: 0)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

from peilian.config.home import secret_key

PACKAGE = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("PEILIAN_HOME", "var")).resolve()
LAKE = HOME / "lake"
FILES = HOME / "files"
PACKS = HOME / "packs"  # the company's own scenarios

DEBUG = os.environ.get("PEILIAN_DEBUG", "0") == "1"
SECRET_KEY = os.environ.get("PEILIAN_SECRET_KEY") or secret_key(HOME)
IS_HTTPS = os.environ.get("PEILIAN_HTTPS", "0") == "1"
ALLOWED_HOSTS = [host for host in os.environ.get("PEILIAN_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if IS_HTTPS else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "channels",
    "axes",
    "csp",
    "peilian.apps.base.apps.BaseConfig",
    "peilian.apps.people.apps.PeopleConfig",
    "peilian.apps.library.apps.LibraryConfig",
    "peilian.apps.record.apps.RecordConfig",
    "peilian.apps.contacts.apps.ContactsConfig",
    "peilian.apps.practice.apps.PracticeConfig",
    "peilian.apps.learning.apps.LearningConfig",
    "peilian.apps.appraisal.apps.AppraisalConfig",
    "peilian.web.apps.WebConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "peilian.web.shell.middleware.CompanyTimeZoneMiddleware",
    "peilian.web.shell.bodies.TooLargeMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "peilian.config.urls"
ASGI_APPLICATION = "peilian.config.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "web" / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "peilian.web.shell.context.shell",
            ],
            "libraries": {"peilian": "peilian.web.shell.tags"},
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "peilian.web.shell.tags",
                "peilian.web.shell.stencils",
                "peilian.web.appraisal.tabs",
                "peilian.web.conversations.origin",
                "peilian.web.exams.tabs",
                "peilian.web.exams.tags",
                "peilian.web.insight.tabs",
                "peilian.web.library.tabs",
                "peilian.web.library.words",
                "peilian.web.record.tabs",
            ],
        },
    }
]

_SQLITE = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # FULL: what was acknowledged survives a power cut.
    "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA mmap_size=134217728;"
    "PRAGMA journal_size_limit=27103364;PRAGMA wal_autocheckpoint=4000;PRAGMA temp_store=MEMORY;",
}
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(os.environ.get("DATABASE_URL") or f"sqlite:///{HOME / 'peilian.sqlite3'}")
}
# Threads that answer requests stay, and so do their connections: to open one costs more than most requests.
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = _SQLITE
    DATABASES["default"]["TEST"] = {"NAME": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "peilian.apps.people.backends.PeopleBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 14 * 86_400  # how long an invitation to choose the first password holds
CSRF_FAILURE_VIEW = "peilian.web.shell.errors.csrf_failure"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "today"
LOGOUT_REDIRECT_URL = "sign_in"

# Throttling of sign-in: five failures for a name from an address lock that pair for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "shell/locked_out.html"
AXES_VERBOSE = False

SESSION_ENGINE = "peilian.apps.people.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "web" / "static"]
STATIC_ROOT = HOME / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

BODY_MOST_BYTES = int(os.environ.get("PEILIAN_BODY_MB", "5")) << 20
UPLOAD_MOST_BYTES = int(os.environ.get("PEILIAN_UPLOAD_MB", "50")) << 20
IMPORT_MOST_BYTES = int(os.environ.get("PEILIAN_IMPORT_MB", "300")) << 20
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MOST_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a long text is a form of many fields
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Practising is to help: more in a day than this tires, and abuse wears people down.
DRILLS_A_DAY = int(os.environ.get("PEILIAN_DRILLS_A_DAY", "12"))
ABUSE_DRILLS_A_DAY = int(os.environ.get("PEILIAN_ABUSE_DRILLS_A_DAY", "3"))

# What people work by is published by somebody who did not write it; a very small team may do without.
LIBRARY_NEEDS_SECOND_EYES = os.environ.get("PEILIAN_SECOND_EYES", "1") != "0"

LIBRARY_DOCUMENTS_KEPT = int(os.environ.get("PEILIAN_DOCUMENTS_KEPT", "6000"))

# Vectors take some milliseconds for each text when the index is made, and for each search.
SEARCH_BY_MEANING = os.environ.get("PEILIAN_SEARCH_BY_MEANING", "0") == "1"

CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
