-- One row per returned thing and KPI it counts in, of 两代表一委员 and 双报到: representatives' work, and what party units
-- and members do where they live. What a report cannot know yet (a deadline after its last day) is not counted; a stock
-- stands for its period until the next one.
{{ config(materialized='view') }}
with studios as (
    {{ returned_rows('studios') | indent }}
),

proposals as (
    {{ returned_rows('proposals') | indent }}
),

consultations as (
    {{ returned_rows('consultations') | indent }}
),

opinions as (
    {{ returned_rows('opinions') | indent }}
),

checkin_units as (
    {{ returned_rows('checkin_units') | indent }}
),

checkin_members as (
    {{ returned_rows('checkin_members') | indent }}
),

needs as (
    {{ returned_rows('needs') | indent }}
),

checkin_feedback as (
    {{ returned_rows('checkin_feedback') | indent }}
)

{{ returned_measures([
    {'kpi': 'R01', 'of': 'studios', 'day': 'quarter_start', 'share': 'reception_count > 0', 'down_to': 'community'},
    {'kpi': 'R02', 'of': 'proposals', 'day': 'due_on', 'share': 'answered_on <= due_on', 'has_unit': true,
     'only': 'due_on <= report_to'},
    {'kpi': 'R03', 'of': 'consultations', 'day': 'held_on', 'numerator': 'task_count',
     'denominator': 'conclusion_count', 'down_to': 'street'},
    {'kpi': 'R04', 'of': 'opinions', 'day': 'received_on', 'share': 'has_outcome and told_on is not null',
     'down_to': 'street'},
    {'kpi': 'B01', 'of': 'checkin_units', 'day': 'report_to', 'numerator': 'checked_in_count',
     'denominator': 'obliged_count', 'down_to': 'street', 'is_stock': true},
    {'kpi': 'B02', 'of': 'checkin_members', 'day': 'report_to', 'numerator': 'checked_in_count',
     'denominator': 'obliged_count', 'down_to': 'street', 'is_stock': true},
    {'kpi': 'B03', 'of': 'needs', 'day': 'posted_on', 'share': 'matched_on is not null and done_on is not null',
     'down_to': 'community'},
    {'kpi': 'B04', 'of': 'checkin_feedback', 'day': 'report_to',
     'numerator': 'greatest(0, community_report_count + unit_report_count - checkin_count)',
     'denominator': 'checkin_count', 'down_to': 'street'},
    {'kpi': 'B04', 'variant': "'at_most'", 'of': 'checkin_feedback', 'day': 'report_to',
     'numerator': 'least(community_report_count, unit_report_count)', 'denominator': 'checkin_count',
     'down_to': 'street'},
]) }}
