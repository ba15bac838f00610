"""Signing a monthly release off: who may, what exactly they approve, and every way in which it does not count."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
import pytest

from minhu import settings as settings_module
from minhu.analysis.status import read_status
from minhu.audit.proposal_text import question
from minhu.audit.sign_off import APPROVE, REJECT, Answer, Proposal, SignedAlready, due_release, propose, sign
from minhu.audit.verification import verify_home
from minhu.errors import PermanentError, TransientError, UsageError
from minhu.landing.night import Night
from minhu.ledger import signing
from minhu.ledger.chain import Event, Ledger, SignOff, _canonical
from minhu.release import authors, published, publisher, releases
from minhu.release.release_folder import Release
from minhu.settings import Settings
from minhu.standalone import postgres

from .checks import files_equal_postgres, shown
from .conftest import CELLS, D19, D20, Home, empty_database, settings_at
from .test_commands import run
from .test_verify import _rewrite

MONTH_END, FIRST, ASKED_ON = date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 5)
AT = datetime(2026, 12, 5, 16, 30, 5, 123456, tzinfo=UTC)  # already the 6th in the city
NO_SERVER = "postgresql://127.0.0.1:1/minhu?connect_timeout=2"


@pytest.fixture(scope="module")
def published_month(tmp_path_factory: pytest.TempPathFactory, server: Path) -> Home:
    """A home with the release of the last day of November and that of the day after; li and zhao may approve."""
    settings = replace(settings_at(tmp_path_factory.mktemp("month") / "home"), approvers={"li": "li", "3": "zhao"})
    home = Home(settings, empty_database(server, "published_month"))
    home.night(MONTH_END)
    home.night(FIRST, (replace(CELLS[0], numerator=4), *CELLS[1:]))
    return home


@pytest.fixture
def month(published_month: Home, tmp_path: Path, server: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A copy of that home and of its database, made faster than two nights."""
    monkeypatch.delenv("MINHU_SIGNING_KEY", raising=False)
    shutil.copytree(published_month.settings.home, tmp_path / "home")
    with psycopg.connect(postgres.superuser_uri(server), autocommit=True) as connection:
        connection.execute("drop database if exists published_copy with (force)")
        connection.execute("create database published_copy template published_month")
    return Home(
        replace(published_month.settings, home=tmp_path / "home"), postgres.superuser_uri(server, "published_copy")
    )


def events(home: Home) -> tuple[Event, ...]:
    return Ledger(home.settings.ledger_path).events()


def release_of(home: Home, day: date) -> Release:
    found = releases.latest_on(home.settings, day)
    assert found is not None
    return found


def approval(proposal: Proposal, user_id: str = "li", user_name: str = "", chosen: str = "") -> Answer:
    return Answer(chosen or f"{APPROVE} {proposal.mark}", user_id, user_name or user_id, AT)


def refused(home: Home, proposal: Proposal, answer: Answer, says: str, next_step: str) -> None:
    """The answer does not count, for this reason, and leaves everything as it was."""
    before = home.settings.ledger_path.read_bytes()
    with pytest.raises(PermanentError, match=rf"sign off release {proposal.release_id}: .*{says}.* - .*{next_step}"):
        sign(home.settings, home.uri, proposal, answer)
    assert home.settings.ledger_path.read_bytes() == before
    assert home.rows("select count(*) from published.releases where signed_off_by is not null") == [(0,)]


def test_an_approval_is_a_signed_line_and_readers_see_who_and_when(month: Home) -> None:
    current = shown(month)
    proposal = propose(month.settings, ASKED_ON)
    assert proposal.release_id == release_of(month, MONTH_END).release_id
    line = sign(month.settings, month.uri, proposal, approval(proposal, "3", "zhao wei"), month.said.append)
    assert line == events(month)[-1]
    assert (line.kind, line.manifest_sha256) == ("sign_off", proposal.manifest_sha256)
    assert line.sign_off == SignOff("zhao", AT, None)
    assert json.loads(line.line)["approved_at"] == "2026-12-06T00:30:05.123456+08:00"
    assert line.key_id == signing.load_signer(month.settings).key_id
    assert month.rows(
        "select release_id, signed_off_by, signed_off_on from published.releases order by business_date"
    ) == [
        (proposal.release_id, "zhao", date(2026, 12, 6)),
        (release_of(month, FIRST).release_id, None, None),
    ]
    assert verify_home(month.settings.home).problems == ()
    assert shown(month) == current == releases.current(month.settings).release_id, "a sign-off moves no pointer"
    assert files_equal_postgres(month) == 2


def test_status_and_the_list_of_releases_say_it(month: Home) -> None:
    proposal = propose(month.settings, ASKED_ON)
    sign(month.settings, month.uri, proposal, approval(proposal))
    found = read_status(month.settings, month.uri)
    assert (found.signed_off_by, found.last_signed_off) == (None, proposal.release_id)
    publisher.rollback(month.settings, month.uri, proposal.release_id)
    found = read_status(month.settings, month.uri)
    assert (found.release_id, found.signed_off_by, found.signed_off_on) == (proposal.release_id, "li", "2026-12-06")
    assert f"sign_off   2026-11-30 {proposal.release_id}  by li at 2026-12-06T00:30" in run(month, "releases").out
    assert "signed_off_by   li\n" in run(month, "status").out


def test_the_month_is_that_of_its_last_day_else_of_the_first_later_night_and_of_its_newest_release(home: Home) -> None:
    with pytest.raises(UsageError, match="expected one of 2026-11-30 or a later business date up to 2026-12-05"):
        due_release(home.settings, ASKED_ON)
    home.night(D20)
    later = home.night(date(2026, 12, 3))
    home.night(date(2026, 12, 7))
    assert due_release(home.settings, ASKED_ON) == later.release_id
    first = home.night(FIRST)
    assert due_release(home.settings, ASKED_ON) == first.release_id
    home.night(MONTH_END)
    again = home.night(MONTH_END, (replace(CELLS[0], numerator=5), *CELLS[1:]))
    assert due_release(home.settings, ASKED_ON) == again.release_id
    december = home.night(date(2026, 12, 31))
    assert due_release(home.settings, date(2027, 1, 5)) == december.release_id
    assert due_release(home.settings, ASKED_ON) == again.release_id


def test_the_question_says_in_chinese_first_what_is_approved_and_by_whom_it_cannot_be(month: Home) -> None:
    asked = question(propose(month.settings, ASKED_ON, proposed_by="sun"))
    proposal = Proposal(**json.loads(json.dumps(asked["proposal"])))
    assert proposal == propose(month.settings, ASKED_ON, proposed_by="sun"), "it travels as JSON"
    assert asked["subject"] == f"2026年11月考核指标签发 · Sign-off of release {proposal.release_id}"
    assert asked["approve"] == f"同意签发 approve {proposal.manifest_sha256[:16]}"
    chinese, english = asked["body"].split("\n---\n")
    for part in (chinese, english):
        assert proposal.manifest_sha256 in part and proposal.dossier in part and "`sun`" in part
    assert "公布 4，" in chinese and "暂缓 0" in chinese and "提示 1" in chinese
    assert "withheld 0" in english and "block 0, warn 1, info 0" in english
    assert settings_module.account() in proposal.authors


def test_nothing_is_proposed_where_nobody_may_approve(month: Home) -> None:
    with pytest.raises(UsageError, match="MINHU_APPROVERS is not set"):
        propose(replace(month.settings, approvers={}), ASKED_ON)
    only_me = replace(month.settings, approvers={"7": settings_module.account().upper(), "sun": "sun"})
    with pytest.raises(UsageError, match="nobody is left who may approve it: .* ran or asked .*; sun asked for this"):
        propose(only_me, ASKED_ON, proposed_by="sun")


def test_a_release_that_is_not_in_the_ledger_is_refused(month: Home) -> None:
    with pytest.raises(UsageError, match="find release 2026-11-30-0000000000: the ledger has no such release"):
        propose(month.settings, ASKED_ON, "2026-11-30-0000000000")
    proposal = replace(propose(month.settings, ASKED_ON), release_id="2026-11-30-0000000000")
    with pytest.raises(UsageError, match="the ledger has no such release - the nearest are"):
        sign(month.settings, month.uri, proposal, approval(proposal))
    assert {event.kind for event in events(month)} == {"release"}


def test_a_rejection_is_refused_with_name_and_time(month: Home) -> None:
    proposal = propose(month.settings, ASKED_ON)
    refused(
        month, proposal, approval(proposal, chosen=REJECT), "li rejected it on 2026-12-06 00:30", "publish that night"
    )


@pytest.mark.parametrize("user", ["Anonymous", "minhu", "wang", "zhao"])
def test_an_answer_of_somebody_who_may_not_approve_is_refused(month: Home, user: str) -> None:
    """zhao may, but as user 3: another user of that name is another."""
    proposal = propose(month.settings, ASKED_ON)
    says = rf"expected an answer of li, 3 \(MINHU_APPROVERS\), found one of {user}"
    refused(month, proposal, approval(proposal, user), says, "sign-off-refused.md")


def test_who_ran_the_night_cannot_approve_it_however_their_name_is_written(month: Home) -> None:
    me = settings_module.account()
    month.settings = replace(month.settings, approvers={"9": f" {me.upper()} ".strip(), "li": "li"})
    proposal = propose(month.settings, ASKED_ON)
    refused(month, proposal, approval(proposal, "9"), "ran or asked for the night that made it", "somebody else")
    month.settings = replace(
        month.settings, approvers={me: "li"}
    )  # another name for the same account is no other person
    proposal = replace(proposal, authors={})
    refused(month, proposal, approval(proposal, me), "ran or asked for the night that made it", "somebody else")


def test_who_asked_for_the_night_by_hand_cannot_approve_it(home: Home) -> None:
    home.settings = replace(home.settings, approvers={"li": "li", "zhao": "zhao"})
    for name in ("Li ", "minhu", "Anonymous", None):
        authors.note_asked(Night(home.settings, MONTH_END), name)
    home.night(MONTH_END)
    assert events(home)[-1].published_by == tuple(sorted({settings_module.account(), "Li"}))
    proposal = propose(home.settings, ASKED_ON)
    refused(home, proposal, approval(proposal, "li"), "li ran or asked for the night", "somebody else")
    assert sign(home.settings, home.uri, proposal, approval(proposal, "zhao")).sign_off is not None


def test_who_asked_for_the_sign_off_cannot_approve_it(month: Home) -> None:
    proposal = propose(month.settings, ASKED_ON, proposed_by="li")
    refused(month, proposal, approval(proposal, "li"), "li asked for this sign-off", "let somebody else answer")
    line = sign(month.settings, month.uri, proposal, approval(proposal, "3"))
    assert line.sign_off == SignOff("zhao", AT, "li")


def _waiver(home: Home, author: str, status: str) -> Release:
    home.build(MONTH_END)
    home.insert("waivers", [{"waiver_id": "W-2026-001", "author": author, "approver": "ma", "status": status}])
    return home.publish(MONTH_END)


def test_who_wrote_a_waiver_that_holds_cannot_approve_and_who_approved_it_can(home: Home) -> None:
    home.settings = replace(home.settings, approvers={"li": "li", "ma": "ma"})
    _waiver(home, "li", "holds")
    proposal = propose(home.settings, ASKED_ON)
    assert proposal.waivers == ["W-2026-001"]
    refused(home, proposal, approval(proposal), "li wrote waiver W-2026-001, on which it rests", "somebody else")
    sign(home.settings, home.uri, proposal, approval(proposal, "ma"))
    assert verify_home(home.settings.home).problems == ()


def test_a_waiver_that_does_not_hold_makes_nobody_an_author(home: Home) -> None:
    home.settings = replace(home.settings, approvers={"li": "li"})
    _waiver(home, "li", "expired")
    proposal = propose(home.settings, ASKED_ON)
    assert proposal.waivers == []
    sign(home.settings, home.uri, proposal, approval(proposal))
    assert verify_home(home.settings.home).problems == ()


def test_the_manifest_of_another_release_is_not_what_stands(month: Home) -> None:
    other = propose(month.settings, ASKED_ON, release_of(month, FIRST).release_id)
    proposal = replace(propose(month.settings, ASKED_ON), manifest_sha256=other.manifest_sha256)
    refused(month, proposal, approval(proposal), "what was approved is not what stands now", "ask again")


def test_an_answer_to_an_earlier_proposal_does_not_count_for_a_later_one(month: Home) -> None:
    earlier = propose(month.settings, ASKED_ON, release_of(month, FIRST).release_id)
    proposal = propose(month.settings, ASKED_ON)
    says = f"li approved {earlier.mark}, but {proposal.mark} was proposed"
    refused(month, proposal, approval(earlier), says, "ask again")
    refused(month, proposal, approval(earlier, chosen=APPROVE), "li approved nothing", "ask again")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda night: _rewrite(night.path / "kpi_results/2026-11.parquet", b"x"), "2026-11.parquet was changed"),
        (lambda night: (night.path / "dim_units.parquet").unlink(), "dim_units.parquet is missing"),
        (lambda night: _rewrite(night.path / "manifest.json", b"{}"), "expected a readable manifest.json"),
    ],
)
def test_a_file_that_was_changed_since_the_proposal_is_found(
    month: Home, change: Callable[[Release], object], says: str
) -> None:
    proposal = propose(month.settings, ASKED_ON)
    change(release_of(month, MONTH_END))
    refused(month, proposal, approval(proposal), says, "minhu verify")
    with pytest.raises(PermanentError, match=says):
        propose(month.settings, ASKED_ON)


def test_without_its_signing_key_nothing_is_signed_and_none_is_made(
    month: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = propose(month.settings, ASKED_ON)
    key = month.settings.secrets_dir / signing.PRIVATE_NAME
    key.rename(key.with_name("elsewhere"))
    refused(
        month, proposal, approval(proposal), "there is no signing key: expected MINHU_SIGNING_KEY", "restore the key"
    )
    assert not key.exists()
    monkeypatch.setenv("MINHU_SIGNING_KEY", "/nowhere/key.pem")
    with pytest.raises(PermanentError, match=r"/nowhere/key.pem cannot be read"):
        sign(month.settings, month.uri, proposal, approval(proposal))


def test_the_same_approval_again_changes_nothing_and_another_one_is_refused(month: Home) -> None:
    proposal = propose(month.settings, ASKED_ON)
    line = sign(month.settings, month.uri, proposal, approval(proposal))
    before = month.settings.ledger_path.read_bytes()
    assert sign(month.settings, month.uri, proposal, approval(proposal), month.said.append) == line
    assert f"{proposal.release_id}: signed off by li before, nothing changed" in month.said
    for other in (approval(proposal, "3"), replace(approval(proposal), at=datetime(2026, 12, 6, tzinfo=UTC))):
        with pytest.raises(PermanentError, match=r"li signed it off on 2026-12-06 already \(line 3 of the ledger\)"):
            sign(month.settings, month.uri, proposal, other)
    with pytest.raises(SignedAlready, match="li signed it off on 2026-12-06 already"):
        propose(month.settings, ASKED_ON)
    assert month.settings.ledger_path.read_bytes() == before


def test_what_a_lost_database_left_undone_is_finished_by_the_same_approval(month: Home, server: Path) -> None:
    proposal = propose(month.settings, ASKED_ON)
    with pytest.raises(TransientError):
        sign(month.settings, NO_SERVER, proposal, approval(proposal))
    assert events(month)[-1].kind == "sign_off"
    sign(month.settings, month.uri, proposal, approval(proposal))
    query = "select release_id, signed_off_by from published.releases where signed_off_on is not null"
    assert month.rows(query) == [(proposal.release_id, "li")]
    month.uri = empty_database(server, "published_again")  # a new one is filled from the ledger
    sign(month.settings, month.uri, proposal, approval(proposal))
    assert month.rows(query) == [(proposal.release_id, "li")]
    assert shown(month) == release_of(month, FIRST).release_id


def test_what_was_signed_off_is_never_purged_and_a_new_database_gets_it(
    month: Home, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of the month's last day stays anyway; this one is of the day after."""
    monkeypatch.setattr(published, "KEEP_RELEASES", 1)
    proposal = propose(month.settings, ASKED_ON, release_of(month, FIRST).release_id)
    sign(month.settings, month.uri, proposal, approval(proposal))
    month.night(date(2026, 12, 2))
    query = "select business_date, signed_off_by from published.releases where not is_purged order by business_date"
    assert month.rows(query) == [(MONTH_END, None), (FIRST, "li"), (date(2026, 12, 2), None)]
    month.uri = empty_database(server, "published_again")
    month.publish(date(2026, 12, 2))
    assert month.rows(query) == [(FIRST, "li"), (date(2026, 12, 2), None)]
    assert files_equal_postgres(month) == 2


def test_nights_go_on_after_a_sign_off(month: Home) -> None:
    proposal = propose(month.settings, ASKED_ON)
    sign(month.settings, month.uri, proposal, approval(proposal))
    night = month.night(date(2026, 12, 2))
    assert shown(month) == night.release_id == releases.current(month.settings).release_id
    assert [event.kind for event in events(month)] == ["release", "release", "sign_off", "release"]
    assert verify_home(month.settings.home).problems == ()


def _signed_line(home: Home, **said: object) -> None:
    """A line of kind sign_off by the key of the home, as only who holds the key can write it."""
    ledger, signer = Ledger(home.settings.ledger_path), signing.load_signer(home.settings)
    (first, *_), last = events(home), events(home)[-1]
    record = {
        "number": last.number + 1, "kind": "sign_off", "release_id": first.release_id,
        "business_date": first.business_date.isoformat(), "manifest_sha256": first.manifest_sha256,
        "previous": last.sha256, "key_id": signer.key_id, "approver": "li", "approved_at": AT.isoformat(), **said,
    }  # fmt: skip
    line = {**record, "signature": signer.sign(_canonical(record)).hex()}
    ledger.path.write_bytes(ledger.path.read_bytes() + _canonical(line) + b"\n")


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"manifest_sha256": "0" * 64}, "line 3 of the ledger names another manifest of"),
        (
            {"release_id": "2026-11-30-0000000000"},
            "line 3 of the ledger signs off 2026-11-30-0000000000, never published",
        ),
        ({"approver": settings_module.account()}, f"by {settings_module.account()}, who ran or asked for its night"),
        ({"proposed_by": "Li"}, "by li, who asked for that"),
        ({"approver": ""}, "line 3 of ledger.jsonl cannot be read"),
        ({"approver": 7}, "line 3 of ledger.jsonl cannot be read"),
        ({"approved_at": "2026-12-05T16:30:05"}, "line 3 of ledger.jsonl cannot be read"),
    ],
)
def test_verify_finds_a_sign_off_that_should_not_be(month: Home, said: dict[str, object], says: str) -> None:
    _signed_line(month)
    assert verify_home(month.settings.home).problems == ()
    path = month.settings.ledger_path
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    _signed_line(month, **said)
    assert any(says in problem for problem in verify_home(month.settings.home).problems)


def test_verify_finds_a_second_sign_off_one_before_its_release_and_one_by_the_author_of_a_waiver(home: Home) -> None:
    home.night(D19)
    _signed_line(home)
    _signed_line(home)
    _signed_line(home, release_id="2026-11-30-0000000000")
    night = _waiver(home, "li", "holds")
    _signed_line(home, release_id=night.release_id, manifest_sha256=night.manifest_sha256, business_date="2026-11-30")
    problems = verify_home(home.settings.home).problems
    assert [line for line in problems if "a second time" in line]
    assert [line for line in problems if "never published before" in line]
    assert [line for line in problems if "by li, who wrote waiver W-2026-001, on which it rests" in line]


def test_a_forged_sign_off_is_found_by_its_signature(month: Home) -> None:
    proposal = propose(month.settings, ASKED_ON)
    sign(month.settings, month.uri, proposal, approval(proposal))
    path = month.settings.ledger_path
    path.write_bytes(path.read_bytes().replace(b'"approver":"li"', b'"approver":"ma"'))
    assert any("line 3 of ledger.jsonl was forged or changed" in p for p in verify_home(month.settings.home).problems)
    with pytest.raises(PermanentError, match="line 3 of ledger.jsonl was forged or changed"):
        propose(month.settings, ASKED_ON)


@pytest.mark.parametrize("text", ["li,li", "minhu", "Anonymous", "3:Anonymous", "li wang", ":li", "li:", "a:b:c"])
def test_approvers_that_are_no_list_of_persons_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="MINHU_APPROVERS: expected names like"):
        settings_module.load(environ={"MINHU_HOME": str(tmp_path), "MINHU_APPROVERS": text})


def test_approvers_are_read_from_the_environment(tmp_path: Path) -> None:
    def approvers(**environ: str) -> Settings:
        return settings_module.load(environ={"MINHU_HOME": str(tmp_path), **environ})

    assert approvers().approvers == {}
    assert approvers(MINHU_APPROVERS=" li, 3:赵 ,").approvers == {"li": "li", "3": "赵"}
    assert settings_module.account({"SUDO_USER": "wang"}) == "wang"
