"""The sign-off of a monthly release: what is put before a person, and what is checked again before their answer counts.

A sign-off is a line of the ledger: who approved which manifest, by its hash, and when they said so. It changes no figure
and moves no pointer. The person answers in Airflow (DAG ``release_sign_off``); nothing here knows Airflow.

The month that has ended is judged by the release of its last day, else by that of the first later business date.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from minhu.audit.verification import verify_home
from minhu.errors import PermanentError, UsageError
from minhu.ledger import signing
from minhu.ledger.chain import Event, Ledger, SignOff, release_events, sign_off_events
from minhu.ledger.signing import Signer
from minhu.release import authors
from minhu.release.publisher import exclusive, follow
from minhu.release.release_folder import Release
from minhu.release.releases import open_release, unknown_release
from minhu.settings import Settings

APPROVE, REJECT = "同意签发 approve", "驳回 reject"
#: Digits of the hash that an answer carries; the whole hash stands in the words above it.
MARK_DIGITS = 16


class SignedAlready(UsageError):
    """The release was signed off before: nothing is left to do, and nothing is wrong."""


@dataclass(frozen=True)
class Proposal:
    """What somebody is asked to approve; it travels as JSON.

    Attributes:
        release_id: of the release.
        business_date: of the release, ISO.
        manifest_sha256: 64 hex digits; this is what is approved.
        verdicts: KPI cells by verdict.
        findings: by severity.
        stale_sources: that delivered nothing for that night.
        waivers: ids of those that hold.
        dossier: the first page of its dossier.
        authors: who cannot approve it, and why.
        proposed_by: who asked by hand; None where the schedule did.
    """

    release_id: str
    business_date: str
    manifest_sha256: str
    verdicts: Mapping[str, int]
    findings: Mapping[str, int]
    stale_sources: list[str]
    waivers: list[str]
    dossier: str
    authors: dict[str, str]
    proposed_by: str | None

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)

    @property
    def mark(self) -> str:
        """The digits by which an answer names what it approves."""
        return self.manifest_sha256[:MARK_DIGITS]


@dataclass(frozen=True)
class Answer:
    """What a person said.

    Attributes:
        chosen: :data:`APPROVE` followed by the mark of what was shown, or :data:`REJECT`.
        user_id: as whom they were logged in.
        user_name: what that user is called.
        at: when, aware.
    """

    chosen: str
    user_id: str
    user_name: str
    at: datetime


def due_release(settings: Settings, day: date) -> str:
    """The release that stands for the month before ``day`` (local): see the head of this module.

    Raises:
        UsageError: there is none yet.
    """
    last = day.replace(day=1) - timedelta(days=1)
    known = release_events(Ledger(settings.ledger_path).events())
    later = [event for event in known.values() if last <= event.business_date <= day]
    if not later:
        raise UsageError(
            f"find the release of {last:%Y-%m} to sign off",
            f"expected one of {last} or a later business date up to {day}, found none in the ledger",
            f"run the night of {last}, or name another release (parameter release_id)",
        )
    return min(later, key=lambda event: (event.business_date, -event.number)).release_id


def propose(settings: Settings, day: date, release_id: str | None = None, proposed_by: str | None = None) -> Proposal:
    """What is to be approved, after checking that it may be.

    Args:
        settings: of the city.
        day: local day of the asking; decides which month has ended.
        release_id: another release than the month's.
        proposed_by: who asks by hand.

    Raises:
        SignedAlready: nothing to ask for.
        UsageError: nobody may approve it, or there is no such release.
        PermanentError: the ledger or the release is not sound.
    """
    if not settings.approvers:
        raise UsageError(
            "propose a release for sign-off", "nobody may sign off here: MINHU_APPROVERS is not set",
            "name those who may, as Airflow knows them (MINHU_APPROVERS=li,zhao), and restart Airflow",
        )  # fmt: skip
    wanted = release_id or due_release(settings, day)
    tried = f"propose release {wanted} for sign-off"
    events = Ledger(settings.ledger_path).events()
    known = _known(events, wanted)
    if signed := sign_off_events(events).get(wanted):
        raise SignedAlready(tried, _said_before(signed), "nothing is to be done")
    release = _sound_release(settings, tried, known, wanted)
    made = _authors(known[wanted], release, proposed_by)
    if all(authors.reason(made, name) for name in settings.approvers.values()):
        why = "; ".join(f"{name} {authors.reason(made, name)}" for name in settings.approvers.values())
        raise UsageError(tried, f"nobody is left who may approve it: {why}", "name somebody else in MINHU_APPROVERS")
    return Proposal(
        release_id=wanted,
        business_date=release.business_date.isoformat(),
        manifest_sha256=release.manifest_sha256,
        verdicts=dict(release.manifest["verdicts"]),
        findings=dict(release.manifest["findings"]),
        stale_sources=list(release.manifest["stale_sources"]),
        waivers=_waivers(release),
        dossier=str(settings.home / "reports" / wanted / "index.html"),
        authors=made,
        proposed_by=proposed_by,
    )


def sign(
    settings: Settings,
    published_uri: str,
    proposal: Proposal,
    answer: Answer,
    progress: Callable[[str], None] = lambda _: None,
) -> Event:
    """Put an approval into the ledger, after checking again who gave it, and that what was approved is what stands.

    The same approval again changes nothing but finishes what a kill left undone.

    Args:
        settings: of the city.
        published_uri: libpq connection string of the database with schema ``published``.
        proposal: what was shown.
        answer: what was said to it.
        progress: told a line after each step.

    Raises:
        PermanentError: the answer does not count; the message says why, and the ledger stays as it is.
        TransientError: the database cannot be reached; the ledger has the sign-off, run again to finish.
        Busy: another publisher holds this home.
    """
    tried = f"sign off release {proposal.release_id}"
    at = answer.at.astimezone(settings.zone)
    if answer.chosen == REJECT:
        raise PermanentError(
            tried, f"{answer.user_name} rejected it on {at:%Y-%m-%d %H:%M}", "mend what they object to, publish that "
            "night again and ask again; this release stays published and unsigned",
        )  # fmt: skip
    approver = _approver(settings, tried, answer)
    if answer.chosen != f"{APPROVE} {proposal.mark}":
        raise PermanentError(
            tried, f"{approver} approved {answer.chosen.removeprefix(APPROVE).strip() or 'nothing'}, but "
            f"{proposal.mark} was proposed: the proposal was made again after the answer", "ask again with a new run",
        )  # fmt: skip
    signer = _signer(settings, tried)
    with exclusive(settings):
        ledger = Ledger(settings.ledger_path)
        events = ledger.events()
        known = _known(events, proposal.release_id)
        said = SignOff(approver, at, proposal.proposed_by)
        signed = sign_off_events(events).get(proposal.release_id)
        if signed and (signed.sign_off, signed.manifest_sha256) != (said, proposal.manifest_sha256):
            raise PermanentError(tried, _said_before(signed), "nothing is to be done: one approval is enough")
        if signed is None:
            _refuse_another_hash(tried, proposal, known[proposal.release_id])
            release = _sound_release(settings, tried, known, proposal.release_id)
            _refuse_author(tried, approver, answer, _authors(known[proposal.release_id], release, proposal.proposed_by))
            signing.keep_public_key(settings, signer)
            signed = ledger.append(
                "sign_off", release.release_id, release.business_date, release.manifest_sha256, signer, said.as_record()
            )
            progress(f"{release.release_id}: signed off by {approver}, line {signed.number} of the ledger")
        else:
            progress(f"{proposal.release_id}: signed off by {approver} before, nothing changed")
        follow(settings, published_uri, ledger, progress)
    return signed


def _known(events: tuple[Event, ...], release_id: str) -> dict[str, Event]:
    known = release_events(events)
    if release_id not in known:
        raise unknown_release(release_id, list(known))
    return known


def _sound_release(settings: Settings, tried: str, known: Mapping[str, Event], release_id: str) -> Release:
    """The release, every byte of it checked against the ledger."""
    problems = verify_home(settings.home, release_id=release_id).problems
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise PermanentError(
            tried, f"{problems[0]}{more}", "run `minhu verify` and follow docs/runbook/verification-failed.md"
        )
    return open_release(settings, known, release_id)


def _refuse_another_hash(tried: str, proposal: Proposal, event: Event) -> None:
    if proposal.manifest_sha256 != event.manifest_sha256:
        raise PermanentError(
            tried,
            f"what was approved is not what stands now: expected the manifest {event.manifest_sha256[:MARK_DIGITS]} of "
            f"line {event.number} of the ledger, found an approval of {proposal.mark}",
            "ask again with a new run",
        )


def _authors(event: Event, release: Release, proposed_by: str | None) -> dict[str, str]:
    made = authors.of_release(event, release)
    return {**made, proposed_by: "asked for this sign-off"} if proposed_by and proposed_by not in made else made


def _approver(settings: Settings, tried: str, answer: Answer) -> str:
    """The name of a user who may approve."""
    if answer.user_id not in settings.approvers:
        allowed = ", ".join(settings.approvers) or "nobody"
        raise PermanentError(
            tried,
            f"expected an answer of {allowed} (MINHU_APPROVERS), found one of {answer.user_name} (user {answer.user_id})",
            "ask again with a new run; where everybody is Anonymous, Airflow runs without log-in: see "
            "docs/runbook/sign-off-refused.md",
        )
    return settings.approvers[answer.user_id]


def _refuse_author(tried: str, approver: str, answer: Answer, made: dict[str, str]) -> None:
    why = next(
        filter(None, (authors.reason(made, name) for name in (approver, answer.user_id, answer.user_name))), None
    )
    if why:
        raise PermanentError(
            tried, f"{approver} {why}, and who made a release cannot approve it",
            "ask again with a new run and let somebody else answer",
        )  # fmt: skip


def _signer(settings: Settings, tried: str) -> Signer:
    """The key that signs the releases; unlike a night, a sign-off never makes one."""
    signer = signing.find_signer(settings)
    if signer is None:
        raise PermanentError(
            tried,
            f"there is no signing key: expected {signing.VARIABLE}, the connection minhu_signing or "
            f"{settings.secrets_dir / signing.PRIVATE_NAME}",
            "restore the key that signed the release, then clear this task",
        )
    return signer


def _said_before(signed: Event) -> str:
    assert signed.sign_off is not None
    by, on = signed.sign_off.approver, signed.sign_off.approved_at.date()
    return f"{by} signed it off on {on} already (line {signed.number} of the ledger)"


def _waivers(release: Release) -> list[str]:
    if "waivers" not in release.table_names:
        return []
    return sorted(row["waiver_id"] for row in release.table("waivers").to_pylist() if row["status"] == "holds")
