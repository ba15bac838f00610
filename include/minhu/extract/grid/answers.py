"""What an HTTP answer says: its JSON, or that the platform failed, in the platform's own code and words.

Many platforms answer 200 whatever happened and tell in the body: ``{"code": 500, "msg": "database busy", "items": []}``. Such
an answer taken for a listing would be an empty day.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import httpx

from minhu.extract import normal
from minhu.landing.text_gate import without_lone_surrogates

#: Fields in which platforms say how it went, and in which they say it in words.
_CODES = (
    "code", "errcode", "errCode", "err_code", "error_code", "errorCode", "errno", "retcode", "retCode", "ret",
    "resultCode", "result_code", "returnCode", "status", "statusCode", "status_code",
)  # fmt: skip
_WORDS = (
    "msg",
    "message",
    "errmsg",
    "errMsg",
    "error_msg",
    "error_description",
    "description",
    "detail",
    "error",
    "info",
)
_FLAGS = ("success", "ok", "succeed", "isSuccess", "is_success")
_SUCCESSES = {
    "",
    "0",
    "200",
    "ok",
    "success",
    "succeed",
    "successful",
    "true",
    "成功",
    "操作成功",
    "查询成功",
    "请求成功",
}
_ERROR_FIELDS = ("error", "errors", "exception")
#: Of the platform's words: values between quotes or brackets, long numbers and addresses may name someone.
_QUOTED = re.compile(r"[\"'`“‘「『【\[(（<《].*?[\"'`”’」』】\])）>》]")
_NAMING = re.compile(r"\S+@\S+|\S*\d{5,}\S*")
_LONGEST_WORDS = 60
_REFUSALS = {"401", "403"}
_BUSY = {"408", "429"}


@dataclass(frozen=True)
class Failure:
    """What an answer says that is no listing.

    Attributes:
        happened: for people, without personal content.
        refuses_token: the platform does not let us in.
        may_pass: asking again may help.
    """

    happened: str
    refuses_token: bool = False
    may_pass: bool = True


def read(answer: httpx.Response) -> Any | Failure:
    """The JSON of an answer of success, or what it is instead."""
    body = answer.content
    if answer.status_code in (204, 205) or not body.strip():
        return Failure(
            f"answer {answer.status_code} without content, where a listing is expected",
            may_pass=answer.status_code == 200,
        )
    try:
        content = json.loads(body)
    except RecursionError:
        return Failure("an answer with brackets nested deeper than any listing has", may_pass=False)
    except ValueError:
        return _other_than_json(body)
    return failure_of(content) or content


def failure_of(content: Any) -> Failure | None:
    """What a body says of a failure; None where it says of none."""
    if not isinstance(content, dict):
        return None
    has_rows = isinstance(content.get("items"), list) and bool(content["items"])
    said_false = next((name for name in _FLAGS if _text(content.get(name)) == "false"), None)
    code = _code(content)
    words = _words(content)
    error = next((name for name in _ERROR_FIELDS if content.get(name)), None)
    is_failure = said_false is not None or error is not None
    if code not in _SUCCESSES and not (code.isdigit() and set(code) == {"0"}):
        is_failure = is_failure or _says_failure(code) or not (has_rows or words.lower() in _SUCCESSES - {""})
    if not is_failure:
        return None
    shown = code if re.fullmatch(r"[\w.-]{1,10}", code, re.ASCII) else "…"
    name = f"code {shown}" if code not in _SUCCESSES else f"{said_false} = false" if said_false else "an error"
    return Failure(
        f"an answer that says it failed: {name}" + (f", {words}" if words else ""),
        refuses_token=code in _REFUSALS,
        may_pass=not re.fullmatch(r"4\d\d", code) or code in _BUSY,
    )


def words_of(answer: httpx.Response) -> str:
    """What an answer of an HTTP error says in words, behind a comma; "" where it says nothing in JSON."""
    try:
        content = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    words = _words(content) if isinstance(content, dict) else ""
    return f", {words}" if words else ""


def _code(content: dict[str, Any]) -> str:
    found = next((_text(content[name]) for name in _CODES if isinstance(content.get(name), str | int | float)), "")
    inner = content.get("error")
    return found or (_code(inner) if isinstance(inner, dict) else "")


def _says_failure(code: str) -> bool:
    """Whether a code means a failure even beside rows: 300 and above, below zero, or a word that is none of success."""
    if re.fullmatch(r"-?\d{1,15}(\.0)?", code):
        return not 0 <= float(code) < 300
    return True


def _words(content: dict[str, Any]) -> str:
    """What the platform says in words, without what may name someone."""
    found = next((content[name] for name in _WORDS if isinstance(content.get(name), str | dict) and content[name]), "")
    if isinstance(found, dict):
        return _words(found)
    return _shown(found)


def _shown(text: str) -> str:
    plain = "".join(filter(str.isprintable, normal.plain(without_lone_surrogates(" ".join(text[:500].split())))))
    return _NAMING.sub("…", _QUOTED.sub("…", plain))[:_LONGEST_WORDS].strip()


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().lower() if isinstance(value, str | int | float) else ""


def _other_than_json(body: bytes) -> Failure:
    """What a body is that is no JSON in UTF-8."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return Failure(
            f"an HTML page{_title_of(body)} where JSON is expected: a log-in or error page of something in between"
        )
    if start.startswith(b"<"):
        return Failure("XML where JSON is expected", may_pass=False)
    try:
        body.decode()
    except UnicodeDecodeError:
        if _is_json(body, "gb18030"):
            return Failure("JSON in GBK or GB18030, where JSON is in UTF-8", may_pass=False)
        if body[:2] == b"\x1f\x8b":
            return Failure("compressed content that does not say so (gzip)", may_pass=False)
    if start[:1] not in b"[{" or not start:
        return Failure("text that is not JSON")
    return Failure("an answer that is not JSON (cut short?)")


def _is_json(body: bytes, encoding: str) -> bool:
    try:
        json.loads(body.decode(encoding))
    except (ValueError, RecursionError):
        return False
    return True


def _title_of(body: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            found = re.search(r"<title[^>]*>(.*?)</title>", body.decode(encoding), re.IGNORECASE | re.DOTALL)
        except UnicodeDecodeError:
            continue
        return f" ({_shown(found.group(1))})" if found and _shown(found.group(1)) else ""
    return ""
