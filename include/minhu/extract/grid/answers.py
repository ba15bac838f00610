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
from minhu.texts import without_lone_surrogates

#: Names of fields in which platforms say how it went, in small letters and without marks: a code, words, yes and no.
_PARTY = "err|error|ret|return|resp|response|result|res|status|biz|sub|api|exception|fault"
_CODE = re.compile(f"(?:{_PARTY})?code|(?:err|error|ret)(?:no|num)|status|state|ret|rc|res|result|outcome")
_WORDS = re.compile(f"(?:{_PARTY})?(?:msg|message)")
_MORE_WORDS = re.compile(
    f"(?:{_PARTY})?(?:desc|description|text|string|reason|detail|details|info)|error|exception|tips?"
)
_SUCCESS = re.compile("(?:is|was)?(?:success|succeed|succeeded|successful|ok)")
_FAILURE = re.compile(
    "(?:is|has|have)?(?:err|errors?|exceptions?|fail|failed|failure|fault|timeout|timedout|partial|incomplete|truncated)"
    "|(?:error|exception|fault)(?:msg|message|desc|description|detail|details|info|text|string|reason)"
)
#: Parts of an answer that speak of the whole of it.
_ENVELOPES = ("meta", "header", "head", "response", "result", "status", "state", "error", "fault", "exception")
_SUCCESSES = {
    "", "0", "200", "ok", "success", "succeed", "succeeded", "successful", "true", "yes", "y", "done", "complete", "completed",
    "finished", "normal", "none", "null", "no error",
}  # fmt: skip
_NO = {"false", "no", "n", "0", "f"}
_GOOD_WORDS = re.compile("成功|success|^ok$|^正常$|^无异常$|^no error$")
_BAD_WORDS = re.compile("失败|未成功|不成功|unsuccess|not success|fail|error|异常|错误")
#: Words beside an empty listing that say only that it is empty.
_EMPTY_WORDS = re.compile(
    "没有|暂无|无数据|无记录|查无|为空|^空$|no (?:data|records?|results?|rows?|events?)|empty|not found|nothing"
)
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
        content = _parsed(body)
    except RecursionError:
        return Failure("an answer with brackets nested deeper than any listing has", may_pass=False)
    except ValueError:
        return _other_than_json(body)
    return failure_of(content) or content


def _parsed(body: bytes) -> Any:
    """The JSON of a body. A whole number of more digits than Python reads is one value that does not fit, not a broken body."""
    try:
        return json.loads(body)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return json.loads(body, parse_int=lambda digits: int(digits) if len(digits) < 400 else float(digits))


def failure_of(content: Any) -> Failure | None:
    """What a body says of a failure; None where it says of none."""
    if not isinstance(content, dict):
        return None
    said = _said(content)
    rows = content.get("items")
    codes = [_text(value) for name, value in said if _CODE.fullmatch(name) and _is_scalar(value)]
    code = next((code for code in codes if _says_failure(code)), None) or next(filter(None, codes), "")
    refused = next((name for name, value in said if _SUCCESS.fullmatch(name) and _text(value) in _NO), None)
    is_told = any(_FAILURE.fullmatch(name) and _tells(value) for name, value in said)
    words = _words(content)
    is_failure = refused is not None or is_told or _says_failure(code)
    if not is_failure and not rows:
        is_failure = _casts_doubt(
            codes, words, isinstance(rows, list) and any(_WORDS.fullmatch(name) for name, _ in said)
        )
    if not is_failure:
        return None
    shown = code if re.fullmatch(r"[\w.-]{1,10}", code, re.ASCII) else "…"
    name = f"code {shown}" if not _is_success(code) else f"{refused} = false" if refused else "an error"
    return Failure(
        f"an answer that says it failed: {name}" + (f", {words}" if words else ""),
        refuses_token=code in _REFUSALS,
        may_pass=not re.fullmatch(r"4\d\d", code) or code in _BUSY,
    )


def _said(content: dict[str, Any]) -> list[tuple[str, Any]]:
    """What an answer says of itself, by the plain names of its fields; that of its envelopes after its own."""
    named = [(_plain_name(name), value) for name, value in content.items()]
    inner = [value for name, value in named if name in _ENVELOPES and isinstance(value, dict)]
    return named + [(_plain_name(name), value) for part in inner for name, value in part.items()]


def _plain_name(name: str) -> str:
    return re.sub("[^a-z]", "", name.casefold())


def _casts_doubt(codes: list[str], words: str, has_message: bool) -> bool:
    """Whether a listing without rows is none: by a code that is not one of success, or words that speak of something else."""
    is_good = bool(_GOOD_WORDS.search(words.lower())) and not _BAD_WORDS.search(words.lower())
    if is_good:
        return False
    if any(codes):
        return not any(code and _is_success(code) for code in codes)
    return has_message and bool(words) and not _EMPTY_WORDS.search(words.lower())


def _is_success(code: str) -> bool:
    return code in _SUCCESSES or (code.isdigit() and set(code) == {"0"}) or bool(_GOOD_WORDS.search(code))


def _tells(value: Any) -> bool:
    """Whether a field that is named after a failure tells of one."""
    return bool(value) if not _is_scalar(value) else _text(value) not in _NO | _SUCCESSES - {"true", "yes", "y"}


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def words_of(answer: httpx.Response) -> str:
    """What an answer of an HTTP error says in words, behind a comma; "" where it says nothing in JSON."""
    try:
        content = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    words = _words(content) if isinstance(content, dict) else ""
    return f", {words}" if words else ""


def _says_failure(code: str) -> bool:
    """Whether a code means a failure even beside rows: 300 and above, below zero, or a word that is none of success."""
    if _is_success(code):
        return False
    if re.fullmatch(r"-?\d{1,15}(\.0)?", code):
        return not 0 <= float(code) < 300
    return True


def _words(content: dict[str, Any]) -> str:
    """What the platform says in words, without what may name someone."""
    said = _said(content)
    found = (
        value for pattern in (_WORDS, _MORE_WORDS) for name, value in said
        if pattern.fullmatch(name) and isinstance(value, str) and value.strip()
    )  # fmt: skip
    return _shown(next(found, ""))


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
