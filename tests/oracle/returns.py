"""KPIs of departments' returns that are sums: R, B, E01, E03, L01, L02, V, P, W, Q03."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from tests.oracle.calendar import parameter
from tests.oracle.counts import Count, by_day, by_period
from tests.oracle.deliveries import Line, in_period, last_report, lines, things
from tests.oracle.periods import Period
from tests.oracle.records import City


@by_day("R01")
def active_studios(city: City) -> Iterator[Count]:
    """Registered studios of the quarter; numerator: with at least one reception recorded in it."""
    for studio in things(city, "studios", lambda line: (line.studio_code, line.quarter_start)):
        yield Count(studio.quarter_start, studio.where(city), studio.reception_count >= 1, 1)


@by_day("R02")
def proposals_answered(city: City) -> Iterator[Count]:
    """Proposals whose deadline was past when the report was written, by its day; numerator: answered by it."""
    for proposal in things(city, "proposals", lambda line: line.proposal_code):
        if proposal.due_on <= proposal.report_to:
            in_time = proposal.answered_on is not None and proposal.answered_on <= proposal.due_on
            yield Count(proposal.due_on, proposal.where(city), in_time, 1)


@by_day("R03")
def conclusions_handed_on(city: City) -> Iterator[Count]:
    """Conclusions of consultations and surveys, by the day these were held; numerator: turned into a tracked task."""
    for held in things(city, "consultations", lambda line: line.consultation_code):
        yield Count(held.held_on, held.where(city), held.task_count, held.conclusion_count)


@by_day("R04")
def opinions_told_back(city: City) -> Iterator[Count]:
    """Opinions by the day they were received; numerator: with an outcome that was told to who proposed it."""
    for opinion in things(city, "opinions", lambda line: line.opinion_code):
        is_told = bool(opinion.has_outcome) and opinion.told_on is not None
        yield Count(opinion.received_on, opinion.where(city), is_told, 1)


@by_period("B01")
def units_checked_in(city: City, period: Period) -> Iterator[Count]:
    """Units obliged, by the last report of the period; numerator: checked in."""
    for line in last_report(city, "checkin_units", period):
        yield Count(line.report_to, line.where(city), line.checked_in_count, line.obliged_count)


@by_period("B02")
def members_checked_in(city: City, period: Period) -> Iterator[Count]:
    """Members obliged, by the last report of the period; numerator: checked in."""
    for line in last_report(city, "checkin_members", period):
        yield Count(line.report_to, line.where(city), line.checked_in_count, line.obliged_count)


@by_day("B03")
def needs_done(city: City) -> Iterator[Count]:
    """Needs by the day communities posted them; numerator: matched and done."""
    for need in things(city, "needs", lambda line: line.need_code):
        is_done = need.matched_on is not None and need.done_on is not None
        yield Count(need.posted_on, need.where(city), is_done, 1)


@by_day("B04")
def both_reported_at_least(city: City) -> Iterator[Count]:
    """Check-ins by the last day of the report; numerator: the least number that must have the reports of both."""
    for line in lines(city, "checkin_feedback"):
        both = line.community_report_count + line.unit_report_count - line.checkin_count
        yield Count(line.report_to, line.where(city), max(0, both), line.checkin_count)


@by_day("B04", "at_most")
def both_reported_at_most(city: City) -> Iterator[Count]:
    """The same check-ins; numerator: as many as the smaller of both counts."""
    for line in lines(city, "checkin_feedback"):
        both = min(line.community_report_count, line.unit_report_count)
        yield Count(line.report_to, line.where(city), both, line.checkin_count)


@by_day("E01")
def arrived_in_time(city: City) -> Iterator[Count]:
    """Calls of streets for a department whose required time was past when the report was written, by its day; numerator:
    arrived by it."""
    for call in things(city, "department_calls", lambda line: line.call_code):
        if call.required_at.date() <= call.report_to:
            in_time = call.arrived_at is not None and call.arrived_at <= call.required_at
            yield Count(call.required_at.date(), call.where(city), in_time, 1)


def _scores(city: City, period: Period) -> dict[str, list[float]]:
    """Scores that each street gave in a quarter."""
    given = defaultdict(list)
    for rating in things(
        city, "department_ratings", lambda line: (line.quarter_start, line.street_code, line.unit_code)
    ):
        if rating.quarter_start == period.start:
            given[rating.street_code].append(rating.score)
    return given


@by_period("E03")
def streets_that_rated(city: City, period: Period) -> Iterator[Count]:
    """Streets that stood when the quarter began, of quarters with ratings; numerator: rated a department."""
    given = _scores(city, period)
    for street in city.places.standing("street", period.start) if given else ():
        yield Count(period.start, {"city": city.places.city}, street in given, 1)


@by_period("E03", "identical_scores")
def streets_of_full_marks(city: City, period: Period) -> Iterator[Count]:
    """Streets that rated more than one department; numerator: gave all of them full marks."""
    for street, scores in _scores(city, period).items():
        if len(scores) > 1 and street in city.places.standing("street", period.start):
            is_full = all(score == parameter("rating_full_marks") for score in scores)
            yield Count(period.start, {"city": city.places.city}, is_full, 1)


@by_period("L01")
def streets_that_met(city: City, period: Period) -> Iterator[Count]:
    """Streets of quarters of which a report tells; numerator: with at least one joint meeting with minutes."""
    meetings = things(city, "meetings", lambda line: line.meeting_code)
    met = {line.street_code for line in in_period(meetings, period, "held_on") if line.has_minutes}
    told = [line.report_to for line in lines(city, "meetings") if period.holds(line.report_to)]
    for street in city.places.standing("street", period.start) if told else ():
        yield Count(period.start, city.places.where(max(told), street=street), street in met, 1)


@by_day("L02")
def decisions_done(city: City) -> Iterator[Count]:
    """Decided items whose date was past when the report was written, by that date; numerator: closed by it."""
    meetings = {line.meeting_code: line for line in things(city, "meetings", lambda line: line.meeting_code)}
    for decision in things(city, "meeting_decisions", lambda line: line.decision_code):
        if decision.due_on <= decision.report_to and decision.meeting_code in meetings:
            in_time = decision.done_on is not None and decision.done_on <= decision.due_on
            where = city.places.where(decision.report_to, street=meetings[decision.meeting_code].street_code)
            yield Count(decision.due_on, where, in_time, 1)


@by_period("W01", is_sample=False)
def workers_per_10k(city: City, period: Period) -> Iterator[Count]:
    """Residents (in ten thousands) of the streets that stood on the last day of the last report of the period; numerator:
    filled posts by that report."""
    posts = last_report(city, "posts", period)
    if posts:
        day = posts[0].report_to
        for street in city.places.standing("street", day):
            workers = sum(line.worker_count for line in posts if line.street_code == street)
            residents = Fraction(city.places.residents(street, day), 10_000)
            yield Count(day, city.places.where(day, street=street), workers, residents)


@by_period("W02")
def workers_promoted(city: City, period: Period) -> Iterator[Count]:
    """Workers below the highest of 18 grades by the last report of the year; numerator: promoted in it."""
    for line in last_report(city, "posts", period):
        if line.grade < 18:
            yield Count(line.report_to, line.where(city), line.promoted_count, line.worker_count)


@by_period("W03")
def graduates(city: City, period: Period) -> Iterator[Count]:
    """Workers by the last report of the year; numerator: with a degree."""
    for line in last_report(city, "posts", period):
        yield Count(line.report_to, line.where(city), line.graduate_count, line.worker_count)


@by_period("W03", "turnover")
def leavers(city: City, period: Period) -> Iterator[Count]:
    """Mean headcount over the reports of the year; numerator: left in the year so far."""
    inside = [line for line in lines(city, "posts") if period.holds(line.report_to)]
    count = len({line.report_to for line in inside})
    for line in inside:
        is_last = line.report_to == max(other.report_to for other in inside)
        share = line.worker_count / count
        yield Count(line.report_to, line.where(city), line.left_count if is_last else 0, share)


def _checks(city: City, group: str | None) -> Iterator[Count]:
    """Indicators of communities by the year they were checked in; numerator: passed."""
    known = things(city, "benchmark_checks", lambda line: (line.year_start, line.community_code, line.indicator_number))
    for check in known:
        if group in (None, check.check_group):
            yield Count(check.year_start, check.where(city), bool(check.is_passed), 1)


@by_day("V01")
def indicators_passed(city: City) -> Iterator[Count]:
    """All 31 indicators of a benchmark community."""
    return _checks(city, None)


def _of_group(group: str) -> None:
    @by_day("V01", group)
    def passed(city: City) -> Iterator[Count]:
        """The indicators of one of the five groups."""
        return _checks(city, group)


def _of_project_kind(kind: str) -> None:
    @by_day("P01", kind, is_sample=False)
    def completed(city: City) -> Iterator[Count]:
        """What was planned of one kind of projects in the year; numerator: done and accepted. Kinds are never added up."""
        for project in _projects(city, kind):
            done = project.done_amount if project.accepted_on else 0
            yield Count(project.year_start, project.where(city), done, project.planned_amount)


def _of_fund_kind(kind: str) -> None:
    @by_period("P04", kind, is_sample=False)
    def executed(city: City, period: Period) -> Iterator[Count]:
        """Budget of the report's own year in the last report of the period; numerator: paid of it."""
        for fund in last_report(city, "funds", period):
            if fund.fund_kind == kind and fund.year_start.year == fund.report_to.year:
                yield Count(fund.report_to, fund.where(city), fund.paid_yuan or 0, fund.budget_yuan or 0)


for _group in ("organisation", "service", "self_government", "governance", "support"):
    _of_group(_group)
for _kind in ("school", "compound", "alley", "road", "cable"):
    _of_project_kind(_kind)
for _kind in ("operations", "activity_month", "upgrade_award"):
    _of_fund_kind(_kind)


def _projects(city: City, kind: str) -> Iterator[Line]:
    for project in things(city, "projects", lambda line: line.project_code):
        if project.project_kind == kind:
            yield project


@by_day("V02")
def still_passing(city: City) -> Iterator[Count]:
    """Named communities by the year they were checked again in; numerator: still passing."""
    for named in things(city, "benchmarks", lambda line: (line.community_code, line.rechecked_year_start)):
        if named.rechecked_year_start:
            yield Count(named.rechecked_year_start, named.where(city), bool(named.is_retained), 1)


@by_day("P02")
def school_places(city: City) -> Iterator[Count]:
    """School places opened and accepted, by year."""
    for project in _projects(city, "school_place"):
        done = project.done_amount if project.accepted_on else 0
        yield Count(project.year_start, project.where(city), done)


@by_period("P03")
def funded_communities(city: City, period: Period) -> Iterator[Count]:
    """All communities that stand, also those no return names; numerator: allotted the floor for the work of the community
    in the year of the last report."""
    report = last_report(city, "funds", period)
    if report:
        day: date = report[0].report_to
        allotted: dict[str, float] = defaultdict(float)
        for line in report:
            if line.fund_kind == "operations" and line.year_start.year == day.year and line.community_code:
                allotted[line.community_code] += line.budget_yuan or 0
        for community in city.places.standing("community", day):
            is_funded = allotted[community] >= parameter("community_fund_floor_yuan")
            yield Count(day, city.places.where(day, community=community), is_funded, 1)


@by_day("Q03")
def answers(city: City) -> Iterator[Count]:
    """People contacted, by half-year; numerator: valid answers."""
    for wave in things(city, "survey_waves", lambda line: (line.half_year_start, line.domain, line.district_code)):
        yield Count(wave.half_year_start, wave.where(city), wave.valid_count, wave.contacted_count)
